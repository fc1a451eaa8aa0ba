import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStream } from "../../src/upstream/attempt.ts";
import { sleep } from "../../src/upstream/retry.ts";
import { httpClient } from "../net/support.ts";
import {
  COMPLETED,
  CREATED,
  begin,
  collect,
  delta,
  failureOf,
  recorder,
  sse,
  startBackend,
  testClient,
} from "./support.ts";

const HELLO = { model: "m", input: "hello" };

/** A signal whose listeners can be counted. */
function countedController(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  return { controller, listeners: () => getEventListeners(controller.signal, "abort").length };
}

describe("a cancelled call", () => {
  it("ends before anything is sent when the signal fired before", async () => {
    const backend = await startBackend(() => {});
    const error = await failureOf(testClient(backend.origin).client.send(HELLO, { signal: AbortSignal.abort() }));
    expect([error.code, backend.lines]).toEqual(["cancelled", []]);
  });

  it("ends while a bearer is being fetched", async () => {
    const { controller, listeners } = countedController();
    const tokens = { get: () => new Promise<never>(() => {}), recover: () => Promise.resolve(null) };
    const work = testClient("http://127.0.0.1:1", { tokens }).client.send(HELLO, { signal: controller.signal });
    controller.abort();
    await expect(failureOf(work)).resolves.toMatchObject({ code: "cancelled" });
    expect(listeners()).toBe(0);
  });

  it("ends while the connection is being made, and then sends nothing over it", async () => {
    const received: string[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", (chunk) => received.push(chunk.toString()));
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { controller, listeners } = countedController();
    const work = openStream({
      dispatcher: httpClient().dispatcher,
      url: `http://127.0.0.1:${port}/`,
      headers: {},
      body: "{}",
      idleTimeoutMs: 60_000,
      total: null,
      signal: controller.signal,
      failureContext: () => ({ nowMs: 0, kind: "chatgpt", model: null, knownModels: [], place: "" }),
    });
    controller.abort(); // In the same turn: the connection cannot stand yet.
    await expect(failureOf(work)).resolves.toMatchObject({ code: "cancelled" });
    // Whatever the first connection had to say was said before a later one is through.
    const later = connect(port, "127.0.0.1");
    later.end("later");
    await expect.poll(() => received.includes("later"), { timeout: 10_000 }).toBe(true);
    expect([received, listeners()]).toEqual([["later"], 0]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["the head has not come", () => {}],
    ["the preamble is there", (response) => begin(response, CREATED)],
    ["an error's body is being read", (response) => response.writeHead(500).write("half")],
  ])("ends while %s, and closes the connection", async (_stage, answer) => {
    const { controller, listeners } = countedController();
    let closed: Promise<void> | undefined;
    const backend = await startBackend((response) => {
      closed = new Promise((resolve) => response.once("close", resolve));
      answer(response);
      setTimeout(() => controller.abort(), 20);
    });
    const { client, delays } = testClient(backend.origin);
    const error = await failureOf(client.send(HELLO, { signal: controller.signal }));
    expect([error.code, delays, listeners()]).toEqual(["cancelled", [], 0]);
    await closed;
  });

  it("ends while it waits to try again", async () => {
    const { controller, listeners } = countedController();
    const backend = await startBackend((response) => {
      response.writeHead(500).end();
      setTimeout(() => controller.abort(), 20);
    });
    const { client } = testClient(backend.origin, { sleep, retry: { baseDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
    const error = await failureOf(client.send(HELLO, { signal: controller.signal }));
    expect([error.code, backend.calls.length, listeners()]).toEqual(["cancelled", 1, 0]);
  });

  it("ends within the stream, in both forms, and closes the connection", async () => {
    let closed: Promise<void> | undefined;
    const backend = await startBackend((response) => {
      closed = new Promise((resolve) => response.once("close", resolve));
      begin(response, delta("a"));
    });
    const { client } = testClient(backend.origin);
    const one = countedController();
    const reading = collect((await client.send(HELLO, { signal: one.controller.signal })).events);
    one.controller.abort();
    await expect(failureOf(reading)).resolves.toMatchObject({ code: "cancelled" });
    await closed;
    const two = countedController();
    const { body } = await client.send(HELLO, { signal: two.controller.signal });
    const sink = recorder();
    body.pipe(sink);
    body.cancel();
    await closed;
    expect([sink.ends, one.listeners(), two.listeners()]).toEqual([[], 0, 0]);
  });

  it("leaves no listener behind when it ends well", async () => {
    const { controller, listeners } = countedController();
    const backend = await startBackend((response) => {
      begin(response, delta("a"));
      response.end(sse(COMPLETED));
    });
    const response = await testClient(backend.origin).client.send(HELLO, { signal: controller.signal });
    const sink = recorder();
    await new Promise<void>((resolve) => {
      response.body.pipe({ onBytes: (chunk) => sink.onBytes(chunk), onEnd: resolve, onError: () => {} });
    });
    expect(listeners()).toBe(0);
  });
});
