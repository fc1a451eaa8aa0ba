/**
 * What both ways of signing in share: their options and steps, and the exchange they end with.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { CredentialError, SignInError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import type { Secret } from "../../secret.ts";
import type { CredentialDocument } from "../../store/document.ts";
import { newChatGptDocument, readCredential } from "../auth-file.ts";
import type { ChatGptCredential } from "../credential.ts";
import type { AuthEndpoints } from "../endpoints.ts";
import { type AuthResponse, type ClientIdentity, connectionFault, sendAuthRequest } from "../http.ts";
import { isCancelled } from "../wait.ts";
import { type RandomBytes, randomToken, systemRandom } from "./pkce.ts";
import { revokeDocument } from "./revoke.ts";
import { buildCodeExchangeRequest, parseCodeExchangeResponse } from "./token-endpoint.ts";

/** Waits; ends early, in any way, when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

/** Options of both ways of signing in. */
export interface CommonLoginOptions {
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  /** Says who is asking; its originator goes into the authorize URL. */
  readonly client: ClientIdentity;
  /** Cancels the sign-in. */
  readonly signal?: AbortSignal | undefined;
  /** Stores the sign-in before the browser is told that it worked. Its errors end the sign-in. */
  readonly save?: ((document: CredentialDocument) => Promise<void>) | undefined;
  /** Only these workspaces may be signed in to; empty or absent for any. */
  readonly allowedWorkspaceIds?: readonly string[];
  /** Milliseconds since the epoch; by default `Date.now`. */
  readonly now?: () => number;
  readonly random?: RandomBytes;
  readonly sleep?: Sleep;
}

/** What to show, in the order in which it happens. */
export type LoginStep =
  /** Open this page. `port` is null when the browser cannot come back and its last address must be pasted. */
  | { readonly type: "open-url"; readonly url: string; readonly redirectUri: string; readonly port: number | null }
  /** Open this page and type the code. */
  | {
      readonly type: "device-code";
      readonly verificationUrl: string;
      readonly userCode: string;
      readonly expiresAtMs: number;
    }
  | { readonly type: "waiting" }
  /** What was pasted is of no use; the sign-in goes on waiting. */
  | { readonly type: "rejected"; readonly error: SignInError }
  | { readonly type: "exchanging" }
  | { readonly type: "done"; readonly credential: ChatGptCredential };

/** A complete sign-in. */
export interface LoginResult {
  readonly credential: ChatGptCredential;
  /** Ready to store, in the shape of Codex's `auth.json`. */
  readonly document: CredentialDocument;
}

/** Time limit of one exchange with the sign-in server. */
export const EXCHANGE_TIMEOUT_MS = 30_000;

/**
 * Exchanges a code and makes the document to store.
 * @throws {SignInError} as {@link parseCodeExchangeResponse}; `sign_in_failed` for a workspace that is not allowed,
 * `sign_in_cancelled` when it was given up meanwhile; and what `save` throws.
 */
export async function finishSignIn(
  exchange: { readonly code: Secret; readonly verifier: Secret; readonly redirectUri: string },
  options: CommonLoginOptions,
): Promise<LoginResult> {
  const { endpoints, http } = options;
  const request = buildCodeExchangeRequest({
    tokenUrl: endpoints.tokenUrl,
    clientId: endpoints.clientId,
    ...exchange,
  });
  let response: AuthResponse;
  try {
    response = await sendAuthRequest(http, request, { signal: options.signal, timeoutMs: EXCHANGE_TIMEOUT_MS });
  } catch (error) {
    if (isCancelled(error) || options.signal?.aborted === true) throw cancelledSignIn();
    throw error instanceof CredentialError ? error : unreachable(request.url, error);
  }
  const document = newChatGptDocument({
    ...parseCodeExchangeResponse(response),
    issuer: endpoints.issuer,
    clientId: endpoints.clientId,
    loginOwnerId: randomToken(32, options.random ?? systemRandom),
    nowMs: (options.now ?? Date.now)(),
  });
  const credential = asChatGpt(document);
  const refusal = options.signal?.aborted
    ? cancelledSignIn()
    : refuseWorkspace(credential.accountId, options.allowedWorkspaceIds ?? []);
  if (refusal !== null) {
    await revokeDocument(document, options); // Nobody is going to use them, so nobody shall be able to.
    throw refusal;
  }
  await options.save?.(document);
  return { credential, document };
}

function asChatGpt(document: CredentialDocument): ChatGptCredential {
  try {
    const credential = readCredential(document);
    if (credential?.kind === "chatgpt") return credential;
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
  }
  throw new SignInError("sign_in_failed", "The sign-in server sent tokens that cannot be used.");
}

function refuseWorkspace(accountId: string | null, allowed: readonly string[]): SignInError | null {
  if (allowed.length === 0 || (accountId !== null && allowed.includes(accountId))) return null;
  return new SignInError(
    "sign_in_failed",
    `Sign-in is restricted to the workspace${allowed.length > 1 ? "s" : ""} ${allowed.join(", ")}; choose it on the sign-in page.`,
  );
}

/** The clock to wait by. */
export function sleepOf(options: CommonLoginOptions): Sleep {
  return options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }));
}

/**
 * Tells of the signal's abort and of the end of time, whichever is first, until told to stop.
 * @returns Stops it.
 */
export function timeLimit(
  options: CommonLoginOptions,
  limitMs: number,
  onEnd: (error: SignInError) => void,
): () => void {
  const over = new AbortController();
  const onAbort = (): void => onEnd(cancelledSignIn());
  if (options.signal?.aborted === true) onAbort();
  else options.signal?.addEventListener("abort", onAbort, { once: true });
  sleepOf(options)(limitMs, over.signal).then(
    () => over.signal.aborted || onEnd(timedOut(limitMs)),
    () => {}, // Stopped.
  );
  return () => {
    over.abort();
    options.signal?.removeEventListener("abort", onAbort);
  };
}

/** The error of a sign-in that was given up. */
export function cancelledSignIn(): SignInError {
  return new SignInError("sign_in_cancelled", "The sign-in was cancelled.");
}

/** The error of a sign-in that nobody completed. */
function timedOut(limitMs: number): SignInError {
  return new SignInError(
    "sign_in_timeout",
    `Nobody completed the sign-in within ${Math.round(limitMs / 60_000)} minutes. Run \`planport login\` again.`,
  );
}

/** The error of a sign-in server that gives no answer. */
export function unreachable(url: string, cause: unknown): SignInError {
  return new SignInError("sign_in_unavailable", `The sign-in cannot go on: ${connectionFault(url, cause)}`, { cause });
}
