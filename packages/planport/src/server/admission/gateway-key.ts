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
export type KeyCheck = (exchange: Exchange, ownHeaderOnly: boolean) => void;

/**
 * Makes the check: `Authorization: Bearer`, `x-api-key` or `x-planport-key` must hold the key. Without a key everything
 * passes, since OpenAI clients cannot be made to send none.
 * @param others Keys of profiles, which are as good as the gateway's own.
 * @returns A check that throws RequestError `gateway_key_invalid`.
 */
export function createKeyCheck(key: Secret | undefined, others: () => readonly Secret[] = () => []): KeyCheck {
  if (key === undefined) return () => {};
  const own = digest(key.reveal());
  return (exchange, ownHeaderOnly) => {
    const shown = ownHeaderOnly ? shownOwn(exchange) : shownKeys(exchange);
    // Every one is compared, and digests of one length, so that time tells neither which one nor how much was right.
    let ok = false;
    for (const wanted of [own, ...others().map((other) => digest(other.reveal()))])
      for (const candidate of shown) ok = timingSafeEqual(digest(candidate), wanted) || ok;
    if (ok) return;
    exchange.reply.headers["www-authenticate"] = 'Bearer realm="planport"';
    const place = ownHeaderOnly ? "in the header x-planport-key" : "as Authorization: Bearer <key>";
    throw new RequestError(
      "gateway_key_invalid",
      shown.length === 0 ? `This gateway needs its key: send it ${place}.` : "The key is not the key of this gateway.",
    );
  };
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
