import http from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import type { Listening } from "../../src/server/types.ts";
import { type Backend, gatewayTo, linesOf, startBackend, until } from "./backend-kit.ts";
import { errorOf, readAnswer, readUntil, send, startRequest } from "./kit.ts";

const PATH = "/backend-api/codex/responses";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly lines: readonly (readonly [string, string])[];
  readonly chunks: readonly Uint8Array[];
}

/** Sends header lines as they are, a body in pieces, and gives the answer as it came. */
async function exchange(at: Listening, sent: Sent) {
  const options = { host: "127.0.0.1", port: at.port, agent: false, method: sent.method, path: sent.path };
  const host = ["host", `127.0.0.1:${at.port}`];
  const request = http.request({ ...options, headers: [...host, ...sent.lines.flat()] });
  const head = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on("response", resolve).on("error", reject);
  });
  for (const chunk of sent.chunks) request.write(chunk);
  request.end();
  const message = await head;
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return { status: message.statusCode, lines: linesOf(message.rawHeaders), body: Buffer.concat(chunks) };
}

/** Values by name, in the order in which they came. */
function byName(lines: readonly (readonly [string, string])[], prefix: string): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [name, value] of lines)
    if (name.toLowerCase().startsWith(prefix)) (result[name.toLowerCase()] ??= []).push(value);
  return result;
}

/** The two ways to say where a body ends. */
function framing({ whole, body }: { whole: boolean; body: readonly Uint8Array[] }): readonly [string, string] {
  return whole ? ["Content-Length", String(Buffer.concat(body).length)] : ["Transfer-Encoding", "chunked"];
}

const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@-]{1,12}$/).filter((text) => !/^\.{1,2}(;|$)/.test(text));
const query = fc.stringMatching(/^[\u0021-\u0022\u0024-\u007e]{1,40}$/);
const fieldName = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,10}$/).map((name) => `x-r-${name}`);
const fieldValue = fc.stringMatching(/^[!-~\u00a1-\u00ff](?:[\t -~\u00a1-\u00ff]{0,30}[!-~\u00a1-\u00ff])?$/);
const lines = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 12 });
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 6 });

