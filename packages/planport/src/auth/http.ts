/**
 * The one file of `auth/` that talks to a server. What to send and what an answer means is decided elsewhere, by pure
 * functions.
 * @module
 */
import { UpstreamError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
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

/** Says who is asking, on requests where Codex says so, too. */
export interface ClientIdentity {
  readonly originator: string;
  readonly userAgent: string;
}

/** Options of {@link sendAuthRequest}. */
export interface SendAuthOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** No answer of the sign-in server comes near. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Sends one request and reads the whole answer.
 * @throws {UpstreamError} `upstream_unreachable`, `upstream_malformed` for an answer longer than 1 MiB; and the reason of
 * `signal` when it was aborted.
 */
export async function sendAuthRequest(
  http: HttpClient,
  request: AuthRequest,
  options: SendAuthOptions,
): Promise<AuthResponse> {
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
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null) {
    for await (const chunk of response.body) {
      length += chunk.byteLength;
      if (length > MAX_ANSWER_BYTES)
        throw new UpstreamError("upstream_malformed", `${new URL(request.url).host} sent an answer that is too long.`);
      chunks.push(chunk);
    }
  }
  const seconds = response.headers.get("retry-after") ?? "";
  return {
    status: response.status,
    text: new Secret(Buffer.concat(chunks).toString("utf8")),
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
