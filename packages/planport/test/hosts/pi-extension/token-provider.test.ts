/** The provider `codex-token`, by the numbers of what pi-codex-token does. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { serverError, unauthorized } from "../../../src/simulator/index.ts";
import { ask, bodies, calls, load, modelOf, provider, put, startWorld, type World } from "./kit.ts";

const CODEX_TOKEN = "codex-token";
const REPLY = "Reply with exactly: it works";

async function answered(world: World, env: Record<string, string>, apiKey?: string) {
  const from = await provider({ ...world.env, ...env }, CODEX_TOKEN);
  return ask(from, modelOf(from, "gpt-5.5"), REPLY, apiKey === undefined ? {} : { apiKey });
}

/** The bearer of the newest model call. */
function sent({ simulator }: World): string | undefined {
  return calls(simulator, "responses").at(-1)?.headers["authorization"]?.replace("Bearer ", "");
}

describe("PCT-01: the token is", () => {
  it("the one that pi gives, then CODEX_ACCESS_TOKEN, then CODEX_PAT, then that of Codex's auth.json, without blanks", async () => {
    const world = await startWorld();
    const [given, access, pat, file] = [1, 2, 3, 4].map(() => world.simulator.issuePersonalAccessToken());
    put(world.codexHome, "auth.json", { personal_access_token: ` ${String(file)}\n` });
    const variables = { CODEX_ACCESS_TOKEN: ` ${String(access)} `, CODEX_PAT: String(pat) };
    await answered(world, variables, ` ${String(given)}`);
    expect(sent(world)).toBe(given);
    await answered(world, variables);
    expect(sent(world)).toBe(access);
    await answered(world, { ...variables, CODEX_ACCESS_TOKEN: "  " });
    expect(sent(world)).toBe(pat);
    await answered(world, {});
    expect(sent(world)).toBe(file);
  });
});

describe("PCT-02: a token that is none", () => {
  it("is refused when it is an API key, with the provider to use, and is not sent", async () => {
    const world = await startWorld();
    const { message } = await answered(world, {}, "sk-proj-secret");
    expect(message.stopReason).toBe("error");
    expect(message.errorMessage).toMatch(/API key \(sk-…\).*provider `openai`/);
    expect(message.errorMessage).not.toContain("secret");
    expect(calls(world.simulator, "responses")).toEqual([]);
  });

  it("is tried with a warning when it is of another kind", async () => {
    const world = await startWorld();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { message } = await answered(world, { CODEX_ACCOUNT_ID: "acct-x" }, "opaque-1");
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([expect.stringMatching(/no Codex access token/)]);
    expect(message.stopReason).toBe("error");
    expect(sent(world)).toBe("opaque-1");
    warn.mockRestore();
  });
});

it("PCT-03: without a token, the error says the three ways to give one", async () => {
  const world = await startWorld();
  const { message } = await answered(world, {});
  expect(message.errorMessage).toBe(
    "No Codex PAT found. Set CODEX_ACCESS_TOKEN, configure the provider's apiKey, or run `codex login --with-access-token`.",
  );
});

describe("PCT-04: the workspace comes", () => {
  it("from CODEX_ACCOUNT_ID without a question or a file", async () => {
    const world = await startWorld();
    const token = world.simulator.issuePersonalAccessToken();
    const { text } = await answered(world, {
      CODEX_ACCESS_TOKEN: token,
      CODEX_ACCOUNT_ID: world.simulator.accounts.default.id,
    });
    expect(text).toBe("it works");
    expect(calls(world.simulator, "whoami")).toEqual([]);
    expect(readdirSync(world.agentDir)).toEqual([]);
  });

  it("from its server once, from memory after that, and from the file in the next process", async () => {
    const world = await startWorld();
    const token = world.simulator.issuePersonalAccessToken();
    const from = await provider({ ...world.env, CODEX_ACCESS_TOKEN: token }, CODEX_TOKEN);
    await ask(from, modelOf(from, "gpt-5.5"), REPLY);
    await ask(from, modelOf(from, "gpt-5.5"), REPLY);
    expect(calls(world.simulator, "whoami")).toHaveLength(1);
    expect(calls(world.simulator, "responses").at(-1)?.headers["chatgpt-account-id"]).toBe(
      world.simulator.accounts.default.id,
    );
    vi.resetModules(); // What another process knows: nothing but the files.
    const other = await import("./kit.ts");
    const again = await other.provider({ ...world.env, CODEX_ACCESS_TOKEN: token }, CODEX_TOKEN);
    expect((await other.ask(again, other.modelOf(again, "gpt-5.5"), REPLY)).text).toBe("it works");
    expect(calls(world.simulator, "whoami")).toHaveLength(1);
  });

  it("from Codex's login when its server cannot be asked, which is not remembered", async () => {
    const world = await startWorld();
    const token = world.simulator.issuePersonalAccessToken();
    put(world.codexHome, "auth.json", { tokens: { account_id: world.simulator.accounts.default.id } });
    world.simulator.script.push("whoami", serverError(500));
    expect((await answered(world, { CODEX_ACCESS_TOKEN: token })).text).toBe("it works");
    expect(readdirSync(world.agentDir)).toEqual([]);
  });

  it("from nowhere when its server refuses the token", async () => {
    const world = await startWorld();
    put(world.codexHome, "auth.json", { tokens: { account_id: world.simulator.accounts.default.id } });
    const { message } = await answered(world, { CODEX_ACCESS_TOKEN: "at-made-up" });
    expect(message.errorMessage).toMatch(/revoked or expired.*Mint a new token/);
    expect(calls(world.simulator, "responses")).toEqual([]);
  });
});

