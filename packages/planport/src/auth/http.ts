/**
 * The one file of `auth/` that talks to a server. What to send and what an answer means is decided elsewhere, by pure
 * functions.
 * @module
 */
import { CredentialError, UpstreamError } from "../errors.ts";
import { isPlatformHost } from "../net/openai-hosts.ts";
import type { ExchangeWatch, HttpClient } from "../net/types.ts";
import { Secret } from "../secret.ts";

/** A request to the sign-in server. Its body and bearer are secrets, so that it can be logged as it stands. */
export interface AuthRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Secret | null;
  readonly bearer: Secret | null;
}

/** An answer of the sign-in server. `text` may hold tokens. */
export interface AuthResponse {
  readonly status: number;
  readonly text: Secret;
  /** `retry-after` in milliseconds; null when absent or not in seconds. */
  readonly retryAfterMs: number | null;
}

/** The two headers that name a client. */
export interface ClientIdentity {
  readonly originator: string;
  readonly userAgent: string;
}

/** Options of {@link sendAuthRequest}. */
export interface SendAuthOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly watch?: ExchangeWatch | undefined;
}

/** No answer of the sign-in server comes near. */
const MAX_ANSWER_CHARS = 1024 * 1024;

/**
 * Sends one request and reads the whole answer.
 * @throws {CredentialError} `credential_wrong_route` when it would go to OpenAI's plain API: nothing of a plan belongs there.
 * @throws {UpstreamError} `upstream_unreachable`, `upstream_malformed` for an answer longer than 1 MiB; and the reason of
 * `signal` when it was aborted.
 */
export async function sendAuthRequest(
  http: HttpClient,
  request: AuthRequest,
  options: SendAuthOptions,
): Promise<AuthResponse> {
  const { hostname, host } = new URL(request.url);
  if (isPlatformHost(hostname))
    throw new CredentialError(
      "credential_wrong_route",
      `A ChatGPT plan's token is never sent to ${host}: it is no sign-in server. Unset what points there: ` +
        "CODEX_APP_SERVER_LOGIN_ISSUER, CODEX_AUTHAPI_BASE_URL, CODEX_WHOAMI_URL, CODEX_REFRESH_TOKEN_URL_OVERRIDE or " +
        "CODEX_REVOKE_TOKEN_URL_OVERRIDE.",
    );
  const response = await http.fetch(request.url, {
    method: request.method,
    headers: {
      accept: "application/json",
      ...request.headers,
      ...(request.bearer === null ? {} : { authorization: `Bearer ${request.bearer.reveal()}` }),
    },
    ...(request.body === null ? {} : { body: request.body.reveal() }),
    signal: options.signal,
    timeoutMs: options.timeoutMs,
    watch: options.watch,
  });
  const text = await response.text();
  if (text.length > MAX_ANSWER_CHARS)
    throw new UpstreamError("upstream_malformed", `${host} sent an answer that is too long.`);
  const seconds = response.headers.get("retry-after") ?? "";
  return {
    status: response.status,
    text: new Secret(text),
    retryAfterMs: /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : null,
  };
}

/** The headers by which a {@link ClientIdentity} goes on the wire. */
export function identityHeaders(client: ClientIdentity): Readonly<Record<string, string>> {
  return { originator: client.originator, "user-agent": client.userAgent };
}

/** Why a server gave no answer, as a sentence. The connection's own words name proxies and certificates. */
export function connectionFault(url: string, error: unknown): string {
  return error instanceof UpstreamError ? error.message : `${new URL(url).host} gave no answer.`;
}
