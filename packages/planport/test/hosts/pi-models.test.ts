import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AuthStorage, ModelRegistry } from "../../src/index.ts";
import { oauthEntry, type PiFolder, piFolder } from "./support/pi.ts";

let pi: PiFolder;
let authStorage: AuthStorage;

beforeEach(() => {
  pi = piFolder();
  authStorage = pi.storage({ env: { MY_KEY: "from-variable" } });
});

afterEach(() => pi.remove());

function registry(models?: unknown): ModelRegistry {
  if (models !== undefined) writeFileSync(pi.modelsFile, typeof models === "string" ? models : JSON.stringify(models));
  return new ModelRegistry(authStorage);
}

describe("the models that are built in", () => {
  it("are those a plan shows, in pi's shape", () => {
    const all = registry().getAll();
    expect(all.length).toBeGreaterThan(4);
    expect(new Set(all.map(({ provider, api }) => `${provider} ${api}`))).toEqual(
      new Set(["openai-codex openai-codex-responses"]),
    );
    expect(all.map(({ id }) => id)).not.toContain("codex-auto-review");
    expect(registry().find("openai-codex", "gpt-5.5")).toEqual({
      id: "gpt-5.5",
      name: "gpt-5.5",
      api: "openai-codex-responses",
      provider: "openai-codex",
      baseUrl: "https://chatgpt.com/backend-api",
      reasoning: true,
      input: ["text", "image"],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      contextWindow: 272_000,
      maxTokens: 128_000,
    });
    expect(registry().find("openai", "gpt-5.5")).toBeUndefined();
    expect(registry().getError()).toBeUndefined();
  });

  it("are available once there is a login, without asking anybody", () => {
    expect(registry().getAvailable()).toEqual([]);
    pi.write({ "openai-codex": oauthEntry(-1) });
    authStorage.reload();
    expect(registry().getAvailable()).toEqual(registry().getAll());
  });
});

