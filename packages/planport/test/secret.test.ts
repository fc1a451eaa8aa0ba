import assert from "node:assert/strict";
import { Console } from "node:console";
import { PassThrough } from "node:stream";
import { inspect, format } from "node:util";
import { serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";

const value = "sk-proj-Zq7Wv3Lr9Xt1Nb5";
const secret = new Secret(value);
const nested = { level: { list: [{ token: secret }], map: new Map([["token", secret]]) } };

function viaConsole(...args: readonly unknown[]): string {
  const out = new PassThrough();
  const console = new Console(out, out);
  console.log(...args);
  console.error(...args);
  console.dir(args, { depth: null, showHidden: true });
  console.table(args);
  return String(out.read());
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return inspect(error, { depth: null, showHidden: true });
  }
  throw new Error("nothing was thrown");
}

/** Every way found so far to turn a value into text. */
const sinks: Readonly<Record<string, () => string>> = {
  "String()": () => String(secret),
  "a template": () => `the token ${secret as unknown as string}`,
  "+": () => "bearer " + (secret as unknown as string),
  "toString()": () => secret.toString(),
  toLocaleString: () => secret.toLocaleString(),
  "Symbol.toPrimitive": () => [secret[Symbol.toPrimitive]()].join(" "),
  "Array.join": () => [secret, secret].join(","),
  "valueOf()": () => inspect(secret.valueOf()),
  "a number": () => String(Number(secret)),
  "encodeURIComponent()": () => encodeURIComponent(secret as unknown as string),
  URLSearchParams: () => new URLSearchParams({ token: secret as unknown as string }).toString(),
  "JSON.stringify": () => JSON.stringify(secret),
  "JSON.stringify of a nested one": () => JSON.stringify({ list: [{ token: secret }] }, null, 2),
  "JSON.stringify of its parts": () =>
    JSON.stringify({ ...(secret as object) }) + JSON.stringify(Object.assign({}, secret)),
  "util.inspect": () => inspect(secret),
  "util.inspect of a nested one": () => inspect(nested, { depth: null }),
  "util.inspect, showHidden": () => inspect(nested, { depth: null, showHidden: true, getters: true }),
  "util.inspect without custom inspection": () =>
    inspect(nested, { depth: null, showHidden: true, customInspect: false }),
  "util.format": () => format("%s %o %O %j %d %i", secret, secret, secret, secret, secret, secret),
  console: () => viaConsole(secret, nested, [secret], "%s %o", secret),
  "Object.entries": () => inspect(Object.entries(secret)),
  "Object.keys": () => inspect(Object.keys(secret)),
  "for … in": () => {
    const keys: string[] = [];
    for (const key in secret) keys.push(key);
    return keys.join(",");
  },
  "own property names": () => inspect([...Object.getOwnPropertyNames(secret), ...Object.getOwnPropertySymbols(secret)]),
  "property descriptors": () => inspect(Object.getOwnPropertyDescriptors(secret), { depth: null, showHidden: true }),
  structuredClone: () => inspect(structuredClone({ secret }), { depth: null, showHidden: true, customInspect: false }),
  "v8.serialize": () => serialize({ secret, list: [secret] }).toString("latin1"),
  "an error's message": () => new Error(`failed for ${String(secret)}`).stack ?? "",
  "an error's cause": () => inspect(new Error("failed", { cause: secret }), { depth: null, showHidden: true }),
  "a planport error's cause": () =>
    inspect(new ConfigError("internal", "failed", { cause: { token: secret } }), { depth: null }),
  "an error's own property": () => inspect(Object.assign(new Error("failed"), { secret }), { depth: null }),
  "assert.deepEqual": () => messageOf(() => assert.deepEqual({ secret }, { secret: value.length })),
  "assert.equal": () => messageOf(() => assert.equal(secret, null)),
  "expect().toEqual": () => messageOf(() => expect(nested).toEqual({})),
  "expect().toBe": () => messageOf(() => expect(secret).toBe("another")),
};

describe("a secret is not shown by", () => {
  test.each(Object.entries(sinks))("%s", (_name, sink) => {
    const text = sink();
    expect(text).not.toContain(value);
    expect(text).not.toContain(value.slice(8));
  });
});

test("a warning built from a secret does not show it", async () => {
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  process.emitWarning(`the token ${String(secret)} is odd`, { type: "PlanportTest", detail: String(secret) });
  const warning = await warned;
  expect(warning.message).toBe("the token [redacted] is odd");
  expect(inspect(warning, { depth: null, showHidden: true })).not.toContain(value);
});

test("a secret sent to another thread does not arrive", async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise<unknown>((resolve) => port2.once("message", resolve));
  port1.postMessage({ secret });
  const message = await arrived;
  port1.close();
  expect(inspect(message, { depth: null, showHidden: true, customInspect: false })).not.toContain(value);
});

test("whatever the value, every common sink shows the same fixed text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const one = new Secret(text);
      expect(String(one)).toBe("[redacted]");
      expect(JSON.stringify([one])).toBe('["[redacted]"]');
      expect(inspect({ one })).toBe("{ one: [redacted] }");
      expect(Object.keys(one)).toEqual([]);
      expect(one.reveal()).toBe(text);
    }),
  );
});

test("secrets are equal when their values are, and to nothing else", () => {
  expect(secret.equals(new Secret(value))).toBe(true);
  expect(secret.equals(new Secret(`${value}x`))).toBe(false);
  expect(secret.equals(null)).toBe(false);
  expect(secret.equals(undefined)).toBe(false);
});
