/**
 * Which headers of a call that is passed on go further.
 * @module
 */
import type { Grant } from "../../auth/token-source.ts";
import { headerSafe } from "../identity.ts";
import type { Route } from "../routing.ts";
import type { HeaderLines } from "./types.ts";

/** A name with a list goes out once for each value. */
export type HeaderMap = Record<string, string | string[]>;

/** For this connection alone (RFC 9110 §7.6.1 and §7.8, RFC 9112 §6.1), beside what `connection` names. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Set by whoever writes the request; and `expect`, which was met when the body was read. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set(["host", "content-length", "expect"]);
/** Whose the call is. */
const OF_THE_CREDENTIAL: ReadonlySet<string> = new Set([
  "authorization",
  "chatgpt-account-id",
  "x-openai-fedramp",
  "x-openai-account-routing-override",
]);
/** For this gateway. Its clients send it whatever key they have, and the backend reads none there. */
const GATEWAY_KEY = "x-api-key";

/** The end-to-end headers of a request, by name as it was first written. What is planport's own business stays here. */
export function requestHeaders(lines: HeaderLines): HeaderMap {
  const named = namedByConnection(
    lines.filter(([name]) => name.toLowerCase() === "connection").map(([, value]) => value),
  );
  const result: HeaderMap = Object.create(null) as HeaderMap;
  const written = new Map<string, string>();
  for (const [name, value] of lines) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || OF_THE_MESSAGE.has(lower) || named.has(lower)) continue;
    if (lower === GATEWAY_KEY || lower.startsWith("x-planport-")) continue;
    const first = written.get(lower) ?? name;
    written.set(lower, first);
    const before = result[first];
    result[first] = before === undefined ? value : [before, value].flat();
  }
  return result;
}

/** The same with planport's credential in place of the caller's. */
export function withGrant(headers: HeaderMap, grant: Grant, route: Route): HeaderMap {
  const result: HeaderMap = Object.create(null) as HeaderMap;
  for (const [name, value] of Object.entries(headers))
    if (!OF_THE_CREDENTIAL.has(name.toLowerCase())) result[name] = value;
  result["authorization"] = `Bearer ${grant.bearer.reveal()}`;
  if (grant.accountId !== null) result["chatgpt-account-id"] = headerSafe(grant.accountId);
  if (grant.fedramp) result["x-openai-fedramp"] = "true";
  if (route.override !== null) result["x-openai-account-routing-override"] = route.override;
  return result;
}

/** The end-to-end headers of an answer. */
export function answerHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string | string[]> {
  const named = namedByConnection([headers["connection"] ?? []].flat());
  const result: HeaderMap = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || HOP_BY_HOP.has(lower) || named.has(lower)) continue;
    result[lower] = typeof value === "string" ? value : [...value];
  }
  return result;
}

/** One value of a request's header; undefined when there is none. */
export function headerOf(headers: HeaderMap, wanted: string): string | undefined {
  for (const [name, value] of Object.entries(headers))
    if (name.toLowerCase() === wanted) return typeof value === "string" ? value : value[0];
  return undefined;
}

function namedByConnection(values: readonly string[]): ReadonlySet<string> {
  return new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()));
}
