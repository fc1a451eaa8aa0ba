/** The instrument: a leak that is there must be seen, or nothing that the other tests say means anything. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { scan, scanFolder } from "./support/scanner.ts";
import { listed, type NamedSecret, noise, syntheticSecrets } from "./support/secrets.ts";

const secrets = syntheticSecrets();
const all = listed(secrets);
const folder = mkdtempSync(join(tmpdir(), "planport-privacy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const disguises: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "in a sentence": (text) => `the token ${text}, or so`,
  "in upper case": (text) => text.toUpperCase(),
  "in lower case": (text) => text.toLowerCase(),
  "of which 13 characters are left": (text) => `${text.slice(0, 13)}…`,
  "of which the end is left": (text) => `…${text.slice(-20)}`,
  "of which a middle is left": (text) => text.slice(5, 25),
  "percent-encoded": (text) => encodeURIComponent(text),
  "percent-encoded, every character": (text) => Array.from(text, (c) => `%${hex(c)}`).join(""),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "in JSON": (text) => JSON.stringify({ text }),
  "in JSON in JSON": (text) => JSON.stringify(JSON.stringify({ text })),
  "escaped for JSON, every character": (text) => Array.from(text, (c) => `\\u00${hex(c)}`).join(""),
  "escaped for JavaScript": (text) => Array.from(text, (c) => `\\x${hex(c)}`).join(""),
  "escaped for HTML": (text) => Array.from(text, (c) => `&#${c.codePointAt(0) ?? 0};`).join(""),
  "as base64": (text) => `basic ${Buffer.from(text).toString("base64")}`,
  "as base64url": (text) => Buffer.from(text).toString("base64url"),
  "as base64 of a longer text": (text) => Buffer.from(`user:${text}:x`).toString("base64"),
  "as base64 behind other letters": (text) => `xyz${Buffer.from(`{"a":"${text}"}`).toString("base64")}`,
  "as base64 of JSON, percent-encoded": (text) =>
    encodeURIComponent(Buffer.from(JSON.stringify({ text })).toString("base64")),
  "as hexadecimal": (text) => Buffer.from(text).toString("hex"),
  "as an inspected buffer": (text) => inspect(Buffer.from(text), { maxArrayLength: null }).replaceAll("\n", ""),
  "as a list of bytes": (text) => JSON.stringify([...Buffer.from(text)]),
  "as an object of bytes": (text) => JSON.stringify(new Uint8Array(Buffer.from(text))),
  "broken over lines": (text) => `${text.slice(0, 8)}\n  ${text.slice(8)}`,
  "in parts of a string": (text) => `'${text.slice(0, 9)}' +\n  '${text.slice(9)}'`,
  "in colours": (text) => `\u001b[31m${text.slice(0, 7)}\u001b[0m${text.slice(7)}`,
};

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(2, "0");
}

describe("a planted leak is found", () => {
  it.each(Object.keys(disguises))("%s", (name) => {
    const disguise = disguises[name] ?? String;
    for (const secret of all) {
      const found = scan("here", `before\n${disguise(secret.value)}\nafter`, all);
      expect(
        found.map((finding) => finding.secret),
        secret.name,
      ).toContain(secret.name);
    }
  });

  it("whatever the secret is, and whatever is around it", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9._~+/=-]{28,80}$/),
        fc.string({ maxLength: 50 }),
        fc.constantFrom(...Object.keys(disguises)),
        (value, around, name) => {
          const text = `${around}\n${disguises[name]?.(value) ?? ""}\n${around}`;
          expect(scan("x", text, [{ name: "s", value }])).toHaveLength(1);
        },
      ),
    );
  });

  it("in a file, in its name, and in one that others may read", () => {
    writeFileSync(join(folder, "cache.json"), JSON.stringify({ key: secrets.refreshToken }));
    writeFileSync(join(folder, `${secrets.personalAccessToken}.json`), "{}");
    writeFileSync(join(folder, "auth.json"), secrets.accessToken, { mode: 0o600 });
    const mayHold = (path: string) =>
      path === "auth.json" ? ({ name }: NamedSecret) => /^(?:access|id)Token$/.test(name) : null;
    const seen = (): string[] =>
      scanFolder(folder, all, mayHold).map((finding) => `${finding.where}: ${finding.secret}`);
    expect(seen().toSorted()).toEqual([
      "cache.json: refreshToken",
      `the name of ${secrets.personalAccessToken}.json: personalAccessToken`,
    ]);
    // A file in which some secrets belong is not one for all of them.
    writeFileSync(join(folder, "auth.json"), secrets.accessToken + secrets.prompt, { mode: 0o600 });
    expect(seen()).toContain("auth.json: prompt");
    if (process.platform === "win32") return;
    chmodSync(join(folder, "auth.json"), 0o644);
    expect(seen()).toContain("auth.json: everything in it");
  });
});

describe("nothing is found where nothing is", () => {
  it("in other secrets of the same shapes, plain and disguised", () => {
    // But for tokens with claims: what two of them share is as secret as the rest.
    const random = all.filter(({ value }) => !value.startsWith("eyJ"));
    expect(random.length).toBeGreaterThan(6);
    for (const other of listed(syntheticSecrets()))
      for (const disguise of Object.values(disguises)) expect(scan("x", disguise(other.value), random)).toEqual([]);
  });

  it("in the words that a program prints", () => {
    const text = `planport: Not signed in. Run \`planport login\`. ${noise(200)} [redacted] deviceauth_`;
    expect(scan("x", text, all)).toEqual([]);
  });
});
