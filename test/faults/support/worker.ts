/**
 * Workers: real processes that use planport as programs do, and that a test can stop, resume and kill at a known step.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { ensureBuilt } from "../../../packages/planport/test/cli/support/build.ts";
import { cleanEnvironment } from "../../clients/support/process.ts";

const PROGRAM = fileURLToPath(new URL("../worker/worker.mjs", import.meta.url));

const children = new Set<ChildProcess>();
const folders: string[] = [];

beforeAll(ensureBuilt, 300_000);
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The steps of a refresh, in their order. */
export const STEPS = ["waiting", "locked", "sent", "answered", "syncing", "renaming"] as const;
/** One of {@link STEPS}. */
export type Step = (typeof STEPS)[number];
/** What a worker does without, to show that the tests notice. */
export type Sabotage = "lock" | "reread" | "fsync" | "rename";

/** What a worker is to do. */
export interface Plan {
  readonly authFile: string;
  /** Of the simulator. */
  readonly codexBaseUrl: string;
  readonly refreshUrl: string;
  /** How many requests, all at once. Default 1. */
  readonly requests?: number;
  /** Where to stand still until {@link Worker.goOn}. `finished`: after the last request, before the end. */
  readonly holdAt?: readonly (Step | "finished")[];
  readonly sabotage?: Sabotage | null;
  /** What its clock shows beside the test's: it believes to live that much later. */
  readonly clockShiftMs?: number;
  /** By so much its clock jumps on when it has sent its refresh. */
  readonly jumpAtSentMs?: number;
  /** A lock nobody renewed for so long is taken over. Default: the product's. */
  readonly staleAfterMs?: number;
  /** Refresh when that much of the access token's life is left. Default: the product's. */
  readonly refreshEarlyMs?: number;
  /** The disk is full: for everything, or only by the time a new `auth.json` is written. */
  readonly diskFull?: "all" | "login";
  /** Gives up being root before it begins. */
  readonly uid?: number;
}

/** What became of one request. */
export interface RequestOutcome {
  readonly ok: boolean;
  /** Code and words of the error; null when there was none. */
  readonly code: string | null;
  readonly message: string | null;
  /** How long the request waited for its token. */
  readonly waitedMs: number;
}

/** What a worker that came to its end tells. */
export interface Report {
  readonly outcomes: readonly RequestOutcome[];
  /** Codes and words of what was told as a warning. */
  readonly warnings: readonly { readonly code: string | null; readonly message: string }[];
}

/** A step that was reached, in milliseconds since the epoch. */
export interface Reached {
  readonly step: Step | "finished";
  readonly atMs: number;
}

type Message =
  | { readonly kind: "ready" }
  | { readonly kind: "step"; readonly step: Step | "finished"; readonly atMs: number }
  | { readonly kind: "unsynced"; readonly path: string }
  | { readonly kind: "gone"; readonly path: string }
  | { readonly kind: "synced"; readonly path: string; readonly text: string }
  | { readonly kind: "renamed"; readonly from: string; readonly to: string }
  | ({ readonly kind: "report" } & Report);

/** A folder for one sign-in, removed when the test file ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-faults-"));
  folders.push(folder);
  return folder;
}

/** A running worker. */
export class Worker {
  readonly child: ChildProcess;
  readonly steps: Reached[] = [];
  /** Resolves when the process has ended, in whatever way, and all it said was heard. */
  readonly ended: Promise<void>;
  #isReady = false;
  #hasEnded = false;
  #report: Report | null = null;
  #stderr = "";
  /** What a power cut leaves of each file that it wrote: what was there when it was synced last. */
  readonly #safe = new Map<string, string>();
  readonly #watchers = new Set<() => void>();

  constructor(plan: Plan) {
    this.child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], {
      env: cleanEnvironment({}),
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    });
    children.add(this.child);
    let rest = "";
    (this.child.stdio[3] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(JSON.parse(line) as Message);
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    (this.child.stdio[4] as Writable).on("error", () => undefined); // A killed worker reads nothing more.
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", () => {
        children.delete(this.child);
        this.#hasEnded = true;
        this.#notify();
        resolve();
      });
    });
  }

  /** The last step it told of; null before the first. */
  get lastStep(): Step | "finished" | null {
    return this.steps.at(-1)?.step ?? null;
  }

  /** Waits until it stands ready, everything loaded. */
  ready(): Promise<void> {
    return this.#until("ready", () => this.#isReady);
  }

  /** Lets it go on: from where it stands ready, or from a step. */
  goOn(): void {
    (this.child.stdio[4] as Writable).write("g");
  }

  /** Waits until it has reached this step. */
  reached(step: Step | "finished"): Promise<void> {
    return this.#until(step, () => this.steps.some((reached) => reached.step === step));
  }

  /** Kills it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Cuts its power: like {@link kill}, and what it wrote without syncing it is lost. */
  async cutPower(): Promise<void> {
    await this.kill();
    for (const [path, text] of this.#safe) if (existsSync(path)) writeFileSync(path, text);
  }

  /** What it tells at its end. */
  async report(): Promise<Report> {
    await this.#until("its end", () => this.#report !== null);
    await this.ended;
    if (this.#report === null) throw new Error("unreachable");
    return this.#report;
  }

  #hear(message: Message): void {
    if (message.kind === "ready") this.#isReady = true;
    else if (message.kind === "step") this.steps.push({ step: message.step, atMs: message.atMs });
    else if (message.kind === "report") this.#report = message;
    else if (message.kind === "unsynced") {
      if (!this.#safe.has(message.path)) this.#safe.set(message.path, "");
    } else if (message.kind === "synced") this.#safe.set(message.path, message.text);
    else if (message.kind === "gone") this.#safe.delete(message.path);
    else {
      // The name goes to the new file, and so does what of it is safe.
      const text = this.#safe.get(message.from);
      this.#safe.delete(message.from);
      this.#safe.delete(message.to);
      if (text !== undefined) this.#safe.set(message.to, text);
    }
    this.#notify();
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #until(what: string, isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!isSo() && !this.#hasEnded) return;
        this.#watchers.delete(look);
        if (isSo()) resolve();
        else reject(new Error(`The worker ended before ${what}: ${JSON.stringify(this.steps)}\n${this.#stderr}`));
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** Starts a worker and lets it run to its end. */
export async function runWorker(plan: Plan): Promise<Report> {
  const worker = new Worker(plan);
  await worker.ready();
  worker.goOn();
  return worker.report();
}
