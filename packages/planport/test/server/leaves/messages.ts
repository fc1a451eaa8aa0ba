/** Requests of Anthropic's Messages API, with every block that can be served and fields of all kinds. */
import fc from "fast-check";
import { sealOf } from "../../../src/translate/messages/thinking.ts";
import { json, MARK, name, number, object, shape, some, text } from "./json.ts";

const cache = { cache_control: shape({ type: fc.constant("ephemeral") }, { ttl: fc.constantFrom("5m", "1h") }) };
const textBlock = shape(
  { type: fc.constant("text"), text },
  { ...cache, citations: fc.oneof(object, fc.array(object)), x_new: json },
);
const base64 = shape(
  { type: fc.constant("base64"), media_type: text.map((any) => `image/${any}`), data: text },
  { x_new: json },
);
const remote = shape({ type: fc.constant("url"), url: text }, { x_new: json });
const image = shape({ type: fc.constant("image"), source: fc.oneof(base64, remote) }, { ...cache, x_new: json });
const document = shape(
  {
    type: fc.constant("document"),
    source: fc.oneof(
      base64,
      remote,
      shape({ type: fc.constant("text"), data: text }, { media_type: fc.constant("text/plain"), x_new: json }),
      shape(
        { type: fc.constant("content"), content: fc.oneof(text, fc.array(textBlock, { maxLength: 2 })) },
        { x_new: json },
      ),
    ),
  },
  { ...cache, title: text, context: text, citations: shape({ enabled: fc.boolean() }) },
);
const searchResult = shape(
  { type: fc.constant("search_result"), source: text, title: text, content: fc.array(textBlock, { maxLength: 2 }) },
  { ...cache, citations: shape({ enabled: fc.boolean() }) },
);
const inner = fc.oneof(textBlock, image, document, searchResult);
const content = fc.oneof(text, fc.array(inner, { maxLength: 3 }));

const user = shape({ role: fc.constantFrom("user", "system"), content }, { x_new: json });
const foreign = fc.oneof(
  shape({ type: fc.constant("thinking"), thinking: text, signature: text }),
  shape({ type: fc.constant("redacted_thinking"), data: text }),
  shape(
    { type: fc.constantFrom("server_tool_use", "web_search_tool_result", "mcp_tool_use") },
    { id: text, input: json },
  ),
);
const assistant = shape(
  { role: fc.constant("assistant"), content: fc.oneof(text, fc.array(fc.oneof(textBlock, foreign), { maxLength: 3 })) },
  { x_new: json },
);
const use = shape({ type: fc.constant("tool_use"), name, input: object }, { ...cache, caller: object, x_new: json });
const result = shape({ type: fc.constant("tool_result") }, { ...cache, content, is_error: fc.boolean(), x_new: json });
const round = fc
  .tuple(
    fc.array(fc.oneof(textBlock, foreign), { maxLength: 2 }),
    fc.array(fc.tuple(use, result), { minLength: 1, maxLength: 3 }),
    fc.array(inner, { maxLength: 1 }),
  )
  .map(([before, calls, after]) => (turn: number): unknown[] => [
    {
      role: "assistant",
      content: [...before, ...calls.map(([call], index) => ({ ...call, id: `toolu_${turn}_${index}` }))],
    },
    {
      role: "user",
      content: [...calls.map(([, one], index) => ({ ...one, tool_use_id: `toolu_${turn}_${index}` })), ...after],
    },
  ]);
const single = fc.oneof(user, assistant).map((turn) => (): unknown[] => [turn]);
const turns = fc
  .array(fc.oneof({ weight: 2, arbitrary: single }, round), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.flatMap((part, index) => part(index)));

const tool = fc.oneof(
  shape(
    { name, input_schema: object },
    {
      ...cache,
      type: fc.constant("custom"),
      description: text,
      strict: fc.boolean(),
      input_examples: fc.array(object, { maxLength: 1 }),
      eager_input_streaming: fc.boolean(),
      defer_loading: fc.boolean(),
      x_new: json,
    },
  ),
  shape({ type: fc.constant("bash_20250124"), name, input_schema: object }),
  shape(
    { type: fc.constant("web_search_20250305"), name: fc.constant("web_search") },
    {
      ...cache,
      max_uses: number,
      allowed_domains: fc.array(text, { maxLength: 2 }),
      blocked_domains: fc.array(text, { maxLength: 2 }),
      user_location: shape({ type: fc.constant("approximate") }, { city: text, country: text }),
    },
  ),
);
const alone = { disable_parallel_tool_use: fc.boolean(), x_new: json };
const schema = shape({ type: fc.constant("json_schema"), schema: object }, { name: text, x_new: json });

const parameters = some({
  system: fc.oneof(text, fc.array(textBlock, { maxLength: 3 })),
  tools: fc.array(tool, { maxLength: 3 }),
  tool_choice: fc.oneof(
    shape({ type: fc.constantFrom("auto", "any", "none") }, alone),
    shape({ type: fc.constant("tool"), name }, alone),
  ),
  thinking: fc.oneof(
    shape({ type: fc.constant("enabled"), budget_tokens: fc.integer({ min: 1024, max: 40_000 }) }, { x_new: json }),
    shape({ type: fc.constant("adaptive") }, { display: text }),
    shape({ type: fc.constant("disabled") }),
  ),
  output_config: some({
    effort: fc.constantFrom("low", "medium", "high", "xhigh", "max"),
    format: schema,
    x_new: json,
  }),
  output_format: schema,
  metadata: some({ user_id: text, x_new: json }),
  speed: fc.constantFrom("standard", "fast"),
  service_tier: fc.constantFrom("auto", "standard_only"),
  stop_sequences: fc.array(text, { maxLength: 2 }),
  temperature: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1)),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  top_k: number,
  stream: fc.boolean(),
  container: fc.oneof(text, object),
  context_management: object,
  inference_geo: text,
  mcp_servers: fc.constant([]),
  cache_control: cache.cache_control,
  reasoning: object,
  instructions: text,
  parallel_tool_calls: fc.boolean(),
  x_new: json,
});

/** A request for one of these models. */
export function messagesRequests(models: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const body = fc.record({
    model: fc.constantFrom(...models),
    max_tokens: fc.integer({ min: 1, max: 99 }),
    messages: turns,
  });
  return fc.tuple(body, parameters).map(([must, may]) => ({ ...may, ...must }));
}

/** A turn with thinking that this gateway has sealed, as a client brings it back; and what must arrive of it. */
export function sealedTurn(index: number): { readonly turn: object; readonly item: object } {
  const item = {
    type: "reasoning",
    id: `rs_${index}`,
    summary: [{ type: "summary_text", text: `${MARK}${index}` }],
    encrypted_content: `sealed ${index}`,
  };
  const block = { type: "thinking", thinking: `${MARK}${index}`, signature: sealOf(item) };
  return { turn: { role: "assistant", content: [block, { type: "text", text: "So." }] }, item };
}

/** Words of the dialect itself: who speaks, and what kind of block, source or tool it is. */
export const MESSAGES_WORDS =
  /^messages\[\d+\]\.role$|^(?:system|tools)\[\d+\]\.type$|^messages\[\d+\](?:\.(?:content|source)(?:\[\d+\])?)+\.type$/;
