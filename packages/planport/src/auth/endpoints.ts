/**
 * The addresses of the sign-in server, and the environment variables by which Codex lets them be moved.
 * @module
 */
import { AUTH_VARIABLES, type Environment, parseHttpUrl, readVariable, trimmed } from "../environment.ts";
import { ConfigError, CredentialError } from "../errors.ts";
import type { OAuthProvenance } from "./auth-file.ts";

/** OpenAI's sign-in server. */
const DEFAULT_ISSUER = "https://auth.openai.com";
/** The public client of the Codex CLI (codex-rs/login/src/auth/manager.rs). Public clients have no secret. */
const DEFAULT_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

/** Where each exchange with the sign-in server goes. All URLs are absolute and have no slash at the end. */
export interface AuthEndpoints {
  readonly issuer: string;
  readonly clientId: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** For tokens that do not say who issued them; see {@link refreshTarget}. */
  readonly refreshUrl: string;
  readonly revokeUrl: string;
  readonly authApiBaseUrl: string;
  readonly whoamiUrl: string;
  readonly deviceUserCodeUrl: string;
  readonly deviceTokenUrl: string;
  /** The page on which the user types the device code. */
  readonly devicePageUrl: string;
  readonly deviceRedirectUri: string;
  /** True when somebody set the address on purpose; it then holds for all tokens, whoever issued them. */
  readonly refreshUrlIsExplicit: boolean;
  readonly revokeUrlIsExplicit: boolean;
}

/** What a caller may set in place of the environment. */
export interface AuthEndpointOverrides {
  /** For sign-in, refresh and revocation alike. */
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly refreshUrl?: string | undefined;
  readonly revokeUrl?: string | undefined;
  readonly authApiBaseUrl?: string | undefined;
  readonly whoamiUrl?: string | undefined;
}

/**
 * Works out the addresses: an override wins over the variable, the variable over the default.
 *
 * `CODEX_APP_SERVER_LOGIN_ISSUER` moves the sign-in; tokens made there say so (`oauth_provenance`) and are refreshed
 * there. Tokens that do not say where they come from stay with the default issuer, as in Codex, so that a token of
 * OpenAI's is not sent elsewhere by a variable that speaks of signing in.
 * @throws {ConfigError} `config_invalid`, naming the variable or option whose value is no http(s) URL.
 */
export function resolveAuthEndpoints(env: Environment, overrides: AuthEndpointOverrides = {}): AuthEndpoints {
  const setUrl = (value: string | undefined, option: string, variable: string): string | undefined => {
    const given = trimmed(value);
    if (given !== undefined) return checkedUrl(given, option);
    const fromEnv = readVariable(env, variable);
    return fromEnv === undefined ? undefined : checkedUrl(fromEnv, variable);
  };
  const givenIssuer = trimmed(overrides.issuer);
  const issuer = setUrl(overrides.issuer, "issuer", AUTH_VARIABLES.loginIssuer) ?? DEFAULT_ISSUER;
  const clientId = trimmed(overrides.clientId) ?? readVariable(env, AUTH_VARIABLES.loginClientId) ?? DEFAULT_CLIENT_ID;
  const home = givenIssuer === undefined ? DEFAULT_ISSUER : issuer;
  const refreshUrl = setUrl(overrides.refreshUrl, "refreshUrl", AUTH_VARIABLES.refreshUrl);
  const revokeUrl =
    setUrl(overrides.revokeUrl, "revokeUrl", AUTH_VARIABLES.revokeUrl) ??
    // Only the refresh was moved: the revocation follows to the same server (codex-rs/login/src/auth/revoke.rs).
    (refreshUrl === undefined ? undefined : `${new URL(refreshUrl).origin}/oauth/revoke`);
  const authApiBaseUrl =
    setUrl(overrides.authApiBaseUrl, "authApiBaseUrl", AUTH_VARIABLES.authApiBaseUrl) ?? `${home}/api/accounts`;
  return {
    issuer,
    clientId,
    authorizeUrl: `${issuer}/oauth/authorize`,
    tokenUrl: `${issuer}/oauth/token`,
    refreshUrl: refreshUrl ?? `${home}/oauth/token`,
    revokeUrl: revokeUrl ?? `${home}/oauth/revoke`,
    authApiBaseUrl,
    whoamiUrl:
      setUrl(overrides.whoamiUrl, "whoamiUrl", AUTH_VARIABLES.whoamiUrl) ??
      `${authApiBaseUrl}/v1/user-auth-credential/whoami`,
    deviceUserCodeUrl: `${issuer}/api/accounts/deviceauth/usercode`,
    deviceTokenUrl: `${issuer}/api/accounts/deviceauth/token`,
    devicePageUrl: `${issuer}/codex/device`,
    deviceRedirectUri: `${issuer}/deviceauth/callback`,
    refreshUrlIsExplicit: refreshUrl !== undefined,
    revokeUrlIsExplicit: revokeUrl !== undefined,
  };
}

/** Where the tokens of one credential are refreshed or revoked, and in the name of which client. */
export interface TokenTarget {
  readonly url: string;
  readonly clientId: string;
}

/**
 * Where to refresh: an explicit address, else the issuer that the tokens name, else the default.
 * @param place Where the tokens rest, for messages.
 * @throws {CredentialError} `credential_malformed` when the issuer that the tokens name is no address.
 */
export function refreshTarget(endpoints: AuthEndpoints, provenance: OAuthProvenance, place: string): TokenTarget {
  const { refreshUrl: url, refreshUrlIsExplicit: explicit } = endpoints;
  return target(endpoints, provenance, place, { url, explicit, path: "/oauth/token" });
}

/** Where to revoke, by the rule of {@link refreshTarget}: another server would learn the token and not revoke it. */
export function revokeTarget(endpoints: AuthEndpoints, provenance: OAuthProvenance, place: string): TokenTarget {
  const { revokeUrl: url, revokeUrlIsExplicit: explicit } = endpoints;
  return target(endpoints, provenance, place, { url, explicit, path: "/oauth/revoke" });
}

function target(
  endpoints: AuthEndpoints,
  provenance: OAuthProvenance,
  place: string,
  at: { readonly url: string; readonly explicit: boolean; readonly path: string },
): TokenTarget {
  const clientId = provenance.clientId ?? endpoints.clientId;
  if (at.explicit || provenance.issuer === null) return { url: at.url, clientId };
  const issuer = parseHttpUrl(provenance.issuer);
  if (typeof issuer === "string") return { url: issuer + at.path, clientId };
  throw new CredentialError(
    "credential_malformed",
    `${place}: field \`tokens.oauth_provenance.issuer\` ${issuer.problem}.`,
  );
}

function checkedUrl(value: string, name: string): string {
  const url = parseHttpUrl(value);
  if (typeof url === "string") return url;
  throw new ConfigError("config_invalid", `${name} is not usable: it ${url.problem}.`);
}
