/** What a model may be called, by every way in. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Listening } from "../../src/server/types.ts";
import { NO_PROFILES } from "../../src/server/profiles.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import type { ModelRules } from "../../src/translate/model-names.ts";
import { createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import { errorOf, send, serve } from "./kit.ts";

let simulator: Simulator;
let http: HttpClient;
beforeAll(async () => {
  simulator = await startSimulator({ seed: "names" });
  http = createHttpClient({ env: {} });
});
afterAll(async () => {
  await http.close();
  await simulator.close();
});

async function gateway(models: ModelRules = {}, yamlAliases: Record<string, string> = {}): Promise<Listening> {
  const grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret(simulator.issueTokens().accessToken),
    accountId: simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
  const client = createCodexClient({
    tokens: { get: () => Promise.resolve(grant), recover: () => Promise.resolve(null) },
    http,
    endpoints: resolveEndpoints({ baseUrl: simulator.codexBaseUrl }),
    sleep: () => Promise.resolve(),
    models,
  });
  return serve({ client, profiles: () => ({ ...NO_PROFILES, aliases: yamlAliases }) });
}

const BODIES: Readonly<Record<string, object>> = {
  "/v1/responses": { input: "Reply with exactly: pong" },
  "/v1/chat/completions": { messages: [{ role: "user", content: "Reply with exactly: pong" }] },
  "/v1/messages": { messages: [{ role: "user", content: "Reply with exactly: pong" }], max_tokens: 100 },
  "/v1/completions": { prompt: "Reply with exactly: pong" },
};
const ask = (at: Listening, path: string, model: string, stream = false) =>
  send(at, path, { body: JSON.stringify({ ...BODIES[path], model, stream }) });

describe.each(Object.keys(BODIES))("the model of %s", (path) => {
  it.each([
    ["gpt-6-sol-high", "gpt-6-sol"],
    ["gpt-5.5-fast", "gpt-5.5"],
    ["gpt-5.2-codex", "gpt-6.1-sol"],
    ["gpt-4.1", "gpt-6.1-sol"],
    ["o3", "gpt-6.1-sol"],
    ["gpt-4o-mini", "gpt-6-luna"],
    ["mine", "gpt-6-astra"],
  ])("may be called %s, and is then %s, which is told", async (name, slug) => {
    const at = await gateway({ aliases: { mine: "gpt-6-astra-low" } });
    for (const stream of [false, true]) {
      const { status, text, headers } = await ask(at, path, name, stream);
      expect([status, text.includes("pong")]).toEqual([200, true]);
      expect(headers["openai-model"]).toBe(slug);
      expect(String(headers["x-planport-changes"]).split(", ")).toContain("model=mapped");
    }
  });

  it("is told as it is when it is called by its own name", async () => {
    const { headers } = await ask(await gateway(), path, "gpt-5.5");
    expect(headers["openai-model"]).toBe("gpt-5.5");
    expect(String(headers["x-planport-changes"] ?? "")).not.toContain("model=");
  });

  it("must be one: any other name is a 400 that lists those there are", async () => {
    const { status, text } = await ask(await gateway({ aliases: { mine: "gpt-5.5" } }), path, "gpt-99");
    expect(status).toBe(400);
    for (const name of ["gpt-99", "gpt-6.1-sol", "gpt-6-luna", "gpt-5.5", "mine"]) expect(text).toContain(name);
    expect(text).not.toContain("codex-auto-review");
    if (path !== "/v1/messages")
      expect(errorOf({ text })).toMatchObject({
        code: "model_not_found",
        param: "model",
        type: "invalid_request_error",
      });
  });

  it("must be among those that the pin allows", async () => {
    const at = await gateway({ pin: ["gpt-5.5"] });
    const { status, text } = await ask(at, path, "gpt-6-sol");
    expect([status, text.includes("CODEX_MODELS")]).toEqual([400, true]);
    const mapped = await ask(at, path, "gpt-5.1-codex");
    expect([mapped.status, mapped.headers["openai-model"]]).toEqual([200, "gpt-5.5"]);
  });
});

describe("names of Anthropic's models", () => {
  it("mean the default model to Anthropic's clients, which are told, and nothing to others", async () => {
    const at = await gateway();
    const { status, headers } = await ask(at, "/v1/messages", "claude-sonnet-4-5-20250929");
    expect([status, headers["openai-model"]]).toEqual([200, "gpt-6.1-sol"]);
    expect(String(headers["x-planport-changes"])).toContain("model=mapped");
    expect((await ask(at, "/v1/responses", "claude-sonnet-4-5-20250929")).status).toBe(400);
    const chosen = await gateway({ defaultModel: "gpt-5.5" });
    expect((await ask(chosen, "/v1/messages", "claude-3-5-haiku-latest")).headers["openai-model"]).toBe("gpt-5.5");
  });
});

describe("the list of models", () => {
  const ids = async (at: Listening): Promise<string[]> => {
    const { text } = await send(at, "/v1/models");
    return (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id);
  };

  it("holds own names, from the environment and from planport.yaml, and no built-in ones", async () => {
    const at = await gateway(
      { aliases: { mine: "gpt-5.5-high" } },
      { deep: "gpt-6-sol?reasoning_effort=high", gone: "gpt-98" },
    );
    const listed = await ids(at);
    expect(listed).toEqual(expect.arrayContaining(["gpt-5.5", "mine", "deep"]));
    for (const name of ["o3", "gpt-5.5-high", "gone", "codex-auto-review"]) expect(listed).not.toContain(name);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("is what the pin says, in its order", async () => {
    expect(await ids(await gateway({ pin: ["gpt-5.5", "codex-auto-review"] }))).toEqual([
      "gpt-5.5",
      "codex-auto-review",
    ]);
  });

  it("gives one model by any name that it may be used by, with the model it is", async () => {
    const at = await gateway({ aliases: { mine: "gpt-5.5-high" } }, { deep: "gpt-6-sol?reasoning_effort=high" });
    for (const [name, root] of [
      ["mine", "gpt-5.5"],
      ["deep", "gpt-6-sol"],
      ["o3", "gpt-6.1-sol"],
      ["gpt-6-luna-xhigh-fast", "gpt-6-luna"],
    ]) {
      const { status, text } = await send(at, `/v1/models/${name}`);
      expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ id: name, object: "model", root })]);
    }
    const plain = JSON.parse((await send(at, "/v1/models/gpt-5.5")).text) as object;
    expect(plain).not.toHaveProperty("root");
    expect((await send(at, "/v1/models/gpt-99")).status).toBe(404);
    expect((await send(at, "/v1/models/claude-sonnet-4-5")).status).toBe(404);
  });

  it("says whose it is, and that it is built in when the account's is not to be had", async () => {
    const at = await gateway();
    const { headers } = await send(at, "/v1/models");
    expect(headers["x-planport-account"]).toBe(simulator.accounts.default.id);
    expect(headers).not.toHaveProperty("x-planport-models");
  });
});
