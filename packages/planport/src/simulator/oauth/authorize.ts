/**
 * Authorization codes: who asked, who said yes, and what a code is good for (RFC 6749 section 4.1, RFC 7636, RFC 8252).
 * @module
 */
import { createHash } from "node:crypto";
import type { Random } from "../random.ts";
import type { ClientList } from "./clients.ts";
import { DEFAULT_SCOPE } from "./claims.ts";

/** A request that may be shown to a person. */
export interface AuthorizeRequest {
  readonly id: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
  readonly scope: string;
  readonly nonce: string | null;
  /** `allowed_workspace_id`: only these accounts may sign in; empty: any. */
  readonly allowedAccountIds: readonly string[];
  readonly expiresAtMs: number;
}

/** What an authorize query led to. */
export type AuthorizeOutcome =
  | { readonly kind: "ask"; readonly request: AuthorizeRequest }
  /** The client cannot be told safely: show a page (RFC 6749 section 4.1.2.1). */
  | { readonly kind: "page"; readonly problem: string }
  | { readonly kind: "redirect"; readonly location: string };

/** What a code stands for. */
export interface CodeGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly scope: string;
  readonly nonce: string | null;
  readonly accountId: string;
}

/** A token request's answer to a {@link CodeGrant}. */
export interface CodeProof {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** Why a code was refused, and the refresh token that its first use gave out, if this was not the first. */
export interface CodeRefusal {
  readonly problem: string;
  readonly firstUse: string | null;
}

/** Keeps requests and codes. */
export interface AuthorizeDesk {
  /** Checks an authorize query. */
  begin(query: URLSearchParams): AuthorizeOutcome;
  /** Where to send the browser after a yes. Null when the request is unknown or too old. */
  approve(requestId: string, accountId: string): string | null;
  /** Where to send the browser after a no. Null when the request is unknown or too old. */
  deny(requestId: string): string | null;
  /** Makes a code. */
  issueCode(grant: CodeGrant): string;
  /** Uses a code up. */
  redeem(proof: CodeProof): CodeGrant | CodeRefusal;
  /** Remembers what a code gave, so that a second use can take it back (RFC 6749 section 4.1.2). */
  noteRefreshToken(code: string, refreshToken: string): void;
}

interface CodeRecord {
  readonly grant: CodeGrant;
  readonly expiresAtMs: number;
  used: boolean;
  refreshToken: string | null;
}

const LIFETIME_MS = 10 * 60_000;
// RFC 7636 section 4.1.
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/** The S256 challenge of a verifier (RFC 7636 section 4.2). */
export function s256(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

/** Opens a desk. */
export function createAuthorizeDesk(random: Random, nowMs: () => number, clients: ClientList): AuthorizeDesk {
  const pending = new Map<string, AuthorizeRequest>();
  const codes = new Map<string, CodeRecord>();

  function takePending(id: string): AuthorizeRequest | null {
    const request = pending.get(id);
    pending.delete(id);
    return request === undefined || request.expiresAtMs <= nowMs() ? null : request;
  }

  const desk: AuthorizeDesk = {
    begin(query) {
      const outcome = checkQuery(query, clients, random.token("", 18), nowMs() + LIFETIME_MS);
      if (outcome.kind === "ask") pending.set(outcome.request.id, outcome.request);
      return outcome;
    },
    approve(requestId, accountId) {
      const request = takePending(requestId);
      if (request === null) return null;
      if (request.allowedAccountIds.length > 0 && !request.allowedAccountIds.includes(accountId))
        return errorRedirect(request, "access_denied", "The account is not one of the allowed workspaces.");
      const code = desk.issueCode({ ...request, accountId });
      return withParams(request.redirectUri, { code, scope: request.scope, state: request.state });
    },
    deny(requestId) {
      const request = takePending(requestId);
      return request === null ? null : errorRedirect(request, "access_denied", "The person said no.");
    },
    issueCode(grant) {
      const code = random.token("ac_", 32);
      codes.set(code, { grant, expiresAtMs: nowMs() + LIFETIME_MS, used: false, refreshToken: null });
      return code;
    },
    redeem(proof) {
      const record = codes.get(proof.code);
      if (record === undefined) return { problem: "The authorization code is unknown.", firstUse: null };
      if (record.used) return { problem: "The authorization code was used already.", firstUse: record.refreshToken };
      // Even a failed try uses the code up: nobody may guess verifiers.
      record.used = true;
      const problem = proofProblem(record, proof, nowMs());
      return problem === null ? record.grant : { problem, firstUse: null };
    },
    noteRefreshToken(code, refreshToken) {
      const record = codes.get(code);
      if (record !== undefined) record.refreshToken = refreshToken;
    },
  };
  return desk;
}

function proofProblem(record: CodeRecord, proof: CodeProof, nowMs: number): string | null {
  const { grant } = record;
  if (record.expiresAtMs <= nowMs) return "The authorization code has expired.";
  if (grant.clientId !== proof.clientId) return "The authorization code was issued to another client.";
  if (grant.redirectUri !== proof.redirectUri) return "redirect_uri does not match the authorization request.";
  if (!VERIFIER.test(proof.codeVerifier)) return "code_verifier must be 43 to 128 unreserved characters.";
  if (s256(proof.codeVerifier) !== grant.codeChallenge) return "code_verifier does not match code_challenge.";
  return null;
}

function checkQuery(query: URLSearchParams, clients: ClientList, id: string, expiresAtMs: number): AuthorizeOutcome {
  const clientId = query.get("client_id") ?? "";
  if (clientId === "") return { kind: "page", problem: "client_id is missing." };
  if (!clients.knows(clientId)) return { kind: "page", problem: `There is no client ${clientId}.` };
  const redirectUri = query.get("redirect_uri") ?? "";
  const redirectProblem = clients.redirectProblem(clientId, redirectUri);
  if (redirectProblem !== null) return { kind: "page", problem: redirectProblem };
  const request: AuthorizeRequest = {
    id,
    clientId,
    redirectUri,
    state: query.get("state") ?? "",
    codeChallenge: query.get("code_challenge") ?? "",
    scope: query.get("scope") ?? DEFAULT_SCOPE,
    nonce: query.get("nonce"),
    allowedAccountIds: (query.get("allowed_workspace_id") ?? "").split(",").filter((part) => part !== ""),
    expiresAtMs,
  };
  const refuse = (code: string, text: string): AuthorizeOutcome => ({
    kind: "redirect",
    location: errorRedirect(request, code, text),
  });
  if (query.get("response_type") !== "code") return refuse("unsupported_response_type", "response_type must be code.");
  if (request.state === "") return refuse("invalid_request", "state is missing.");
  if (query.get("code_challenge_method") !== "S256")
    return refuse("invalid_request", "code_challenge_method must be S256.");
  if (!/^[A-Za-z0-9\-_]{43}$/.test(request.codeChallenge))
    return refuse("invalid_request", "code_challenge must be a base64url SHA-256 hash.");
  return { kind: "ask", request };
}

function errorRedirect(request: AuthorizeRequest, error: string, description: string): string {
  const params: Record<string, string> = { error, error_description: description };
  if (request.state !== "") params["state"] = request.state;
  return withParams(request.redirectUri, params);
}

function withParams(uri: string, params: Readonly<Record<string, string>>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}
