import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { type Json, post, request, say, start } from "./helpers.ts";

async function control(simulator: Simulator, name: string, body: unknown = {}): Promise<[status: number, body: Json]> {
  const response = await fetch(`${simulator.origin}/_simulator/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [response.status, (await response.json()) as Json];
}

/** The status of an answer; fetch() would not let a Host header be set. */
async function answerTo(url: URL, method: string, headers: Record<string, string>): Promise<number> {
  const call = httpRequest(url, { method, headers });
  call.end();
  const [response] = (await once(call, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

describe("controls over HTTP", () => {
  test("issue tokens that work and expire them", async () => {
    const simulator = await start();
    const [, login] = await control(simulator, "issue-tokens", { accessTokenTtlMs: 60_000 });
    const [, personal] = await control(simulator, "issue-pat");
    const status = async (bearer: unknown) =>
      (await post(simulator, request("Hi"), { authorization: String(bearer) })).status;
    expect([await status(login["accessToken"]), await status(personal["token"])]).toEqual([200, 200]);
    expect(await control(simulator, "expire-tokens")).toEqual([200, { ok: true }]);
    expect([await status(login["accessToken"]), await status(personal["token"])]).toEqual([401, 200]);
    await control(simulator, "expire-tokens", { kind: "all" });
    const refresh = await fetch(`${simulator.issuer}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "refresh_token",
        client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
        refresh_token: String(login["refreshToken"]),
      }),
    });
    expect(await refresh.json()).toMatchObject({ error: { code: "refresh_token_expired" } });
  });

  test("approve devices, set usage, script failures, and start over", async () => {
    const simulator = await start();
    const started = await fetch(`${simulator.authApiBaseUrl}/deviceauth/usercode`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}',
    });
    const { user_code: userCode } = (await started.json()) as Json;
    expect(simulator.state()["waitingDevices"]).toEqual([userCode]);
    expect(await control(simulator, "approve-device", { userCode })).toEqual([200, { ok: true }]);
    expect(simulator.state()["waitingDevices"]).toEqual([]);
    await control(simulator, "set-usage", { usedPercent: 100 });
    expect((await post(simulator, request("Hi"))).status).toBe(429);
    await control(simulator, "set-usage", { usedPercent: 1 });
    const effects = [{ kind: "http", status: 503, body: { x: 1 } }];
    await control(simulator, "script", { match: "responses", effects, always: true });
    await control(simulator, "script", {
      match: { target: "responses", model: "gpt-5.5" },
      effects: [{ kind: "text", text: "once" }],
    });
    expect(await say(simulator, "Hi")).toBe("once");
    expect((await post(simulator, request("Hi"))).status).toBe(503);
    await control(simulator, "reset");
    expect(await say(simulator, "Reply with exactly: fresh")).toBe("fresh");
    expect(simulator.requests.length).toBe(1);
  });

  test("show the state without tokens or prompts", async () => {
    const simulator = await start();
    const login = simulator.issueTokens();
    await post(simulator, request("a secret prompt"), { authorization: login.accessToken });
    const text = await (await fetch(`${simulator.origin}/_simulator/state`)).text();
    expect(JSON.parse(text)).toMatchObject({ origin: simulator.origin, recordedRequests: 1, refreshes: 0 });
    for (const secret of [login.accessToken, login.refreshToken, login.idToken, "a secret prompt"])
      expect(text).not.toContain(secret);
  });

  test.each([
    ["expire-tokens", { kind: "some" }, "kind"],
    ["approve-device", {}, "userCode"],
    ["approve-device", { userCode: "NONE-XXXXX" }, "userCode"],
    ["issue-tokens", { accountId: 7 }, "accountId"],
    ["issue-tokens", { accountId: "nobody" }, "accountId"],
    ["issue-tokens", { accessTokenTtlMs: "soon" }, "accessTokenTtlMs"],
    ["set-usage", {}, "usedPercent"],
    ["script", {}, "match"],
    ["script", { match: "nowhere", effects: [] }, "match"],
    ["script", { match: { target: "token", transport: "pigeon" }, effects: [] }, "match.transport"],
    ["script", { match: "token", effects: [] }, "effects"],
    ["script", { match: "token", effects: [{ kind: "explode" }] }, "effects[0].kind"],
    ["script", { match: "token", effects: [{ kind: "drop" }, { kind: "http", status: 42 }] }, "effects[1].status"],
    ["script", { match: "token", effects: [{ kind: "drop", afterEvents: -1 }] }, "effects[0].afterEvents"],
    ["script", { match: "token", effects: [{ kind: "inject", afterEvents: 1, event: {} }] }, "effects[0].event"],
    ["script", { match: "token", effects: [{ kind: "drop" }], always: "yes" }, "always"],
  ])("%s with %j is refused by the name of the field", async (name, body, param) => {
    const [status, answer] = await control(await start(), name, body);
    expect([status, answer]).toMatchObject([400, { error: { code: "request_invalid", param } }]);
  });

  test("take nothing that a page elsewhere could send unasked", async () => {
    const simulator = await start();
    const send = (type: string, body: string) =>
      fetch(`${simulator.origin}/_simulator/issue-tokens`, { method: "POST", headers: { "content-type": type }, body });
    expect((await send("text/plain", "{}")).status).toBe(415);
    expect((await send("application/x-www-form-urlencoded", "a=b")).status).toBe(415);
    expect((await send("application/json", "{")).status).toBe(400);
    expect((await send("application/json", "[]")).status).toBe(415);
    // What a form or a bare fetch() of a page sends: no body, and no content type that would need a preflight.
    for (const name of ["expire-tokens", "reset", "issue-pat"])
      expect((await fetch(`${simulator.origin}/_simulator/${name}`, { method: "POST" })).status).toBe(415);
    const json = { "content-type": "application/json" };
    const bare = await fetch(`${simulator.origin}/_simulator/expire-tokens`, { method: "POST", headers: json });
    expect(bare.status).toBe(200);
  });

  test.each([
    ["host", "evil.example", 403],
    ["host", "127.0.0.1.evil.example", 403],
    ["host", "192.168.0.7:80", 403],
    ["host", "localhost:1", 200],
    ["host", "[::1]", 200],
    ["origin", "https://evil.example", 403],
    ["origin", "null", 403],
    ["origin", "http://127.0.0.1.evil.example", 403],
    ["origin", "http://localhost:3000", 200],
  ])("with %s: %s are answered %i", async (name, value, status) => {
    const simulator = await start();
    const { accessToken } = simulator.issueTokens();
    const url = new URL(`${simulator.origin}/_simulator/expire-tokens`);
    const headers = { "content-type": "application/json", [name]: value };
    const answers = await Promise.all([
      answerTo(url, "POST", headers),
      answerTo(new URL("state", url), "GET", { [name]: value }),
    ]);
    expect(answers).toEqual([status, status]);
    const works = (await post(simulator, request("Hi"), { authorization: accessToken })).status === 200;
    expect(works).toBe(status === 403);
  });
});

