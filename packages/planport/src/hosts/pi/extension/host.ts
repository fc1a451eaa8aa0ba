/**
 * pi as its extensions see it, from 0.58 to 1.5: the shapes alone. Nothing of pi is imported, since the packages have had two
 * names, and neither is there in all versions.
 * @module
 */
import type { JsonObject } from "../../../protocol/json.ts";
import type { PiModelCost } from "../model.ts";

/** Headers of a call; null takes one away. */
export type PiHeaders = Readonly<Record<string, string | null>>;

/** How hard pi may ask a model to think, from the least to the most. */
export const PI_LEVELS = ["off", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** One of {@link PI_LEVELS}. */
export type PiLevel = (typeof PI_LEVELS)[number];

/** A model, as a provider lists it and as it comes back with a call. */
export interface PiListedModel {
  readonly id: string;
  readonly name: string;
  readonly api: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly reasoning: boolean;
  /** What each level is called on the wire; null for one that the model lacks. */
  readonly thinkingLevelMap?: Readonly<Partial<Record<PiLevel, string | null>>> | undefined;
  readonly input: readonly ("text" | "image")[];
  readonly cost: PiModelCost;
  /** In tokens. */
  readonly contextWindow: number;
  /** The longest answer, in tokens. */
  readonly maxTokens: number;
  readonly compat?: JsonObject | undefined;
}

/** Text in a message. */
export interface PiText {
  type: "text";
  text: string;
  /** JSON with the phase of the message that it is. */
  textSignature?: string;
}

/** Thinking in a message. */
export interface PiThinking {
  type: "thinking";
  thinking: string;
  /** The whole reasoning item as JSON, sealed part included. */
  thinkingSignature?: string;
}

/** A tool call in a message. */
export interface PiToolCall {
  type: "toolCall";
  /** `call_id|item_id`. */
  id: string;
  name: string;
  arguments: JsonObject;
}

/** An image in a message. */
export interface PiImage {
  type: "image";
  /** In base64. */
  data: string;
  mimeType: string;
}

/** What an answer consumed, in tokens and US dollars. */
export interface PiUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  totalTokens: number;
  cost: { input: number; output: number; cacheRead: number; cacheWrite: number; total: number };
}

/** What the model said. */
export interface PiAssistantMessage {
  role: "assistant";
  content: (PiText | PiThinking | PiToolCall)[];
  api: string;
  provider: string;
  model: string;
  responseModel?: string;
  responseId?: string;
  usage: PiUsage;
  stopReason: "stop" | "length" | "toolUse" | "error" | "aborted";
  errorMessage?: string;
  timestamp: number;
}

/** A tool that the model may call. */
export interface PiTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema. */
  readonly parameters?: unknown;
}

/** A message of a conversation. */
export type PiMessage =
  | { readonly role: "user"; readonly content: string | readonly (PiText | PiImage)[] }
  | PiAssistantMessage
  | {
      readonly role: "toolResult";
      readonly toolCallId: string;
      readonly content: readonly (PiText | PiImage)[];
      readonly isError?: boolean;
    }
  | PiSystemMessage;

/** Instructions and tools from here on (pi 0.86 and later). */
export interface PiSystemMessage {
  readonly role: "system";
  readonly content: string | readonly PiText[];
  readonly sections?: Readonly<Record<string, string | null>>;
  readonly toolsAdded?: readonly PiTool[];
  readonly toolsRemoved?: readonly { readonly name: string }[];
}

/** A conversation: with its prompt and tools beside it (before 0.86) or in it. */
export interface PiContext {
  readonly systemPrompt?: string | undefined;
  readonly messages: readonly PiMessage[];
  readonly tools?: readonly PiTool[] | undefined;
}

