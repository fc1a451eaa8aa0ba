/**
 * Agents that live in editors.
 * @module
 */
import { joinPath, readFolder } from "../../environment.ts";
import { ANY_KEY, type ConnectTarget, keyValue, type Recipe } from "./types.ts";

const cline: Recipe = {
  id: "cline",
  title: "Cline",
  testedWith: null,
  notes: ["Cline keeps its settings in the editor's own storage, where no other program should write."],
  settings: (target) => [
    {
      kind: "lines",
      title: "in Cline's settings",
      lines: [
        "API Provider    OpenAI Compatible",
        `Base URL        ${target.url}/v1`,
        `API Key         ${target.keyed ? "the gateway's key" : ANY_KEY}`,
        `Model ID        ${target.model}`,
        "Supports Images yes",
        `Context Window  ${target.contextWindow}`,
      ],
    },
  ],
};

const continueDev: Recipe = {
  id: "continue",
  title: "Continue",
  testedWith: null,
  notes: ["With a key: PLANPORT_KEY=… belongs in ~/.continue/.env."],
  settings: (target) => [
    {
      kind: "file",
      format: "yaml",
      file: joinPath(target.platform, target.homeDir, ".continue", "config.yaml"),
      content: {
        name: "Local",
        version: "1.0.0",
        schema: "v1",
        models: [
          {
            name: `planport: ${target.model}`,
            provider: "openai",
            model: target.model,
            apiBase: `${target.url}/v1`,
            apiKey: target.keyed ? "${{ secrets.PLANPORT_KEY }}" : ANY_KEY,
            roles: ["chat", "edit", "apply"],
            capabilities: ["tool_use", "image_input"],
            defaultCompletionOptions: { contextLength: target.contextWindow },
          },
        ],
      },
    },
  ],
};

const zed: Recipe = {
  id: "zed",
  title: "Zed",
  testedWith: null,
  notes: ["Zed takes the key from PLANPORT_API_KEY, in the environment that it is started in."],
  settings: (target) => [
    {
      kind: "file",
      format: "json",
      file: joinPath(target.platform, ...zedFolder(target), "settings.json"),
      content: {
        language_models: {
          openai_compatible: {
            planport: {
              api_url: `${target.url}/v1`,
              available_models: [
                {
                  name: target.model,
                  display_name: target.model,
                  max_tokens: target.contextWindow,
                  capabilities: {
                    tools: true,
                    images: true,
                    parallel_tool_calls: true,
                    prompt_cache_key: true,
                    chat_completions: true,
                  },
                },
              ],
            },
          },
        },
      },
    },
    { kind: "environment", variables: { PLANPORT_API_KEY: keyValue(target) } },
  ],
};

function zedFolder(target: ConnectTarget): readonly string[] {
  const { platform, homeDir } = target;
  if (platform === "win32")
    return [readFolder(target, "APPDATA") ?? joinPath(platform, homeDir, "AppData", "Roaming"), "Zed"];
  const base = platform === "darwin" ? undefined : readFolder(target, "XDG_CONFIG_HOME");
  return [base ?? joinPath(platform, homeDir, ".config"), "zed"];
}

/** In the order in which they are listed. */
export const editors: readonly Recipe[] = [cline, continueDev, zed];
