/**
 * The heads of HTTP/1.1 messages: writing a request's, reading an answer's (RFC 9112 §2 to §6, RFC 9110 §5).
 * @module
 */
import { type Framing, FramingError } from "./body.ts";

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; a name that came more than once has a list. */
  readonly headers: Record<string, string | string[]>;
  readonly framing: Framing;
  /** How long the connection may be kept for another call, in milliseconds; 0 when it may not. */
  readonly keepAliveMs: number;
}

/** How long an unused connection is kept when the server does not say. */
const DEFAULT_KEEP_ALIVE_MS = 30_000;
const MAX_KEEP_ALIVE_MS = 55_000;
/** The server's clock runs from when it sent its last byte; ours from when that came. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Visible characters, blanks and obs-text: everything that cannot end a line. */
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: [\t\u0020-\u007e\u0080-\u00ff]*)?$/;

/** Headers of a request. A name with a list goes out once for each value. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * The head of a request, in latin1.
 * @param connection What the header `connection` says.
 * @throws {TypeError} when a name or value could not stand in a header: it would be another request than was meant.
 */
export function writeRequestHead(
  method: string,
  path: string,
  host: string,
  headers: RequestHeaders,
  bodyBytes: number,
  connection: "keep-alive" | "Upgrade" = "keep-alive",
): string {
  if (!TOKEN.test(method) || !/^[\u0021-\u007e]+$/.test(path)) throw new TypeError("method or path cannot be sent");
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, `connection: ${connection}`];
  for (const [name, values] of Object.entries(headers)) {
    for (const value of typeof values === "string" ? [values] : values) {
      if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new TypeError(`the header ${name} cannot be sent`);
      lines.push(`${name}: ${value}`);
    }
  }
  // A GET has no body to tell the length of (RFC 9110 §8.6).
  if (bodyBytes > 0 || method !== "GET") lines.push(`content-length: ${bodyBytes}`);
  lines.push("", "");
  return lines.join("\r\n");
}

/**
 * Reads a head.
 * @param text The head in latin1, without the empty line that ends it.
 * @throws {FramingError}
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const match = STATUS_LINE.exec(statusLine);
  if (match === null) throw new FramingError("no HTTP/1.1 status line");
  const status = Number(match[2]);
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const line of lines) addField(headers, line);
  const framing = framingOf(status, method, headers);
  const persistent = match[1] === "1" ? !mentions(headers["connection"], "close") : false;
  return { status, headers, framing, keepAliveMs: persistent && framing.kind !== "close" ? keepAliveMs(headers) : 0 };
}

function addField(headers: Record<string, string | string[]>, line: string): void {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  const value = line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "");
  // A line that begins with a blank would be a folded one, which nothing has sent in decades (RFC 9112 §5.2).
  if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new FramingError("a malformed header line");
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else headers[name] = [before, value];
}

function framingOf(status: number, method: string, headers: AnswerHead["headers"]): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  const encoding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (encoding !== undefined) {
    // Two answers to where the body ends: what smuggling is made of (RFC 9112 §6.3).
    if (length !== undefined) throw new FramingError("both Transfer-Encoding and Content-Length");
    if (typeof encoding === "string" && encoding.toLowerCase() === "chunked") return { kind: "chunked" };
    throw new FramingError("a Transfer-Encoding other than chunked");
  }
  if (length === undefined) return { kind: "close" };
  const values = (Array.isArray(length) ? length : [length]).flatMap((value) => value.split(/[ \t]*,[ \t]*/));
  const [first = ""] = values;
  if (!/^\d{1,15}$/.test(first) || values.some((value) => value !== first))
    throw new FramingError("a Content-Length that is no length");
  return { kind: "length", bytes: Number(first) };
}

function keepAliveMs(headers: AnswerHead["headers"]): number {
  const said = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(joined(headers["keep-alive"]))?.[1];
  if (said === undefined) return DEFAULT_KEEP_ALIVE_MS;
  return Math.min(MAX_KEEP_ALIVE_MS, Math.max(0, Number(said) * 1000 - KEEP_ALIVE_MARGIN_MS));
}

function mentions(value: string | string[] | undefined, word: string): boolean {
  return joined(value)
    .toLowerCase()
    .split(/[\s,]+/)
    .includes(word);
}

function joined(value: string | string[] | undefined): string {
  return value === undefined ? "" : Array.isArray(value) ? value.join(", ") : value;
}
