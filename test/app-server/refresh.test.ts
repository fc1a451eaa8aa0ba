import { compareScenarios } from "./compare.ts";
import { refreshScenarios } from "./scenarios/refresh.ts";

compareScenarios(refreshScenarios);
