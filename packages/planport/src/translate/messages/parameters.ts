/**
 * What becomes of each parameter of `POST /v1/messages`. As with the other endpoints, what is not named goes through.
 * @module
 */
import { dropped, EMPTY, mapped, only, type Parameters, passed, refused } from "../parameters.ts";

/** Of `POST /v1/messages`. */
export const MESSAGES_PARAMETERS: Parameters = {
  model: passed("A model of the plan, or one of the names that stand for one."),
  messages: mapped("Become `input`. Fields of a block that have no place there are dropped and told of."),
  system: mapped("Becomes `instructions`."),
  max_tokens: mapped("Becomes `max_output_tokens`, which the backend does not take: dropped and told of."),
  tools: mapped(
    "Take the form of the Responses API; `web_search_…` becomes `web_search`. Other tools that Anthropic's servers run are refused. Names of more than 64 characters are shortened on the way there and back.",
  ),
  tool_choice: mapped(
    "`any` becomes `required`, `tool` names the function; `disable_parallel_tool_use` becomes `parallel_tool_calls`.",
  ),
  thinking: mapped(
    "`budget_tokens` becomes an effort: below 4,096 `low`, below 16,384 `medium`, else `high`. Thinking comes back as blocks only when it is on.",
  ),
  output_config: mapped("`effort` becomes `reasoning.effort` (`max` as `xhigh`), `format` becomes `text.format`."),
  output_format: mapped("The older name of `output_config.format`."),
  metadata: mapped("`user_id` keys the prompt cache; nothing of it is sent."),
  thread: mapped(
    "Conversations are not held here. One that begins (`create`) is answered and told as dropped; one that goes on (`continue`) is refused as `thread_not_found`, upon which Anthropic's libraries send all of it again.",
  ),
  stream: mapped("The backend is always asked for a stream. Without `stream`, planport gathers it."),
  service_tier: dropped(only("auto"), "Anthropic's tiers are not OpenAI's."),
  stop_sequences: dropped(EMPTY),
  temperature: dropped(only(1)),
  top_p: dropped(only(1)),
  top_k: dropped(),
  container: dropped(),
  context_management: dropped(EMPTY),
  mcp_servers: refused(
    "nothing is executed here for the client; connect to them from your side",
    "Nothing is executed for the client.",
    EMPTY,
  ),
  cache_control: dropped({ text: "always", test: () => true }, "The backend caches prompts by itself."),
  speed: mapped("`fast` asks for the tier `priority`."),
  inference_geo: dropped(),
  diagnostics: dropped(),
  user_profile_id: dropped(),
  workspace_id: dropped(),
  input: dropped(EMPTY, "The conversation of this endpoint is `messages`."),
};

/** The same for an API key: what OpenAI's plain API takes beyond the Codex backend. */
export const PLATFORM_MESSAGES_PARAMETERS: Parameters = {
  ...MESSAGES_PARAMETERS,
  max_tokens: mapped("Becomes `max_output_tokens`."),
  temperature: passed(),
  top_p: passed(),
};
