/**
 * What a client calls a model, and which one that is: listed models, their names with an effort or a speed behind, a
 * person's own names, and names of models that there are no more.
 * @module
 */
import { UpstreamError } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { ModelCatalogue, ModelInfo } from "../protocol/models.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";

/** What decides about names beside the list of models. */
export interface ModelRules {
  /** Own names, each for another name, which may be any that means a model: `{ quick: "gpt-6-luna-low" }`. They come first. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** The models that may be used, and no others; the first of them is the default. Empty: all that are listed. */
  readonly pin?: readonly string[] | undefined;
  /** Stands for names that mean no model of the list; when it is not in the list, as when null, the list's first does. */
  readonly defaultModel?: string | null | undefined;
  /** Names of Anthropic's models (`claude-…`) mean the default model. Default: they are unknown. */
  readonly claudeNames?: boolean | undefined;
}

/** A list of models, and whether it is the account's. */
export interface KnownModels extends ModelCatalogue {
  /** False: a guess at the list, so that a name that is not there may still be good. Default true. */
  readonly live?: boolean | undefined;
}

/** The model that a name means. */
export interface ResolvedModel {
  /** The name that the backend knows. */
  readonly slug: string;
  /** The list's entry; null for a name that the list does not have and that may be good all the same. */
  readonly model: ModelInfo | null;
  /** The reasoning effort that the name asks for. */
  readonly effort: string | null;
  /** The service tier that the name asks for, as it is called on the wire. */
  readonly serviceTier: string | null;
}

/** Endings of a name that ask for an effort. */
export const EFFORT_SUFFIXES: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];
/** Endings of a name that ask for a service tier, with what that is called on the wire. */
export const TIER_SUFFIXES: Readonly<Record<string, string>> = { fast: "priority", priority: "priority", flex: "flex" };

/**
 * Names that other programs' documents use and that the plan has no model for any more. The small ones stand for the
 * plan's small model, the others for its default one.
 */
export const BUILT_IN_ALIASES: Readonly<Record<string, "default" | "small">> = {
  "gpt-5.4": "default",
  "gpt-5.2-codex": "default",
  "gpt-5.1-codex": "default",
  "gpt-5-preview": "default",
  "gpt-5-64k": "default",
  "gpt-4.5-vision-preview": "default",
  "gpt-4.1": "default",
  "gpt-4.1-mini": "small",
  "gpt-4.1-nano": "small",
  "gpt-4o": "default",
  "gpt-4o-mini": "small",
  "o1-pro": "default",
  o3: "default",
  "o3-mini": "small",
  "o4-mini": "small",
};

const SMALL = /-(?:luna|mini|nano)\b/;
const CLAUDE = /^(?:anthropic[/.:])?claude-/;

/**
 * The model that a name means. In this order: an own name, a listed model (hidden ones too), a name with an effort or a tier
 * behind it (`gpt-6-sol-high`, `gpt-6-sol-xhigh-fast`; what comes before may be any of these), a built-in alias.
 * @throws {UpstreamError} `model_not_found`, listing what there is.
 */
export function resolveModel(asked: string, known: KnownModels, rules: ModelRules = {}): ResolvedModel {
  const list = pinModels(known, rules.pin);
  const found = findModelName(asked, list, rules) ?? standIn(asked, list, rules);
  if (found !== null) return found;
  // A list that is not the account's proves nothing: a model may be newer than it. A pin, though, is the last word.
  if (known.live === false && !isPinned(rules)) return { slug: asked, model: null, effort: null, serviceTier: null };
  throw unknownModel(asked, list, rules);
}

/** As {@link resolveModel}, but null for a name that means nothing here. Names of Anthropic's models do not. */
export function findModelName(asked: string, known: KnownModels, rules: ModelRules = {}): ResolvedModel | null {
  return find(asked, pinModels(known, rules.pin), rules, new Set());
}

/** The list as a pin leaves it: those models and no others, in the pin's order, none of them hidden. */
export function pinModels(known: KnownModels, pin: readonly string[] | undefined): KnownModels {
  if (pin === undefined || pin.length === 0) return known;
  const bySlug = new Map(known.models.map((model) => [model.slug, model]));
  const models = [...new Set(pin)].map((slug, priority): ModelInfo => {
    const listed = bySlug.get(slug) ?? {
      slug,
      display_name: slug,
      supported_in_api: true,
      supported_reasoning_levels: [],
    };
    return { ...listed, visibility: "list", priority };
  });
  return { ...known, models };
}

/** The first of a list by its `priority`; a hidden one only when there is no other. Null: it is empty. */
export function firstModel({ models }: ModelCatalogue): ModelInfo | null {
  const sorted = models.toSorted((a, b) => a.priority - b.priority);
  return sorted.find((model) => model.visibility === "list") ?? sorted[0] ?? null;
}

/**
 * The request for the model that its name means. What a name asks for wins over the request's own fields: programs send those
 * with every request, and who writes `-high` means it.
 */
