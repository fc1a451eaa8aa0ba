import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { CredentialError, UpstreamError } from "../../src/errors.ts";
import { createLogger, type Logger } from "../../src/observe/index.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { Secret } from "../../src/secret.ts";
import { createGateway } from "../../src/server/app.ts";
import { ask, completed, created, delta, fakeClient, rawSocket, readAnswer, send, serve, startRequest } from "./kit.ts";

describe("listen", () => {
  it("is on 127.0.0.1 unless told otherwise, and says where", async () => {
    const at = await serve();
    expect(at.url).toBe(`http://127.0.0.1:${at.port}`);
    expect(await (await fetch(`${at.url}/healthz`)).json()).toMatchObject({ status: "ok" });
  });

  it("refuses to leave loopback without a key, and says how to set one", async () => {
    const gateway = createGateway({ client: fakeClient(), version: "1.2.3" });
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
      await expect(gateway.listen({ host, port: 0 })).rejects.toMatchObject({
        code: "listen_refused",
        message: expect.stringContaining("gateway key"),
      });
    const at = await serve({ host: "0.0.0.0", gatewayKey: new Secret("k") });
    expect((await fetch(`http://127.0.0.1:${at.port}/v1/models`)).status).toBe(401);
  });

  it("names a port that is taken, and the flag for another", async () => {
    const at = await serve();
    await expect(createGateway({ client: fakeClient(), version: "1" }).listen({ port: at.port })).rejects.toMatchObject(
      {
        code: "port_in_use",
        message: `Port ${at.port} is in use by another program; choose one with --port.`,
      },
    );
  });

  it("says so when the address cannot be had", async () => {
    const gateway = createGateway({ client: fakeClient(), version: "1", gatewayKey: new Secret("k") });
    await expect(gateway.listen({ host: "192.0.2.1", port: 0 })).rejects.toMatchObject({ code: "listen_refused" });
  });
});

