import { expect, test } from "vitest";
import { parseCodexAgentConfig } from "../../src/config/index.ts";

const parse = (text: string | null): ReturnType<typeof parseCodexAgentConfig> =>
  parseCodexAgentConfig(text, "config.toml");

test("without a file the provider is OpenAI's, with Codex's limits", () => {
  expect(parse(null)).toMatchObject({
    model: undefined,
    provider: {
      id: "openai",
      requiresOpenaiAuth: true,
      requestMaxRetries: 4,
      streamMaxRetries: 5,
      streamIdleTimeoutMs: 300_000,
    },
  });
});

test("openai_base_url moves OpenAI's provider", () => {
  expect(parse('openai_base_url = "http://localhost:1/v1/"').provider.baseUrl).toBe("http://localhost:1/v1");
});

test("a provider of one's own is read whole, and no limit is above 100", () => {
  const { provider, providers } = parse(`
    model_provider = "own"
    [features]
    anything = "goes"
    [model_providers.own]
    name = "Own"
    base_url = "http://127.0.0.1:1/v1"
    wire_api = "responses"
    env_key = "OWN_KEY"
    http_headers = { "x-a" = "1" }
    query_params = { v = "2" }
    request_max_retries = 0
    stream_max_retries = 1000
  `);
  expect(provider).toMatchObject({
    id: "own",
    name: "Own",
    baseUrl: "http://127.0.0.1:1/v1",
    envKey: "OWN_KEY",
    requiresOpenaiAuth: false,
    httpHeaders: { "x-a": "1" },
    queryParams: { v: "2" },
    requestMaxRetries: 0,
    streamMaxRetries: 100,
  });
  expect(providers.map(({ id }) => id)).toEqual(["own", "openai"]);
});

test.each([
  ['approval_policy = "untrusted"', 'approval_policy "untrusted" is no longer supported; remove this setting'],
  ['sandbox_mode = "none"', "sandbox_mode must be one of"],
  ['model_provider = "nobody"', 'model_provider names "nobody", of which model_providers knows nothing'],
  ["model_context_window = -1", "model_context_window must be a whole number that is not negative"],
  ['[model_providers.x]\nwire_api = "chat"', 'model_providers.x.wire_api must be one of "responses"'],
  ['[model_providers.x]\nrequires_openai_auth = "yes"', "model_providers.x.requires_openai_auth must be true or false"],
  ["[model_providers.x]\nhttp_headers = { a = 1 }", "model_providers.x.http_headers must hold text alone"],
  ["model_providers = 1", "model_providers must be a table"],
])("%j is refused", (text, message) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "config_invalid" }) as Error);
  expect(() => parse(text)).toThrow(message);
});
