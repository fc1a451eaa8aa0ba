import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine, redactText, withoutTokens } from "../src/redact.ts";

/** Made up, in the shapes of real ones. The part in braces must not be found anywhere. */
const fixed = [
  "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeW50aGV0aWMifQ.c2lnbmF0dXJl-_synthetic",
  "eyJhbGciOiJSUzI1NiJ9",
  "at-synthetic0123456789abcdef",
  "rt_synthetic.0123456789-abcdef",
  "rt-synthetic0123456789",
  "rt.1.AAAsyntheticBBB-ccc",
  "sk-proj-synthetic0123456789",
  "sk-this-must-not-show-synthetic",
  "sess-synthetic0123456789",
  "ac_syntheticsynthetic",
  "ort_synthetic0123456789",
  "ghp_synthetic0123456789",
];
const leaked = (text: string): string[] => ["synthetic", "eyJ", "hunter2"].filter((mark) => text.includes(mark));

/** A random part that is surely no word: it has a digit and a capital. */
const core = fc.stringMatching(/^7Q[A-Za-z0-9]{20,60}$/);
/** A text that carries the random part, for every shape. */
const shapes: Readonly<Record<string, (random: string) => string>> = {
  jwt: (random) => `eyJ${random}.eyJ${random}.${random}`,
  "at-": (random) => `at-${random}`,
  at_: (random) => `at_${random}`,
  "sk-": (random) => `sk-${random}`,
  "sk-proj-": (random) => `sk-proj-${random}-${random}_${random}`,
  rt_: (random) => `rt_${random}.${random}`,
  "rt-": (random) => `rt-${random}`,
  "rt.": (random) => `rt.${random}`,
  "rt.1.": (random) => `rt.1.${random}-${random}`,
  ac_: (random) => `ac_${random}`,
  "sess-": (random) => `sess-${random}`,
  oat_: (random) => `oat_${random}`,
  ort_: (random) => `ort_${random}`,
  ghp_: (random) => `ghp_${random}`,
  github_pat_: (random) => `github_pat_${random}`,
  Bearer: (random) => `Bearer ${random}`,
  bearer: (random) => `authorization:bearer\t${random}+/=`,
  "Bearer%20": (random) => `%3ABearer%20${random}`,
  Basic: (random) => `Basic ${random}==`,
  "?code=": (random) => `?code=${random}`,
  "%26code%3D": (random) => `%26code%3D${random}%26state`,
  "access_token=": (random) => `access_token=${random}`,
  "refresh_token=": (random) => `refresh_token=${random}`,
  "id_token%3D": (random) => `id_token%3D${random}`,
  "client_secret=": (random) => `client_secret=${random}`,
  "code_verifier=": (random) => `code_verifier=${random}`,
  "api-key=": (random) => `api-key=${random}`,
  "key=": (random) => `key=${random}`,
  "password=": (random) => `password=${random}`,
  "a field of JSON": (random) => `"refresh_token": "${random}"`,
  "a field of JSON in JSON": (random) => String.raw`\"access_token\":\"${random}\"`,
  "a URL": (random) => `http://user:${random}@proxy.example.com`,
};

const around = fc.string({ unit: "binary", maxLength: 200 });
const gap = fc.constantFrom(" ", "\n", ", ", '"', "'", "(", "<", ";", "\t");
/** What patterns look at, in any order: words that are spared, separators, half tokens, and what replaces a whole one. */
const parts = [
  ["Bearer", "bearer ", "Basic", "basic ", "Bearer%20", "bearer+", "or", "token", "plan", "realm=", "abcdefghijkl"],
  ["token=", "key=", "code=", "code%3D", '"token":"', "password=", "refresh_token_reused", "ECONNREFUSED", "7Qx9"],
  ["at-", "sk-", "rt.", "rt.1.", "ac_", "eyJ", "eyJhbGci", "at-least-once", "://", ":", "@", "/", "?", "%3D", "\\n"],
  ["[redacted]", "[redac", "[", "]", "…", " ", "  ", "\n", '"', "'", ",", ";", "&", "=", ".", "-", "_", "<", "+"],
  ["\u001b[31m", "\u200b", "\ud83d", "\ude00", "😀", "é", "abcdefgh", "ABCD1234abcd"],
].flat();
const piece = fc.oneof(fc.constantFrom(...fixed, ...parts), fc.string({ maxLength: 12 }));
const pieces = fc.array(piece, { maxLength: 30 }).map((list) => list.join(""));

