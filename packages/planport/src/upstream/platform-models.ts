/**
 * The models of OpenAI's plain API (`GET /v1/models`) as a catalogue. That list tells names and dates and nothing else.
 * @module
 */
import { asNumber, asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { ModelCatalogue, ModelInfo } from "../protocol/models.ts";
import { snapshotCatalogue } from "./snapshot.ts";

/** Families that do not answer with text. They are listed, but not offered: a call of one is for OpenAI to refuse. */
const NOT_FOR_TEXT =
  /embedding|whisper|tts|transcribe|diarize|moderation|dall-e|image|sora|realtime|audio|davinci|babbage|-instruct/;

/** Comes after what the built-in catalogue knows. */
const UNKNOWN_PRIORITY = 1_000;

/**
 * Reads the list. Models that the built-in catalogue knows come first and keep its order, the others after them, the
 * newest first. Null when there is no list of models in it.
 */
export function parsePlatformModels(text: string): ModelCatalogue | null {
  const body = tryParseJson(text);
  const list = isJsonObject(body) ? body["data"] : undefined;
  if (!Array.isArray(list)) return null;
  const found = list.filter(isJsonObject).flatMap((entry) => {
    const id = asString(entry["id"]);
    if (id === undefined || id === "") return [];
    return [{ id, created: asNumber(entry["created"]) ?? 0, ownedBy: asString(entry["owned_by"]) ?? "openai" }];
  });
  if (found.length === 0) return null;
  const known = new Map(snapshotCatalogue().models.map((model) => [model.slug, model]));
  const models = found
    .toSorted((a, b) => b.created - a.created)
    .map(({ id, created, ownedBy }, index): ModelInfo => {
      const model = known.get(id);
      return {
        slug: id,
        display_name: id,
        visibility: NOT_FOR_TEXT.test(id) ? "hide" : (model?.visibility ?? "list"),
        supported_in_api: true,
        priority: model?.priority ?? UNKNOWN_PRIORITY + index,
        // Nobody tells what a model takes here, and a guess would keep people from what works.
        supported_reasoning_levels: [],
        created,
        owned_by: ownedBy,
      };
    });
  return { models };
}
