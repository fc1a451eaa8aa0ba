/**
 * Which web pages may call. Programs send no Origin header; browsers always do when a page reads an answer or posts.
 * @module
 */
import { ConfigError, RequestError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";
import { isLoopbackName } from "./host.ts";

/** The names of the limits' headers depend on the plan's windows: those that plans have today. */
const LIMIT_HEADERS = ["5-hour", "weekly"].flatMap((name) => [
  `x-planport-limit-${name}-used-percent`,
  `x-planport-limit-${name}-reset-at`,
]);
const EXPOSED = [
  "x-request-id, openai-model, retry-after, x-should-retry, x-planport-changes, x-planport-models, x-planport-account",
  "x-planport-upstream-request-id, x-planport-limit-blocked-by",
  ...LIMIT_HEADERS,
].join(", ");
const METHODS = "GET, HEAD, POST, DELETE";
const PREFLIGHT_SECONDS = "600";

/** A scheme and a host: pages of other schemes than http have origins too, such as `chrome-extension://…`. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@\\]+$/;

/**
 * Checks the origins of the settings: a browser writes one as `scheme://host[:port]` in lower case, without the usual
 * port and without a path (RFC 6454 §6.2), and anything else would never match.
 * @throws {ConfigError} `config_invalid`
 */
export function checkAllowedOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    const web = /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin).origin : null;
    if (web === null ? ORIGIN.test(origin) || origin === "null" : web === origin) continue;
    const hint = web === null ? "write it as https://host[:port]." : `did you mean ${shown(web)}?`;
    throw new ConfigError("config_invalid", `--allow-origin "${shown(origin)}" matches no web page's origin; ${hint}`);
  }
}

/**
 * Lets a request without an Origin pass, and one from a loopback page or a listed origin; the answer then tells the
 * browser so (WHATWG Fetch §3.3, CORS protocol).
 * @throws {RequestError} `origin_forbidden`
 */
export function checkOrigin(exchange: Exchange, allowedOrigins: readonly string[]): void {
  const origin = exchange.headers["origin"];
  if (origin === undefined) return;
  exchange.reply.headers["vary"] = "Origin";
  if (!allowedOrigins.includes(origin) && !isLoopbackOrigin(origin))
    throw new RequestError(
      "origin_forbidden",
      `Web pages of ${shown(origin)} may not use this gateway; allow them with --allow-origin if they are yours.`,
    );
  exchange.reply.headers["access-control-allow-origin"] = origin;
  exchange.reply.headers["access-control-expose-headers"] = EXPOSED;
}

/** True for `http:` and `https:` pages of this machine, on any port. The opaque origin `null` is not one. */
function isLoopbackOrigin(origin: string): boolean {
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return isLoopbackName(hostname.replace(/^\[|\]$/g, ""));
}

/** Answers a CORS preflight of an origin that {@link checkOrigin} let pass; false when the request is none. */
export function answerPreflight(exchange: Exchange): boolean {
  const { headers, reply } = exchange;
  if (exchange.method !== "OPTIONS" || headers["origin"] === undefined) return false;
  if (headers["access-control-request-method"] === undefined) return false;
  const wanted = headers["access-control-request-headers"] ?? "";
  reply.send(
    204,
    {
      "access-control-allow-methods": METHODS,
      // Echoed, not `*`: a star does not cover Authorization, which every client here sends (WHATWG Fetch §3.3.3).
      ...(/^[\w\s,-]{1,2000}$/.test(wanted) && { "access-control-allow-headers": wanted }),
      ...(headers["access-control-request-private-network"] === "true" && {
        "access-control-allow-private-network": "true",
      }),
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
    "",
  );
  return true;
}

function shown(origin: string): string {
  return origin.slice(0, 200).replaceAll(/[^\w.:/[\]-]/g, "?");
}
