import { compareScenarios } from "./compare.ts";
import { turnScenarios } from "./scenarios/turns.ts";

compareScenarios(turnScenarios);
