/**
 * A turn: asks the model, runs what it calls, and asks again until it calls nothing more.
 * @module
 */
import { setImmediate as nextRound } from "node:timers/promises";
import type { JsonObject } from "../../protocol/json.ts";
import type { Item } from "../../protocol/responses/item.ts";
import { usageFromHeaders } from "../../upstream/rate-limits.ts";
import type { ThreadTokenUsage, TurnError, TurnView } from "../events.ts";
import type { AgentHost } from "../host.ts";
import { uuidv7 } from "../ids.ts";
import type { AgentMessageItem, ThreadItem, UserInput } from "../items.ts";
import type { ModelFailure } from "../model/failure.ts";
import { type ModelCaller, sample } from "../model/sampling.ts";
import type { ThreadSettings, TurnSettings } from "../settings.ts";
import type { Toolbox } from "../tools/types.ts";
import { AnswerItems } from "./answer-items.ts";
import { readImages } from "./images.ts";
import { buildRequest, contextWindowOf, usableWindow, userMessage } from "./request.ts";
import { TurnScope } from "./scope.ts";
import { ToolRunner } from "./tool-runner.ts";
import { addUsage, countsOf, fullWindow } from "./usage.ts";

/** What a turn asks of its thread, which keeps everything. */
export interface TurnThread {
  readonly id: string;
  readonly settings: ThreadSettings;
  /** The conversation as the model knows it. */
  readonly history: readonly Item[];
  usage: ThreadTokenUsage;
  remember(items: readonly Item[]): void;
  /** An item that people see is whole. */
  keep(item: ThreadItem, turnId: string): void;
  turnStarted(turn: TurnView): void;
  /** The turn is over; what it tells of that comes after this. */
  turnEnded(turn: TurnView): void;
  waiting(waits: boolean): void;
}

/** Options of {@link Turn}. */
export interface TurnOptions {
  readonly thread: TurnThread;
  readonly input: readonly UserInput[];
  readonly settings: TurnSettings;
  readonly caller: ModelCaller;
  readonly host: AgentHost;
  readonly toolbox: Toolbox;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The end of the turn before, which this one waits for: an interrupted turn still has its end to tell. */
  readonly after?: Promise<void> | undefined;
}

type TurnEnd =
  | { readonly status: "completed" | "interrupted" }
  | { readonly status: "failed"; readonly error: TurnError };

const INTERRUPTED: TurnEnd = { status: "interrupted" };

/** One turn. It begins to tell of itself only after the code that made it has had its say. */
export class Turn {
  readonly id: string;
  readonly done: Promise<void>;
  readonly #options: TurnOptions;
  readonly #scope: TurnScope;
  readonly #tools: ToolRunner;
  readonly #ending = new AbortController();
  readonly #startedAtMs: number;
  readonly #pending: UserInput[][] = [];
  /** Cuts the stream that runs now; null while none does. */
  #cut: AbortController | null = null;
  #calls = 0;
  #cancelled = false;
  #over = false;
  #turnState: string | null = null;
  #headers: Readonly<Record<string, string>> = {};
  #diff = "";
  #lastMessage: AgentMessageItem | null = null;

