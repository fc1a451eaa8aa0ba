/**
 * The AI SDK's provider without the AI SDK: what comes in any order and shape, and what is asked in ways that are rare.
 */
import { describe, expect, it } from "vitest";
import { toApiCallError } from "../../src/hosts/ai-sdk/api-call-error.ts";
import { Collector } from "../../src/hosts/ai-sdk/collect.ts";
import {
  type CallOptions,
  type CallWarning,
  createPlanport,
  type PromptMessage,
  type StreamPart,
} from "../../src/hosts/ai-sdk/index.ts";
import { PartMapper } from "../../src/hosts/ai-sdk/parts.ts";
import { changeWarnings, toRequest } from "../../src/hosts/ai-sdk/request.ts";
import { isStrictSchema } from "../../src/hosts/ai-sdk/schema.ts";
import { CredentialError, isPlanportError, RequestError, UpstreamError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import type { CodexClient } from "../../src/upstream/types.ts";
import { call, completed, created, text } from "./support/answers.ts";

const ask = (prompt: readonly PromptMessage[], options: Partial<CallOptions> = {}) =>
  toRequest("gpt-5.5", { prompt, ...options });
const user = (words: string): PromptMessage => ({ role: "user", content: [{ type: "text", text: words }] });

function partsOf(...events: readonly JsonObject[]): StreamPart[] {
  const mapper = new PartMapper({ model: "gpt-5.5", named: new Map(), originals: new Map(), raw: false });
  return events.flatMap((event) => mapper.next(event as CodexEvent));
}

function contentOf(...events: readonly JsonObject[]) {
  const collector = new Collector();
  for (const part of partsOf(...events)) collector.push(part);
  return collector.result({});
}

const done = (item: JsonObject): JsonObject => ({ type: "response.output_item.done", output_index: 0, item });

describe("an answer", () => {
  it("of pieces that name no item is one text", () => {
    const result = contentOf(created, text("one "), text("two"), completed());
    expect(result?.content).toEqual([{ type: "text", text: "one two" }]);
    expect(result?.finishReason).toEqual({ unified: "stop", raw: "completed" });
  });

  it("whose items come whole, without pieces, loses nothing", () => {
    const message = { type: "message", id: "msg_1", role: "assistant", phase: "final_answer" };
    const result = contentOf(
      done({
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "first" },
          { type: "summary_text", text: "second" },
        ],
        encrypted_content: "sealed",
      }),
      done({ ...message, content: [{ type: "output_text", text: "whole" }] }),
      done({ type: "function_call", id: "fc_1", call_id: "call_1", name: "look", arguments: "" }),
      completed(),
    );
    expect(result?.content).toEqual([
      { type: "reasoning", text: "first", providerMetadata: { planport: { itemId: "rs_1" } } },
      {
        type: "reasoning",
        text: "second",
        providerMetadata: { planport: { itemId: "rs_1", encryptedContent: "sealed" } },
      },
      {
        type: "text",
        text: "whole",
        providerMetadata: { planport: { itemId: "msg_1", phase: "final_answer" } },
      },
      {
        type: "tool-call",
        toolCallId: "call_1",
        toolName: "look",
        input: "{}",
        providerMetadata: { planport: { itemId: "fc_1" } },
      },
    ]);
    expect(result?.finishReason.unified).toBe("tool-calls");
  });

  it("whose item says more than its pieces tells the rest once", () => {
    const item = {
      type: "message",
      id: "msg_1",
      role: "assistant",
      content: [{ type: "output_text", text: "all of it" }],
    };
    const piece = { type: "response.output_text.delta", item_id: "msg_1", delta: "all " };
    expect(contentOf(piece, done(item), completed())?.content[0]).toMatchObject({ text: "all of it" });
  });

  it("whose items come without what they are to hold keeps what the pieces told", () => {
    const [begun, ...pieces] = call(0, "call_1", "look", '{"at":', '"a"}').slice(0, -2);
    const about = { id: "fc_call_1", call_id: "call_1", name: "look" };
    const result = contentOf(
      { type: "response.reasoning_summary_text.delta", item_id: "rs_1", summary_index: 0, delta: "hm" },
      done({ type: "reasoning", id: "rs_1", encrypted_content: "sealed" }),
      done({ type: "reasoning", id: "rs_2", summary: [null, { type: "summary_text" }] }),
      { type: "response.output_text.delta", item_id: "msg_1", delta: "all" },
      done({ type: "message", id: "msg_1", role: "assistant" }),
      done({ type: "message", id: "msg_2", role: "assistant", content: [null, { type: "output_text" }] }),
      begun as JsonObject,
      ...pieces,
      done({ type: "function_call", ...about }),
      done({ type: "function_call", id: "fc_2", call_id: "call_2", name: "look" }),
      done({ type: "custom_tool_call", id: "ctc_1", call_id: "call_3", name: "run" }),
      completed(),
    );
    expect(result?.content).toMatchObject([
      { type: "reasoning", text: "hm", providerMetadata: { planport: { encryptedContent: "sealed" } } },
      { type: "reasoning", text: "" },
      { type: "text", text: "all" },
      { type: "text", text: "" },
      { type: "tool-call", toolCallId: "call_1", input: '{"at":"a"}' },
      { type: "tool-call", toolCallId: "call_2", input: "{}" },
      { type: "tool-call", toolCallId: "call_3", input: '""' },
    ]);
  });

  it("tells calls that run side by side apart", () => {
    const one = call(0, "call_1", "look", '{"at":', '"a"}');
    const two = call(1, "call_2", "look", '{"at":"b"}');
    const mixed = one.slice(0, 2).concat(two.slice(0, 2), one.slice(2), two.slice(2));
    const calls = contentOf(created, ...mixed, completed())?.content;
    expect(calls?.map((part) => part.type === "tool-call" && [part.toolCallId, part.input])).toEqual([
      ["call_1", '{"at":"a"}'],
      ["call_2", '{"at":"b"}'],
    ]);
  });

  it("passes over events and items that nobody knows", () => {
    expect(partsOf({ type: "response.new_thing" }, done({ type: "new_item", id: "x" }))).toEqual([]);
  });

  it("without usage says that it is not known, and with it where the tokens went", () => {
    expect(contentOf(completed())?.usage.inputTokens).toEqual({
      total: undefined,
      noCache: undefined,
      cacheRead: undefined,
      cacheWrite: undefined,
    });
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 20 },
      total_tokens: 150,
    };
    expect(contentOf(completed({ usage }))?.usage).toEqual({
      inputTokens: { total: 100, noCache: 30, cacheRead: 60, cacheWrite: 10 },
      outputTokens: { total: 50, text: 30, reasoning: 20 },
      raw: usage,
    });
  });

  it("without an end is no answer", () => {
    expect(contentOf(created, text("half"))).toBeNull();
  });
});