describe("PCT-05: the file of workspaces", () => {
  it("has 16 digits of the token's digest, is for its owner alone, keeps the others, and leaves nothing beside it", async () => {
    const world = await startWorld();
    const token = world.simulator.issuePersonalAccessToken();
    const name = "codex-token-accountid.json";
    put(world.agentDir, name, { "0123456789abcdef": "another" });
    await answered(world, { CODEX_ACCESS_TOKEN: token });
    const text = readFileSync(path.join(world.agentDir, name), "utf8");
    const digest = createHash("sha256").update(token).digest("hex").slice(0, 16);
    expect(JSON.parse(text)).toEqual({
      "0123456789abcdef": "another",
      [digest]: world.simulator.accounts.default.id,
    });
    expect(text).not.toContain(token);
    expect(readdirSync(world.agentDir)).toEqual([name]);
    if (process.platform !== "win32") expect(statSync(path.join(world.agentDir, name)).mode & 0o777).toBe(0o600);
  });

  it("lies in pi's own folder without PI_AGENT_HOME", async () => {
    const world = await startWorld();
    const token = world.simulator.issuePersonalAccessToken();
    const pi = path.join(world.agentDir, "pi");
    await answered(world, { CODEX_ACCESS_TOKEN: token, PI_AGENT_HOME: "", PI_CODING_AGENT_DIR: pi });
    expect(existsSync(path.join(pi, "codex-token-accountid.json"))).toBe(true);
  });
});

describe("PCT-06: whose a token is, is asked", () => {
  it("at CODEX_AUTHAPI_BASE_URL with a path behind it, and at CODEX_WHOAMI_URL as it stands", async () => {
    const world = await startWorld();
    const whole = `${world.simulator.authApiBaseUrl}/v1/user-auth-credential/whoami`;
    const first = world.simulator.issuePersonalAccessToken();
    await answered(world, { CODEX_ACCESS_TOKEN: first });
    const second = world.simulator.issuePersonalAccessToken();
    await answered(world, {
      CODEX_ACCESS_TOKEN: second,
      CODEX_WHOAMI_URL: whole,
      CODEX_AUTHAPI_BASE_URL: "http://127.0.0.1:9",
    });
    const asked = calls(world.simulator, "whoami");
    expect(asked.map(({ method, path: at, headers }) => [method, at, headers["authorization"]])).toEqual([
      ["GET", new URL(whole).pathname, `Bearer ${first}`],
      ["GET", new URL(whole).pathname, `Bearer ${second}`],
    ]);
  });

  it("for no longer than CODEX_HTTP_TIMEOUT_MS, and no longer than pi waits", async () => {
    const world = await startWorld();
    world.simulator.script.always("whoami", { kind: "stall" });
    const token = world.simulator.issuePersonalAccessToken();
    const late = await answered(world, { CODEX_ACCESS_TOKEN: token, CODEX_HTTP_TIMEOUT_MS: "50" });
    expect(late.message.errorMessage).toMatch(/could not be looked up/);
    const from = await provider({ ...world.env, CODEX_ACCESS_TOKEN: token }, CODEX_TOKEN);
    const { message } = await ask(from, modelOf(from, "gpt-5.5"), REPLY, { signal: AbortSignal.timeout(50) });
    expect(message.stopReason).toBe("aborted");
  });
});

