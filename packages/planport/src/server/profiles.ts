/**
 * How requests are shaped where they do not say so themselves: capabilities for all, and profiles for some clients.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../errors.ts";
import type { Capabilities } from "../protocol/capabilities.ts";
import type { Secret } from "../secret.ts";
import { shownKeys } from "./admission/gateway-key.ts";
import type { Exchange } from "./exchange.ts";

/** Which clients a profile is for. All that is given must hold; with nothing given it is for those that name it. */
export interface ProfileMatch {
  /** One of these texts stands in the User-Agent, in letters of any case. */
  readonly userAgent?: readonly string[] | undefined;
  /** The client shows this key. A gateway that has a key takes it as one of its own. */
  readonly key?: Secret | undefined;
  /** An endpoint's path (`/v1/responses`), or a base path of the client's own: with `/droid` its base URL is `http://…/droid/v1`. */
  readonly path?: string | undefined;
}

/** Capabilities of some clients. */
export interface GatewayProfile {
  readonly name: string;
  readonly match: ProfileMatch;
  readonly capabilities: Partial<Capabilities>;
}

/** All that is set about requests. */
export interface GatewayProfiles {
  /** Where it is set, for messages to clients: `planport.yaml`. */
  readonly origin: string;
  readonly capabilities: Partial<Capabilities>;
  /** The first one whose match holds is used. */
  readonly profiles: readonly GatewayProfile[];
  /** Own names of models, each for a name that may have options behind it: `gpt-6-sol?reasoning_effort=high`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Longest silence of the backend, in milliseconds; null for the usual one. */
  readonly idleTimeoutMs: number | null;
}

/** Nothing is set. */
export const NO_PROFILES: GatewayProfiles = {
  origin: "the gateway's settings",
  capabilities: {},
  profiles: [],
  aliases: {},
  idleTimeoutMs: null,
};

/** Names the profile to use, in place of the one that the client matches. */
const PROFILE_HEADER = "x-planport-profile";

/**
 * The profile of a request; null for none.
 * @throws {RequestError} `request_invalid` for the name of a profile that there is not.
 */
export function profileOf(exchange: Exchange, { profiles }: GatewayProfiles): GatewayProfile | null {
  const named = exchange.headers[PROFILE_HEADER];
  if (named === undefined) return profiles.find(({ match }) => isMatch(match, exchange)) ?? null;
  const found = profiles.find(({ name }) => name === named);
  if (found !== undefined) return found;
  const names = profiles.map(({ name }) => name).join(", ");
  throw new RequestError(
    "request_invalid",
    `There is no profile of that name (${PROFILE_HEADER}); there ${names === "" ? "are none" : `are ${names}`}.`,
    { cause: { param: PROFILE_HEADER } },
  );
}

function isMatch({ userAgent, key, path }: ProfileMatch, exchange: Exchange): boolean {
  if (userAgent === undefined && key === undefined && path === undefined) return false;
  if (path !== undefined && path !== exchange.base && path !== exchange.path) return false;
  if (key !== undefined && !showsKey(exchange, key)) return false;
  if (userAgent === undefined) return true;
  const agent = (exchange.headers["user-agent"] ?? "").toLowerCase();
  return userAgent.some((text) => agent.includes(text.toLowerCase()));
}

function showsKey(exchange: Exchange, key: Secret): boolean {
  const wanted = digest(key.reveal());
  return shownKeys(exchange).some((shown) => timingSafeEqual(digest(shown), wanted));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

/** The keys of profiles. */
export function profileKeys({ profiles }: GatewayProfiles): readonly Secret[] {
  return profiles.map(({ match }) => match.key).filter((key) => key !== undefined);
}

/** The exchange with a profile's base path taken off its path. Most have none, and are given back as they are. */
export function withoutBase(exchange: Exchange, { profiles }: GatewayProfiles): Exchange {
  for (const { match } of profiles) {
    const { path: base } = match;
    if (base !== undefined && exchange.path.startsWith(`${base}/`) && !base.startsWith("/v1/"))
      return { ...exchange, path: exchange.path.slice(base.length), base };
  }
  return exchange;
}