describe("a prompt", () => {
  it("with thinking of another provider is sent without it, and that is told", () => {
    const foreign = { type: "reasoning" as const, text: "hm", providerOptions: { other: { signature: "x" } } };
    const { request, warnings } = ask([user("a"), { role: "assistant", content: [foreign] }, user("b")]);
    expect((request.input as JsonObject[]).map(({ type }) => type)).toEqual(["message", "message"]);
    expect(warnings).toEqual([expect.objectContaining({ type: "other" }) as CallWarning]);
  });

  it("keeps a system message in its place, once others came before it", () => {
    const { request } = ask([
      { role: "system", content: "one" },
      { role: "system", content: "two" },
      user("a"),
      { role: "system", content: "three" },
    ]);
    expect(request.instructions).toBe("one\n\ntwo");
    expect((request.input as JsonObject[]).map(({ role }) => role)).toEqual(["user", "developer"]);
  });

  it("takes a text file of ai 7, and no reference to a file that somebody else keeps", () => {
    const file = (data: { type: string; text?: string }): PromptMessage => ({
      role: "user",
      content: [{ type: "file", mediaType: "text/plain", data }],
    });
    const { request } = ask([file({ type: "text", text: "words" })]);
    expect((request.input as JsonObject[])[0]).toMatchObject({ content: [{ type: "input_text", text: "words" }] });
    expect(() => ask([file({ type: "reference" })])).toThrow("prompt[0].content[0]: the Codex backend keeps no files.");
  });

  it("tells what a person did not allow, and leaves out what only a provider asked", () => {
    const denied = { type: "execution-denied" as const, reason: "not today" };
    const { request, warnings } = ask([
      user("a"),
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "c1", toolName: "rm", input: { all: true } }] },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "c1", toolName: "rm", output: denied },
          { type: "tool-approval-response" },
        ],
      },
    ]);
    expect((request.input as JsonObject[]).slice(1)).toEqual([
      { type: "function_call", call_id: "c1", name: "rm", arguments: '{"all":true}', status: "completed" },
      { type: "function_call_output", call_id: "c1", output: "not today" },
    ]);
    expect(warnings).toMatchObject([{ type: "unsupported", feature: "tool-approval-response" }]);
  });

  it.each([
    ["iVBORw0KGgoAAAA", "image/png"],
    ["R0lGODlhAQAB", "image/gif"],
    ["UklGRiIAAABXRUJQ", "image/webp"],
    ["/9j/4AAQSkZJRg", "image/jpeg"],
  ])("with an image of no named kind that begins with %s sends %s", (data, mediaType) => {
    const { request } = ask([{ role: "user", content: [{ type: "file", mediaType: "image/*", data }] }]);
    expect(JSON.stringify(request.input)).toContain(`data:${mediaType};base64,${data}`);
  });
});

describe("the effort", () => {
  it("is that of ai 7's own setting, unless the option says another one", () => {
    expect(ask([user("a")], { reasoning: "high" }).request.reasoning).toEqual({ effort: "high" });
    expect(ask([user("a")], { reasoning: "provider-default" }).request.reasoning).toBeUndefined();
    const providerOptions = { planport: { reasoningEffort: "low" } };
    expect(ask([user("a")], { reasoning: "high", providerOptions }).request.reasoning).toEqual({ effort: "low" });
  });
});

