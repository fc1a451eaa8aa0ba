/**
 * `/backend-api/codex/*` and `/backend-api/wham/*`: passed on to the backend as they came, for Codex itself and whatever
 * else speaks the backend's own words.
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { HeaderLines, Relay, RelayCall } from "../../upstream/index.ts";
import type { Exchange } from "../exchange.ts";
import { passAnswer } from "../pass-answer.ts";
import { profileKeys } from "../profiles.ts";
import { notFound } from "../send-error.ts";
import type { GatewayContext } from "./context.ts";

const PREFIX = "/backend-api";
const PLACE = /^\/backend-api\/(codex|wham)((?:\/.*)?)$/;
/** Segments as RFC 3986 §3.3 has them; only the last may be empty. */
const SEGMENTS = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})+)*\/?$/i;
/** What another server could take for a way out of the two folders: dots, slashes and percent signs in disguise. */
const DISGUISED = /%(?:2[ef5]|5c|[01][\da-f]|7f)/i;
const DOTS = /\/\.{1,2}(?:[;/]|$)/;

/** All but TRACE, whose answer is the request, and so the credential that goes with it (RFC 9110 §9.3.8). */
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** True for the paths that {@link passOn} answers, if only by a refusal. */
export function isBackendPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`);
}

/**
 * Passes one call on, and its answer back.
 * @throws {RequestError} `not_found` beside the two folders, `request_invalid` for a path that could lead out of them, `method_not_allowed`,
 * `not_supported` for an API key, `body_too_large`; and as `Relay.send`.
 */
export async function passOn(exchange: Exchange, context: GatewayContext): Promise<void> {
  const place = placeOf(exchange);
  if (exchange.method === "TRACE") {
    exchange.reply.headers["allow"] = METHODS;
    throw new RequestError("method_not_allowed", "TRACE is not passed on: its answer could tell the credential.");
  }
  const { relay } = context.client;
  if (relay === undefined)
    throw new RequestError(
      "not_supported",
      "These paths are the Codex backend's, and this gateway has an OpenAI API key, which is never sent there: sign in " +
        "to a plan with `planport login`, or use /v1.",
    );
  const call = {
    ...place,
    method: exchange.method,
    headers: withoutKeys(exchange.headerLines(), context),
    credential: context.credentials === "passthrough" ? "caller" : "own",
  } as const;
  if (exchange.upgrade !== null) {
    await passSocket(exchange, context, relay, call);
    return;
  }
  const body = await exchange.readBody(context.maxBodyBytes);
  const answer = await relay.send({ ...call, body }, { signal: exchange.signal });
  passAnswer(exchange, answer, context);
}

async function passSocket(
  exchange: Exchange,
  context: GatewayContext,
  relay: Relay,
  call: Omit<RelayCall, "body">,
): Promise<void> {
  const answer = await relay.connect({ ...call, body: new Uint8Array(0) }, { signal: exchange.signal });
  if ("socket" in answer) exchange.upgrade?.accept(answer.headers, answer.socket);
  else passAnswer(exchange, answer, context);
}

function placeOf({ path, query }: Exchange): Pick<RelayCall, "area" | "rest"> {
  const match = PLACE.exec(path);
  if (match === null) throw notFound("Of /backend-api, only codex and wham are passed on.");
  const [, area = "", inside = ""] = match;
  if (!SEGMENTS.test(inside) || DISGUISED.test(inside) || DOTS.test(inside))
    throw new RequestError(
      "request_invalid",
      "The path has empty segments, dots or escapes that are not passed on; write it out plainly.",
    );
  // Node takes more in a query than a request may hold.
  if (!/^[\u0021-\u007e]*$/.test(query))
    throw new RequestError("request_malformed", "The query has characters that must be percent-encoded.");
  return { area: area === "wham" ? "wham" : "codex", rest: query === "" ? inside : `${inside}?${query}` };
}

/** The gateway's keys are nobody's business but the gateway's, in whatever header they came. */
function withoutKeys(lines: HeaderLines, { gatewayKey, profiles }: GatewayContext): HeaderLines {
  const keys = [...(gatewayKey === null ? [] : [gatewayKey]), ...profileKeys(profiles())].map((key) => key.reveal());
  return lines.filter(([, value]) => !keys.some((key) => value.includes(key)));
}
