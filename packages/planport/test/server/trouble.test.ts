/** The gateway when the backend, the network or the client is in trouble: over sockets on both sides. */
import type { ServerResponse } from "node:http";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import type { GatewayOptions, Listening } from "../../src/server/types.ts";
import type { CodexClientOptions } from "../../src/upstream/client.ts";
import {
  answerWith,
  begin,
  COMPLETED,
  CREATED,
  delta,
  failWith,
  sse,
  startBackend,
  type TestBackend,
  testClient,
} from "../upstream/support.ts";
import { readAnswer, readUntil, send, serve, startRequest } from "./kit.ts";

const ok = (response: ServerResponse): void => answerWith(response, CREATED, delta("hi"), COMPLETED);

interface Stage {
  readonly at: Listening;
  readonly backend: TestBackend;
  readonly delays: number[];
}

async function stage(
  answer: (response: ServerResponse, index: number) => void,
  options: Partial<CodexClientOptions> = {},
  gateway: Partial<GatewayOptions> = {},
): Promise<Stage> {
  const backend = await startBackend(answer);
  const { client, delays } = testClient(backend.origin, options);
  return { at: await serve({ client, ...gateway }), backend, delays };
}

const DIALECTS = ["/v1/responses", "/v1/chat/completions", "/v1/messages", "/v1/completions"] as const;
type Dialect = (typeof DIALECTS)[number];

const post = (path: Dialect, stream: boolean, headers: Record<string, string> = {}) => {
  const content = [{ role: "user", content: "hi" }];
  const body = {
    model: "m",
    stream,
    ...(path === "/v1/responses"
      ? { input: "hi" }
      : path === "/v1/completions"
        ? { prompt: "hi" }
        : { messages: content }),
    ...(path === "/v1/messages" && { max_tokens: 10 }),
  };
  return { body: JSON.stringify(body), headers };
};
const OVERLOADED: CodexEvent = {
  type: "response.failed",
  response: { id: "r", error: { code: "server_is_overloaded", message: "Busy." } },
};

describe.each(DIALECTS)("%s", (path) => {
  it.each([true, false])(
    "is served after a rate limit, a 5xx, and an overload hidden in a 200 (stream: %s)",
    async (stream) => {
      const { at, backend, delays } = await stage((response, index) => {
        if (index === 0) failWith(response, 429, { error: { message: "Slow down." } }, { "retry-after-ms": "1500" });
        else if (index === 1) failWith(response, 500, {});
        else if (index === 2) answerWith(response, CREATED, OVERLOADED);
        else ok(response);
      });
      const { status, text } = await send(at, path, post(path, stream));
      expect([status, text.includes("hi"), text.includes("Busy")]).toEqual([200, true, false]);
      expect([backend.calls.length, delays]).toEqual([4, [1500, 400, 800]]);
    },
  );

  it.each([true, false])(
    "tells a usage limit at once with its window, reset and account, and to SDKs that it is no use to try again (stream: %s)",
    async (stream) => {
      const reset = Math.floor(Date.now() / 1000) + 7200;
      const { at, backend } = await stage((response) =>
        failWith(
          response,
          429,
          { error: { type: "usage_limit_reached", message: "…", plan_type: "pro", resets_at: reset } },
          {
            "x-codex-primary-used-percent": "10",
            "x-codex-primary-window-minutes": "300",
            "x-codex-secondary-used-percent": "100",
            "x-codex-secondary-window-minutes": "10080",
            "x-codex-secondary-reset-at": String(reset),
            "x-request-id": "up-1",
          },
        ),
      );
      const { status, text, headers } = await send(at, path, post(path, stream));
      expect([status, backend.calls.length]).toEqual([429, 1]);
      expect(text).toContain("The weekly usage limit of this ChatGPT pro plan is reached; it resets in 2 h");
      expect(headers).toMatchObject({
        "x-should-retry": "false",
        "x-planport-account": "account-1",
        "x-planport-limit-blocked-by": "weekly",
        "x-planport-limit-weekly-reset-at": String(reset),
        "x-planport-upstream-request-id": "up-1",
      });
      expect(Number(headers["retry-after"])).toBeGreaterThan(7000);
    },
  );

  it.each([true, false])(
    "says which account and model served, how full the windows are, and both request ids (stream: %s)",
    async (stream) => {
      const { at } = await stage((response) => {
        response.setHeader("openai-model", "m-2026");
        response.setHeader("x-codex-primary-used-percent", "12.5");
        response.setHeader("x-codex-primary-window-minutes", "300");
        response.setHeader("x-codex-primary-reset-at", "1900000000");
        ok(response);
      });
      const { headers } = await send(at, path, post(path, stream, { "x-request-id": "mine-7" }));
      expect(headers).toMatchObject({
        "openai-model": "m-2026",
        "x-planport-account": "account-1",
        "x-planport-limit-5-hour-used-percent": "12.5",
        "x-planport-limit-5-hour-reset-at": "1900000000",
        "x-planport-upstream-request-id": "req-1",
        "x-request-id": "mine-7",
      });
      expect(headers).not.toHaveProperty("x-planport-limit-blocked-by");
    },
  );

  it("never begins an answer again of which something was sent", async () => {
    const { at, backend } = await stage((response) => {
      begin(response, CREATED, delta("half"));
      setTimeout(() => response.destroy(), 20);
    });
    const { status, text } = await send(at, path, post(path, true));
    expect([status, backend.calls.length, text.split("half").length]).toEqual([200, 1, 2]);
    expect(text).toContain(path === "/v1/messages" ? "event: error" : "stream_interrupted");
  });
});

