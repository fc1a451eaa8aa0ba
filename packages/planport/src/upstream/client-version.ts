/**
 * The Codex version that planport keeps step with.
 * @module
 */

/** The Codex release whose wire contract planport follows. The backend decides by it which models it lists. */
export const CODEX_CLIENT_VERSION = "0.169.0";

const SEMVER = /^\d+\.\d+\.\d+$/;

/** The version to send: `CODEX_CLIENT_VERSION` from the environment where that is a plain `x.y.z`, else the built-in one. */
export function clientVersionFrom(env: Readonly<Record<string, string | undefined>>): string {
  const value = env["CODEX_CLIENT_VERSION"]?.trim();
  return value !== undefined && SEMVER.test(value) ? value : CODEX_CLIENT_VERSION;
}