describe("redactText", () => {
  it("takes every token shape out of any surrounding text, and leaves the text", () => {
    for (const token of fixed)
      for (const text of [
        token,
        `x ${token} y`,
        `"${token}"`,
        `key=${token}&a=1`,
        `Bearer ${token}`,
        `(${token})`,
        `https://h/p?code=${token}`,
        String.raw`{"a":"b\n${token}\u0026${token}"}`,
        `https%3A%2F%2Fh%2Fp%3Fa%3D${token}`,
        `\u001b[1;31m${token}\u001b[0m`,
      ]) {
        const clean = redactText(text);
        expect([text, leaked(clean)]).toEqual([text, []]);
        expect(clean).toContain("[redacted]");
      }
    expect(redactText("before sk-proj-synthetic0123456789 after")).toBe("before [redacted] after");
  });

  it.each([
    ["Authorization: Bearer hunter2", "Authorization: Bearer [redacted]"],
    ["Authorization: Bearer x", "Authorization: Bearer [redacted]"],
    ["authorization: basic aHVudGVyMg==", "authorization: basic [redacted]"],
    [
      "grant_type=x&refresh_token=hunter2&client_secret=hunter2",
      "grant_type=x&refresh_token=[redacted]&client_secret=[redacted]",
    ],
    ["Basic Bearer hunter2", "Basic Bearer [redacted]"],
    [
      '{"refresh_token":"hunter2","code":"refresh_token_reused"}',
      '{"refresh_token":"[redacted]","code":"refresh_token_reused"}',
    ],
    [
      "http://localhost:1455/auth/callback?code=4/0AbCdEfGhIj&state=s",
      "http://localhost:1455/auth/callback?code=[redacted]&state=s",
    ],
    ["proxy http://ada:hunter2@proxy.example:8080 refused", "proxy http://[redacted]@proxy.example:8080 refused"],
  ])("takes out of %j what a header, a parameter, a field or a URL holds, of whatever shape", (text, clean) => {
    expect(redactText(text)).toBe(clean);
  });

  it.each([
    "a part-time-worker at-hand, at-least-once, at-most-once",
    "status code=404, code=refresh_token_reused, code=ECONNREFUSED, code=ERR_INVALID_URL",
    "refresh_token_reused sess_expired missing_codex_entitlement",
    "unsupported_country_region_territory",
    "desk-lamp task-list-entry flask-restful",
    "model gpt-5.5-codex, gpt-5.6-sol and gpt-4o-realtime-preview-2024-12-17",
    "input_tokens 12 max_tokens=100 starts_at_midnight_utc",
    "start_at-once",
    "prompt_cache_key=conversation-one monkey=business",
    "the account 0f8fad5b-d9cb-469f-a165-70867728950e, request req_0123456789abcdef0123456789abcdef",
    "see https://platform.openai.com/docs/guides/error-codes?lang=en#code=1 and https://at.example.com/sk.wikipedia.org",
    "auth.openai.com:443 developers.microsoftonline.example rt.production.example.com",
    "https://help.openai.com/en/articles/11369540-using-codex-with-your-chatgpt-plan",
    "Missing bearer or basic authentication in header",
    "You sent no bearer token. Bearer authentication is required on the Basic plan with basic support.",
    'WWW-Authenticate: Bearer realm="planport", error="invalid_token"',
    "user@example.com at 12:30",
    "Unexpected token < in JSON at position 0",
  ])("leaves readable: %s", (text) => {
    expect(redactText(text)).toBe(text);
    expect(oneLine(text, 1000, { opaque: true })).toBe(text);
  });

  it.each(Object.entries(shapes))("lets no secret of the shape %s through, wherever it stands", (_name, shape) => {
    fc.assert(
      fc.property(around, gap, core, gap, around, (a, before, random, after, b) => {
        const text = a + before + shape(random) + after + b;
        for (const clean of [redactText(text), redactText(text, { maxChars: 300, opaque: true }), oneLine(text, 300)])
          expect(clean).not.toContain(random);
      }),
    );
  });

  it("lets no part of a secret through where a cut goes through it", () => {
    const secret = "sk-7Q".padEnd(400, "Zz9");
    for (let length = 0; length < 5200; length += 7) {
      const text = `${"word ".repeat(length / 5)}${secret} ${secret} ${"word ".repeat(2000)}`;
      expect(redactText(text, { maxChars: 300 })).not.toMatch(/7Q|Zz/);
      expect(oneLine(text, 300)).not.toMatch(/7Q|Zz/);
    }
  });

  it("changes nothing that it has redacted", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 80 }), fc.boolean(), (text, maxChars, opaque) => {
        for (const redact of [
          (given: string) => redactText(given, { opaque }),
          (given: string) => redactText(given, { maxChars, opaque }),
          (given: string) => oneLine(given, maxChars, { opaque }),
        ]) {
          const once = redact(text);
          expect(redact(once)).toBe(once);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("changes nothing where one shape stood in another", () => {
    for (const text of [
      "code=ab-eyJabcd",
      "code=://a:b@",
      "code=key=a",
      "code=1-token=x",
      "token=Basic x",
      "://u:at-12345678/9@h",
      "Basic key=a Bearer x",
    ])
      expect(redactText(redactText(text))).toBe(redactText(text));
  });

  it("takes out long runs that are no words where it is asked to, and nowhere else", () => {
    const runs = fc.oneof(
      fc
        .uint8Array({ minLength: 24, maxLength: 200 })
        .map((bytes) => `7Q${Buffer.from(bytes).toString("base64url")}Zz9aB4cD`),
      fc.uint8Array({ minLength: 16, maxLength: 64 }).map((bytes) => `0a1b2c3d${Buffer.from(bytes).toString("hex")}`),
      core.map((random) => `${random}.${random}.${random}`),
    );
    fc.assert(
      fc.property(fc.lorem(), runs, (words, run) => {
        expect(redactText(`${words} ${run} end`, { opaque: true })).toBe(`${words} [redacted] end`);
      }),
    );
    const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    expect(redactText(digest)).toBe(digest);
  });

  // Were one pattern quadratic, this would run for hours.
  it.each(
    [
      ["a", "at-", "at-a", "at-1234567 ", "sk-", "rt.", "rt.1.", "eyJ", "eyJab.", "eyJhbGci", "ac_a_", "-", "_", "."],
      ["Bearer ", "bearer or ", "Bearer%20", "Bearer+", "Basic ", "basic a ", " ", "\t\n", "token=", "code=", "0a-"],
      ["code=a_", "code=aaaaaaaaaaaa_", '"token":', '"token" : "', "key=", "%3D", "://", "://a:", "://a:b ", ":", "@"],
      [
        "AbC12345.",
        "[redacted]",
        "[1;1",
        "\\n",
        "\u001b",
        "😀",
        "\ud83d",
        "req_",
        "01234567-0123-0123-0123-",
        "\u200b",
      ],
    ].flat(),
  )("takes linear time on a megabyte of %j", (part) => {
    const text = part.repeat(Math.ceil(1_000_000 / part.length));
    expect(redactText(text, { opaque: true })).toEqual(expect.any(String));
    expect(oneLine(text, 1_000_000, { opaque: true }).length).toBeLessThanOrEqual(1_000_001);
    for (const start of ["Bearer ", "Bearer", "code=", "code=aa_", "://", "://a:", "at-", '"token"'])
      expect(redactText(`${start}${text.slice(0, 100_000)}!"`, { opaque: true })).toEqual(expect.any(String));
  });
});

describe("oneLine", () => {
  it("is one printable, well-formed line of bounded length, whatever came", () => {
    fc.assert(
      fc.property(fc.oneof(around, pieces), fc.integer({ min: 0, max: 100 }), (text, maxChars) => {
        const line = oneLine(text, maxChars);
        expect(line.length).toBeLessThanOrEqual(maxChars + 1);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]|\s\s/u);
      }),
    );
  });

  it("has spaces for control and format characters, and nothing at its ends", () => {
    expect(oneLine("\ufeff a\r\n\u001b[31mb\u0000\u202ec\u2028d \n", 100)).toBe("a [31mb c d");
    expect(oneLine("one two three", 9)).toBe("one two …");
    expect(oneLine("one two three", 7)).toBe("one two…");
    expect(oneLine(`one ${" ".repeat(1000)} two`, 20)).toBe("one…");
  });
});

