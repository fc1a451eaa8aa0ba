/**
 * Serves what clients ask about threads and turns.
 * @module
 */
import type { Agent, AgentThread, StoredThread, ThreadSettings, TurnView } from "../../agent/index.ts";
import { isPlanportError } from "../../errors.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type { Client, ClientMethod, Handler, Handlers } from "../handlers.ts";
import type { ThreadForkParams, ThreadListParams, ThreadResumeParams } from "../protocol/types/threads.ts";
import { invalidRequest } from "../rpc-errors.ts";
import type { ThreadAudience } from "./host.ts";
import { dynamicTools, type SandboxOfMode, threadChanges, turnChanges, userInput } from "./settings.ts";
import { readThreadId } from "./thread-id.ts";
import { opened, viewOfLoaded, viewOfStored } from "./view.ts";

/** Options of {@link createThreadHandlers}. */
export interface ThreadHandlersOptions {
  readonly agent: Agent;
  readonly audience: ThreadAudience;
  /** What threads are set to that are told nothing. */
  readonly defaults: () => ThreadSettings;
  readonly sandboxOfMode: SandboxOfMode;
  /** Throws for providers that are not configured. */
  readonly checkProvider: (name: string) => void;
}

type Serves<M extends ClientMethod> = Handler<M>;

const DEFAULT_PAGE = 25;
const MAX_PAGE = 100;

/** Makes the handlers. */
export function createThreadHandlers(options: ThreadHandlersOptions): Handlers {
  const served = new ThreadHandlers(options);
  return {
    "thread/start": served.start,
    "thread/resume": served.resume,
    "thread/fork": served.fork,
    "thread/list": served.list,
    "thread/read": served.read,
    "thread/archive": served.archive,
    "thread/name/set": served.setName,
    "thread/unsubscribe": served.unsubscribe,
    "thread/loaded/list": served.listLoaded,
    "turn/start": served.startTurn,
    "turn/steer": served.steer,
    "turn/interrupt": served.interrupt,
  };
}

class ThreadHandlers {
  readonly #options: ThreadHandlersOptions;

  constructor(options: ThreadHandlersOptions) {
    this.#options = options;
  }

