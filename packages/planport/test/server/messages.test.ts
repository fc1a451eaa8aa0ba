import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../src/errors.ts";
import { completed, created, delta, done, fakeClient, readAnswer, send, serve, startRequest } from "./kit.ts";

const ask = (extra: object = {}): string =>
  JSON.stringify({ model: "gpt-x", max_tokens: 50, messages: [{ role: "user", content: "hi" }], ...extra });

const answering = () =>
  fakeClient((call) => {
    call.events(created, delta("hel"), delta("lo"), done("hello"), completed);
    return {};
  });

describe("POST /v1/messages", () => {
  it("streams Anthropic's events, from message_start to message_stop", async () => {
    const client = answering();
    const at = await serve({ client, newId: () => "id-1" });
    const answer = await send(at, "/v1/messages", { body: ask({ stream: true, top_k: 3 }) });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(answer.headers["x-planport-changes"]).toContain("top_k=dropped");
    const types = [...answer.text.matchAll(/^event: (.+)$/gm)].map(([, type]) => type);
    expect(types[0]).toBe("message_start");
    expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
    const texts = [...answer.text.matchAll(/"type":"text_delta","text":"([^"]*)"/g)].map(([, text]) => text);
    expect(texts.join("")).toBe("hello");
    expect(client.calls[0]?.request).toMatchObject({ input: [{ role: "user" }], max_output_tokens: 50 });
  });

  it("gives a whole message without stream", async () => {
    const at = await serve({ client: answering() });
    const answer = await send(at, "/v1/messages", { body: ask() });
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "hello" }],
      stop_reason: "end_turn",
    });
  });

  it("answers errors in Anthropic's form, each with its type", async () => {
    const client = fakeClient(() => {
      throw new UpstreamError("rate_limited", "Slow down.", { retryAfterMs: 3000 });
    });
    const at = await serve({ client });
    const bad = await send(at, "/v1/messages", { body: "{}" });
    expect(bad.status).toBe(400);
    expect(JSON.parse(bad.text)).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    const limited = await send(at, "/v1/messages", { body: ask({ stream: true }) });
    expect(limited.status).toBe(429);
    expect(limited.headers["retry-after"]).toBe("3");
    expect(JSON.parse(limited.text)).toMatchObject({
      type: "error",
      error: { type: "rate_limit_error", message: "Slow down." },
      request_id: limited.headers["x-request-id"],
    });
  });

  it("answers the beginning of a thread, tells that it is not held, and has its client send all of it again", async () => {
    const at = await serve({ client: answering() });
    const begun = await send(at, "/v1/messages?beta=true", { body: ask({ thread: { type: "create" } }) });
    expect(begun.status).toBe(200);
    expect(begun.headers["x-planport-changes"]).toContain("thread=dropped");
    const thread = { type: "continue", previous_message_id: "msg_1" };
    const lost = await send(at, "/v1/messages?beta=true", { body: ask({ thread }) });
    expect(lost.status).toBe(400);
    expect(JSON.parse(lost.text)).toMatchObject({ error: { details: { error_code: "thread_not_found" } } });
    expect((await send(at, "/v1/messages", { body: ask({ thread: { type: "x" } }) })).status).toBe(400);
  });

  it("reports a failure in mid-stream as an error event", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/messages", { body: ask({ stream: true }) });
    const call = await client.call();
    call.events(created, delta("a"));
    const message = await head;
    call.fail(new UpstreamError("stream_idle", "Nothing came."));
    const answer = await readAnswer(message);
    expect(answer.text).toMatch(
      /event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"Nothing came\."\}\}\n\n$/,
    );
    expect(answer.complete).toBe(true);
  });

  it("keys the prompt cache by the user that the client names, without telling who that is", async () => {
    const client = answering();
    const at = await serve({ client });
    for (const user of ["someone", "someone", "another"])
      await send(at, "/v1/messages", { body: ask({ metadata: { user_id: user } }) });
    const keys = client.calls.map(({ request }) => request.prompt_cache_key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
    expect(JSON.stringify(client.calls.map(({ request }) => request))).not.toContain("someone");
  });

  it("estimates tokens, and says that it is an estimate", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { max_tokens: _unused, ...body } = JSON.parse(ask()) as Record<string, unknown>;
    const answer = await send(at, "/v1/messages/count_tokens", { body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    const count = JSON.parse(answer.text) as { input_tokens: number; estimated: boolean };
    expect(count.input_tokens).toBeGreaterThan(0);
    expect(count.estimated).toBe(true);
    expect(answer.headers["x-planport-changes"]).toBe("input_tokens=emulated");
    expect(client.calls).toHaveLength(0);
  });
});

const complete = (extra: object = {}): string => JSON.stringify({ model: "gpt-x", prompt: "Once", ...extra });

describe("POST /v1/completions", () => {
  it("gives a text completion", async () => {
    const client = answering();
    const at = await serve({ client, newId: () => "id-1", now: () => 5000 });
    const answer = await send(at, "/v1/completions", { body: complete({ echo: true }) });
    expect(JSON.parse(answer.text)).toMatchObject({
      id: "cmpl-id-1",
      object: "text_completion",
      created: 5,
      choices: [{ text: "Oncehello", index: 0, logprobs: null, finish_reason: "stop" }],
    });
    expect(client.calls[0]?.request.input).toMatchObject([{ role: "user", content: [{ text: "Once" }] }]);
  });

  it("streams text, then the end, the cost and [DONE]", async () => {
    const at = await serve({ client: answering() });
    const answer = await send(at, "/v1/completions", {
      body: complete({ stream: true, echo: true, stream_options: { include_usage: true } }),
    });
    const parts = answer.text.split("\n\n").filter((part) => part.startsWith("data: {"));
    const chunks = parts.map(
      (part) =>
        JSON.parse(part.slice(6)) as { choices: { text: string; finish_reason: string | null }[]; usage?: object },
    );
    expect(chunks.flatMap(({ choices }) => choices.map(({ text }) => text)).join("")).toBe("Oncehello");
    expect(chunks.flatMap(({ choices }) => choices.flatMap((choice) => choice.finish_reason ?? []))).toEqual(["stop"]);
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("offers the model no tools, whose calls a text has no place for, and tells", async () => {
    const client = answering();
    const at = await serve({ client });
    const tools = [{ type: "function", function: { name: "f" } }];
    const functions = [{ name: "g" }];
    const answer = await send(at, "/v1/completions", { body: complete({ tools, tool_choice: "auto", functions }) });
    expect(answer.status).toBe(200);
    expect(client.calls[0]?.request).not.toHaveProperty("tools");
    expect(client.calls[0]?.request).not.toHaveProperty("tool_choice");
    for (const name of ["tools", "tool_choice", "functions"])
      expect(answer.headers["x-planport-changes"]).toContain(`${name}=dropped`);
  });

  it.each([
    [{ prompt: ["a", "b"] }, "prompt"],
    [{ prompt: [1, 2] }, "prompt"],
    [{ prompt: [[1, 2]] }, "prompt[0]"],
    [{ suffix: "end" }, "suffix"],
    [{ best_of: 3 }, "best_of"],
    [{ n: 2 }, "n"],
  ])("refuses %j and names %s", async (fields, param) => {
    const at = await serve({ client: answering() });
    const answer = await send(at, "/v1/completions", { body: complete(fields) });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { param, type: "invalid_request_error" } });
  });
});
