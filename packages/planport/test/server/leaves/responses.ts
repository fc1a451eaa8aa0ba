/** Responses requests: every item and parameter that is known, and some that are not. */
import fc from "fast-check";
import { json, name, number, object, shape, some, text } from "./json.ts";

const url = text.chain((any) => fc.constantFrom(`https://x.test/${any}`, `data:image/png;base64,${any}`));
const detail = fc.constantFrom("low", "high", "auto", "original");

const part = fc.oneof(
  shape({ type: fc.constant("input_text"), text }, { x_new: json }),
  shape({ type: fc.constant("input_image"), image_url: url }, { detail, x_new: json }),
  shape({ type: fc.constant("input_file") }, { filename: text, file_data: text, file_id: text, file_url: text }),
  shape({ type: text }, { x_new: json }),
);
const content = fc.oneof(text, fc.array(part, { maxLength: 3 }));
const written = shape({ type: fc.constant("output_text"), text }, { annotations: fc.array(object, { maxLength: 1 }) });

const message = fc.oneof(
  shape({ role: fc.constantFrom("user", "developer", "system"), content }, { id: text, x_new: json }),
  shape(
    { type: fc.constant("message"), role: fc.constantFrom("user", "developer", "system"), content },
    { id: text, status: text, phase: text, x_new: json },
  ),
  shape(
    { type: fc.constant("message"), role: fc.constant("assistant"), content: fc.array(written, { maxLength: 2 }) },
    { id: text, status: text, phase: fc.constantFrom("commentary", "final_answer") },
  ),
);
const reasoning = shape(
  {
    type: fc.constant("reasoning"),
    summary: fc.array(shape({ type: fc.constant("summary_text"), text }), { maxLength: 2 }),
  },
  { id: text, encrypted_content: text, content: fc.array(object, { maxLength: 1 }), x_new: json },
);
const other = shape(
  { type: fc.constantFrom("web_search_call", "computer_call", "compaction", "mcp_list_tools", "brand_new") },
  { id: text, action: object, encrypted_content: text, x_new: json },
);
const additional = shape({
  type: fc.constant("additional_tools"),
  role: fc.constant("developer"),
  tools: fc.array(object, { maxLength: 2 }),
});
const output = fc.oneof(text, fc.array(part, { maxLength: 2 }));
const functionRound = fc.tuple(
  shape({ type: fc.constant("function_call"), name, arguments: text }, { id: text, namespace: text, x_new: json }),
  shape({ type: fc.constant("function_call_output"), output }, { id: text, status: text, x_new: json }),
);
const customRound = fc.tuple(
  shape({ type: fc.constant("custom_tool_call"), name, input: text }, { id: text, x_new: json }),
  shape({ type: fc.constant("custom_tool_call_output"), output }, { id: text, x_new: json }),
);
const single = fc.oneof({ weight: 4, arbitrary: message }, reasoning, other, additional).map((item) => () => [item]);
const round = fc.oneof(functionRound, customRound).map(([call, result]) => (turn: number) => [
  { ...call, call_id: `call_${turn}` },
  { ...result, call_id: `call_${turn}` },
]);
const input = fc.oneof(
  { weight: 1, arbitrary: text },
  {
    weight: 6,
    arbitrary: fc
      .array(fc.oneof({ weight: 3, arbitrary: single }, round), { maxLength: 5 })
      .map((turns): unknown => turns.flatMap((turn, index) => turn(index))),
  },
);

const grammar = shape({ type: fc.constant("grammar"), syntax: fc.constantFrom("lark", "regex"), definition: text });
const tool = fc.oneof(
  shape(
    { type: fc.constant("function"), name },
    { description: text, parameters: object, strict: fc.boolean(), x_new: json },
  ),
  shape({ type: fc.constant("custom"), name }, { description: text, format: grammar }),
  shape(
    { type: fc.constantFrom("web_search", "web_search_preview", "web_search_preview_2025_03_11") },
    { search_context_size: text, filters: object },
  ),
  shape({ type: fc.constantFrom("image_generation", "mcp", "namespace", "brand_new") }, { name: text, x_new: json }),
);
const effort = fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra", "newest");
const format = fc.oneof(
  fc.constant({ type: "text" }),
  shape(
    { type: fc.constant("json_schema"), name, schema: object },
    { strict: fc.boolean(), description: text, x_new: json },
  ),
);

const parameters = some({
  instructions: fc.oneof(text, fc.constant("")),
  stream: fc.boolean(),
  store: fc.boolean(),
  include: fc.array(fc.oneof(text, fc.constant("reasoning.encrypted_content")), { maxLength: 2 }),
  tools: fc.array(tool, { maxLength: 3 }),
  tool_choice: fc.oneof(
    fc.constantFrom("none", "auto", "required"),
    shape({ type: fc.constantFrom("function", "custom"), name }, { x_new: json }),
    shape({ type: fc.constantFrom("web_search_preview", "image_generation", "mcp") }, { server_label: text }),
    shape({
      type: fc.constant("allowed_tools"),
      mode: fc.constantFrom("auto", "required"),
      tools: fc.array(object, { maxLength: 2 }),
    }),
  ),
  parallel_tool_calls: fc.boolean(),
  reasoning: some({ effort, summary: fc.constantFrom("auto", "concise", "detailed"), context: text, x_new: json }),
  text: some({ verbosity: fc.constantFrom("low", "medium", "high"), format, x_new: json }),
  service_tier: fc.constantFrom("auto", "default", "flex", "priority", "fast", "scale"),
  prompt_cache_key: text,
  client_metadata: fc.dictionary(fc.constantFrom("a", "b"), text),
  access_programs: json,
  x_new: json,
});
const refused = some({
  stream_options: some({ include_usage: fc.boolean(), include_obfuscation: fc.boolean() }),
  max_output_tokens: fc.integer({ min: 1, max: 99 }),
  max_tokens: fc.integer({ min: 1, max: 99 }),
  temperature: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constant(1)),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  top_logprobs: fc.nat(20),
  metadata: fc.dictionary(fc.constantFrom("a", "b"), text),
  user: text,
  safety_identifier: text,
  truncation: fc.constantFrom("auto", "disabled"),
  background: fc.boolean(),
  context_management: fc.array(object, { maxLength: 1 }),
  prompt_cache_retention: fc.constantFrom("in-memory", "24h"),
  prompt_cache_options: object,
  moderation: shape({ model: text }, { limit: number }),
});

/** A request for one of these models. */
export function responsesRequests(models: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const body = fc.record({ model: fc.constantFrom(...models), input });
  return fc.tuple(body, parameters, refused).map(([must, may, lost]) => ({ ...lost, ...may, ...must }));
}

/** `system` goes out as `developer`. */
export const RESPONSES_WORDS = /^input\[\d+\]\.role$/;
