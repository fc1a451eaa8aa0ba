/**
 * A thread that is loaded: its conversation, its settings, the turn that runs, and its file.
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { ReadState, ThreadStatus, ThreadTokenUsage, TurnView } from "../events.ts";
import type { AgentHost } from "../host.ts";
import { uuidv7 } from "../ids.ts";
import type { ThreadItem, UserInput } from "../items.ts";
import type { ModelCaller } from "../model/sampling.ts";
import type { ThreadSettings, TurnSettings } from "../settings.ts";
import type { CreateToolbox, Toolbox } from "../tools/types.ts";
import { openingItems } from "../turn/request.ts";
import { Turn, type TurnThread } from "../turn/turn.ts";
import { type RolloutWriter, rolloutTexts } from "./rollout.ts";
import { toStoredItem } from "./stored-items.ts";
import { toTurnContext } from "./stored-policy.ts";
import { previewOf, type ThreadMeta, toStoredUsage } from "./stored-thread.ts";

/** What a thread begins with. */
export interface ThreadStart {
  readonly meta: ThreadMeta;
  readonly settings: ThreadSettings;
  readonly name: string | null;
  readonly preview: string;
  readonly updatedAtMs: number;
  readonly history: readonly Item[];
  readonly usage: ThreadTokenUsage;
  readonly lastTurnId: string | null;
  /** Its file exists and begins with what the thread is. */
  readonly isStored: boolean;
}

/** What a thread works with. */
export interface ThreadWorld {
  readonly host: AgentHost;
  readonly callerOf: (modelProvider: string) => ModelCaller;
  readonly createToolbox: CreateToolbox;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One thread. */
export class AgentThread implements TurnThread {
  readonly meta: ThreadMeta;
  /** Null: it is kept nowhere. */
  readonly path: string | null;
  usage: ThreadTokenUsage;
  readonly #world: ThreadWorld;
  readonly #writer: RolloutWriter | null;
  readonly #toolbox: Toolbox;
  readonly #history: Item[];
  #settings: ThreadSettings;
  #status: ThreadStatus = { type: "idle" };
  #isStored: boolean;
  #name: string | null;
  #preview: string;
  #updatedAtMs: number;
  #turn: Turn | null = null;
  #readState: ReadState;

  constructor(start: ThreadStart, writer: RolloutWriter | null, world: ThreadWorld) {
    this.meta = start.meta;
    this.path = writer?.path ?? null;
    this.usage = start.usage;
    this.#world = world;
    this.#writer = writer;
    this.#history = [...start.history];
    this.#settings = start.settings;
    this.#isStored = start.isStored;
    this.#name = start.name;
    this.#preview = start.preview;
    this.#updatedAtMs = start.updatedAtMs;
    this.#readState = { firstUnread: unread(start.lastTurnId), revision: uuidv7(world.now()) };
    this.#toolbox = world.createToolbox({ threadId: start.meta.id, cwd: start.settings.cwd });
  }

  get id(): string {
    return this.meta.id;
  }

  get settings(): ThreadSettings {
    return this.#settings;
  }

  get history(): readonly Item[] {
    return this.#history;
  }

  get status(): ThreadStatus {
    return this.#status;
  }

  get name(): string | null {
    return this.#name;
  }

  get preview(): string {
    return this.#preview;
  }

  get updatedAtMs(): number {
    return this.#updatedAtMs;
  }

  get readState(): ReadState {
    return this.#readState;
  }

  /** The turn that runs; null while none does. */
  get turn(): Turn | null {
    return this.#turn;
  }

  /**
   * Starts a turn; on one that runs already, what is said joins that.
   * @param changes Settings for this turn and those that follow.
   */
  startTurn(input: readonly UserInput[], changes: Partial<ThreadSettings>, turnSettings: TurnSettings): Turn {
    if (this.#turn?.isSteerable === true) {
      this.#turn.steer(input);
      return this.#turn;
    }
    this.#settings = { ...this.#settings, ...changes };
    if (this.#preview === "") this.#preview = previewOf(input);
    const { host, env, callerOf } = this.#world;
    this.#turn = new Turn({
      thread: this,
      input,
      settings: turnSettings,
      caller: callerOf(this.#settings.modelProvider),
      host,
      toolbox: this.#toolbox,
      env,
      after: this.#turn?.done,
    });
    return this.#turn;
  }

  /**
   * Says more to the turn that runs.
   * @throws {RequestError} `request_invalid` when no turn or another one runs.
   */
  steer(turnId: string, input: readonly UserInput[]): Turn {
    const turn = this.#running("no active turn to steer", turnId, "`");
    turn.steer(input);
    return turn;
  }

  /**
   * Ends the turn that runs; resolves when its last event was told.
   * @throws {RequestError} `request_invalid` when no turn or another one runs.
   */
  interrupt(turnId: string): Promise<void> {
    const turn = this.#running("no active turn to interrupt", turnId);
    turn.interrupt();
    return turn.done;
  }

