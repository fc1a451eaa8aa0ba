/**
 * Makes a line fit to print out of what a server said.
 * @module
 */
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";

const MAX_CHARS = 300;
/** Things that look like a credential: three-part tokens, prefixed keys, bearers, and long runs of base64 or hex. */
const TOKEN_LIKE = [
  /\bBearer\s+\S+/gi,
  /\b(?:at|rt|sk|sess|ac|oat|ort)[-_][A-Za-z0-9_.~+/=-]{6,}/gi,
  /[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /[A-Za-z0-9+/_=-]{28,}/g,
];

/**
 * One printable line of at most 300 characters, with everything that looks like a token struck out. The name of an error
 * code is spared only where it is read as such, see {@link errorCodeOf}.
 */
export function cleanServerText(text: string): string {
  let line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  for (const pattern of TOKEN_LIKE) line = line.replace(pattern, "[redacted]");
  line = line.replace(/ {2,}/g, " ").trim();
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line;
}

/** The fields of an OAuth error (RFC 6749 §5.2) or of OpenAI's own shape `{"error": {"code", "message"}}`. */
export interface ServerError {
  /** `error.code`, else `error` when it is a string, else `code`; in lower case. */
  readonly code: string | null;
  /** `error_description`, else `error.message`, else `message`; cleaned. */
  readonly message: string | null;
}

/** Reads code and message out of an error body; both null when it is of another shape. */
export function readServerError(body: string): ServerError {
  const value = tryParseJson(body);
  if (!isJsonObject(value)) return { code: null, message: null };
  const error = value["error"];
  const inner = isJsonObject(error) ? error : {};
  const code = asString(inner["code"]) ?? asString(error) ?? asString(value["code"]);
  const message = asString(value["error_description"]) ?? asString(inner["message"]) ?? asString(value["message"]);
  return { code: errorCodeOf(code), message: message === undefined ? null : cleanServerText(message) || null };
}

/** A code is a short word; anything else in its place is not one, and may be a token. */
function errorCodeOf(code: string | undefined): string | null {
  if (code === undefined || !/^[a-z][a-z0-9_.-]{0,63}$/i.test(code)) return null;
  const lower = code.toLowerCase();
  return cleanServerText(lower) === lower || /^[a-z_]+$/.test(lower) ? lower : null;
}
