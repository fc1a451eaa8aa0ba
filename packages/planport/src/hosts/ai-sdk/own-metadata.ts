/**
 * What planport writes next to the parts of an answer, and reads when they come back in a prompt.
 * @module
 */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { JsonValue, ProviderMetadata } from "./types.ts";

/** The name under which it stands, and under which options are given. */
export const PROVIDER = "planport";

/** Metadata of a part; undefined when there is nothing to say. */
export function ownMetadata(fields: JsonObject): { providerMetadata?: ProviderMetadata } {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  if (known.length === 0) return {};
  return { providerMetadata: { [PROVIDER]: Object.fromEntries(known) as { [key: string]: JsonValue } } };
}

/** What planport said of a part that comes back; empty for one of somebody else's. */
export function readOwn(providerOptions: Readonly<Record<string, unknown>> | undefined): JsonObject {
  const own = providerOptions?.[PROVIDER];
  return isJsonObject(own) ? own : {};
}

/** The item that a part belongs to. */
export function itemIdOf(own: JsonObject): string | undefined {
  return asString(own["itemId"]);
}
