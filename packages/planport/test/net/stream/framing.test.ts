import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBodyReader, FramingError, type Framing } from "../../../src/net/stream/body.ts";
import { readAnswerHead, writeRequestHead } from "../../../src/net/stream/head.ts";

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** Feeds `parts` one after the other; gives the body, and what of the bytes was left. */
function read(framing: Framing, parts: readonly Uint8Array[]): { body: string; left: number; complete: boolean } {
  const reader = createBodyReader(framing);
  let body = "";
  let left = 0;
  for (const given of parts) {
    const part = Uint8Array.from(given); // The reader may move what it reads.
    const stop = reader.feed(part, 0, part.length, (bytes, start, end) => {
      expect(end).toBeGreaterThan(start);
      body += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    });
    left += part.length - stop;
  }
  return { body, left, complete: reader.complete };
}

/** `bytes` in pieces that end at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const CHUNKED: Framing = { kind: "chunked" };
const blob = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const extension = fc.constantFrom("", ";a", ";a=b", ' ; sig="x y"', "\t");
const trailers = fc.constantFrom("", "x: y\r\n", "x: y\r\nz:\r\n");

describe("a chunked body", () => {
  it("is the same however its bytes are cut, with extensions and trailers read past", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(blob, extension, fc.boolean()), { maxLength: 8 }),
        trailers,
        fc.array(fc.nat(), { maxLength: 40 }),
        (chunks, end, places) => {
          const frames = chunks.map(([data, ext, upper]) => {
            const size = data.length.toString(16);
            return `${upper ? size.toUpperCase().padStart(4, "0") : size}${ext}\r\n${data}\r\n`;
          });
          const wire = latin1(`${frames.join("")}0\r\n${end}\r\n`);
          const expected = { body: chunks.map(([data]) => data).join(""), left: 0, complete: true };
          expect(read(CHUNKED, cut(wire, places))).toEqual(expected);
          expect(
            read(
              CHUNKED,
              [...wire].map((byte) => Uint8Array.of(byte)),
            ),
          ).toEqual(expected);
        },
      ),
    );
  });

  it("comes in one run for each read, however many chunks are in it, without a buffer of its own", () => {
    const wire = latin1("-3\r\nabc\r\n2\r\nde\r\n4\r\nfg");
    const reader = createBodyReader(CHUNKED);
    const runs: [boolean, string][] = [];
    reader.feed(wire, 1, wire.length, (bytes, start, end) =>
      runs.push([bytes === wire, Buffer.from(bytes.subarray(start, end)).toString("latin1")]),
    );
    expect(runs).toEqual([[true, "abcdefg"]]);
  });

  it("comes up to the place where its framing is broken, wherever the reads were cut", () => {
    const wire = "3\r\nabc\r\n2\r\ndeX";
    for (let at = 0; at <= wire.length; at += 1) {
      const reader = createBodyReader(CHUNKED);
      let body = "";
      const feed = (part: Uint8Array): number =>
        reader.feed(part, 0, part.length, (bytes, start, end) => {
          body += Buffer.from(bytes.subarray(start, end)).toString("latin1");
        });
      expect(() => [wire.slice(0, at), wire.slice(at)].forEach((part) => feed(latin1(part)))).toThrow(FramingError);
      expect(body).toBe("abcde");
    }
  });

  it("leaves what follows it alone", () => {
    expect(read(CHUNKED, [latin1("1\r\na\r\n0\r\n\r\nHTTP/1.1")])).toEqual({ body: "a", left: 8, complete: true });
  });

  it("is not complete before its very last byte", () => {
    for (const wire of ["5\r\nhello\r\n", "0\r\n", "0\r\n\r", "0\r\nx: y\r\n", "5\r\nhel"])
      expect(read(CHUNKED, [latin1(wire)]).complete, wire).toBe(false);
  });

  it.each([
    "\r\n",
    "x\r\n",
    "-1\r\n",
    "0x5\r\nhello\r\n",
    "5\nhello\r\n",
    "5\rXhello",
    "5\r\nhelloX\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5;a\nhello\r\n",
    "fffffffffffffffff\r\n",
    "00000000000000005\r\nhello",
    "0\r\nx: y\n\r\n",
    `1;${"e".repeat(70_000)}\r\n`,
    `0\r\nx: ${"t".repeat(70_000)}\r\n`,
    `0\r\n${"x: y\r\n".repeat(20_000)}`,
  ])("is refused, whole or byte by byte, when it is framed as %j", (wire) => {
    const bytes = latin1(wire);
    expect(() => read(CHUNKED, [bytes])).toThrow(FramingError);
    expect(() =>
      read(
        CHUNKED,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toThrow(FramingError);
  });

  it("may have an extension on every chunk, for as long as a stream lasts", () => {
    const chunk = `1;signature=${"0".repeat(64)}\r\na\r\n`;
    const count = 5000;
    expect(read(CHUNKED, [latin1(`${chunk.repeat(count)}0\r\n\r\n`)])).toEqual({
      body: "a".repeat(count),
      left: 0,
      complete: true,
    });
  });
});

describe("other bodies", () => {
  it("with a length end with it, however they are cut", () => {
    fc.assert(
      fc.property(blob, fc.array(fc.nat(), { maxLength: 10 }), (text, places) => {
        const parts = cut(latin1(text), places);
        expect(read({ kind: "length", bytes: text.length }, parts)).toEqual({ body: text, left: 0, complete: true });
      }),
    );
    expect(read({ kind: "length", bytes: 2 }, [latin1("abc")])).toEqual({ body: "ab", left: 1, complete: true });
  });

  it("without any frame go on until the connection ends, and only they do", () => {
    const kinds: Framing[] = [{ kind: "close" }, CHUNKED, { kind: "length", bytes: 9 }, { kind: "none" }];
    expect(kinds.map((framing) => createBodyReader(framing).endsWithConnection)).toEqual([true, false, false, false]);
    expect(read({ kind: "close" }, [latin1("ab"), latin1("c")])).toEqual({ body: "abc", left: 0, complete: false });
    expect(read({ kind: "none" }, [latin1("x")])).toEqual({ body: "", left: 1, complete: true });
  });
});

const OK = "HTTP/1.1 200 OK";
const head = (...lines: string[]): string => [OK, ...lines].join("\r\n");

describe("the head of an answer", () => {
  it("has its names in lower case, its values trimmed, and repeated names as lists", () => {
    const { status, headers } = readAnswerHead(head("X-A: \t 1 \t", "set-cookie: a", "Set-Cookie: b", "e:"), "POST");
    expect([status, { ...headers }]).toEqual([200, { "x-a": "1", "set-cookie": ["a", "b"], e: "" }]);
  });

  it("takes __proto__ for a name like any other", () => {
    const { headers } = readAnswerHead(head("__proto__: x", "constructor: y"), "POST");
    expect(Object.entries(headers)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  it.each([
    ["", "nothing"],
    ["HTTP/2 200 OK", "another version"],
    ["HTTP/1.1 20 OK", "a short status"],
    ["HTTP/1.1 099 Odd", "a status below 100"],
    ["SSH-2.0-OpenSSH_9", "another protocol"],
    [head(" folded"), "a folded line at the start"],
    [head("a: 1", " folded"), "a folded line (RFC 9112 §5.2)"],
    [head("a : 1"), "a blank before the colon (RFC 9112 §5.1)"],
    [head("a"), "a line without colon"],
    [head(": x"), "an empty name"],
    [head("a: x\u0000y"), "a NUL"],
    [head("a: x\ry"), "a CR"],
    [head("a: x\nb: y"), "a LF alone"],
  ])("is refused for %j: %s", (text) => {
    expect(() => readAnswerHead(text, "POST")).toThrow(FramingError);
  });

  it.each<[string, string[], string, Framing]>([
    ["chunks", ["transfer-encoding: Chunked"], OK, { kind: "chunked" }],
    ["a length", ["content-length: 5"], OK, { kind: "length", bytes: 5 }],
    ["the same length twice", ["content-length: 5", "content-length: 5"], OK, { kind: "length", bytes: 5 }],
    ["the same length in a list", ["content-length: 5, 5"], OK, { kind: "length", bytes: 5 }],
    ["nothing", [], OK, { kind: "close" }],
    ["a length of a 304", ["content-length: 5"], "HTTP/1.1 304 Not Modified", { kind: "none" }],
    ["chunks of a 204", ["transfer-encoding: chunked"], "HTTP/1.1 204 No Content", { kind: "none" }],
  ])("says how the body is framed: %s", (_case, lines, status, framing) => {
    expect(readAnswerHead([status, ...lines].join("\r\n"), "POST").framing).toEqual(framing);
  });

  it("of HEAD says that there is no body", () => {
    expect(readAnswerHead(head("content-length: 5"), "HEAD").framing).toEqual({ kind: "none" });
  });

  it.each([
    ["a length and chunks (RFC 9112 §6.3)", ["content-length: 5", "transfer-encoding: chunked"]],
    ["two lengths", ["content-length: 5", "content-length: 6"]],
    ["two lengths in a list", ["content-length: 5, 6"]],
    ["a length that is no number", ["content-length: 5x"]],
    ["a negative length", ["content-length: -5"]],
    ["an empty length", ["content-length:"]],
    ["a length beyond all numbers", ["content-length: 99999999999999999999"]],
    ["another coding", ["transfer-encoding: gzip, chunked"]],
    ["chunks twice", ["transfer-encoding: chunked", "transfer-encoding: chunked"]],
  ])("is refused for %s", (_case, lines) => {
    expect(() => readAnswerHead(head(...lines), "POST")).toThrow(FramingError);
  });

  it.each<[string, string[], string, (ms: number) => boolean]>([
    ["as long as any by default: shorter than servers do", [], OK, (ms) => ms >= 4000 && ms <= 55_000],
    ["less than the server says", ["keep-alive: timeout=5, max=100"], OK, (ms) => ms > 0 && ms < 5000],
    ["not for hours", ["keep-alive: timeout=86400"], OK, (ms) => ms <= 55_000],
    ["not when there is no time", ["keep-alive: timeout=1"], OK, (ms) => ms === 0],
    ["not after close", ["connection: Close"], OK, (ms) => ms === 0],
    ["not after close in a list", ["connection: x, close"], OK, (ms) => ms === 0],
    ["not with HTTP/1.0", [], "HTTP/1.0 200 OK", (ms) => ms === 0],
  ])("says how long the connection is kept: %s", (_case, lines, status, holds) => {
    const { keepAliveMs } = readAnswerHead([status, "content-length: 0", ...lines].join("\r\n"), "POST");
    expect(keepAliveMs).toSatisfy(holds);
  });
});

describe("the head of a request", () => {
  it("has host, length and every header once", () => {
    expect(writeRequestHead("POST", "/a?b=c", "h.test:81", { accept: "x/y" }, 7)).toBe(
      "POST /a?b=c HTTP/1.1\r\nhost: h.test:81\r\nconnection: keep-alive\r\naccept: x/y\r\ncontent-length: 7\r\n\r\n",
    );
  });

  it("cannot be made to hold another header or request", () => {
    for (const bad of ["a\r\nx: y", "a\nb", "a\rb", "a\u0000b", "a\u0100b"]) {
      expect(() => writeRequestHead("POST", "/", "h", { a: bad }, 0), JSON.stringify(bad)).toThrow(TypeError);
      expect(() => writeRequestHead("POST", "/", "h", { [bad]: "a" }, 0), JSON.stringify(bad)).toThrow(TypeError);
      expect(() => writeRequestHead("POST", `/${bad}`, "h", {}, 0), JSON.stringify(bad)).toThrow(TypeError);
      expect(() => writeRequestHead(bad, "/", "h", {}, 0), JSON.stringify(bad)).toThrow(TypeError);
    }
    expect(() => writeRequestHead("POST", "/a b", "h", {}, 0)).toThrow(TypeError);
    expect(() => writeRequestHead("POST", "/", "h", { "a b": "x" }, 0)).toThrow(TypeError);
    expect(() => writeRequestHead("POST", "/", "h", { "": "x" }, 0)).toThrow(TypeError);
  });

  it("does not repeat a header's value when it refuses it", () => {
    expect(() => writeRequestHead("POST", "/", "h", { authorization: "Bearer hunter2\n" }, 0)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") as string }),
    );
  });
});
