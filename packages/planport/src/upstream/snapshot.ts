/**
 * The models as Codex 0.169.0 lists them, for when the account's own list cannot be had.
 * @module
 */
import type { ModelCatalogue, ModelInfo } from "../protocol/models.ts";

const EFFORT_NOTES: Readonly<Record<string, string>> = {
  low: "Fast answers with little reasoning",
  medium: "A balance of speed and reasoning",
  high: "More reasoning for hard problems",
  xhigh: "Extra reasoning for very hard problems",
  max: "The most reasoning",
  ultra: "The most reasoning, with several agents",
};

const UP_TO_XHIGH = ["low", "medium", "high", "xhigh"] as const;
const UP_TO_MAX = [...UP_TO_XHIGH, "max"] as const;
const UP_TO_ULTRA = [...UP_TO_MAX, "ultra"] as const;

interface Row {
  readonly slug: string;
  readonly priority: number;
  /** Tokens: what Codex uses, and the most the model takes. */
  readonly context: readonly [usual: number, max: number];
  readonly defaultEffort: string;
  readonly efforts: readonly string[];
  readonly minClient: string;
  readonly verbosity?: string;
  readonly lite?: false;
  readonly hidden?: true;
  /** The effort that goes out for `ultra`. */
  readonly ultraAs?: string;
}

const USUAL = [272_000, 872_000] as const;

const ROWS: readonly Row[] = [
  {
    slug: "gpt-6.1-sol",
    priority: 1,
    context: USUAL,
    defaultEffort: "low",
    efforts: UP_TO_ULTRA,
    minClient: "0.153.0",
    ultraAs: "xhigh",
  },
  {
    slug: "gpt-6-astra",
    priority: 2,
    context: USUAL,
    defaultEffort: "low",
    efforts: UP_TO_ULTRA,
    minClient: "0.153.0",
    ultraAs: "xhigh",
  },
  {
    slug: "gpt-6-sol",
    priority: 3,
    context: USUAL,
    defaultEffort: "medium",
    efforts: UP_TO_ULTRA,
    minClient: "0.155.0",
  },
  {
    slug: "gpt-6-luna",
    priority: 4,
    context: USUAL,
    defaultEffort: "medium",
    efforts: UP_TO_MAX,
    minClient: "0.155.0",
  },
  {
    slug: "gpt-5.6-sol",
    priority: 5,
    context: USUAL,
    defaultEffort: "low",
    efforts: UP_TO_ULTRA,
    minClient: "0.144.0",
  },
  {
    slug: "gpt-6.1-terra",
    priority: 7,
    context: [500_000, 872_000],
    defaultEffort: "low",
    efforts: UP_TO_ULTRA,
    minClient: "0.153.0",
    ultraAs: "xhigh",
  },
  {
    slug: "gpt-5.6-terra",
    priority: 8,
    context: USUAL,
    defaultEffort: "medium",
    efforts: UP_TO_ULTRA,
    minClient: "0.144.0",
  },
  {
    slug: "gpt-5.6-luna",
    priority: 9,
    context: USUAL,
    defaultEffort: "medium",
    efforts: UP_TO_MAX,
    minClient: "0.144.0",
  },
  {
    slug: "gpt-daybreak-blue-latest",
    priority: 11,
    context: USUAL,
    defaultEffort: "low",
    efforts: UP_TO_ULTRA,
    minClient: "0.142.2",
    hidden: true,
  },
  {
    slug: "gpt-daybreak-red-latest",
    priority: 12,
    context: [372_000, 372_000],
    defaultEffort: "medium",
    efforts: UP_TO_ULTRA,
    minClient: "0.142.2",
    verbosity: "high",
    hidden: true,
  },
  {
    slug: "gpt-5.5",
    priority: 13,
    context: [272_000, 272_000],
    defaultEffort: "medium",
    efforts: UP_TO_XHIGH,
    minClient: "0.124.0",
    lite: false,
  },
  {
    slug: "codex-auto-review",
    priority: 43,
    context: USUAL,
    defaultEffort: "medium",
    efforts: UP_TO_MAX,
    minClient: "0.98.0",
    hidden: true,
  },
];

function toModelInfo(row: Row): ModelInfo {
  return {
    slug: row.slug,
    display_name: row.slug,
    visibility: row.hidden === true ? "hide" : "list",
    supported_in_api: true,
    priority: row.priority,
    supported_reasoning_levels: row.efforts.map((effort) => ({ effort, description: EFFORT_NOTES[effort] ?? effort })),
    default_reasoning_level: row.defaultEffort,
    use_responses_lite: row.lite ?? true,
    support_verbosity: true,
    default_verbosity: row.verbosity ?? "low",
    supports_parallel_tool_calls: true,
    supports_reasoning_summaries: true,
    default_reasoning_summary: "none",
    context_window: row.context[0],
    max_context_window: row.context[1],
    input_modalities: ["text", "image"],
    shell_type: "shell_command",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    experimental_supported_tools: [],
    minimal_client_version: row.minClient,
    ...(row.ultraAs !== undefined && { multi_agent_reasoning_effort: row.ultraAs }),
  };
}

/** A fresh copy of the built-in catalogue, by priority. */
export function snapshotCatalogue(): ModelCatalogue {
  return { models: ROWS.map(toModelInfo) };
}
