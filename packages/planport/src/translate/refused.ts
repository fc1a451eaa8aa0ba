/**
 * Parameters that the Codex backend answers with `Unsupported parameter: …`. A block list on purpose: a parameter that
 * is not named here goes through, so a new one works on the day the backend learns it.
 * @module
 */
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { Change } from "./change.ts";

/** True when the value asks for nothing beyond what happens anyway, so that leaving it out needs no word. */
type IsDefault = (value: unknown) => boolean;

/** A parameter's name to the test for its default value. `null` is the default of all. */
export type RefusedParameters = Readonly<Record<string, IsDefault>>;

const never: IsDefault = () => false;
const only =
  (standard: unknown): IsDefault =>
  (value) =>
    value === standard;
const empty: IsDefault = (value) =>
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isJsonObject(value) && Object.keys(value).length === 0);

/** Refused in a Responses request. Seen as HTTP 400 answers, or left out by every client that works. */
export const REFUSED_BY_BACKEND: RefusedParameters = {
  max_output_tokens: never,
  max_completion_tokens: never,
  max_tokens: never,
  // What it asks for concerns the way to the client, where it is honoured.
  stream_options: () => true,
  temperature: only(1),
  top_p: only(1),
  top_logprobs: only(0),
  user: empty,
  truncation: only("disabled"),
  metadata: empty,
  safety_identifier: empty,
  prompt_cache_retention: never,
  prompt_cache_options: empty,
  context_management: empty,
  background: only(false),
};

/** Refused in a chat request as well: what only Chat Completions knows, and sampling knobs of other vendors. */
export const REFUSED_ON_CHAT: RefusedParameters = {
  ...REFUSED_BY_BACKEND,
  n: only(1),
  stop: empty,
  seed: never,
  logprobs: only(false),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  repetition_penalty: only(1),
  top_k: never,
  top_a: never,
  min_p: never,
  logit_bias: empty,
  prediction: never,
  audio: never,
  modalities: (value) => Array.isArray(value) && value.every((modality) => modality === "text"),
};

/** Takes the refused parameters out of `target` (which the caller owns) and tells of those that asked for something. */
export function removeRefused(target: JsonObject, refused: RefusedParameters, changes: Change[]): void {
  for (const [name, isDefault] of Object.entries(refused)) {
    if (!Object.hasOwn(target, name)) continue;
    const value = target[name];
    delete target[name];
    if (value == null || isDefault(value)) continue;
    changes.push({ path: name, action: "dropped", note: `The Codex backend does not take ${name}.` });
  }
}
