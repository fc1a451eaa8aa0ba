/**
 * A conversation of pi's as a request to the backend.
 * @module
 */
import { isJsonObject, type JsonObject, tryParseJson } from "../../../protocol/json.ts";
import type { ContentPart, FunctionTool, Item } from "../../../protocol/responses/item.ts";
import type { ReasoningOptions, ResponsesRequest } from "../../../protocol/responses/request.ts";
import type {
  PiAssistantMessage,
  PiContext,
  PiImage,
  PiListedModel,
  PiMessage,
  PiStreamOptions,
  PiSystemMessage,
  PiText,
  PiTool,
} from "./host.ts";

/** Goes out where pi was given no prompt: the backend insists on one. */
const DEFAULT_PROMPT = "You are a helpful assistant.";

/**
 * The request. How long an answer may be is not in it: the backend takes no such limit.
 * @param options The level of thinking, and whether tools may be called.
 */
export function toRequest(
  model: PiListedModel,
  context: PiContext,
  options: Pick<PiStreamOptions, "reasoning" | "toolChoice">,
): ResponsesRequest {
  const { prompt, tools } = promptAndTools(context);
  return {
    model: model.id,
    instructions: prompt || DEFAULT_PROMPT,
    input: context.messages.flatMap((message) => itemsOf(message, model)),
    stream: true,
    store: false,
    ...(tools.length > 0 && {
      tools: tools.map(toFunctionTool),
      tool_choice: options.toolChoice === "none" ? "none" : "auto",
      parallel_tool_calls: true,
    }),
    ...(model.reasoning && { reasoning: reasoningOf(model, options.reasoning ?? "off") }),
  };
}

/** What a level of thinking is called on the wire; what the model lacks is fitted where its list is known. */
function reasoningOf(model: PiListedModel, level: NonNullable<PiStreamOptions["reasoning"]>): ReasoningOptions {
  const named = model.thinkingLevelMap?.[level];
  return { effort: named ?? (level === "off" ? "none" : level), summary: "auto" };
}

/** Prompt and tools that hold now: beside the messages (before pi 0.86), else as the system messages have built them up. */
function promptAndTools(context: PiContext): { readonly prompt: string; readonly tools: readonly PiTool[] } {
  const parts = [context.systemPrompt ?? ""];
  const sections = new Map<string, string>();
  const tools = new Map((context.tools ?? []).map((tool) => [tool.name, tool]));
  for (const message of context.messages) {
    if (message.role !== "system") continue;
    parts.push(textOf(message.content));
    for (const [name, text] of Object.entries(message.sections ?? {})) {
      if (text === null) sections.delete(name);
      else sections.set(name, text);
    }
    for (const { name } of message.toolsRemoved ?? []) tools.delete(name);
    for (const tool of message.toolsAdded ?? []) tools.set(tool.name, tool);
  }
  const prompt = [...parts, ...sections.values()].filter((text) => text.trim() !== "").join("\n\n");
  return { prompt, tools: [...tools.values()] };
}

function textOf(content: PiSystemMessage["content"]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

function toFunctionTool({ name, description, parameters }: PiTool): FunctionTool {
  return {
    type: "function",
    name,
    description: description ?? "",
    parameters: isJsonObject(parameters) ? parameters : { type: "object", properties: {} },
    // pi's schemas have optional fields, which strict ones may not.
    strict: false,
  };
}

function itemsOf(message: PiMessage, model: PiListedModel): Item[] {
  if (message.role === "system") return [];
  if (message.role === "assistant") return answerItems(message, model);
  if (message.role === "toolResult")
    return [
      {
        type: "function_call_output",
        call_id: callId(message.toolCallId),
        output: outputOf(message.content, model),
      },
    ];
  const content = partsOf(message.content, model);
  return content.length === 0 ? [] : [{ type: "message", role: "user", content }];
}

/** An answer that came to no end is left out: its calls have no results, and its thinking is not sealed. */
function answerItems(message: PiAssistantMessage, model: PiListedModel): Item[] {
  if (message.stopReason === "error" || message.stopReason === "aborted") return [];
  const isOurs =
    message.provider === model.provider && (message.model === model.id || message.responseModel === model.id);
  return message.content.flatMap((block): Item[] => {
    if (block.type === "thinking") {
      // Sealed for the model that thought it; to another one it says nothing.
      const item = isOurs ? tryParseJson(block.thinkingSignature ?? "") : undefined;
      return isJsonObject(item) && item["type"] === "reasoning" ? [item as Item] : [];
    }
    if (block.type === "toolCall")
      return [
        {
          type: "function_call",
          call_id: callId(block.id),
          name: block.name,
          arguments: JSON.stringify(block.arguments),
          status: "completed",
        },
      ];
    if (block.text.trim() === "") return [];
    const phase = isOurs ? phaseOf(block) : undefined;
    const content: ContentPart[] = [{ type: "output_text", text: block.text }];
    return [{ type: "message", role: "assistant", content, ...(phase !== undefined && { phase }) }];
  });
}

function phaseOf({ textSignature }: PiText): unknown {
  const signature: unknown = textSignature === undefined ? undefined : tryParseJson(textSignature);
  return isJsonObject(signature) ? (signature["phase"] ?? undefined) : undefined;
}

/** The backend's own part of an id; of another provider's, what the backend takes. */
function callId(id: string): string {
  return (id.split("|")[0] ?? id).replaceAll(/[^\w-]/g, "_").slice(0, 64);
}

function outputOf(content: readonly (PiText | PiImage)[], model: PiListedModel): string | ContentPart[] {
  if (content.some((block) => block.type === "image") && model.input.includes("image")) return partsOf(content, model);
  const texts = partsOf(content, model).flatMap((part: JsonObject) => [String(part["text"])]);
  return texts.join("\n") || "(no output)";
}

function partsOf(content: string | readonly (PiText | PiImage)[], model: PiListedModel): ContentPart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "input_text", text: content }];
  return content.flatMap((block): ContentPart[] => {
    if (block.type === "text") return block.text === "" ? [] : [{ type: "input_text", text: block.text }];
    if (!model.input.includes("image"))
      return [{ type: "input_text", text: "(An image was left out: this model takes none.)" }];
    return [{ type: "input_image", image_url: `data:${block.mimeType};base64,${block.data}` }];
  });
}
