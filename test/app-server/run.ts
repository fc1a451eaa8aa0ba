import { runScenario } from "./session.ts";
import { accountScenarios } from "./scenarios/account.ts";
import { refreshScenarios } from "./scenarios/refresh.ts";
import { turnScenarios } from "./scenarios/turns.ts";
import { toolScenarios } from "./scenarios/tools.ts";
import { protocolScenarios } from "./scenarios/protocol.ts";
export const all = {
  ...protocolScenarios,
  ...accountScenarios,
  ...refreshScenarios,
  ...turnScenarios,
  ...toolScenarios,
};
export { runScenario };
