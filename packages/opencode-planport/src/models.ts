/**
 * The plan's models, as opencode's configuration has them.
 * @module
 */
import type { ModelInfo } from "planport/protocol";
import type { ConfiguredModel, ProviderOptions } from "./types.ts";

/** opencode does not start before its plug-ins are ready. */
const LIST_TIMEOUT_MS = 3_000;
const DEFAULT_CONTEXT_TOKENS = 272_000;
/** What the plan's models write at most; their list does not say. */
const OUTPUT_TOKENS = 128_000;

/**
 * The models that the account has, by id; those that planport was built with where they cannot be had in time, or where nobody
 * has signed in, so that a model can be chosen and its first answer says what to do.
 */
export async function listModels(fetch: ProviderOptions["fetch"]): Promise<Record<string, ConfiguredModel>> {
  const models = (await fetchModels(fetch)) ?? (await import("planport/upstream")).snapshotCatalogue().models;
  return Object.fromEntries(
    models.filter((model) => model.visibility === "list").map((model) => [model.slug, toConfigured(model)]),
  );
}

async function fetchModels(fetch: ProviderOptions["fetch"]): Promise<readonly ModelInfo[] | null> {
  try {
    const answer = await fetch("http://planport/v1/models", { signal: AbortSignal.timeout(LIST_TIMEOUT_MS) });
    return answer.ok ? ((await answer.json()) as { readonly models: readonly ModelInfo[] }).models : null;
  } catch {
    return null; // Too slow. What is wrong with a sign-in is told by the call that needs it.
  }
}

function toConfigured(model: ModelInfo): ConfiguredModel {
  const input = (model.input_modalities ?? ["text"]).filter((kind) => kind === "text" || kind === "image");
  const efforts = model.supported_reasoning_levels.map(({ effort }) => effort);
  return {
    name: model.display_name,
    reasoning: efforts.length > 0,
    attachment: input.includes("image"),
    tool_call: true,
    modalities: { input, output: ["text"] },
    limit: { context: model.context_window ?? DEFAULT_CONTEXT_TOKENS, output: OUTPUT_TOKENS },
    variants: Object.fromEntries(efforts.map((effort) => [effort, { reasoningEffort: effort }])),
  };
}
