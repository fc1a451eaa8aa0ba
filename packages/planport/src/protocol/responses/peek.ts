/**
 * An event's type without parsing the event.
 * @module
 */
import { isJsonObject, tryParseJson } from "../json.ts";

const HEAD = '{"type":"';
const QUOTE = '"';

/**
 * The `type` of an event's JSON text. Cheap for events that begin with it, as the backend's do; others are parsed.
 * @returns undefined for text that is not a JSON object with a `type` of text.
 */
export function peekEventType(json: string): string | undefined {
  if (json.startsWith(HEAD)) {
    const end = json.indexOf(QUOTE, HEAD.length);
    const type = end === -1 ? "" : json.slice(HEAD.length, end);
    if (type !== "" && !type.includes("\\")) return type;
  }
  const value = tryParseJson(json);
  if (!isJsonObject(value)) return undefined;
  return typeof value["type"] === "string" ? value["type"] : undefined;
}
