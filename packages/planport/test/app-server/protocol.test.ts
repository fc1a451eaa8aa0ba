import { expect, test } from "vitest";
import { PROTOCOL_METHODS } from "../../src/app-server/protocol/method-names.ts";
import { clientMethods, serverNotifications, serverRequests } from "../../src/app-server/protocol/methods.ts";
import { typeFiles } from "../../src/app-server/protocol/type-files.ts";
import { jsonSchemas, schemaDocument, typeText } from "../../src/app-server/protocol/write-out.ts";
import { vocabulary } from "../../src/app-server/protocol/vocabulary.ts";

test("every method is one of Codex's, and all that is said has a name to be written out by", () => {
  expect(Object.keys(clientMethods).filter((method) => !PROTOCOL_METHODS.includes(method))).toEqual([]);
  const said = [
    ...Object.values(clientMethods).flatMap(({ params, result }) => [params, result]),
    ...Object.values(serverRequests).flatMap(({ params, result }) => [params, result]),
    ...Object.values(serverNotifications),
  ].filter((schema) => schema !== null);
  expect(said.filter((schema) => vocabulary.get(schema) === undefined)).toEqual([]);
});

test("a schema's document has all that it refers to, and nothing else", () => {
  const all = jsonSchemas();
  for (const name of Object.keys(all)) {
    const document = schemaDocument(name, all);
    const text = JSON.stringify(document);
    const wanted = new Set([...text.matchAll(/"#\/definitions\/(\w+)"/g)].map((match) => match[1]));
    expect(new Set(Object.keys(document["definitions"] ?? {})), name).toEqual(wanted);
  }
});

test("types say of a field whether it may be left out and whether it may be null", () => {
  const { InitializeParams, GetAccountResponse, AuthMode } = jsonSchemas();
  expect(typeText(InitializeParams ?? {})).toMatch(
    /readonly clientInfo: ClientInfo;\n {2}readonly capabilities\?: InitializeCapabilities \| null \| undefined;/,
  );
  expect(typeText(GetAccountResponse ?? {})).toContain("readonly userId: string | null;");
  expect(typeText(AuthMode ?? {})).toMatch(/^"apikey" \| "chatgpt" \| /);
});

test("each file of types imports what it uses", () => {
  const files = typeFiles();
  const names = new Set(Object.keys(files).map((file) => file.replace(".ts", "")));
  for (const [file, text] of Object.entries(files)) {
    const imported = [...text.matchAll(/^import type \{ (\w+) \}/gm)].map((match) => match[1] ?? "");
    expect(
      imported.filter((name) => !names.has(name)),
      file,
    ).toEqual([]);
    const body = text.replaceAll(/^(import|\/\/|\/\*\*).*$/gm, "").replaceAll(/"[^"]*"/g, "");
    const own = file.replace(".ts", "");
    const used = [...new Set(body.match(/\b[A-Z]\w+/g))].filter((name) => names.has(name) && name !== own);
    expect(used.sort(), file).toEqual(imported.sort());
  }
});
