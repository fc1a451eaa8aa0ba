import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../src/protocol/models.ts";
import type { ResponsesRequest } from "../../src/protocol/responses/request.ts";
import { toCodexRequest } from "../../src/translate/codex-request.ts";
import { DEFAULT_INSTRUCTIONS } from "../../src/translate/shaping/prompt.ts";

const classic: ModelInfo = {
  slug: "gpt-5.5",
  display_name: "GPT-5.5",
  visibility: "list",
  supported_in_api: true,
  priority: 1,
  supported_reasoning_levels: [{ effort: "low", description: "" }],
};
const lite: ModelInfo = { ...classic, slug: "gpt-6-sol", use_responses_lite: true };
const request = (fields: object): ResponsesRequest => ({ model: "gpt-5.5", input: "hi", ...fields });
const user = { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] };

describe("what the backend demands", () => {
  it("turns text input into a list and sets store, stream, include and instructions", () => {
    expect(toCodexRequest(request({}), classic).request).toEqual({
      model: "gpt-5.5",
      input: [user],
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      instructions: DEFAULT_INSTRUCTIONS,
    });
  });

  it("keeps what the client includes and adds encrypted reasoning once", () => {
    const include = ["web_search_call.action.sources", "reasoning.encrypted_content"];
    expect(toCodexRequest(request({ include: include.slice(0, 1) }), null).request.include).toEqual(include);
    expect(toCodexRequest(request({ include }), null).request.include).toEqual(include);
  });

  it("takes refused parameters out and tells of each that asked for something", () => {
    const refused = {
      temperature: 0.2,
      top_p: 0.9,
      max_output_tokens: 5,
      metadata: { a: "b" },
      user: "u",
      truncation: "auto",
      safety_identifier: "s",
      prompt_cache_retention: "24h",
      context_management: [{ type: "compaction" }],
      background: true,
      store: true,
    };
    const { request: codex, changes } = toCodexRequest(request({ ...refused, instructions: "x" }), null);
    for (const name of Object.keys(refused).filter((key) => key !== "store")) expect(codex).not.toHaveProperty(name);
    expect(changes.map(({ path }) => path).sort()).toEqual(Object.keys(refused).sort());
  });

  it("tells refused parameters at their default from those that are lost, and says nothing of null", () => {
    const defaults = { temperature: 1, top_p: 1, truncation: "disabled", metadata: {}, background: false };
    const asked = request({ ...defaults, user: null, instructions: "x", stream_options: {}, service_tier: "auto" });
    expect(toCodexRequest(asked, null).changes.map(({ path, action }) => [path, action])).toEqual(
      [...Object.keys(defaults), "stream_options", "service_tier"].map((path) => [path, "default"]),
    );
  });

  it("makes system messages developer messages and then needs no default instructions", () => {
    const input = [{ role: "system", content: "be brief" }, user];
    const codex = toCodexRequest(request({ input }), null).request;
    expect(codex.input).toEqual([
      { type: "message", role: "developer", content: [{ type: "input_text", text: "be brief" }] },
      user,
    ]);
    expect(codex).not.toHaveProperty("instructions");
  });

  it("writes assistant text as output", () => {
    const codex = toCodexRequest(request({ input: [{ role: "assistant", content: "yes" }] }), null).request;
    expect(codex.input).toEqual([
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "yes" }] },
    ]);
  });

  it("keeps instructions that are empty on purpose", () => {
    expect(toCodexRequest(request({ instructions: "" }), classic).request.instructions).toBe("");
  });

  it("calls web_search_preview web_search, in tools and tool_choice", () => {
    const { request: codex, changes } = toCodexRequest(
      request({
        tools: [{ type: "web_search_preview_2025_03_11", search_context_size: "low" }],
        tool_choice: { type: "web_search_preview" },
      }),
      classic,
    );
    expect(codex.tools).toEqual([{ type: "web_search", search_context_size: "low" }]);
    expect(codex.tool_choice).toEqual({ type: "web_search" });
    expect(changes.map(({ path }) => path)).toContain("tools[0].type");
  });

  it("writes fast as priority, leaves flex, and leaves usual tiers out", () => {
    const tier = (service_tier: string): unknown =>
      toCodexRequest(request({ service_tier }), null).request.service_tier;
    expect(["fast", "priority", "flex", "auto", "default"].map(tier)).toEqual([
      "priority",
      "priority",
      "flex",
      undefined,
      undefined,
    ]);
  });

  it.each([
    [null, "xhigh"],
    [{ ...classic, supported_reasoning_levels: [{ effort: "max", description: "" }] }, "max"],
    [{ ...classic, multi_agent_reasoning_effort: "high" }, "high"],
  ])("never sends the effort ultra (case %#)", (model, effort) => {
    expect(toCodexRequest(request({ reasoning: { effort: "ultra" } }), model).request.reasoning?.effort).toBe(effort);
  });

  it("drops verbosity and summary only for models that say they take none", () => {
    const asked = request({ text: { verbosity: "low" }, reasoning: { summary: "auto" }, instructions: "x" });
    const none = { ...classic, support_verbosity: false, supports_reasoning_summaries: false };
    expect(toCodexRequest(asked, none).request).toMatchObject({ text: {}, reasoning: {} });
    expect(toCodexRequest(asked, none).changes.map(({ path }) => path)).toEqual([
      "reasoning.summary",
      "text.verbosity",
    ]);
    expect(toCodexRequest(asked, classic).request).toMatchObject(asked.text === null ? {} : { text: asked.text });
    expect(toCodexRequest(asked, classic).changes).toEqual([]);
  });

  it.each([
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ input: [user, { type: "item_reference", id: "rs_1" }] }, "input[1]"],
  ])("refuses what rests on stored responses: %j", (fields, param) => {
    expect(() => toCodexRequest(request(fields), null)).toThrow(
      expect.objectContaining({ code: "request_invalid", cause: { param } }),
    );
  });

  it("keeps unknown fields and unknown items", () => {
    const input = [{ type: "compaction_trigger" }, { type: "x_new", id: "abc", content: "raw" }, user];
    const codex = toCodexRequest(
      request({ input, client_metadata: { a: "1" }, x_new: { deep: [1] } }),
      classic,
    ).request;
    expect(codex.input).toEqual(input);
    expect(codex).toMatchObject({ client_metadata: { a: "1" }, x_new: { deep: [1] } });
  });
});

