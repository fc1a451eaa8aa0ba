/**
 * Tools of the AI SDK as the backend takes them, and those that the backend has itself.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Tool } from "../../protocol/responses/item.ts";
import { PROVIDER } from "./own-metadata.ts";
import type { CallOptions, CallProviderTool, CallToolChoice, CallWarning } from "./types.ts";

/** A Standard Schema (standardschema.dev) that takes what comes: the backend has made it. */
export interface AnySchema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: T };
  };
}

/** A tool that the backend has and runs, for `tools` of `generateText` and its like. */
export interface BackendTool {
  readonly type: "provider";
  readonly id: `planport.${string}`;
  readonly args: Record<string, unknown>;
  readonly isProviderExecuted: true;
  readonly inputSchema: AnySchema<Record<string, never>>;
  readonly outputSchema: AnySchema<unknown>;
}

/** A tool of the program's own in a form that the backend defines. */
export interface FreeformTool {
  readonly type: "provider";
  readonly id: "planport.custom";
  readonly args: Record<string, unknown>;
  readonly isProviderExecuted: false;
  readonly inputSchema: AnySchema<string>;
  readonly outputSchema: AnySchema<unknown>;
  readonly execute?: (input: string) => unknown;
}

/** Options of {@link PlanportTools.webSearch}. */
export interface WebSearchArgs {
  /** How much of the pages the model gets to read. */
  readonly searchContextSize?: "low" | "medium" | "high" | undefined;
  /** Where the person is, as far as the search should know. */
  readonly userLocation?:
    | {
        readonly type: "approximate";
        readonly city?: string | undefined;
        readonly country?: string | undefined;
        readonly region?: string | undefined;
        readonly timezone?: string | undefined;
      }
    | undefined;
  /** Which sites may be read. */
  readonly filters?: { readonly allowedDomains?: readonly string[] | undefined } | undefined;
}

/** Options of {@link PlanportTools.imageGeneration}. */
export interface ImageGenerationArgs {
  readonly background?: "auto" | "opaque" | "transparent" | undefined;
  readonly outputFormat?: "png" | "jpeg" | "webp" | undefined;
  readonly quality?: "auto" | "low" | "medium" | "high" | undefined;
  readonly size?: string | undefined;
}

/** Options of {@link PlanportTools.custom}. */
export interface CustomToolArgs {
  readonly description?: string | undefined;
  /** What the input may look like. */
  readonly format?:
    | { readonly type: "text" }
    | { readonly type: "grammar"; readonly syntax: "lark" | "regex"; readonly definition: string }
    | undefined;
  readonly execute?: ((input: string) => unknown) | undefined;
}

/** The backend's tools. */
export interface PlanportTools {
  /** The model searches the web; the pages come as sources. */
  webSearch(args?: WebSearchArgs): BackendTool;
  /** The model makes a picture; it comes as the tool's result, in base64. */
  imageGeneration(args?: ImageGenerationArgs): BackendTool;
  /** A tool of the program's own whose input is any text. */
  custom(args?: CustomToolArgs): FreeformTool;
}

/** The makers of tools that a provider has. */
export const planportTools: PlanportTools = {
  webSearch: (args = {}) => backendTool("web_search", args),
  imageGeneration: (args = {}) => backendTool("image_generation", args),
  custom: ({ execute, ...args } = {}) => ({
    type: "provider",
    id: "planport.custom",
    args,
    isProviderExecuted: false,
    inputSchema: anySchema(),
    outputSchema: anySchema(),
    ...(execute !== undefined && { execute }),
  }),
};

function backendTool(name: string, args: object): BackendTool {
  return {
    type: "provider",
    id: `planport.${name}`,
    args: { ...args },
    isProviderExecuted: true,
    inputSchema: anySchema(),
    outputSchema: anySchema(),
  };
}

function anySchema<T>(): AnySchema<T> {
  return { "~standard": { version: 1, vendor: "planport", validate: (value) => ({ value: value as T }) } };
}

/** The tools of a call. */
export interface TranslatedTools {
  readonly tools: Tool[];
  /** The program's names of freeform tools. */
  readonly custom: ReadonlySet<string>;
  /** The program's names of the backend's tools, by their types on the wire. */
  readonly named: ReadonlyMap<string, string>;
}

/** Translates tools; those that the backend does not have are left out, and told of. */
export function toTools(given: CallOptions["tools"], warnings: CallWarning[]): TranslatedTools {
  const custom = new Set<string>();
  const named = new Map<string, string>();
  const tools = (given ?? []).flatMap((tool): Tool[] => {
    if (tool.type === "function") {
      const { name, description, inputSchema, strict = false } = tool;
      return [
        { type: "function", name, ...(description !== undefined && { description }), parameters: inputSchema, strict },
      ];
    }
    const made = toProviderTool(tool);
    if (made === null) {
      warnings.push({ type: "unsupported", feature: `provider-defined tool ${tool.id}` });
      return [];
    }
    if (made.type === "custom") custom.add(tool.name);
    else named.set(made.type, tool.name);
    return [made];
  });
  return { tools, custom, named };
}

/** Those that the backend has, also by the names that `@ai-sdk/openai` gives them. */
function toProviderTool({ id, name, args }: CallProviderTool): Tool | null {
  const [provider, ...kind] = id.split(".");
  if (provider !== PROVIDER && provider !== "openai") return null;
  switch (kind.join(".")) {
    case "web_search":
    case "web_search_preview":
      return { type: "web_search", ...inWireWords(args) };
    case "image_generation":
      return { type: "image_generation", ...inWireWords(args) };
    case "custom":
      return { ...inWireWords(args), type: "custom", name };
    default:
      return null;
  }
}

/** Names of fields as the wire has them: `searchContextSize` is `search_context_size` there. */
function inWireWords(value: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (inner === undefined) return [];
    const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [[name, isJsonObject(inner) ? inWireWords(inner) : inner]];
  });
  return Object.fromEntries(entries);
}

/** The choice as the wire has it; undefined when there is none. */
export function toToolChoice(choice: CallToolChoice | undefined, { custom, named }: TranslatedTools): unknown {
  if (choice?.type !== "tool") return choice?.type;
  const { toolName: name } = choice;
  if (custom.has(name)) return { type: "custom", name };
  const own = [...named].find(([, given]) => given === name);
  return own === undefined ? { type: "function", name } : { type: own[0] };
}
