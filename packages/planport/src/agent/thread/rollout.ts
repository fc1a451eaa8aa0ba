/**
 * A thread's file: JSON lines, in the place and under the names of Codex (openai/codex `codex-rs/rollout/src`). A line is written in
 * one piece at the moment when it is known, so that a killed process loses at most the line it was writing.
 * @module
 */
import { closeSync, createReadStream, mkdirSync, openSync, readSync, fstatSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type JsonObject, isJsonObject, tryParseJson } from "../../protocol/json.ts";

/** What a line is about: `session_meta`, `response_item`, `turn_context`, `event_msg`, or what a newer Codex writes. */
export interface RolloutLine extends JsonObject {
  timestamp: string;
  type: string;
  payload: JsonObject;
}

/** Where a new thread's file belongs: `<home>/sessions/2026/11/29/rollout-2026-11-29T10-20-22-<id>.jsonl`, by local time. */
export function rolloutPath(home: string, threadId: string, atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [year, month, day] = [String(at.getFullYear()), two(at.getMonth() + 1), two(at.getDate())];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("-");
  const name = `rollout-${year}-${month}-${day}T${time}-${threadId}.jsonl`;
  return join(home, "sessions", year, month, day, name);
}

/** Told of a line that could not be written; the thread goes on without. */
export type OnWriteError = (error: Error) => void;

/** Appends to a thread's file. Nothing is created before the first line. */
export class RolloutWriter {
  readonly path: string;
  readonly #now: () => number;
  readonly #onError: OnWriteError;
  #file: number | null = null;
  #failed = false;
  #nextOrdinal: number | null;

  /** @param nextOrdinal For a file whose lines are numbered; see `nextOrdinal` of a stored thread. */
  constructor(path: string, now: () => number, onError: OnWriteError, nextOrdinal: number | null = null) {
    this.path = path;
    this.#nextOrdinal = nextOrdinal;
    this.#now = now;
    this.#onError = onError;
  }

  /** Writes one line. Trouble is told once and no more. */
  write(type: string, payload: JsonObject): void {
    const timestamp = new Date(this.#now()).toISOString();
    const numbered = this.#nextOrdinal === null ? {} : { ordinal: this.#nextOrdinal++ };
    this.writeLine(JSON.stringify({ timestamp, ...numbered, type, payload }));
  }

  /** Writes a line as it is. */
  writeLine(text: string): void {
    if (this.#failed) return;
    try {
      this.#file ??= this.#open();
      writeAll(this.#file, Buffer.from(`${text}\n`, "utf8"));
    } catch (error) {
      this.#failed = true;
      this.#onError(error as Error);
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** A line that a killed process left unfinished is closed, so that it does not spoil the next one. */
  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true });
    const file = openSync(this.path, "a+", 0o600);
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    if (size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a) writeAll(file, Buffer.from("\n"));
    return file;
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

/** The lines of a file, in order. What is no line of a thread (a torn one, say) is passed over. */
export async function* readRollout(path: string): AsyncGenerator<RolloutLine> {
  for await (const text of rolloutTexts(path)) {
    const line = parseLine(text);
    if (line !== null) yield line;
  }
}

/**
 * The texts of a file's lines, whatever is in them. Not by `node:readline`, to which U+2028 ends a line too: in JSON it is a
 * character of a text like any other.
 */
export async function* rolloutTexts(path: string): AsyncGenerator<string> {
  let parts: string[] = [];
  for await (const chunk of createReadStream(path, "utf8") as AsyncIterable<string>) {
    const [first = "", ...others] = chunk.split("\n");
    parts.push(first);
    for (const other of others) {
      yield parts.join("");
      parts = [other];
    }
  }
  const rest = parts.join("");
  if (rest !== "") yield rest;
}

/** A line of a thread's file; null for anything else. */
function parseLine(text: string): RolloutLine | null {
  const line = tryParseJson(text);
  if (!isJsonObject(line) || typeof line["type"] !== "string" || !isJsonObject(line["payload"])) return null;
  return line as RolloutLine;
}
