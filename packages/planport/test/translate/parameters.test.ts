import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/request.ts";
import type { ModelInfo } from "../../src/protocol/models.ts";
import { CHAT_FIELDS, RESPONSES_FIELDS } from "../../src/protocol/parameters.ts";
import type { CodexRequest } from "../../src/protocol/responses/request.ts";
import type { Change } from "../../src/translate/change.ts";
import { chatToResponses } from "../../src/translate/chat-request.ts";
import { toCodexRequest } from "../../src/translate/codex-request.ts";
import { CHAT_PARAMETERS, type Parameter, RESPONSES_PARAMETERS } from "../../src/translate/parameters.ts";

/** A model for which there is something to map in every field that depends on the model. */
const model: ModelInfo = {
  slug: "m",
  display_name: "m",
  visibility: "list",
  supported_in_api: true,
  priority: 1,
  supported_reasoning_levels: [],
  use_responses_lite: true,
  support_verbosity: false,
};

/** Values that ask for something, and for what is mapped: values that cannot go as they are. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  model: "m",
  input: "hi",
  messages: [{ role: "user", content: "hi" }],
  instructions: "Be brief.",
  stream: false,
  store: true,
  include: ["web_search_call.action.sources"],
  tools: [{ type: "function", name: "f", parameters: {} }],
  tool_choice: { type: "web_search_preview" },
  parallel_tool_calls: true,
  reasoning: { effort: "ultra" },
  text: { verbosity: "low" },
  service_tier: "fast",
  prompt_cache_key: "k",
  client_metadata: { a: "b" },
  codex_capabilities: { prompt_mode: "passthrough" },
  codex_environment_context: { cwd: "/srv" },
  extra_body: { a: 1 },
  previous_response_id: "resp_1",
  stream_options: { include_obfuscation: false },
  max_output_tokens: 5,
  max_completion_tokens: 5,
  max_tokens: 5,
  temperature: 0,
  top_p: 0.5,
  top_logprobs: 1,
  metadata: { a: "b" },
  user: "u",
  safety_identifier: "s",
  truncation: "auto",
  background: true,
  context_management: [{ type: "compaction" }],
  prompt_cache_retention: "24h",
  prompt_cache_options: { a: 1 },
  moderation: { model: "omni-moderation-latest" },
  conversation: "conv_1",
  prompt: { id: "pmpt_1" },
  functions: [{ name: "f" }],
  function_call: "auto",
  web_search_options: {},
  response_format: { type: "text" },
  verbosity: "low",
  reasoning_effort: "high",
  n: 2,
  stop: "x",
  seed: 1,
  logprobs: true,
  presence_penalty: 1,
  frequency_penalty: 1,
  logit_bias: { "1": 1 },
  prediction: { type: "content", content: "x" },
  audio: { voice: "x" },
  modalities: ["audio"],
  repetition_penalty: 2,
  top_k: 1,
  top_a: 1,
  min_p: 1,
};

interface Outcome {
  readonly codex: CodexRequest;
  readonly told: readonly string[];
}

const droppedIn = (changes: readonly Change[]): string[] =>
  changes.filter(({ action }) => action === "dropped").map(({ path }) => path);

function responses(fields: object): Outcome {
  const { request, changes } = toCodexRequest({ model: "m", input: "hi", ...fields }, model);
  return { codex: request, told: droppedIn(changes) };
}

function chat(fields: object): Outcome {
  const messages = [{ role: "user", content: "hi" }];
  const translated = chatToResponses({ model: "m", messages, ...fields } as ChatRequest);
  const { request, changes } = toCodexRequest(translated.request, model);
  return { codex: request, told: droppedIn([...translated.changes, ...changes]) };
}

function hold(name: string, { fate, usual }: Parameter, send: (fields: object) => Outcome): void {
  const fields = { [name]: SAMPLES[name] };
  // What a gateway emulates has left the request when it gets here; in the library nobody does it.
  if (fate === "refused" || name === "previous_response_id") {
    expect(() => send(fields)).toThrow(expect.objectContaining({ code: "request_invalid", cause: { param: name } }));
    return;
  }
  const { codex, told } = send(fields);
  expect(told.includes(name), "told as dropped").toBe(fate === "dropped");
  if (fate === "passed") expect(codex[name]).toEqual(SAMPLES[name]);
  else if (name === "input" && fate === "dropped") expect(codex.input).toHaveLength(2);
  else expect(codex[name]).not.toEqual(SAMPLES[name]);
  if (fate !== "dropped") return;
  expect(send({ [name]: null }).told).toEqual([]);
  expect(usual?.test(SAMPLES[name]) ?? false).toBe(false);
}

describe("what the table says happens: on /v1/responses,", () => {
  it.each(Object.entries(RESPONSES_PARAMETERS))("%s", (name, parameter) => hold(name, parameter, responses));
});

describe("what the table says happens: on /v1/chat/completions,", () => {
  const { input: _input, ...shared } = RESPONSES_PARAMETERS;
  it.each(Object.entries({ ...shared, ...CHAT_PARAMETERS }))("%s", (name, parameter) => hold(name, parameter, chat));
});

describe("the tables", () => {
  it("name every parameter that is checked", () => {
    expect(Object.keys(RESPONSES_FIELDS).filter((name) => !(name in RESPONSES_PARAMETERS))).toEqual([]);
    const known = { ...RESPONSES_PARAMETERS, ...CHAT_PARAMETERS };
    expect(Object.keys(CHAT_FIELDS).filter((name) => !(name in known))).toEqual([]);
  });

  it("let through what they do not name, whatever its name", () => {
    const fields = JSON.parse('{"x_new": 1, "__proto__": {"a": 1}, "constructor": 2, "toString": 3}') as object;
    for (const send of [responses, chat]) {
      const { codex, told } = send(fields);
      expect(told).toEqual([]);
      expect(JSON.parse(JSON.stringify(codex))).toMatchObject({ x_new: 1, constructor: 2, toString: 3 });
      expect(JSON.stringify(codex)).toContain('"__proto__":{"a":1}');
    }
  });

  it("tell of a function_call beside a tool_choice", () => {
    expect(chat({ tool_choice: "none", function_call: "auto" }).told).toEqual(["function_call"]);
    expect(chat({ tool_choice: "none", function_call: "auto" }).codex.tool_choice).toBe("none");
  });
});
