/**
 * The AI SDK on a ChatGPT plan, without a server.
 * @module
 */
export type { ApiCallFields, PlanportApiCallError } from "./api-call-error.ts";
export type { PlanportCallOptions } from "./options.ts";
export { createPlanport, type PlanportProvider, type PlanportProviderOptions } from "./provider.ts";
export type {
  AnySchema,
  BackendTool,
  CustomToolArgs,
  FreeformTool,
  ImageGenerationArgs,
  PlanportTools,
  WebSearchArgs,
} from "./tools.ts";
export type {
  AnswerContent,
  AnswerFacts,
  CallFunctionTool,
  CallOptions,
  CallProviderTool,
  CallToolChoice,
  CallUsage,
  CallWarning,
  FileData,
  FinishReason,
  GenerateResult,
  PlanportLanguageModel,
  PromptMessage,
  ProviderMetadata,
  StreamPart,
  StreamResult,
} from "./types.ts";
