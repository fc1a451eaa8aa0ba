import { compareScenarios } from "./compare.ts";
import { accountScenarios } from "./scenarios/account.ts";
import { takeSignInPorts } from "../support/sign-in-ports.ts";

takeSignInPorts();

compareScenarios(accountScenarios);
