/** What the gateway remembers between requests, with a backend that does what the test says. */
import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../src/errors.ts";
import type { Memory } from "../../src/memory/index.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import type { Item } from "../../src/protocol/responses/item.ts";
import { call, open, said, sealed } from "../memory/kit.ts";
import { errorOf, fakeClient, type FakeClient, readUntil, send, serve, startRequest } from "./kit.ts";

/** A backend that answers each call with the next list of items, and leaves `output` empty as the real one does. */
function answering(...answers: Item[][]): FakeClient {
  let calls = 0;
  return fakeClient((made) => {
    const id = `resp_${++calls}`;
    const response = { id, object: "response", model: "gpt-x", store: false, previous_response_id: null, output: [] };
    const items = answers[calls - 1] ?? [said("assistant", "More.")];
    const events: CodexEvent[] = [
      { type: "response.created", response: { ...response, status: "in_progress" } },
      ...items.map((item, index) => ({ type: "response.output_item.done", output_index: index, item })),
      { type: "response.completed", response: { ...response, status: "completed", usage: null } },
    ];
    made.events(...events);
    made.end();
    return {};
  });
}

const inputOf = (client: FakeClient, index: number): unknown => client.calls[index]?.request.input;
const chat = (messages: object[], fields: object = {}): string =>
  JSON.stringify({ model: "gpt-x", messages, ...fields });
const user = (content: string): object => ({ role: "user", content });

describe.each([true, false])("chat, streamed: %s", (stream) => {
  it("gets the sealed reasoning of each turn back in front of it", async () => {
    const client = answering(
      [sealed("rs_1"), sealed("rs_2"), call("call_1")],
      [sealed("rs_3"), said("assistant", "Hi.")],
    );
    const at = await serve({ client, memory: open() });
    const messages = [user("Look")];
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    const toolCall = { id: "call_1", type: "function", function: { name: "look", arguments: "{}" } };
    messages.push({ role: "assistant", content: null, tool_calls: [toolCall] });
    messages.push({ role: "tool", tool_call_id: "call_1", content: "seen" });
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    messages.push({ role: "assistant", content: "Hi." }, user("More"));
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    const third = inputOf(client, 2) as Item[];
    expect(third.map((item) => item["id"] ?? item["role"] ?? item.type)).toEqual([
      "user",
      "rs_1",
      "rs_2",
      "function_call",
      "function_call_output",
      "rs_3",
      "assistant",
      "user",
    ]);
    expect(third[1]).toEqual(sealed("rs_1"));
  });

  it("gets none of another account's or model's", async () => {
    const client = answering([sealed("rs_1"), said("assistant", "Hi.")]);
    const at = await serve({ client, memory: open() });
    const messages = [user("Hello")];
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    messages.push({ role: "assistant", content: "Hi." }, user("More"));
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream, model: "gpt-y" }) });
    client.accountKey = "account-2";
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    client.accountKey = "account-1";
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    expect([1, 2, 3].map((index) => JSON.stringify(inputOf(client, index)).includes("rs_1"))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("goes on without reasoning that the backend cannot open any more, and forgets it", async () => {
    const client = answering([sealed("rs_1"), said("assistant", "Hi.")]);
    const at = await serve({ client, memory: open() });
    const messages = [user("Hello")];
    await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) });
    const { behaviour } = client;
    client.behaviour = (made) => {
      if (!JSON.stringify(made.request.input).includes("rs_1")) return behaviour(made);
      throw new UpstreamError("upstream_invalid_request", "The encrypted content could not be verified.", {
        cause: {
          status: 400,
          upstreamCode: "invalid_encrypted_content",
          requestId: null,
          cfRay: null,
          systemCode: null,
        },
      });
    };
    messages.push({ role: "assistant", content: "Hi." }, user("More"));
    expect((await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) })).status).toBe(200);
    expect(client.calls).toHaveLength(3);
    expect((await send(at, "/v1/chat/completions", { body: chat(messages, { stream }) })).status).toBe(200);
    expect(client.calls).toHaveLength(4);
  });
});

