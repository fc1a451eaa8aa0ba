/**
 * What a turn may do, and how hard it thinks.
 * @module
 */
import * as z from "zod";
import { namesFor } from "./vocabulary.ts";

const named = namesFor("turns");

/** When a person is asked before something is done. */
export const AskForApproval: z.ZodType = named(
  "AskForApproval",
  z.enum(["untrusted", "on-request", "granular", "never"]),
);

/** What a command may reach. */
export const SandboxPolicy: z.ZodType = named(
  "SandboxPolicy",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("dangerFullAccess") }),
    z.object({ type: z.literal("readOnly"), networkAccess: z.boolean().optional() }),
    z.object({ type: z.literal("externalSandbox"), networkAccess: z.enum(["restricted", "enabled"]).optional() }),
    z.object({
      type: z.literal("workspaceWrite"),
      writableRoots: z.array(z.string()).optional(),
      networkAccess: z.boolean().optional(),
      excludeTmpdirEnvVar: z.boolean().optional(),
      excludeSlashTmp: z.boolean().optional(),
    }),
  ]),
);

/** `low`, `medium`, `high`, … as the model offers. */
export const ReasoningEffort: z.ZodType = named("ReasoningEffort", z.string());
