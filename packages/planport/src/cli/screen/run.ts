/**
 * The sign-in screen at work: keys in, sign-ins out.
 * @module
 */
import { joinSignals } from "../../upstream/join-signals.ts";
import type { Style } from "../terminal.ts";
import { lineQueue, type LineQueue } from "../lines.ts";
import {
  type Effect,
  firstState,
  type ScreenEvent,
  type ScreenState,
  type SignedIn,
  type Told,
  update,
  type Way,
} from "./state.ts";
import type { Tty } from "./tty.ts";
import { render } from "./view.ts";

/** What a sign-in can do with the screen. */
export interface ScreenFace {
  /** What the person pastes. */
  readonly lines: LineQueue;
  /** Shows this in place of what was told before. */
  readonly tell: (told: readonly Told[]) => void;
  readonly warn: (message: string) => void;
  /** The person gave up, or the command is to end. */
  readonly signal: AbortSignal;
}

/** What the screen is for. */
export interface ScreenTasks {
  /** Who is signed in now; null for nobody. `problem` says what is wrong with a sign-in that is there. */
  look(): Promise<{ readonly who: SignedIn | null; readonly problem: string | null }>;
  /** Signs in. `leave` is called once it has worked, before anything is written beside the screen. */
  signIn(way: Way, face: ScreenFace, leave: () => void): Promise<void>;
  /** Signs out; the terminal is free meanwhile. */
  signOut(): Promise<void>;
  /** What is to be said of a failure. */
  readonly messageOf: (error: unknown) => string;
}

/** How the screen was left. */
export type ScreenEnd = "signedIn" | "signedOut" | "closed" | "interrupted";

/** Shows the screen until it is left. Failures are shown on it. */
export async function runScreen(tty: Tty, tasks: ScreenTasks, style: Style, signal: AbortSignal): Promise<ScreenEnd> {
  const { who, problem } = await tasks.look();
  const screen = new Screen(tty, tasks, style, signal);
  return screen.run(firstState(who, problem));
}

class Screen {
  readonly #tty: Tty;
  readonly #tasks: ScreenTasks;
  readonly #style: Style;
  readonly #signal: AbortSignal;
  readonly #ended: Promise<ScreenEnd>;
  #end: (end: ScreenEnd) => void = () => {};
  /** What runs now is brought to its end, whatever happens: the screen ends with it. */
  #isLeft = false;
  #state: ScreenState = firstState(null);
  /** The sign-in that is under way. */
  #running: { readonly abort: AbortController; readonly lines: LineQueue } | null = null;

  constructor(tty: Tty, tasks: ScreenTasks, style: Style, signal: AbortSignal) {
    this.#tty = tty;
    this.#tasks = tasks;
    this.#style = style;
    this.#signal = signal;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async run(state: ScreenState): Promise<ScreenEnd> {
    const onAbort = (): void => void (this.#isLeft || this.#end("interrupted"));
    this.#signal.addEventListener("abort", onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    try {
      this.#state = state;
      this.#show();
      return await this.#ended;
    } finally {
      this.#running?.abort.abort();
      this.#signal.removeEventListener("abort", onAbort);
      this.#tty.leave();
    }
  }

  /** Takes the terminal, and draws. */
  #show(): void {
    this.#tty.enter(
      (key) => this.#happen({ type: "key", key }),
      () => this.#draw(),
    );
    this.#draw();
  }

  #draw(): void {
    this.#tty.draw(render(this.#state, this.#tty.columns(), this.#style));
  }

  #happen(event: ScreenEvent): void {
    const { state, effect } = update(this.#state, event);
    this.#state = state;
    this.#draw();
    if (effect !== null) this.#act(effect);
  }

  #act(effect: Effect): void {
    if (effect.type === "close") this.#end("closed");
    else if (effect.type === "interrupt") this.#end("interrupted");
    else if (effect.type === "submit") this.#running?.lines.push(effect.line);
    else if (effect.type === "cancel") this.#running?.abort.abort();
    else void (effect.action === "signOut" ? this.#signOut() : this.#signIn(effect.action));
  }

  async #signIn(way: Way): Promise<void> {
    // The one before may still be letting go of its port.
    this.#running?.abort.abort();
    const running = { abort: new AbortController(), lines: lineQueue() };
    this.#running = running;
    const isCurrent = (): boolean => this.#running === running && !running.abort.signal.aborted;
    const { signal, release } = joinSignals(this.#signal, running.abort.signal);
    const face: ScreenFace = {
      lines: running.lines,
      tell: (told) => void (isCurrent() && this.#happen({ type: "told", told })),
      warn: (message) => void (isCurrent() && this.#happen({ type: "warned", message })),
      signal,
    };
    try {
      await this.#tasks.signIn(way, face, () => this.#leave());
      this.#end("signedIn");
    } catch (error) {
      if (this.#isLeft) this.#comeBack();
      // Cancelled it may be by another program, too: one that wants the port.
      if (isCurrent() && !signal.aborted) this.#happen({ type: "failed", message: this.#tasks.messageOf(error) });
    } finally {
      release();
      running.lines.end();
    }
  }

  async #signOut(): Promise<void> {
    this.#leave();
    try {
      await this.#tasks.signOut();
      this.#end("signedOut");
    } catch (error) {
      if (!this.#signal.aborted) {
        const { who } = await this.#tasks.look();
        this.#state = firstState(who, this.#tasks.messageOf(error));
      }
      this.#comeBack();
    }
  }

  #leave(): void {
    this.#isLeft = true;
    this.#tty.leave();
  }

  #comeBack(): void {
    this.#isLeft = false;
    if (this.#signal.aborted) this.#end("interrupted");
    else this.#show();
  }
}
