/**
 * The real Codex app-server and planport's are asked the same, and must say the same.
 */
import { describe, expect, it, test } from "vitest";
import { codexScript } from "../clients/support/codex.ts";
import { reportNotRun } from "../clients/support/not-run.ts";
import { DIFFERENCES } from "./differences.ts";
import { all, runScenario } from "./run.ts";

const LEAST_SCENARIOS = 60;
const MOST_DIFFERENCES = 6;

test("there are enough scenarios, and few differences on purpose", () => {
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(LEAST_SCENARIOS);
  expect(Object.keys(DIFFERENCES).length).toBeLessThanOrEqual(MOST_DIFFERENCES);
  for (const name of Object.keys(DIFFERENCES)) expect(Object.keys(all)).toContain(name);
});

if (codexScript === null) reportNotRun("the Codex app-server", "test/clients is not installed; npm test installs it");
else
  describe("Codex and planport say the same", () => {
    it.each(Object.entries(all))("%s", async (name, scenario) => {
      const theirs = await runScenario("codex", scenario);
      const ours = await runScenario("planport", scenario);
      const reason = DIFFERENCES[name];
      // A difference that is gone must leave the list.
      if (reason !== undefined) expect(ours.transcript).not.toEqual(theirs.transcript);
      else expect(ours.transcript).toEqual(theirs.transcript);
    });
  });
