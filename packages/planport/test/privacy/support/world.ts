/** planport as real processes against the simulator, with every secret of that world known. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect, RecordedRequest, Simulator } from "../../../src/simulator/index.ts";
import { type Finished, pointAt, run, signedInHome, type StartOptions } from "../../cli/support/cli.ts";
import { type Finding, scan, scanFolder } from "./scanner.ts";
import { type NamedSecret, noise } from "./secrets.ts";

/** Tokens belong in sign-ins, and in the journal of a refresh once its answer is there. */
const TOKEN_FILES: RegExp = /(?:^|\/)auth\.json(?:\.planport-refresh)?$/;
/** What the gateway remembers of conversations holds their words, and no credential. */
const MEMORY_FILES = /(?:^|\/)memory\.db(?:-wal|-shm)?$/;

function belongsIn(path: string): ((secret: NamedSecret) => boolean) | null {
  if (TOKEN_FILES.test(path)) return ({ name }) => name !== "prompt" && name !== "gateway key";
  return MEMORY_FILES.test(path) ? ({ name }) => name === "prompt" : null;
}

/** A home, its simulator, and what must not be seen. */
export interface World {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prompt: string;
  /** Everything that is secret by now: what was there before, and what has crossed the wire since. */
  readonly secrets: () => NamedSecret[];
  readonly add: (name: string, value: string) => string;
  /** Runs a command at the debug level and looks everywhere. */
  readonly runAndScan: (args: readonly string[], options?: ScanOptions) => Promise<Scanned>;
  readonly scanFiles: () => Finding[];
}

/** How to run, and what may be seen where. */
export interface ScanOptions extends StartOptions {
  /** Secrets that standard output is there to show: the bearer of `token`, the state in the address to open. */
  readonly mayPrint?: readonly string[];
}

/** What came of a run. */
export interface Scanned extends Finished {
  readonly findings: readonly Finding[];
}

/** A world in which somebody is signed in. */
export function signedInWorld(simulator: Simulator): World {
  const home = signedInHome(simulator);
  const world = openWorld(simulator, home);
  const { tokens } = JSON.parse(readFileSync(join(home, ".codex/auth.json"), "utf8")) as {
    tokens: Record<string, string>;
  };
  for (const name of ["access_token", "refresh_token", "id_token"]) world.add(name, tokens[name] ?? "");
  return world;
}

/** A world around a home folder. */
export function openWorld(simulator: Simulator, home: string): World {
  const own = new Map<string, string>();
  const add = (name: string, value: string): string => {
    own.set(name, value);
    return value;
  };
  const prompt = add("prompt", `private-${noise(30)}`);
  const secrets = (): NamedSecret[] => {
    const crossed = simulator.requests.flatMap(secretsOf);
    const merged = new Map([...own].map(([name, value]) => [value, name] as const));
    for (const { name, value } of crossed) if (!merged.has(value)) merged.set(value, name);
    return [...merged].map(([value, name]) => ({ name, value }));
  };
  const env = { ...pointAt(simulator), PLANPORT_LOG: "debug" };
  const scanFiles = (): Finding[] => scanFolder(home, secrets(), belongsIn);
  const underWay = new Set<Promise<Finished>>();
  return {
    home,
    env,
    prompt,
    secrets,
    add,
    scanFiles,
    async runAndScan(args, options = {}) {
      const running = run(home, args, { ...options, env: { ...env, ...options.env } });
      underWay.add(running);
      const finished = await running.finally(() => underWay.delete(running));
      // What another command holds in this home while it works is no finding of this one's.
      await Promise.all(underWay);
      return { ...finished, findings: [...scanOutput(args, finished, secrets(), options), ...scanFiles()] };
    },
  };
}

/** Looks through what a process wrote. The prompt may come back in an answer, and nowhere else. */
export function scanOutput(
  args: readonly string[],
  { stdout, stderr }: Finished,
  secrets: readonly NamedSecret[],
  { mayPrint = [] }: ScanOptions = {},
): Finding[] {
  const allowed = new Set([...mayPrint, ...(args[0] === "ask" ? ["prompt"] : [])]);
  const command = `planport ${args[0] ?? ""}`;
  return [
    ...scan(
      `standard output of ${command}`,
      stdout,
      secrets.filter(({ name }) => !allowed.has(name)),
    ),
    ...scan(`standard error of ${command}`, stderr, secrets),
  ];
}

/** What of a call is secret: its bearer, and the fields of the sign-in's own requests. */
function secretsOf({ headers, query, body }: RecordedRequest): NamedSecret[] {
  const found: NamedSecret[] = [];
  const note = (name: string, value: unknown): void => {
    if (typeof value === "string" && value.length >= 13) found.push({ name, value });
  };
  note("bearer", /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]);
  note("state", query["state"]);
  if (typeof body === "object" && body !== null)
    for (const name of ["refresh_token", "code", "code_verifier", "device_auth_id", "token", "subject_token"])
      note(name, Reflect.get(body, name));
  return found;
}

/** Answers of a server that repeats what it was sent, in every shape and place that there is. */
export function echoes(secrets: readonly NamedSecret[]): ReadonlyMap<string, readonly Effect[]> {
  const text = secrets.map(({ value }) => value).join(" and ");
  const headers = {
    "www-authenticate": `Bearer error="invalid_token", error_description="${text}"`,
    "x-request-id": secrets[0]?.value ?? "",
    "cf-ray": secrets[1]?.value ?? "",
    "set-cookie": `session=${secrets[0]?.value ?? ""}`,
    "x-error-json": Buffer.from(JSON.stringify({ error: { code: text } })).toString("base64"),
  };
  const http = (status: number, body: unknown): readonly Effect[] => [{ kind: "http", status, headers, body }];
  const error = { message: `no: ${text}`, code: secrets[0]?.value, type: secrets[1]?.value, plan_type: text };
  return new Map<string, readonly Effect[]>([
    ["401 with an error object", http(401, { error })],
    ["403 with a detail", http(403, { detail: `forbidden for ${text}` })],
    ["429 of a plan", http(429, { error: { ...error, type: "usage_limit_reached", resets_in_seconds: 60 } })],
    ["400 with OAuth's fields", http(400, { error: "invalid_grant", error_description: `it was ${text}` })],
    ["400 with a token for a code", http(400, { error: secrets[0]?.value, error_description: text })],
    ["500 with a text", http(500, `Internal error handling Bearer ${text}`)],
    ["500 with a list of details", http(500, { detail: [{ msg: text, loc: ["body", text] }] })],
    ["502 with a page", http(502, `<!doctype html><html><title>${text}</title><body>${text}</body></html>`)],
    ["200 with something else", http(200, { hello: text })],
    ["200 with a text that is no JSON", http(200, `{"access_token": "${text}`)],
  ]);
}
