import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlanportError } from "../../src/errors.ts";
import type { ModelInfo } from "../../src/protocol/models.ts";
import {
  applyModel,
  BUILT_IN_ALIASES,
  EFFORT_SUFFIXES,
  findModelName,
  firstModel,
  type ModelRules,
  pinModels,
  resolveModel,
  TIER_SUFFIXES,
} from "../../src/translate/model-names.ts";
import { snapshotCatalogue } from "../../src/upstream/snapshot.ts";

const known = snapshotCatalogue();
const DEFAULT = "gpt-6.1-sol";
const model = (slug: string, priority: number, visibility = "list"): ModelInfo => ({
  slug,
  display_name: slug,
  visibility,
  priority,
  supported_in_api: true,
  supported_reasoning_levels: [],
});
/** Slug, effort and tier of a name. */
const meaning = (asked: string, rules: ModelRules = {}, list = known): (string | null)[] => {
  const { slug, effort, serviceTier } = resolveModel(asked, list, rules);
  return [slug, effort, serviceTier];
};
const refusal = (asked: string, rules: ModelRules = {}, list = known): string => {
  try {
    resolveModel(asked, list, rules);
  } catch (error) {
    if (isPlanportError(error) && error.code === "model_not_found") return `${error.status} ${error.message}`;
    throw error;
  }
  return "none";
};

describe("the name of a model", () => {
  it("that is listed means that model and nothing more, hidden or not, whatever it ends with", () => {
    for (const { slug } of known.models) expect(meaning(slug)).toEqual([slug, null, null]);
    const list = { models: [model("sol", 1), model("sol-high", 2)] };
    expect(meaning("sol-high", {}, list)).toEqual(["sol-high", null, null]);
    expect(meaning("sol-low", {}, list)).toEqual(["sol", "low", null]);
    expect(meaning("sol-high-low", {}, list)).toEqual(["sol-high", "low", null]);
  });

  it("takes an effort, a tier, or both in either order behind it", () => {
    for (const effort of EFFORT_SUFFIXES) expect(meaning(`gpt-5.5-${effort}`)).toEqual(["gpt-5.5", effort, null]);
    for (const [word, tier] of Object.entries(TIER_SUFFIXES))
      expect(meaning(`gpt-5.5-${word}`)).toEqual(["gpt-5.5", null, tier]);
    expect(meaning("gpt-6-sol-xhigh-fast")).toEqual(["gpt-6-sol", "xhigh", "priority"]);
    expect(meaning("gpt-6-sol-fast-xhigh")).toEqual(["gpt-6-sol", "xhigh", "priority"]);
  });

  it("that a document names and the list lacks means a listed model: the default, or the small one", () => {
    for (const [name, kind] of Object.entries(BUILT_IN_ALIASES))
      expect(meaning(name)).toEqual([kind === "small" ? "gpt-6-luna" : DEFAULT, null, null]);
    expect(meaning("gpt-5.2-codex-high")).toEqual([DEFAULT, "high", null]);
    expect(meaning("o3", { defaultModel: "gpt-5.5" })).toEqual(["gpt-5.5", null, null]);
    expect(meaning("o3", { defaultModel: "gone" })).toEqual([DEFAULT, null, null]);
  });

  it("that a document names means the model of that name where the list has it", () => {
    const list = { models: [model("gpt-x", 1), model("o3", 2)] };
    expect(meaning("o3", {}, list)).toEqual(["o3", null, null]);
    expect(meaning("o4-mini", {}, list)).toEqual(["gpt-x", null, null]);
  });

  it("of one's own comes before all others, and may stand for any other name", () => {
    const aliases = { quick: "gpt-6-luna-low", "gpt-5.5": "gpt-6-sol", deep: "quick-xhigh", old: "o3" };
    expect(meaning("quick", { aliases })).toEqual(["gpt-6-luna", "low", null]);
    expect(meaning("gpt-5.5", { aliases })).toEqual(["gpt-6-sol", null, null]);
    expect(meaning("deep", { aliases })).toEqual(["gpt-6-luna", "xhigh", null]);
    expect(meaning("old-fast", { aliases })).toEqual([DEFAULT, null, "priority"]);
  });

  it("of one's own may stand for itself with more behind it, and never goes round in a circle", () => {
    expect(meaning("gpt-5.5", { aliases: { "gpt-5.5": "gpt-5.5-high" } })).toEqual(["gpt-5.5", "high", null]);
    expect(refusal("a", { aliases: { a: "b", b: "a" } })).toContain('"a" is not in this account\'s list');
  });

  it("of Anthropic's means the default model only where that is allowed", () => {
    expect(meaning("claude-sonnet-4-5", { claudeNames: true })).toEqual([DEFAULT, null, null]);
    expect(meaning("claude-x", { claudeNames: true, aliases: { "claude-x": "gpt-5.5" } })).toEqual([
      "gpt-5.5",
      null,
      null,
    ]);
    expect(refusal("claude-sonnet-4-5")).toMatch(/^400 /);
    expect(findModelName("claude-sonnet-4-5", known, { claudeNames: true })).toBeNull();
  });

  it("that nobody knows is refused with 400, and the refusal lists what is valid, own names too", () => {
    const told = refusal("gpt-99", { aliases: { quick: "gpt-6-luna" } });
    expect(told).toMatch(/^400 The model "gpt-99"/);
    for (const { slug, visibility } of known.models) expect(told.includes(slug)).toBe(visibility === "list");
    expect(told).toContain("quick");
    expect(refusal("constructor")).toMatch(/^400 /);
  });

  it("that is not in planport's own list goes on to the backend, which may know better", () => {
    expect(meaning("gpt-99", {}, { ...known, live: false } as never)).toEqual(["gpt-99", null, null]);
    expect(meaning("o3", {}, { ...known, live: false } as never)).toEqual([DEFAULT, null, null]);
  });

  it("always means a listed model, a refusal aside", () => {
    const part = fc.constantFrom("gpt-5.5", "gpt-6-luna", "o3", "x", "high", "fast", "", "-", "__proto__");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.dictionary(part, part), (parts, aliases) => {
        const found = findModelName(parts.join("-"), known, { aliases });
        expect(found === null || known.models.includes(found.model as ModelInfo)).toBe(true);
      }),
    );
  });
});

