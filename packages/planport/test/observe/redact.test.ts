import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, UpstreamError } from "../../src/errors.ts";
import { createLogger, redact, silentLogger } from "../../src/observe/index.ts";
import { Secret } from "../../src/secret.ts";

/** Made up, in the shapes of real ones. */
const tokens = {
  jwt: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeW50aGV0aWMifQ.c2lnbmF0dXJl-_synthetic",
  halfJwt: "eyJhbGciOiJSUzI1NiJ9",
  accessToken: "at-synthetic0123456789abcdef",
  refreshToken: "rt_synthetic.0123456789-abcdef",
  refreshDash: "rt-synthetic0123456789",
  apiKey: "sk-proj-synthetic0123456789",
  authCode: "ac_synthetic0123456789abcdef",
};
/** The part that must not be found anywhere. */
const marks = ["synthetic", "eyJ"];
const leaked = (text: string): string[] => marks.filter((mark) => text.includes(mark));

describe("redact", () => {
  it("reaches every depth, names of fields, maps, sets, URLs and causes", () => {
    const value = {
      a: [{ b: { c: `x ${tokens.accessToken}` } }],
      [tokens.apiKey]: 1,
      map: new Map([["k", tokens.jwt]]),
      set: new Set([tokens.refreshToken]),
      url: new URL(`https://example.com/?access_token=${tokens.jwt}`),
      secret: new Secret("synthetic"),
      error: new Error(`failed with ${tokens.apiKey}`, { cause: new Error(tokens.jwt) }),
    };
    expect(leaked(JSON.stringify(redact(value)))).toEqual([]);
  });

  it("bounds a string, and never shows a token that its cut went through", () => {
    const text = String(redact(`${"a ".repeat(2040)}${tokens.jwt} ${"b ".repeat(40_000)}${tokens.jwt}`));
    expect(text.length).toBeLessThanOrEqual(4097);
    expect(leaked(text)).toEqual([]);
  });

  it("empties fields with a secret's name, whatever they hold, and keeps the counts", () => {
    expect(
      redact({
        access_token: "plain",
        gatewayKey: "plain",
        Cookie: ["plain"],
        "set-cookie": "plain",
        password: { x: "plain" },
      }),
    ).toEqual({
      access_token: "[redacted]",
      gatewayKey: "[redacted]",
      Cookie: "[redacted]",
      "set-cookie": "[redacted]",
      password: "[redacted]",
    });
    expect(redact({ input_tokens: 5, token: null, prompt_cache_key: "c" })).toEqual({
      input_tokens: 5,
      token: null,
      prompt_cache_key: "c",
    });
  });

  it("makes of an error its name, code, message, status and cause, and nothing that a library hung on it", () => {
    const cause = { status: 429, upstreamCode: "x", requestId: "r", cfRay: null, systemCode: null };
    expect(redact(new UpstreamError("rate_limited", "Slow down.", { cause }))).toEqual({
      name: "UpstreamError",
      code: "rate_limited",
      message: "Slow down.",
      status: 429,
      cause,
    });
    const foreign = Object.assign(new TypeError("bad", { cause: { body: "my prompt" } }), {
      requestBodyValues: { input: "my prompt" },
      code: "E_BAD",
    });
    expect(redact(new ConfigError("internal", "Fault.", { cause: foreign }))).toEqual({
      name: "ConfigError",
      code: "internal",
      message: "Fault.",
      status: 500,
      cause: { name: "TypeError", code: "E_BAD", message: "bad", cause: "[object]" },
    });
  });

  it("ends on chains, cycles, depth and sizes without end, and on values that throw", () => {
    const error = new Error("a");
    error.cause = new Error("b", {
      cause: new Error("c", { cause: new Error("d", { cause: new Error("e", { cause: error }) }) }),
    });
    expect(JSON.stringify(redact(error))).not.toContain('"e"');
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(redact(cycle)).toEqual({ self: "[circular]" });
    let deep: unknown = "end";
    for (let i = 0; i < 1000; i += 1) deep = { deep };
    expect(JSON.stringify(redact(deep)).length).toBeLessThan(200);
    expect((redact(Array.from({ length: 1000 }, () => 1)) as unknown[]).length).toBe(65);
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(
      redact({
        hostile,
        bytes: new Uint8Array(9),
        big: 5n,
        call: () => 1,
        when: new Date(0),
        never: new Date(Number.NaN),
      }),
    ).toEqual({
      hostile: "[unreadable]",
      bytes: "[9 bytes]",
      big: "5",
      call: "[function]",
      when: "1970-01-01T00:00:00.000Z",
      never: "[no date]",
    });
  });

  it("gives plain JSON for anything", () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true }), (value) => {
        expect(() => JSON.stringify(redact(value))).not.toThrow();
      }),
    );
  });
});

describe("createLogger", () => {
  const lines = (options: Parameters<typeof createLogger>[0] = {}) => {
    const written: string[] = [];
    const logger = createLogger({ sink: { write: (text) => written.push(text) }, now: () => 0, ...options });
    return { logger, written };
  };

  it("lets no secret through, in either form, at any level, from any part of a line", () => {
    for (const format of ["json", "text"] as const) {
      const { logger, written } = lines({ format, level: "debug" });
      for (const level of ["debug", "info", "warn", "error"] as const)
        for (const token of Object.values(tokens)) {
          logger[level](`event ${token}`, {
            token,
            text: `x ${token}`,
            deep: { list: [token] },
            error: new Error(token),
            [token]: new Secret(token),
          });
          logger[level]("event", { error: new ConfigError("internal", token, { cause: new Error(token) }) });
        }
      expect(written.length).toBe(4 * 2 * Object.keys(tokens).length);
      expect(leaked(written.join(""))).toEqual([]);
    }
    expect(inspect(silentLogger)).toContain("debug");
  });

  it("writes one line of JSON each, whose head no field can stand in for", () => {
    const { logger, written } = lines();
    logger.info("http.request", { status: 200, level: "fake", event: "fake", time: "fake", text: "a\nb" });
    expect(written).toHaveLength(1);
    expect(written[0]?.indexOf("\n")).toBe((written[0]?.length ?? 0) - 1);
    expect(JSON.parse(written[0] ?? "")).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "info",
      event: "http.request",
      status: 200,
      text: "a\nb",
    });
  });

  it("writes a plain line at a terminal, in which nothing moves the cursor", () => {
    const { logger, written } = lines({ sink: undefined as never, format: "text" });
    expect(written).toEqual([]);
    void logger;
    const seen: string[] = [];
    createLogger({ sink: { isTTY: true, write: (text) => seen.push(text) }, now: () => 0 }).warn("http.request", {
      path: "/v1/models",
      status: 200,
      text: "two words",
      evil: "\u001b[2J\nforged\u202e",
      gone: undefined,
    });
    expect(seen).toEqual([
      '00:00:00 warn  http.request path=/v1/models status=200 text="two words" evil="\\u001b[2J\\nforged\\u202e"\n',
    ]);
  });

  it("keeps silent below its level", () => {
    const { logger, written } = lines({ level: "warn" });
    logger.debug("a");
    logger.info("b");
    logger.warn("c");
    logger.error("d");
    expect(written.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["c", "d"]);
    const off = lines({ level: "silent" });
    off.logger.error("e");
    expect(off.written).toEqual([]);
  });

  it("does not throw when its sink does", () => {
    const logger = createLogger({
      sink: {
        write: () => {
          throw new Error("EPIPE");
        },
      },
    });
    expect(() => logger.error("a")).not.toThrow();
  });
});
