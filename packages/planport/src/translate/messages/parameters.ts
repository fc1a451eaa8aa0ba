/**
 * What becomes of each parameter of `POST /v1/messages`. As with the other endpoints, what is not named goes through.
 * @module
 */
import type { Parameters } from "../parameters.ts";

const EMPTY_LIST = {
  text: "when empty",
  test: (value: unknown): boolean => Array.isArray(value) && value.length === 0,
};

/** Of `POST /v1/messages`. */
export const MESSAGES_PARAMETERS: Parameters = {
  model: { fate: "passed", note: "A model of the plan, or one of the names that stand for one." },
  messages: {
    fate: "mapped",
    note: "Become `input`. Fields of a block that have no place there are dropped and told of.",
  },
  system: { fate: "mapped", note: "Becomes `instructions`." },
  max_tokens: { fate: "mapped", note: "Becomes `max_output_tokens`." },
  stream: { fate: "mapped", note: "The backend is always asked for a stream. Without `stream`, planport gathers it." },
  tools: {
    fate: "mapped",
    note: "Take the form of the Responses API; `web_search_…` becomes `web_search`. Other tools that Anthropic's servers run are refused.",
  },
  tool_choice: {
    fate: "mapped",
    note: "`any` becomes `required`, `tool` names the function; `disable_parallel_tool_use` becomes `parallel_tool_calls`.",
  },
  thinking: {
    fate: "mapped",
    note: "`budget_tokens` becomes an effort: below 4,096 `low`, below 16,384 `medium`, else `high`. Thinking comes back as blocks only when it is on.",
  },
  output_config: {
    fate: "mapped",
    note: "`effort` becomes `reasoning.effort` (`max` as `xhigh`), `format` becomes `text.format`.",
  },
  output_format: { fate: "mapped", note: "The older name of `output_config.format`." },
  metadata: { fate: "mapped", note: "`user_id` keys the prompt cache; nothing of it is sent." },
  service_tier: {
    fate: "dropped",
    note: "Anthropic's tiers are not OpenAI's.",
    usual: { text: 'when `"auto"`', test: (value) => value === "auto" },
  },
  stop_sequences: { fate: "dropped", note: "", usual: EMPTY_LIST },
  temperature: { fate: "dropped", note: "", usual: { text: "when `1`", test: (value) => value === 1 } },
  top_p: { fate: "dropped", note: "" },
  top_k: { fate: "dropped", note: "" },
  container: { fate: "dropped", note: "" },
  context_management: { fate: "dropped", note: "" },
  mcp_servers: { fate: "refused", note: "Nothing is executed for the client." },
  cache_control: {
    fate: "dropped",
    note: "The backend caches prompts by itself; not told of.",
    usual: { text: "always", test: () => true },
  },
};