describe("Responses-Lite", () => {
  const tools = [{ type: "function", name: "f", parameters: {}, strict: false }];

  it("moves tools and instructions into input", () => {
    const result = toCodexRequest(
      request({ tools, instructions: "be", parallel_tool_calls: true, reasoning: { effort: "low" } }),
      lite,
    );
    expect(result.lite).toBe(true);
    expect(result.request).toEqual({
      model: "gpt-5.5",
      input: [
        { type: "additional_tools", role: "developer", tools },
        { type: "message", role: "developer", content: [{ type: "input_text", text: "be" }] },
        user,
      ],
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      parallel_tool_calls: false,
      reasoning: { effort: "low", context: "all_turns" },
    });
    expect(result.changes.map(({ path }) => path)).toEqual(["parallel_tool_calls"]);
  });

  it("joins tools to an item that is already there", () => {
    const item = { type: "additional_tools", id: "at_1", role: "developer", tools: [{ type: "namespace", name: "n" }] };
    const codex = toCodexRequest(request({ input: [item, user], tools, instructions: "be" }), lite).request;
    expect(codex.input[0]).toEqual({ ...item, tools: [...item.tools, ...tools] });
    expect(codex.input[1]).toMatchObject({ role: "developer" });
    expect(codex).not.toHaveProperty("tools");
  });

  const fromCodex = request({
    stream: true,
    input: [
      { type: "additional_tools", id: "at_1", role: "developer", tools: [{ type: "namespace", name: "n", tools }] },
      { type: "message", id: "msg_1", role: "developer", content: [{ type: "input_text", text: "base" }] },
      user,
    ],
    tool_choice: "auto",
    parallel_tool_calls: false,
    reasoning: { effort: "low", context: "all_turns" },
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "t",
    text: { verbosity: "low" },
    client_metadata: { session_id: "t" },
  });

  it.each([lite, null])("leaves a request of the real shape unchanged (model %#)", (model) => {
    expect(toCodexRequest(fromCodex, model)).toEqual({ request: fromCodex, lite: true, changes: [] });
  });
});

const json = fc.jsonValue({ maxDepth: 2 });
const part = fc.record({ type: fc.constantFrom("input_text", "output_text", "x"), text: fc.string() });
const item = fc.oneof(
  fc.record({
    role: fc.constantFrom("system", "developer", "user", "assistant"),
    content: fc.oneof(fc.string(), fc.array(part, { maxLength: 2 })),
  }),
  fc.record({
    type: fc.constant("reasoning"),
    id: fc.string(),
    summary: fc.constant([]),
    encrypted_content: fc.string(),
  }),
  fc.record({
    type: fc.constant("additional_tools"),
    role: fc.constant("developer"),
    tools: fc.constant([{ type: "x" }]),
  }),
  fc.record({ type: fc.constant("x_new"), payload: json }),
);
const anyRequest = fc.record(
  {
    model: fc.string(),
    input: fc.oneof(fc.string(), fc.array(item, { maxLength: 4 })),
    instructions: fc.option(fc.string()),
    tools: fc.option(fc.array(fc.record({ type: fc.constantFrom("function", "web_search_preview", "x") }))),
    tool_choice: fc.constantFrom("auto", { type: "web_search_preview" }),
    include: fc.option(fc.array(fc.string())),
    reasoning: fc.option(fc.record({ effort: fc.constantFrom("ultra", "low", null) })),
    text: fc.option(fc.record({ verbosity: fc.constantFrom("low", null) })),
    service_tier: fc.constantFrom("fast", "auto", "flex", null),
    parallel_tool_calls: fc.option(fc.boolean()),
    temperature: json,
    metadata: json,
    store: fc.boolean(),
    x_new: json,
  },
  { requiredKeys: ["model", "input"] },
);

describe("toCodexRequest, for any request", () => {
  it("is idempotent, tells nothing the second time, and does not alter its argument", () => {
    fc.assert(
      fc.property(
        anyRequest,
        fc.constantFrom(null, classic, lite, { ...classic, support_verbosity: false }),
        (any, model) => {
          const before = structuredClone(any);
          const once = toCodexRequest(any as unknown as ResponsesRequest, model);
          expect(any).toEqual(before);
          const twice = toCodexRequest(structuredClone(once.request), model);
          expect(twice.request).toEqual(once.request);
          expect(twice.lite).toBe(once.lite);
          expect(twice.changes).toEqual([]);
        },
      ),
    );
  });
});