  readonly start: Serves<"thread/start"> = (params, { client, afterAnswer }) => {
    const settings: ThreadSettings = {
      ...this.#options.defaults(),
      ...threadChanges(params, this.#options.sandboxOfMode),
      dynamicTools: dynamicTools(params.dynamicTools),
    };
    this.#options.checkProvider(settings.modelProvider);
    const ephemeral = params.ephemeral === true;
    const threadSource = params.threadSource ?? null;
    const originator = client.info.name;
    const thread = this.#options.agent.create({ settings, ephemeral, threadSource, originator });
    this.#options.audience.add(thread.id, client);
    afterAnswer(() => client.notify("thread/started", { thread: viewOfLoaded(thread) }));
    return opened(thread);
  };

  readonly resume: Serves<"thread/resume"> = async (params, { client, afterAnswer }) => {
    const id = readThreadId(params.threadId);
    const { agent } = this.#options;
    const thread = await asClient(agent.resume(id, this.#options.defaults(), this.#changes(params)));
    this.#options.audience.add(id, client);
    const stored = await storedOf(agent, id);
    const turns = stored?.turns ?? [];
    afterAnswer(() => {
      this.#tellUsage(client, thread, turns);
      client.notify("thread/goal/cleared", { threadId: id });
    });
    return {
      ...opened(thread, params.excludeTurns === true ? [] : turns),
      collaborationMode: null,
      initialTurnsPage: null,
      turnsBackwardsCursor: null,
      itemsBackwardsCursor: null,
    };
  };

  readonly fork: Serves<"thread/fork"> = async (params, { client, afterAnswer }) => {
    const { agent } = this.#options;
    const thread = await asClient(
      agent.fork(readThreadId(params.threadId), this.#options.defaults(), this.#changes(params), client.info.name),
    );
    this.#options.audience.add(thread.id, client);
    const turns = (await storedOf(agent, thread.id))?.turns ?? [];
    afterAnswer(() => {
      this.#tellUsage(client, thread, turns);
      client.notify("thread/started", { thread: viewOfLoaded(thread) });
    });
    return opened(thread, params.excludeTurns === true ? [] : turns);
  };

  readonly list: Serves<"thread/list"> = async (params) => {
    const { agent } = this.#options;
    const page = await agent.store.list({
      limit: Math.min(params.limit ?? DEFAULT_PAGE, MAX_PAGE),
      cursor: params.cursor ?? null,
      archived: params.archived === true,
      accept: (thread) => isAsked(thread, params),
    });
    const loaded = page.threads.map((stored) => [stored, agent.loaded(stored.meta.id)] as const);
    return {
      data: loaded.map(([stored, thread]) =>
        thread === undefined ? viewOfStored(stored) : { ...viewOfLoaded(thread), canAcceptDirectInput: null },
      ),
      readStates: Object.fromEntries(
        loaded.flatMap(([stored, thread]) => (thread === undefined ? [] : [[stored.meta.id, thread.readState]])),
      ),
      nextCursor: page.nextCursor,
      backwardsCursor: page.threads[0] === undefined ? null : new Date(page.threads[0].meta.createdAtMs).toISOString(),
    };
  };

  readonly read: Serves<"thread/read"> = async (params) => {
    const id = readThreadId(params.threadId);
    const { agent } = this.#options;
    const thread = agent.loaded(id);
    const wantsTurns = params.includeTurns === true;
    const stored = thread !== undefined && !wantsTurns ? null : await storedOf(agent, id);
    const turns = wantsTurns ? (stored?.turns ?? []) : [];
    if (thread !== undefined) return { thread: viewOfLoaded(thread, turns), readState: thread.readState };
    if (stored === null) throw invalidRequest(`thread not loaded: ${id}`);
    return { thread: viewOfStored(stored, turns), readState: null };
  };

  readonly archive: Serves<"thread/archive"> = async (params, { client, afterAnswer }) => {
    const id = readThreadId(params.threadId);
    const { agent } = this.#options;
    const path = await agent.store.find(id);
    if (path === null) throw invalidRequest(`no rollout found for thread id ${id}`);
    await agent.unload(id);
    await agent.store.archive(path);
    afterAnswer(() => client.notify("thread/archived", { threadId: id }));
    return {};
  };

  readonly setName: Serves<"thread/name/set"> = async (params) => {
    const id = readThreadId(params.threadId);
    const { agent } = this.#options;
    const name = params.name.trim();
    if (name === "") throw invalidRequest("thread name must not be empty");
    const loaded = agent.loaded(id);
    const thread = loaded ?? (await asClient(agent.resume(id, this.#options.defaults(), {})));
    thread.rename(name);
    if (loaded === undefined) await agent.unload(id);
    return {};
  };

  readonly unsubscribe: Serves<"thread/unsubscribe"> = (params, { client, afterAnswer }) => {
    const id = readThreadId(params.threadId);
    const { agent } = this.#options;
    if (agent.loaded(id) === undefined) return { status: "notLoaded" };
    if (!this.#options.audience.remove(id, client)) return { status: "notSubscribed" };
    if (this.#options.audience.of(id).length === 0)
      afterAnswer(() => {
        void agent.unload(id);
        client.notify("thread/status/changed", { threadId: id, status: { type: "notLoaded" } });
      });
    return { status: "unsubscribed" };
  };

  readonly listLoaded: Serves<"thread/loaded/list"> = (params) => {
    const ids = this.#options.agent.loadedIds.toSorted();
    const from = params.cursor == null ? 0 : ids.findIndex((id) => id > (params.cursor ?? ""));
    const rest = from === -1 ? [] : ids.slice(from);
    const data = rest.slice(0, params.limit ?? rest.length);
    return { data, nextCursor: data.length < rest.length ? (data.at(-1) ?? null) : null };
  };

  readonly startTurn: Serves<"turn/start"> = (params) => {
    const thread = this.#thread(params.threadId);
    const outputSchema = isJsonObject(params.outputSchema) ? params.outputSchema : null;
    return { turn: thread.startTurn(userInput(params.input), turnChanges(params), { outputSchema }).view as never };
  };

  readonly steer: Serves<"turn/steer"> = (params) => {
    const thread = this.#thread(params.threadId);
    return { turnId: thread.steer(params.expectedTurnId, userInput(params.input)).id };
  };

  readonly interrupt: Serves<"turn/interrupt"> = (params) => {
    const thread = this.#thread(params.threadId);
    void thread.interrupt(params.turnId);
    return {};
  };

  /** The thread that a turn is asked of. */
  #thread(given: string): AgentThread {
    const id = readThreadId(given);
    const thread = this.#options.agent.loaded(id);
    if (thread === undefined) throw invalidRequest(`thread not found: ${id}`);
    return thread;
  }

  #changes(params: ThreadForkParams | ThreadResumeParams): Partial<ThreadSettings> {
    const changes = threadChanges(params, this.#options.sandboxOfMode);
    if (changes.modelProvider !== undefined) this.#options.checkProvider(changes.modelProvider);
    return changes;
  }

  #tellUsage(client: Client, { id, usage }: AgentThread, turns: readonly TurnView[]): void {
    const turnId = turns.at(-1)?.id;
    if (turnId !== undefined) client.notify("thread/tokenUsage/updated", { threadId: id, turnId, tokenUsage: usage });
  }
}

/** A thread that is not there is the client's mistake. */
async function asClient<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isPlanportError(error) && error.code === "not_found" ? invalidRequest(error.message) : error;
  }
}

async function storedOf(agent: Agent, id: string): Promise<StoredThread | null> {
  try {
    return await agent.read(id);
  } catch (error) {
    if (isPlanportError(error) && error.code === "not_found") return null;
    throw error;
  }
}

function isAsked({ meta, preview, name }: StoredThread, params: ThreadListParams): boolean {
  const { modelProviders, cwd, excludedThreadIds, searchTerm } = params;
  const folders = cwd == null ? [] : [cwd].flat();
  const text = `${name ?? ""}\n${preview}`.toLowerCase();
  return (
    (modelProviders == null || modelProviders.length === 0 || modelProviders.includes(meta.modelProvider)) &&
    (folders.length === 0 || folders.includes(meta.cwd)) &&
    excludedThreadIds?.includes(meta.id) !== true &&
    (searchTerm == null || text.includes(searchTerm.toLowerCase()))
  );
}
