/**
 * What the extension adds to pi's start: the real pi of test/clients, with it and without it, in turns.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { repoRoot } from "../tools/lib.mjs";
import { plainEnvironment } from "./processes.mjs";
import { median } from "./verdict.mjs";

const RUNS = 11;
const clients = path.join(repoRoot, "test", "clients");
const script = path.join(clients, "pi", "node_modules", "pi-0.87.1", "dist", "bundle", "cli.js");
const extension = path.join(repoRoot, "packages", "pi-planport");
const system = process.platform === "win32" ? "win" : process.platform;
const program = process.platform === "win32" ? "node.exe" : "node";
const node = [`node-${system}-${process.arch}`, `node-bin-${system}-${process.arch}`]
  .map((name) => path.join(clients, "node22", "node_modules", name, "bin", program))
  .find((file) => existsSync(file));

/** Why it cannot be measured; empty when it can. */
export const whyNoPi =
  node !== undefined && existsSync(script)
    ? ""
    : "pi is not installed below test/clients: node tools/install-clients.mjs";

/** Milliseconds from start to end of `pi --list-models`. The simulator runs in this process, which must not be blocked. */
function timePi(args, env) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script, "--list-models", ...args], { env, stdio: "ignore" });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(performance.now() - startedAt) : reject(new Error(`pi ended with ${code}`)),
    );
  });
}

/**
 * Medians in milliseconds, and their ratio; null where there is no pi. With a token and the account's list of models to be
 * asked for: the longest way that the extension goes at pi's start.
 */
export async function measurePiStart() {
  if (whyNoPi !== "") return null;
  const dist = path.join(repoRoot, "packages", "planport", "dist", "simulator", "index.js");
  const { startSimulator } = await import(pathToFileURL(dist).href);
  const simulator = await startSimulator();
  const home = mkdtempSync(path.join(tmpdir(), "planport-bench-pi-"));
  const env = {
    ...plainEnvironment,
    HOME: home,
    USERPROFILE: home,
    PI_CODING_AGENT_DIR: path.join(home, "agent"),
    PI_OFFLINE: "1",
    PI_TELEMETRY: "0",
    PI_SKIP_VERSION_CHECK: "1",
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
  };
  mkdirSync(env.PI_CODING_AGENT_DIR);
  const without = [];
  const withIt = [];
  try {
    // Once each before it counts: pi and Node.js keep what they have compiled.
    for (let run = -1; run < RUNS; run += 1) {
      const bareMs = await timePi(["-ne"], env);
      const ownMs = await timePi(["-ne", "-e", extension], env);
      if (run < 0) continue;
      without.push(bareMs);
      withIt.push(ownMs);
    }
  } finally {
    await simulator.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return { bareMs: median(without), ownMs: median(withIt), times: median(withIt) / median(without) };
}
