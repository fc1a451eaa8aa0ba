/**
 * What every host needs to speak to the sign-in server.
 * @module
 */
import { type AuthEndpoints, resolveAuthEndpoints } from "../auth/endpoints.ts";
import type { ClientIdentity } from "../auth/http.ts";
import type { Environment } from "../environment.ts";
import type { HttpClient } from "../net/types.ts";

/** How to reach the sign-in server. All may be left out. */
export interface SignInServerOptions {
  /** Another sign-in server than OpenAI's, for signing in and refreshing alike. */
  readonly issuer?: string | undefined;
  /** Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Default: OpenAI's addresses, or those of `issuer`, and what the environment sets in their place. */
  readonly endpoints?: AuthEndpoints | undefined;
  /** Default: planport's own, with the proxies and certificates that `env` names. */
  readonly http?: HttpClient | undefined;
  /** Names this program to the server. Default: planport. */
  readonly client?: ClientIdentity | undefined;
}

/** The sign-in server, ready to be asked. */
export interface SignInServer {
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  readonly client: ClientIdentity;
}

/**
 * Fills in what was left out. Loads the parts that connect only now.
 * @throws {ConfigError} `config_invalid`, naming the option or variable.
 */
export async function openSignInServer(options: SignInServerOptions): Promise<SignInServer> {
  const env = options.env ?? process.env;
  const { createHttpClient } = await import("../net/http-client.ts");
  const { createIdentity } = await import("../upstream/identity.ts");
  return {
    http: options.http ?? createHttpClient({ env }),
    endpoints: options.endpoints ?? resolveAuthEndpoints(env, { issuer: options.issuer }),
    client: options.client ?? createIdentity({ env }),
  };
}
