/**
 * How hard a model may be asked to think.
 * @module
 */
import { type JsonObject, asString } from "../protocol/json.ts";
import type { ModelInfo } from "../protocol/models.ts";
import type { Change } from "./change.ts";

/** From the least to the most. A word that is not here is the backend's to judge. */
const EFFORTS: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * Brings an effort within what the model's catalogue entry lists: the next lower one there, else the lowest. `ultra`, which
 * never goes on the wire, becomes what Codex sends for it. Without a list everything stays.
 */
export function fitEffort(reasoning: JsonObject, model: ModelInfo | null, changes: Change[]): JsonObject {
  const asked = asString(reasoning["effort"]);
  if (asked === undefined) return reasoning;
  const effort = fit(asked === "ultra" ? ultraEffort(model) : asked, model);
  if (effort === asked) return reasoning;
  const note =
    asked === "ultra"
      ? `ultra went out as ${effort}.`
      : `${model?.slug ?? "The model"} has no ${asked}; it went out as ${effort}.`;
  changes.push({ path: "reasoning.effort", action: "mapped", note });
  return { ...reasoning, effort };
}

function fit(effort: string, model: ModelInfo | null): string {
  const rank = EFFORTS.indexOf(effort);
  const levels = (model?.supported_reasoning_levels ?? []).map((level) => level.effort);
  const standIn = standInOf(model);
  if (standIn !== undefined && levels.length > 0) levels.push(standIn);
  const known = levels
    .filter((level) => EFFORTS.includes(level))
    .sort((a, b) => EFFORTS.indexOf(a) - EFFORTS.indexOf(b));
  const [lowest] = known;
  if (rank === -1 || lowest === undefined || levels.includes(effort)) return effort;
  return known.findLast((level) => EFFORTS.indexOf(level) < rank) ?? lowest;
}

/** Codex sends the catalogue's stand-in, else `max`, else `xhigh` where there is no `max`. */
function ultraEffort(model: ModelInfo | null): string {
  const standIn = standInOf(model);
  if (standIn !== undefined) return standIn;
  return model?.supported_reasoning_levels?.some((level) => level.effort === "max") === true ? "max" : "xhigh";
}

function standInOf(model: ModelInfo | null): string | undefined {
  const standIn = asString(model?.["multi_agent_reasoning_effort"]);
  return standIn === "ultra" ? undefined : standIn;
}
