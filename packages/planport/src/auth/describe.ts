/**
 * What may be told of a credential: for `planport status`, the dashboard and logs.
 * @module
 */
import type { Credential } from "./credential.ts";
import { type CredentialPlace, placeLabel } from "./places.ts";

/** A credential without its secrets. */
export interface CredentialDescription {
  readonly kind: Credential["kind"];
  /** `$CODEX_PAT`, or a path; null when not given. */
  readonly source: string | null;
  readonly email: string | null;
  readonly planType: string | null;
  readonly accountId: string | null;
  readonly userId: string | null;
  /** Milliseconds since the epoch; null when the token does not say. */
  readonly expiresAtMs: number | null;
  readonly lastRefreshAtMs: number | null;
  /** True when planport can renew it by itself. */
  readonly renewable: boolean;
}

/** Describes a credential and where it was found. */
export function describeCredential(found: {
  readonly credential: Credential;
  readonly place?: CredentialPlace;
}): CredentialDescription {
  const { credential, place } = found;
  const source = place === undefined ? null : placeLabel(place);
  const who = credential.kind === "apiKey" ? null : credential;
  return {
    kind: credential.kind,
    source,
    email: who?.email ?? null,
    planType: who?.planType ?? null,
    accountId: who?.accountId ?? null,
    userId: who?.userId ?? null,
    expiresAtMs: "expiresAtMs" in credential ? credential.expiresAtMs : null,
    lastRefreshAtMs: credential.kind === "chatgpt" ? credential.lastRefreshAtMs : null,
    // Tokens that a parent program or a command gives are asked for again.
    renewable: credential.kind === "external" || (credential.kind === "chatgpt" && credential.refreshToken !== null),
  };
}