describe("PCT-07: the models are", () => {
  it("what CODEX_MODELS names, and then nobody is asked", async () => {
    const world = await startWorld();
    const env = { CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken(), CODEX_MODELS: " gpt-5.5, gpt-9 ,," };
    const models = (await provider({ ...world.env, ...env }, CODEX_TOKEN)).getModels();
    expect(models.map(({ id }) => id)).toEqual(["gpt-5.5", "gpt-9"]);
    for (const model of models)
      expect(model).toMatchObject({ input: ["text"], contextWindow: 272_000, maxTokens: 128_000, reasoning: true });
    expect(calls(world.simulator, "models")).toEqual([]);
  });

  it("the account's: shown ones alone, with what it says of them, asked for with the token alone", async () => {
    const world = await startWorld();
    const level = { effort: "low", description: "" };
    const shown = { visibility: "list", supported_in_api: true, priority: 1, supported_reasoning_levels: [level] };
    const models = [
      {
        ...shown,
        slug: "m-1",
        display_name: "One",
        context_window: 99_000,
        input_modalities: ["text", "image", "audio"],
      },
      { ...shown, slug: "m-2", display_name: "Two", supported_reasoning_levels: [], input_modalities: ["audio"] },
      { ...shown, slug: "hidden", display_name: "No", visibility: "hide" },
      { ...shown, slug: "m-3", display_name: "No", supported_in_api: false },
      { display_name: "no name" },
      null,
    ];
    world.simulator.script.push("models", { kind: "http", status: 200, body: { models } });
    const env = { CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken(), CODEX_CLIENT_VERSION: "0.139.0" };
    const listed = (await provider({ ...world.env, ...env }, CODEX_TOKEN)).getModels();
    const facts = listed.map((model) => [model.id, model.name, model.contextWindow, model.reasoning, model.input]);
    expect(facts).toEqual([
      ["m-1", "One", 99_000, true, ["text", "image"]],
      ["m-2", "Two", 272_000, false, ["text"]],
    ]);
    expect(listed[0]?.maxTokens).toBe(128_000);
    const [call] = calls(world.simulator, "models");
    expect(call?.query).toEqual({ client_version: "0.139.0" });
    expect(call?.headers["authorization"]).toMatch(/^Bearer at-/);
    expect(call?.headers).not.toHaveProperty("chatgpt-account-id");
  });

  it.each([
    ["an error", { kind: "http", status: 500 }],
    ["a refusal", { kind: "http", status: 401 }],
    ["an empty list", { kind: "http", status: 200, body: { models: [] } }],
    ["what is no list", { kind: "http", status: 200, body: "<html>" }],
  ] as const)("gpt-5.5 alone after %s", async (_what, effect) => {
    const world = await startWorld();
    world.simulator.script.push("models", effect);
    const env = { CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken(), CODEX_MODELS: " , " };
    const models = (await provider({ ...world.env, ...env }, CODEX_TOKEN)).getModels();
    expect(models).toEqual([
      expect.objectContaining({ id: "gpt-5.5", input: ["text"], contextWindow: 272_000, maxTokens: 128_000 }),
    ]);
  });
});

it("PCT-08: a call has the backend's headers, which no other can replace, and a body that the backend takes", async () => {
  const world = await startWorld();
  const env = { ...world.env, CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken() };
  const from = await provider(env, CODEX_TOKEN);
  const context = { systemPrompt: "Be brief.", messages: [{ role: "user" as const, content: REPLY }] };
  const headers = { Authorization: "Bearer other", "X-Extra": "kept", Originator: "me", "chatgpt-account-id": "other" };
  await ask(from, modelOf(from, "gpt-5.5"), context, { headers });
  await ask(from, modelOf(from, "gpt-5.5"), { messages: [{ role: "user", content: REPLY }] });
  const [call] = calls(world.simulator, "responses");
  expect(call?.headers).toMatchObject({
    authorization: `Bearer ${env.CODEX_ACCESS_TOKEN}`,
    "chatgpt-account-id": world.simulator.accounts.default.id,
    "openai-beta": "responses=experimental",
    originator: "pi",
    "x-extra": "kept",
  });
  const [body, second] = bodies(world.simulator);
  expect(body).toMatchObject({ instructions: "Be brief.", store: false, stream: true });
  expect(body).not.toHaveProperty("max_output_tokens");
  expect(second).toMatchObject({ instructions: "You are a helpful assistant." });
  for (const { input } of [body, second] as { input: { role?: string }[] }[])
    expect(input.filter(({ role }) => role === "system" || role === "developer")).toEqual([]);
});

