/**
 * The transport as an agent uses it, against a fetch that answers as told.
 */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  CODEX_BASE_URL,
  CODEX_MODELS,
  CodexTransport,
  findTransport,
  type RefreshedAuth,
  type TransportTool,
  transports,
} from "../../src/hosts/transport/index.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { type Answer, completed, created, events, type FakeFetch, plain, text } from "./support/answers.ts";
import { all, BASE, build, HELLO, NOW_MS } from "./support/transport-kit.ts";

const ADD: TransportTool = { name: "add", description: "Adds", inputSchema: { type: "object", title: "Add" } };

describe("fields", () => {
  it("have the documented defaults", () => {
    const transport = new CodexTransport({ env: {} });
    const { name, apiKey, refreshToken, expiresAt, accountId, baseUrl, model, models } = transport;
    expect({ name, apiKey, refreshToken, expiresAt, accountId, baseUrl, model }).toEqual({
      name: "ChatGPT (Codex)",
      apiKey: "",
      refreshToken: "",
      expiresAt: "",
      accountId: "",
      baseUrl: "https://chatgpt.com/backend-api/codex",
      model: CODEX_MODELS["gpt-4.1"],
    });
    expect(models.ids()).toEqual(Object.keys(CODEX_MODELS));
    const { fetch, onAuthRefresh, maxRetries, retryBaseDelayMs } = transport;
    expect([fetch, onAuthRefresh, maxRetries, retryBaseDelayMs]).toEqual([null, null, 10, 5_000]);
    expect(new CodexTransport({ env: { CODEX_BASE_URL: BASE } }).baseUrl).toBe(BASE);
    expect(CODEX_BASE_URL).toBe(baseUrl);
  });

  it("show no token when the transport is printed", () => {
    const { transport } = build([]);
    expect(inspect(transport, { depth: 9, showHidden: true }) + JSON.stringify(transport)).not.toMatch(
      /access-1|refresh-1/,
    );
  });

  it("may be set at any time: the next call goes by them", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())]);
    await all(transport.stream(HELLO));
    transport.apiKey = "access-2";
    transport.accountId = "acc-2";
    transport.model = CODEX_MODELS.o3;
    transport.baseUrl = "https://other.example/backend-api/codex";
    await all(transport.stream(HELLO));
    const [, second] = fetch.asked;
    expect(second?.url).toBe("https://other.example/backend-api/codex/responses");
    expect(second?.headers.get("authorization")).toBe("Bearer access-2");
    expect(second?.headers.get("chatgpt-account-id")).toBe("acc-2");
  });
});

describe("a session", () => {
  it("AX-15: is not needed: without a fetch the calls go over planport's own connections", async () => {
    const simulator = await startSimulator();
    const { accessToken, refreshToken, accountId } = simulator.issueTokens();
    const baseUrl = simulator.codexBaseUrl;
    const transport = new CodexTransport({ apiKey: accessToken, refreshToken, accountId, baseUrl, env: {} });
    const told = await all(transport.stream([{ role: "user", content: "Reply with exactly: no session" }]));
    expect(told.flatMap((event) => (event.type === "text_delta" ? [event.delta] : [])).join("")).toBe("no session");
    await transport.close();
    await simulator.close();
  });
});

