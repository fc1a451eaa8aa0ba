/**
 * Language models as the AI SDK defines them, specification version 3 (`LanguageModelV3` of the package `@ai-sdk/provider`), as
 * far as planport reads and writes them. Written out here so that nobody needs that package for its types; a test holds
 * them to it.
 * @module
 */

/** Any JSON value. */
export type JsonValue = null | string | number | boolean | JsonValue[] | { [key: string]: JsonValue | undefined };

/** What a provider adds to a part, by the provider's name: handed back as `providerOptions` with the same part. */
export type ProviderMetadata = Record<string, { [key: string]: JsonValue | undefined }>;

/** Something that a call asked for and did not get, or not in that way. */
export type CallWarning =
  | { type: "unsupported"; feature: string; details?: string }
  | { type: "compatibility"; feature: string; details?: string }
  | { type: "other"; message: string };

/** What a person or a tool passes on: bytes, base64, or an address. ai 7 adds text to it. */
export type FileData = Uint8Array | string | URL | { readonly type: string; readonly text?: string };

interface Noted {
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** Text of a message. */
export interface TextPart extends Noted {
  readonly type: "text";
  readonly text: string;
}

/** A file, among them images. */
export interface FilePart extends Noted {
  readonly type: "file";
  readonly filename?: string | undefined;
  readonly data: FileData;
  /** `image/png`; `image/*` or `image` when nobody knows. */
  readonly mediaType: string;
}

/** The model's thinking. */
export interface ReasoningPart extends Noted {
  readonly type: "reasoning";
  readonly text: string;
}

/** A call of a tool. */
export interface ToolCallPart extends Noted {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly providerExecuted?: boolean | undefined;
}

/** A piece of a tool's output that is not only text. */
export interface OutputPart extends Noted {
  readonly type: string;
  readonly text?: string | undefined;
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly filename?: string | undefined;
}

/** What a tool gave back. */
export type ToolOutput =
  | { readonly type: "text" | "error-text"; readonly value: string }
  | { readonly type: "json" | "error-json"; readonly value: unknown }
  | { readonly type: "execution-denied"; readonly reason?: string | undefined }
  | { readonly type: "content"; readonly value: readonly OutputPart[] };

/** A tool's output, next to the call it belongs to. */
export interface ToolResultPart extends Noted {
  readonly type: "tool-result";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly output: ToolOutput;
}

/** Parts that planport does not send on. */
interface OtherPart extends Noted {
  readonly type: "tool-approval-response" | "custom" | "reasoning-file";
}

/** One message of a conversation. */
export type PromptMessage = Noted &
  (
    | { readonly role: "system"; readonly content: string }
    | { readonly role: "user"; readonly content: readonly (TextPart | FilePart)[] }
    | {
        readonly role: "assistant";
        readonly content: readonly (TextPart | FilePart | ReasoningPart | ToolCallPart | ToolResultPart | OtherPart)[];
      }
    | { readonly role: "tool"; readonly content: readonly (ToolResultPart | OtherPart)[] }
  );

/** A function that the model may call. */
export interface CallFunctionTool extends Noted {
  readonly type: "function";
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: unknown;
  readonly strict?: boolean | undefined;
}

/** A tool that the backend defines. */
export interface CallProviderTool {
  readonly type: "provider";
  /** `planport.web_search`, `openai.web_search`, … */
  readonly id: string;
  /** What the program calls it. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Which tool the model is to call. */
export type CallToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly toolName: string };

/** One call of a model. */
export interface CallOptions {
  readonly prompt: readonly PromptMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly responseFormat?:
    | { readonly type: "text" }
    | {
        readonly type: "json";
        readonly schema?: unknown;
        readonly name?: string | undefined;
        readonly description?: string | undefined;
      }
    | undefined;
  readonly seed?: number | undefined;
  readonly tools?: readonly (CallFunctionTool | CallProviderTool)[] | undefined;
  readonly toolChoice?: CallToolChoice | undefined;
  readonly includeRawChunks?: boolean | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Of ai 7: how hard to think; `provider-default` says nothing. */
  readonly reasoning?: string | undefined;
}

/** Text that the model wrote. */
export interface TextContent {
  type: "text";
  text: string;
  providerMetadata?: ProviderMetadata;
}

/** What the model shows of its thinking, and the sealed original in the metadata of an item's last part. */
export interface ReasoningContent {
  type: "reasoning";
  text: string;
  providerMetadata?: ProviderMetadata;
}

/** A page that an answer rests on. */
export interface SourceContent {
  type: "source";
  sourceType: "url";
  id: string;
  url: string;
  title?: string;
}

/** The model calls a tool. */
export interface ToolCallContent {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  /** JSON text. */
  input: string;
  /** True when the backend has run it already. */
  providerExecuted?: boolean;
  providerMetadata?: ProviderMetadata;
}

/** What the backend's own tool gave. */
export interface ToolResultContent {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  result: NonNullable<JsonValue>;
}

/** A part of an answer. */
export type AnswerContent = TextContent | ReasoningContent | SourceContent | ToolCallContent | ToolResultContent;

/** What a call cost, in tokens; undefined where the backend did not say. */
export interface CallUsage {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined };
  /** As the backend wrote it. */
  raw?: { [key: string]: JsonValue | undefined };
}

/** Why an answer ended, in the AI SDK's words and in the backend's. */
export interface FinishReason {
  unified: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";
  raw: string | undefined;
}

/** Facts about an answer. */
export interface AnswerFacts {
  id?: string;
  timestamp?: Date;
  modelId?: string;
}

/** What streams out of a model. */
export type StreamPart =
  | { type: "stream-start"; warnings: CallWarning[] }
  | ({ type: "response-metadata" } & AnswerFacts)
  | { type: "text-start" | "text-end"; id: string; providerMetadata?: ProviderMetadata }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "reasoning-start" | "reasoning-end"; id: string; providerMetadata?: ProviderMetadata }
  | { type: "reasoning-delta"; id: string; delta: string }
  | { type: "tool-input-start"; id: string; toolName: string; inputEncoding?: "json" | "text" }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | ToolCallContent
  | ToolResultContent
  | SourceContent
  | { type: "finish"; usage: CallUsage; finishReason: FinishReason; providerMetadata?: ProviderMetadata }
  | { type: "raw"; rawValue: unknown }
  | { type: "error"; error: unknown };

/** An answer in one piece. */
export interface GenerateResult {
  content: AnswerContent[];
  finishReason: FinishReason;
  usage: CallUsage;
  providerMetadata?: ProviderMetadata;
  request: { body: unknown };
  response: AnswerFacts & { headers: Record<string, string> };
  warnings: CallWarning[];
}

/** An answer as it comes. */
export interface StreamResult {
  stream: ReadableStream<StreamPart>;
  request: { body: unknown };
  response: { headers: Record<string, string> };
}

/** A model that `generateText`, `streamText` and their like take. */
export interface PlanportLanguageModel {
  readonly specificationVersion: "v3";
  readonly provider: string;
  readonly modelId: string;
  /** Addresses that the backend fetches by itself. */
  readonly supportedUrls: Record<string, RegExp[]>;
  /**
   * Asks for an answer in one piece.
   * @throws {PlanportError} with the fields of the AI SDK's `APICallError`; the reason of `abortSignal`, when it fired.
   */
  doGenerate(options: CallOptions): Promise<GenerateResult>;
  /**
   * Asks for an answer as it comes. What fails after its beginning is a part of the stream.
   * @throws as {@link PlanportLanguageModel.doGenerate}.
   */
  doStream(options: CallOptions): Promise<StreamResult>;
}
