import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { createPeer, type Peer, type PeerOptions, streamTransport } from "../../src/json-rpc/index.ts";
import { answerText, readMessage } from "../../src/json-rpc/message.ts";

type Side = Partial<Omit<PeerOptions, "transport">>;

/** Two ends that talk to each other, and all that goes from the first to the second. */
function pair(first: Side = {}, second: Side = {}): { a: Peer; b: Peer; sent: () => unknown[]; toB: PassThrough } {
  const [toA, toB] = [new PassThrough(), new PassThrough()];
  const lines: string[] = [];
  toB.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
  const usual = { onRequest: () => ({ result: null }), onFault: () => ({ code: -1, message: "fault" }) };
  const a = createPeer({ ...usual, ...first, transport: streamTransport(toA, toB) });
  const b = createPeer({ ...usual, ...second, transport: streamTransport(toB, toA) });
  return { a, b, sent: () => lines.map((line) => JSON.parse(line) as unknown), toB };
}

test("a request gets its answer, and both are objects without a jsonrpc member", async () => {
  const { a, sent } = pair({}, { onRequest: ({ method, params }) => ({ result: { method, params } }) });
  expect(await a.request("ask/it", { x: 1 })).toEqual({
    kind: "result",
    result: { method: "ask/it", params: { x: 1 } },
  });
  expect(sent()).toEqual([{ method: "ask/it", id: 0, params: { x: 1 } }]);
});

test("both ends ask at the same time, and each answer finds its question", async () => {
  const echo: Side = { onRequest: async ({ params }) => ({ result: params }) };
  const { a, b } = pair(echo, echo);
  const asked = [1, 2, 3].flatMap((n) => [a.request("m", `a${n}`), b.request("m", `b${n}`)]);
  const results = (await Promise.all(asked)).map((outcome) => (outcome.kind === "result" ? outcome.result : null));
  expect(results).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
});

test("what a handler throws becomes an error, and an error is an outcome", async () => {
  const { a } = pair(
    {},
    {
      onRequest: () => {
        throw new Error("no");
      },
    },
  );
  expect(await a.request("m", {})).toEqual({ kind: "error", error: { code: -1, message: "fault" } });
});

test("a task behind an answer runs after it and before anything else", async () => {
  const { a, b, sent } = pair({ onRequest: () => ({ result: 1, after: () => a.notify("told") }) });
  await Promise.all([b.request("m", {}), b.request("m", {})]);
  await vi.waitFor(() => expect(sent()).toHaveLength(4));
  const told = { method: "told" };
  expect(sent()).toEqual([{ id: 0, result: 1 }, told, { id: 1, result: 1 }, told]);
});

describe("a request that nobody answers", () => {
  const silent: Side = { onRequest: () => new Promise(() => {}) };

  test("ends when its time is up, and a late answer is not looked at", async () => {
    const answers: (() => void)[] = [];
    const { a } = pair(
      {},
      { onRequest: () => new Promise((resolve) => answers.push(() => resolve({ result: "late" }))) },
    );
    expect(await a.request("m", {}, { timeoutMs: 1 })).toEqual({ kind: "timeout" });
    for (const answer of answers) answer();
    const next = a.request("n", {});
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    expect(await next).toEqual({ kind: "result", result: "late" });
  });

  test("ends when whoever asked gives up", async () => {
    const { a } = pair({}, silent);
    const abort = new AbortController();
    const asked = a.request("m", {}, { signal: abort.signal });
    abort.abort();
    expect(await asked).toEqual({ kind: "aborted" });
    expect(await a.request("m", {}, { signal: abort.signal })).toEqual({ kind: "aborted" });
  });

  test("ends when the other side is gone", async () => {
    const { a, toB, b } = pair(silent);
    const asked = b.request("m", {});
    toB.end();
    expect(await asked).toEqual({ kind: "closed" });
    expect(b.closed.aborted).toBe(true);
    await vi.waitFor(() => expect(a.closed.aborted).toBe(true));
  });
});

describe("what comes in", () => {
  const request = (id: unknown): unknown => readMessage(JSON.stringify({ id, method: "m" }));

  test.each([[null], [1.5], [true], [{ a: 1 }], [undefined]])("with the id %j is a notification", (id) => {
    expect(request(id)).toEqual({ kind: "notification", method: "m", params: undefined });
  });

  test.each([["text"], [""], [-7], [0]])("with the id %j is a request", (id) => {
    expect(request(id)).toEqual({ kind: "request", id, method: "m", params: undefined });
  });

  test("with an id that JavaScript rounds is answered with what was written", () => {
    const message = readMessage('{"method":"m","id":9007199254740993,"params":{}}');
    if (message.kind !== "request") throw new Error(message.kind);
    expect(answerText(message.id, { result: {} })).toBe('{"id":9007199254740993,"result":{}}');
  });

  test.each([
    "{no",
    "",
    "  ",
    "[]",
    "42",
    "null",
    '"m"',
    "{}",
    '{"id":1}',
    '{"method":5,"id":1}',
    '{"id":1,"error":1}',
  ])("as %j is unreadable", (text) => {
    expect(readMessage(text).kind).toBe("unreadable");
  });

  test("that is unreadable is told, without its text, and the conversation goes on", async () => {
    const onUnreadable = vi.fn<(why: string) => void>();
    const { a, toB } = pair({}, { onUnreadable });
    toB.write("{secret\n[1]\n");
    expect(await a.request("m", {})).toEqual({ kind: "result", result: null });
    expect(onUnreadable).toHaveBeenCalledTimes(2);
    expect(onUnreadable.mock.calls.flat().join(" ")).not.toContain("secret");
  });
});