describe("the gateway in trouble", () => {
  it("keeps what an unknown error says, redacted, and the backend's id of it", async () => {
    const secret = `sk-proj-${"a1".repeat(20)}`;
    const { at } = await stage((response) =>
      failWith(response, 418, { odd: { reason: "teapot", key: secret } }, { "x-request-id": "up-9" }),
    );
    const { status, text, headers } = await send(at, "/v1/responses", post("/v1/responses", false));
    expect(status).toBe(502);
    expect(text).toContain("teapot");
    expect(text).not.toContain(secret);
    const { error } = JSON.parse(text) as { error: { upstream: unknown } };
    expect(error.upstream).toMatchObject({ status: 418, request_id: "up-9" });
    expect(headers["x-planport-upstream-request-id"]).toBe("up-9");
  });

  it("tells a Cloudflare page in words", async () => {
    const { at, backend } = await stage((response) => {
      response.writeHead(403, { "content-type": "text/html", "cf-ray": "ray-1" });
      response.end("<!DOCTYPE html><title>Just a moment...</title>");
    });
    const { status, text } = await send(at, "/v1/chat/completions", post("/v1/chat/completions", true));
    expect([status, backend.calls.length]).toEqual([502, 1]);
    expect(JSON.parse(text)).toMatchObject({ error: { code: "upstream_challenged" } });
    expect(text).toContain("ray-1");
    expect(text).not.toContain("<");
  });

  it("ends a call whose time is up with 504, and a stream with the error in it", async () => {
    const silent = await stage(() => {}, { timeoutMs: 60 });
    const refused = await send(silent.at, "/v1/chat/completions", post("/v1/chat/completions", true));
    expect([refused.status, silent.backend.calls.length]).toEqual([504, 1]);
    const slow = await stage((response) => begin(response, CREATED, delta("x")), { timeoutMs: 1500 });
    const cut = await send(slow.at, "/v1/chat/completions", post("/v1/chat/completions", true));
    expect([cut.status, cut.complete]).toEqual([200, true]);
    expect(cut.text).toMatch(/"code":"upstream_timeout"[^\n]*\n\ndata: \[DONE\]\n\n$/);
  });

  it("logs what it tries again, with the request's id", async () => {
    const lines: [string, Record<string, unknown> | undefined][] = [];
    const note = (message: string, fields?: Record<string, unknown>): void => void lines.push([message, fields]);
    const logger = { debug: note, info: note, warn: note, error: note };
    const { at } = await stage(
      (response, index) => (index === 0 ? failWith(response, 503, {}) : ok(response)),
      {},
      { logger },
    );
    await send(at, "/v1/responses", post("/v1/responses", false, { "x-request-id": "mine" }));
    const retries = lines.filter(([message]) => message === "http.retry").map(([, fields]) => fields);
    expect(retries).toEqual([{ requestId: "mine", errorCode: "upstream_overloaded", delayMs: 200 }]);
  });
});

