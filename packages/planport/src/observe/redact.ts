/**
 * What may be written down: any value, copied with everything token-like taken out and every size bounded.
 * @module
 */
import { isPlanportError } from "../errors.ts";
import { REDACTED, redactText } from "../redact.ts";
import { Secret } from "../secret.ts";

const MAX_DEPTH = 6;
const MAX_CAUSES = 3;
const MAX_ENTRIES = 64;
const MAX_CHARS = 4096;
const SECRET_NAME =
  /(?:token|secret|password|passwd|cookie|authorization|verifier|credential|api[-_]?key|(?:^|[-_a-z])key)$/i;
/** Only these look like a secret by name and hold none. */
const PUBLIC_NAME = /^(?:max|input|output|total|cached|reasoning).*token$|^prompt_cache_key$/i;

/** A string as it may be logged: redacted, and cut to 4096 characters. */
export function logText(text: string): string {
  return redactText(text, { maxChars: MAX_CHARS });
}

/**
 * A copy of any value that is safe to log: strings redacted at any depth, fields with a secret's name emptied, errors
 * reduced to name, code, message, status and at most three causes, bytes to their length, cycles cut. Never throws.
 */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set());
}

function copy(value: unknown, depth: number, parents: Set<object>): unknown {
  switch (typeof value) {
    case "string":
      return logText(value);
    case "bigint":
      return value.toString();
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : copyObject(value, depth, parents);
    case "boolean":
    case "number":
    case "undefined":
      return value;
  }
  return value;
}

function copyObject(value: object, depth: number, parents: Set<object>): unknown {
  if (value instanceof Secret) return REDACTED;
  if (parents.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deep]";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  parents.add(value);
  try {
    if (value instanceof Error) return copyError(value, depth, parents);
    if (value instanceof Map)
      return copyEntries(
        [...value].map(([k, v]) => [String(k), v]),
        depth,
        parents,
      );
    if (Array.isArray(value) || value instanceof Set) return copyList([...value], depth, parents);
    if (value instanceof URL) return logText(value.href);
    return copyEntries(Object.entries(value), depth, parents);
  } catch {
    return "[unreadable]"; // A getter or a proxy threw; a log line must not.
  } finally {
    parents.delete(value);
  }
}

function copyList(values: unknown[], depth: number, parents: Set<object>): unknown[] {
  const list = values.slice(0, MAX_ENTRIES).map((entry) => copy(entry, depth + 1, parents));
  if (values.length > MAX_ENTRIES) list.push(`… ${values.length - MAX_ENTRIES} more`);
  return list;
}

function copyEntries(entries: [string, unknown][], depth: number, parents: Set<object>): Record<string, unknown> {
  const result: [string, unknown][] = [];
  for (const [name, entry] of entries.slice(0, MAX_ENTRIES))
    result.push([logText(name), isSecretField(name, entry) ? REDACTED : copy(entry, depth + 1, parents)]);
  if (entries.length > MAX_ENTRIES) result.push(["…", `${entries.length - MAX_ENTRIES} more`]);
  return Object.fromEntries(result);
}

/** Numbers, booleans and null say nothing: `input_tokens: 5` and `token: null` stay. */
function isSecretField(name: string, value: unknown): boolean {
  if (value == null || typeof value === "number" || typeof value === "boolean") return false;
  return SECRET_NAME.test(name) && !PUBLIC_NAME.test(name);
}

function copyError(error: Error, depth: number, parents: Set<object>): Record<string, unknown> {
  const result: Record<string, unknown> = { name: logText(error.name) };
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "string" || typeof code === "number") result["code"] = copy(code, depth, parents);
  result["message"] = logText(error.message);
  if ("status" in error && typeof error.status === "number") result["status"] = error.status;
  if (error.cause !== undefined && parents.size <= MAX_CAUSES) result["cause"] = copyCause(error, depth, parents);
  return result;
}

/** planport's own causes are plain facts and fit to log; of a foreign one only what makes it an error is taken. */
function copyCause(error: Error, depth: number, parents: Set<object>): unknown {
  const cause: unknown = error.cause;
  if (isPlanportError(error) || cause instanceof Error || typeof cause !== "object")
    return copy(cause, depth + 1, parents);
  return "[object]";
}
