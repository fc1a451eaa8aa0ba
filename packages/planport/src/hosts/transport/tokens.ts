/**
 * Tokens as a transport keeps them: four texts, under the names that axio's Codex transport gave them.
 * @module
 */
import { decodeJwtPayload, readJwtClaims } from "../../auth/jwt-claims.ts";
import { asString, isJsonObject } from "../../protocol/json.ts";
import type { Secret } from "../../secret.ts";

/** What a sign-in or a refresh gives. Plain texts, to be stored by whoever asked for them. */
export interface TransportTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  /** Seconds since the epoch, as a text. */
  readonly expires_at: string;
  /** Empty when the tokens name none. */
  readonly account_id: string;
}

/** What `onAuthRefresh` is told: the same, with the access token under the name of the transport's field. */
export interface RefreshedAuth extends Omit<TransportTokens, "access_token"> {
  readonly api_key: string;
}

/** Told of each refresh, before the new access token is used. What it throws is told as a warning, and changes nothing. */
export type OnAuthRefresh = (auth: RefreshedAuth) => void | Promise<void>;

/** The form of {@link TransportTokens} in which a transport stores them. */
export function refreshedAuth({ access_token, ...others }: TransportTokens): RefreshedAuth {
  return { api_key: access_token, ...others };
}

/** Seconds since the epoch as a text, from milliseconds. */
export function expiryText(expiresAtMs: number): string {
  return String(Math.floor(expiresAtMs / 1000));
}

/**
 * The account that tokens belong to: the workspace they were made for (`chatgpt_account_id`), else the first organization,
 * else the subject. Null when they say nothing.
 */
export function accountIdOf(tokens: readonly (Secret | null)[]): string | null {
  const texts = tokens.flatMap((token) => (token === null ? [] : [token.reveal()]));
  const first = (read: (token: string) => string | null): string | null => {
    for (const text of texts) {
      const found = read(text);
      if (found !== null) return found;
    }
    return null;
  };
  return first((token) => readJwtClaims(token)?.accountId ?? null) ?? first(organizationOf) ?? first(subjectOf);
}

function organizationOf(token: string): string | null {
  const payload = decodeJwtPayload(token);
  if (payload === null) return null;
  const auth = payload["https://api.openai.com/auth"];
  for (const holder of [payload, isJsonObject(auth) ? auth : {}]) {
    const organizations = holder["organizations"];
    const first: unknown = Array.isArray(organizations) ? organizations[0] : undefined;
    const id = isJsonObject(first) ? asString(first["id"]) : undefined;
    if (id !== undefined && id !== "") return id;
  }
  return null;
}

function subjectOf(token: string): string | null {
  return asString(decodeJwtPayload(token)?.["sub"]) || null;
}
