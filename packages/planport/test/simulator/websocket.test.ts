import { once } from "node:events";
import { onTestFinished, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { failed, type Simulator, unauthorized, usageLimit } from "../../src/simulator/index.ts";
import { fn, itemsOf, type Json, lastResponse, request, start, textOf, user, WEATHER } from "./helpers.ts";

interface Socket {
  readonly ws: WebSocket;
  readonly handshake: Record<string, string | string[] | undefined>;
  send(message: Json): void;
  /** Messages up to and with the first one that ends a call. */
  answer(): Promise<Json[]>;
  next(): Promise<Json>;
}

async function connect(simulator: Simulator, headers: Record<string, string> = {}): Promise<Socket> {
  const ws = new WebSocket(`${simulator.codexBaseUrl.replace("http:", "ws:")}/responses`, {
    headers: {
      authorization: `Bearer ${simulator.issueTokens().accessToken}`,
      "openai-beta": "responses_websockets=2026-02-06",
      ...headers,
    },
  });
  onTestFinished(() => ws.terminate());
  const inbox: Json[] = [];
  let wake = (): void => {};
  ws.on("message", (data) => {
    inbox.push(JSON.parse((data as Buffer).toString()) as Json);
    wake();
  });
  ws.on("close", () => wake());
  const [upgrade] = (await Promise.race([
    once(ws, "upgrade"),
    once(ws, "error").then(([error]) => Promise.reject(error as Error)),
  ])) as [{ headers: Record<string, string> }];
  if (ws.readyState !== WebSocket.OPEN) await once(ws, "open");
  const next = async (): Promise<Json> => {
    while (inbox.length === 0) {
      if (ws.readyState === WebSocket.CLOSED) throw new Error("closed");
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return inbox.shift() as Json;
  };
  return {
    ws,
    handshake: upgrade.headers,
    send: (message) => ws.send(JSON.stringify({ type: "response.create", ...message })),
    next,
    async answer() {
      const messages: Json[] = [];
      for (;;) {
        const message = await next();
        messages.push(message);
        if (/^(?:response\.(?:completed|failed|incomplete)|error)$/.test(String(message["type"]))) return messages;
      }
    },
  };
}

async function call(socket: Socket, message: Json): Promise<Json[]> {
  socket.send(message);
  return socket.answer();
}

const status = async (simulator: Simulator, headers: Record<string, string> = {}): Promise<string> =>
  connect(simulator, headers).then(
    () => "open",
    (error: Error) => error.message,
  );

describe("a WebSocket", () => {
  test("answers with the events of an HTTP answer, after the limits", async () => {
    const socket = await connect(await start());
    const messages = await call(socket, request("Reply with exactly: Hi"));
    expect(messages[0]).toMatchObject({ type: "codex.rate_limits", rate_limits: { primary: { window_minutes: 300 } } });
    expect(messages.slice(1).map((message) => message["type"])).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(textOf(messages)).toBe("Hi");
    expect(socket.handshake["x-models-etag"]).toBeTypeOf("string");
  });

  test("need not say stream, takes a prewarm without a prompt, and goes on from it with new items only", async () => {
    const simulator = await start();
    const socket = await connect(simulator);
    const warm = await call(socket, {
      model: "gpt-5.5",
      store: false,
      generate: false,
      input: [{ role: "developer", content: "Be a cat." }],
    });
    expect(itemsOf(warm)).toEqual([]);
    const { stream: _stream, instructions: _instructions, ...body } = request("My name is Ada.");
    const first = await call(socket, { ...body, previous_response_id: lastResponse(warm)["id"] });
    expect(textOf(first)).toContain("Be a cat.");
    const second = await call(socket, {
      ...body,
      input: [user("Who am I?")],
      previous_response_id: lastResponse(first)["id"],
    });
    expect(textOf(second)).toContain("My name is Ada.");
    expect(textOf(second)).toContain("4 messages");
    expect(simulator.requests.map((one) => [one.method, one.transport, one.target])).toEqual([
      ["GET", "http", "websocket"],
      ["SEND", "websocket", "prewarm"],
      ["SEND", "websocket", "responses"],
      ["SEND", "websocket", "responses"],
    ]);
  });

  test("finds the call of a tool output in the response it goes on from", async () => {
    const socket = await connect(await start());
    const tools = [WEATHER, fn("other", {})];
    const first = await call(socket, request("call get_weather for Oslo", { tools }));
    const [made] = itemsOf(first);
    const input = [{ type: "function_call_output", call_id: made?.["call_id"], output: "rain" }];
    const second = await call(socket, request("", { tools, input, previous_response_id: lastResponse(first)["id"] }));
    expect(textOf(second)).toBe("get_weather returned: rain");
  });

  test("does not know the responses of other connections", async () => {
    const simulator = await start();
    const first = await call(await connect(simulator), request("Hi"));
    const [error] = await call(
      await connect(simulator),
      request("Hi", { previous_response_id: lastResponse(first)["id"] }),
    );
    expect(error).toMatchObject({ type: "error", status: 400, error: { code: "previous_response_not_found" } });
  });

  test("refuses in error frames with a status, and lives on", async () => {
    const socket = await connect(await start());
    expect(await call(socket, request("Hi", { store: true }))).toMatchObject([
      { type: "error", status: 400, error: { message: "Store must be set to false", type: "invalid_request_error" } },
    ]);
    socket.ws.send("not json");
    expect(await socket.next()).toMatchObject({ type: "error", status: 400 });
    socket.ws.send('{"type":"response.dance"}');
    expect(await socket.next()).toMatchObject({ type: "error", status: 400 });
    expect(textOf(await call(socket, request("Reply with exactly: alive")))).toBe("alive");
  });

  test("answers 401 in a frame when the token ends while it is open", async () => {
    const simulator = await start();
    const socket = await connect(simulator);
    simulator.expireAccessTokens();
    expect(await call(socket, request("Hi"))).toMatchObject([{ type: "error", status: 401 }]);
  });

  test("answers calls one after the other", async () => {
    const socket = await connect(await start());
    socket.send(request("Reply with exactly: one"));
    socket.send(request("Reply with exactly: two"));
    expect([textOf(await socket.answer()), textOf(await socket.answer())]).toEqual(["one", "two"]);
  });

  test("stops at an interrupt and says so", async () => {
    const simulator = await start({ deltaDelayMs: 2 });
    const socket = await connect(simulator);
    socket.send(request("count to 100000"));
    let created: Json = {};
    while (created["type"] !== "response.created") created = await socket.next();
    const id = (created["response"] as Json)["id"];
    socket.ws.send(JSON.stringify({ type: "response.interrupt", response_id: "resp_other" }));
    socket.ws.send(JSON.stringify({ type: "response.interrupt", response_id: id, mode: "discard_partial_items" }));
    const messages = await socket.answer();
    expect(messages.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { id, incomplete_details: { reason: "interrupted" } },
    });
    expect(simulator.openResponses).toBe(0);
    const next = await call(socket, request("Reply with exactly: next", { previous_response_id: id }));
    expect(textOf(next)).toBe("next");
  });

  test("is refused without a live token, on other paths, and as the script says", async () => {
    const simulator = await start();
    expect(await status(simulator, { authorization: "Bearer nonsense" })).toContain("401");
    expect(await status(simulator, { "chatgpt-account-id": "other" })).toContain("401");
    for (const code of [426, 403, 503]) {
      simulator.script.push("websocket", { kind: "http", status: code });
      expect(await status(simulator)).toContain(String(code));
    }
    simulator.script.push("websocket", { kind: "drop" });
    expect(await status(simulator)).toMatch(/hang up|ECONNRESET/);
    expect(await status(simulator)).toBe("open");
  });

  test("shows scripted failures in its own way", async () => {
    const simulator = await start();
    const socket = await connect(simulator);
    simulator.script.push("responses", usageLimit({ resetsInSeconds: 60, planType: "plus" }));
    expect(await call(socket, request("Hi"))).toMatchObject([
      { type: "error", status: 429, error: { type: "usage_limit_reached", plan_type: "plus", resets_in_seconds: 60 } },
    ]);
    simulator.script.push({ target: "responses", transport: "http" }, unauthorized());
    simulator.script.push("responses", failed("server_error"));
    expect((await call(socket, request("Hi"))).at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: 2,
      response: { error: { code: "server_error" } },
    });
    simulator.script.push("responses", { kind: "end", afterEvents: 4, closeCode: 1011 });
    socket.send(request("Hi"));
    const [code] = (await once(socket.ws, "close")) as [number];
    expect(code).toBe(1011);
    expect(simulator.script.pending).toBe(1);
  });
});