describe("a request", () => {
  it("AX-01: goes to <base>/responses with bearer, account, and planport's own name", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())]);
    await all(transport.stream(HELLO));
    const [{ url, method, headers } = { url: "", method: "", headers: new Headers() }] = fetch.asked;
    expect([method, url]).toEqual(["POST", `${BASE}/responses`]);
    expect(headers.get("authorization")).toBe("Bearer access-1");
    expect(headers.get("accept")).toContain("text/event-stream");
    expect(headers.get("content-type")).toContain("application/json");
    expect(headers.get("chatgpt-account-id")).toBe("acc-1");
    expect(headers.get("originator")).toBe("planport");
  });

  it("AX-01: names no account when there is none", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())], { accountId: "" });
    await all(transport.stream(HELLO));
    expect(fetch.asked[0]?.headers.has("chatgpt-account-id")).toBe(false);
  });

  it("AX-02: streams, stores nothing, and says nothing of tools, reasoning or length where there is none", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())], { model: "gpt-5.5" });
    await all(transport.stream(HELLO, [], "Be brief."));
    const { body } = fetch.asked[0] as { body: JsonObject };
    expect(body).toMatchObject({ model: "gpt-5.5", stream: true, store: false, instructions: "Be brief." });
    expect(body["input"]).toEqual([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] },
    ]);
    for (const field of ["tools", "tool_choice", "parallel_tool_calls", "reasoning", "max_output_tokens"])
      expect(body).not.toHaveProperty(field);
  });

  it("AX-02: brings tools with tool_choice auto and parallel calls", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())], { model: "gpt-5.5" });
    await all(transport.stream(HELLO, [ADD]));
    expect(fetch.asked[0]?.body).toMatchObject({
      tools: [{ type: "function", name: "add", description: "Adds", parameters: { type: "object" } }],
      tool_choice: "auto",
      parallel_tool_calls: true,
    });
  });

  it("for gpt-4.1, the default, asks the plan's own model", async () => {
    const { transport, fetch } = build([events(created, text("a"), completed())]);
    await all(transport.stream(HELLO));
    expect(fetch.asked[0]?.body["model"]).toMatch(/^gpt-[56]/);
  });

  it("mends a conversation with halves of calls, and warns of calls without results", async () => {
    const { transport, fetch, warnings } = build([events(created, text("a"), completed())], { model: "gpt-5.5" });
    await all(
      transport.stream([
        { role: "user", content: [{ type: "tool_result", toolUseId: "gone", content: "the old result" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "open", name: "add", input: {} }] },
        { role: "user", content: "go on" },
      ]),
    );
    const sent = JSON.stringify(fetch.asked[0]?.body["input"]);
    expect(sent).toContain("[Tool was not executed — context was interrupted or compacted]");
    expect(sent).toContain("the old result");
    expect(sent).not.toContain('"call_id":"gone"');
    expect(warnings).toEqual([expect.stringContaining("open")]);
  });
});

describe("the sign-in", () => {
  const renewed = plain(200, { access_token: "access-2", refresh_token: "refresh-2", expires_in: 3600 });
  const good = events(created, text("ok"), completed());
  const auto: Answer = (asked) => (asked.url.includes("/oauth/token") ? renewed(asked) : good(asked));
  const tokenCalls = (fetch: FakeFetch) => fetch.asked.filter(({ url }) => url.includes("/oauth/token"));

  it("AX-11: is renewed 30 s before its end, and its owner told before the call goes on", async () => {
    const kept: RefreshedAuth[] = [];
    const expiresAt = String(NOW_MS / 1000 + 30);
    const { transport, fetch } = build([auto], { expiresAt, onAuthRefresh: (auth) => void kept.push(auth) });
    await all(transport.stream(HELLO));
    expect(tokenCalls(fetch)[0]?.body).toMatchObject({ grant_type: "refresh_token", refresh_token: "refresh-1" });
    const next = String(NOW_MS / 1000 + 3600);
    expect(kept).toEqual([{ api_key: "access-2", refresh_token: "refresh-2", expires_at: next, account_id: "acc-1" }]);
    const { apiKey, refreshToken, accountId } = transport;
    expect([apiKey, refreshToken, transport.expiresAt, accountId]).toEqual(["access-2", "refresh-2", next, "acc-1"]);
    expect(fetch.asked.at(-1)?.headers.get("authorization")).toBe("Bearer access-2");
  });

  it.each([
    ["more than 30 s are left", { expiresAt: String(NOW_MS / 1000 + 31) }],
    ["the end is no number", { expiresAt: "soon" }],
    ["there is no refresh token", { expiresAt: "1", refreshToken: "" }],
  ])("is not renewed when %s", async (_when, options) => {
    const { transport, fetch } = build([auto], options);
    await all(transport.stream(HELLO));
    expect(tokenCalls(fetch)).toEqual([]);
  });

  it("AX-20: is renewed once for all calls at the same time", async () => {
    const { transport, fetch } = build([auto], { expiresAt: "1" });
    await Promise.all([1, 2, 3].map(() => all(transport.stream(HELLO))));
    expect(tokenCalls(fetch)).toHaveLength(1);
  });

  it("is renewed when the backend refuses it, and the call made again", async () => {
    const refused: Answer = (asked) => {
      if (asked.url.includes("/oauth/token")) return renewed(asked);
      const isOld = asked.headers.get("authorization") === "Bearer access-1";
      return isOld ? plain(401, { detail: "Unauthorized" })(asked) : good(asked);
    };
    const { transport, fetch } = build([refused]);
    expect(await all(transport.stream(HELLO))).toHaveLength(2);
    expect(tokenCalls(fetch)).toHaveLength(1);
  });

  it("AX-13: a hook that throws changes nothing, and is told", async () => {
    const { transport, warnings } = build([auto], { expiresAt: "1" });
    transport.onAuthRefresh = () => {
      throw new Error("disk full");
    };
    expect(await all(transport.stream(HELLO))).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining("disk full")]);
  });

  it("a refresh that is refused is an error that says what to do", async () => {
    const no = plain(401, { error: { code: "refresh_token_invalidated" } });
    const { transport } = build([no], { expiresAt: "1" });
    await expect(all(transport.stream(HELLO))).rejects.toMatchObject({
      code: "refresh_rejected",
      message: expect.stringContaining("runOAuthFlow()") as string,
    });
  });

  it("of an enterprise's access token finds its workspace by itself", async () => {
    const whoami = plain(200, {
      email: "a@example.com",
      chatgpt_user_id: "u",
      chatgpt_account_id: "ws-1",
      chatgpt_plan_type: "enterprise",
    });
    const asked: Answer = (call_) => (call_.url.includes("whoami") ? whoami(call_) : good(call_));
    const { transport, fetch } = build([asked], { apiKey: "at-made-up-token", accountId: "", refreshToken: "" });
    await all(transport.stream(HELLO));
    expect(fetch.asked.at(-1)?.headers.get("chatgpt-account-id")).toBe("ws-1");
  });
});

