import fc from "fast-check";
import { expect, it } from "vitest";
import { parseChatRequest } from "../../src/protocol/chat/parse.ts";
import { chatToResponses } from "../../src/translate/chat-request.ts";
import { toCodexRequest } from "../../src/translate/codex-request.ts";

const name = fc.stringMatching(/^[a-z_]{1,80}$/);
const extra = fc.record({ x_extra: fc.string(), name: fc.string() }, { requiredKeys: [] });
const text = fc.record(
  { type: fc.constant("text"), text: fc.string(), cache_control: fc.string() },
  { requiredKeys: ["type", "text"] },
);
const image = fc.record({
  type: fc.constant("image_url"),
  image_url: fc.record(
    {
      url: fc.string().map((path) => `https://x.test/${path}`),
      detail: fc.constantFrom("low", "high"),
      x_extra: fc.string(),
    },
    { requiredKeys: ["url"] },
  ),
});
const file = fc.record({
  type: fc.constant("file"),
  file: fc.record(
    { file_data: fc.string(), filename: fc.string(), x_extra: fc.string() },
    { requiredKeys: ["file_data"] },
  ),
});
const content = fc.oneof(fc.string(), fc.array(fc.oneof(text, image, file), { maxLength: 3 }));
const callId = fc.stringMatching(/^call_[a-z0-9]{1,5}$/);
const call = fc.oneof(
  fc.record({ id: callId, type: fc.constant("function"), function: fc.record({ name, arguments: fc.string() }) }),
  fc.record({ id: callId, type: fc.constant("custom"), custom: fc.record({ name, input: fc.string() }) }),
);
const message = fc.oneof(
  fc
    .tuple(fc.record({ role: fc.constantFrom("system", "developer", "user"), content }), extra)
    .map(([body, more]) => ({ ...more, ...body })),
  fc.record(
    {
      role: fc.constant("assistant"),
      content: fc.option(content),
      refusal: fc.option(fc.string()),
      tool_calls: fc.array(call, { maxLength: 2 }),
      reasoning_content: fc.string(),
    },
    { requiredKeys: ["role", "content"] },
  ),
  fc.record({ role: fc.constant("tool"), tool_call_id: callId, content }),
);
const schema = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
const tool = fc.oneof(
  fc.record({
    type: fc.constant("function"),
    function: fc.record(
      { name, description: fc.string(), parameters: schema, x_extra: fc.string() },
      { requiredKeys: ["name"] },
    ),
  }),
  fc.record({ type: fc.constant("function"), name, parameters: schema }),
  fc.record({
    type: fc.constant("custom"),
    custom: fc.record({
      name,
      format: fc.record({
        type: fc.constant("grammar"),
        grammar: fc.record({ syntax: fc.constantFrom("lark", "regex"), definition: fc.string() }),
      }),
    }),
  }),
  fc.record({ type: fc.constant("web_search"), filters: schema }),
);

interface Leaf {
  readonly path: string;
  readonly value: string;
}

/** All texts within a value, with their paths. */
function leavesOf(value: unknown, path = ""): Leaf[] {
  if (typeof value === "string") return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((entry, index) => leavesOf(entry, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => leavesOf(entry, path === "" ? key : `${path}.${key}`));
}

function countsOf(leaves: readonly Leaf[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of leaves) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Words of the dialects themselves, which are rightly written otherwise on the other side. */
const isVocabulary = ({ path }: Leaf): boolean =>
  /^(messages\[\d+\]\.role|messages\[\d+\](\.content|\.tool_calls)\[\d+\]\.type|tools\[\d+\]\.type)$/.test(path);

it("every text in messages and tools reaches the backend, as often as it was written, or is told of in changes", () => {
  const request = fc.record({
    model: fc.constant("m"),
    messages: fc.array(message, { minLength: 1, maxLength: 5 }),
    tools: fc.array(tool, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(request, (any) => {
      const translated = chatToResponses(parseChatRequest(any), "codex", "repair");
      const { request: codex, changes } = toCodexRequest(translated.request, null);
      const told = [...translated.changes, ...changes].map(({ path }) => path);
      const sent = countsOf(leavesOf({ input: codex.input, tools: codex.tools }));
      for (const [short, original] of translated.toolNames) sent.set(original, sent.get(short) ?? 0);
      const given = leavesOf({ messages: any.messages, tools: any.tools }).filter(
        (leaf) => leaf.value !== "" && !isVocabulary(leaf) && !told.some((path) => leaf.path.startsWith(path)),
      );
      for (const [value, count] of countsOf(given)) {
        const where = given.filter((leaf) => leaf.value === value).map(({ path }) => path);
        expect(sent.get(value) ?? 0, `${JSON.stringify(value)} of ${where.join(", ")}`).toBeGreaterThanOrEqual(count);
      }
    }),
    { numRuns: 500 },
  );
});
