/**
 * Effects that come before an answer begins.
 * @module
 */
import type { Effect, HttpEffect } from "./effect.ts";
import { hang, sleep } from "./wait.ts";

/** Where in an answer a call is. */
export interface HeadOptions {
  readonly effects: readonly Effect[];
  readonly signal: AbortSignal;
  /** The answer is a stream, so that effects with `afterEvents` wait for it. */
  readonly streams: boolean;
}

/** What to do in place of the usual answer; null: answer as usual. */
export type HeadOutcome = HttpEffect | "drop" | "malformed" | null;

/** Waits where the script says so and tells what is left to do. Rejects when `signal` is aborted. */
export async function meetHead(options: HeadOptions): Promise<HeadOutcome> {
  for (const effect of options.effects) {
    const atHead = !options.streams || !("afterEvents" in effect) || effect.afterEvents === undefined;
    if (effect.kind === "http") return effect;
    if (effect.kind === "delay") await sleep(effect.ms, options.signal);
    if (effect.kind === "stall" && atHead) await hang(options.signal);
    if (effect.kind === "drop" && atHead) return "drop";
    if (effect.kind === "malformed" && !options.streams) return "malformed";
  }
  return null;
}
