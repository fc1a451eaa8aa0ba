/**
 * The real pi, in folders of its own, with the extension of this checkout.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { cleanEnvironment, type Finished, start, temporaryFolder } from "./process.ts";
import { nodeFor } from "./roster.ts";

const installed = fileURLToPath(new URL("../pi/node_modules", import.meta.url));

/** The package as `pi -e` takes it. */
export const EXTENSION: string = fileURLToPath(new URL("../../../packages/pi-planport", import.meta.url));
/** The repository, which is a package of pi's, too. */
export const REPOSITORY: string = fileURLToPath(new URL("../../..", import.meta.url));
/** The newest of each kind that pi has had. */
export const PI_VERSIONS = ["0.58.3", "0.73.1", "0.79.9", "0.87.1", "1.5.2"] as const;
/** One of {@link PI_VERSIONS}. */
export type PiVersion = (typeof PI_VERSIONS)[number];
/** The version that most is proved with: the newest that npm installs as its makers meant it. */
export const PI: PiVersion = "0.87.1";

/** Why pi cannot be run here; null when it can. */
export function whyNotRun(version: PiVersion): string | null {
  if (node === null) return "test/clients/node22 is not installed; npm test installs it";
  return scriptOf(version) === null ? "test/clients/pi is not installed; npm test installs it" : null;
}

const node = nodeFor({ folder: "node22" });

function scriptOf(version: PiVersion): string | null {
  const folder = join(installed, `pi-${version}`);
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return null;
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: Record<string, string> };
  const script = join(folder, bin["pi"] ?? "");
  return existsSync(script) ? script : null;
}

/** A person's pi: their folders, and the variables that are set. */
export interface PiHome {
  readonly simulator: Simulator;
  readonly version: PiVersion;
  readonly home: string;
  /** pi's folder: `auth.json`, `models.json`, `settings.json`. */
  readonly agentDir: string;
  readonly codexHome: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Folders for a pi that knows nothing, pointed at the simulator. */
export function piHome(simulator: Simulator, version: PiVersion, env: Readonly<Record<string, string>> = {}): PiHome {
  const home = temporaryFolder("pi-home");
  const agentDir = join(home, ".pi", "agent");
  mkdirSync(agentDir, { recursive: true });
  return {
    simulator,
    version,
    home,
    agentDir,
    codexHome: join(home, ".codex"),
    work: temporaryFolder("pi-work"),
    env: {
      PI_OFFLINE: "1",
      PI_TELEMETRY: "0",
      PI_SKIP_VERSION_CHECK: "1",
      TERM: "dumb",
      CODEX_BASE_URL: simulator.codexBaseUrl,
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
      CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
      ...env,
    },
  };
}

/** Puts a file into pi's folder. */
export function putInAgentDir(pi: PiHome, name: string, value: unknown): void {
  writeFileSync(join(pi.agentDir, name), JSON.stringify(value), { mode: 0o600 });
}

/** The environment and the words of the command line for a pi with these arguments. */
export function piCommand(
  pi: PiHome,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv } {
  const own = cleanEnvironment({ HOME: pi.home, USERPROFILE: pi.home, ...pi.env });
  // pi starts tools and npm by name: with its own Node.js.
  const env = { ...own, PATH: `${pi.env["PATH"] ?? dirname(node ?? "")}${delimiter}${own["PATH"] ?? ""}` };
  return { command: node ?? "", args: [scriptOf(pi.version) ?? "", ...args], env };
}

/** Runs pi to its end. */
export function runPi(pi: PiHome, args: readonly string[], cwd: string = pi.work): Promise<Finished> {
  const { command, args: all, env } = piCommand(pi, args);
  return start(command, all, { env, cwd }).finished;
}

/**
 * What pi printed to a prompt; an error when it failed.
 *
 * pi looks up which providers have a key several times while it starts, in passes of which the last one that begins counts, and does not
 * always wait for that one (0.87.1, `queueAvailabilityRefresh`). On a busy machine it then finds that nobody has a key, and calls no model.
 * That is tried again, and said; whatever else goes wrong is not.
 */
export async function askPi(pi: PiHome, prompt: string, flags: readonly string[], cwd?: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const calls = callsTo(pi.simulator).length;
    const done = await runPi(pi, [...flags, "-p", prompt], cwd);
    if (done.code === 0) return done.stdout.trim();
    const told = `${done.stdout}\n${done.stderr}`;
    const isRace = pi.version === PI && told.includes("No API key found for") && callsTo(pi.simulator).length === calls;
    if (tries === 3 || !isRace) throw new Error(`pi failed (exit ${String(done.code)}):\n${told}`);
    process.stdout.write(`pi ${pi.version} found no key while it started; tried again\n`);
  }
}

/** The model calls that arrived, oldest first. */
export function callsTo(simulator: Simulator, target = "responses"): readonly Simulator["requests"][number][] {
  return simulator.requests.filter((request) => request.target === target);
}

/** The bodies of the model calls. */
export function bodiesTo(simulator: Simulator): readonly Record<string, unknown>[] {
  return callsTo(simulator).map(({ body }) => body as Record<string, unknown>);
}

/** A login as pi stores it. */
export function storedLogin(simulator: Simulator, expiresInMs = 3_600_000): Record<string, unknown> {
  const { accessToken, refreshToken, accountId } = simulator.issueTokens();
  return {
    type: "oauth",
    access: accessToken,
    refresh: refreshToken,
    expires: Date.now() + expiresInMs,
    accountId,
    issuer: simulator.issuer,
  };
}
