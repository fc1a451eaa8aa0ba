/**
 * Log lines on standard error: JSON for machines, a plain line for a person at a terminal. Every field goes through
 * {@link redact} here, so no caller can forget it.
 * @module
 */
import { logText, redact } from "./redact.ts";

/** How much a line matters, lowest first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What {@link createLogger} can be told to keep silent about; `silent` writes nothing at all. */
export type LogThreshold = LogLevel | "silent";

/** Facts of one line. Errors may stand in it as they are. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes log lines. `event` is a stable dotted name, such as `http.request`; the facts are in `fields`. Never throws. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** The part of a writable stream that a logger needs. */
export interface LogSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Lines below it are not written. Default `info`. */
  readonly level?: LogThreshold;
  /** Default `process.stderr`: standard output belongs to what a command answers. */
  readonly sink?: LogSink;
  /** Default: `text` when the sink is a terminal, else `json`. */
  readonly format?: "json" | "text";
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const WEIGHT: Readonly<Record<LogThreshold, number>> = { debug: 10, info: 20, warn: 30, error: 40, silent: 100 };

/** Makes a logger. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const sink = options.sink ?? process.stderr;
  const threshold = WEIGHT[options.level ?? "info"];
  const now = options.now ?? Date.now;
  const format = (options.format ?? (sink.isTTY ? "text" : "json")) === "text" ? textLine : jsonLine;
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (WEIGHT[level] < threshold) return;
      try {
        sink.write(format(new Date(now()).toISOString(), level, logText(event), redact(fields) as LogFields));
      } catch {
        // A closed pipe must not end the program; there is nowhere left to say it.
      }
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Writes nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}

function jsonLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const head = { time, level, event };
  // Head first and last: first for its place in the line, last so that no field can stand in for it.
  return `${JSON.stringify({ ...head, ...fields, ...head })}\n`;
}

/** `12:04:05 info  http.request method=GET path=/v1/models status=200`. */
function textLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  let line = `${time.slice(11, 19)} ${level.padEnd(5)} ${printable(event)}`;
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) line += ` ${printable(name)}=${plain(value)}`;
  return `${line}\n`;
}

function plain(value: unknown): string {
  if (typeof value === "string" && /^[\w./:@%+,-]+$/.test(value)) return value;
  return printable(JSON.stringify(value));
}

/** What a client sent must not move the cursor or forge a line on somebody's terminal. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
