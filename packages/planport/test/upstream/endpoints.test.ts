import { describe, expect, it } from "vitest";
import { isPlanportError } from "../../src/errors.ts";
import { assertGrant, assertRoute, moveToOrigin, resolveEndpoints } from "../../src/upstream/endpoints.ts";

describe("the backend's URLs", () => {
  it.each([
    "https://h.test/backend-api/codex",
    "https://h.test/backend-api/codex/",
    "https://h.test/backend-api/codex/responses",
    "https://h.test/backend-api",
    "https://h.test/",
    "https://h.test",
  ])("are the same for the explicit base %s", (baseUrl) => {
    expect(resolveEndpoints({ baseUrl, chatgptBaseUrl: "https://other.test" })).toEqual({
      route: "codex",
      explicit: true,
      codexBase: "https://h.test/backend-api/codex",
      responses: "https://h.test/backend-api/codex/responses",
      models: "https://h.test/backend-api/codex/models",
      accountBase: "https://h.test/backend-api/wham",
      usage: "https://h.test/backend-api/wham/usage",
      accountsCheck: "https://h.test/backend-api/wham/accounts/check",
    });
  });

  it("take any other explicit base as it is", () => {
    const endpoints = resolveEndpoints({ baseUrl: "http://localhost:4000/v1/" });
    expect(endpoints.responses).toBe("http://localhost:4000/v1/responses");
    expect(endpoints.models).toBe("http://localhost:4000/v1/models");
    expect(endpoints.usage).toBe("http://localhost:4000/v1/api/codex/usage");
  });

  it("ask a ChatGPT base that is set for usage, when the explicit base knows model calls alone", () => {
    const chatgptBaseUrl = "https://other.test/backend-api";
    const endpoints = resolveEndpoints({ baseUrl: "https://h.test/v1", chatgptBaseUrl });
    expect(endpoints.responses).toBe("https://h.test/v1/responses");
    expect(endpoints.usage).toBe("https://other.test/backend-api/wham/usage");
    expect(resolveEndpoints({ baseUrl: "https://h.test/api/codex", chatgptBaseUrl }).usage).toBe(
      "https://h.test/api/codex/usage",
    );
  });

  it.each<[string | undefined, string, string]>([
    [undefined, "https://chatgpt.com/backend-api/codex/responses", "https://chatgpt.com/backend-api/wham/usage"],
    [
      "https://chatgpt.com",
      "https://chatgpt.com/backend-api/codex/responses",
      "https://chatgpt.com/backend-api/wham/usage",
    ],
    [
      "http://h.test:1/backend-api/",
      "http://h.test:1/backend-api/codex/responses",
      "http://h.test:1/backend-api/wham/usage",
    ],
    ["http://h.test:1", "http://h.test:1/api/codex/responses", "http://h.test:1/api/codex/usage"],
  ])("follow the ChatGPT base %s", (chatgptBaseUrl, responses, usage) => {
    const endpoints = resolveEndpoints({ baseUrl: null, ...(chatgptBaseUrl !== undefined && { chatgptBaseUrl }) });
    expect([endpoints.explicit, endpoints.responses, endpoints.usage]).toEqual([false, responses, usage]);
  });

  it("move model calls and models, and nothing else, to a discovered origin", () => {
    const base = resolveEndpoints({});
    expect(moveToOrigin(base, "https://gov.chatgpt.com")).toEqual({
      ...base,
      codexBase: "https://gov.chatgpt.com/backend-api/codex",
      responses: "https://gov.chatgpt.com/backend-api/codex/responses",
      models: "https://gov.chatgpt.com/backend-api/codex/models",
    });
  });

  it.each([
    [undefined, "https://api.openai.com/v1"],
    ["https://api.openai.com", "https://api.openai.com/v1"],
    ["https://eu.api.openai.com/v1/", "https://eu.api.openai.com/v1"],
    ["http://127.0.0.1:9900/v1/responses", "http://127.0.0.1:9900/v1"],
  ])("of an API key's route follow the base %s alone", (baseUrl, base) => {
    expect(resolveEndpoints({ route: "platform", baseUrl, chatgptBaseUrl: "https://other.test/backend-api" })).toEqual({
      route: "platform",
      explicit: baseUrl !== undefined,
      codexBase: base,
      responses: `${base}/responses`,
      models: `${base}/models`,
      accountBase: null,
      usage: null,
      accountsCheck: null,
    });
  });

  it.each(["nonsense", "ftp://h.test", "https://me:pw@h.test"])("refuse the base %s without showing it", (baseUrl) => {
    try {
      resolveEndpoints({ baseUrl });
      expect.unreachable();
    } catch (error) {
      expect(isPlanportError(error) && error.code).toBe("config_invalid");
      expect(String(error)).not.toContain("pw");
    }
  });
});

describe("which credential may go where", () => {
  it("a plan's token never takes an API key's route, wherever that leads", () => {
    const endpoints = resolveEndpoints({ route: "platform", baseUrl: "http://127.0.0.1:9900/v1" });
    for (const kind of ["chatgpt", "personalAccessToken", "external"] as const)
      expect(() => assertGrant(kind, endpoints)).toThrow(expect.objectContaining({ code: "credential_wrong_route" }));
    expect(() => assertGrant("apiKey", endpoints)).not.toThrow();
  });

  it.each([
    "https://api.openai.com/v1/responses",
    "https://api.openai.com:8443/v1/responses",
    "https://API.OpenAI.com./v1/responses",
    "https://us.api.openai.com/v1/responses",
    "http://api.openai.com/v1/responses",
  ])("a plan's token never goes to %s", (url) => {
    for (const kind of ["chatgpt", "personalAccessToken", "external"] as const)
      expect(() => assertRoute(kind, url)).toThrow(expect.objectContaining({ code: "credential_wrong_route" }));
    expect(() => assertRoute("apiKey", url)).not.toThrow();
  });

  it.each([
    "https://api.openai.com.evil.test/",
    "https://notapi.openai.com/",
    "https://chatgpt.com/backend-api/codex/responses",
  ])("a plan's token may go to %s, which only looks alike", (url) => {
    expect(() => assertRoute("chatgpt", url)).not.toThrow();
  });

  it.each([
    "https://chatgpt.com/backend-api/codex/responses",
    "https://gov.chatgpt.com/anything",
    "https://h.test/backend-api/codex/responses",
    "https://h.test/api/codex/responses",
  ])("an API key never goes to %s", (url) => {
    expect(() => assertRoute("apiKey", url)).toThrow(expect.objectContaining({ code: "credential_wrong_route" }));
  });
});
