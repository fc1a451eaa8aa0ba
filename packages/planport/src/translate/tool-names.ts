/**
 * Tool names that the backend takes: at most 64 characters. Names of MCP tools are often longer.
 * @module
 */
import type { Change } from "./change.ts";

/** Longest name of a tool, in characters. */
export const MAX_TOOL_NAME_CHARS = 64;

/** Shortens names and remembers what they were. */
export interface ToolNames {
  /** The name to send: the same one for the same name, always. */
  shorten(name: string): string;
  /** Sent name to the client's name, for those that differ. */
  readonly originals: ReadonlyMap<string, string>;
}

/** {@link ToolNames.shorten}, told of where it changes something. */
export function shortenTold(names: ToolNames, name: string, path: string, changes: Change[]): string {
  const short = names.shorten(name);
  if (short !== name)
    changes.push({ path, action: "emulated", note: "The backend takes 64 characters; the name comes back in full." });
  return short;
}

const HASH_CHARS = 13; // 64 bits in base 36.

/** Starts with no names known. */
export function createToolNames(): ToolNames {
  const originals = new Map<string, string>();
  return {
    originals,
    shorten(name) {
      if (name.length <= MAX_TOOL_NAME_CHARS) return name;
      const short = `${name.slice(0, MAX_TOOL_NAME_CHARS - HASH_CHARS - 1)}_${hash(name)}`;
      originals.set(short, name);
      return short;
    },
  };
}

/** FNV-1a of 64 bits over UTF-16 code units: the same on every run, which prompt caching and replayed histories need. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  }
  return value.toString(36).padStart(HASH_CHARS, "0");
}