it("PCT-09: the stream is there at once, and its model has one way to be spoken to", async () => {
  const world = await startWorld();
  const from = await provider({ ...world.env, CODEX_ACCESS_TOKEN: "at-x" }, CODEX_TOKEN);
  const stream = from.streamSimple(modelOf(from, "gpt-5.5"), { messages: [] });
  expect(stream).not.toBeInstanceOf(Promise);
  expect(stream.result()).toBeInstanceOf(Promise);
  expect(new Set(from.getModels().map(({ api }) => api))).toEqual(new Set(["openai-codex-responses"]));
  await stream.result();
});

describe("PCT-10: a refusal of the backend is looked into:", () => {
  async function refused(world: World, token: string): Promise<string> {
    const env = { CODEX_ACCESS_TOKEN: token, CODEX_ACCOUNT_ID: world.simulator.accounts.default.id };
    return (await answered(world, env)).message.errorMessage ?? "";
  }

  it("a token that its server refuses, too, is to be minted anew", async () => {
    const world = await startWorld();
    world.simulator.script.always("responses", unauthorized());
    const told = await refused(world, "at-made-up");
    expect(told).toMatch(/^\[provider_auth_invalid\] .*Mint a new token/);
    expect(calls(world.simulator, "whoami")).toHaveLength(1);
  });

  it("for a token that its server accepts, minting does not help", async () => {
    const world = await startWorld();
    world.simulator.script.always("responses", unauthorized());
    const told = await refused(world, world.simulator.issuePersonalAccessToken());
    expect(told).toMatch(/^\[provider_access_denied\] .*minting a new one will not help/);
  });

  it("a token whose server is away may be good or not", async () => {
    const world = await startWorld();
    world.simulator.script.always("responses", unauthorized());
    world.simulator.script.always("whoami", serverError(503));
    const told = await refused(world, world.simulator.issuePersonalAccessToken());
    expect(told).toMatch(/^\[provider_auth_undetermined\] /);
  });

  it("an aborted call is aborted, and not refused", async () => {
    const world = await startWorld();
    const from = await provider({ ...world.env, CODEX_ACCESS_TOKEN: "at-x" }, CODEX_TOKEN);
    const { message, events } = await ask(from, modelOf(from, "gpt-5.5"), REPLY, { signal: AbortSignal.abort() });
    expect(message).toMatchObject({ stopReason: "aborted", errorMessage: "Request was aborted" });
    expect(events).toEqual([expect.objectContaining({ type: "error", reason: "aborted" })]);
  });
});

it("PCT-11: a call costs what pi says of the same model of its own, and nothing where pi has none", async () => {
  const world = await startWorld();
  const { native, startSession } = await load({
    ...world.env,
    CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken(),
  });
  const from = native.get(CODEX_TOKEN);
  if (from === undefined) throw new Error("there is no provider");
  const free = await ask(from, modelOf(from, "gpt-5.5"), REPLY);
  expect(free.message.usage.cost.total).toBe(0);
  const cost = { input: 2, output: 10, cacheRead: 1, cacheWrite: 0 };
  startSession({
    modelRegistry: { find: (name, id) => (name === "openai" && id === "gpt-5.5" ? { cost } : undefined) },
  });
  const { usage } = (await ask(from, modelOf(from, "gpt-5.5"), REPLY)).message;
  expect(usage.cost.total).toBeCloseTo((usage.input * 2 + usage.output * 10 + usage.cacheRead) / 1e6, 12);
  expect(usage.cost.total).toBeGreaterThan(0);
});

it("PCT-12: with token, workspace and models set, the model call is the only call but the backend's own list", async () => {
  const world = await startWorld();
  const { text } = await answered(world, {
    CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken(),
    CODEX_ACCOUNT_ID: world.simulator.accounts.default.id,
    CODEX_MODELS: "gpt-5.5",
  });
  expect(text).toBe("it works");
  expect(new Set(world.simulator.requests.map(({ target }) => target))).toEqual(new Set(["models", "responses"]));
});
