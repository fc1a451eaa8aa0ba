/**
 * What an answer holds beside text, thinking and calls of the client's tools, in the words of Chat Completions where there are
 * any. Both fields are extensions: OpenAI's own chats have neither images nor tools that the backend runs.
 * @module
 */
import type { ChatExtras } from "../protocol/chat/completion.ts";
import { type JsonObject, asString } from "../protocol/json.ts";
import { imageTypeOf } from "./images/answer.ts";

/** Types of items that have a place of their own in a chat. */
const AT_HOME: ReadonlySet<string> = new Set(["", "message", "reasoning", "function_call", "custom_tool_call"]);

/** The extensions that a finished item fills; no field for one that has its place in the message. */
export function toChatExtras(item: JsonObject): ChatExtras {
  const [type, result] = [asString(item["type"]) ?? "", asString(item["result"]) ?? ""];
  if (AT_HOME.has(type)) return {};
  if (type !== "image_generation_call" || result === "") return { output_items: [item] };
  return { images: [{ type: "image_url", image_url: { url: `data:${imageTypeOf(result)};base64,${result}` } }] };
}
