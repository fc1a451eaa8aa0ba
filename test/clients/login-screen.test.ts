/**
 * The sign-in screen of `planport login` in a real terminal.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../packages/planport/test/cli/support/build.ts";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { temporaryFolder } from "./support/process.ts";
import { hasTmux, openTmux, type TmuxTerminal } from "./support/tmux.ts";
import { takeSignInPorts } from "../support/sign-in-ports.ts";

takeSignInPorts();

const bin = fileURLToPath(new URL("../../packages/planport/bin/planport.js", import.meta.url));
const isThere = await hasTmux();

// Elsewhere few have it, and nobody is asked to.
if (!isThere && process.platform === "linux") reportNotRun("the sign-in screen in a terminal", "there is no tmux here");

describe.runIf(isThere)("planport login in a terminal", () => {
  let simulator: Simulator;
  let home: string;

  beforeEach(async () => {
    await ensureBuilt();
    simulator = await startSimulator({ autoApprove: true });
    home = temporaryFolder("screen");
  }, 120_000);
  afterEach(() => simulator.close());

  const file = (): string => join(home, ".planport/auth.json");

  /** The command, then its exit code and whether the terminal reads whole lines again. */
  const login = (
    options: { columns?: number; args?: string; env?: Record<string, string> } = {},
  ): Promise<TmuxTerminal> =>
    openTmux(
      `echo before; '${process.execPath}' '${bin}' login ${options.args ?? ""}; echo "ended with $?"; ` +
        'case "$(stty -a)" in *-icanon*) echo raw;; *) echo lines;; esac',
      { columns: options.columns ?? 100, rows: 40 },
      {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        CODEX_HOME: join(home, ".codex"),
        PLANPORT_HOME: join(home, ".planport"),
        CODEX_BASE_URL: simulator.codexBaseUrl,
        CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
        CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
        ...options.env,
      },
    );

  /** Signs in by a code, which the simulator approves by itself. */
  const signIn = async (): Promise<void> => {
    const terminal = await login();
    await terminal.until(/Nobody is signed in/);
    await terminal.press("d");
    await terminal.until(/Signed in as .+[\s\S]+ended with 0\nlines/);
  };

  it("signs in by a code: the screen goes, what stood there comes back, and it ends with 0", async () => {
    const terminal = await login();
    await terminal.until(/> Sign in with the browser \(b\)/);
    expect(await terminal.isAlternate()).toBe(true);
    await terminal.press("Down", "Enter");
    const text = await terminal.until(/ended with 0\nlines/);
    expect(text).toMatch(/^before\nSigned in as \S+@\S+/);
    expect(await terminal.isAlternate()).toBe(false);
    expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ auth_mode: "chatgpt" });
  });

  it("signs in by the address that a browser elsewhere ended at", async () => {
    const terminal = await login();
    await terminal.until(/Nobody is signed in/);
    await terminal.press("p");
    const [url = ""] = /http\S+\/oauth\/authorize\S+/.exec(await terminal.until(/paste that page's/)) ?? [];
    const answer = await fetch(url, { redirect: "manual" });
    await terminal.type(answer.headers.get("location") ?? "");
    await terminal.press("Enter");
    await terminal.until(/Signed in as .+[\s\S]+ended with 0\nlines/);
    expect(existsSync(file())).toBe(true);
  });

  it("shows who is signed in, and signs out", async () => {
    await signIn();
    const terminal = await login();
    const text = await terminal.until(/Escape closes/);
    expect(text).toMatch(/Signed in as \S+@\S+\nplan +\w+\nworkspace +\S+\ntoken +expires .+\nfound in +.+auth\.json/);
    await terminal.press("o");
    expect(await terminal.until(/ended with 0\nlines/)).toContain("Signed out.");
    expect(existsSync(file())).toBe(false);
  });

  it("shows an error and stays, at 40 columns and without colours; closing it signed out ends with 3", async () => {
    simulator.script.push("deviceUserCode", { kind: "http", status: 500, body: {} });
    const terminal = await login({ columns: 40, env: { NO_COLOR: "1" } });
    await terminal.until(/Nobody is signed in/);
    await terminal.press("d");
    const text = await terminal.until(/500/);
    expect(text).toContain("> Sign in with a code on another device");
    expect(await terminal.isAlternate()).toBe(true);
    await terminal.press("q");
    await terminal.until(/before\nended with 3\nlines/);
  });

  it("gives a sign-in up by Escape and goes on, and closes by Escape; signed in, that ends with 0", async () => {
    await signIn();
    const terminal = await login();
    await terminal.until(/Escape closes/);
    await terminal.press("p");
    await terminal.until(/paste that page's/);
    await terminal.press("Escape");
    await terminal.until(/The sign-in was cancelled/);
    await terminal.press("Escape");
    await terminal.until(/ended with 0\nlines/);
  });

  it("ends with 130 on Ctrl-C, also while a sign-in waits, and leaves the terminal as it was", async () => {
    for (const keys of [["C-c"], ["p", "C-c"]]) {
      const terminal = await login();
      await terminal.until(/Nobody is signed in/);
      await terminal.press(...keys);
      await terminal.until(/before\nended with 130\nlines/);
    }
  });

  it("is not there with a flag, nor on a terminal that can draw nothing", async () => {
    const flagged = await login({ args: "--no-browser" });
    await flagged.until(/To sign in, open:/);
    expect(await flagged.isAlternate()).toBe(false);
    await flagged.press("C-c");
    const dumb = await login({ env: { TERM: "dumb" } });
    await dumb.until(/sign-in page|To sign in, open:/);
    expect(await dumb.isAlternate()).toBe(false);
    await dumb.press("C-c");
  });
});
