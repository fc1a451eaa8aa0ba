/**
 * Servers for model calls, for callers that judge every answer themselves.
 * @module
 */
export { createModelProvider, type ModelProviderOptions } from "./provider.ts";
export type { ModelProvider, ProviderAnswer, ProviderCall, ProviderSettings } from "./types.ts";
