/**
 * Makes a line fit to print out of what a server said.
 * @module
 */
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import { oneLine } from "../redact.ts";

const MAX_CHARS = 300;

/**
 * One printable line of at most 300 characters, with everything that looks like a token struck out, and long opaque runs
 * too: a sign-in server may repeat what it was sent, of whatever shape.
 */
export function cleanServerText(text: string): string {
  return oneLine(text, MAX_CHARS, { opaque: true });
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
  // As it came: in lower case a JWT has lost its shape.
  return cleanServerText(code) === code ? code.toLowerCase() : null;
}
