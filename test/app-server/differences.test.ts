import { expect, test } from "vitest";
import { DIFFERENCES } from "./differences.ts";
import { accountScenarios } from "./scenarios/account.ts";
import { protocolScenarios } from "./scenarios/protocol.ts";
import { refreshScenarios } from "./scenarios/refresh.ts";
import { toolScenarios } from "./scenarios/tools.ts";
import { turnScenarios } from "./scenarios/turns.ts";

const LEAST_SCENARIOS = 60;
const MOST_DIFFERENCES = 6;

test("Codex and planport are asked enough, and differ on purpose in little", () => {
  const all = { ...accountScenarios, ...protocolScenarios, ...refreshScenarios, ...toolScenarios, ...turnScenarios };
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(LEAST_SCENARIOS);
  expect(Object.keys(DIFFERENCES).length).toBeLessThanOrEqual(MOST_DIFFERENCES);
  for (const name of Object.keys(DIFFERENCES)) expect(Object.keys(all)).toContain(name);
});
