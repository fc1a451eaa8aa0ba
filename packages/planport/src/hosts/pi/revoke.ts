/**
 * Telling the server that a login of pi's is over.
 * @module
 */
import { type RevokeOptions, type RevokeOutcome, revokeDocument } from "../../auth/oauth/revoke.ts";
import { CredentialDocument } from "../../store/document.ts";
import type { PiOAuthCredential } from "./credentials.ts";

/** Revokes the tokens of an entry that nobody holds any more. Never throws. */
export async function revokePiEntry(
  entry: PiOAuthCredential,
  file: string,
  options: RevokeOptions,
): Promise<RevokeOutcome> {
  const tokens = {
    access_token: entry.access,
    refresh_token: entry.refresh,
    oauth_provenance: { issuer: entry["issuer"] ?? null, client_id: entry["clientId"] ?? null },
  };
  return revokeDocument(new CredentialDocument({ tokens }, file), options);
}