/** What pi passes with a call. */
export interface PiStreamOptions {
  readonly apiKey?: string | undefined;
  readonly headers?: PiHeaders | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly sessionId?: string | undefined;
  readonly reasoning?: PiLevel | undefined;
  readonly toolChoice?: unknown;
  /** Of silence, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly onPayload?: ((payload: unknown, model: PiListedModel) => unknown) | undefined;
  readonly onResponse?:
    | ((response: { status: number; headers: Record<string, string> }, model: PiListedModel) => unknown)
    | undefined;
}

/** What a provider tells while the model answers. */
export type PiEvent =
  | { readonly type: "start"; readonly partial: PiAssistantMessage }
  | {
      readonly type: "text_start" | "thinking_start" | "toolcall_start";
      readonly contentIndex: number;
      readonly partial: PiAssistantMessage;
    }
  | {
      readonly type: "text_delta" | "thinking_delta" | "toolcall_delta";
      readonly contentIndex: number;
      readonly delta: string;
      readonly partial: PiAssistantMessage;
    }
  | {
      readonly type: "text_end" | "thinking_end";
      readonly contentIndex: number;
      readonly content: string;
      readonly partial: PiAssistantMessage;
    }
  | {
      readonly type: "toolcall_end";
      readonly contentIndex: number;
      readonly toolCall: PiToolCall;
      readonly partial: PiAssistantMessage;
    }
  | { readonly type: "done"; readonly reason: "stop" | "length" | "toolUse"; readonly message: PiAssistantMessage }
  | { readonly type: "error"; readonly reason: "error" | "aborted"; readonly error: PiAssistantMessage };

/** What a call gives at once: the events as they come, and the message at their end. */
export interface PiEventStream extends AsyncIterable<PiEvent> {
  result(): Promise<PiAssistantMessage>;
}

/** Makes a call. */
export type PiStream = (model: PiListedModel, context: PiContext, options?: PiStreamOptions) => PiEventStream;

/** A login or a key as pi stores it for a provider. */
export interface PiStored {
  readonly type: "oauth" | "api_key";
  readonly key?: string;
  readonly access?: string;
  readonly refresh?: string;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
  readonly accountId?: string;
  /** Variables that go with a key. */
  readonly env?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** How pi shows a sign-in and asks for input (0.81 and later). */
export interface PiInteraction {
  readonly signal?: AbortSignal;
  prompt: (prompt: {
    readonly type: "text" | "secret" | "select" | "manual_code";
    readonly message: string;
    readonly placeholder?: string;
    readonly options?: readonly { readonly id: string; readonly label: string }[];
    readonly signal?: AbortSignal;
  }) => Promise<string>;
  notify: (
    event:
      | { readonly type: "info" | "progress"; readonly message: string }
      | { readonly type: "auth_url"; readonly url: string; readonly instructions?: string }
      | {
          readonly type: "device_code";
          readonly userCode: string;
          readonly verificationUri: string;
          readonly expiresInSeconds?: number;
        },
  ) => void;
}

interface PiResolveInput {
  readonly ctx?: { env(name: string): Promise<string | undefined> };
  readonly credential?: PiStored | undefined;
}

/** What pi makes a call with. */
export interface PiResolved {
  readonly auth: { readonly apiKey: string };
  /** Comes back as `env` of the call. */
  readonly env?: Readonly<Record<string, string>>;
  readonly source?: string;
}

/** What pi asks a provider about its keys. */
export interface PiKeyAuth {
  readonly name: string;
  login(interaction: PiInteraction): Promise<{ readonly type: "api_key"; readonly key: string }>;
  resolve(input: PiResolveInput): Promise<PiResolved | undefined>;
}

/** What pi asks a provider about its logins. */
export interface PiOAuth {
  readonly name: string;
  readonly isSubscription: true;
  readonly loginLabel: string;
  login(interaction: PiInteraction): Promise<PiStored>;
  refresh(credential: PiStored, signal?: AbortSignal): Promise<PiStored>;
  toAuth(credential: PiStored): Promise<{ readonly apiKey: string; readonly headers?: PiHeaders }>;
}

/** What pi says when it wants a newer list of models. */
export interface PiRefreshModels {
  readonly credential?: PiStored | undefined;
  readonly stored?: { readonly models: readonly PiListedModel[] } | undefined;
  readonly allowNetwork: boolean;
  readonly signal?: AbortSignal;
  publish(change: {
    readonly persist?: { readonly models: readonly PiListedModel[]; readonly checkedAt?: number } | null;
    readonly update?: () => void;
  }): Promise<boolean>;
}

/** A provider in the form that pi has since 0.81. */
export interface PiNativeProvider {
  readonly id: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly auth: { readonly apiKey: PiKeyAuth; readonly oauth?: PiOAuth };
  getModels(): readonly PiListedModel[];
  refreshModels(context: PiRefreshModels): Promise<void>;
  readonly stream: PiStream;
  readonly streamSimple: PiStream;
}

/** How pi shows a sign-in and asks for input (before 0.81); what came later may be missing. */
export interface PiLegacyCallbacks {
  onAuth(info: { readonly url: string; readonly instructions?: string }): void;
  onPrompt(prompt: { readonly message: string; readonly placeholder?: string }): Promise<string>;
  onProgress?(message: string): void;
  onDeviceCode?(info: { readonly userCode: string; readonly verificationUri: string }): void;
  onSelect?(prompt: {
    readonly message: string;
    readonly options: readonly { readonly id: string; readonly label: string }[];
  }): Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

/** A provider in the form that pi had before. */
export interface PiLegacyProvider {
  readonly name: string;
  readonly baseUrl: string;
  readonly api: string;
  readonly apiKey?: string;
  readonly oauth?: {
    readonly name: string;
    login(callbacks: PiLegacyCallbacks): Promise<PiStored>;
    refreshToken(credential: PiStored, signal?: AbortSignal): Promise<PiStored>;
    getApiKey(credential: PiStored): string;
  };
  readonly models: readonly Omit<PiListedModel, "provider" | "api" | "baseUrl">[];
  readonly streamSimple: PiStream;
}

/** Where pi's own models and their prices are. */
export interface PiModelLookup {
  find(provider: string, id: string): { readonly cost?: PiModelCost } | undefined;
}

/** What of pi's `ExtensionAPI` is used. */
export interface PiHost {
  registerProvider(provider: PiNativeProvider): void;
  registerProvider(name: string, provider: PiLegacyProvider): void;
  on?(event: "session_start", handler: (event: unknown, context: { modelRegistry?: PiModelLookup }) => void): unknown;
}

/**
 * True when this pi takes providers as objects. Only these know models of one's own (`models.json`); an older pi that is given
 * one does not start. Nothing but its code tells the two apart: both hands are the same, and there is no version on them.
 */
export function takesNativeProviders(pi: PiHost): boolean {
  const { registerProvider } = pi as { readonly registerProvider: (this: void, ...args: never[]) => void };
  return Function.prototype.toString.call(registerProvider).includes("registerNativeProvider");
}
