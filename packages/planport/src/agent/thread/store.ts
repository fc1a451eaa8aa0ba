/**
 * The threads that are on disk, of this program and of Codex.
 * @module
 */
import { mkdir, readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { readStoredThread, type StoredThread } from "./stored-thread.ts";

/** What {@link ThreadStore.list} gives. */
export interface ThreadPage {
  readonly threads: readonly StoredThread[];
  /** For the next page; null at the end. */
  readonly nextCursor: string | null;
}

/** What to list. */
export interface ThreadQuery {
  readonly limit: number;
  /** From {@link ThreadPage.nextCursor}. */
  readonly cursor: string | null;
  readonly archived: boolean;
  readonly accept: (thread: StoredThread) => boolean;
}

const FILE = /^rollout-(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)-([0-9a-f-]{36})\.jsonl$/;

/** Finds, lists and archives. The newest thread comes first. */
export class ThreadStore {
  readonly #home: string;

  /** @param home Codex's home folder. */
  constructor(home: string) {
    this.#home = home;
  }

  /** A thread's file; null when there is none. */
  async find(threadId: string): Promise<string | null> {
    for await (const path of this.#paths(false)) if (path.endsWith(`-${threadId}.jsonl`)) return path;
    for await (const path of this.#paths(true)) if (path.endsWith(`-${threadId}.jsonl`)) return path;
    return null;
  }

  /** A page of threads in which somebody said something. A file that cannot be read is passed over. */
  async list(query: ThreadQuery): Promise<ThreadPage> {
    const threads: StoredThread[] = [];
    for await (const path of this.#paths(query.archived)) {
      if (query.cursor !== null && basename(path) >= query.cursor) continue;
      const thread = await readStoredThread(path).catch(() => null);
      if (thread === null || (thread.preview === "" && thread.name === null) || !query.accept(thread)) continue;
      if (threads.length === query.limit) return { threads, nextCursor: basename(threads.at(-1)?.path ?? "") };
      // Only what lists show is kept of each.
      threads.push({ ...thread, history: [], turns: thread.turns.map((turn) => ({ ...turn, items: [] })) });
    }
    return { threads, nextCursor: null };
  }

  /** Puts a thread's file aside; gives its new place. */
  async archive(path: string): Promise<string> {
    const folder = join(this.#home, "archived_sessions");
    await mkdir(folder, { recursive: true });
    const target = join(folder, basename(path));
    await rename(path, target);
    return target;
  }

  async *#paths(archived: boolean): AsyncGenerator<string> {
    if (archived) {
      yield* this.#files(join(this.#home, "archived_sessions"));
      return;
    }
    const root = join(this.#home, "sessions");
    for (const year of await namesIn(root, /^\d{4}$/))
      for (const month of await namesIn(join(root, year), /^\d\d$/))
        for (const day of await namesIn(join(root, year, month), /^\d\d$/))
          yield* this.#files(join(root, year, month, day));
  }

  async *#files(folder: string): AsyncGenerator<string> {
    for (const name of await namesIn(folder, FILE)) yield join(folder, name);
  }
}

/** The newest first. */
async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder))
      .filter((name) => pattern.test(name))
      .toSorted()
      .toReversed();
  } catch {
    return []; // No threads were kept yet.
  }
}
