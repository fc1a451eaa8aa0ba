import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
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

describe("a stream from the backend", () => {
  it("throws the failure that comes after output, typed, after what came before it", async () => {
    const backend = await startBackend((response) => {
      begin(response, CREATED, delta("a"));
      response.end(
        sse({
          type: "response.failed",
          response: { id: "r", error: { code: "context_length_exceeded", message: "full" } },
        }),
      );
    });
    const response = await testClient(backend.origin).client.send(HELLO);
    const seen: CodexEvent[] = [];
    const reading = (async () => {
      for await (const event of response.events) seen.push(event);
    })();
    await expect(failureOf(reading)).resolves.toMatchObject({ code: "context_length_exceeded", message: "full" });
    expect(seen).toEqual([CREATED, delta("a")]);
    expect(backend.calls).toHaveLength(1);
  });

  it("takes response.incomplete for an end, not for a failure", async () => {
    const incomplete: CodexEvent = {
      type: "response.incomplete",
      response: { id: "r", incomplete_details: { reason: "max_output_tokens" } },
    };
    const backend = await startBackend((response) => begin(response, CREATED, incomplete));
    const response = await testClient(backend.origin).client.send(HELLO);
    await expect(collect(response.events)).resolves.toEqual([CREATED, incomplete]);
  });

  it("that is cut off says so, in both forms", async () => {
    const backend = await startBackend((response) => {
      begin(response, delta("a"));
      setImmediate(() => response.destroy());
    });
    const { client } = testClient(backend.origin);
    await expect(failureOf(collect((await client.send(HELLO)).events))).resolves.toMatchObject({
      code: "stream_interrupted",
    });
    const { body } = await client.send(HELLO);
    const error = await new Promise<Error>((resolve, reject) => {
      body.pipe({ onBytes: () => {}, onEnd: () => reject(new Error("ended")), onError: resolve });
    });
    expect(error).toMatchObject({ code: "stream_interrupted", cause: { requestId: "req-1" } });
  });

  it("gives its bytes unchanged, from the first one", async () => {
    const text = `: hello\r\n\r\n${sse(CREATED, delta("a"))}event: x\ndata: [DONE]\n\n`;
    const backend = await startBackend((response) => response.writeHead(200).end(text));
    const { body } = await testClient(backend.origin).client.send(HELLO);
    const sink = recorder();
    await new Promise<void>((resolve) => {
      body.pipe({ onBytes: (chunk) => sink.onBytes(chunk), onEnd: resolve, onError: (error) => sink.onError(error) });
    });
    expect([sink.text, sink.ends]).toEqual([text, []]);
  });

  it("is asked for as it is, and refused when it comes in an encoding all the same", async () => {
    const backend = await startBackend((response) => {
      response
        .writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" })
        .write("\u001f\u008b");
    });
    const error = await failureOf(testClient(backend.origin, { retry: { maxRetries: 0 } }).client.send(HELLO));
    expect(backend.calls[0]?.headers["accept-encoding"]).toBe("identity");
    expect(error.code).toBe("upstream_malformed");
    expect(error.message).toMatch(/answered in the encoding "gzip", which was not asked for\.$/);
  });

  it("fills the socket when its reader pauses: the backend has to wait", async () => {
    const block = "x".repeat(64 * 1024);
    let writer: ServerResponse | undefined;
    let sent = 0;
    const backend = await startBackend((response) => {
      writer = response;
      begin(response, delta("a"));
    });
    const { body } = await testClient(backend.origin).client.send(HELLO);
    let received = 0;
    const ended = new Promise<void>((resolve, reject) => {
      body.pipe({ onBytes: (chunk) => (received += chunk.length), onEnd: resolve, onError: reject });
    });
    body.pause();
    const before = received;
    // Write until the kernel takes no more; without backpressure the other side would take all of it.
    while (sent < 512 && writer?.write(`: ${block}\n\n`) === true) {
      sent++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (sent < 512) {
      sent++;
      writer?.write(`: ${block}\n\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toBe(before);
    expect(writer?.writableLength).toBeGreaterThan(0);
    body.resume();
    writer?.end();
    await ended;
    expect(received).toBeGreaterThan(512 * block.length);
  });

  it("that falls silent ends as idle, in both forms, and closes the connection", async () => {
    let closed: Promise<void> | undefined;
    const backend = await startBackend((response) => {
      closed = new Promise((resolve) => response.once("close", resolve));
      begin(response, delta("a"));
    });
    const { client } = testClient(backend.origin, { idleTimeoutMs: 40 });
    await expect(failureOf(collect((await client.send(HELLO)).events))).resolves.toMatchObject({
      code: "stream_idle",
      status: 504,
    });
    await closed;
    const { body } = await client.send(HELLO);
    const error = await new Promise<Error>((resolve, reject) => {
      body.pipe({ onBytes: () => {}, onEnd: () => reject(new Error("ended")), onError: resolve });
    });
    expect(error).toMatchObject({ code: "stream_idle" });
    await closed;
  });

  it("that its reader has paused is not idle", async () => {
    const backend = await startBackend((response) => {
      begin(response, delta("a"));
      response.write(": more\n\n");
    });
    const { body } = await testClient(backend.origin, { idleTimeoutMs: 30 }).client.send(HELLO);
    const sink = recorder();
    body.pipe(sink);
    body.pause();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(sink.ends).toEqual([]);
    body.cancel();
  });

  it("that never begins is idle too", async () => {
    const backend = await startBackend(() => {});
    const { client } = testClient(backend.origin, { idleTimeoutMs: 30, retry: { maxRetries: 0 } });
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "stream_idle" });
  });

  it("leaves its connection for the next call after its last event", async () => {
    const ports: (number | undefined)[] = [];
    const backend = await startBackend((response, _index, request) => {
      ports.push(request.socket.remotePort);
      begin(response, delta("a"), COMPLETED);
      setImmediate(() => response.end());
    });
    const { client } = testClient(backend.origin);
    for (let i = 0; i < 3; i++) {
      await collect((await client.send(HELLO)).events);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(new Set(ports).size).toBe(1);
  });
});
