/**
 * Asks both servers the same, and holds what planport says against what Codex says and against Codex's own schemas.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { codexScript } from "../clients/support/codex.ts";
import { reportNotRun } from "../clients/support/not-run.ts";
import { DIFFERENCES } from "./differences.ts";
import { codexSchemas, type CodexSchemas } from "./schemas.ts";
import { runScenario, type Scenario } from "./session.ts";

/** Makes a test of each scenario. */
export function compareScenarios(scenarios: Readonly<Record<string, Scenario>>): void {
  if (codexScript === null) {
    reportNotRun("the Codex app-server", "test/clients is not installed; npm test installs it");
    return;
  }
  describe("Codex and planport say the same, in words that Codex's schemas take", () => {
    let schemas: CodexSchemas;
    beforeAll(() => {
      schemas = codexSchemas();
    });

    it.each(Object.entries(scenarios))(
      "%s",
      async (name, scenario) => {
        const codex = runScenario("codex", scenario);
        if (scenario.takesTurns === true) await codex;
        const [theirs, ours] = await Promise.all([codex, runScenario("planport", scenario)]);
        expect(schemas.faults(ours.driver)).toEqual([]);
        // A difference that is gone must leave the list.
        if (DIFFERENCES[name] !== undefined) expect(ours.transcript).not.toEqual(theirs.transcript);
        else expect(ours.transcript).toEqual(theirs.transcript);
      },
      120_000,
    );
  });
}
