/**
 * The body of a POST: of the right kind, not too large, and JSON.
 * @module
 */
import { isUtf8 } from "node:buffer";
import { RequestError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";
import { decompress } from "./decompress.ts";
import { findJsonFault } from "./json-position.ts";

const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * Refuses whatever a web page could post without asking first: a "simple" cross-site request can carry `text/plain` or a
 * form, never JSON (WHATWG Fetch, CORS-safelisted request-header).
 * @throws {RequestError} `content_type_unsupported`
 */
export function checkJsonType(exchange: Exchange): void {
  const type = exchange.headers["content-type"];
  if (type !== undefined && JSON_TYPE.test(type.trim())) return;
  throw new RequestError(
    "content_type_unsupported",
    type === undefined
      ? "The request has no Content-Type; send application/json."
      : "The Content-Type of the request is not supported; send application/json.",
  );
}

/**
 * Reads and parses the body.
 * @throws {RequestError} `body_too_large`, `content_type_unsupported` (also for an encoding nobody knows),
 * `request_malformed` with the place of the fault, `cancelled` when the client left.
 */
export async function readJsonBody(exchange: Exchange, maxBodyBytes: number): Promise<unknown> {
  checkJsonType(exchange);
  const bytes = await decompress(
    await exchange.readBody(maxBodyBytes),
    exchange.headers["content-encoding"],
    maxBodyBytes,
  );
  if (bytes.byteLength === 0)
    throw new RequestError("request_malformed", "The request has no body; send a JSON object.");
  if (!isUtf8(bytes)) throw new RequestError("request_malformed", "The request body is not valid UTF-8.");
  return parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}

function parseJson(text: string): unknown {
  // RFC 8259 §8.1 lets a parser ignore a byte order mark; Windows tools like to write one.
  const json = text.codePointAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch {
    throw new RequestError("request_malformed", describe(json)); // The engine's message quotes the text: not passed on.
  }
}

function describe(json: string): string {
  const fault = findJsonFault(json);
  if (fault === null) return "The request body is not valid JSON.";
  const where = `line ${fault.line}, column ${fault.column} (offset ${fault.offset})`;
  return fault.atEnd
    ? `The request body is not valid JSON: it ends too early, at ${where}.`
    : `The request body is not valid JSON: unexpected character at ${where}.`;
}
