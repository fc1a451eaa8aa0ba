/** Each capability by what it does between two sockets: the gateway, the real client and the simulator of the backend. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { CAPABILITY_TABLE, DEFAULT_CAPABILITIES } from "../../src/protocol/capabilities.ts";
import { Secret } from "../../src/secret.ts";
import type { Listening } from "../../src/server/types.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import { type Answer, errorOf, send, serve } from "./kit.ts";

let simulator: Simulator;
let http: HttpClient;
let at: Listening | null = null;

beforeAll(async () => {
  simulator = await startSimulator({ seed: "capabilities" });
  http = createHttpClient({ env: {} });
});
afterEach(() => {
  at = null; // The kit closes what it opened.
  simulator.reset();
});
afterAll(async () => {
  await http.close();
  await simulator.close();
});

async function open(): Promise<Listening> {
  const grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret(simulator.issueTokens().accessToken),
    accountId: simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
  const client = createCodexClient({
    tokens: { get: () => Promise.resolve(grant), recover: () => Promise.resolve(null) },
    http,
    endpoints: resolveEndpoints({ baseUrl: simulator.codexBaseUrl }),
    sleep: () => Promise.resolve(),
  });
  return serve({ client });
}

type Json = Record<string, unknown>;
const hi = [{ role: "user", content: "hi" }];
const tool = (name: string): Json => ({
  type: "function",
  function: { name, description: "A tool", parameters: { type: "object", properties: { city: { type: "string" } } } },
});

async function ask(path: string, body: Json): Promise<{ answer: Answer; sent: Json; told: string; json: Json }> {
  at ??= await open();
  const answer = await send(at, path, { body: JSON.stringify({ model: "gpt-5.5", ...body }) });
  const calls = simulator.requests.filter((request) => request.path.endsWith("/responses"));
  const told = String(answer.headers["x-planport-changes"] ?? "");
  const json = answer.text.startsWith("{") ? (JSON.parse(answer.text) as Json) : {};
  return { answer, sent: (calls.at(-1)?.body ?? {}) as Json, told, json };
}
const chat = (capabilities: Json, body: Json = {}): ReturnType<typeof ask> =>
  ask("/v1/chat/completions", { messages: hi, codex_capabilities: capabilities, ...body });
const responses = (capabilities: Json, body: Json = {}): ReturnType<typeof ask> =>
  ask("/v1/responses", { input: "hi", codex_capabilities: capabilities, ...body });
const invalid = ({ answer }: { answer: Answer }): unknown => [answer.status, errorOf(answer)];
const refused = (param: string, message: string): unknown => [
  400,
  {
    code: "request_invalid",
    param,
    message: expect.stringContaining(message) as string,
    type: "invalid_request_error",
  },
];

const BASE = "You are GPT-5.5, a simulated coding agent. Be brief and exact.";
const NEUTRAL = "You are a helpful assistant.";

describe("codex_capabilities", () => {
  it("has one set of defaults, those of a transparent proxy", () => {
    expect(DEFAULT_CAPABILITIES).toEqual({
      protocol: "any",
      codex_passthrough: false,
      prompt_mode: "codex_default",
      tool_schema_mode: "custom_only",
      tool_text_format: "none",
      bypass_tool_call_reactor: true,
      include_environment_context: false,
    });
    for (const { kind, standard, effects } of Object.values(CAPABILITY_TABLE)) {
      expect(kind.test(standard)).toBe(true);
      expect(Object.keys(effects).sort()).toEqual([...(kind.words ?? ["false", "true"])].sort());
    }
  });

  it("refuses unknown keys and values by name, at the top level and in extra_body", async () => {
    expect(invalid(await chat({ prompt_mod: "x" }))).toEqual(
      refused("codex_capabilities.prompt_mod", "there is no such capability; there are protocol,"),
    );
    expect(invalid(await responses({ prompt_mode: "mine" }))).toEqual(
      refused("codex_capabilities.prompt_mode", 'got "mine"'),
    );
    const extra = { extra_body: { codex_capabilities: { codex_passthrough: "yes" } } };
    expect(invalid(await ask("/v1/chat/completions", { messages: hi, ...extra }))).toEqual(
      refused("extra_body.codex_capabilities.codex_passthrough", "expected true or false"),
    );
    expect(invalid(await ask("/v1/messages", { messages: hi, max_tokens: 9, codex_capabilities: 1 }))).toMatchObject([
      400,
      { message: expect.stringContaining("codex_capabilities: expected an object") as string },
    ]);
    expect(simulator.requests.filter(({ path }) => path.endsWith("/responses"))).toEqual([]);
  });

  it("never goes to the backend, and extra_body means what OpenAI's library makes of it", async () => {
    const { sent } = await ask("/v1/responses", {
      input: "hi",
      codex_capabilities: { prompt_mode: "custom_only" },
      extra_body: { codex_capabilities: null, instructions: "From the extra body." },
    });
    expect(sent).toMatchObject({ instructions: "From the extra body." });
    expect(Object.keys(sent)).not.toContain("codex_capabilities");
    expect(Object.keys(sent)).not.toContain("extra_body");
  });
});

describe("protocol", () => {
  it("fixes the endpoint: any other one is a 400, its own and `any` are served", async () => {
    const message = "it is set to openai-chat by the request itself, which is POST /v1/chat/completions";
    expect(invalid(await responses({ protocol: "openai-chat" }))).toEqual(
      refused("codex_capabilities.protocol", message),
    );
    expect((await chat({ protocol: "openai-responses" })).answer.status).toBe(400);
    expect(
      (await ask("/v1/completions", { prompt: "hi", codex_capabilities: { protocol: "openai-chat" } })).answer.status,
    ).toBe(400);
    expect((await chat({ protocol: "openai-chat" })).answer.status).toBe(200);
    expect((await responses({ protocol: "openai-responses" })).answer.status).toBe(200);
    expect((await responses({ protocol: "any" })).answer.status).toBe(200);
  });
});

describe("codex_passthrough", () => {
  it("true sends values as they were written, false fits them to the model and tells", async () => {
    const body = { reasoning: { effort: "minimal" } };
    const fitted = await responses({ codex_passthrough: false }, body);
    expect(fitted.sent).toMatchObject({ reasoning: { effort: "low" } });
    expect(fitted.told).toContain("reasoning.effort=mapped");
    const passed = await responses({ codex_passthrough: true }, body);
    expect(passed.sent).toMatchObject(body);
    expect(passed.json).toMatchObject({ error: { code: "upstream_invalid_request" } });
    // What the backend refuses from everybody is not a matter of the model.
    const usual = { temperature: 0.5, service_tier: "auto", tools: [{ type: "web_search_preview" }] };
    const left = await responses({ codex_passthrough: true }, usual);
    expect(left.answer.status).toBe(200);
    expect(left.sent).toMatchObject({ tools: [{ type: "web_search" }] });
    expect(left.told).toContain("temperature=dropped");
  });

  it("true leaves it to the backend to judge a call without a result", async () => {
    const orphan = { input: [{ type: "function_call_output", call_id: "call_x", output: "18" }] };
    expect((await responses({ codex_passthrough: false }, orphan)).json).toMatchObject({
      error: { code: "request_invalid", param: "input[0].call_id" },
    });
    expect((await responses({ codex_passthrough: true }, orphan)).json).toMatchObject({
      error: { code: "upstream_invalid_request" },
    });
  });
});

describe("prompt_mode", () => {
  it("codex_default gives the model's own instructions to a request that has none, and leaves all others alone", async () => {
    expect((await responses({})).sent["instructions"]).toBe(BASE);
    expect((await responses({ prompt_mode: "codex_default" }, { instructions: "Mine. ąć" })).sent["instructions"]).toBe(
      "Mine. ąć",
    );
    const messages = [{ role: "system", content: "Be brief." }, ...hi];
    const { sent, told } = await chat({ prompt_mode: "codex_default" }, { messages });
    expect(sent).not.toHaveProperty("instructions");
    expect(sent["input"]).toMatchObject([{ role: "developer" }, { role: "user" }]);
    expect(told).not.toContain("instructions");
  });

  it("codex_default fills the catalogue's template, and has a neutral line where the list is not to be had", async () => {
    const model_messages = {
      instructions_template: "You are X.\n{{ personality }}\nWrite {{ braces }}.",
      instructions_variables: { personality_default: "Calm.", personality_friendly: "Warm." },
    };
    const models = [{ slug: "gpt-5.5", model_messages }];
    simulator.script.push("models", { kind: "http", status: 200, body: { models } });
    expect((await responses({})).sent["instructions"]).toBe("You are X.\nCalm.\nWrite {{ braces }}.");
    at = null; // Another client, which knows no list yet.
    simulator.script.push("models", { kind: "http", status: 500, body: {} });
    expect((await responses({})).sent["instructions"]).toBe(NEUTRAL);
  });

  it("merge_custom puts the model's own in front, once", async () => {
    const { sent, told } = await responses({ prompt_mode: "merge_custom" }, { instructions: "Mine." });
    expect(sent["instructions"]).toBe(`${BASE}\n\nMine.`);
    expect(told).toContain("instructions=mapped");
    const again = await responses({ prompt_mode: "merge_custom" }, { instructions: sent["instructions"] });
    expect(again.sent["instructions"]).toBe(`${BASE}\n\nMine.`);
    const messages = [{ role: "developer", content: "Be brief." }, ...hi];
    const merged = (await chat({ prompt_mode: "merge_custom" }, { messages })).sent;
    expect(merged["instructions"]).toBe(BASE);
    expect(merged["input"]).toMatchObject([{ role: "developer", content: [{ text: "Be brief." }] }, { role: "user" }]);
  });

  it("custom_only sends the request's alone, else the neutral line", async () => {
    expect((await responses({ prompt_mode: "custom_only" }, { instructions: "Mine." })).sent["instructions"]).toBe(
      "Mine.",
    );
    expect((await responses({ prompt_mode: "custom_only" })).sent["instructions"]).toBe(NEUTRAL);
  });

  it("passthrough adds nothing, and the backend judges", async () => {
    const { sent, json } = await responses({ prompt_mode: "passthrough" });
    expect(sent).not.toHaveProperty("instructions");
    expect(json).toMatchObject({ error: { code: "upstream_invalid_request" } });
  });
});

const names = (sent: Json): unknown[] => (sent["tools"] as Json[]).map((each) => each["name"]);

describe("tool_schema_mode", () => {
  it("custom_only sends the client's tools alone", async () => {
    const { sent } = await chat({ tool_schema_mode: "custom_only" }, { tools: [tool("mine")] });
    expect(names(sent)).toEqual(["mine"]);
    expect((await responses({})).sent).not.toHaveProperty("tools");
  });

  it("codex_default sends Codex's in their place and tells, merge_custom both, the client's own first", async () => {
    const codex = await chat({ tool_schema_mode: "codex_default" }, { tools: [tool("mine")] });
    expect(names(codex.sent)).toEqual(["shell_command", "update_plan", "apply_patch", "view_image"]);
    expect(codex.told).toContain("tools[0]=dropped");
    expect(codex.answer.status).toBe(200);
    const both = await chat({ tool_schema_mode: "merge_custom" }, { tools: [tool("view_image"), tool("mine")] });
    expect(names(both.sent)).toEqual(["view_image", "mine", "shell_command", "update_plan", "apply_patch"]);
    expect((both.sent["tools"] as Json[])[0]).toMatchObject({ description: "A tool" });
  });

  it("codex_default refuses a choice of a tool that is not sent", async () => {
    const choice = { tools: [tool("mine")], tool_choice: { type: "function", function: { name: "mine" } } };
    expect(invalid(await chat({ tool_schema_mode: "codex_default" }, choice))).toEqual(
      refused("tool_choice", "tool_schema_mode is codex_default"),
    );
  });
});

describe("tool_text_format", () => {
  const calling = {
    messages: [{ role: "user", content: "Call get_weather for the weather in Paris." }],
    tools: [tool("get_weather")],
  };
  const content = ({ json }: { json: Json }): unknown => (json["choices"] as Json[])[0];

  it("none gives calls as calls", async () => {
    expect(content(await chat({ tool_text_format: "none" }, calling))).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "get_weather", arguments: '{"city":"Paris"}' } }] },
    });
  });

  it.each([
    ["xml", "<get_weather>\n<city>Paris</city>\n</get_weather>"],
    ["markdown", '**get\\_weather**\n\n```json\n{"city":"Paris"}\n```'],
    ["summary", "[get_weather city: Paris]"],
  ])("%s gives them as text, whole and streamed alike", async (format, text) => {
    const whole = content(await chat({ tool_text_format: format }, calling)) as {
      message: Json;
      finish_reason: string;
    };
    expect(whole.finish_reason).toBe("stop");
    expect(whole.message["content"]).toContain(text);
    expect(whole.message).not.toHaveProperty("tool_calls");
    const streamed = await chat({ tool_text_format: format }, { ...calling, stream: true });
    const chunks = streamed.answer.text.split("\n\n").filter((line) => line.startsWith("data: {"));
    const deltas = chunks.flatMap(
      (line) => (JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] }).choices,
    );
    expect(deltas.map(({ delta }) => delta.content ?? "").join("")).toBe(whole.message["content"]);
    expect(streamed.answer.text).not.toContain("tool_calls");
  });

  it("on /v1/responses the events are those of a message, counted without a gap", async () => {
    const body = {
      input: "Call get_weather for the weather in Paris.",
      tools: [{ type: "function", name: "get_weather" }],
    };
    const { answer } = await responses({ tool_text_format: "xml" }, { ...body, stream: true });
    const events = answer.text.split("\n\n").flatMap((block): Json[] => {
      const data = /^data: (\{.*)$/m.exec(block)?.[1];
      return data === undefined ? [] : [JSON.parse(data) as Json];
    });
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(answer.text).not.toContain("function_call");
    const [last] = events.slice(-1) as [{ type: string; response: { output: Json[] } }];
    expect(last.type).toBe("response.completed");
    expect(last.response.output.at(-1)).toMatchObject({ type: "message", content: [{ type: "output_text" }] });
  });
});

describe("bypass_tool_call_reactor", () => {
  const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
  const messages = [...hi, { role: "assistant", content: null, tool_calls: [call] }, ...hi];

  it("true refuses a call without a result by its id, false repairs it and tells", async () => {
    expect(invalid(await chat({ bypass_tool_call_reactor: true }, { messages }))).toEqual(
      refused("messages[1].tool_calls[0].id", '"call_1" has no result'),
    );
    const { answer, sent, told } = await chat({ bypass_tool_call_reactor: false }, { messages });
    expect(answer.status).toBe(200);
    expect(sent["input"]).toContainEqual({ type: "function_call_output", call_id: "call_1", output: "aborted" });
    expect(told).toContain("messages[1].tool_calls[0].id=emulated");
    const input = [
      { role: "user", content: "hi" },
      { type: "function_call_output", call_id: "c", output: "18" },
    ];
    expect((await responses({ bypass_tool_call_reactor: false }, { input })).answer.status).toBe(200);
  });
});

describe("include_environment_context", () => {
  const environment = { cwd: "/home/ada/proj & co", shell: "zsh", network_access: false };

  it("true sends what the request says of itself, in front of its first user message", async () => {
    const messages = [{ role: "system", content: "Be brief." }, ...hi];
    const { sent, answer } = await chat(
      { include_environment_context: true },
      { messages, extra_body: { codex_environment_context: environment } },
    );
    expect(answer.status).toBe(200);
    const text =
      "<environment_context>\n  <cwd>/home/ada/proj &amp; co</cwd>\n  <network_access>restricted</network_access>\n  <shell>zsh</shell>\n</environment_context>";
    expect(sent["input"]).toMatchObject([
      { role: "developer" },
      { role: "user", content: [{ text }] },
      { role: "user", content: [{ text: "hi" }] },
    ]);
    const flat = await responses({ include_environment_context: true }, { project_dir: "/srv/x" });
    expect(JSON.stringify(flat.sent["input"])).toContain("<cwd>/srv/x</cwd>");
  });

  it("true sends nothing of the machine that planport runs on", async () => {
    const { sent } = await responses({ include_environment_context: true });
    expect(sent["input"]).toEqual([{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }]);
  });

  it("false leaves it out and tells", async () => {
    const { sent, told, answer } = await responses({}, { codex_environment_context: environment, cwd: "/srv" });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(sent)).not.toContain("/srv");
    expect(told).toContain("codex_environment_context=dropped");
    expect(invalid(await responses({}, { codex_environment_context: { user: "ada" } }))).toEqual(
      refused("codex_environment_context.user", "there is no such field"),
    );
  });
});

describe("names of models", () => {
  it("openai-codex: is taken off, and what stands behind the ? goes before the request's own fields", async () => {
    const model = "openai-codex:gpt-5.5?reasoning_effort=high&verbosity=low";
    const { sent, told } = await chat({}, { model, reasoning_effort: "low" });
    expect(sent).toMatchObject({ model: "gpt-5.5", reasoning: { effort: "high" }, text: { verbosity: "low" } });
    expect(told).toContain("model=mapped");
    expect((await responses({}, { model: "gpt-5.5?verbosity=high" })).sent).toMatchObject({
      text: { verbosity: "high" },
    });
  });

  it.each([
    ["openai-codex:gpt-5.5?temperature=1", '"temperature" cannot be set'],
    ["gpt-5.5?verbosity=loud", 'must be low, medium or high, not "loud"'],
    ["gpt-5.5?verbosity=low&verbosity=high", "stands twice"],
    ["openai-codex:", "there is no model"],
  ])("%s is refused by name", async (model, message) => {
    expect(invalid(await responses({}, { model }))).toEqual(refused("model", message));
  });
});
