import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { BodyStream, type ByteSource } from "../../src/upstream/byte-stream.ts";
import { eventsOf } from "../../src/upstream/event-stream.ts";
import { IdleTimer } from "../../src/upstream/idle-timer.ts";
import type { ByteSink } from "../../src/upstream/types.ts";
import { COMPLETED, CREATED, collect, delta, recorder, sse } from "./support.ts";

/** A source that only keeps count. */
class TestSource implements ByteSource {
  paused = false;
  aborted = 0;
  releases = 0;
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  abort(): void {
    this.aborted++;
  }
  released(): void {
    this.releases++;
  }
}

function bodyOn(source: ByteSource, held: Uint8Array[] = []): BodyStream {
  const idle = new IdleTimer(60_000, () => {});
  onTestFinished(() => idle.stop());
  return new BodyStream(source, idle, held);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a body", () => {
  it("gives every byte once and in order, however it is paused and resumed", () => {
    const step = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }).map((text) => ({ kind: "push" as const, text })),
      fc.constantFrom({ kind: "pause" as const }, { kind: "resume" as const }, { kind: "pipe" as const }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.array(step, { maxLength: 40 }),
        fc.boolean(),
        (held, steps, pausesInside) => {
          const sink = recorder();
          const body = bodyOn(new TestSource(), held.map(bytes));
          const inner: ByteSink = {
            onBytes(chunk) {
              sink.onBytes(chunk);
              if (!pausesInside) return;
              body.pause();
              body.resume();
            },
            onEnd: () => sink.onEnd(),
            onError: (error) => sink.onError(error),
          };
          let piped = false;
          const pipe = (): void => {
            if (!piped) body.pipe(inner);
            piped = true;
          };
          let expected = held.join("");
          for (const one of steps) {
            if (one.kind === "push") {
              expected += one.text;
              body.push(bytes(one.text));
            } else if (one.kind === "pause") body.pause();
            else if (one.kind === "resume") body.resume();
            else pipe();
          }
          body.end();
          pipe();
          body.resume();
          expect(sink.text).toBe(new TextDecoder().decode(bytes(expected)));
          expect(sink.ends).toEqual(["end"]);
        },
      ),
    );
  });

  it("copies what has to wait: the bytes of a push are lent for its time alone", () => {
    const body = bodyOn(new TestSource());
    const sink = recorder();
    const lent = bytes("first ");
    body.push(lent);
    lent.set(bytes("XXXXXX"));
    body.pipe(sink);
    body.pause();
    lent.set(bytes("second"));
    body.push(lent);
    lent.fill(0);
    body.resume();
    expect(sink.text).toBe("first second");
  });

  it("stops its source when nobody takes it, and lets it go on when somebody does", () => {
    const source = new TestSource();
    const body = bodyOn(source);
    body.push(new Uint8Array(64 * 1024));
    expect(source.paused).toBe(true);
    body.pipe(recorder());
    expect(source.paused).toBe(false);
  });

  it("gives nothing after it was cancelled, also from within a chunk", () => {
    const source = new TestSource();
    const body = bodyOn(source, [bytes("a"), bytes("b")]);
    const heard: string[] = [];
    body.pipe({
      onBytes: (chunk) => {
        heard.push(new TextDecoder().decode(chunk));
        body.cancel();
      },
      onEnd: () => heard.push("end"),
      onError: () => heard.push("error"),
    });
    body.push(bytes("c"));
    body.end();
    body.cancel();
    expect([heard, source.aborted, source.releases]).toEqual([["a"], 1, 1]);
  });

  it("gives what it has before it tells of the cut-off", () => {
    const body = bodyOn(new TestSource(), [bytes("a")]);
    body.fail(new Error("cut"));
    const sink = recorder();
    body.pipe(sink);
    expect([sink.text, sink.ends]).toEqual(["a", ["cut"]]);
  });

  it("can be used once", () => {
    const body = bodyOn(new TestSource());
    body.pipe(recorder());
    expect(() => body.pipe(recorder())).toThrow(/can be used once/);
  });
});

