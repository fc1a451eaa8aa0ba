/**
 * A plan as the events of a Responses stream, one after the other and only when asked for.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { draw, factsOf } from "../image/draw.ts";
import type { PlannedCall } from "../model/calls.ts";
import type { PlannedImage } from "../model/image.ts";
import type { Plan, PlannedReasoning } from "../model/think.ts";
import type { Random } from "../random.ts";
import type { Frame } from "../script/play.ts";
import type { Seal } from "./seal.ts";

/** What the events of one answer share. */
export interface AnswerFacts {
  readonly responseId: string;
  /** The response object without `status` and `usage`. */
  readonly response: JsonObject;
  readonly usage: JsonObject;
  /** `tool_usage`, or nothing. */
  readonly toolUsage: JsonObject;
  readonly random: Random;
  readonly seal: Seal;
  /** Gets each finished output item. */
  readonly onItem: (item: JsonObject) => void;
}

const PIECE = /\s*\S{1,16}(?:\s+$)?/gu;

/** Cuts text into the pieces that are streamed: words, long ones in parts. Joined they give the text. */
export function piecesOf(text: string): string[] {
  return text.match(PIECE) ?? (text === "" ? [] : [text]);
}

/** All events of an answer. */
export function* answerFrames(plan: Plan, facts: AnswerFacts): Generator<Frame> {
  const writer = new FrameWriter(facts);
  yield writer.lifecycle("response.created", { ...facts.response, status: "in_progress", usage: null });
  yield writer.lifecycle("response.in_progress", { ...facts.response, status: "in_progress", usage: null });
  if (plan.reasoning !== null) yield* writer.reasoning(plan.reasoning);
  for (const item of plan.items) {
    if (item.kind === "message") yield* writer.message(item.text);
    else if (item.kind === "compaction") yield* writer.compaction(item.summary);
    else if (item.kind === "image") yield* writer.image(item);
    else yield* writer.call(item);
  }
  // `output` stays empty, as the real backend leaves it: only `response.output_item.done` carries content.
  yield writer.lifecycle("response.completed", {
    ...facts.response,
    status: "completed",
    completed_at: facts.response["created_at"],
    usage: facts.usage,
    ...facts.toolUsage,
  });
}

/** The terminal event of an answer that fails. Its number continues after `written` events. */
export function failureFrame(facts: AnswerFacts, fields: JsonObject, written: number): Frame {
  const type = fields["status"] === "incomplete" ? "response.incomplete" : "response.failed";
  const response = { ...facts.response, usage: null, ...fields };
  if (fields["error"] === null) delete (response as JsonObject)["error"];
  return { type, json: JSON.stringify({ type, sequence_number: written, response }) };
}

class FrameWriter {
  readonly #facts: AnswerFacts;
  #sequence = 0;
  #index = 0;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  lifecycle(type: string, response: JsonObject): Frame {
    return this.#frame(type, { response });
  }

  *message(text: string): Generator<Frame> {
    const id = this.#facts.random.hex("msg_", 24);
    const place = { item_id: id, output_index: this.#index, content_index: 0 };
    const empty = { type: "output_text", annotations: [], logprobs: [], text: "" };
    const item = { id, type: "message", role: "assistant" };
    yield this.#added({ ...item, status: "in_progress", content: [] });
    yield this.#frame("response.content_part.added", { ...place, part: empty });
    yield* this.#deltas("response.output_text.delta", `"content_index":0,"logprobs":[],`, id, text);
    const part = { ...empty, text };
    yield this.#frame("response.output_text.done", { ...place, logprobs: [], text });
    yield this.#frame("response.content_part.done", { ...place, part });
    yield this.#done({ ...item, status: "completed", content: [part] });
  }

  *reasoning(planned: PlannedReasoning): Generator<Frame> {
    const { random, seal } = this.#facts;
    const id = random.hex("rs_", 24);
    const { hidden } = planned;
    const sealed = hidden === null ? {} : { encrypted_content: seal.close({ kind: "reasoning", id, thought: hidden }) };
    yield this.#added({ id, type: "reasoning", summary: [], ...sealed });
    for (const [summaryIndex, text] of planned.summary.entries()) {
      const place = { item_id: id, output_index: this.#index, summary_index: summaryIndex };
      yield this.#frame("response.reasoning_summary_part.added", {
        ...place,
        part: { type: "summary_text", text: "" },
      });
      yield* this.#deltas("response.reasoning_summary_text.delta", `"summary_index":${summaryIndex},`, id, text);
      yield this.#frame("response.reasoning_summary_text.done", { ...place, text });
      yield this.#frame("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } });
    }
    const summary = planned.summary.map((text) => ({ type: "summary_text", text }));
    yield this.#done({ id, type: "reasoning", summary, ...sealed });
  }

  *call(planned: PlannedCall): Generator<Frame> {
    const custom = planned.kind === "custom_tool_call";
    const id = this.#facts.random.hex(custom ? "ctc_" : "fc_", 24);
    const field = custom ? "input" : "arguments";
    const item = {
      id,
      type: planned.kind,
      call_id: this.#facts.random.hex("call_", 12),
      name: planned.name,
      ...(planned.namespace === null ? {} : { namespace: planned.namespace }),
    };
    const event = custom ? "response.custom_tool_call_input" : "response.function_call_arguments";
    yield this.#added({ ...item, status: "in_progress", [field]: "" });
    yield* this.#deltas(`${event}.delta`, "", id, planned.input);
    yield this.#frame(`${event}.done`, { item_id: id, output_index: this.#index, [field]: planned.input });
    yield this.#done({ ...item, status: "completed", [field]: planned.input });
  }

  *image({ drawing, partials }: PlannedImage): Generator<Frame> {
    const id = this.#facts.random.hex("ig_", 24);
    const place = { item_id: id, output_index: this.#index };
    const item = { id, type: "image_generation_call" };
    const facts = factsOf(drawing);
    yield this.#added({ ...item, status: "in_progress" });
    yield this.#frame("response.image_generation_call.in_progress", place);
    yield this.#frame("response.image_generation_call.generating", place);
    for (let step = 0; step < partials; step += 1)
      yield this.#frame("response.image_generation_call.partial_image", {
        ...place,
        partial_image_index: step,
        partial_image_b64: draw(drawing, 0, step),
        ...facts,
      });
    const result = draw(drawing, 0, null);
    yield this.#done({ ...item, status: "completed", ...facts, revised_prompt: drawing.prompt, result });
  }

  *compaction(summary: string): Generator<Frame> {
    const { random, seal } = this.#facts;
    const id = random.hex("cmp_", 24);
    const item = { id, type: "compaction", encrypted_content: seal.close({ kind: "compaction", id, summary }) };
    yield this.#added(item);
    yield this.#done(item);
  }

  #added(item: JsonObject): Frame {
    return this.#frame("response.output_item.added", { output_index: this.#index, item });
  }

  #done(item: JsonObject): Frame {
    this.#facts.onItem(item);
    const frame = this.#frame("response.output_item.done", { output_index: this.#index, item });
    this.#index += 1;
    return frame;
  }

  #frame(type: string, fields: JsonObject): Frame {
    return { type, json: JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }) };
  }

  /** The hot path: all but the piece and the number is made once. */
  *#deltas(type: string, extra: string, itemId: string, text: string): Generator<Frame> {
    const head = `{"type":"${type}","item_id":"${itemId}","output_index":${this.#index},${extra}"delta":`;
    for (const piece of piecesOf(text))
      yield { type, json: `${head}${JSON.stringify(piece)},"sequence_number":${this.#sequence++}}` };
  }
}