describe("a pin", () => {
  const pin = ["gpt-5.5", "gpt-new", "codex-auto-review", "gpt-5.5"];

  it("decides what is listed: its models in its order, also hidden and unknown ones, and no others", () => {
    const { models } = pinModels(known, pin);
    expect(models.map(({ slug, visibility }) => [slug, visibility])).toEqual([
      ["gpt-5.5", "list"],
      ["gpt-new", "list"],
      ["codex-auto-review", "list"],
    ]);
    expect(firstModel({ models })?.slug).toBe("gpt-5.5");
    expect(models[0]?.context_window).toBe(272_000);
    expect(pinModels(known, [])).toBe(known);
  });

  it("decides what is allowed, even when the account's list is not to be had", () => {
    for (const live of [true, false]) {
      const list = { ...known, live };
      expect(resolveModel("gpt-new", list, { pin }).slug).toBe("gpt-new");
      expect(resolveModel("o3", list, { pin }).slug).toBe("gpt-5.5");
      expect(refusal("gpt-6-sol", { pin }, list)).toContain("CODEX_MODELS");
    }
    expect(refusal("quick", { pin, aliases: { quick: "gpt-6-sol" } })).toMatch(/^400 /);
  });
});

describe("a request by such a name", () => {
  const request = { model: "gpt-5.5-high-fast", input: "hi" };

  it("goes out with the model, the effort and the tier that the name asks for, and says so", () => {
    const { request: next, changes } = applyModel(request, resolveModel(request.model, known));
    expect(next).toEqual({ model: "gpt-5.5", input: "hi", reasoning: { effort: "high" }, service_tier: "priority" });
    expect(changes.map(({ path, action }) => `${path}=${action}`)).toEqual(["model=mapped"]);
    expect(request).toEqual({ model: "gpt-5.5-high-fast", input: "hi" });
  });

  it("tells when the name overrules a field, and keeps what is beside it", () => {
    const asked = { ...request, reasoning: { effort: "low", summary: "auto" }, service_tier: "flex" };
    const { request: next, changes } = applyModel(asked, resolveModel(request.model, known));
    expect(next.reasoning).toEqual({ effort: "high", summary: "auto" });
    expect(next.service_tier).toBe("priority");
    expect(changes.map((change) => change.path)).toEqual(["model", "reasoning.effort", "service_tier"]);
  });

  it("is the same object when its name is a listed one", () => {
    const plain = { model: "gpt-5.5", input: "hi" };
    expect(applyModel(plain, resolveModel("gpt-5.5", known))).toEqual({ request: plain, changes: [] });
    expect(applyModel(plain, resolveModel("gpt-5.5", known)).request).toBe(plain);
  });
});
