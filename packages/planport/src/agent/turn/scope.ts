/**
 * What every part of a turn needs to tell of itself: events that bear the turn's ids, and items that are kept.
 * @module
 */
import type { AgentEventFields, EmitEvent } from "../events.ts";
import { uuidv7 } from "../ids.ts";
import type { ThreadItem } from "../items.ts";

/** Events that belong to a turn. */
type TurnEventType = {
  [T in keyof AgentEventFields]: AgentEventFields[T] extends { readonly turnId: string } ? T : never;
}[keyof AgentEventFields];

/** Options of {@link TurnScope}. */
export interface TurnScopeOptions {
  readonly threadId: string;
  readonly turnId: string;
  readonly emit: EmitEvent;
  /** Takes every item when it is whole. */
  readonly keep: (item: ThreadItem) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The voice of one turn. */
export class TurnScope {
  readonly threadId: string;
  readonly turnId: string;
  readonly now: () => number;
  readonly #options: TurnScopeOptions;

  constructor(options: TurnScopeOptions) {
    this.threadId = options.threadId;
    this.turnId = options.turnId;
    this.now = options.now;
    this.#options = options;
  }

  /** A new id for an item that came without one. */
  newId(): string {
    return uuidv7(this.now());
  }

  /** Tells an event of this turn. */
  emit<T extends TurnEventType>(type: T, fields: Omit<AgentEventFields[T], "threadId" | "turnId">): void {
    const { threadId, turnId } = this;
    this.#options.emit(type, { ...fields, threadId, turnId } as unknown as AgentEventFields[T]);
  }

  /** Announces an item. */
  started(item: ThreadItem): void {
    this.emit("item/started", { item: { ...item }, startedAtMs: item.startedAtMs });
  }

  /** Announces the end of an item and keeps it. Gives it with the time of its end. */
  completed(item: ThreadItem): ThreadItem {
    const completedAtMs = item.completedAtMs ?? this.now();
    const whole: ThreadItem = { ...item, completedAtMs };
    this.#options.keep(whole);
    this.emit("item/completed", { item: whole, completedAtMs, contentTokenCount: null });
    return whole;
  }
}
