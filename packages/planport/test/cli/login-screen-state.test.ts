/**
 * The sign-in screen without a terminal: what keys do, what is shown, and what becomes of sign-ins.
 */
import { describe, expect, it } from "vitest";
import { SignInError } from "../../src/errors.ts";
import { type ScreenEnd, type ScreenFace, runScreen, type ScreenTasks } from "../../src/cli/screen/run.ts";
import {
  choicesOf,
  firstState,
  type Key,
  type ScreenState,
  type SignedIn,
  update,
} from "../../src/cli/screen/state.ts";
import type { Tty } from "../../src/cli/screen/tty.ts";
import { render, wrap } from "../../src/cli/screen/view.ts";
import { createTerminal } from "../../src/cli/terminal.ts";

const ME: SignedIn = {
  name: "person@example.com",
  plan: "pro",
  workspace: "acc-1",
  until: "expires 2026-12-01 10:00 (in 2 days), renewed by itself",
  place: "/home/me/.planport/auth.json",
  own: true,
};
const { style } = createTerminal(process.stdout, process.stderr, { NO_COLOR: "1" }).out;
const colourful = createTerminal(process.stdout, process.stderr, { FORCE_COLOR: "1" }).out.style;

const key = (name: string, text = "", ctrl = false): Key => ({ name, text, ctrl });
const press = (state: ScreenState, ...keys: readonly Key[]) =>
  keys.reduce(
    (step, each) => update(step.state, { type: "key", key: each }),
    update(state, { type: "told", told: [] }),
  );

describe("the menu", () => {
  it("of somebody signed out offers three ways in, of somebody signed in the way out first", () => {
    expect(choicesOf(firstState(null)).map(({ letter }) => letter)).toEqual(["b", "d", "p", "q"]);
    expect(choicesOf(firstState(ME)).map(({ letter }) => letter)).toEqual(["o", "q", "b", "d", "p"]);
    expect(choicesOf(firstState({ ...ME, own: false })).map(({ letter }) => letter)).toEqual(["q", "b", "d", "p"]);
  });

  it.each([
    [[key("down")], 1],
    [[key("down"), key("down"), key("up")], 1],
    [[key("up")], 3],
    [[key("end")], 3],
    [[key("end"), key("home")], 0],
    [[key("down"), key("down"), key("down"), key("down")], 0],
    [[key("tab", "\t")], 1],
  ])("after %j stands at %i", (keys, selected) => {
    expect(press(firstState(null), ...keys).state.selected).toBe(selected);
  });

  it.each([
    ["Enter", [key("return", "\r")], { type: "start", action: "browser" }],
    ["Down and Enter", [key("down"), key("enter", "\n")], { type: "start", action: "device" }],
    ["p", [key("p", "p")], { type: "start", action: "paste" }],
    ["a capital D", [key("d", "D")], { type: "start", action: "device" }],
    ["q", [key("q", "q")], { type: "close" }],
    ["Escape", [key("escape", "\u001B")], { type: "close" }],
    ["Ctrl-C", [key("c", "\u0003", true)], { type: "interrupt" }],
    ["a letter that means nothing", [key("x", "x")], null],
    ["o, where there is nothing to sign out of", [key("o", "o")], null],
  ])("takes %s", (_name, keys, effect) => {
    expect(press(firstState(null), ...keys).effect).toEqual(effect);
  });
});

describe("a sign-in that is under way", () => {
  const begun = press(firstState(null), key("p", "p")).state;

  it("takes what is pasted, letters of the menu too, and hands it on with Enter", () => {
    const pasted = "http://q?code=b".split("").map((letter) => key(letter, letter));
    const { state } = press(begun, ...pasted, key("x", "x"), key("backspace", "\u007F"));
    expect(state.running?.input).toBe("http://q?code=b");
    const { state: next, effect } = press(state, key("return", "\r"));
    expect([effect, next.running?.input]).toEqual([{ type: "submit", line: "http://q?code=b" }, ""]);
    expect(press(state, key("u", "\u0015", true)).state.running?.input).toBe("");
    expect(press(begun, key("return", "\r")).effect).toBeNull();
  });

  it("is given up by Escape, and the menu is there again; Ctrl-C ends all", () => {
    const { state, effect } = press(begun, key("escape", "\u001B"));
    expect([state.running, state.notice, effect]).toEqual([null, "The sign-in was cancelled.", { type: "cancel" }]);
    expect(press(begun, key("c", "\u0003", true)).effect).toEqual({ type: "interrupt" });
  });

  it("by a code on another device takes no text", () => {
    const device = press(firstState(null), key("d", "d")).state;
    expect(press(device, key("a", "a")).state.running?.input).toBe("");
  });

  it("that fails leaves the menu, with what went wrong", () => {
    const { state } = update(begun, { type: "failed", message: "No." });
    expect([state.running, state.notice]).toEqual([null, "No."]);
  });
});