describe("events of a body", () => {
  const noFailure = (): null => null;

  it("are the same for every way of cutting the bytes", async () => {
    const events: CodexEvent[] = [CREATED, delta("grüße 🎉"), { type: "brand.new", x: [1] }, COMPLETED];
    const all = bytes(`: ping\n\n${sse(...events)}data: not json\n\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 20 }), async (cuts) => {
        const body = bodyOn(new TestSource());
        const reading = collect(eventsOf(body, noFailure));
        let from = 0;
        for (const to of [...cuts.toSorted((a, b) => a - b), all.length]) {
          body.push(all.subarray(from, to));
          from = to;
        }
        body.end();
        await expect(reading).resolves.toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it("stop the source while nobody reads them, and lose none", async () => {
    const source = new TestSource();
    const body = bodyOn(source);
    const reader = eventsOf(body, noFailure)[Symbol.asyncIterator]();
    const first = reader.next();
    let sent = 0;
    while (!source.paused && sent < 10_000) body.push(bytes(sse(delta(String(sent++)))));
    expect(source.paused).toBe(true);
    expect(sent).toBeLessThan(1000);
    await first;
    for (let read = 1; read < sent; read++) await reader.next();
    expect(source.paused).toBe(false);
    body.push(bytes(sse(delta("last"))));
    await expect(reader.next()).resolves.toEqual({ done: false, value: delta("last") });
  });

  it("end the call when the reader leaves early", async () => {
    const source = new TestSource();
    const body = bodyOn(source);
    body.push(bytes(sse(CREATED, delta("a"))));
    for await (const event of eventsOf(body, noFailure)) {
      expect(event).toEqual(CREATED);
      break;
    }
    expect([source.aborted, source.releases]).toEqual([1, 1]);
  });

  it("are followed by an error, once, when the stream ends without its last one", async () => {
    const body = bodyOn(new TestSource());
    const reader = eventsOf(body, noFailure)[Symbol.asyncIterator]();
    body.push(bytes(sse(CREATED)));
    body.end();
    await expect(reader.next()).resolves.toEqual({ done: false, value: CREATED });
    await expect(reader.next()).rejects.toMatchObject({ code: "stream_interrupted" });
    await expect(reader.next()).resolves.toEqual({ done: true, value: undefined });
  });
});

describe("silence", () => {
  /** A body that counts as idle after 1000 ms of a clock that the test moves. */
  function setUp(): { readonly body: BodyStream; readonly idles: () => number; readonly pass: (ms: number) => void } {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    let idles = 0;
    const idle = new IdleTimer(1000, () => idles++);
    onTestFinished(() => {
      idle.stop();
      vi.useRealTimers();
    });
    const body = new BodyStream(new TestSource(), idle, []);
    return { body, idles: () => idles, pass: (ms) => void vi.advanceTimersByTime(ms) };
  }

  it("is noticed once, at the limit after the last bytes", () => {
    const { body, idles, pass } = setUp();
    body.pipe(recorder());
    pass(900);
    body.push(bytes(": ping\n\n"));
    pass(999);
    expect(idles()).toBe(0);
    pass(1);
    pass(10_000);
    expect(idles()).toBe(1);
  });

  it("costs one timer, however many chunks come", () => {
    const { body, idles, pass } = setUp();
    body.pipe(recorder());
    const armed = vi.spyOn(globalThis, "setTimeout");
    for (let i = 0; i < 5000; i++) {
      body.push(bytes("x"));
      pass(1);
    }
    expect([idles(), armed.mock.calls.length]).toEqual([0, 5]);
    armed.mockRestore();
  });

  it("is not broken by comments for readers of events", () => {
    const { body, idles, pass } = setUp();
    eventsOf(body, () => null)[Symbol.asyncIterator]();
    pass(600);
    body.push(bytes(sse(CREATED)));
    pass(600);
    body.push(bytes(": ping\n\n"));
    expect(idles()).toBe(0);
    pass(400);
    expect(idles()).toBe(1);
  });

  it("does not count while the reader has paused, and counts from the resume on", () => {
    const { body, idles, pass } = setUp();
    body.pipe(recorder());
    body.pause();
    pass(100_000);
    body.resume();
    pass(999);
    expect(idles()).toBe(0);
    pass(1);
    expect(idles()).toBe(1);
  });

  it("is over with the stream", () => {
    const { body, idles, pass } = setUp();
    body.pipe(recorder());
    body.end();
    pass(100_000);
    expect([idles(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("after the last event ends the connection that the backend leaves open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const source = new TestSource();
    const body = bodyOn(source);
    const reading = collect(eventsOf(body, () => null));
    body.push(bytes(sse(COMPLETED)));
    await expect(reading).resolves.toEqual([COMPLETED]);
    expect(source.aborted).toBe(0);
    vi.advanceTimersByTime(1000);
    expect([source.aborted, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
