/** Chat Completions requests of every shape that the endpoint knows, and of some that it does not. */
import fc from "fast-check";
import { json, name, number, object, shape, some, text } from "./json.ts";

const detail = fc.constantFrom("low", "high", "auto", "original");
const url = text.chain((any) => fc.constantFrom(`https://x.test/${any}`, `data:image/png;base64,${any}`));

const textPart = shape({ type: fc.constant("text"), text }, { cache_control: object, x_new: json });
const imagePart = fc.oneof(
  shape({ type: fc.constant("image_url"), image_url: shape({ url }, { detail, x_new: json }) }, { x_new: json }),
  shape({ type: fc.constant("image_url"), image_url: url }),
  shape({ type: fc.constant("input_image"), image_url: url }, { detail }),
);
const filePart = shape(
  { type: fc.constant("file"), file: shape({ file_data: text }, { filename: text, file_id: text, x_new: json }) },
  { x_new: json },
);
const newPart = shape({ type: text }, { a: json });
const content = fc.oneof(text, fc.array(fc.oneof(textPart, imagePart, filePart, newPart), { maxLength: 3 }));

const input = shape(
  { role: fc.constantFrom("system", "developer", "user"), content },
  { name: text, cache_control: object, x_new: json },
);
const said = shape(
  { role: fc.constant("assistant") },
  {
    content: fc.oneof(text, fc.constant(""), fc.array(textPart, { maxLength: 2 })),
    refusal: fc.oneof(text, fc.constant("")),
    phase: fc.constantFrom("commentary", "final_answer"),
    reasoning_content: text,
    annotations: fc.array(object, { maxLength: 1 }),
    audio: object,
    name: text,
  },
);