describe("a silence of the backend", () => {
  it("is broken on chat by chunks that add nothing, before and in the middle of an answer, and OpenAI's client takes them", async () => {
    const responses: ServerResponse[] = [];
    const { at } = await stage((response) => void responses.push(response), {}, { keepAliveMs: 20, commitAfterMs: 20 });
    const path = "/v1/chat/completions";
    const empty = '"delta":{},"logprobs":null,"finish_reason":null';
    const raw = await startRequest(at, path, post(path, true)).head;
    await readUntil(raw, (text) => text.split(empty).length > 3);
    raw.destroy();

    const client = new OpenAI({ baseURL: `${at.url}/v1`, apiKey: "any", maxRetries: 0 });
    const running = client.chat.completions.stream({ model: "m", messages: [{ role: "user", content: "hi" }] });
    let chunks = 0;
    const isQuiet = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const until = chunks + count;
        const look = (): void => {
          chunks += 1;
          if (chunks < until) return;
          running.off("chunk", look);
          resolve();
        };
        running.on("chunk", look);
      });
    await isQuiet(3);
    begin(responses[1] as ServerResponse, CREATED, delta("one "));
    await isQuiet(4);
    responses[1]?.end(sse(delta("two"), { ...COMPLETED }));
    const { choices } = await running.finalChatCompletion();
    expect(choices.map(({ message, finish_reason }) => [message.role, message.content, finish_reason])).toEqual([
      ["assistant", "one two", "stop"],
    ]);
  });

  it("is broken on messages by Anthropic's ping, and on responses by a comment", async () => {
    const { at } = await stage((response) => begin(response, CREATED, delta("x")), {}, { keepAliveMs: 20 });
    const until = async (path: Dialect, mark: string): Promise<void> => {
      const head = await startRequest(at, path, post(path, true)).head;
      await readUntil(head, (text) => text.split(mark).length > 2);
      head.destroy();
    };
    await until("/v1/messages", 'event: ping\ndata: {"type":"ping"}\n\n');
    await until("/v1/responses", ": keep-alive\n\n");
  });
});

describe("a client that does not read", () => {
  it("holds the backend up and no more of the answer than what sockets hold, then gets all of it", async () => {
    const line = sse(delta("x".repeat(8000)));
    const count = 6000;
    let written = 0;
    const { at } = await stage((response) => {
      begin(response, CREATED);
      const more = (): void => {
        while (written < count) {
          written += 1;
          if (!response.write(line)) {
            response.once("drain", more);
            return;
          }
        }
        response.end(sse(COMPLETED));
      };
      more();
    });
    const head = await startRequest(at, "/v1/responses", post("/v1/responses", true)).head;
    head.pause();
    let seen = -1;
    let still = 0;
    await expect
      .poll(
        () => {
          still = written === seen ? still + 1 : 0;
          seen = written;
          return still;
        },
        { interval: 50, timeout: 20_000 },
      )
      .toBeGreaterThan(8);
    const heldBytes = written * line.length;
    expect(heldBytes).toBeLessThan(24 * 1024 * 1024);
    expect(written).toBeLessThan(count);
    const { text, complete } = await readAnswer(head);
    expect([complete, text.split("response.output_text.delta").length - 1]).toEqual([true, count * 2]);
  }, 40_000);
});
