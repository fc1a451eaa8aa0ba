import { compareScenarios } from "./compare.ts";
import { protocolScenarios } from "./scenarios/protocol.ts";

compareScenarios(protocolScenarios);
