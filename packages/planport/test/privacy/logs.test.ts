/** Secrets in every part of a log line, at every level, in both forms. */
import { describe, expect, it } from "vitest";
import { createLogger, type LogFields, type LogLevel } from "../../src/observe/index.ts";
import { Secret } from "../../src/secret.ts";
import { scan } from "./support/scanner.ts";
import { listed, shaped, syntheticSecrets } from "./support/secrets.ts";

const secrets = syntheticSecrets();
const all = listed(secrets);
const known = shaped(secrets);
const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const formats = ["json", "text"] as const;

function logged(level: LogLevel, format: "json" | "text", event: string, fields: LogFields): string {
  let text = "";
  const logger = createLogger({ level: "debug", format, sink: { write: (more) => void (text += more) } });
  logger[level](event, fields);
  expect(text).not.toBe("");
  return text;
}

/** Ways in which a text with the shape of a token gets into a line. */
const byShape: Readonly<Record<string, (value: string) => LogFields>> = {
  "a field": (value) => ({ detail: value }),
  "the middle of a field": (value) => ({ detail: `the server said ${value}, and then nothing` }),
  "the name of a field": (value) => ({ [value]: 1 }),
  "a path with a query": (value) => ({ path: `/auth/callback?code=${value}&state=x` }),
  "a URL": (value) => ({ url: new URL(`https://u:${value}@example.com/?access_token=${value}`) }),
  "a header": (value) => ({ headers: { Authorization: `Bearer ${value}`, "set-cookie": [`s=${value}`] } }),
  "a list of headers": (value) => ({ raw: ["authorization", `Bearer ${value}`] }),
  "JSON in a text": (value) => ({ body: JSON.stringify({ refresh_token: value }) }),
  "JSON in JSON": (value) => ({ body: JSON.stringify(JSON.stringify({ a: value })) }),
  "a form": (value) => ({ body: new URLSearchParams({ refresh_token: value, code: value }).toString() }),
  "an error": (value) => ({ error: new Error(value, { cause: new Error(value, { cause: value }) }) }),
  "fields of an error": (value) => ({ error: Object.assign(new Error("x"), { code: value, input: value }) }),
  "a map and a set": (value) => ({ map: new Map([[value, value]]), set: new Set([value]) }),
  "something nested": (value) => ({ a: { b: [{ c: { d: value } }] } }),
  bytes: (value) => ({ chunk: Buffer.from(value), view: new Uint8Array(Buffer.from(value)) }),
  "a getter that throws": (value) => ({
    trap: {
      get x(): string {
        throw new Error(value);
      },
    },
  }),
  "an object that becomes a text by itself": (value) => ({ x: { toJSON: () => value, toString: () => value } }),
  "a text that is cut": (value) => ({ long: `${"word ".repeat(817)}${value}` }),
};

describe.each(levels)("at the level %s", (level) => {
  it.each(Object.keys(byShape))("no token gets into a line by way of %s", (name) => {
    for (const format of formats)
      for (const secret of known) {
        const text = logged(level, format, "test.event", byShape[name]?.(secret.value) ?? {});
        expect(scan(format, text, [secret])).toEqual([]);
      }
  });

  it("no token gets into a line by way of its event", () => {
    for (const format of formats)
      for (const secret of known) expect(scan(format, logged(level, format, secret.value, {}), [secret])).toEqual([]);
  });

  it("nothing under the name of a secret gets into a line, whatever its shape", () => {
    const names = ["token", "accessToken", "refresh_token", "gatewayKey", "api_key", "apiKey", "Authorization"];
    const more = ["cookie", "code_verifier", "client_secret", "password", "x-api-key", "credential"];
    for (const format of formats)
      for (const secret of all)
        for (const name of [...names, ...more])
          expect(scan(name, logged(level, format, "e", { [name]: secret.value }), [secret])).toEqual([]);
  });

  it("nothing that is a Secret gets into a line", () => {
    for (const format of formats)
      for (const { name, value } of all) {
        const secret = new Secret(value);
        const fields = {
          secret,
          deep: { list: [secret, String(secret)] },
          error: new Error("x", { cause: secret }),
        };
        expect(scan(name, logged(level, format, "e", fields), [{ name, value }])).toEqual([]);
      }
  });
});

it("the instrument: what is not redacted would be seen", () => {
  for (const { name, value } of all) {
    const text = JSON.stringify({ time: "now", level: "info", detail: value });
    expect(scan("x", text, [{ name, value }])).toHaveLength(1);
  }
});
