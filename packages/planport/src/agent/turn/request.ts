/**
 * The request that goes out for a turn: the conversation, the tools, and what the model is told of where it works.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import type { ContentPart, FunctionTool, Item, Tool } from "../../protocol/responses/item.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import { uuidv7 } from "../ids.ts";
import type { UserInput } from "../items.ts";
import type { SandboxPolicy } from "../policy.ts";
import type { ThreadSettings } from "../settings.ts";
import type { Toolbox } from "../tools/types.ts";

/** What the model is told of its work, after its own instructions. */
const AGENT_INSTRUCTIONS = [
  "You work for the user in a folder on their machine, by the tools you are given. Carry the task through: look before you change,",
  "change no more than the task needs, check what you did, and then say in few words what you did and what is left.",
  "Commands and patches may be limited by a sandbox, and the user may be asked before they run; accept a refusal.",
].join("\n");

/** The part of a model's window that a conversation may fill, as in Codex. */
const USABLE_WINDOW = 0.95;

/** Tokens that a conversation with a model may hold; null when the list does not say. */
export function contextWindowOf(model: ModelInfo | null): number | null {
  const window = model?.context_window;
  return typeof window === "number" ? usableWindow(window) : null;
}

/** The part of a window that a conversation may fill, in tokens. */
export function usableWindow(window: number): number {
  return Math.floor(window * USABLE_WINDOW);
}

/** Builds the request for what has been said so far. */
export function buildRequest(
  settings: ThreadSettings,
  history: readonly Item[],
  toolbox: Toolbox,
  outputSchema: JsonObject | null,
): ResponsesRequest {
  const tools: Tool[] = [
    ...toolbox.tools.map(({ wire }) => wire as Tool),
    ...settings.dynamicTools.map(toFunctionTool),
  ];
  const reasoning = {
    ...(settings.effort !== null && { effort: settings.effort }),
    ...(settings.summary !== null && settings.summary !== "none" && { summary: settings.summary }),
  };
  return {
    model: settings.model,
    instructions: settings.baseInstructions ?? AGENT_INSTRUCTIONS,
    input: [...history],
    ...(tools.length > 0 && { tools, tool_choice: "auto", parallel_tool_calls: true }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...(outputSchema !== null && {
      text: { format: { type: "json_schema", name: "codex_output_schema", strict: true, schema: outputSchema } },
    }),
    ...(settings.serviceTier !== null && { service_tier: settings.serviceTier }),
    store: false,
    stream: true,
  };
}

function toFunctionTool({ namespace, name, description, inputSchema }: ThreadSettings["dynamicTools"][number]): Tool {
  const tool: FunctionTool = { type: "function", name, description, strict: false, parameters: inputSchema };
  return namespace === null ? tool : { type: "namespace", name: namespace, description: "", tools: [tool] };
}

/** What goes in front of a thread's first message: the parent's instructions, and where the model works. */
export function openingItems(settings: ThreadSettings, nowMs: number): Item[] {
  const items: Item[] = [];
  if (settings.developerInstructions !== null)
    items.push(message("developer", [{ type: "input_text", text: settings.developerInstructions }], nowMs));
  items.push(message("user", [{ type: "input_text", text: environmentText(settings, nowMs) }], nowMs));
  return items;
}

/** Marks what {@link openingItems} says of the environment: nobody said it, so it is no user's message. */
const ENVIRONMENT_TAG = "<environment_context>";

function environmentText({ cwd, sandbox, approvalPolicy }: ThreadSettings, nowMs: number): string {
  return [
    ENVIRONMENT_TAG,
    `  <cwd>${cwd}</cwd>`,
    `  <platform>${process.platform}</platform>`,
    `  <current_date>${new Date(nowMs).toISOString().slice(0, 10)}</current_date>`,
    `  <sandbox>${sandboxText(sandbox)}</sandbox>`,
    `  <approval_policy>${approvalPolicy}</approval_policy>`,
    "</environment_context>",
  ].join("\n");
}

function sandboxText(sandbox: SandboxPolicy): string {
  if (sandbox.type === "dangerFullAccess") return "none";
  const network = sandbox.networkAccess ? "with network" : "without network";
  if (sandbox.type === "readOnly") return `read-only, ${network}`;
  return `writes only below ${["the cwd", ...sandbox.writableRoots].join(", ")}, ${network}`;
}

/** What a person said, as an item of the conversation. */
export function userMessage(input: readonly UserInput[], images: ReadonlyMap<string, string>, nowMs: number): Item {
  const parts = input.flatMap((part): ContentPart[] => {
    if (part.type === "text" && typeof part.text === "string") return [{ type: "input_text", text: part.text }];
    if (part.type === "image" && typeof part.url === "string") return [{ type: "input_image", image_url: part.url }];
    if (part.type === "localImage" && typeof part.path === "string") {
      const url = images.get(part.path);
      const missing = `The image ${part.path} could not be read.`;
      return [url === undefined ? { type: "input_text", text: missing } : { type: "input_image", image_url: url }];
    }
    // A file or a skill that was pointed at: the model can look for itself.
    return "path" in part && typeof part.path === "string" ? [{ type: "input_text", text: part.path }] : [];
  });
  return message("user", parts, nowMs);
}

function message(role: "developer" | "user", content: ContentPart[], nowMs: number): Item {
  return { type: "message", id: `msg_${uuidv7(nowMs)}`, role, content };
}