test("paths and methods that do not exist are 404 and 405 in JSON", async () => {
  const simulator = await start();
  for (const [method, path, status] of [
    ["GET", "/backend-api/ps/plugins/installed", 404],
    ["POST", "/backend-api/codex/analytics-events/events", 404],
    ["GET", "/", 404],
    ["GET", "/oauth/token", 405],
  ] as const) {
    const response = await fetch(simulator.origin + path, { method });
    expect([path, response.status]).toEqual([path, status]);
    expect(await response.json()).toHaveProperty("detail");
  }
});

test("accounts/check names each account with its routing, models come whole, usage follows the account", async () => {
  const simulator = await start();
  simulator.accounts.default.backendOrigin = "https://chatgpt.com";
  simulator.accounts.default.routingOverride = "us";
  simulator.accounts.setUsage({
    primary: { usedPercent: 12.5, windowMinutes: 300, resetsAtMs: null },
    secondary: null,
    credits: { hasCredits: true, unlimited: false, balance: "9.5" },
  });
  const get = async (path: string) => {
    const headers = { authorization: `Bearer ${simulator.issueTokens().accessToken}` };
    return (await (await fetch(simulator.chatgptBaseUrl + path, { headers })).json()) as Json;
  };
  const { id } = simulator.accounts.default;
  expect(await get("/wham/accounts/check")).toMatchObject({
    accounts: [
      { id, workspace_backend_origin: "https://chatgpt.com", account_routing_override: "us", plan_type: "pro" },
    ],
    default_account_id: id,
  });
  expect(await get("/wham/config/bundle")).toEqual({});
  expect(await get("/wham/usage")).toMatchObject({
    plan_type: "pro",
    account_id: id,
    rate_limit: {
      allowed: true,
      primary_window: { used_percent: 12.5, limit_window_seconds: 18_000 },
      secondary_window: null,
    },
    credits: { has_credits: true, balance: "9.5" },
  });
  const { models } = (await get("/codex/models")) as { models: Json[] };
  expect(models.map((model) => model["slug"])).toContain("gpt-6.1-sol");
  const required = [
    "slug",
    "display_name",
    "supported_reasoning_levels",
    "shell_type",
    "visibility",
    "supported_in_api",
  ];
  required.push(
    "priority",
    "support_verbosity",
    "truncation_policy",
    "experimental_supported_tools",
    "base_instructions",
  );
  for (const model of models) expect(Object.keys(model)).toEqual(expect.arrayContaining(required));
});

test("a port in use is said so", async () => {
  const simulator = await start();
  const port = Number(new URL(simulator.origin).port);
  await expect(startSimulator({ port })).rejects.toMatchObject({ code: "port_in_use" });
});

test("the same server answers for localhost, and keeps only the newest calls", async () => {
  const simulator = await start({ maxRecordedRequests: 2 });
  const url = new URL(simulator.origin);
  const socket = createConnection(Number(url.port), url.hostname);
  socket.end(`GET /.well-known/jwks.json HTTP/1.1\r\nhost: localhost:${url.port}\r\nconnection: close\r\n\r\n`);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  await once(socket, "close");
  expect(text).toMatch(/^HTTP\/1\.1 200/);
  for (const path of ["/one", "/two", "/three"]) await fetch(simulator.origin + path);
  expect(simulator.requests.map((one) => one.path)).toEqual(["/two", "/three"]);
});

test("the log has one line per call and no token in it", async () => {
  const lines: string[] = [];
  const simulator = await start({ log: (line) => lines.push(line) });
  const { accessToken } = simulator.issueTokens();
  await (await post(simulator, request("Hi"), { authorization: accessToken })).text();
  await fetch(`${simulator.origin}/oauth/authorize?state=s3cret`);
  await simulator.close();
  expect(lines).toEqual(["POST /backend-api/codex/responses 200", "GET /oauth/authorize 400"]);
});
