/**
 * Coding agents of the terminal.
 * @module
 */
import { codexHome, joinPath, readFolder } from "../../environment.ts";
import { piAgentFile } from "../../hosts/pi/agent-dir.ts";
import type { JsonObject } from "../../protocol/index.ts";
import type { ClientLines, ClientTarget } from "../client-lines.ts";
import { textOf } from "./edit-text.ts";
import { listModels } from "./pi-models.ts";
import { ANY_KEY, type ConnectTarget, keyValue, type Recipe } from "./types.ts";

const codex: Recipe = {
  id: "codex",
  title: "Codex CLI",
  testedWith: "0.169.0",
  notes: [
    "Its own words are passed on to the backend byte for byte, over WebSocket or SSE.",
    "It asks `planport token` for the bearer that it brings, which the gateway takes for its key; --no-auth-command leaves that out.",
  ],
  settings: (target) => [
    {
      kind: "file",
      format: "toml",
      file: joinPath(target.platform, codexHome(target).folder, "config.toml"),
      content: codexConfig(target),
    },
  ],
};

type CodexTarget = Pick<ConnectTarget, "url" | "model" | "keyed" | "authCommand">;

function codexConfig(target: CodexTarget): JsonObject {
  const planport = {
    name: "planport",
    base_url: `${target.url}/backend-api/codex`,
    wire_api: "responses",
    supports_websockets: true,
    ...codexCredential(target),
  };
  return { model: target.model, model_provider: "planport", model_providers: { planport } };
}

/** What Codex's `config.toml` needs, as lines to copy. */
export function codexLines(target: ClientTarget): ClientLines {
  const text = textOf({ format: "toml", content: codexConfig({ ...target, authCommand: null }) });
  return { title: "Codex CLI (~/.codex/config.toml)", lines: text.trimEnd().split("\n") };
}

/**
 * Codex brings the bearer of the plan. The gateway takes its own one for its key; one that keeps the caller's credential wants the
 * key beside it, in a header that Codex leaves out where the variable is not set.
 */
function codexCredential({ authCommand, keyed }: CodexTarget): JsonObject {
  if (authCommand === null) return keyed ? { env_key: "PLANPORT_KEY" } : {};
  const [command, ...first] = authCommand;
  const key = keyed ? { env_http_headers: { "x-planport-key": "PLANPORT_KEY" } } : {};
  return { ...key, auth: { command, args: [...first, "token"] } };
}

const qwen: Recipe = {
  id: "qwen",
  title: "Qwen Code",
  testedWith: "0.24.4",
  notes: ["Start it with --auth-type openai where its settings name another way to sign in."],
  settings: (target) => [
    {
      kind: "environment",
      variables: { OPENAI_BASE_URL: `${target.url}/v1`, OPENAI_API_KEY: keyValue(target), OPENAI_MODEL: target.model },
    },
  ],
};

const claudeCode: Recipe = {
  id: "claude-code",
  title: "Claude Code",
  testedWith: null,
  settings: (target) => [
    {
      kind: "environment",
      variables: {
        ANTHROPIC_BASE_URL: target.url,
        ANTHROPIC_AUTH_TOKEN: keyValue(target),
        ANTHROPIC_MODEL: target.model,
        ANTHROPIC_DEFAULT_OPUS_MODEL: target.model,
        ANTHROPIC_DEFAULT_SONNET_MODEL: target.model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL: target.model,
      },
    },
  ],
};

const opencode: Recipe = {
  id: "opencode",
  title: "opencode",
  testedWith: null,
  notes: [
    'These settings lead to the gateway. The other way needs no gateway: "plugin": ["opencode-planport"] in this file, and model ' +
      "planport/… as here, without the provider.",
  ],
  settings: (target) => [
    {
      kind: "file",
      format: "json",
      file: joinPath(target.platform, xdgConfigHome(target), "opencode", "opencode.json"),
      content: {
        $schema: "https://opencode.ai/config.json",
        model: `planport/${target.model}`,
        provider: {
          planport: {
            npm: "@ai-sdk/openai",
            name: "planport",
            options: { baseURL: `${target.url}/v1`, apiKey: target.keyed ? "{env:PLANPORT_KEY}" : ANY_KEY },
            models: {
              [target.model]: {
                name: target.model,
                reasoning: true,
                attachment: true,
                tool_call: true,
                modalities: { input: ["text", "image"], output: ["text"] },
                limit: { context: target.contextWindow, output: OUTPUT_TOKENS },
              },
            },
          },
        },
      },
    },
  ],
};

const pi: Recipe = {
  id: "pi",
  title: "pi",
  testedWith: null,
  notes: [
    "Without a gateway, pi has the plan by a package of its own: pi install npm:pi-planport, and /login planport in pi.",
    "--write also turns a map of models, as pi-infinity's document has it, into the list that pi wants, and says so.",
  ],
  settings: (target) => [
    {
      kind: "file",
      format: "json",
      file: piAgentFile("models.json", target),
      mend: listModels,
      content: {
        providers: {
          // Not `planport`: that is the package's, which has models and logins of its own.
          "planport-gateway": {
            baseUrl: `${target.url}/v1`,
            api: "openai-responses",
            apiKey: target.keyed ? "$PLANPORT_KEY" : ANY_KEY,
            models: [
              {
                id: target.model,
                name: target.model,
                reasoning: true,
                input: ["text", "image"],
                contextWindow: target.contextWindow,
                maxTokens: OUTPUT_TOKENS,
                cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              },
            ],
          },
        },
      },
    },
    {
      kind: "lines",
      title: "then",
      lines: [`pi --provider planport-gateway --model ${target.model}`],
    },
  ],
};

const aider: Recipe = {
  id: "aider",
  title: "aider",
  testedWith: null,
  settings: (target) => [
    {
      kind: "environment",
      variables: { OPENAI_API_BASE: `${target.url}/v1`, OPENAI_API_KEY: keyValue(target) },
    },
    { kind: "lines", title: "then", lines: [`aider --model openai/${target.model}`] },
  ],
};

const droid: Recipe = {
  id: "droid",
  title: "Factory Droid",
  testedWith: null,
  notes: ["Pick the model with /model."],
  settings: (target) => [
    {
      kind: "file",
      format: "json",
      file: joinPath(target.platform, target.homeDir, ".factory", "settings.json"),
      content: {
        customModels: [
          {
            displayName: `planport: ${target.model}`,
            model: target.model,
            baseUrl: `${target.url}/v1`,
            // oxlint-disable-next-line no-template-curly-in-string -- Droid's own way to name a variable
            apiKey: target.keyed ? "${PLANPORT_KEY}" : ANY_KEY,
            provider: "openai",
            maxOutputTokens: OUTPUT_TOKENS,
          },
        ],
      },
    },
  ],
};

/** What clients plan for an answer; the backend takes no such limit, and the gateway leaves it out. */
const OUTPUT_TOKENS = 128_000;

function xdgConfigHome(target: ConnectTarget): string {
  return readFolder(target, "XDG_CONFIG_HOME") ?? joinPath(target.platform, target.homeDir, ".config");
}

/** In the order in which they are listed. */
export const agents: readonly Recipe[] = [codex, opencode, pi, qwen, claudeCode, aider, droid];