describe("changes on the way", () => {
  it("are told where something is lost, in the AI SDK's words, and not where nothing is", () => {
    const told = changeWarnings([
      { path: "top_p", action: "dropped", note: "no" },
      { path: "reasoning.effort", action: "mapped", note: "lower" },
      { path: "instructions", action: "mapped", note: "some" },
      { path: "service_tier", action: "mapped", note: "priority" },
      { path: "tools[0].name", action: "emulated", note: "short" },
      { path: "temperature", action: "default", note: "anyway" },
    ]);
    expect(told.map((warning) => warning.type !== "other" && `${warning.type} ${warning.feature}`)).toEqual([
      "unsupported topP",
      "compatibility reasoningEffort",
    ]);
  });
});

describe("a schema", () => {
  const closed = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  it.each([
    ["closed objects", closed, true],
    ["closed objects in lists", { ...closed, properties: { a: { type: "array", items: closed } } }, true],
    ["an open object", { ...closed, additionalProperties: true }, false],
    ["a property that may be missing", { ...closed, required: [] }, false],
    ["an open object within", { ...closed, properties: { a: { type: "object" } } }, false],
    ["several that must all fit", { ...closed, allOf: [{}] }, false],
    ["a list at the top", { type: "array", items: closed }, false],
  ])("of %s can be kept to the letter or not", (_name, schema, isStrict) => {
    expect(isStrictSchema(schema)).toBe(isStrict);
  });
});

describe("an error for the AI SDK", () => {
  const marked = (error: unknown, name: string): unknown => (error as Record<symbol, unknown>)[Symbol.for(name)];

  it("is planport's own, a new one each time, with what that library reads", () => {
    const cause = { status: 503, upstreamCode: null, requestId: "req_1", cfRay: "ray", systemCode: null };
    const thrown = new UpstreamError("upstream_overloaded", "Too many.", { cause, retryAfterMs: 1500 });
    const error = toApiCallError(thrown, "gpt-5.5", undefined);
    expect(error).not.toBe(thrown);
    expect(error).toBeInstanceOf(UpstreamError);
    expect(isPlanportError(error)).toBe(true);
    expect(marked(error, "vercel.ai.error")).toBe(true);
    expect(marked(error, "vercel.ai.error.AI_APICallError")).toBe(true);
    expect(error).toMatchObject({
      message: "Too many.",
      code: "upstream_overloaded",
      cause,
      stack: thrown.stack,
      statusCode: 503,
      isRetryable: true,
      requestBodyValues: { model: "gpt-5.5" },
      responseHeaders: { "x-request-id": "req_1", "cf-ray": "ray", "retry-after": "2", "retry-after-ms": "1500" },
    });
    expect(marked(thrown, "vercel.ai.error")).toBeUndefined();
  });

  it("keeps its class, whatever it is about", () => {
    expect(toApiCallError(new CredentialError("credential_missing", "none"), "m", undefined)).toMatchObject({
      name: "CredentialError",
      isRetryable: false,
    });
    expect(toApiCallError(new TypeError("oops"), "m", undefined)).toMatchObject({ code: "internal", statusCode: 500 });
  });

  it("of an abort is the signal's reason", () => {
    const reason = new Error("changed my mind");
    const { signal } = new AbortController();
    expect(toApiCallError(new RequestError("cancelled", "x"), "m", signal)).toMatchObject({ code: "cancelled" });
    expect(toApiCallError(new RequestError("cancelled", "x"), "m", AbortSignal.abort(reason))).toBe(reason);
  });
});

describe("a provider", () => {
  it("on a planport that is open uses that one, and leaves it open", async () => {
    let isClosed = false;
    const refused = new RequestError("not_supported", "asked");
    const client = {
      route: "codex",
      send: () => Promise.reject(refused),
      close: async () => {
        isClosed = true;
      },
    } as unknown as CodexClient;
    const planport = createPlanport({ planport: { client } });
    await expect(planport("gpt-5.5").doGenerate({ prompt: [user("a")] })).rejects.toThrow("asked");
    await planport.close();
    expect(isClosed).toBe(false);
  });

  it("ends the call to the backend when it cannot make sense of an event itself", async () => {
    let ends = 0;
    const unreadable = {
      type: "response.output_text.delta",
      get delta(): string {
        throw new TypeError("no sense in it");
      },
    };
    const events = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: unreadable }),
        return: async () => {
          ends += 1;
          throw new Error("it is gone already");
        },
      }),
    };
    const client = { route: "codex", send: async () => ({ headers: {}, changes: [], servedModel: null, events }) };
    const planport = createPlanport({ planport: { client: client as unknown as CodexClient } });
    const { stream } = await planport("gpt-5.5").doStream({ prompt: [user("a")] });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["stream-start", "error", "finish"]);
    expect(ends).toBe(1);
  });

  it("knows no other models than those for language", () => {
    const planport = createPlanport();
    expect(() => planport.imageModel("x")).toThrow('There is no imageModel "x"');
    expect(() => planport.embeddingModel("x")).toThrow('There is no embeddingModel "x"');
  });
});
