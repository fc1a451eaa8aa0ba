import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../src/protocol/models.ts";
import type { Change } from "../../src/translate/change.ts";
import { fitEffort } from "../../src/translate/effort.ts";

const model = (...efforts: string[]): ModelInfo =>
  ({
    slug: "m",
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: "" })),
  }) as unknown as ModelInfo;

describe("fitEffort", () => {
  it.each([
    [["low", "medium", "high"], "xhigh", "high"],
    [["low", "medium", "high"], "none", "low"],
    [["low", "medium", "high"], "minimal", "low"],
    [["high", "low"], "medium", "low"],
    [["low", "high"], "high", "high"],
    [["low", "odd"], "odd", "odd"],
    [["low"], "new-word", "new-word"],
    [[], "xhigh", "xhigh"],
  ])("of the levels %j gives %s as %s", (levels, asked, sent) => {
    const changes: Change[] = [];
    expect(fitEffort({ effort: asked, summary: "auto" }, model(...levels), changes)).toEqual({
      effort: sent,
      summary: "auto",
    });
    expect(changes.map(({ path, action }) => `${path}=${action}`)).toEqual(
      sent === asked ? [] : ["reasoning.effort=mapped"],
    );
  });

  it("changes nothing for a model that is not known", () => {
    expect(fitEffort({ effort: "max" }, null, [])).toEqual({ effort: "max" });
  });
});
