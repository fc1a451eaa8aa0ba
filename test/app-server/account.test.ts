import { compareScenarios } from "./compare.ts";
import { accountScenarios } from "./scenarios/account.ts";

compareScenarios(accountScenarios);