describe("models of one's own", () => {
  const fields = {
    api: "openai-codex-responses",
    provider: "openai-codex",
    id: "my-custom-model",
    name: "My Custom Model",
  };
  const expected = {
    id: "my-custom-model",
    name: "My Custom Model",
    api: "openai-codex-responses",
    provider: "openai-codex",
    baseUrl: "https://chatgpt.com/backend-api",
    reasoning: false,
    input: ["text"],
    contextWindow: 128_000,
    maxTokens: 16_384,
  };

  it("come as an object by name, with prices in early places, as the document has them", () => {
    const models = { "my-custom-model": { ...fields, input: 0.1, output: 0.4 } };
    const found = registry({ providers: { "openai-codex": { models } } }).find("openai-codex", "my-custom-model");
    expect(found).toEqual({ ...expected, cost: { input: 0.1, output: 0.4, cacheRead: 0, cacheWrite: 0 } });
  });

  it("come as a list, as later versions of pi have them", () => {
    const model = {
      ...fields,
      input: ["text", "image"],
      cost: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 },
      contextWindow: 1000,
    };
    const found = registry({ providers: { "openai-codex": { models: [model] } } }).find(
      "openai-codex",
      "my-custom-model",
    );
    expect(found).toEqual({ ...expected, input: ["text", "image"], cost: model.cost, contextWindow: 1000 });
  });

  it("take the place of a built-in one, and need no more than an id", () => {
    const found = registry({ providers: { "openai-codex": { models: [{ id: "gpt-5.5" }] } } });
    expect(found.find("openai-codex", "gpt-5.5")).toMatchObject({
      contextWindow: 128_000,
      api: "openai-codex-responses",
    });
    expect(found.getAll().filter(({ id }) => id === "gpt-5.5").length).toBe(1);
  });

  it("come with comments and commas too many, and keep addresses that look like comments", () => {
    const text = `{ // mine
      "providers": { "local": { "baseUrl": "http://127.0.0.1:1/v1", "api": "openai-responses", /* any */ "apiKey": "$MY_KEY",
        "models": [ { "id": "m", "name": "a // b, ]", }, ], }, }, }`;
    const found = registry(text);
    expect(found.getError()).toBeUndefined();
    expect(found.find("local", "m")).toMatchObject({ baseUrl: "http://127.0.0.1:1/v1", name: "a // b, ]" });
  });

  it("bring their provider's key and headers, with variables in them", async () => {
    const provider = {
      baseUrl: "http://127.0.0.1:1/v1",
      api: "openai-responses",
      apiKey: "$MY_KEY",
      authHeader: true,
      headers: { "x-a": "$MY_KEY", "x-none": "$NOT_SET" },
      models: [{ id: "m", headers: { "x-b": "b" } }],
    };
    const found = registry({ providers: { local: provider } });
    const model = found.find("local", "m");
    if (model === undefined) throw new Error("no model");
    expect(found.getAvailable()).toEqual([model]);
    expect(await found.getApiKey(model)).toBe("from-variable");
    expect(await found.getApiKeyForProvider("local")).toBe("from-variable");
    expect(await found.getApiKeyAndHeaders(model)).toEqual({
      apiKey: "from-variable",
      headers: { "x-a": "from-variable", "x-b": "b", Authorization: "Bearer from-variable" },
    });
  });

  it("change what is built in: a provider's address, and single models", () => {
    const found = registry({
      providers: {
        "openai-codex": {
          baseUrl: "http://127.0.0.1:2",
          modelOverrides: { "gpt-5.5": { name: "Mine", cost: { output: 5 } } },
        },
      },
    });
    expect(new Set(found.getAll().map(({ baseUrl }) => baseUrl))).toEqual(new Set(["http://127.0.0.1:2"]));
    expect(found.find("openai-codex", "gpt-5.5")).toMatchObject({
      name: "Mine",
      cost: { input: 0, output: 5 },
      contextWindow: 272_000,
    });
  });

  it("are read again by refresh()", () => {
    const found = registry();
    writeFileSync(pi.modelsFile, JSON.stringify({ providers: { "openai-codex": { models: [{ id: "later" }] } } }));
    expect(found.find("openai-codex", "later")).toBeUndefined();
    found.refresh();
    expect(found.find("openai-codex", "later")).toBeDefined();
  });
});

describe("a models.json that cannot be used", () => {
  it.each([
    ["{", "it is no JSON object"],
    ["[]", "it is no JSON object"],
    [{}, "`providers` must be an object"],
    [{ providers: { a: 1 } }, "`providers.a` must be an object"],
    [{ providers: { a: { models: "x" } } }, "`providers.a.models` must be a list, or an object by id"],
    [{ providers: { a: { models: [{}] } } }, "`providers.a.models[0]` must be an object with an `id`"],
    [{ providers: { a: { baseUrl: 1 } } }, "`providers.a.baseUrl` must be a string"],
    [{ providers: { a: { models: { m: {} } } } }, "`providers.a.models.m` needs `api` and `baseUrl`"],
  ])("%j leaves the built-in models, and is told", (content, fault) => {
    const found = registry(content);
    expect(found.getError()).toContain(fault);
    expect(found.getError()).toContain(pi.modelsFile);
    expect(found.find("openai-codex", "gpt-5.5")).toBeDefined();
  });

  it("in one place leaves the rest in use", () => {
    const found = registry({ providers: { a: 1, "openai-codex": { models: [7, { id: "good" }] } } });
    expect(found.find("openai-codex", "good")).toBeDefined();
    expect(found.getError()).toContain("`providers.openai-codex.models[0]`");
  });

  it("with values of the wrong kind keeps what the model has", () => {
    const wrong = { id: "m", name: 7, contextWindow: -1, maxTokens: "x", reasoning: "yes", input: "text", cost: 3 };
    expect(registry({ providers: { "openai-codex": { models: [wrong] } } }).find("openai-codex", "m")).toMatchObject({
      name: "m",
      contextWindow: 128_000,
      maxTokens: 16_384,
      reasoning: false,
      input: ["text"],
    });
  });
});
