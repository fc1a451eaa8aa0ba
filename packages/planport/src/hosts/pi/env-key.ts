/**
 * Keys out of the environment, for providers that have nothing stored.
 * @module
 */
import { type Environment, readVariable } from "../../environment.ts";
import { CredentialError } from "../../errors.ts";
import { OPENAI_CODEX } from "./credentials.ts";

const PLAN_VARIABLES = ["CODEX_ACCESS_TOKEN", "CODEX_PAT", "OPENAI_API_KEY"] as const;

/**
 * The key that the environment has for a provider: for `openai-codex` an access token in `CODEX_ACCESS_TOKEN`, `CODEX_PAT`
 * or `OPENAI_API_KEY`, for `openai` the API key in `OPENAI_API_KEY`.
 * @throws {CredentialError} `credential_wrong_route` when an API key (`sk-…`) stands where a plan's token is needed.
 */
export function keyFromEnvironment(provider: string, env: Environment): string | undefined {
  if (provider === "openai") return readVariable(env, "OPENAI_API_KEY");
  if (provider !== OPENAI_CODEX) return undefined;
  for (const name of PLAN_VARIABLES) {
    const value = readVariable(env, name);
    if (value === undefined) continue;
    if (!value.startsWith("sk-")) return value;
    throw new CredentialError(
      "credential_wrong_route",
      `${name} holds an API key (sk-…), which ${OPENAI_CODEX} cannot use: it needs a ChatGPT plan's access token. Use the ` +
        `provider \`openai\` with that key, or sign in: login("${OPENAI_CODEX}").`,
    );
  }
  return undefined;
}

/** True when {@link keyFromEnvironment} has a key that can be used. */
export function hasKeyInEnvironment(provider: string, env: Environment): boolean {
  try {
    return keyFromEnvironment(provider, env) !== undefined;
  } catch (error) {
    if (error instanceof CredentialError) return false;
    throw error;
  }
}