const call = fc.oneof(
  shape(
    { function: shape({ name, arguments: text }, { x_new: json }) },
    { type: fc.constant("function"), index: fc.nat(3), custom: object, extra_content: object },
  ),
  shape(
    { type: fc.constant("custom"), custom: shape({ name, input: text }, { x_new: json }) },
    { index: fc.nat(3), function: object },
  ),
);
const result = shape({ role: fc.constant("tool") }, { content, name: text, x_new: json });
/** Calls, and their results in any order. */
const round = fc
  .tuple(said, fc.array(fc.tuple(call, result), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([message, calls, backwards]) => (turn: number): unknown[] => {
    const ids = calls.map((_, index) => `call_${turn}_${index}`);
    const tool_calls = calls.map(([one], index) => ({ ...one, id: ids[index] }));
    const results = calls.map(([, one], index) => ({ ...one, tool_call_id: ids[index] }));
    return [{ ...message, tool_calls }, ...(backwards ? results.toReversed() : results)];
  });
const legacyRound = fc
  .tuple(said, text, shape({ role: fc.constant("function") }, { content, x_new: json }), json)
  .map(([message, args, answer, more]) => (turn: number): unknown[] => [
    { ...message, function_call: { name: `old_${turn}`, arguments: args, x_new: more } },
    { ...answer, name: `old_${turn}` },
  ]);
const single = fc.oneof(input, said).map((message) => (): unknown[] => [message]);
const messages = fc
  .array(fc.oneof({ weight: 4, arbitrary: single }, { weight: 2, arbitrary: round }, legacyRound), {
    minLength: 1,
    maxLength: 5,
  })
  .map((turns) => turns.flatMap((turn, index) => turn(index)));

const declared = shape({ name }, { description: text, parameters: object, strict: fc.boolean(), x_new: json });
const grammar = shape({ syntax: fc.constantFrom("lark", "regex"), definition: text });
const format = fc.oneof(
  fc.constant({ type: "text" }),
  shape({ type: fc.constant("grammar"), grammar }, { syntax: fc.constant("lark"), x_new: json }),
  grammar.map((inner) => ({ type: "grammar", ...inner })),
);
const tool = fc.oneof(
  shape({ type: fc.constant("function"), function: declared }, { custom: object, x_new: json }),
  shape({ type: fc.constant("function"), name }, { description: text, parameters: object, strict: fc.boolean() }),
  shape(
    { type: fc.constant("custom"), custom: shape({ name }, { description: text, format, x_new: json }) },
    { function: object },
  ),
  shape({ type: fc.constant("custom"), name }, { description: text, format }),
  shape(
    { type: fc.constantFrom("web_search", "web_search_preview", "image_generation") },
    { filters: object, size: text },
  ),
  shape({ type: text }, { server_url: text, x_new: json }),
);

const named = fc.oneof(
  shape({ type: fc.constant("function"), function: shape({ name }, { x_new: json }) }, { x_new: json }),
  shape({ type: fc.constant("custom"), custom: shape({ name }) }),
  shape({ type: fc.constant("function"), name }, { x_new: json }),
);
const choice = fc.oneof(
  fc.constantFrom("none", "auto", "required"),
  named,
  shape({ type: fc.constantFrom("web_search_preview", "image_generation", "mcp") }, { server_label: text }),
  shape(
    {
      type: fc.constant("allowed_tools"),
      allowed_tools: shape(
        { mode: fc.constantFrom("auto", "required"), tools: fc.array(named, { maxLength: 2 }) },
        { x_new: json },
      ),
    },
    { x_new: json },
  ),
);
const responseFormat = fc.oneof(
  shape({ type: fc.constantFrom("text", "json_object") }, { x_new: json }),
  shape(
    {
      type: fc.constant("json_schema"),
      json_schema: shape(
        { name },
        { schema: object, strict: fc.boolean(), description: text, type: text, x_new: json },
      ),
    },
    { name: text, x_new: json },
  ),
);
const effort = fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra");
const verbosity = fc.constantFrom("low", "medium", "high");
const double = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** What shapes the answer. */
const parameters = some({
  tools: fc.array(tool, { maxLength: 3 }),
  tool_choice: choice,
  parallel_tool_calls: fc.boolean(),
  functions: fc.array(declared, { maxLength: 2 }),
  function_call: fc.oneof(fc.constantFrom("none", "auto"), shape({ name }, { x_new: json })),
  web_search_options: some({
    search_context_size: fc.constantFrom("low", "medium", "high"),
    user_location: fc.oneof(
      shape({ type: fc.constant("approximate"), approximate: some({ city: text, country: text }) }, { x_new: json }),
      object,
    ),
    x_new: json,
  }),
  response_format: responseFormat,
  reasoning_effort: effort,
  reasoning: some({ effort, summary: fc.constantFrom("auto", "detailed"), context: text, x_new: json }),
  verbosity,
  text: some({ verbosity, format: fc.constant({ type: "text" }), x_new: json }),
  stream: fc.boolean(),
  stream_options: some({ include_usage: fc.boolean(), include_obfuscation: fc.boolean(), x_new: json }),
  service_tier: fc.constantFrom("auto", "default", "flex", "priority", "fast", "scale"),
  prompt_cache_key: text,
  instructions: text,
  include: fc.array(text, { maxLength: 2 }),
  client_metadata: object,
  x_new: json,
});

/** What the backend does not take. */
const refused = some({
  temperature: fc.oneof(double(0, 2), fc.constant(1)),
  top_p: double(0, 1),
  n: fc.constant(1),
  stop: fc.oneof(text, fc.array(text, { maxLength: 4 })),
  seed: number,
  max_tokens: fc.integer({ min: 1, max: 99 }),
  max_completion_tokens: fc.integer({ min: 1, max: 99 }),
  max_output_tokens: fc.integer({ min: 1, max: 99 }),
  logprobs: fc.boolean(),
  top_logprobs: fc.nat(20),
  presence_penalty: double(-2, 2),
  frequency_penalty: double(-2, 2),
  logit_bias: fc.dictionary(fc.constantFrom("1", "50256"), fc.integer({ min: -100, max: 100 })),
  metadata: fc.dictionary(fc.constantFrom("a", "b"), text),
  user: fc.oneof(text, fc.constant("")),
  safety_identifier: text,
  store: fc.boolean(),
  prediction: fc.record({ type: fc.constant("content"), content: text }),
  modalities: fc.subarray(["text", "audio"]),
  audio: object,
  moderation: object,
  prompt_cache_retention: fc.constantFrom("in-memory", "24h"),
  prompt_cache_options: object,
  truncation: fc.constantFrom("auto", "disabled"),
  background: fc.boolean(),
  context_management: fc.array(object, { maxLength: 1 }),
  repetition_penalty: double(0, 2),
  top_k: number,
  top_a: number,
  min_p: number,
  input: fc.oneof(text, fc.constant([])),
});

/** A request for one of these models. */
export function chatRequests(models: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const body = fc.record({ model: fc.constantFrom(...models), messages });
  return fc.tuple(body, parameters, refused).map(([must, may, lost]) => ({ ...lost, ...may, ...must }));
}

/**
 * Words of the dialect itself, which have others on the other side: who speaks, and what kind of part, call or tool it is.
 * All else must arrive, or be told of.
 */
export const CHAT_WORDS = /^messages\[\d+\](?:\.role|\.content\[\d+\]\.type|\.tool_calls\[\d+\]\.type)$/;
