/**
 * Notes on a refresh that is under way, in a file beside the sign-in: which refresh token is being spent, and as soon as
 * it is there, the answer. A process that is killed in between leaves them to the next one.
 * @module
 */
import { createHash } from "node:crypto";
import * as nodeFs from "node:fs";
import { isJsonObject, type JsonObject, tryParseJson } from "../protocol/json.ts";
import { Secret } from "../secret.ts";
import { codeOf } from "./atomic-write.ts";

/** Tokens as they came from the server; null for those that did not come. */
export interface NotedTokens {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
  readonly idToken: Secret | null;
}

/** Who was spending a token, and since when. Fit for messages. */
export interface NotedAttempt {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since the epoch, by the clock of that process. */
  readonly atMs: number;
}

/** What a refresh left behind that did not come to its end. */
export interface RefreshNote {
  /** {@link tokenDigest} of the token that was being spent. */
  readonly spent: string;
  /** The first attempt of which nothing more was heard. */
  readonly attempt: NotedAttempt;
  /** What the server answered; null when that was not heard. */
  readonly answer: { readonly tokens: NotedTokens; readonly atMs: number } | null;
}

/** A note that is being taken. */
export interface OpenNote {
  /** Takes the answer down, at once: when this returns, the death of the process does no harm any more. */
  answer(tokens: NotedTokens, atMs: number): void;
  /** Makes it outlast the machine's death, too. */
  sync(): Promise<void>;
  /** Ends the note. It stays for whoever comes next, until somebody calls {@link RefreshJournal.remove}. */
  close(): void;
}

/** Where refreshes are noted. Only whoever runs alone (`CredentialStore.exclusive`) touches it. */
export interface RefreshJournal {
  /** The note that was left behind; null when there is none, or none that can be read. */
  read(): Promise<RefreshNote | null>;
  /**
   * Begins a note, in place of any other, before the token is spent. It holds no token, and takes up the room that the
   * answer will need.
   * @throws The system's error when it cannot be written.
   */
  begin(spent: string, attempt: NotedAttempt): Promise<OpenNote>;
  /** Removes the note. Never throws. */
  remove(): Promise<void>;
}

/** The file operations used, so that tests can make each of them fail. */
export type JournalFs = Pick<
  typeof nodeFs,
  "closeSync" | "fsync" | "fsyncSync" | "openSync" | "readFileSync" | "unlinkSync" | "writeSync"
>;

/** Of our own name, beside the sign-in. */
const JOURNAL_SUFFIX = ".planport-refresh";

/** The answers of OpenAI's server have some 6 KiB. */
const ROOM_BYTES = 32 * 1024;

/** Names a token without telling it: SHA-256 in hexadecimal digits. */
export function tokenDigest(token: Secret): string {
  return createHash("sha256").update(token.reveal()).digest("hex");
}

/** The journal in the file beside `target()`, the real path of a sign-in. */
export function createRefreshJournal(target: () => Promise<string>, io: JournalFs = nodeFs): RefreshJournal {
  const place = async (): Promise<string> => (await target()) + JOURNAL_SUFFIX;
  return {
    async read(): Promise<RefreshNote | null> {
      let text: string;
      try {
        text = io.readFileSync(await place(), "utf8");
      } catch {
        return null;
      }
      return readNote(text);
    },
    async begin(spent, attempt): Promise<OpenNote> {
      const file = await place();
      remove(io, file);
      const fd = io.openSync(file, "wx", 0o600);
      try {
        const head = `${JSON.stringify({ spent, ...attempt })}\n`;
        writeAll(io, fd, Buffer.from(head + " ".repeat(ROOM_BYTES)), 0);
        await sync(io, fd);
        return new Note(io, fd, Buffer.byteLength(head));
      } catch (error) {
        io.closeSync(fd);
        remove(io, file);
        throw error;
      }
    },
    async remove(): Promise<void> {
      remove(io, await place());
    },
  };
}

class Note implements OpenNote {
  readonly #io: JournalFs;
  readonly #fd: number;
  readonly #at: number;
  #closed = false;

  constructor(io: JournalFs, fd: number, at: number) {
    this.#io = io;
    this.#fd = fd;
    this.#at = at;
  }

  answer({ accessToken, refreshToken, idToken }: NotedTokens, atMs: number): void {
    const answer = JSON.stringify({
      access_token: accessToken?.reveal() ?? null,
      refresh_token: refreshToken?.reveal() ?? null,
      id_token: idToken?.reveal() ?? null,
      at_ms: atMs,
    });
    writeAll(this.#io, this.#fd, Buffer.from(`${JSON.stringify({ answer, sum: sumOf(answer) })}\n`), this.#at);
  }

  async sync(): Promise<void> {
    if (!this.#closed) await sync(this.#io, this.#fd);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#io.closeSync(this.#fd);
  }
}

function readNote(text: string): RefreshNote | null {
  const [first = "", second = ""] = text.split("\n");
  const head = tryParseJson(first);
  if (!isJsonObject(head) || typeof head["spent"] !== "string") return null;
  const { pid, host, atMs } = head;
  const attempt: NotedAttempt = {
    pid: typeof pid === "number" ? pid : 0,
    host: typeof host === "string" ? host : "",
    atMs: typeof atMs === "number" ? atMs : 0,
  };
  return { spent: head["spent"], attempt, answer: readAnswer(tryParseJson(second)) };
}

/** Null for one that was written in part alone, as when the power went. */
function readAnswer(line: unknown): RefreshNote["answer"] {
  if (!isJsonObject(line) || typeof line["answer"] !== "string" || sumOf(line["answer"]) !== line["sum"]) return null;
  const value = tryParseJson(line["answer"]);
  if (!isJsonObject(value)) return null;
  const atMs = value["at_ms"];
  return {
    tokens: {
      accessToken: secretAt(value, "access_token"),
      refreshToken: secretAt(value, "refresh_token"),
      idToken: secretAt(value, "id_token"),
    },
    atMs: typeof atMs === "number" ? atMs : 0,
  };
}

function secretAt(value: JsonObject, key: string): Secret | null {
  const text = value[key];
  return typeof text === "string" && text !== "" ? new Secret(text) : null;
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A disk that is nearly full takes a part, and says so only when the rest is to be written. */
function writeAll(io: JournalFs, fd: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length;) done += io.writeSync(fd, bytes, done, bytes.length - done, at + done);
}

function sync(io: JournalFs, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    io.fsync(fd, (error) => {
      // Some file systems cannot; then it is as safe as they make it.
      if (error === null || codeOf(error) === "EINVAL" || codeOf(error) === "ENOTSUP") resolve();
      else reject(error);
    });
  });
}

function remove(io: JournalFs, file: string): void {
  try {
    io.unlinkSync(file);
  } catch {
    // Not there, or in a folder that cannot be written to.
  }
}
