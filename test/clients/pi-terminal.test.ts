/**
 * A person at the real pi: /login, /logout, and going from model to model, with the keys that a person presses.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import {
  callsTo,
  EXTENSION,
  PI,
  piCommand,
  type PiHome,
  piHome,
  putInAgentDir,
  storedLogin,
  whyNotRun,
} from "./support/pi.ts";
import { temporaryFolder } from "./support/process.ts";
import { hasTmux, openTerminal, type Terminal } from "./support/terminal.ts";
import { takeSignInPorts } from "../support/sign-in-ports.ts";

takeSignInPorts();

let simulator: Simulator;
let terminal: Terminal | undefined;
beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 0 });
});
afterEach(async () => {
  terminal?.close();
  terminal = undefined;
  await simulator.close();
});

/** A browser that goes where the page sends it, under the name by which pi opens one. */
function fakeBrowser(): string {
  const folder = temporaryFolder("browser");
  const file = join(folder, process.platform === "darwin" ? "open" : "xdg-open");
  writeFileSync(file, `#!/usr/bin/env node\nfetch(process.argv[2]).then((page) => page.text());\n`);
  chmodSync(file, 0o755);
  return folder;
}

function open(pi: PiHome, ...flags: readonly string[]): Terminal {
  const { command, args, env } = piCommand(pi, ["-e", EXTENSION, ...flags]);
  terminal = openTerminal(command, args, {
    env: { ...env, PATH: `${fakeBrowser()}:${env["PATH"] ?? ""}` },
    cwd: pi.work,
  });
  return terminal;
}

/** What pi says to a line that is entered while it starts; the line stays in its field. */
const STARTING = /Startup is still in progress/;
/** Longer than pi takes to show what it was told to do. */
const PATIENCE_MS = 2_000;

/** Types a line, enters it once it is there, again where pi was still starting, and waits for what comes of it. */
async function enter(at: Terminal, line: string, next: RegExp, ...keys: readonly string[]): Promise<RegExpExecArray> {
  at.type(line);
  await at.waitFor(new RegExp(line.replaceAll("/", "\\/")));
  const either = new RegExp(`${next.source}|${STARTING.source}`);
  for (;;) {
    at.press("Enter", ...keys);
    const found = next.exec((await at.waitFor(either)).input);
    if (found !== null) return found;
    await delay(PATIENCE_MS);
    const late = next.exec(at.screen());
    if (late !== null) return late;
  }
}

/** `/login planport`, and on to the choice between browser and device code. The first Enter may only complete the command. */
async function chooseWay(at: Terminal): Promise<void> {
  const [found] = await enter(at, "/login planport", /Select authentication method for|login method:/, "Enter");
  if (found.startsWith("Select")) at.press("Enter");
  await at.waitFor(/login method:/);
}

function stored(pi: PiHome): Record<string, Record<string, unknown>> {
  return JSON.parse(readFileSync(join(pi.agentDir, "auth.json"), "utf8")) as Record<string, Record<string, unknown>>;
}

/** A pi and its screens take their time on a busy machine. */
const LIMIT_MS = 240_000;

const flags = ["--no-session", "--provider", "planport", "--model", "gpt-5.5"];
const why = hasTmux ? whyNotRun(PI) : "tmux is not installed";
if (process.platform === "win32") {
  it("has no terminal to be typed into on this system", () => expect(hasTmux).toBe(false));
} else if (why !== null) reportNotRun(`pi ${PI} in a terminal`, why);
else {
  describe(`pi ${PI} in a terminal`, () => {
    it(
      "PI-05, PI-07, PI-08, PI-11: /login with the browser, an answer, and /logout",
      async () => {
        const pi = piHome(simulator, PI);
        putInAgentDir(pi, "auth.json", { other: { type: "api_key", key: "kept" } });
        const at = open(pi, ...flags);
        await at.waitFor(/gpt-5\.5|no-model|No models/);
        await enter(at, "/login", /Select authentication method/);
        at.press("Enter");
        await at.waitFor(/Select provider to configure/);
        at.type("planport");
        await at.waitFor(/ChatGPT plan \(planport\)/);
        at.press("Enter");
        await at.waitFor(/Browser login \(default\)/);
        at.press("Enter");
        await at.waitFor(/Logged in to ChatGPT plan \(planport\)\. Credentials saved/);
        expect(stored(pi)["planport"]).toMatchObject({ type: "oauth", accountId: simulator.accounts.default.id });
        await enter(at, "Reply with exactly: after login", /\n\s*after login\s*\n/);
        expect(callsTo(simulator)[0]?.headers["authorization"]).toBe(
          `Bearer ${String(stored(pi)["planport"]?.["access"])}`,
        );
        await enter(at, "/logout", /Select provider to logout/);
        at.type("planport");
        await at.waitFor(/ChatGPT plan \(planport\)/);
        at.press("Enter");
        await at.waitFor(/Logged out of ChatGPT plan \(planport\)/);
        expect(stored(pi)).toEqual({ other: { type: "api_key", key: "kept" } });
      },
      LIMIT_MS,
    );

    it(
      "/login by name with a device code, and Escape gives another sign-in up and keeps the login",
      async () => {
        const pi = piHome(simulator, PI);
        const at = open(pi, ...flags);
        await at.waitFor(/gpt-5\.5|no-model|No models/);
        await chooseWay(at);
        at.press("Down");
        await at.waitFor(/→ Device code/);
        at.press("Enter");
        await at.waitFor(/Logged in to ChatGPT plan \(planport\)/);
        const before = stored(pi);
        expect(before["planport"]).toMatchObject({ type: "oauth" });
        await chooseWay(at);
        at.press("Enter");
        await at.waitFor(/Paste the authorization code/);
        at.press("Escape");
        await at.waitUntilGone(/Paste the authorization code/);
        expect(stored(pi)).toEqual(before);
      },
      LIMIT_MS,
    );

    it(
      "PI-10: Ctrl+P goes from one model to the next, across providers",
      async () => {
        const pi = piHome(simulator, PI, {
          CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
          CODEX_MODELS: "gpt-5.5",
        });
        putInAgentDir(pi, "auth.json", { planport: storedLogin(simulator) });
        const at = open(pi, "--no-session", "--models", "codex-token/*,planport/*");
        await at.waitFor(/\(codex-token\)|\(planport\)/);
        const first = /\((codex-token|planport)\)/.exec(at.screen())?.[1];
        at.press("C-p");
        const other = first === "planport" ? "codex-token" : "planport";
        await at.waitFor(new RegExp(`\\(${other}\\)`));
        await enter(at, "Reply with exactly: the other one", /\n\s*the other one\s*\n/);
        expect(callsTo(simulator)).toHaveLength(1);
      },
      LIMIT_MS,
    );
  });
}
