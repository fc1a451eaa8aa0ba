/**
 * The models of the simulator: the slugs and traits of the Codex catalogue, with prompts of its own.
 * @module
 */
import { createHash } from "node:crypto";
import type { ModelInfo } from "../../protocol/index.ts";
import type { ModelOptions } from "../types.ts";

/** The models on offer. */
export interface Catalogue {
  readonly models: readonly ModelInfo[];
  /** Changes whenever the list does. */
  readonly etag: string;
  readonly find: (slug: string) => ModelInfo | undefined;
}

type Row = readonly [slug: string, priority: number, window: number, effort: string, efforts: string, hidden?: "hide"];

const DEEP = "low medium high xhigh max ultra";
const FULL = "low medium high xhigh max";

const ROWS: readonly Row[] = [
  ["gpt-6.1-sol", 1, 272_000, "low", DEEP],
  ["gpt-6-astra", 2, 272_000, "low", DEEP],
  ["gpt-6-sol", 3, 272_000, "medium", DEEP],
  ["gpt-6-luna", 4, 272_000, "medium", FULL],
  ["gpt-5.6-sol", 5, 272_000, "low", DEEP],
  ["gpt-6.1-terra", 7, 500_000, "low", DEEP],
  ["gpt-5.6-terra", 8, 272_000, "medium", DEEP],
  ["gpt-5.6-luna", 9, 272_000, "medium", FULL],
  ["gpt-5.5", 13, 272_000, "medium", "low medium high xhigh"],
  ["codex-auto-review", 43, 272_000, "medium", FULL, "hide"],
];

const EFFORT_NOTES: Readonly<Record<string, string>> = {
  low: "Fast answers with light reasoning",
  medium: "Balances speed and depth",
  high: "Thinks longer about hard problems",
  xhigh: "Thinks very long",
  max: "Thinks as long as it may",
  ultra: "Thinks as long as it may, with helpers",
};

/** Makes a catalogue: the usual one, or just these models. */
export function createCatalogue(only?: readonly ModelOptions[]): Catalogue {
  const models = only === undefined ? ROWS.map(fromRow) : only.map(fromOptions);
  const bySlug = new Map(models.map((model) => [model.slug, model]));
  const etag = `W/"${createHash("sha256").update(JSON.stringify(models)).digest("hex").slice(0, 32)}"`;
  return { models, etag, find: (slug) => bySlug.get(slug) };
}

function fromRow([slug, priority, contextWindow, effort, efforts, hidden]: Row): ModelInfo {
  const lite = slug !== "gpt-5.5";
  return {
    ...traits(slug, lite),
    priority,
    context_window: contextWindow,
    max_context_window: contextWindow,
    default_reasoning_level: effort,
    supported_reasoning_levels: efforts.split(" ").map((level) => ({
      effort: level,
      description: EFFORT_NOTES[level] ?? level,
    })),
    visibility: hidden ?? "list",
  };
}

function fromOptions(options: ModelOptions): ModelInfo {
  return { ...traits(options.slug, options.use_responses_lite === true), ...options };
}

function traits(slug: string, lite: boolean): ModelInfo {
  return {
    slug,
    display_name: displayName(slug),
    description: `Simulated ${slug}.`,
    supported_in_api: true,
    visibility: "list",
    priority: 50,
    shell_type: "shell_command",
    base_instructions: `You are ${displayName(slug)}, a simulated coding agent. Be brief and exact.`,
    context_window: 272_000,
    max_context_window: 272_000,
    default_reasoning_level: "medium",
    supported_reasoning_levels: [{ effort: "medium", description: EFFORT_NOTES["medium"] ?? "medium" }],
    supports_reasoning_summaries: true,
    default_reasoning_summary: "none",
    support_verbosity: true,
    default_verbosity: "low",
    supports_parallel_tool_calls: true,
    apply_patch_tool_type: "freeform",
    web_search_tool_type: "text_and_image",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
    supports_image_detail_original: true,
    prefer_websockets: true,
    use_responses_lite: lite,
    tool_mode: lite ? "code_mode_only" : null,
    additional_speed_tiers: [],
    service_tiers: [{ id: "priority", name: "Fast", description: "Faster, uses more of the plan" }],
    default_service_tier: null,
    available_in_plans: ["free", "go", "plus", "pro", "team", "business", "enterprise", "edu"],
    auto_compact_token_limit: null,
    minimal_client_version: lite ? "0.144.0" : "0.124.0",
    availability_nux: null,
    upgrade: null,
  };
}

function displayName(slug: string): string {
  return slug
    .split("-")
    .map((word) => (word === "gpt" ? "GPT" : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("-");
}
