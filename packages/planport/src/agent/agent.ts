/**
 * The engine: threads, loaded and on disk.
 * @module
 */
import { RequestError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { asString, isJsonObject } from "../protocol/json.ts";
import { isUuid, uuidv7 } from "./ids.ts";
import type { DynamicToolSpec, ThreadSettings } from "./settings.ts";
import { RolloutWriter, rolloutPath } from "./thread/rollout.ts";
import { ThreadStore } from "./thread/store.ts";
import { fromTurnContext } from "./thread/stored-policy.ts";
import { readStoredThread, type StoredThread, type ThreadMeta } from "./thread/stored-thread.ts";
import { AgentThread, type ThreadStart, type ThreadWorld } from "./thread/thread.ts";
import { NO_USAGE } from "./turn/usage.ts";

/** Options of {@link Agent}. */
export interface AgentOptions extends ThreadWorld {
  /** Codex's home folder, where threads are kept. */
  readonly home: string;
  /** What kind of program that is: `exec`, `cli`, `vscode` (what Codex calls its app-server's clients). */
  readonly source: string;
  readonly cliVersion: string;
  /** Told when a thread's file cannot be written. */
  readonly onWarning: (message: string) => void;
}

/** How a thread is made. */
export interface NewThread {
  readonly settings: ThreadSettings;
  /** It is kept nowhere. */
  readonly ephemeral: boolean;
  readonly threadSource: string | null;
  /** Who the thread says it was made by. */
  readonly originator: string;
}

/** Keeps threads. */
export class Agent {
  readonly store: ThreadStore;
  readonly #options: AgentOptions;
  readonly #threads = new Map<string, AgentThread>();
  /** Threads that still write their end: nobody else may begin to write to their files meanwhile. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.store = new ThreadStore(options.home);
  }

  /** Ids of the threads that are loaded. */
  get loadedIds(): string[] {
    return [...this.#threads.keys()];
  }

  /** A thread that is loaded. */
  loaded(threadId: string): AgentThread | undefined {
    return this.#threads.get(threadId);
  }

  /** Makes a thread. Nothing is written before its first turn. */
  create({ settings, ephemeral, threadSource, originator }: NewThread): AgentThread {
    const { now, source, cliVersion } = this.#options;
    const createdAtMs = now();
    const id = uuidv7(createdAtMs);
    const meta: ThreadMeta = {
      id,
      sessionId: id,
      forkedFromId: null,
      createdAtMs,
      cwd: settings.cwd,
      originator,
      cliVersion,
      source,
      threadSource,
      modelProvider: settings.modelProvider,
      dynamicTools: settings.dynamicTools.map((tool) => ({ ...tool })),
      baseInstructions: settings.baseInstructions,
      developerInstructions: settings.developerInstructions,
    };
    return this.#load({ ...EMPTY, meta, settings, updatedAtMs: createdAtMs }, ephemeral ? null : this.#path(meta));
  }

  /**
   * Loads a thread from its file, or gives the one that is loaded.
   * @param base Settings for what the file does not tell.
   * @param changes Settings that win over the file's.
   * @throws {RequestError} `not_found`
   */
  async resume(threadId: string, base: ThreadSettings, changes: Partial<ThreadSettings>): Promise<AgentThread> {
    const loaded = this.#threads.get(threadId);
    if (loaded !== undefined) return loaded;
    const stored = await this.read(threadId);
    return (
      this.#threads.get(threadId) ??
      this.#load({ ...startOf(stored, base, changes), isStored: true }, stored.path, stored.nextOrdinal)
    );
  }

  /**
   * A new thread that goes on from another's conversation.
   * @throws {RequestError} `not_found`
   */
  async fork(
    threadId: string,
    base: ThreadSettings,
    changes: Partial<ThreadSettings>,
    originator: string,
  ): Promise<AgentThread> {
    const stored = await this.read(threadId);
    const createdAtMs = this.#options.now();
    const id = uuidv7(createdAtMs);
    const { source, cliVersion } = this.#options;
    const start = startOf(stored, base, changes);
    const own = { id, sessionId: id, forkedFromId: threadId, createdAtMs, originator, source, cliVersion };
    const meta: ThreadMeta = { ...stored.meta, ...own, cwd: start.settings.cwd };
    const thread = this.#load({ ...start, meta, name: null, updatedAtMs: createdAtMs }, this.#path(meta));
    await thread.copyConversation(stored.path);
    return thread;
  }

  /**
   * A thread's file, read.
   * @throws {RequestError} `not_found`; `request_invalid` for what is no id.
   */
  async read(threadId: string): Promise<StoredThread> {
    if (!isUuid(threadId)) throw new RequestError("request_invalid", `invalid thread id: ${threadId}`);
    await this.#closing.get(threadId);
    const path = await this.store.find(threadId);
    const stored = path === null ? null : await readStoredThread(path);
    if (stored === null) throw new RequestError("not_found", `no rollout found for thread id ${threadId}`);
    return stored;
  }

  /** Gives a thread back: what runs in it ends. */
  async unload(threadId: string): Promise<void> {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return this.#closing.get(threadId);
    this.#threads.delete(threadId);
    const closed = thread.close().finally(() => this.#closing.delete(threadId));
    this.#closing.set(threadId, closed);
    await closed;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await Promise.all([...this.loadedIds, ...this.#closing.keys()].map((id) => this.unload(id)));
  }

  #path(meta: ThreadMeta): string {
    return rolloutPath(this.#options.home, meta.id, meta.createdAtMs);
  }

  #load(start: ThreadStart, path: string | null, nextOrdinal: number | null = null): AgentThread {
    const { now, onWarning } = this.#options;
    const writer =
      path === null
        ? null
        : new RolloutWriter(
            path,
            now,
            (error) => onWarning(`${path} cannot be written: ${error.message}`),
            nextOrdinal,
          );
    const thread = new AgentThread(start, writer, this.#options);
    this.#threads.set(thread.id, thread);
    return thread;
  }
}

const EMPTY = { name: null, preview: "", history: [], usage: NO_USAGE, lastTurnId: null, isStored: false } as const;

function startOf(stored: StoredThread, base: ThreadSettings, changes: Partial<ThreadSettings>): ThreadStart {
  const { meta } = stored;
  return {
    meta,
    settings: {
      ...base,
      cwd: meta.cwd === "" ? base.cwd : meta.cwd,
      modelProvider: meta.modelProvider,
      baseInstructions: meta.baseInstructions ?? base.baseInstructions,
      developerInstructions: meta.developerInstructions ?? base.developerInstructions,
      dynamicTools: meta.dynamicTools.flatMap(toSpec),
      ...fromTurnContext(stored.context),
      ...changes,
    },
    name: stored.name,
    preview: stored.preview,
    updatedAtMs: stored.updatedAtMs,
    history: stored.history,
    usage: stored.usage,
    lastTurnId: stored.turns.at(-1)?.id ?? null,
    isStored: false,
  };
}

function toSpec(stored: JsonObject): DynamicToolSpec[] {
  const name = asString(stored["name"]);
  if (name === undefined) return [];
  const schema = stored["inputSchema"] ?? stored["input_schema"];
  return [
    {
      name,
      namespace: asString(stored["namespace"]) ?? null,
      description: asString(stored["description"]) ?? "",
      inputSchema: isJsonObject(schema) ? schema : { type: "object", properties: {} },
    },
  ];
}
