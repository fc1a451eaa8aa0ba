/**
 * Asking whose a Codex access token is (codex-rs/login/src/auth/personal_access_token.rs).
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { Secret } from "../secret.ts";
import type { Identity } from "./credential.ts";
import { type ClientIdentity, connectionFault, identityHeaders, sendAuthRequest } from "./http.ts";
import { readServerError } from "./server-text.ts";
import { isCancelled } from "./wait.ts";

const WHOAMI_TIMEOUT_MS = 10_000;

/** What the server that knows a token says about it. */
export type WhoamiAnswer =
  /** The token is good, and this is whose it is. */
  | { readonly kind: "accepted"; readonly identity: Identity & { readonly accountId: string } }
  /** The token is not, or no longer, good. */
  | { readonly kind: "rejected"; readonly status: number }
  /** Nobody can tell: there was no answer, or none that makes sense. */
  | { readonly kind: "unknown"; readonly why: string; readonly retryAfterMs: number | null; readonly cause: unknown };

/** Options of {@link askWhoami}. */
export interface WhoamiOptions {
  readonly http: HttpClient;
  readonly whoamiUrl: string;
  readonly client: ClientIdentity;
  /** How long the answer may take, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Asks once.
 * @throws {CredentialError} `credential_wrong_route` when the address is one that no token of a plan may go to; and the
 * reason of `signal` when it was aborted.
 */
export async function askWhoami(
  options: WhoamiOptions,
  token: Secret,
  signal: AbortSignal | undefined,
): Promise<WhoamiAnswer> {
  const { http, whoamiUrl, client } = options;
  const request = {
    method: "GET",
    url: whoamiUrl,
    headers: identityHeaders(client),
    body: null,
    bearer: token,
  } as const;
  try {
    const { status, text, retryAfterMs } = await sendAuthRequest(http, request, {
      signal,
      timeoutMs: options.timeoutMs ?? WHOAMI_TIMEOUT_MS,
    });
    return readWhoami(status, text.reveal(), retryAfterMs);
  } catch (error) {
    if (isCancelled(error) || error instanceof CredentialError) throw error;
    return { kind: "unknown", why: connectionFault(whoamiUrl, error), retryAfterMs: null, cause: error };
  }
}

/**
 * Reads an answer: `{email, chatgpt_user_id, chatgpt_account_id, chatgpt_plan_type, chatgpt_account_is_fedramp}`, of which
 * only the account (`account_id` in older answers) is needed to make requests.
 */
function readWhoami(status: number, text: string, retryAfterMs: number | null): WhoamiAnswer {
  const unknown = (why: string): WhoamiAnswer => ({ kind: "unknown", why, retryAfterMs, cause: undefined });
  const body = tryParseJson(text);
  if (status === 401 || status === 403) {
    // A page is not from the server that was asked but from what stands before it, which knows nothing of tokens.
    if (/^\s*</.test(text)) return unknown(`a web page came in place of its answer (HTTP ${status}).`);
    return { kind: "rejected", status };
  }
  if (status < 200 || status > 299) {
    const { message } = readServerError(text);
    return unknown(
      `its server answered with HTTP ${status}${message === null ? "" : `: ${message.replace(/\.$/, "")}`}.`,
    );
  }
  if (!isJsonObject(body)) return unknown(`its server's answer (HTTP ${status}) is not a JSON object.`);
  const field = (key: string): string | null => asString(body[key])?.trim() || null;
  const accountId = field("chatgpt_account_id") ?? field("account_id");
  if (accountId === null) return unknown("its server's answer lacks the field `chatgpt_account_id`.");
  return {
    kind: "accepted",
    identity: {
      accountId,
      fedramp: body["chatgpt_account_is_fedramp"] === true,
      email: field("email"),
      planType: field("chatgpt_plan_type"),
      userId: field("chatgpt_user_id"),
    },
  };
}
