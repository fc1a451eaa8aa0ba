/**
 * Plays the events of one answer into a stream, with whatever the script wants done to it.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import type { Effect } from "./effect.ts";
import { hang, sleep } from "./wait.ts";

/** One event, ready to be written. */
export interface Frame {
  readonly type: string;
  readonly json: string;
}

/** Where frames go: an SSE answer or a WebSocket. */
export interface FrameSink {
  /** Writes one event. A returned promise is waited for: that is how a slow reader slows the stream. */
  write(frame: Frame): Promise<void> | undefined;
  /** Writes bytes that are not an event. */
  writeRaw(text: string): void;
  /** The last event was written. `cut`: the stream is to look as if it broke off here. */
  end(cut?: { readonly closeCode: number }): void;
  /** Destroys the socket. */
  drop(): void;
}

/** A stream to play. */
export interface Playback {
  readonly frames: Iterable<Frame>;
  readonly sink: FrameSink;
  readonly effects: readonly Effect[];
  /** Pause before each event, in milliseconds. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
  /** Builds the terminal event of a stream that fails: `response.failed` or `response.incomplete`. */
  readonly failure: (fields: JsonObject, written: number) => Frame;
}

/** How a stream ended: `completed` only when every frame went out. */
export type PlaybackEnd = "completed" | "failed" | "ended" | "dropped";

type CutEffect = Extract<Effect, { kind: "stall" | "drop" | "end" | "fail" | "inject" | "malformed" }>;

// Without a pause now and then a long answer would keep the process from noticing that its reader left.
const BREATHE_EVERY = 64;

/** Plays until the frames or the effects end the stream. Rejects when `signal` is aborted. */
export async function play(playback: Playback): Promise<PlaybackEnd> {
  const { sink, signal } = playback;
  const delayMs = playback.effects.find((effect) => effect.kind === "slow")?.delayMs ?? playback.delayMs;
  const cuts = playback.effects.filter(isCut).sort((a, b) => positionOf(a) - positionOf(b));
  let written = 0;
  for (const frame of playback.frames) {
    while (cuts[0] !== undefined && positionOf(cuts[0]) <= written) {
      const end = await apply(cuts.shift() as CutEffect, playback, written);
      if (end !== null) return end;
    }
    if (delayMs > 0) await sleep(delayMs, signal);
    else if (written % BREATHE_EVERY === BREATHE_EVERY - 1) await new Promise(setImmediate);
    if (signal.aborted) await hang(signal);
    const full = sink.write(frame);
    if (full !== undefined) await full;
    written += 1;
  }
  sink.end();
  return "completed";
}

function isCut(effect: Effect): effect is CutEffect {
  return ["stall", "drop", "end", "fail", "inject", "malformed"].includes(effect.kind);
}

function positionOf(cut: CutEffect): number {
  return cut.afterEvents ?? 2;
}

async function apply(cut: CutEffect, playback: Playback, written: number): Promise<PlaybackEnd | null> {
  const { sink } = playback;
  switch (cut.kind) {
    case "inject":
      await sink.write({ type: String(cut.event["type"]), json: JSON.stringify(cut.event) });
      return null;
    case "malformed":
      sink.writeRaw(cut.text ?? 'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n');
      return null;
    case "end":
      sink.end({ closeCode: cut.closeCode ?? 1000 });
      return "ended";
    case "fail":
      await sink.write(playback.failure(failureFields(cut), written));
      sink.end();
      return "failed";
    case "drop":
      // One turn of the loop lets what was written reach the wire first.
      await new Promise(setImmediate);
      sink.drop();
      return "dropped";
    case "stall":
    default:
      return await hang(playback.signal);
  }
}

function failureFields(cut: Extract<Effect, { kind: "fail" }>): JsonObject {
  if (cut.reason !== undefined) return { status: "incomplete", incomplete_details: { reason: cut.reason } };
  return {
    status: "failed",
    error: cut.error === undefined ? { code: "server_error", message: "Failed." } : cut.error,
  };
}
