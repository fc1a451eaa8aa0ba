import { describe, expect, test } from "vitest";
import { ask, fn, itemsOf, type Json, post, request, start, user, WEATHER } from "./helpers.ts";

const output = (callId: string): Json => ({ type: "function_call_output", call_id: callId, output: "ok" });
const call = (callId: string): Json => ({ type: "function_call", call_id: callId, name: "f", arguments: "{}" });

async function refused(change: Json, status = 400): Promise<Json> {
  const body: Json = { ...request("Hi"), ...change };
  for (const [key, value] of Object.entries(body)) if (value === undefined) delete body[key];
  const response = await post(await start(), body);
  expect(response.status).toBe(status);
  return (await response.json()) as Json;
}

describe("requests are refused in the backend's own words", () => {
  test.each([
    "max_output_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "user",
    "truncation",
    "metadata",
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "context_management",
    "stream_options",
    "previous_response_id",
    "generate",
    // Of other APIs: a translation that lets one through must be noticed.
    "messages",
    "max_tokens",
    "stop",
    "n",
    "seed",
    "response_format",
    "functions",
    "reasoning_effort",
    "verbosity",
    "from_the_future",
  ])("parameter %s", async (name) => {
    expect(await refused({ [name]: 1 })).toEqual({ detail: `Unsupported parameter: ${name}` });
  });

  test.each([
    ["store true", { store: true }, "Store must be set to false"],
    ["store left out", { store: undefined }, "Store must be set to false"],
    ["stream false", { stream: false }, "Stream must be set to true"],
    ["stream left out", { stream: undefined }, "Stream must be set to true"],
    ["a text as input", { input: "Hi" }, "Input must be a list"],
    ["no input", { input: undefined }, "Input must be a list"],
    ["no instructions at all", { instructions: undefined }, "Instructions are required"],
    ["empty instructions and no developer message", { instructions: "" }, "Instructions are required"],
    [
      "a model of the plain API",
      { model: "gpt-4o" },
      "The 'gpt-4o' model is not supported when using Codex with a ChatGPT account.",
    ],
  ])("%s", async (_name, change, detail) => {
    expect(await refused(change)).toEqual({ detail });
  });

  test("not a function's output for a local_shell_call, as Codex sends it", async () => {
    const shell = {
      type: "local_shell_call",
      call_id: "call_1",
      status: "completed",
      action: { type: "exec", command: ["ls"] },
    };
    const response = await post(await start(), { ...request("Hi"), input: [user("Hi"), shell, output("call_1")] });
    expect(response.status).toBe(200);
  });

  test("an output without its call", async () => {
    expect(await refused({ input: [user("Hi"), output("call_1")] })).toEqual({
      error: {
        message: "No tool call found for function call output with call_id call_1.",
        type: "invalid_request_error",
        param: "input",
        code: null,
      },
    });
    expect(await refused({ input: [output("call_1"), call("call_1")] })).toHaveProperty("error.param", "input");
  });

  test("a call without its output", async () => {
    const body = await refused({ input: [user("Hi"), call("call_1")] });
    expect(body).toHaveProperty("error.message", "No tool output found for function call call_1.");
  });

  test("references to items that were never stored", async () => {
    expect(await refused({ input: [{ type: "item_reference", id: "msg_1" }] }, 404)).toHaveProperty(
      "error.param",
      "input",
    );
    expect(await refused({ input: [{ type: "reasoning", id: "rs_1", summary: [] }] }, 404)).toHaveProperty("error");
  });

  test.each([
    [
      "chat-style content parts",
      [{ role: "user", content: [{ type: "text", text: "x" }] }],
      "input[0].content[0].type",
    ],
    [
      "input parts from the assistant",
      [{ role: "assistant", content: [{ type: "input_text" }] }],
      "input[0].content[0].type",
    ],
    ["role tool", [{ role: "tool", content: "x" }], "input[0].role"],
    ["foreign ids", [{ type: "message", id: "chatcmpl-1", role: "assistant", content: "x" }], "input[0].id"],
    ["long call ids", [call("c".repeat(65)), output("c".repeat(65))], "input[0].call_id"],
    ["an item without type or role", [{ content: "x" }], "input[0].type"],
  ])("%s", async (_name, input, param) => {
    expect(await refused({ input })).toHaveProperty("error.param", param);
  });

  test.each([
    ["chat-style tools", [{ type: "function", function: { name: "f" } }], "tools[0].name"],
    ["odd tool names", [fn("a b", {})], "tools[0].name"],
    ["strict tools that are not strict", [{ ...WEATHER, strict: true }], "tools[0].parameters"],
  ])("%s", async (_name, tools, param) => {
    expect(await refused({ tools })).toHaveProperty("error.param", param);
  });

  test("a tool_choice that names no tool", async () => {
    const body = await refused({ tools: [WEATHER], tool_choice: { type: "function", name: "other" } });
    expect(body).toHaveProperty("error.param", "tool_choice");
  });

  test("schemas that strict mode cannot take", async () => {
    const format = { type: "json_schema", name: "r", strict: true, schema: { type: "object", properties: { a: {} } } };
    expect(await refused({ text: { format } })).toHaveProperty("error.code", "invalid_json_schema");
  });

  test("malformed JSON, other content types, and bodies that are no object", async () => {
    const simulator = await start();
    expect((await post(simulator, "{")).status).toBe(400);
    expect((await post(simulator, "[]")).status).toBe(400);
    expect((await post(simulator, "{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await post(simulator, "{}", { "content-encoding": "rot13" })).status).toBe(415);
  });

  test("nobody, strangers and other accounts", async () => {
    const simulator = await start();
    const unauthorized = await post(simulator, request("Hi"), { authorization: "nonsense" });
    expect([unauthorized.status, await unauthorized.json()]).toEqual([401, { detail: "Unauthorized" }]);
    expect((await post(simulator, request("Hi"), { "chatgpt-account-id": "other" })).status).toBe(401);
    expect((await fetch(`${simulator.codexBaseUrl}/responses`, { method: "POST" })).status).toBe(401);
  });
});

describe("options outside their lists are refused in OpenAI's words", () => {
  const all = "Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' and 'max'.";
  const tiers = "Supported values are: 'auto', 'default', 'flex' and 'priority'.";
  test.each([
    [{ reasoning: { effort: "bogus" } }, "reasoning.effort", `Invalid value: 'bogus'. ${all}`, "invalid_value"],
    [{ reasoning: { effort: "ultra" } }, "reasoning.effort", `Invalid value: 'ultra'. ${all}`, "invalid_value"],
    [{ reasoning: "high" }, "reasoning", "Invalid type for 'reasoning': expected an object.", "invalid_type"],
    [
      { reasoning: { effort: "max" } },
      "reasoning.effort",
      "Unsupported value: 'max' is not supported with the 'gpt-5.5' model. Supported values are: 'low', 'medium', 'high' and 'xhigh'.",
      "unsupported_value",
    ],
    [{ service_tier: "fast" }, "service_tier", `Invalid value: 'fast'. ${tiers}`, "invalid_value"],
    [{ service_tier: 1 }, "service_tier", `Invalid value: '1'. ${tiers}`, "invalid_value"],
  ])("%j", async (change, param, message, code) => {
    expect(await refused(change)).toEqual({ error: { message, type: "invalid_request_error", param, code } });
  });

  test("an effort that the catalogue lists for clients only is not offered in the list of values", async () => {
    const model = {
      slug: "m",
      supported_reasoning_levels: ["low", "ultra"].map((effort) => ({ effort, description: "" })),
    };
    const simulator = await start({ models: [model] });
    const response = await post(simulator, request("Hi", { model: "m", reasoning: { effort: "high" } }));
    expect(await response.json()).toHaveProperty(
      "error.message",
      expect.stringMatching(/Supported values are: 'low'\.$/),
    );
  });

  test("each effort of the catalogue but ultra is taken, on every model", async () => {
    const simulator = await start();
    const headers = { authorization: `Bearer ${simulator.issueTokens().accessToken}` };
    const listed = await fetch(`${simulator.codexBaseUrl}/models`, { headers });
    const { models } = (await listed.json()) as {
      models: { slug: string; supported_reasoning_levels: { effort: string }[] }[];
    };
    const outcomes = new Set<string>();
    for (const { slug, supported_reasoning_levels: levels } of models)
      for (const { effort } of levels) {
        const response = await post(simulator, request("Hi", { model: slug, reasoning: { effort } }));
        await response.text();
        outcomes.add(`${effort} ${response.status}`);
      }
    expect([...outcomes].sort()).toEqual(["high 200", "low 200", "max 200", "medium 200", "ultra 400", "xhigh 200"]);
  });
});

describe("requests that must pass", () => {
  test.each([
    [
      "a developer message in place of instructions",
      { instructions: undefined, input: [{ role: "developer", content: "x" }, user("Hi")] },
    ],
    [
      "a system message in place of instructions",
      { instructions: undefined, input: [{ role: "system", content: "x" }, user("Hi")] },
    ],
    ["items nobody knows", { input: [user("Hi"), { type: "from_the_future", x: 1 }] }],
    [
      "what Codex sends besides",
      {
        client_metadata: { a: "b" },
        access_programs: [],
        service_tier: "priority",
        text: { verbosity: "low" },
        reasoning: { effort: "xhigh", summary: "auto" },
        include: ["reasoning.encrypted_content"],
        prompt_cache_key: "k",
        tool_choice: "auto",
        parallel_tool_calls: true,
      },
    ],
    ["no effort and no tier", { reasoning: { effort: null }, service_tier: null }],
  ])("%s", async (_name, change) => {
    const body: Json = { ...request("Hi"), ...change };
    for (const [key, value] of Object.entries(body)) if (value === undefined) delete body[key];
    expect(itemsOf(await ask(await start(), body)).at(-1)).toMatchObject({ type: "message" });
  });
});

describe("lite models", () => {
  const lite = { "x-openai-internal-codex-responses-lite": "true" };

  test("take tools in an input item, and refuse them at the top when the client says it speaks lite", async () => {
    const simulator = await start();
    const top = await post(simulator, request("Hi", { model: "gpt-6.1-sol", tools: [WEATHER] }), lite);
    expect([top.status, await top.json()]).toEqual([400, { detail: "Unsupported parameter: tools" }]);
    const tools = [{ type: "namespace", name: "functions", description: "", tools: [WEATHER] }];
    const input = [{ type: "additional_tools", role: "developer", tools }, user("Use get_weather in Oslo")];
    const [item] = itemsOf(await ask(simulator, request("", { model: "gpt-6.1-sol", input })));
    expect(item).toMatchObject({ type: "function_call", namespace: "functions", arguments: '{"city":"Oslo"}' });
  });

  test.each([
    ["says so in a header", lite, {}],
    ["has its tools inside the input", {}, { input: [{ type: "additional_tools", role: "developer", tools: [] }] }],
  ])("refuse parallel tool calls when the client %s", async (_name, headers, change) => {
    const simulator = await start();
    const body = request("Hi", { model: "gpt-6.1-sol", ...change });
    const parallel = await post(simulator, { ...body, parallel_tool_calls: true }, headers);
    expect([parallel.status, await parallel.json()]).toEqual([
      400,
      { detail: "Parallel tool calls must be set to false" },
    ]);
    expect((await post(simulator, { ...body, parallel_tool_calls: false }, headers)).status).toBe(200);
  });

  test("classic models take top-level tools whatever the header says", async () => {
    expect((await post(await start(), request("Hi", { tools: [WEATHER] }), lite)).status).toBe(200);
  });
});

test("a used-up plan answers 429 with when it resets, on /responses and in /wham/usage", async () => {
  const simulator = await start({ clock: () => 1_800_000_000_000 });
  simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: 1_800_000_060_000 } });
  const response = await post(simulator, request("Hi"));
  expect([response.status, await response.json()]).toEqual([
    429,
    {
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: "pro",
        resets_at: 1_800_000_060,
        resets_in_seconds: 60,
      },
    },
  ]);
  expect(response.headers.get("x-codex-primary-used-percent")).toBe("100");
});
