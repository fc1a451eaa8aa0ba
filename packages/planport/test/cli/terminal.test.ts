import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { formatMinutes, formatTime } from "../../src/cli/format.ts";
import { createInterrupt } from "../../src/cli/interrupt.ts";
import { browserCommand } from "../../src/auth/oauth/open-browser.ts";
import { createTerminal, printable, startSpinner, wantsColour } from "../../src/cli/terminal.ts";

describe("wantsColour", () => {
  it.each<[string, boolean, Record<string, string>, boolean]>([
    ["a terminal", true, {}, true],
    ["a pipe", false, {}, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR", true, { NO_COLOR: "" }, true],
    ["FORCE_COLOR on a pipe", false, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR over NO_COLOR", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    ["FORCE_COLOR=0 on a terminal", true, { FORCE_COLOR: "0" }, false],
  ])("%s", (_, isTty, env, expected) => {
    expect(wantsColour(isTty, env)).toBe(expected);
  });
});

describe("startSpinner", () => {
  /** What a spinner writes to a stream, with an update and a stop. */
  function written(isTTY: boolean): string {
    let text = "";
    const stream = Object.assign(new EventEmitter(), {
      isTTY,
      destroyed: false,
      writableEnded: false,
      write: (piece: string) => {
        text += piece;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
    const spinner = startSpinner(createTerminal(stream, stream, { NO_COLOR: "1" }).err, "thinking");
    spinner.update("Could not reach the backend. Trying again");
    spinner.stop();
    spinner.update("too late");
    return text;
  }

  it("shows a new text at once, over the old one, and none after its end", () => {
    expect(
      written(true)
        .split("\r")
        .map((frame) => frame.replace(/^\S /, "")),
    ).toEqual(["", "thinking\u001B[K", "Could not reach the backend. Trying again\u001B[K", "\u001B[2K"]);
  });

  it("shows nothing where nobody looks", () => {
    expect(written(false)).toBe("");
  });
});

describe("printable", () => {
  it("takes out what could drive a terminal, and keeps text, line ends and tabs", () => {
    expect(printable("a\u001B]0;title\u0007b\u009B2Jc\r\n\tdé漢😀")).toBe("a]0;titleb2Jc\n\tdé漢😀");
  });
});

describe("browserCommand", () => {
  const url = "https://auth.example/authorize?a=1&b=2";

  it("uses what each system has", () => {
    expect(browserCommand(url, "darwin", {})).toEqual({ file: "open", args: [url] });
    expect(browserCommand(url, "linux", { DISPLAY: ":0" })).toEqual({ file: "xdg-open", args: [url] });
    expect(browserCommand(url, "win32", {})?.args.join(" ")).toBe(`/d /s /c "start "" "${url}""`);
  });

  it("gives none where there is no screen to open it on", () => {
    expect(browserCommand(url, "linux", {})).toBeNull();
    expect(browserCommand(url, "linux", { DISPLAY: ":0", SSH_CONNECTION: "1 2 3 4" })).toBeNull();
    expect(browserCommand(url, "darwin", { SSH_TTY: "/dev/pts/1" })).toBeNull();
  });
});

describe("createInterrupt", () => {
  it("stops once, and ends when asked again, but not for the same Ctrl-C passed on by npm", () => {
    let nowMs = 5000;
    const heard: string[] = [];
    const interrupt = createInterrupt({
      onFirst: () => heard.push("first"),
      onSecond: () => heard.push("second"),
      now: () => nowMs,
    });
    interrupt();
    nowMs += 300;
    interrupt();
    expect(heard).toEqual(["first"]);
    nowMs += 1;
    interrupt();
    expect(heard).toEqual(["first", "second"]);
  });
});

describe("times", () => {
  it("are told in the largest unit that fits", () => {
    expect([1, 60, 90, 300, 1440, 10_080].map(formatMinutes)).toEqual([
      "1 minute",
      "1 hour",
      "90 minutes",
      "5 hours",
      "1 day",
      "7 days",
    ]);
  });

  it("say how far off they are, either way", () => {
    const now = Date.UTC(2026, 0, 1);
    expect(formatTime(now + 3 * 3_600_000, now)).toMatch(/^2026-01-01 \d\d:\d\d \(in 3 hours\)$|^2025-12-31/);
    expect(formatTime(now - 60_000, now)).toContain("(1 minute ago)");
    expect(formatTime(Number.NaN, now)).toBe("at an unknown time");
  });
});