describe("withoutTokens", () => {
  const token = "at-synthetic0123456789abcdef";

  it("gives back what holds no token, as it is", () => {
    const chain = new Error("a", { cause: Object.assign(new Error("b"), { code: "ECONNREFUSED" }) });
    for (const value of [chain, { status: 503, requestId: "req_0123456789" }, null, undefined, 7, "plain words"])
      expect(withoutTokens(value)).toBe(value);
  });

  it.each<[string, unknown]>([
    ["a text", `x ${token}`],
    ["a message", new Error(`x ${token}`)],
    ["a cause", new Error("a", { cause: new Error("b", { cause: new Error(token) }) })],
    ["a cause that is deeper than anybody looks", deep(12)],
    ["a field of an error", Object.assign(new TypeError("Invalid URL"), { input: `https://x/?code=${token}` })],
    ["a field below a field", { response: { headers: [{ authorization: `Bearer ${token}` }] } }],
    ["a name of a field", { [token]: 1 }],
    ["a field that says what it holds", { refresh_token: "synthetic" }],
    ["an instance", Object.assign(new Map(), { token })],
    ["an AggregateError", new AggregateError([new Error(token)], "all")],
    ["what JSON.parse quotes", thrownBy(() => JSON.parse(token) as unknown)],
    [
      "a getter that throws",
      {
        get a() {
          throw new Error(token);
        },
      },
    ],
  ])("takes it out of %s", (_name, value) => {
    const clean = withoutTokens(value);
    const print = inspect(clean, { depth: 20, showHidden: true }) + (JSON.stringify(structuredClone(clean)) ?? "");
    expect(print).not.toContain("synthetic");
  });

  it("keeps what makes a system error one", () => {
    const error = Object.assign(new Error(`connect ${token}`), { code: "ECONNREFUSED", errno: -111, path: "/tmp/x" });
    expect(withoutTokens(error)).toMatchObject({ code: "ECONNREFUSED", errno: -111, path: "/tmp/x", name: "Error" });
    expect(withoutTokens(error)).toBeInstanceOf(Error);
  });

  function deep(levels: number): Error {
    return levels === 0 ? new Error(token) : new Error("x", { cause: deep(levels - 1) });
  }
  function thrownBy(work: () => unknown): unknown {
    try {
      return work();
    } catch (error) {
      return error;
    }
  }
});
