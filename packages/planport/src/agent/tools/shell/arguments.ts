/**
 * What models send to the shell's tools.
 * @module
 */
import type { JsonObject } from "../../../protocol/json.ts";

/** Arguments of `exec_command`. */
export interface ExecArguments {
  readonly cmd: string;
  readonly workdir: string | null;
  readonly shell: string | null;
  readonly login: boolean;
  readonly yieldMs: number;
  readonly maxOutputTokens: number;
  readonly escalated: boolean;
  readonly justification: string | null;
  readonly prefixRule: readonly string[] | null;
}

/** Arguments of `write_stdin`. */
export interface WriteArguments {
  readonly sessionId: number;
  readonly chars: string;
  readonly yieldMs: number;
  readonly maxOutputTokens: number;
}

/** Arguments, or what is wrong with them. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const DEFAULT_OUTPUT_TOKENS = 10_000;
const MAX_OUTPUT_TOKENS = 50_000;

/** Reads the arguments of `exec_command`. */
export function readExecArguments(json: string): Read<ExecArguments> {
  return reading(json, (fields) => ({
    cmd: text(fields, "cmd") ?? missing("cmd"),
    workdir: text(fields, "workdir"),
    shell: text(fields, "shell"),
    login: fields["login"] !== false,
    yieldMs: clamp(number(fields, "yield_time_ms") ?? 10_000, 250, 30_000),
    maxOutputTokens: clamp(number(fields, "max_output_tokens") ?? DEFAULT_OUTPUT_TOKENS, 1, MAX_OUTPUT_TOKENS),
    escalated: fields["sandbox_permissions"] === "require_escalated",
    justification: text(fields, "justification"),
    prefixRule: words(fields, "prefix_rule"),
  }));
}

/** Reads the arguments of `write_stdin`. */
export function readWriteArguments(json: string): Read<WriteArguments> {
  return reading(json, (fields) => {
    const chars = text(fields, "chars") ?? "";
    const [usual, most] = chars === "" ? [5_000, 300_000] : [250, 30_000];
    return {
      sessionId: number(fields, "session_id") ?? missing("session_id"),
      chars,
      yieldMs: clamp(number(fields, "yield_time_ms") ?? usual, 250, most),
      maxOutputTokens: clamp(number(fields, "max_output_tokens") ?? DEFAULT_OUTPUT_TOKENS, 1, MAX_OUTPUT_TOKENS),
    };
  });
}

class BadArgument extends Error {}

function reading<T>(json: string, read: (fields: JsonObject) => T): Read<T> {
  try {
    const fields: unknown = JSON.parse(json);
    if (fields === null || typeof fields !== "object" || Array.isArray(fields))
      throw new BadArgument("expected an object");
    return { ok: true, value: read(fields as JsonObject) };
  } catch (error) {
    if (error instanceof BadArgument || error instanceof SyntaxError)
      return { ok: false, message: `failed to parse function arguments: ${error.message}` };
    throw error;
  }
}

function missing(name: string): never {
  throw new BadArgument(`missing field \`${name}\``);
}

function text(fields: JsonObject, name: string): string | null {
  const value = fields[name];
  if (value == null) return null;
  if (typeof value !== "string") throw new BadArgument(`\`${name}\` must be a string`);
  return value;
}

function number(fields: JsonObject, name: string): number | null {
  const value = fields[name];
  if (value == null) return null;
  if (typeof value !== "number") throw new BadArgument(`\`${name}\` must be a number`);
  return value;
}

function words(fields: JsonObject, name: string): readonly string[] | null {
  const value = fields[name];
  if (value == null) return null;
  if (!Array.isArray(value) || !value.every((word) => typeof word === "string"))
    throw new BadArgument(`\`${name}\` must be a list of strings`);
  return value.length === 0 ? null : value;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