  /** Gives it a name for people. */
  rename(name: string | null): void {
    this.#store();
    this.#name = name;
    this.#writer?.write("event_msg", { type: "thread_name_updated", thread_id: this.id, thread_name: name });
    this.#world.host.emit("thread/name/updated", { threadId: this.id, threadName: name });
  }

  /** Writes down what a fork goes on from. */
  async copyConversation(from: string): Promise<void> {
    this.#store();
    for await (const text of rolloutTexts(from))
      if (!/^\{[^{]*"type":"session_meta"/.test(text)) this.#writer?.writeLine(text);
  }

  /** Ends what runs and closes the file. */
  async close(): Promise<void> {
    this.#turn?.interrupt();
    await this.#turn?.done;
    await this.#toolbox.close();
    this.#writer?.close();
  }

  remember(items: readonly Item[]): void {
    for (const item of items) {
      this.#history.push(item);
      this.#writer?.write("response_item", item);
    }
  }

  keep(item: ThreadItem, turnId: string): void {
    this.#event("item_completed", turnId, {
      item: toStoredItem(item),
      started_at_ms: item.startedAtMs,
      completed_at_ms: item.completedAtMs,
    });
  }

  turnStarted(turn: TurnView): void {
    this.#store();
    this.#touch();
    this.#event("task_started", turn.id, { started_at: turn.startedAt, root_turn_id: turn.rootTurnId });
    this.#writer?.write("turn_context", toTurnContext(this.#settings, turn.id));
    this.#setStatus({ type: "active", activeFlags: [] });
    if (this.#history.length === 0) this.remember(openingItems(this.#settings, this.#world.now()));
  }

  turnEnded(turn: TurnView): void {
    // Another one may have been asked for since this one was interrupted.
    if (this.#turn?.id === turn.id) this.#turn = null;
    this.#touch();
    if (turn.status !== "interrupted") this.#event("token_count", turn.id, { info: toStoredUsage(this.usage) });
    if (turn.error !== null)
      this.#event("error", turn.id, { message: turn.error.message, codex_error_info: turn.error.codexErrorInfo });
    const type = turn.status === "interrupted" ? "turn_aborted" : "task_complete";
    this.#event(type, turn.id, { completed_at: turn.completedAt, duration_ms: turn.durationMs });
    this.#tellEnd(turn);
  }

  waiting(waits: boolean): void {
    this.#setStatus({ type: "active", activeFlags: waits ? ["waitingOnApproval"] : [] });
  }

  /** In the order in which Codex tells it. */
  #tellEnd(turn: TurnView): void {
    const { host } = this.#world;
    if (turn.status === "completed") this.#markUnread(turn.id);
    this.#setStatus(turn.status === "failed" ? { type: "systemError" } : { type: "idle" });
    if (turn.error === null) return;
    host.emit("error", { threadId: this.id, turnId: turn.id, error: turn.error, willRetry: false });
    this.#markUnread(turn.id);
  }

  #markUnread(turnId: string): void {
    const { host, now } = this.#world;
    this.#readState = { firstUnread: this.#readState.firstUnread ?? unread(turnId), revision: uuidv7(now()) };
    host.emit("thread/readState/changed", { threadId: this.id, readState: this.#readState });
  }

  #running(none: string, turnId: string, quote = ""): Turn {
    const turn = this.#turn;
    if (turn === null || !turn.isSteerable) throw invalid(none);
    if (turn.id !== turnId)
      throw invalid(`expected active turn id ${quote}${turnId}${quote} but found ${quote}${turn.id}${quote}`);
    return turn;
  }

  #setStatus(status: ThreadStatus): void {
    this.#status = status;
    this.#world.host.emit("thread/status/changed", { threadId: this.id, status });
  }

  #event(type: string, turnId: string, fields: Readonly<Record<string, unknown>>): void {
    this.#writer?.write("event_msg", { type, thread_id: this.id, turn_id: turnId, ...fields });
  }

  #touch(): void {
    this.#updatedAtMs = this.#world.now();
  }

  /** A thread is stored when there is something to store. */
  #store(): void {
    if (this.#isStored) return;
    this.#isStored = true;
    const { meta } = this;
    this.#writer?.write("session_meta", {
      id: meta.id,
      session_id: meta.sessionId,
      ...(meta.forkedFromId !== null && { forked_from_id: meta.forkedFromId }),
      timestamp: new Date(meta.createdAtMs).toISOString(),
      cwd: meta.cwd,
      originator: meta.originator,
      cli_version: meta.cliVersion,
      source: meta.source,
      thread_source: meta.threadSource,
      model_provider: meta.modelProvider,
      dynamic_tools: meta.dynamicTools,
      ...(meta.baseInstructions !== null && { base_instructions: { text: meta.baseInstructions, custom: true } }),
      ...(meta.developerInstructions !== null && { developer_instructions: meta.developerInstructions }),
    });
  }
}

function unread(turnId: string | null): ReadState["firstUnread"] {
  return turnId === null ? null : { type: "turn", turnId };
}

function invalid(message: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", message);
}
