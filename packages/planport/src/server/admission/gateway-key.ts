/**
 * The gateway's own key. It has nothing to do with the plan's credential and is never sent on.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import type { Exchange } from "../exchange.ts";

/**
 * Takes a request or throws.
 * @param ownHeaderOnly The other headers are the caller's own credential, and not looked at.
 */
export type KeyCheck = (exchange: Exchange, ownHeaderOnly: boolean) => Promise<void>;

/**
 * Makes the check: `Authorization: Bearer`, `x-api-key` or `x-planport-key` must hold the key. Without a key everything
 * passes, since OpenAI clients cannot be made to send none.
 * @param others Keys of profiles, which are as good as the gateway's own.
 * @param bearers Bearers of the gateway's own sign-in, which are as good, too: who has one has the plan. Asked for only when
 * something came that could be one.
 * @returns A check that throws RequestError `gateway_key_invalid`.
 */
export function createKeyCheck(
  key: Secret | undefined,
  others: () => readonly Secret[] = () => [],
  bearers?: BearersOf,
): KeyCheck {
  if (key === undefined) return async () => {};
  return async (exchange, ownHeaderOnly) => {
    const shown = ownHeaderOnly ? shownOwn(exchange) : shownKeys(exchange);
    if (holdsOne(shown, [key, ...others()])) return;
    const tokens = ownHeaderOnly ? [] : shown.filter((text) => TOKEN.test(text));
    if (bearers === undefined || tokens.length === 0) refuse(exchange, ownHeaderOnly, shown.length === 0);
    if (!holdsOne(tokens, await bearers({ signal: exchange.signal }))) refuse(exchange, ownHeaderOnly, false);
  };
}

/** Gives the bearers of the gateway's own sign-in; empty when there are none to be had. Never rejects. */
export type BearersOf = (options: { readonly signal: AbortSignal }) => Promise<readonly Secret[]>;

/** What a plan's bearer looks like: a JWT, or an access token. A guess at a key does not make the gateway look for its own. */
const TOKEN = /^(?:eyJ|at-)\S{20,}$/;

/** Every one is compared, and digests of one length, so that time tells neither which one nor how much was right. */
function holdsOne(shown: readonly string[], wanted: readonly Secret[]): boolean {
  let ok = false;
  for (const secret of wanted) {
    const own = digest(secret.reveal());
    for (const candidate of shown) ok = timingSafeEqual(digest(candidate), own) || ok;
  }
  return ok;
}

function refuse(exchange: Exchange, ownHeaderOnly: boolean, isBare: boolean): never {
  exchange.reply.headers["www-authenticate"] = 'Bearer realm="planport"';
  const place = ownHeaderOnly ? "in the header x-planport-key" : "as Authorization: Bearer <key>";
  throw new RequestError(
    "gateway_key_invalid",
    isBare ? `This gateway needs its key: send it ${place}.` : "The key is not the key of this gateway.",
  );
}

function shownOwn({ headers }: Exchange): string[] {
  return [headers["x-planport-key"]].filter((key) => key !== undefined);
}

/** The keys that a request shows, wherever clients can be made to send one. */
export function shownKeys({ headers }: Exchange): string[] {
  const bearer = /^Bearer +(\S.*)$/i.exec(headers["authorization"] ?? "")?.[1]?.trimEnd();
  return [bearer, headers["x-api-key"], headers["x-planport-key"]].filter((key) => key !== undefined);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
