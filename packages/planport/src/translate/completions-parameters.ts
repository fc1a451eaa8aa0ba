/**
 * What becomes of the parameters that `POST /v1/completions` has of its own. What it makes is a chat request, to which the
 * table of chats applies.
 * @module
 */
import { dropped, EMPTY, mapped, only, type Parameters, refused } from "./parameters.ts";

const NO_CALLS = "The answer is a text, in which a call of a tool has no place.";

/** Of `POST /v1/completions`: where it differs from chats. */
export const COMPLETIONS_PARAMETERS: Parameters = {
  prompt: mapped("Becomes the one message of a chat. Several prompts, and token ids, are refused."),
  messages: dropped(EMPTY, "The question of this endpoint is `prompt`."),
  echo: mapped("Done in the answer: told of as `emulated`."),
  suffix: refused(
    "the backend writes on, and not between texts",
    "The backend writes on, and not between texts.",
    EMPTY,
  ),
  best_of: refused("the backend gives one answer", "Above 1: the backend gives one answer.", only(1)),
  logprobs: dropped(undefined, "The backend does not tell probabilities."),
  ...Object.fromEntries(
    ["tools", "tool_choice", "functions", "function_call"].map((name) => [name, dropped(EMPTY, NO_CALLS)]),
  ),
};
