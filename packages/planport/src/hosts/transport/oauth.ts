/**
 * Signing in and refreshing in one call each, for programs that keep the tokens themselves.
 * @module
 */
import type { IssuedTokens } from "../../auth/auth-file.ts";
import type { LoginStep } from "../../auth/oauth/sign-in.ts";
import { CredentialError, retryOf, SignInError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { expiryOf } from "../expiry.ts";
import { openSignInServer, type SignInServer, type SignInServerOptions } from "../server-options.ts";
import { tellRefresh } from "./tell-refresh.ts";
import { accountIdOf, expiryText, type OnAuthRefresh, type TransportTokens } from "./tokens.ts";

/** Options of {@link runOAuthFlow}. All may be left out. */
export interface OAuthFlowOptions extends SignInServerOptions {
  /** Opens the page. Default: the user's browser, or a line on standard error where there is none to open. */
  readonly onUrl?: ((url: string) => void | Promise<void>) | undefined;
  /** Told of each step, for programs that show more. */
  readonly onStep?: ((step: LoginStep) => void) | undefined;
  /** Lines that a person pastes, for when the browser cannot come back. */
  readonly pasted?: AsyncIterable<string> | undefined;
  /** Ports for the browser to come back to. Default 1455, else 1457. */
  readonly ports?: readonly number[] | undefined;
  /** Default 15 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * Signs in with the user's browser and gives the tokens. Nothing is stored.
 * @throws {SignInError} `sign_in_failed`, `sign_in_cancelled`, `sign_in_timeout`, `sign_in_unavailable`, and
 * `sign_in_port_in_use` when no port is free and nothing can be pasted.
 * @throws {ConfigError} `config_invalid`.
 */
export async function runOAuthFlow(options: OAuthFlowOptions = {}): Promise<TransportTokens> {
  const { login } = await import("../../auth/oauth/login.ts");
  const { ports, timeoutMs, now, pasted, signal } = options;
  const steps = login({
    ...(await openSignInServer(options)),
    pasted,
    signal,
    ...(ports !== undefined && { ports }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(now !== undefined && { now }),
  });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) {
      const { accessToken, refreshToken, idToken } = value.credential;
      if (refreshToken === null) throw new SignInError("sign_in_failed", "The sign-in brought no refresh token.");
      return transportTokens({ accessToken, refreshToken, idToken }, (now ?? Date.now)(), value.credential.accountId);
    }
    options.onStep?.(value);
    if (value.type === "open-url") await (options.onUrl ?? openPage)(value.url);
  }
}

async function openPage(url: string): Promise<void> {
  const { openBrowser } = await import("../../auth/oauth/open-browser.ts");
  if (await openBrowser(url, process.platform, process.env)) return;
  process.stderr.write(`Open this page to sign in: ${url}\n`);
}

/** Options of {@link refreshAccessToken}. All may be left out. */
export interface RefreshAccessTokenOptions extends SignInServerOptions {
  /** The account so far, which a refresh does not change. Default: what the new tokens say. */
  readonly accountId?: string | undefined;
  readonly onAuthRefresh?: OnAuthRefresh | undefined;
  /** Told of trouble that stopped nothing. Default: a warning of the process. */
  readonly onWarning?: ((error: Error) => void) | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * Spends a refresh token and gives the tokens that take its place. It works once: store what comes back before anything
 * else. Nothing guards against a second program that spends the same token; `createTokenSource` and `AuthStorage` do.
 * @throws {CredentialError} `refresh_rejected` (a new sign-in is needed), `refresh_unavailable` (try again),
 * `credential_malformed` for an empty token.
 * @throws {ConfigError} `config_invalid`.
 */
export async function refreshAccessToken(
  token: string | Secret,
  options: RefreshAccessTokenOptions = {},
): Promise<TransportTokens> {
  const spent = typeof token === "string" ? new Secret(token.trim()) : token;
  if (spent.reveal() === "")
    throw new CredentialError(
      "credential_malformed",
      "There is no refresh token to refresh with. Sign in: runOAuthFlow().",
    );
  const nowMs = (options.now ?? Date.now)();
  const tokens = await spendRefreshToken(spent, nowMs, options.accountId, await openSignInServer(options));
  await tellRefresh(tokens, options);
  return tokens;
}

/**
 * One refresh; see {@link refreshAccessToken}.
 * @param onRotated Told of a new refresh token that came without an access token, before the error says so: the old one is
 * spent.
 */
export async function spendRefreshToken(
  spent: Secret,
  nowMs: number,
  accountId: string | undefined,
  { http, endpoints, client }: SignInServer,
  onRotated: (refreshToken: Secret) => void = () => {},
): Promise<TransportTokens> {
  const { createSendRefresh } = await import("../../auth/refresh.ts");
  const target = { url: endpoints.refreshUrl, clientId: endpoints.clientId };
  try {
    const issued = await createSendRefresh(http, client)(target, spent, "proactive_expiry", "this program");
    if (issued.accessToken === null && issued.refreshToken !== null) onRotated(issued.refreshToken);
    return transportTokens({ ...issued, refreshToken: issued.refreshToken ?? spent }, nowMs, accountId ?? null);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    const { code, cause, message } = error;
    throw new CredentialError(code, message.replace("Run `planport login`.", "Sign in again: runOAuthFlow()."), {
      ...retryOf(error),
      cause,
    });
  }
}

function transportTokens(
  issued: IssuedTokens & { readonly refreshToken: Secret },
  nowMs: number,
  accountId: string | null,
): TransportTokens {
  const { accessToken, refreshToken, idToken } = issued;
  if (accessToken === null)
    throw new CredentialError(
      "refresh_unavailable",
      "The sign-in server's answer held no access token that can be used.",
    );
  return {
    access_token: accessToken.reveal(),
    refresh_token: refreshToken.reveal(),
    expires_at: expiryText(expiryOf(issued, nowMs)),
    account_id: accountId || accountIdOf([accessToken, idToken]) || "",
  };
}
