/**
 * What is wrong with a token that should be a JWT, in the words in which Codex tells it.
 * @module
 */

/** Null for a token whose payload can be read. */
export function jwtFault(token: string): string | null {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  if (header === "" || payload === "" || signature === "" || more.length > 0) return "invalid ID token format";
  const offset = payload.search(/[^A-Za-z0-9_-]/);
  if (payload.length % 4 === 1) return `Invalid input length: ${payload.length}`;
  if (offset >= 0)
    return payload[offset] === "="
      ? "Invalid padding"
      : `Invalid symbol ${payload.codePointAt(offset) ?? 0}, offset ${offset}.`;
  try {
    JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return null;
  } catch {
    return "expected value at line 1 column 1";
  }
}