export function applyModel(
  request: ResponsesRequest,
  resolved: ResolvedModel,
): { readonly request: ResponsesRequest; readonly changes: Change[] } {
  const { slug, effort, serviceTier } = resolved;
  if (slug === request.model && effort === null && serviceTier === null) return { request, changes: [] };
  const asks = [effort === null ? "" : ` with the effort ${effort}`, serviceTier === null ? "" : ` as ${serviceTier}`];
  const changes: Change[] = [
    { path: "model", action: "mapped", note: `${request.model} means ${slug}${asks.join("")}.` },
  ];
  const next: ResponsesRequest = { ...request, model: slug };
  if (effort !== null) {
    const reasoning = isJsonObject(request.reasoning) ? request.reasoning : {};
    const given = reasoning["effort"] ?? effort;
    if (given !== effort) changes.push(overruled("reasoning.effort", given, effort));
    next.reasoning = { ...reasoning, effort };
  }
  if (serviceTier !== null) {
    const given = request.service_tier ?? serviceTier;
    if (given !== serviceTier && TIER_SUFFIXES[given] !== serviceTier)
      changes.push(overruled("service_tier", given, serviceTier));
    next.service_tier = serviceTier;
  }
  return { request: next, changes };
}

function overruled(path: string, given: unknown, sent: string): Change {
  return { path, action: "mapped", note: `The model's name asks for ${sent}, and ${String(given)} was not sent.` };
}

function find(asked: string, list: KnownModels, rules: ModelRules, seen: Set<string>): ResolvedModel | null {
  const own = ownName(asked, rules);
  // A name may stand for itself with more behind it, but not in a circle.
  if (own !== undefined && !seen.has(asked)) return find(own, list, rules, seen.add(asked));
  const model = list.models.find(({ slug }) => slug === asked);
  if (model !== undefined) return { slug: asked, model, effort: null, serviceTier: null };
  return findWithSuffix(asked, list, rules, seen) ?? builtIn(asked, list, rules);
}

function ownName(asked: string, { aliases = {} }: ModelRules): string | undefined {
  return Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
}

function findWithSuffix(asked: string, list: KnownModels, rules: ModelRules, seen: Set<string>): ResolvedModel | null {
  const dash = asked.lastIndexOf("-");
  const word = asked.slice(dash + 1);
  const isEffort = EFFORT_SUFFIXES.includes(word);
  if (dash < 1 || !(isEffort || Object.hasOwn(TIER_SUFFIXES, word))) return null;
  const base = find(asked.slice(0, dash), list, rules, seen);
  if (base === null) return null;
  // The last of two that contradict each other stands furthest outside, and so comes later.
  return isEffort ? { ...base, effort: word } : { ...base, serviceTier: TIER_SUFFIXES[word] ?? null };
}

function builtIn(asked: string, list: KnownModels, rules: ModelRules): ResolvedModel | null {
  if (!Object.hasOwn(BUILT_IN_ALIASES, asked)) return null;
  const visible = list.models.filter((model) => model.visibility === "list" && SMALL.test(model.slug));
  const small = BUILT_IN_ALIASES[asked] === "small" ? firstModel({ models: visible }) : null;
  return small === null ? theDefault(list, rules) : { slug: small.slug, model: small, effort: null, serviceTier: null };
}

function standIn(asked: string, list: KnownModels, rules: ModelRules): ResolvedModel | null {
  return rules.claudeNames === true && CLAUDE.test(asked) ? theDefault(list, rules) : null;
}

function theDefault(list: KnownModels, { defaultModel }: ModelRules): ResolvedModel | null {
  const model = list.models.find(({ slug }) => slug === defaultModel) ?? firstModel(list);
  return model === null ? null : { slug: model.slug, model, effort: null, serviceTier: null };
}

function isPinned({ pin = [] }: ModelRules): boolean {
  return pin.length > 0;
}

const MAX_NAMES = 40;

function unknownModel(asked: string, list: KnownModels, rules: ModelRules): UpstreamError<"model_not_found"> {
  const listed = list.models
    .filter((model) => model.visibility === "list")
    .toSorted((a, b) => a.priority - b.priority)
    .map((model) => model.slug);
  const names = [...listed, ...Object.keys(rules.aliases ?? {})];
  const more = names.length > MAX_NAMES ? ", …" : "";
  const where = isPinned(rules) ? "among those that CODEX_MODELS allows" : "in this account's list";
  const known = names.length === 0 ? "There are none." : `Valid: ${names.slice(0, MAX_NAMES).join(", ")}${more}`;
  const suffixes = names.length === 0 ? "" : "; each also with -low, -medium, -high, -xhigh or -fast behind it.";
  return new UpstreamError(
    "model_not_found",
    `The model ${JSON.stringify(asked.slice(0, 200))} is not ${where}. ${known}${suffixes}`,
  );
}
