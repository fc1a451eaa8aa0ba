/**
 * JSON that is still on its way.
 * @module
 */
import { isJsonObject, type JsonObject, tryParseJson } from "../../../protocol/json.ts";

/** The object that a text begins, with what is open in it closed; undefined while that makes no sense. */
export function readPartialJson(text: string): JsonObject | undefined {
  const closers: string[] = [];
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (isInText) {
      if (char === "\\") index++;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === "{") closers.push("}");
    else if (char === "[") closers.push("]");
    else if (char === "}" || char === "]") closers.pop();
  }
  const end = closers.toReversed().join("");
  // An escape that is cut off cannot be closed.
  const body = isInText ? `${text.replace(/\\(?:u[\da-f]{0,3})?$/i, "")}"` : text;
  // A name without its value, or a comma, may be at the end.
  for (const whole of [body + end, `${body}:null${end}`, `${body}null${end}`, body.replace(/,\s*$/, "") + end]) {
    const value = tryParseJson(whole);
    if (isJsonObject(value)) return value;
  }
  return undefined;
}
