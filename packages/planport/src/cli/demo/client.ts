/**
 * A client for the demo: OpenAI's own library where it is installed, else plain HTTP.
 * @module
 */
import { type JsonObject, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import { UpstreamError, isPlanportError } from "../../errors.ts";
import { createSseDecoder } from "../../sse/index.ts";

/** A tool call of the model. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** A message of a chat, in the shape of the Chat Completions API. */
export type ChatMessage = JsonObject;

/** What the model answered in a chat. */
export interface ChatAnswer {
  /** As it must be sent back. */
  readonly message: ChatMessage;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
}

/** What the demo needs of an OpenAI client. */
export interface DemoClient {
  /** For people: which client this is. */
  readonly name: string;
  listModels(): Promise<readonly string[]>;
  /** `POST /v1/responses`, streamed: `onText` gets the pieces. */
  ask(model: string, question: string, onText: (text: string) => Promise<void>): Promise<void>;
  /** `POST /v1/chat/completions`. */
  chat(model: string, messages: readonly ChatMessage[], tools: readonly JsonObject[]): Promise<ChatAnswer>;
}

/** The part of the `openai` package that the demo uses. */
interface OpenAIClient {
  readonly models: { list(): AsyncIterable<{ readonly id: string }> };
  readonly responses: { create(body: JsonObject, options: JsonObject): Promise<AsyncIterable<JsonObject>> };
  readonly chat: { readonly completions: { create(body: JsonObject, options: JsonObject): Promise<unknown> } };
}

type OpenAIModule = { readonly default: new (options: JsonObject) => OpenAIClient };

/**
 * Opens a client for the gateway at `url`. Its calls throw an UpstreamError `upstream_failed` with what the client says.
 */
export async function openDemoClient(url: string, apiKey: string, signal: AbortSignal): Promise<DemoClient> {
  const baseUrl = `${url}/v1`;
  const library = await importOpenAI();
  const client =
    library === null ? plainClient(baseUrl, apiKey, signal) : libraryClient(library, baseUrl, apiKey, signal);
  return {
    name: client.name,
    listModels: () => named(client.listModels()),
    ask: (model, question, onText) => named(client.ask(model, question, onText)),
    chat: (model, messages, tools) => named(client.chat(model, messages, tools)),
  };
}

/** What a client throws is foreign to planport; its message is what the user should see. */
async function named<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (isPlanportError(error) || !(error instanceof Error)) throw error;
    throw new UpstreamError("upstream_failed", `The client said: ${error.message}`);
  }
}

/** The library is no dependency of planport's: it is there in a checkout, and where somebody installed it. */
async function importOpenAI(): Promise<OpenAIModule | null> {
  const specifier = "openai";
  try {
    return (await import(specifier)) as OpenAIModule;
  } catch {
    return null; // Not installed: the plain client says so in its name.
  }
}

function libraryClient(library: OpenAIModule, baseURL: string, apiKey: string, signal: AbortSignal): DemoClient {
  const openai = new library.default({ baseURL, apiKey, maxRetries: 0 });
  return {
    name: "the openai library",
    async listModels() {
      const ids: string[] = [];
      for await (const { id } of openai.models.list()) ids.push(id);
      return ids;
    },
    async ask(model, question, onText) {
      const stream = await openai.responses.create({ model, input: question, stream: true }, { signal });
      for await (const event of stream) await takeEvent(event, onText);
    },
    chat: async (model, messages, tools) =>
      readChat(await openai.chat.completions.create({ model, messages, tools }, { signal })),
  };
}

function plainClient(baseUrl: string, apiKey: string, signal: AbortSignal): DemoClient {
  const call = async (path: string, body?: JsonObject): Promise<Response> => {
    const response = await fetch(baseUrl + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    if (!response.ok) throw new UpstreamError("upstream_refused", `${path} answered ${response.status}.`);
    return response;
  };
  return {
    name: "plain fetch (the openai library is not installed here)",
    async listModels() {
      const list: unknown = await (await call("/models")).json();
      const data = isJsonObject(list) && Array.isArray(list["data"]) ? (list["data"] as unknown[]) : [];
      return data.flatMap((model) => (isJsonObject(model) ? (asString(model["id"]) ?? []) : []));
    },
    async ask(model, question, onText) {
      const { body } = await call("/responses", { model, input: question, stream: true });
      const events: JsonObject[] = [];
      const decoder = createSseDecoder({
        onEvent: ({ data }) => {
          const event = tryParseJson(data);
          if (isJsonObject(event)) events.push(event);
        },
      });
      for await (const chunk of body ?? []) {
        decoder.feed(chunk);
        for (const event of events.splice(0)) await takeEvent(event, onText);
      }
    },
    chat: async (model, messages, tools) =>
      readChat(await (await call("/chat/completions", { model, messages, tools })).json()),
  };
}

async function takeEvent(event: JsonObject, onText: (text: string) => Promise<void>): Promise<void> {
  const delta = asString(event["delta"]);
  if (event["type"] === "response.output_text.delta" && delta !== undefined) await onText(delta);
  if (event["type"] === "error" || event["type"] === "response.failed")
    throw new UpstreamError("upstream_failed", "The gateway's stream ended with an error.");
}

function readChat(answer: unknown): ChatAnswer {
  const choices = isJsonObject(answer) && Array.isArray(answer["choices"]) ? (answer["choices"] as unknown[]) : [];
  const message = isJsonObject(choices[0]) ? choices[0]["message"] : undefined;
  if (!isJsonObject(message)) throw new UpstreamError("upstream_malformed", "The gateway's answer holds no message.");
  const calls = Array.isArray(message["tool_calls"]) ? (message["tool_calls"] as unknown[]) : [];
  return { message, text: asString(message["content"]) ?? "", toolCalls: calls.flatMap(readToolCall) };
}

function readToolCall(call: unknown): ToolCall[] {
  const { id, function: named } = isJsonObject(call) ? call : {};
  if (!isJsonObject(named)) return [];
  return [
    {
      id: asString(id) ?? "",
      name: asString(named["name"]) ?? "",
      arguments: asString(named["arguments"]) ?? "",
    },
  ];
}