describe("what is shown", () => {
  const states: Record<string, ScreenState> = {
    "signed out": firstState(null, "It went wrong in a way that takes quite a few words to tell."),
    "signed in": firstState(ME),
    "under way": update(press(firstState(null), key("p", "p")).state, {
      type: "told",
      told: [
        { text: "To sign in, open this address in any browser that you like:" },
        { text: "https://a", verbatim: true },
      ],
    }).state,
  };

  it.each(Object.keys(states))("%s fits into 40 columns, and colours nothing under NO_COLOR", (name) => {
    const lines = render(states[name] as ScreenState, 40, style);
    expect(lines.filter((line) => line.length > 39)).toEqual([]);
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    expect(lines.join("")).not.toMatch(/\u001B/);
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  it("says who is signed in, on which plan, in which workspace, until when and from where", () => {
    expect(render(firstState(ME), 80, style).join("\n")).toMatchInlineSnapshot(`
      "planport: ChatGPT sign-in

      Signed in as person@example.com
      plan       pro
      workspace  acc-1
      token      expires 2026-12-01 10:00 (in 2 days), renewed by itself
      found in   /home/me/.planport/auth.json

      > Sign out (o)
        Close (q)
        Sign in anew with the browser (b)
        Sign in anew with a code on another device (d)
        Sign in anew elsewhere and paste the address (p)

      Arrows and Enter, or a letter; Escape closes."
    `);
  });

  it("marks the choice by more than its colour", () => {
    const marked = render({ ...firstState(null), selected: 1 }, 80, style).filter((line) => line.startsWith(">"));
    expect(marked).toEqual(["> Sign in with a code on another device (d)"]);
    expect(render(firstState(null), 80, colourful).join("")).toContain("\u001B[36m");
  });

  it("never cuts an address that is to be copied, and strikes out what looks like a token", () => {
    const url = `https://auth.example/${"x".repeat(200)}`;
    const { state } = update(press(firstState(null), key("b", "b")).state, {
      type: "told",
      told: [{ text: url, verbatim: true }],
    });
    expect(render(state, 40, style)).toContain(url);
    const leaked = firstState(null, `refused: Bearer at-${"a".repeat(40)}\u001B[2J`);
    const shown = render(leaked, 80, style).join("\n");
    expect(["aaaa", "\u001B"].filter((text) => shown.includes(text))).toEqual([]);
  });

  it("shows an address whose random part looks like a token as it is: cut, it would lead nowhere", () => {
    const url = `https://auth.example/?state=UHTFJPYD-sk-${"a1B2".repeat(10)}`;
    const { state } = update(press(firstState(null), key("b", "b")).state, {
      type: "told",
      told: [{ text: `${url}\u001B`, verbatim: true }],
    });
    expect(render(state, 80, style)).toContain(url);
  });

  it.each([1, 5, 10, 11, 12, 13])("comes to an end in a window that is %i columns wide", (columns) => {
    const shown = render(firstState(ME), columns, style);
    // A word that does not fit is cut, and nothing of it is lost.
    const from = shown.findIndex((line) => line.startsWith("found in"));
    const rest = shown.slice(from).map((line) => line.slice(11));
    expect(rest.join("")).toMatch(/^\/home\/me\/\.planport\/auth\.json/);
  });

  it("breaks words that are longer than the screen", () => {
    expect(wrap("a bcdefghijkl m", 5)).toEqual(["a", "bcdef", "ghijk", "l m"]);
  });
});

interface Played {
  readonly frames: string[];
  readonly log: string[];
  press(...keys: readonly Key[]): void;
  readonly end: Promise<ScreenEnd>;
}

function play(tasks: Partial<ScreenTasks>, signal: AbortSignal = new AbortController().signal): Played {
  const frames: string[] = [];
  const log: string[] = [];
  let onKey: ((key: Key) => void) | null = null;
  const tty: Tty = {
    columns: () => 80,
    enter(listener) {
      if (onKey !== null) throw new Error("entered twice");
      onKey = listener;
      log.push("enter");
    },
    draw: (lines) => void frames.push(lines.join("\n")),
    leave() {
      if (onKey !== null) log.push("leave");
      onKey = null;
    },
  };
  const end = runScreen(
    tty,
    {
      look: async () => ({ who: null, problem: null }),
      signIn: async () => {},
      signOut: async () => {},
      messageOf: (error) => (error as Error).message,
      ...tasks,
    },
    style,
    signal,
  );
  return { frames, log, end, press: (...keys) => keys.forEach((each) => onKey?.(each)) };
}

/** Lets what is under way go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the screen at work", () => {
  it("signs in by what is pasted, and leaves before anything else is written", async () => {
    const played = play({
      async signIn(way, face, leave) {
        face.tell([{ text: "open this" }]);
        const { value } = (await face.lines.next()) as { value: string };
        leave();
        played.log.push(`${way} ${value}`);
      },
    });
    await settle();
    played.press(key("p", "p"));
    await settle();
    expect(played.frames.at(-1)).toContain("open this");
    played.press(key("z", "the code"), key("return", "\r"));
    expect(await played.end).toBe("signedIn");
    expect(played.log).toEqual(["enter", "leave", "paste the code"]);
  });

  it("shows why a sign-in failed, and stays", async () => {
    const played = play({ signIn: () => Promise.reject(new SignInError("sign_in_failed", "It was refused.")) });
    await settle();
    played.press(key("b", "b"));
    await settle();
    expect(played.frames.at(-1)).toContain("It was refused.");
    expect(played.frames.at(-1)).toContain("> Sign in with the browser");
    played.press(key("q", "q"));
    expect(await played.end).toBe("closed");
    expect(played.log).toEqual(["enter", "leave"]);
  });

  it("ends a sign-in that is given up, and says nothing more of it", async () => {
    let face: ScreenFace | undefined;
    const played = play({
      signIn: (_way, given) => {
        face = given;
        return new Promise((_resolve, reject) =>
          given.signal.addEventListener("abort", () => reject(new SignInError("sign_in_cancelled", "x"))),
        );
      },
    });
    await settle();
    played.press(key("d", "d"), key("escape", "\u001B"));
    await settle();
    expect(face?.signal.aborted).toBe(true);
    face?.warn("too late");
    expect(played.frames.at(-1)).toContain("The sign-in was cancelled.");
    played.press(key("escape", "\u001B"));
    expect(await played.end).toBe("closed");
  });

  it("says so when another program ends a sign-in, since it wants the port", async () => {
    const cancelled = new SignInError("sign_in_cancelled", "Another sign-in wanted the port.");
    const played = play({ signIn: () => Promise.reject(cancelled) });
    await settle();
    played.press(key("b", "b"));
    await settle();
    expect(played.frames.at(-1)).toContain("Another sign-in wanted the port.");
    played.press(key("q", "q"));
    expect(await played.end).toBe("closed");
  });

  it.each([
    ["a sign-out", "signedOut", key("o", "o")],
    ["what follows a sign-in that is kept", "signedIn", key("b", "b")],
  ] as const)("brings %s to its end when the command is to end, and then ends as it", async (_what, end, pressed) => {
    const abort = new AbortController();
    let finish = (): void => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const played = play(
      {
        look: async () => ({ who: ME, problem: null }),
        signOut: () => work,
        async signIn(_way, _face, leave) {
          leave();
          await work;
        },
      },
      abort.signal,
    );
    await settle();
    played.press(pressed);
    abort.abort();
    await settle();
    played.log.push("file removed");
    finish();
    expect(await played.end).toBe(end);
    expect(played.log).toEqual(["enter", "leave", "file removed"]);
  });

  it("that is interrupted while it signs out, in vain, ends so", async () => {
    const abort = new AbortController();
    let fail = (): void => {};
    const signOut = () => new Promise<void>((_resolve, reject) => (fail = () => reject(new Error("no"))));
    const played = play({ look: async () => ({ who: ME, problem: null }), signOut }, abort.signal);
    await settle();
    played.press(key("o", "o"));
    abort.abort();
    fail();
    expect(await played.end).toBe("interrupted");
  });

  it("signs out with the terminal free, and comes back with the reason when that fails", async () => {
    let fails = true;
    const played = play({
      look: async () => ({ who: ME, problem: null }),
      async signOut() {
        played.log.push("signing out");
        if (fails) throw new Error("The file cannot be removed.");
      },
    });
    await settle();
    played.press(key("o", "o"));
    await settle();
    expect(played.frames.at(-1)).toContain("The file cannot be removed.");
    fails = false;
    played.press(key("return", "\r"));
    expect(await played.end).toBe("signedOut");
    expect(played.log).toEqual(["enter", "leave", "signing out", "enter", "leave", "signing out"]);
  });

  it("gives the terminal back on Ctrl-C, and when the command is to end", async () => {
    const played = play({});
    await settle();
    played.press(key("c", "\u0003", true));
    expect(await played.end).toBe("interrupted");
    const abort = new AbortController();
    const other = play({}, abort.signal);
    await settle();
    abort.abort();
    expect(await other.end).toBe("interrupted");
    expect([played.log, other.log]).toEqual([
      ["enter", "leave"],
      ["enter", "leave"],
    ]);
  });
});
