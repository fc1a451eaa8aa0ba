/**
 * The sign-in that a source holds in memory, and what can be said of it.
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { CredentialDocument } from "../store/document.ts";
import type { ChatGptCredential } from "./credential.ts";
import type { Grant } from "./token-source.ts";

/** What is held in memory. Each change makes a new one, so that identity tells generations apart. */
export interface Held {
  /** What the next refresh builds on. */
  readonly document: CredentialDocument;
  readonly credential: ChatGptCredential;
  /** What the store held when we last looked: only something else than this is news. */
  readonly onDisk: CredentialDocument;
}

/** True when memory is ahead of the store. */
export function isUnsaved(held: Held | null): boolean {
  return held !== null && held.document !== held.onDisk;
}

/** What a caller gets. */
export function grantOf({ credential }: Held): Grant {
  return {
    kind: "chatgpt",
    bearer: credential.accessToken,
    expiresAtMs: credential.expiresAtMs,
    accountId: credential.accountId,
    fedramp: credential.fedramp,
    email: credential.email,
    planType: credential.planType,
    userId: credential.userId,
  };
}

/** The error of a sign-in that ends with its access token. */
export function expired(held: Held, place: string): CredentialError<"refresh_rejected"> {
  const what = held.credential.refreshToken === null ? "has expired and came without a refresh token" : "has expired";
  return new CredentialError("refresh_rejected", `The sign-in in ${place} ${what}. Run \`planport login\`.`);
}
