import { describe, expect, test } from "vitest";
import { PROTOCOL_METHODS } from "../../src/app-server/protocol/method-names.ts";
import { openServer } from "./kit.ts";

const info = { clientInfo: { name: "n", version: "1" } };

describe("before initialize", () => {
  test("requests are refused, faults of theirs come first, and initialize can be tried again", async () => {
    const client = await (await openServer()).client({ initialize: false });
    expect(await client.fail("account/read")).toEqual({ code: -32600, message: "Not initialized" });
    expect(await client.fail("account/login/cancel")).toMatchObject({
      message: "Invalid request: missing field `loginId`",
    });
    expect(await client.fail("initialize", {})).toMatchObject({
      message: "Invalid request: missing field `clientInfo`",
    });
    expect(await client.fail("initialize", { clientInfo: { name: "a\nb", version: "1" } })).toMatchObject({
      message: "Invalid clientInfo.name: 'a\nb'. Must be a valid HTTP header value.",
    });
    const welcome = await client.ask("initialize", { clientInfo: { name: "naïve ü", version: "" } });
    expect(welcome["userAgent"]).toMatch(/^naïve ü\/\d+\.\d+\.\d+ \(.+\) unknown \(naïve ü;\)$/);
    expect(await client.fail("initialize", info)).toEqual({ code: -32600, message: "Already initialized" });
  });

  test("nothing is told", async () => {
    const world = await openServer();
    const client = await world.client({ initialize: false });
    world.server.services.clients.broadcast("account/updated", { authMode: null, planType: null });
    await client.ask("initialize", info);
    expect(client.log.map(({ method }) => method)).toEqual(["#initialize"]);
  });
});

describe("faults of a request are told in the words that Codex's clients know", () => {
  test.each([
    ["initialize", { clientInfo: { name: 5, version: "1" } }, "invalid type: integer `5`, expected a string"],
    ["initialize", { clientInfo: "x" }, 'invalid type: string "x", expected struct ClientInfo'],
    ["initialize", [], "invalid length 0, expected struct InitializeParams with 2 elements"],
    ["initialize", { clientInfo: { version: 7 } }, "invalid type: integer `7`, expected a string"],
    ["initialize", { clientInfo: { name: "x" } }, "missing field `version`"],
    ["account/read", null, "missing field `params`"],
    ["account/read", { refreshToken: null }, "invalid type: null, expected a boolean"],
    ["account/read", "x", 'invalid type: string "x", expected struct GetAccountParams'],
    ["account/logout", { x: 1 }, "invalid type: map, expected unit"],
    ["account/logout", [], "invalid type: sequence, expected unit"],
    ["account/login/start", {}, "missing field `type`"],
    ["account/login/start", { type: "apiKey" }, "missing field `apiKey`"],
    [
      "account/login/start",
      { type: "nope" },
      "unknown variant `nope`, expected one of `apiKey`, `chatgpt`, `chatgptDeviceCode`, `chatgptAuthTokens`",
    ],
    [
      "account/login/start",
      { type: "chatgpt", appBrand: "nope" },
      "unknown variant `nope`, expected `codex` or `chatgpt`",
    ],
    ["model/list", { limit: -1 }, "invalid value: integer `-1`, expected u32"],
    ["model/list", { limit: 4_294_967_296 }, "invalid value: integer `4294967296`, expected u32"],
    ["model/list", { limit: 1.5 }, "invalid type: floating point `1.5`, expected u32"],
    ["model/list", { limit: "2" }, 'invalid type: string "2", expected u32'],
  ])("%s %j", async (method, params, fault) => {
    const client = await (await openServer()).client({ initialize: false });
    const outcome = await client.peer.request(method, params);
    expect(outcome).toEqual({ kind: "error", error: { code: -32600, message: `Invalid request: ${fault}` } });
  });

  test("fields that nobody knows are left out, and a list stands for the fields in their order", async () => {
    const client = await (await openServer()).client();
    expect(await client.ask("account/read", { unknown: 1 })).toMatchObject({ account: null });
    expect(await client.ask("account/read", [])).toMatchObject({ account: null });
  });
});

describe("methods", () => {
  test("that the protocol does not know are refused with all that it knows", async () => {
    const client = await (await openServer()).client({ initialize: false });
    const { code, message } = await client.fail("nope/nope");
    expect(code).toBe(-32600);
    expect(message).toBe(
      `Invalid request: unknown variant \`nope/nope\`, expected one of ${PROTOCOL_METHODS.map((name) => `\`${name}\``).join(", ")}`,
    );
  });

  test("of Codex that are not served are refused with those that are", async () => {
    const client = await (await openServer()).client();
    const { message } = await client.fail("fs/readFile", { path: "x" });
    expect(message).toMatch(/^Invalid request: unknown variant `fs\/readFile`, expected one of `initialize`, /);
    expect(message).toContain("`account/read`");
    expect(message).not.toContain("`fs/writeFile`");
  });

  test("and kinds of params that are experimental need the capability", async () => {
    const client = await (await openServer()).client({ experimental: false });
    expect(await client.fail("mock/experimentalMethod")).toEqual({
      code: -32600,
      message: "mock/experimentalMethod requires experimentalApi capability",
    });
    const tokens = { type: "chatgptAuthTokens", accessToken: "x", chatgptAccountId: "a" };
    expect(await client.fail("account/login/start", tokens)).toEqual({
      code: -32600,
      message: "account/login/start.chatgptAuthTokens requires experimentalApi capability",
    });
  });
});

describe("odd messages", () => {
  test("that can be read are served or left alone; the others are a line on standard error", async () => {
    const world = await openServer();
    const client = await world.client();
    for (const line of ["{not json", "", "[]", "42", "{}", '{"id":91}', '{"method":5,"id":92}']) client.write(line);
    for (const id of ["null", "1.5", "true", '{"a":1}'])
      client.write(`{"method":"account/read","id":${id},"params":{}}`);
    for (const line of ['{"id":999,"result":{}}', '{"method":"unknown/notification"}', '{"method":"initialized"}'])
      client.write(line);
    expect(await client.ask("account/read")).toMatchObject({ account: null });
    expect(world.trouble).toHaveLength(7);
  });

  test("that have a jsonrpc member of any kind are served, and answers have none", async () => {
    const client = await (await openServer()).client();
    client.write('{"jsonrpc":"1.0","method":"account/logout","id":"mine"}');
    await client.told("account/updated");
    expect(client.log.at(-1)).toEqual({ method: "account/updated", params: { authMode: null, planType: null } });
  });
});

test("a client is not told what it has opted out of", async () => {
  const client = await (
    await openServer()
  ).client({
    capabilities: { optOutNotificationMethods: ["account/updated"] },
  });
  await client.ask("account/logout", null);
  await client.ask("account/read");
  expect(client.log.map(({ method }) => method)).toEqual(["#initialize", "#account/logout", "#account/read"]);
});

test("what is told has the time at which it was", async () => {
  const world = await openServer();
  const client = await world.client();
  const before = Date.now();
  const lines: string[] = [];
  const { PassThrough } = await import("node:stream");
  const { streamTransport } = await import("../../src/json-rpc/index.ts");
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
  world.server.connect(streamTransport(input, output));
  input.write(`${JSON.stringify({ method: "initialize", id: 1, params: info })}\n`);
  await client.ask("account/logout", null);
  await client.told("account/updated");
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((each) => "method" in each);
  expect(told).toMatchObject({ method: "account/updated", params: { authMode: null, planType: null } });
  expect(told?.["emittedAtMs"]).toBeGreaterThanOrEqual(before);
});
