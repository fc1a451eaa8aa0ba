/**
 * planport as a child process, in a world of its own: a home folder that goes away and an environment without anything of
 * this machine's user.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import type { Simulator } from "../../../src/simulator/index.ts";
import { ensureBuilt } from "./build.ts";

/** The file that `npx planport` runs. */
export const binFile: string = fileURLToPath(new URL("../../../bin/planport.js", import.meta.url));

const folders: string[] = [];
const children = new Set<ChildProcessWithoutNullStreams>();

beforeAll(ensureBuilt, 120_000);

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** What a finished process left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly finished: Promise<Finished>;
  /** The first match in standard output so far or to come. Rejects when the process ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Writes to its standard input. */
  type(text: string): void;
}

/** How to start it. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Its whole standard input. Absent: stays open until {@link Running.type} or the end. */
  readonly input?: string;
  /** Another program in place of the bin. */
  readonly file?: string;
}

/** A fresh home folder. */
export function newHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-cli-"));
  folders.push(folder);
  return folder;
}

/** Writes a file below a home folder. */
export function put(home: string, path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** The variables that point planport at a simulator. */
export function pointAt(simulator: Simulator): Record<string, string> {
  return {
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
  };
}

/** A home in which somebody is signed in to the simulator, as the Codex CLI leaves it. */
export function signedInHome(simulator: Simulator): string {
  const tokens = simulator.issueTokens();
  const home = newHome();
  const document = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: simulator.accounts.default.id,
    },
    last_refresh: new Date().toISOString(),
  };
  put(home, ".codex/auth.json", JSON.stringify(document));
  return home;
}

function environment(home: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { HOME: home, USERPROFILE: home };
  for (const name of ["PATH", "Path", "SystemRoot", "ComSpec", "PATHEXT", "TEMP", "TMP", "TMPDIR"])
    if (process.env[name] !== undefined) env[name] = process.env[name];
  return { ...env, ...extra };
}

/** Starts `planport …args` for somebody whose home folder is `home`. */
export function start(home: string, args: readonly string[], options: StartOptions = {}): Running {
  const child = spawn(process.execPath, [options.file ?? binFile, ...args], {
    env: environment(home, options.env ?? {}),
    cwd: home,
  });
  children.add(child);
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {}); // It may end before it has read its input.
  if (options.input !== undefined) child.stdin.end(options.input);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      children.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (match !== null) resolve(match);
      };
      watchers.add(look);
      look();
      void finished.then(() => reject(new Error(`ended without ${String(pattern)}:\n${stdout}\n${stderr}`)));
    });
  return { child, finished, until, type: (text) => void child.stdin.write(text) };
}

/** Runs `planport …args` to its end, with an empty standard input unless one is given. */
export function run(home: string, args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return start(home, args, { input: "", ...options }).finished;
}
