/**
 * The real opencode with planport's plug-in, in a home of its own.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import type { JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./not-run.ts";
import { cleanEnvironment, type Running, start, temporaryFolder } from "./process.ts";

const folder = fileURLToPath(new URL("../opencode/node_modules/", import.meta.url));
const binary = join(folder, "opencode-linux-x64-baseline", "bin", "opencode");

/** The program; null where it is not installed. */
const opencodeBinary: string | null = existsSync(binary) ? binary : null;

/** True where the real opencode can be run; else a test says why it cannot. */
export function canRunOpencode(): boolean {
  const machine = `${process.platform}-${process.arch}`;
  if (machine !== "linux-x64")
    it(`not run: opencode: its lock file has the binary for linux-x64, and this is ${machine}`, () => {
      process.stdout.write("not run: opencode\n");
    });
  else if (opencodeBinary === null)
    reportNotRun("opencode", "test/clients/opencode is not installed; npm test installs it");
  else return true;
  return false;
}

/** The plug-in as it is built. */
const PLUGIN = new URL("../../../packages/opencode-planport/dist/index.js", import.meta.url).href;

/** Where opencode works, and with which variables. */
export interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Sets a place up in which opencode has planport's plug-in and asks nobody for anything but the simulator. */
export function prepare(simulator: Simulator, home: string, extra: Readonly<Record<string, string>> = {}): Place {
  const cwd = temporaryFolder("opencode-work");
  const config = { plugin: [PLUGIN], model: "planport/gpt-5.5", small_model: "planport/gpt-5.5", autoupdate: false };
  writeFileSync(join(cwd, "opencode.json"), JSON.stringify(config));
  // It fetches a list of models, and a package for the folder of its settings, unless they are there.
  const settings = join(home, ".config", "opencode");
  mkdirSync(join(settings, "node_modules"), { recursive: true });
  const packages = { "": { dependencies: { "@opencode-ai/plugin": "*" } } };
  writeFileSync(join(settings, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
  const models = join(settings, "models.json");
  writeFileSync(models, "{}");
  const env = cleanEnvironment({
    HOME: home,
    PLANPORT_HOME: home,
    CODEX_HOME: join(home, "codex"),
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
    OPENCODE_MODELS_PATH: models,
    OPENCODE_DISABLE_MODELS_FETCH: "true",
    OPENCODE_DISABLE_AUTOUPDATE: "true",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "true",
    ...extra,
  });
  return { cwd, env };
}

/** Runs `opencode …args`. */
export function startOpencode(args: readonly string[], { cwd, env }: Place): Running {
  return start(opencodeBinary ?? "", args, { cwd, env });
}

/** What a turn gave. */
export interface Turn {
  readonly text: string;
  readonly tools: readonly JsonObject[];
  /** opencode's words for what went wrong; null when nothing did. */
  readonly error: string | null;
}

/** A running `opencode serve`. */
export interface Server {
  /** Calls opencode's own API; gives the answer's JSON. */
  call(path: string, body?: object, method?: string): Promise<unknown>;
  /** One turn in a conversation of its own, to its end. */
  ask(text: string): Promise<Turn>;
}

/** Starts `opencode serve`, which ends with the test file. */
export async function serveOpencode(place: Place): Promise<Server> {
  const server = startOpencode(["serve", "--port", "0"], place);
  const [url] = await server.waitFor(/http:\/\/127\.0\.0\.1:\d+/);
  const call: Server["call"] = async (path, body, method = body === undefined ? "GET" : "POST") => {
    const answer = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text) as unknown;
  };
  const ask: Server["ask"] = async (text) => {
    const { id } = (await call("/session", { title: "a title of its own" })) as { readonly id: string };
    const model = { providerID: "planport", modelID: "gpt-5.5" };
    const message = { model, parts: [{ type: "text", text }] };
    const { info, parts } = (await call(`/session/${id}/message`, message)) as {
      readonly info: { readonly error?: { readonly data: { readonly message: string } } };
      readonly parts: readonly JsonObject[];
    };
    const all = (await call(`/session/${id}/message`)) as { readonly parts: readonly JsonObject[] }[];
    return {
      text: parts.flatMap((part) => (part["type"] === "text" ? [String(part["text"])] : [])).join(""),
      tools: all.flatMap((each) => each.parts).filter((part) => part["type"] === "tool"),
      error: info.error?.data.message ?? null,
    };
  };
  return { call, ask };
}
