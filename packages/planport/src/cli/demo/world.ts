/**
 * A world of its own for the demo: a simulator, folders that go away, and nothing of the user's.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../config/index.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";

/** The demo's surroundings. */
export interface DemoWorld {
  readonly simulator: Simulator;
  readonly homeDir: string;
  /** An environment that points at the simulator, and holds nothing of the user's: no tokens, no proxies. */
  readonly env: Environment;
  /** Stops the simulator and removes the folders. */
  close(): Promise<void>;
}

/** @param deltaDelayMs Pause before each event, so that a person sees an answer stream. */
export async function openDemoWorld(deltaDelayMs: number): Promise<DemoWorld> {
  const homeDir = mkdtempSync(join(tmpdir(), "planport-demo-"));
  const remove = (): void => rmSync(homeDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  // Also when a second Ctrl-C ends the process at once.
  process.once("exit", remove);
  const simulator = await startSimulator({ autoApprove: true, deltaDelayMs });
  const codexHome = join(homeDir, ".codex");
  mkdirSync(codexHome);
  // By chatgpt_base_url and not by an explicit backend base, so that workspace routing is asked for, as in real life.
  writeFileSync(join(codexHome, "config.toml"), `chatgpt_base_url = "${simulator.chatgptBaseUrl}"\n`);
  return {
    simulator,
    homeDir,
    env: {
      PLANPORT_HOME: join(homeDir, ".planport"),
      CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
    },
    async close() {
      await simulator.close();
      remove();
      process.off("exit", remove);
    },
  };
}
