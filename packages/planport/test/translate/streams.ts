import fc from "fast-check";

/** A generated answer: its events, and what a faithful reader makes of them. */
export interface GeneratedStream {
  events: { type: string; [key: string]: unknown }[];
  text: string;
  calls: { call_id: string; name: string; arguments: string; custom: boolean }[];
}

type Event = GeneratedStream["events"][number];

const pieces = fc.array(fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("é", "😀", "\n", '"', "\u2028")), {
  maxLength: 5,
});

const message = pieces.map((deltas) => ({ kind: "message" as const, deltas }));
const call = fc
  .record({ deltas: pieces, custom: fc.boolean(), streamed: fc.boolean() })
  .map((fields) => ({ kind: "call" as const, ...fields }));
const reasoning = pieces.map((deltas) => ({ kind: "reasoning" as const, deltas }));
const other = fc
  .constantFrom({ type: "image_generation_call", result: "/9j/4AAQ" }, { type: "web_search_call", action: {} })
  .map((item) => ({ kind: "other" as const, deltas: [] as string[], item }));
const unknown = fc.constant({ kind: "unknown" as const, deltas: [] as string[] });

/** Streams as the backend sends them, with the terminal event's `output` empty or not. */
export const generatedStream: fc.Arbitrary<GeneratedStream> = fc
  .record({
    items: fc.array(fc.oneof(message, call, reasoning, other, unknown), { maxLength: 5 }),
    emptyOutput: fc.boolean(),
    named: fc.constantFrom("both", "index", "id"),
    streamText: fc.boolean(),
  })
  .map(({ items, emptyOutput, named, streamText }) => {
    const events: Event[] = [
      { type: "response.created", response: { id: "resp_1", status: "in_progress", model: "m" } },
    ];
    const output: object[] = [];
    const stream: GeneratedStream = { events, text: "", calls: [] };
    items.forEach((spec, index) => {
      const where = {
        ...(named === "id" ? {} : { output_index: index }),
        ...(named === "index" ? {} : { item_id: `item_${index}` }),
      };
      const at = named === "id" ? {} : { output_index: index };
      const full = spec.deltas.join("");
      const add = (empty: object, done: object, deltaType: string, streamed: boolean): void => {
        events.push({ type: "response.output_item.added", ...at, item: { id: `item_${index}`, ...empty } });
        if (streamed) for (const delta of spec.deltas) events.push({ type: deltaType, ...where, delta });
        const item = { id: `item_${index}`, ...done };
        events.push({ type: "response.output_item.done", ...at, item });
        output.push(item);
      };
      if (spec.kind === "message") {
        stream.text += full;
        const base = { type: "message", role: "assistant" };
        const content = [{ type: "output_text", text: full }];
        add({ ...base, content: [] }, { ...base, content }, "response.output_text.delta", streamText);
      } else if (spec.kind === "call") {
        const call_id = `call_${index}`;
        stream.calls.push({ call_id, name: "f", arguments: full, custom: spec.custom });
        const base = { type: spec.custom ? "custom_tool_call" : "function_call", call_id, name: "f" };
        const key = spec.custom ? "input" : "arguments";
        const deltaType = spec.custom
          ? "response.custom_tool_call_input.delta"
          : "response.function_call_arguments.delta";
        add({ ...base, [key]: "" }, { ...base, [key]: full }, deltaType, spec.streamed);
      } else if (spec.kind === "reasoning") {
        const base = { type: "reasoning", encrypted_content: "sealed" };
        const summary = [{ type: "summary_text", text: full }];
        add({ ...base, summary: [] }, { ...base, summary }, "response.reasoning_summary_text.delta", streamText);
      } else if (spec.kind === "other") add({ type: spec.item.type }, spec.item, "", false);
      else events.push({ type: "x.new", payload: index });
    });
    const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 };
    const response = { id: "resp_1", status: "completed", model: "m", output: emptyOutput ? [] : output, usage };
    events.push({ type: "response.completed", response });
    return stream;
  });
