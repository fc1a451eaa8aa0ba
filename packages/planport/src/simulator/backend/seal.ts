/**
 * Content that a client carries for the server and cannot read into or alter: `encrypted_content`.
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";

/** Seals content and opens what it sealed. Not secret, only tamper-proof: that is all a stand-in needs. */
export interface Seal {
  /** Opaque text that {@link Seal.open} takes. */
  close(content: JsonObject): string;
  /** The content; null when the text was altered or sealed by somebody else. */
  open(sealed: string): JsonObject | null;
}

// What the real ones begin with (Fernet tokens, version byte 0x80), so that a client that looks sees what it knows.
const PREFIX = "gAAAAAB";
const MAC_BYTES = 32;

/** Makes a seal with a key of its own. */
export function createSeal(key: Buffer): Seal {
  const mac = (payload: Buffer): Buffer => createHmac("sha256", key).update(payload).digest();
  return {
    close(content) {
      const payload = Buffer.from(JSON.stringify(content));
      return PREFIX + Buffer.concat([mac(payload), payload]).toString("base64url");
    },
    open(sealed) {
      if (!sealed.startsWith(PREFIX)) return null;
      const raw = Buffer.from(sealed.slice(PREFIX.length), "base64url");
      // base64url ignores stray characters and trailing bits; only the text exactly as given out may pass.
      if (PREFIX + raw.toString("base64url") !== sealed || raw.length <= MAC_BYTES) return null;
      const payload = raw.subarray(MAC_BYTES);
      if (!timingSafeEqual(raw.subarray(0, MAC_BYTES), mac(payload))) return null;
      const content: unknown = JSON.parse(payload.toString());
      return isJsonObject(content) ? content : null;
    },
  };
}
