/**
 * Capabilities: what a client may have set about how its requests are shaped, under the names that llm-interactive-proxy
 * gave them (`docs/user_guide/backends/openai-codex.md` there). One table, and so one set of defaults; what each of them does
 * stands beside it.
 * @module
 */
import { RequestError } from "../errors.ts";
import { checkFields, checkObject, choice, type FieldKind, FLAG } from "./check.ts";
import type { JsonObject } from "./json.ts";

/** Whose instructions the model gets. */
export type PromptMode = "codex_default" | "merge_custom" | "custom_only" | "passthrough";
/** Whose tools the model gets. */
export type ToolSchemaMode = "codex_default" | "merge_custom" | "custom_only";
/** How tool calls come back. */
export type ToolTextFormat = "none" | "xml" | "markdown" | "summary";
/** The endpoint that requests come in by. */
export type Protocol = "any" | "openai-chat" | "openai-responses";

/** All of them, settled. */
export interface Capabilities {
  readonly protocol: Protocol;
  readonly codex_passthrough: boolean;
  readonly prompt_mode: PromptMode;
  readonly tool_schema_mode: ToolSchemaMode;
  readonly tool_text_format: ToolTextFormat;
  readonly bypass_tool_call_reactor: boolean;
  readonly include_environment_context: boolean;
}

/** One of {@link Capabilities}. */
export type CapabilityName = keyof Capabilities;

/** What is known of one of them. */
export interface CapabilitySpec<T> {
  readonly kind: FieldKind;
  readonly standard: T;
  /** What each value does, as Markdown. */
  readonly effects: Readonly<Record<string, string>>;
}

/** The table. docs/profiles.md shows it, and the JSON Schema of planport.yaml is made of it. */
export const CAPABILITY_TABLE: { readonly [K in CapabilityName]: CapabilitySpec<Capabilities[K]> } = {
  protocol: {
    kind: choice("any", "openai-chat", "openai-responses"),
    standard: "any",
    effects: {
      any: "Requests may come in by every endpoint.",
      "openai-chat": "Only `POST /v1/chat/completions` is served; a request by another endpoint is a 400.",
      "openai-responses": "Only `POST /v1/responses` is served; a request by another endpoint is a 400.",
    },
  },
  codex_passthrough: {
    kind: FLAG,
    standard: false,
    effects: {
      false:
        "What the model's catalogue entry does not list is fitted to it or left out (effort, summary, verbosity), a missing `prompt_cache_key` is derived, and calls without results are refused here, with their id.",
      true: "These go to the backend as the client wrote them, and the backend judges. Only what it refuses from everybody is still left out or renamed.",
    },
  },
  prompt_mode: {
    kind: choice("codex_default", "merge_custom", "custom_only", "passthrough"),
    standard: "codex_default",
    effects: {
      codex_default:
        "A request that brings no instructions and no system or developer message gets the model's own from the live catalogue, else a short neutral line. One that brings some keeps them, and gets nothing else.",
      merge_custom: "The model's own instructions go first, those of the request after them.",
      custom_only: "The request's instructions alone; where it has none, the short neutral line.",
      passthrough: "The request's instructions as they are. Where it has none, none are sent, and the backend judges.",
    },
  },
  tool_schema_mode: {
    kind: choice("codex_default", "merge_custom", "custom_only"),
    standard: "custom_only",
    effects: {
      codex_default:
        "Codex's tools in place of the client's: `shell_command`, `update_plan`, and by the model's catalogue entry `apply_patch` and `view_image`. Their calls go to the client; nothing is run here.",
      merge_custom: "The client's tools, and those of Codex whose names the client does not use.",
      custom_only: "The client's tools alone.",
    },
  },
  tool_text_format: {
    kind: choice("none", "xml", "markdown", "summary"),
    standard: "none",
    effects: {
      none: "Tool calls come back as tool calls.",
      xml: "They come back as text: an element named after the tool with one element for each argument.",
      markdown: "They come back as text: the tool's name in bold and its arguments in a fenced block.",
      summary: "They come back as text: one line with the tool's name and its arguments, each cut to 80 characters.",
    },
  },
  bypass_tool_call_reactor: {
    kind: FLAG,
    standard: true,
    effects: {
      true: "A conversation in which a tool call lacks its result, or a result its call, is refused with the id.",
      false: "It is repaired, and `x-planport-changes` tells how.",
    },
  },
  include_environment_context: {
    kind: FLAG,
    standard: false,
    effects: {
      false: "Nothing is said about anybody's environment.",
      true: "What the request says of its own environment (`codex_environment_context`, `cwd`, …) goes in front of the first user message. Of the machine that planport runs on nothing is sent.",
    },
  },
};

/** Their names, in the table's order. */
export const CAPABILITY_NAMES: readonly CapabilityName[] = Object.keys(CAPABILITY_TABLE) as CapabilityName[];

/** The defaults: a transparent proxy for the client's own tools. */
export const DEFAULT_CAPABILITIES: Capabilities = Object.freeze(
  Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, CAPABILITY_TABLE[name].standard])),
) as unknown as Capabilities;

const FIELDS = Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, CAPABILITY_TABLE[name].kind]));

/**
 * Checks capabilities as a request has them. `null` counts as not set.
 * @param path Where they stand, such as `extra_body.codex_capabilities`.
 * @throws {RequestError} `request_invalid` naming the key, for unknown keys and values.
 */
export function parseCapabilities(value: unknown, path: string): Partial<Capabilities> {
  const given = checkObject(value, path);
  for (const name of Object.keys(given)) if (!isCapabilityName(name)) refuseKey(name, path);
  checkFields(given, FIELDS, path);
  return withoutNulls(given);
}

/** True for the name of one of them. */
function isCapabilityName(name: string): name is CapabilityName {
  return Object.hasOwn(CAPABILITY_TABLE, name);
}

function refuseKey(name: string, path: string): never {
  const param = `${path}.${/^[\w.-]{1,40}$/.test(name) ? name : "?"}`;
  throw new RequestError(
    "request_invalid",
    `${param}: there is no such capability; there are ${CAPABILITY_NAMES.join(", ")}.`,
    { cause: { param } },
  );
}

function withoutNulls(given: JsonObject): Partial<Capabilities> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}
