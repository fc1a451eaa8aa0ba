/**
 * The commands of a thread that may still run.
 * @module
 */
import type { CommandExecutionItem } from "../../items.ts";
import type { ToolContext } from "../types.ts";
import type { RunningCommand } from "./process.ts";

/** A command and the item that tells of it. */
export interface Session {
  /** By which the model names it. */
  readonly id: number;
  readonly turnId: string;
  readonly command: RunningCommand;
  readonly item: CommandExecutionItem;
  readonly context: ToolContext;
  readonly startedAtMs: number;
}

/** More at once are an error of the model's. */
const MAX_RUNNING = 32;

/** Keeps them until their turn ends. */
export class Sessions {
  readonly #sessions = new Map<number, Session>();
  readonly #dying = new Set<Promise<void>>();
  #lastId = 0;

  /** True when no more may be started. */
  get full(): boolean {
    return this.running().length >= MAX_RUNNING;
  }

  add(session: Omit<Session, "id">): Session {
    const added = { ...session, id: ++this.#lastId };
    this.#sessions.set(added.id, added);
    return added;
  }

  get(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  running(): Session[] {
    return [...this.#sessions.values()].filter(({ command }) => command.end === null);
  }

  /** Kills what the turn started, and what that left behind; null: of all turns. */
  endTurn(turnId: string | null): void {
    const ended = [...this.#sessions.values()].filter((session) => turnId === null || session.turnId === turnId);
    for (const { id, item, context, command, startedAtMs } of ended) {
      // Of a turn that was interrupted nothing more is told.
      if (item.status === "inProgress" && !context.signal.aborted)
        completeItem(item, context, { command, startedAtMs, failed: true });
      this.#sessions.delete(id);
      const killed: Promise<void> = command.kill().finally(() => this.#dying.delete(killed));
      this.#dying.add(killed);
    }
  }

  /** Kills all that was started, and resolves when it is dead. */
  async close(): Promise<void> {
    this.endTurn(null);
    await Promise.all(this.#dying);
  }
}

/** Ends an item by what came of its command. */
export function completeItem(
  item: CommandExecutionItem,
  context: ToolContext,
  {
    command,
    startedAtMs,
    failed,
  }: { readonly command: RunningCommand; readonly startedAtMs: number; readonly failed: boolean },
): void {
  const { end } = command;
  const output = command.output.toString();
  item.aggregatedOutput = output === "" ? null : output;
  item.exitCode = end?.exitCode ?? null;
  item.durationMs = context.now() - startedAtMs;
  item.status = failed || end?.exitCode !== 0 ? "failed" : "completed";
  context.completed(item);
}
