/**
 * What `--json` prints.
 * @module
 */
import { redactText } from "../redact.ts";

/**
 * A document as indented JSON, with what looks like a token struck out of its texts and names: servers and variables put
 * anything anywhere, and output is kept in logs.
 */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value, redacted, 2);
}

function redacted(this: unknown, _name: string, value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [redactText(name), entry]));
}