describe("what is passed on", () => {
  it("arrives byte for byte, and so does the answer, for any path, query, headers, body and cuts", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"),
          area: fc.constantFrom("codex", "wham"),
          segments: fc.array(segment, { maxLength: 4 }),
          query: fc.option(query, { nil: null }),
          lines,
          encoding: fc.constantFrom("zstd", "gzip", "br", null),
          body: chunks,
          answerStatus: fc.constantFrom(200, 201, 206, 400, 403, 404, 418, 429, 500, 503),
          answerLines: lines,
          answerBody: chunks,
          whole: fc.boolean(),
        }),
        async (one) => {
          backend.seen.length = 0;
          const hasBody = one.method !== "GET";
          const tail = one.segments.map((part) => `/${part}`).join("") + (one.query === null ? "" : `?${one.query}`);
          const path = `/backend-api/${one.area}${tail}`;
          const answerBody = Buffer.concat(one.answerBody);
          const encoded = one.encoding === null ? [] : [["content-encoding", one.encoding] as const];
          backend.answer = (_seen, response) => {
            const length = one.whole ? ["content-length", String(answerBody.length)] : [];
            const cookies = ["set-cookie", "a=1; Path=/", "set-cookie", "b=2, 3"];
            response.writeHead(one.answerStatus, [...one.answerLines.flat(), ...encoded.flat(), ...cookies, ...length]);
            for (const chunk of one.answerBody) response.write(chunk);
            response.end();
          };
          const answer = await exchange(at, {
            method: one.method,
            path,
            lines: [...one.lines, ...encoded, ...(hasBody ? [framing(one)] : [])],
            chunks: hasBody ? one.body : [],
          });
          const seen = backend.seen.at(-1);
          expect(backend.seen.length).toBe(1);
          expect([seen?.method, seen?.url]).toEqual([one.method, path]);
          expect(byName(seen?.lines ?? [], "x-r-")).toEqual(byName(one.lines, "x-r-"));
          expect(seen?.headers["content-encoding"]).toBe(one.encoding ?? undefined);
          expect(seen?.headers["host"]).toBe(new URL(backend.origin).host);
          expect(seen?.body.equals(Buffer.concat(hasBody ? one.body : []))).toBe(true);
          expect(answer.status).toBe(one.answerStatus);
          expect(byName(answer.lines, "x-r-")).toEqual(byName(one.answerLines, "x-r-"));
          expect(byName(answer.lines, "set-cookie")).toEqual({ "set-cookie": ["a=1; Path=/", "b=2, 3"] });
          expect(byName(answer.lines, "content-encoding")).toEqual(byName(encoded, ""));
          expect(answer.body.equals(answerBody)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("loses the headers of the connection, planport's own, every key, and the caller's credential", async () => {
    const backend = await startBackend();
    backend.answer = (_seen, response) => {
      response.writeHead(200, {
        connection: "x-secret-hop",
        "x-secret-hop": "1",
        "keep-alive": "timeout=9",
        te: "x",
        "x-end": "2",
      });
      response.end("ok");
    };
    const at = await gatewayTo(backend, { gatewayKey: new Secret("the-key"), grant: { fedramp: true } });
    const answer = await exchange(at, {
      method: "POST",
      path: PATH,
      lines: [
        ["Authorization", "Bearer callers-own"],
        ["ChatGPT-Account-ID", "account-caller"],
        ["X-OpenAI-Account-Routing-Override", "us"],
        ["x-planport-key", "the-key"],
        ["x-planport-account-note", "1"],
        ["x-api-key", "sk-anything"],
        ["cookie", "k=the-key"],
        ["Connection", "close, X-Hop"],
        ["X-Hop", "1"],
        ["TE", "trailers"],
        ["Proxy-Authorization", "Basic x"],
        ["Expect", "100-continue"],
        ["User-Agent", "codex_exec/1.0"],
      ],
      chunks: [Buffer.from("{}")],
    });
    const { lines: seen = [], headers } = backend.seen[0] ?? {};
    expect(Object.fromEntries(seen.map(([name, value]) => [name.toLowerCase(), value]))).toEqual({
      host: new URL(backend.origin).host,
      connection: "keep-alive",
      "content-length": "2",
      "user-agent": "codex_exec/1.0",
      authorization: "Bearer own-1",
      "chatgpt-account-id": "account-own",
      "x-openai-fedramp": "true",
    });
    expect(headers?.["authorization"]).toBe("Bearer own-1");
    const shown = answer.lines.map(([name]) => name.toLowerCase());
    expect(shown).toContain("x-end");
    expect(shown).not.toContain("x-secret-hop");
    expect(shown).not.toContain("te");
  });

  it.each([
    "/backend-api/codex/../wham/usage",
    "/backend-api/codex/..",
    "/backend-api/codex/./x",
    "/backend-api/codex/..;/x",
    "/backend-api/codex//x",
    "/backend-api/codex/%2e%2e/x",
    "/backend-api/codex/%2E./x",
    "/backend-api/codex/a%2fb",
    "/backend-api/codex/a%5cb",
    "/backend-api/codex/%252e%252e/x",
    "/backend-api/codex/a\\b",
    "/backend-api/codex/%00",
    "/backend-api/codex/%zz",
    "/backend-api/codexx/x",
    "/backend-api/conversations",
    "/backend-api/../backend-api/codex/x",
    "/backend-api",
  ])("leaves the two folders by no path: %s", async (path) => {
    const backend = await startBackend();
    const answer = await send(await gatewayTo(backend), path);
    expect([400, 404]).toContain(answer.status);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error" });
    expect(backend.seen).toEqual([]);
  });
});

describe("a stream that is passed on", () => {
  const streaming = (backend: Backend): Promise<http.ServerResponse> =>
    new Promise((resolve) => {
      backend.answer = (_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.flushHeaders();
        resolve(response);
      };
    });

  it("comes piece by piece, before it has ended", async () => {
    const backend = await startBackend();
    const response = streaming(backend);
    const { head } = startRequest(await gatewayTo(backend), PATH, { body: "{}" });
    const message = await head;
    expect(message.headers["content-type"]).toBe("text/event-stream");
    (await response).write("data: one\n\n");
    expect(await readUntil(message, (text) => text.endsWith("\n\n"))).toBe("data: one\n\n");
    (await response).end("data: two\n\n");
    await new Promise((resolve) => message.on("end", resolve));
    expect(message.complete).toBe(true);
  });

  it("ends at the backend when its client leaves", async () => {
    const backend = await startBackend();
    const response = await (async () => {
      const begun = streaming(backend);
      const { head, request } = startRequest(await gatewayTo(backend), PATH, { body: "{}" });
      await head;
      request.destroy();
      return begun;
    })();
    await new Promise((resolve) => response.on("close", resolve));
    expect(response.writableFinished).toBe(false);
  });

  it("is cut for the client when the backend cuts it", async () => {
    const backend = await startBackend();
    const response = streaming(backend);
    const { head } = startRequest(await gatewayTo(backend), PATH, { body: "{}" });
    const message = await head;
    (await response).write("data: one\n\n");
    await readUntil(message, (text) => text.includes("one"));
    (await response).destroy();
    expect((await readAnswer(message)).complete).toBe(false);
  });

  it("goes no faster than its client reads, and no further than its patience", async () => {
    const backend = await startBackend();
    let written = 0;
    let stuck = false;
    const closed = new Promise<void>((resolve) => {
      backend.answer = (_seen, response) => {
        response.writeHead(200);
        response.on("close", resolve);
        const piece = Buffer.alloc(256 * 1024, "x");
        const more = (): void => {
          if (response.destroyed) return;
          written += piece.length;
          if (response.write(piece)) setImmediate(more);
          else {
            stuck = true;
            response.once("drain", () => {
              stuck = false;
              more();
            });
          }
        };
        more();
      };
    });
    const at = await gatewayTo(backend, { unreadLimitMs: 400 });
    const { head } = startRequest(at, PATH, { body: "{}" });
    const message = await head;
    message.on("error", () => {});
    message.pause();
    await until(() => stuck);
    await closed; // The limit: only the backend's own buffers and the sockets' have filled.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("planport's credential", () => {
  it("is renewed once after a 401, and the same bytes are sent again", async () => {
    const backend = await startBackend();
    backend.answer = (seen, response) => {
      response.statusCode = seen.headers.authorization === "Bearer own-2" ? 200 : 401;
      response.end(`for ${String(seen.headers.authorization)}`);
    };
    const at = await gatewayTo(backend, { renewals: ["own-2", "own-3"] });
    const body = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2, 3]);
    const answer = await send(at, PATH, { body, headers: { "content-encoding": "zstd" } });
    expect([answer.status, answer.text]).toEqual([200, "for Bearer own-2"]);
    expect(backend.seen.map((seen) => seen.body.equals(body))).toEqual([true, true]);
    expect(at.recoveries()).toBe(1);
  });

  it("stays rejected in the backend's own words when the renewed one is, too, or when there is none", async () => {
    for (const renewals of [["own-2"], []]) {
      const backend = await startBackend();
      backend.answer = (_seen, response) => {
        response.writeHead(401, { "x-openai-authorization-error": "why" });
        response.end('{"detail":"Unauthorized"}');
      };
      const at = await gatewayTo(backend, { renewals });
      const answer = await send(at, PATH, { body: "{}" });
      expect([answer.status, answer.text]).toEqual([401, '{"detail":"Unauthorized"}']);
      expect(answer.headers["x-openai-authorization-error"]).toBe("why");
      expect(backend.seen.length).toBe(1 + renewals.length);
    }
  });

  it("of a plan goes to no platform host, and an API key to no backend", async () => {
    const plan = await gatewayTo({ origin: "" }, { baseUrl: "https://api.openai.com/v1" });
    for (const path of [PATH, "/backend-api/wham/usage"]) {
      const answer = await send(plan, path);
      expect(answer.status).toBe(401);
      expect(errorOf(answer)).toMatchObject({ code: "credential_wrong_route" });
    }
    const backend = await startBackend();
    const key = await gatewayTo(backend, {
      baseUrl: `${backend.origin}/v1`,
      grant: { kind: "apiKey", accountId: null },
    });
    const answer = await send(key, PATH, { body: "{}" });
    expect(answer.status).toBe(501);
    expect(errorOf(answer)).toMatchObject({ code: "not_supported" });
    expect(backend.seen).toEqual([]);
  });

  it("is that of the account which a request names", async () => {
    const backend = await startBackend();
    const { client } = await gatewayTo(backend, { grant: { accountId: "account-work", bearer: new Secret("work-1") } });
    const at = await gatewayTo(backend, { accounts: { client: async () => client } });
    const named = await send(at, PATH, { headers: { "x-planport-account": "work" } });
    expect(named.headers["x-planport-account"]).toBe("work");
    expect((await send(at, PATH)).headers["x-planport-account"]).toBe("account-own");
    expect(backend.seen[0]?.headers).toMatchObject({
      authorization: "Bearer work-1",
      "chatgpt-account-id": "account-work",
    });
  });

  it("answers for a backend that is not there with planport's own error", async () => {
    const at = await gatewayTo({ origin: "http://127.0.0.1:1" });
    const answer = await send(at, PATH, { body: "{}" });
    expect(answer.status).toBe(502);
    expect(errorOf(answer)).toMatchObject({ code: "upstream_unreachable" });
  });
});

describe("the caller's credential", () => {
  const passthrough = { credentials: "passthrough" } as const;

  it("is passed on as it came, and a 401 to it is the caller's", async () => {
    const backend = await startBackend();
    backend.answer = (_seen, response) => {
      response.writeHead(401);
      response.end("no");
    };
    const at = await gatewayTo(backend, { ...passthrough, renewals: ["own-2"] });
    const headers = {
      authorization: "Bearer theirs",
      "chatgpt-account-id": "account-theirs",
      "x-openai-fedramp": "true",
    };
    const answer = await send(at, PATH, { body: "{}", headers });
    expect([answer.status, answer.text]).toEqual([401, "no"]);
    expect(answer.headers).not.toHaveProperty("x-planport-account");
    expect(backend.seen).toHaveLength(1);
    expect(backend.seen[0]?.headers).toMatchObject(headers);
    expect(at.recoveries()).toBe(0);
  });

  it("must be there", async () => {
    const backend = await startBackend();
    const answer = await send(await gatewayTo(backend, passthrough), PATH, { body: "{}" });
    expect(answer.status).toBe(401);
    expect(errorOf(answer)).toMatchObject({
      code: "credential_missing",
      message: expect.stringMatching(/caller's own.* a ChatGPT access token as its bearer, as a signed-in Codex/),
    });
    expect(backend.seen).toEqual([]);
  });

  it("is not compared with the gateway's key, which comes in x-planport-key alone and goes no further", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend, { ...passthrough, gatewayKey: new Secret("the-key") });
    const wrong = await send(at, PATH, { body: "{}", headers: { authorization: "Bearer the-key" } });
    expect(errorOf(wrong)).toMatchObject({
      code: "gateway_key_invalid",
      message: expect.stringContaining("x-planport-key"),
    });
    const both = { "x-planport-key": "the-key", authorization: "Bearer theirs" };
    expect((await send(at, PATH, { body: "{}", headers: both })).status).toBe(200);
    expect(backend.seen[0]?.headers["authorization"]).toBe("Bearer theirs");
    expect(JSON.stringify(backend.seen[0]?.lines)).not.toContain("the-key");
    const twice = { "x-planport-key": "the-key", authorization: "Bearer the-key" };
    expect((await send(at, PATH, { body: "{}", headers: twice })).status).toBe(401);
    expect(backend.seen).toHaveLength(1);
  });

  it("is refused when it is an API key, which is not for this backend", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend, passthrough);
    const answer = await send(at, PATH, { body: "{}", headers: { authorization: "Bearer sk-proj-1" } });
    expect(errorOf(answer)).toMatchObject({ code: "credential_wrong_route" });
    expect(backend.seen).toEqual([]);
  });
});