describe("fetchModels", () => {
  const listed = {
    models: [
      { slug: "gpt-9", context_window: 300_000, input_modalities: ["text", "image"], priority: 1 },
      { slug: "gpt-9-hidden", visibility: "hide", priority: 2 },
      { slug: "o3", context_window: 1, priority: 3 },
    ],
  };

  it("AX-16: fills the registry with the account's models, and keeps a model that is not among them", async () => {
    const { transport, fetch } = build([]);
    fetch.models = plain(200, listed);
    const models = await transport.fetchModels();
    expect(models).toBe(transport.models);
    expect(models.ids()).toEqual(["gpt-9", "o3"]);
    expect(models.get("o3")).toBe(CODEX_MODELS.o3);
    expect(models.get("gpt-9")).toMatchObject({ contextWindow: 300_000, capabilities: ["text", "vision", "tool_use"] });
    expect(transport.model).toBe(CODEX_MODELS["gpt-4.1"]);
    expect(fetch.listed[0]?.url).toMatch(new RegExp(`^${BASE}/models\\?client_version=\\d+\\.\\d+\\.\\d+$`));
    expect(fetch.listed[0]?.headers.get("chatgpt-account-id")).toBe("acc-1");
  });

  it("brings the model in use up to date", async () => {
    const { transport, fetch } = build([], { model: "gpt-9" });
    expect(transport.model.contextWindow).toBe(128_000);
    fetch.models = plain(200, listed);
    await transport.fetchModels();
    expect(transport.model.contextWindow).toBe(300_000);
  });

  it("AX-16: takes a list by ids, as other servers give it", async () => {
    const { transport, fetch } = build([]);
    fetch.models = plain(200, { object: "list", data: [{ id: "gpt-9" }, { id: "gpt-4o" }] });
    expect((await transport.fetchModels()).ids()).toEqual(["gpt-9", "gpt-4o"]);
  });

  it.each([
    ["is refused", plain(500, {})],
    ["is empty", plain(200, { models: [] })],
    ["cannot be read", (): Response => new Response("<html>")],
    [
      "cannot be had",
      (): Response => {
        throw new TypeError("fetch failed");
      },
    ],
  ])("AX-16: falls back on the built-in table when the list %s, and says so", async (_what, answer) => {
    const { transport, fetch, warnings } = build([]);
    fetch.models = answer;
    expect((await transport.fetchModels()).ids()).toEqual(Object.keys(CODEX_MODELS));
    expect(warnings).toHaveLength(1);
  });

  it("AX-16: asks nobody without an access token", async () => {
    const { transport, fetch } = build([], { apiKey: "" });
    expect((await transport.fetchModels()).ids()).toEqual(Object.keys(CODEX_MODELS));
    expect(fetch.listed).toEqual([]);
  });
});

describe("discovery", () => {
  it("AX-21: finds the transport by its name", () => {
    expect(findTransport("Codex")).toBe(transports.codex);
    expect(findTransport("nothing")).toBeNull();
  });

  it("AX-21: fills it from what a host has saved, and passes over what is not its own", () => {
    const transport = transports.codex.create(
      { api_key: "a", refresh_token: "r", expires_at: "5", account_id: "x", model: "o3", base_url: "", other: 1 },
      { env: {}, onAuthRefresh: () => {} },
    );
    const { apiKey, refreshToken, expiresAt, accountId, model, baseUrl } = transport;
    expect([apiKey, refreshToken, expiresAt, accountId, model.id]).toEqual(["a", "r", "5", "x", "o3"]);
    expect(baseUrl).toBe(CODEX_BASE_URL);
    expect(transport.onAuthRefresh).not.toBeNull();
    expect(transports.codex.create({ api_key: 5 }).apiKey).toBe("");
  });
});
