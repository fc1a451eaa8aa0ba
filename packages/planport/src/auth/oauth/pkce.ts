/**
 * Proof Key for Code Exchange (RFC 7636), and the state of an authorization request (RFC 6749 §10.12).
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { Secret } from "../../secret.ts";

/** Gives so many random bytes. */
export type RandomBytes = (count: number) => Uint8Array;

/** The system's randomness. */
export const systemRandom: RandomBytes = (count) => randomBytes(count);

/** What one sign-in keeps to itself, and what it sends ahead. */
export interface Pkce {
  /** 86 characters; kept until the code is exchanged. */
  readonly verifier: Secret;
  /** 43 characters; goes into the authorize URL. */
  readonly challenge: string;
}

/** A new pair: 64 random bytes, of the 32 to 96 that RFC 7636 §4.1 allows. */
export function createPkce(random: RandomBytes = systemRandom): Pkce {
  const verifier = randomToken(64, random);
  return { verifier: new Secret(verifier), challenge: challengeOf(verifier) };
}

/** The S256 challenge of a verifier: BASE64URL(SHA256(ASCII(verifier))), RFC 7636 §4.2. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}

/** So many random bytes as base64url without padding: 32 give the 43 characters of a `state`. */
export function randomToken(bytes: number, random: RandomBytes = systemRandom): string {
  return Buffer.from(random(bytes)).toString("base64url");
}
