import { compareScenarios } from "./compare.ts";
import { toolScenarios } from "./scenarios/tools.ts";

compareScenarios(toolScenarios);