  constructor(options: TurnOptions) {
    const { thread, host, caller } = options;
    const { settings } = thread;
    this.id = uuidv7(caller.now());
    this.#options = options;
    this.#startedAtMs = caller.now();
    this.#scope = new TurnScope({
      threadId: thread.id,
      turnId: this.id,
      emit: (type, fields) => host.emit(type, fields),
      keep: (item) => thread.keep(item, this.id),
      now: caller.now,
    });
    this.#tools = new ToolRunner({
      ...options,
      scope: this.#scope,
      dynamicTools: settings.dynamicTools,
      cwd: settings.cwd,
      sandbox: settings.sandbox,
      approvalPolicy: settings.approvalPolicy,
      signal: this.#ending.signal,
      onWaiting: (waits) => thread.waiting(waits),
      onDiff: (diff) => this.#tellDiff(diff),
      onCancel: () => {
        this.#cancelled = true;
      },
    });
    this.done = this.#run();
  }

  /** The turn as it is told of when it was asked for. */
  get view(): TurnView {
    return this.#view("inProgress", null);
  }

  /** True when what is said now can still be a part of it. */
  get isSteerable(): boolean {
    return !this.#over && !this.#ending.signal.aborted;
  }

  /** Says more while it runs: the answer that streams is cut, and the model is asked again with this. */
  steer(input: readonly UserInput[]): void {
    this.#pending.push([...input]);
    // A call that runs is waited for: its result belongs to what was said before.
    if (this.#calls === 0) this.#cut?.abort();
  }

  /** Ends it as soon as can be. */
  interrupt(): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { thread, host, input, after } = this.#options;
    await nextRound();
    await after;
    const started = { ...this.#view("inProgress", null), startedAt: toSeconds(this.#startedAtMs) };
    thread.turnStarted(started);
    host.emit("turn/started", { threadId: thread.id, turn: started });
    let end: TurnEnd = INTERRUPTED;
    try {
      await othersFirst();
      await this.#take([...input]);
      end = await this.#loop();
    } catch (error) {
      if (!this.#ending.signal.aborted) end = { status: "failed", error: internalError(error) };
    }
    this.#over = true;
    await this.#finish(end);
  }

  async #loop(): Promise<TurnEnd> {
    for (;;) {
      const failure = await this.#ask();
      if (failure !== null) return { status: "failed", error: errorOf(failure) };
      if (this.#cancelled || this.#ending.signal.aborted) return INTERRUPTED;
      const calls = this.#calls;
      this.#calls = 0;
      const isSteered = this.#pending.length > 0;
      // More may come while one is taken in: the model is asked once, with all of it.
      for (let input = this.#pending.shift(); input !== undefined; input = this.#pending.shift())
        await this.#take(input);
      if (calls === 0 && !isSteered) return { status: "completed" };
    }
  }

  /** Takes in what a person said. */
  async #take(input: UserInput[]): Promise<void> {
    const nowMs = this.#scope.now();
    const images = await readImages(input);
    this.#options.thread.remember([userMessage(input, images, nowMs)]);
    const item: ThreadItem = {
      type: "userMessage",
      id: this.#scope.newId(),
      clientId: null,
      content: input.map(asTold),
      startedAtMs: nowMs,
      completedAtMs: nowMs,
    };
    this.#scope.started({ ...item, completedAtMs: null });
    await othersFirst();
    this.#scope.completed(item);
  }

  /** One answer of the model and the results of its calls; null when it is whole, or was cut for something that a person said. */
  async #ask(): Promise<ModelFailure | null> {
    const { thread, caller, settings, toolbox } = this.#options;
    const cut = new AbortController();
    this.#cut = cut;
    const signal = AbortSignal.any([this.#ending.signal, cut.signal]);
    let items = this.#newAnswer();
    try {
      return await sample(caller, {
        threadId: thread.id,
        promptMode: thread.settings.baseInstructions === null ? "merge_custom" : "passthrough",
        signal,
        turnState: () => this.#turnState,
        buildRequest: () => buildRequest(thread.settings, thread.history, toolbox, settings.outputSchema),
        onHead: (headers) => {
          items = this.#newAnswer();
          this.#headers = headers;
          this.#turnState = headers["x-codex-turn-state"] ?? this.#turnState;
        },
        onEvent: (event) => items.onEvent(event),
        onStreamEnd: (response) => this.#onStreamEnd(response),
        onLimits: (headers) => this.#tellLimits(headers),
        onRetry: (failure, tries, max) => this.#tellRetry(failure, tries, max),
      });
    } catch (error) {
      if (!cut.signal.aborted || this.#ending.signal.aborted) throw error;
      return null;
    } finally {
      this.#cut = null;
    }
  }

  #newAnswer(): AnswerItems {
    return new AnswerItems(this.#scope, {
      onOutput: (item) => {
        this.#options.thread.remember([item]);
        if (this.#tools.take(item)) this.#calls++;
      },
      onMessage: (item) => {
        this.#lastMessage = item;
      },
    });
  }

  async #onStreamEnd(response: JsonObject | null): Promise<void> {
    const { thread } = this.#options;
    const { outputs } = await this.#tools.settle();
    thread.remember(outputs);
    if (response !== null) {
      thread.usage = addUsage(thread.usage, countsOf(response), await this.#contextWindow());
      this.#tellUsage();
    }
    this.#tellLimits(this.#headers);
    if (this.#diff !== "") this.#scope.emit("turn/diff/updated", { diff: this.#diff });
  }

  async #contextWindow(): Promise<number | null> {
    const { caller, thread } = this.#options;
    if (caller.contextWindow !== undefined) return usableWindow(caller.contextWindow);
    try {
      const { signal } = this.#ending;
      const grant = caller.provider.settings.usesSignIn ? await caller.auth.get(signal) : null;
      return contextWindowOf(await caller.provider.findModel(thread.settings.model, grant, signal));
    } catch {
      return thread.usage.modelContextWindow; // Only told along: no reason for a turn to fail.
    }
  }

  async #finish(end: TurnEnd): Promise<void> {
    const { thread, host, toolbox } = this.#options;
    const { outputs } = await this.#tools.settle();
    thread.remember(outputs);
    toolbox.turnEnded(this.id);
    if (end.status === "failed" && end.error.codexErrorInfo === "contextWindowExceeded") await this.#tellFullWindow();
    const error = end.status === "failed" ? end.error : null;
    const completedAtMs = this.#scope.now();
    const turn: TurnView = {
      ...this.#view(end.status, error),
      ...(end.status === "completed" && {
        items: this.#lastMessage === null ? [] : [this.#lastMessage],
        itemsView: "summary",
      }),
      startedAt: toSeconds(this.#startedAtMs),
      completedAt: toSeconds(completedAtMs),
      durationMs: completedAtMs - this.#startedAtMs,
    };
    thread.turnEnded(turn);
    host.emit("turn/completed", { threadId: thread.id, turn });
  }

  async #tellFullWindow(): Promise<void> {
    const { thread } = this.#options;
    const window = await this.#contextWindow();
    if (window === null) return;
    thread.usage = fullWindow(thread.usage, window);
    this.#tellUsage();
    this.#tellLimits(this.#headers);
  }

  #tellUsage(): void {
    this.#scope.emit("thread/tokenUsage/updated", { tokenUsage: this.#options.thread.usage });
  }

  #tellLimits(headers: Readonly<Record<string, string>>): void {
    const limits = usageFromHeaders(headers);
    this.#options.host.emit("account/rateLimits/updated", { threadId: this.#options.thread.id, limits });
  }

  #tellDiff(diff: string): void {
    this.#diff = diff;
    this.#scope.emit("turn/diff/updated", { diff });
  }

  #tellRetry({ message, retry }: ModelFailure, tries: number, max: number | null): void {
    const error: TurnError = {
      message: max === null ? "Reconnecting... waiting for network" : `Reconnecting... ${tries}/${max}`,
      codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: retry?.httpStatusCode ?? null } },
      additionalDetails: message,
      misalignment: null,
    };
    this.#scope.emit("error", { error, willRetry: true });
  }

  #view(status: TurnView["status"], error: TurnError | null): TurnView {
    return {
      id: this.id,
      rootTurnId: this.id,
      status,
      items: [],
      itemsView: "notLoaded",
      error,
      startedAt: null,
      completedAt: null,
      durationMs: null,
    };
  }
}

/** Turns that were asked for together begin together: what has come in meanwhile is looked at before this one goes on. */
async function othersFirst(): Promise<void> {
  for (let round = 0; round < 4; round++) await nextRound();
}

function errorOf({ message, info }: ModelFailure): TurnError {
  return { message, codexErrorInfo: info, additionalDetails: null, misalignment: null };
}

function internalError(error: unknown): TurnError {
  const message = error instanceof Error ? error.message : String(error);
  return { message, codexErrorInfo: "other", additionalDetails: null, misalignment: null };
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** A piece of what a person said, with the fields that Codex tells of it. */
function asTold(part: UserInput): UserInput {
  if (part.type === "text") return { text_elements: [], ...part };
  return part.type === "image" || part.type === "localImage" ? { detail: null, ...part } : part;
}