/** A memory whose writes last until the test lets them go. */
function slow(memory: Memory): { memory: Memory; begun: Promise<void>; release: () => void } {
  let release: () => void = () => {};
  let begin: () => void = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const wait = async (): Promise<void> => {
    begin();
    await gate;
  };
  return {
    begun,
    release,
    memory: {
      ...memory,
      responses: { ...memory.responses, put: wait },
      reasoning: { ...memory.reasoning, remember: wait },
    },
  };
}

describe.each(["/v1/chat/completions", "/v1/responses"])("a stream of %s", (path) => {
  it("gives its text at once and its end when all is kept", async () => {
    const { memory, begun, release } = slow(open({ place: "process" }));
    const client = fakeClient();
    const at = await serve({ client, memory });
    const body = JSON.stringify({ model: "gpt-x", stream: true, input: "hi", messages: [user("hi")] });
    const head = startRequest(at, path, {
      body: path.endsWith("responses") ? body : chat([user("hi")], { stream: true }),
    });
    const backend = await client.call();
    const item = { ...said("assistant", "Hello."), id: "msg_1" };
    const response = { id: "resp_1", status: "completed", output: [sealed("rs_1"), item] };
    backend.events({ type: "response.output_text.delta", output_index: 0, delta: "Hello." });
    const message = await head.head;
    let text = "";
    message.on("data", (data: Buffer) => (text += data.toString()));
    await readUntil(message, () => text.includes("Hello."));
    backend.events({ type: "response.completed", response });
    backend.end();
    await begun;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect(text).not.toMatch(/\[DONE\]|response\.completed|finish_reason":"stop/);
    release();
    await new Promise((resolve) => {
      message.on("end", resolve);
    });
    expect(text).toMatch(/\[DONE\]|response\.completed/);
  });
});

