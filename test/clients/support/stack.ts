/**
 * The product as its users start it: the bin as a child process, with the simulator in place of OpenAI.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { cleanEnvironment, type Running, start, temporaryFolder } from "./process.ts";

/** The file that `npx planport` runs. */
export const BIN: string = fileURLToPath(new URL("../../../packages/planport/bin/planport.js", import.meta.url));

/** A Codex home that holds a sign-in to the simulator, as `codex login` leaves it. */
export function signedInHome(
  simulator: Simulator,
  options: { accessTokenTtlMs?: number; accountId?: string } = {},
): string {
  const home = temporaryFolder("home");
  const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens(options);
  const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId };
  const document = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  writeFileSync(join(home, "auth.json"), JSON.stringify(document), { mode: 0o600 });
  return home;
}

/** Starts `planport …args` for somebody whose home folder is `home`. */
export function startPlanport(
  home: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Running {
  const own = cleanEnvironment({ HOME: home, USERPROFILE: home, ...env });
  return start(process.execPath, [BIN, ...args], { env: own, input });
}

/** A running `planport serve`. */
export interface Gateway {
  /** What an OpenAI client takes as its base URL. */
  readonly baseURL: string;
  readonly process: Running;
}

/** Starts `planport serve` on a free port, with nothing set up but an `auth.json` and a base URL. */
export async function startGateway(
  simulator: Simulator,
  home: string,
  flags: readonly string[] = [],
): Promise<Gateway> {
  const process_ = startPlanport(home, ["serve", "--port", "0", ...flags], {
    CODEX_HOME: home,
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
  });
  const [url] = await process_.waitFor(/http:\/\/127\.0\.0\.1:\d+/);
  return { baseURL: `${url}/v1`, process: process_ };
}