describe("broken HTTP", () => {
  it("gets an answer and ends nothing but its own connection", async () => {
    const at = await serve();
    const cases: [string, RegExp][] = [
      ["GARBAGE\r\n\r\n", /^HTTP\/1\.1 400 Bad Request\r\n[^]*"The request is not valid HTTP\."/],
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
      [
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        /^HTTP\/1\.1 400 /,
      ],
      ["\u0016\u0003\u0001\u0002\u0000\u0001", /^HTTP\/1\.1 400 /],
    ];
    for (const [bytes, expected] of cases) {
      const { socket, all } = await rawSocket(at);
      socket.write(bytes);
      expect(await all).toMatch(expected);
    }
    expect((await send(at, "/healthz")).status).toBe(200);
  });

  it("does not write into the middle of an answer", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { socket, all } = await rawSocket(at);
    const body = ask(true);
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nHost: localhost:${at.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const call = await client.call();
    call.events(created);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write("GARBAGE\r\n\r\n");
    expect(await all).not.toContain("400 Bad Request");
    await call.stopped;
    expect(call.cancelled).toBe(true);
  });

  it("answers a WebSocket handshake with 426, after which Codex goes over to HTTP at once", async () => {
    const at = await serve();
    const { socket, all } = await rawSocket(at);
    socket.write(
      `GET /v1/responses HTTP/1.1\r\nHost: localhost:${at.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    const text = await all;
    expect(text).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(text).toContain('"code":"not_supported"');
  });
});

describe("close", () => {
  it("takes no new connection, ends idle ones at once, and lets a running stream come to its end", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const idle = await rawSocket(at);
    idle.socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost:${at.port}\r\n\r\n`);
    await new Promise((resolve) => idle.socket.once("data", resolve));
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    const message = await head;
    const closed = at.close({ graceMs: 60_000 });
    await idle.all;
    await expect(send(at, "/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    call.events(delta("last"), completed);
    const answer = await readAnswer(message);
    expect(answer.complete).toBe(true);
    expect(answer.text).toContain("response.completed");
    await closed;
  });

  it("closes a kept-alive connection as soon as its last answer is out", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { socket, all } = await rawSocket(at);
    const body = ask(true);
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nHost: localhost:${at.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const call = await client.call();
    call.events(created);
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = at.close({ graceMs: 60_000 });
    call.events(completed);
    expect(await all).toContain("response.completed");
    await closed;
  });

  it("cuts what is still running after the grace, and the backend with it", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    const message = await head;
    const answer = readAnswer(message);
    await Promise.all([at.close({ graceMs: 20 }), at.close()]);
    expect((await answer).complete).toBe(false);
    await call.stopped;
    expect(call.cancelled).toBe(true);
  });
});

describe("the access log", () => {
  it("tells method, path, status, time and model, and neither query nor body nor key", async () => {
    let text = "";
    const logger = createLogger({ sink: { write: (line) => (text += line) } });
    const client = fakeClient((call) => {
      call.events(created, completed);
      return {};
    });
    const at = await serve({ client, logger, newId: () => "id-1" });
    await send(at, "/v1/responses?api_key=query-secret", {
      body: JSON.stringify({ model: "gpt-x", input: "my private words", stream: true }),
      headers: { authorization: "Bearer header-secret" },
    });
    await at.close();
    expect(JSON.parse(text)).toEqual({
      time: expect.any(String),
      level: "info",
      event: "http.request",
      method: "POST",
      path: "/v1/responses",
      status: 200,
      durationMs: expect.any(Number),
      requestId: "id-1",
      model: "gpt-x",
    });
    expect(text).not.toMatch(/secret|private/);
  });

  it("tells that the client left", async () => {
    const lines: unknown[] = [];
    const logger = createLogger({ sink: { write: (line) => lines.push(JSON.parse(line)) } });
    const client = fakeClient();
    const at = await serve({ client, logger });
    const { request } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    request.destroy();
    await call.stopped;
    await at.close();
    const line = { status: null, aborted: true, errorCode: "cancelled", model: "gpt-x" };
    expect(lines).toContainEqual(expect.objectContaining(line));
  });

  /** The access log's lines. */
  function accessLog(): { logger: Logger; lines: Record<string, unknown>[] } {
    const lines: Record<string, unknown>[] = [];
    const note = (event: string, fields: object = {}): void => void lines.push({ event, ...fields });
    return { lines, logger: { debug: note, info: note, warn: note, error: note } };
  }

  it("tells our error code, whether the failure was a status, came in a stream, or was the backend's own event", async () => {
    const { logger, lines } = accessLog();
    const client = fakeClient();
    const at = await serve({ client, logger });
    const failed: CodexEvent = { type: "response.failed", response: { error: { code: "server_error", message: "x" } } };
    const body = (stream: boolean) =>
      JSON.stringify({ model: "gpt-x", input: "hi", messages: [{ role: "user", content: "hi" }], stream });
    client.behaviour = (call) => {
      call.events(created, delta("a"), failed);
      return {};
    };
    for (const path of ["/v1/responses", "/v1/chat/completions"])
      for (const stream of [true, false]) await send(at, path, { body: body(stream) });
    await send(at, "/nowhere");
    await send(at, "/v1/models", { method: "DELETE" });
    await send(at, "/v1/responses", { body: "{" });
    await send(at, "/v1/responses", { body: ask(true), headers: { origin: "https://evil.example" } });
    await at.close();
    const access = lines.filter(({ event }) => event === "http.request");
    expect(access.map(({ status, errorCode, aborted }) => [status, errorCode, aborted])).toEqual([
      [200, "upstream_failed", undefined],
      [502, "upstream_failed", undefined],
      [200, "upstream_failed", undefined],
      [502, "upstream_failed", undefined],
      [404, "not_found", undefined],
      [405, "method_not_allowed", undefined],
      [400, "request_malformed", undefined],
      [403, "origin_forbidden", undefined],
    ]);
    const warned = lines.filter(({ event }) => event === "http.failed");
    expect(warned.map(({ errorCode }) => errorCode)).toEqual(Array(4).fill("upstream_failed"));
  });

  it("marks an answer that was left in the middle, in process too", async () => {
    const { logger, lines } = accessLog();
    const client = fakeClient((call) => {
      call.events(created);
      return {};
    });
    const gateway = createGateway({ client, logger, version: "1.2.3" });
    const headers = { "content-type": "application/json" };
    const request = new Request("http://localhost/v1/responses", { method: "POST", body: ask(true), headers });
    await (await gateway.fetch(request)).body?.cancel();
    expect(lines).toEqual([
      expect.objectContaining({ event: "http.request", status: 200, aborted: true, errorCode: "cancelled" }),
    ]);
    expect(lines[0]?.["durationMs"]).toEqual(expect.any(Number));
  });

  it("is told of an event beside the answer that could not be read", async () => {
    const { logger, lines } = accessLog();
    const client = fakeClient((call) => {
      call.events(created, delta("a"));
      call.bytes("event: codex.rate_limits\ndata: {oops\n\n");
      call.events(completed);
      return {};
    });
    const at = await serve({ client, logger });
    await send(at, "/v1/responses", { body: ask(true) });
    await at.close();
    expect(lines).toContainEqual(expect.objectContaining({ event: "http.event_not_json", type: "codex.rate_limits" }));
  });
});

describe("the openai package as the client", () => {
  const sdk = (port: number) =>
    new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "anything", maxRetries: 3 });

  it("streams both dialects", async () => {
    const client = fakeClient((call) => {
      call.events(created, delta("hel"), delta("lo"), completed);
      return {};
    });
    const openai = sdk((await serve({ client })).port);
    let text = "";
    for await (const event of await openai.responses.create({ model: "gpt-x", input: "hi", stream: true }))
      if (event.type === "response.output_text.delta") text += event.delta;
    for await (const chunk of await openai.chat.completions.create({
      model: "gpt-x",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
    }))
      text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("hellohello");
  });

  it("sees its own error classes, and does not try a used-up plan again", async () => {
    const thrown = [
      new CredentialError("credential_missing", "Nobody is signed in."),
      new UpstreamError("usage_limit_reached", "Used up."),
      new UpstreamError("upstream_challenged", "The edge wants a browser."),
    ];
    const client = fakeClient(() => {
      throw thrown[client.calls.length - 1] as Error;
    });
    const openai = sdk((await serve({ client })).port);
    const call = () => openai.responses.create({ model: "gpt-x", input: "hi" });
    await expect(call()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(call()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(call()).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    expect(client.calls).toHaveLength(3);
  });

  it("throws when a stream breaks off in the middle", async () => {
    const client = fakeClient();
    const openai = sdk((await serve({ client })).port);
    const started = openai.responses.create({ model: "gpt-x", input: "hi", stream: true });
    const call = await client.call();
    call.events(created, delta("a"));
    const stream = await started;
    call.fail(new UpstreamError("stream_idle", "Nothing came."));
    await expect(async () => {
      for await (const event of stream) void event;
    }).rejects.toThrow("Nothing came.");
  });
});
