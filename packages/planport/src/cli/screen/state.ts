/**
 * The sign-in screen as a state machine: what it knows, and what a key does. Nothing here touches a terminal.
 * @module
 */

/** Who is signed in, ready to be shown. */
export interface SignedIn {
  readonly name: string;
  readonly plan: string | null;
  readonly workspace: string | null;
  /** Until when, or that it is renewed by itself. */
  readonly until: string | null;
  /** Where it was found. */
  readonly place: string | null;
  /** planport has a sign-in of its own, which can be ended here. */
  readonly own: boolean;
}

/** A way of signing in. */
export type Way = "browser" | "device" | "paste";
/** What can be chosen. */
export type Action = Way | "signOut" | "close";

/** An entry of the menu. */
export interface Choice {
  readonly action: Action;
  /** The letter that chooses it at once. */
  readonly letter: string;
  readonly label: string;
}

/** A line of what is under way. */
export interface Told {
  readonly text: string;
  /** An address or a code: goes out in one piece, so that it can be copied. */
  readonly verbatim?: boolean;
}

/** A sign-in that is under way. */
export interface Running {
  readonly way: Way;
  readonly told: readonly Told[];
  /** What has been typed or pasted. */
  readonly input: string;
}

/** All that is shown. */
export interface ScreenState {
  readonly who: SignedIn | null;
  /** Index of the choice that Enter takes. */
  readonly selected: number;
  /** What went wrong, or what became of the last choice. */
  readonly notice: string | null;
  readonly running: Running | null;
}

/** A key as Node's `readline` names it. */
export interface Key {
  readonly name: string;
  readonly ctrl: boolean;
  /** The characters that it stands for. */
  readonly text: string;
}

/** What happens to the screen. */
export type ScreenEvent =
  | { readonly type: "key"; readonly key: Key }
  | { readonly type: "told"; readonly told: readonly Told[] }
  /** What was pasted is of no use; the sign-in goes on. */
  | { readonly type: "warned"; readonly message: string }
  /** The choice came to nothing; the screen stays. */
  | { readonly type: "failed"; readonly message: string };

/** What is to be done about it. */
export type Effect =
  | { readonly type: "start"; readonly action: Exclude<Action, "close"> }
  | { readonly type: "submit"; readonly line: string }
  | { readonly type: "cancel" }
  | { readonly type: "close" }
  | { readonly type: "interrupt" };

/** A step of the machine. */
export interface Step {
  readonly state: ScreenState;
  readonly effect: Effect | null;
}

const WAYS: readonly Choice[] = [
  { action: "browser", letter: "b", label: "Sign in with the browser" },
  { action: "device", letter: "d", label: "Sign in with a code on another device" },
  { action: "paste", letter: "p", label: "Sign in elsewhere and paste the address" },
];
const SIGN_OUT: Choice = { action: "signOut", letter: "o", label: "Sign out" };
const CLOSE: Choice = { action: "close", letter: "q", label: "Close" };

/** The screen as it opens. */
export function firstState(who: SignedIn | null, notice: string | null = null): ScreenState {
  return { who, notice, running: null, selected: 0 };
}

/** The menu. Whoever is signed in most likely comes to sign out, or to look. */
export function choicesOf({ who }: Pick<ScreenState, "who">): readonly Choice[] {
  if (who === null) return [...WAYS, CLOSE];
  const again = WAYS.map((choice) => ({ ...choice, label: choice.label.replace("Sign in", "Sign in anew") }));
  return who.own ? [SIGN_OUT, CLOSE, ...again] : [CLOSE, ...again];
}

/** The next state, and what is to be done. */
export function update(state: ScreenState, event: ScreenEvent): Step {
  const { running } = state;
  if (event.type === "told")
    return only(running === null ? state : { ...state, running: { ...running, told: event.told } });
  if (event.type === "warned") return only({ ...state, notice: event.message });
  if (event.type === "failed") return only({ ...state, running: null, notice: event.message });
  const { key } = event;
  if (key.ctrl && key.name === "c") return { state, effect: { type: "interrupt" } };
  return running === null ? inMenu(state, key) : whileRunning(state, running, key);
}

function only(state: ScreenState): Step {
  return { state, effect: null };
}

function inMenu(state: ScreenState, { name, ctrl, text }: Key): Step {
  const choices = choicesOf(state);
  const move = (to: number): Step => only({ ...state, selected: (to + choices.length) % choices.length });
  if (name === "escape") return { state, effect: { type: "close" } };
  if (name === "up" || (name === "tab" && text === "")) return move(state.selected - 1);
  if (name === "down" || name === "tab") return move(state.selected + 1);
  if (name === "home") return move(0);
  if (name === "end") return move(choices.length - 1);
  const letter = text.toLowerCase();
  const chosen = isEnter(name) ? choices[state.selected] : choices.find((choice) => choice.letter === letter);
  return chosen === undefined || ctrl ? only(state) : choose(state, chosen.action);
}

function choose(state: ScreenState, action: Action): Step {
  if (action === "close") return { state, effect: { type: "close" } };
  const selected = choicesOf(state).findIndex((choice) => choice.action === action);
  const running = action === "signOut" ? null : { way: action, told: [], input: "" };
  return { state: { ...state, selected, notice: null, running }, effect: { type: "start", action } };
}

/** A person may paste what the browser ended at. Only Escape gives up: letters belong to what is pasted. */
function whileRunning(state: ScreenState, running: Running, { name, ctrl, text }: Key): Step {
  const typed = (input: string): Step => only({ ...state, running: { ...running, input } });
  if (name === "escape")
    return { state: { ...state, running: null, notice: "The sign-in was cancelled." }, effect: { type: "cancel" } };
  if (running.way === "device") return only(state);
  if (name === "backspace") return typed(running.input.slice(0, -1));
  if (ctrl && name === "u") return typed("");
  if (isEnter(name)) {
    const line = running.input.trim();
    if (line === "") return only(state);
    const next = { ...state, notice: null, running: { ...running, input: "" } };
    return { state: next, effect: { type: "submit", line } };
  }
  // oxlint-disable-next-line no-control-regex -- keys that stand for no character
  return ctrl || text === "" || /[\u0000-\u001F\u007F]/.test(text) ? only(state) : typed(running.input + text);
}

function isEnter(name: string): boolean {
  return name === "return" || name === "enter";
}
