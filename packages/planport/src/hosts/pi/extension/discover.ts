/**
 * Asking the backend which models an account has. Loaded when it is to be asked.
 * @module
 */
import { type Environment, readVariable } from "../../../environment.ts";
import { createHttpClient } from "../../../net/http-client.ts";
import { Secret } from "../../../secret.ts";
import { fetchCatalogue } from "../../../upstream/account-calls.ts";
import { CODEX_CLIENT_VERSION } from "../../../upstream/client-version.ts";
import { resolveEndpoints } from "../../../upstream/endpoints.ts";
import { piIdentity } from "./identity.ts";
import { baseUrlOf, listedModels, type ModelEntry } from "./models.ts";

/**
 * The account's models; null when they cannot be had, or there are none. Never rejects. The token goes out alone: to look up
 * its workspace first would take one more call.
 * @param accountId Of a sign-in that names its workspace.
 */
export async function discoverModels(
  key: string,
  env: Environment,
  signal: AbortSignal,
  accountId: string | null = null,
): Promise<readonly ModelEntry[] | null> {
  try {
    const http = createHttpClient({ env });
    try {
      const { catalogue } = await fetchCatalogue(
        {
          http,
          identity: piIdentity(env),
          clientVersion: readVariable(env, "CODEX_CLIENT_VERSION") ?? CODEX_CLIENT_VERSION,
          now: Date.now,
          closing: signal,
        },
        resolveEndpoints({ baseUrl: baseUrlOf(env) }),
        {
          kind: "personalAccessToken",
          bearer: new Secret(key),
          expiresAtMs: null,
          accountId,
          fedramp: false,
          email: null,
          planType: null,
          userId: null,
        },
      );
      const models = listedModels(catalogue.models);
      return models.length === 0 ? null : models;
    } finally {
      await http.close();
    }
  } catch {
    return null; // The first call will tell what is wrong, if it is wrong there too.
  }
}
