/**
 * planport as a plug-in of opencode. opencode calls everything that this module exports as a plug-in, so the plug-in is all that it
 * exports.
 * @module
 */
import { planportFetch } from "planport/openai";
import { final } from "./final.ts";
import { listModels } from "./models.ts";
import { signInMethods } from "./sign-in.ts";
import type { PlanportHooks, ProviderOptions } from "./types.ts";

/** What the provider is called, in `planport/gpt-5.5` and in `opencode auth login --provider planport`. */
const PROVIDER = "planport";

/**
 * The plug-in: `{ "plugin": ["opencode-planport"] }` in `opencode.json`. It adds the provider `planport`, whose calls planport
 * answers in process, with the sign-in that the gateway and the command line have too.
 * @param options `account` names one of planport's accounts: `["opencode-planport", { "account": "work" }]`.
 */
export const PlanportPlugin = async (
  _input: unknown,
  options: { readonly account?: unknown } = {},
): Promise<PlanportHooks> => {
  const flags = typeof options.account === "string" ? { account: options.account } : {};
  // opencode keeps its conversations itself, and sends the sealed reasoning along.
  const planport = planportFetch({ flags, memory: "off" });
  const fetch: ProviderOptions["fetch"] = async (input, init) => final(await planport(input, init));
  const provider: ProviderOptions = { apiKey: "unused", baseURL: "http://planport/v1", fetch };
  return {
    config: async (config) => {
      const given = config.provider?.[PROVIDER];
      const models = { ...(await listModels(planport)) };
      for (const [id, model] of Object.entries(given?.models ?? {})) models[id] = { ...models[id], ...model };
      config.provider = {
        ...config.provider,
        [PROVIDER]: {
          npm: "@ai-sdk/openai",
          name: "ChatGPT plan",
          ...given,
          options: { ...given?.options, ...provider },
          models,
        },
      };
    },
    auth: {
      provider: PROVIDER,
      loader: async () => provider,
      methods: signInMethods({ flags, onSignedIn: () => planport.close() }),
    },
    dispose: () => planport.close(),
  };
};