describe("responses", () => {
  const ask = (fields: object): { body: string } => ({
    body: JSON.stringify({ model: "gpt-x", input: "hi", ...fields }),
  });

  it("say truthfully, streamed and whole, that they are kept and what they follow on", async () => {
    const client = answering();
    const at = await serve({ client, memory: open() });
    const whole = JSON.parse((await send(at, "/v1/responses", ask({}))).text) as object;
    expect(whole).toMatchObject({ id: "resp_1", store: true, previous_response_id: null });
    const streamed = await send(at, "/v1/responses", ask({ stream: true, previous_response_id: "resp_1" }));
    expect(streamed.headers["x-planport-changes"]).toBe("previous_response_id=emulated");
    const events = [...streamed.text.matchAll(/^data: (.*)$/gm)].map(
      ([, json]) => JSON.parse(json ?? "") as CodexEvent,
    );
    for (const event of [events.at(0), events.at(-1)])
      expect(event).toMatchObject({ response: { id: "resp_2", store: true, previous_response_id: "resp_1" } });
    expect(client.calls.map(({ request }) => [request.store, request.previous_response_id])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);
    const kept = await send(at, "/v1/responses/resp_2");
    expect(JSON.parse(kept.text)).toEqual((events.at(-1) as { response: unknown }).response);
    const unkept = JSON.parse(
      (await send(at, "/v1/responses", ask({ store: false, previous_response_id: "resp_1" }))).text,
    );
    expect(unkept).toMatchObject({ store: false, previous_response_id: "resp_1" });
    expect((await send(at, "/v1/responses/resp_3")).status).toBe(404);
  });

  it("pass on as they came when they are not kept", async () => {
    const at = await serve({ client: answering(), memory: open() });
    const { text } = await send(at, "/v1/responses", ask({ stream: true, store: false }));
    expect(text).toContain('"store":false,"previous_response_id":null');
  });

  it("that fail are not kept, and say so", async () => {
    const client = fakeClient();
    const at = await serve({ client, memory: open() });
    const { head } = startRequest(at, "/v1/responses", ask({ stream: true }));
    const backend = await client.call();
    backend.events(
      { type: "response.created", response: { id: "resp_1", store: false } },
      { type: "response.failed", response: { id: "resp_1", status: "failed", error: { code: "x", message: "y" } } },
    );
    const text = await readUntil(await head, (soFar) => soFar.includes("response.failed"));
    expect(text).toContain('"status":"failed"');
    expect(text.slice(text.indexOf("response.failed"))).toContain('"store":false');
    expect((await send(at, "/v1/responses/resp_1")).status).toBe(404);
  });

  it("of one account are unknown to another, to be read, listed, deleted or followed on", async () => {
    const client = answering();
    const at = await serve({ client, memory: open() });
    await send(at, "/v1/responses", ask({}));
    client.accountKey = "account-2";
    for (const [method, path] of [
      ["GET", "/v1/responses/resp_1"],
      ["GET", "/v1/responses/resp_1/input_items"],
      ["DELETE", "/v1/responses/resp_1"],
    ] as const)
      expect((await send(at, path, { method })).status).toBe(404);
    expect(errorOf(await send(at, "/v1/responses", ask({ previous_response_id: "resp_1" })))).toMatchObject({
      message: "Previous response with id 'resp_1' not found.",
      type: "invalid_request_error",
      param: "previous_response_id",
      code: "previous_response_not_found",
    });
    client.accountKey = "account-1";
    expect(JSON.parse((await send(at, "/v1/responses/resp_1", { method: "DELETE" })).text)).toEqual({
      id: "resp_1",
      object: "response",
      deleted: true,
    });
  });

  it("refuse pages and forms that there are not", async () => {
    const at = await serve({ client: answering(), memory: open() });
    await send(at, "/v1/responses", ask({}));
    for (const [query, param] of [
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["limit=x", "limit"],
      ["order=up", "order"],
      ["after=msg_x", "after"],
    ]) {
      const answer = await send(at, `/v1/responses/resp_1/input_items?${query}`);
      expect([answer.status, errorOf(answer)]).toMatchObject([400, { param }]);
    }
    expect((await send(at, "/v1/responses/resp_1?stream=true")).status).toBe(501);
    const wrong = await send(at, "/v1/responses/resp_1", { method: "PUT", body: "{}" });
    expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "GET, HEAD, DELETE"]);
  });

  it("are neither kept nor found without a memory", async () => {
    const client = answering();
    const at = await serve({ client });
    await send(at, "/v1/responses", ask({}));
    expect(errorOf(await send(at, "/v1/responses/resp_1"))).toMatchObject({ code: "not_supported" });
    expect(client.calls[0]?.request).toMatchObject({ model: "gpt-x", input: "hi" });
    expect(client.calls[0]?.request).not.toHaveProperty("store");
  });
});

describe.each([true, false])("/v1/messages, streamed: %s", (stream) => {
  const ask = (messages: object[], fields: object = {}): { body: string } => ({
    body: JSON.stringify({ model: "gpt-x", max_tokens: 99, stream, messages, ...fields }),
  });
  const use = { type: "tool_use", id: "call_1", name: "look", input: {} };
  const turns = [
    user("hi"),
    { role: "assistant", content: [use] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "seen" }] },
  ];

  it("gets sealed reasoning back in front of its turn when the client does not see the thinking", async () => {
    const client = answering([sealed("rs_1"), call("call_1")]);
    const at = await serve({ client, memory: open() });
    expect((await send(at, "/v1/messages", ask([user("hi")]))).text).not.toContain("thinking");
    await send(at, "/v1/messages", ask(turns));
    expect(inputOf(client, 1)).toMatchObject([
      { role: "user" },
      sealed("rs_1"),
      { type: "function_call", call_id: "call_1" },
      { type: "function_call_output" },
    ]);
  });

  it("leaves it to a client that sees the thinking to bring it back", async () => {
    const client = answering([sealed("rs_1"), call("call_1")]);
    const at = await serve({ client, memory: open() });
    const thinking = { type: "adaptive" };
    await send(at, "/v1/messages", ask([user("hi")], { thinking }));
    await send(at, "/v1/messages", ask(turns, { thinking }));
    expect(inputOf(client, 1)).toMatchObject([
      { role: "user" },
      { type: "function_call" },
      { type: "function_call_output" },
    ]);
  });
});
