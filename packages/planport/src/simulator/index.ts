/**
 * An embedded stand-in for OpenAI's sign-in server and the Codex backend: for demos without an account, and for tests.
 *
 * ```ts
 * const simulator = await startSimulator();
 * const { accessToken } = simulator.issueTokens();
 * simulator.script.push("responses", usageLimit({ resetsInSeconds: 60 }));
 * // … point a client at simulator.codexBaseUrl …
 * await simulator.close();
 * ```
 * @module
 */
export type { AccountOptions, Accounts, SimulatedAccount, SimulatedUsage, SimulatedWindow } from "./accounts.ts";
export { CODEX_CLIENT_ID } from "./oauth/claims.ts";
export {
  type DelayEffect,
  type DropEffect,
  type Effect,
  type EndEffect,
  failed,
  type FailEffect,
  htmlChallenge,
  type HttpEffect,
  type InjectEffect,
  type MalformedEffect,
  overloaded,
  overloadedInStream,
  rateLimit,
  serverError,
  type SlowEffect,
  type StallEffect,
  type TextEffect,
  unauthorized,
  usageLimit,
} from "./script/effect.ts";
export type { Match, Script, Target } from "./script/script.ts";
export { startSimulator } from "./simulator.ts";
export type { ModelOptions, RecordedRequest, SimulatedLogin, Simulator, SimulatorOptions } from "./types.ts";
