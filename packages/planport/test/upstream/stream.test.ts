import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
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
const LIMIT_MS = 300_000;

/** Puts the clock that silence is measured by into the test's hands. Sockets go on by themselves. */
function holdClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
}

/** Lets everything that is under way on sockets arrive, without moving the clock. */
async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(() => {
  vi.useRealTimers();
});

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
    // The writer's own buffer can only fill up when the reader's socket takes no more.
    expect(writer?.writableLength).toBeGreaterThan(0);
    expect(received).toBe(before);
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
    holdClock();
    const { client } = testClient(backend.origin, { idleTimeoutMs: LIMIT_MS });
    const failing = failureOf(collect((await client.send(HELLO)).events));
    vi.advanceTimersByTime(LIMIT_MS);
    await expect(failing).resolves.toMatchObject({ code: "stream_idle", status: 504 });
    await closed;
    const { body } = await client.send(HELLO);
    const failed = new Promise<Error>((resolve, reject) => {
      body.pipe({ onBytes: () => {}, onEnd: () => reject(new Error("ended")), onError: resolve });
    });
    vi.advanceTimersByTime(LIMIT_MS);
    const error = await failed;
    expect(error).toMatchObject({ code: "stream_idle" });
    await closed;
  });

  it("that its reader has paused is not idle", async () => {
    const backend = await startBackend((response) => {
      begin(response, delta("a"));
      response.write(": more\n\n");
    });
    holdClock();
    const { body } = await testClient(backend.origin, { idleTimeoutMs: LIMIT_MS }).client.send(HELLO);
    const sink = recorder();
    body.pipe(sink);
    body.pause();
    vi.advanceTimersByTime(10 * LIMIT_MS);
    expect(sink.ends).toEqual([]);
    body.resume();
    vi.advanceTimersByTime(LIMIT_MS);
    expect(sink.ends).toEqual(["The backend was silent for 300 s."]);
  });

  it("that never begins is idle too", async () => {
    const backend = await startBackend(() => {});
    holdClock();
    const { client } = testClient(backend.origin, { idleTimeoutMs: LIMIT_MS, retry: { maxRetries: 0 } });
    const failing = failureOf(client.send(HELLO));
    await untilTrue(() => backend.calls.length === 1);
    vi.advanceTimersByTime(LIMIT_MS);
    await expect(failing).resolves.toMatchObject({ code: "stream_idle" });
  });

  it.each<[string, string]>([
    ["comments", ": ping\n\n"],
    ["data that is no event", "data: keepalive\n\n"],
    ["keep-alive events", 'data: {"type":"keepalive"}\n\n'],
  ])("that sends only %s before its answer is idle as well", async (_what, ping) => {
    let writer: ServerResponse | undefined;
    const backend = await startBackend((response) => {
      writer = response;
      begin(response, CREATED);
    });
    holdClock();
    const { client } = testClient(backend.origin, { idleTimeoutMs: LIMIT_MS, retry: { maxRetries: 0 } });
    const failing = failureOf(client.send(HELLO));
    await untilTrue(() => writer !== undefined);
    // Two pings within each limit: whoever counts them as life waits for ever.
    for (let i = 0; i < 6; i++) {
      await new Promise<void>((resolve) => writer?.write(ping, () => resolve()));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(LIMIT_MS / 2);
    }
    await expect(failing).resolves.toMatchObject({ code: "stream_idle" });
  });

  it("that shows its work before its answer is not idle", async () => {
    let writer: ServerResponse | undefined;
    let created = 0;
    const backend = await startBackend((response) => {
      writer = response;
      begin(response);
    });
    holdClock();
    const { client } = testClient(backend.origin, { idleTimeoutMs: LIMIT_MS, retry: { maxRetries: 0 } });
    const sending = client.send(HELLO);
    await untilTrue(() => writer !== undefined);
    for (; created < 6; created++) {
      await new Promise<void>((resolve) => writer?.write(sse(CREATED), () => resolve()));
      // The event has to be there before the clock moves; nothing outside tells when it is.
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(LIMIT_MS / 2);
    }
    writer?.end(sse(delta("a"), COMPLETED));
    await expect(collect((await sending).events)).resolves.toHaveLength(8);
  });

  it("that goes on and on without beginning its answer is cut", async () => {
    const block = `: ${"x".repeat(64 * 1024)}\n\n`;
    const backend = await startBackend((response) => {
      begin(response, CREATED);
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const error = await failureOf(testClient(backend.origin).client.send(HELLO));
    expect(error).toMatchObject({ code: "upstream_malformed", cause: { status: 200, requestId: "req-1" } });
    expect(error.message).toContain("sent 8 MiB without beginning its answer");
    expect(backend.calls).toHaveLength(1);
  });

  it("leaves its connection for the next call after its last event", async () => {
    const sockets: unknown[] = [];
    const backend = await startBackend((response, _index, request) => {
      sockets.push(request.socket);
      begin(response, delta("a"), COMPLETED);
      setImmediate(() => response.end());
    });
    const { client } = testClient(backend.origin);
    // The call after may come before the end of the answer has; sooner or later one finds the connection free.
    await expect
      .poll(
        async () => {
          await collect((await client.send(HELLO)).events);
          return new Set(sockets).size < sockets.length;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  });
});
