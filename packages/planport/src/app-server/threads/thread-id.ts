/**
 * Ids of threads as clients write them.
 * @module
 */
import { isUuid } from "../../agent/index.ts";
import { invalidRequest } from "../rpc-errors.ts";

/**
 * The id in its usual form.
 * @throws {RequestError} `request_invalid` in the words of the library by which Codex reads ids.
 */
export function readThreadId(text: string): string {
  const id = text.toLowerCase().replace(/^urn:uuid:/, "");
  if (isUuid(id)) return id;
  if (/^[0-9a-f]{32}$/.test(id)) return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  throw invalidRequest(`invalid thread id: ${faultOf(text)}`);
}

function faultOf(text: string): string {
  const [foreign] = text.match(/[^0-9a-fA-F-]/u) ?? [];
  if (foreign !== undefined)
    return (
      "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], " +
      `found \`${foreign}\` at ${text.indexOf(foreign) + 1}`
    );
  const groups = text.split("-");
  if (groups.length === 1) return `invalid length: expected length 32 for simple format, found ${text.length}`;
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`;
  const lengths = [8, 4, 4, 4, 12];
  const wrong = groups.findIndex((group, index) => group.length !== lengths[index]);
  return `invalid group length in group ${wrong}: expected ${lengths[wrong]}, found ${groups[wrong]?.length ?? 0}`;
}
