/**
 * Tools of the names and shapes that Codex's models were made for, described in planport's own words. They are only offered:
 * whoever asked for them runs what the model calls.
 * @module
 */
import { asString } from "../../protocol/json.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import type { Tool } from "../../protocol/responses/item.ts";

const SHELL: Tool = {
  type: "function",
  name: "shell_command",
  description: "Runs one command line in the user's shell and gives back what it printed and its exit code.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      command: { type: "string", description: "The command line, as it would be typed." },
      workdir: { type: "string", description: "The folder to run it in; the session's own when left out." },
      timeout_ms: { type: "number", description: "After how many milliseconds it is stopped." },
    },
    required: ["command"],
    additionalProperties: false,
  },
};

const PLAN: Tool = {
  type: "function",
  name: "update_plan",
  description: "Shows the user the plan for a longer task. At most one step is in progress at a time.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      explanation: { type: "string", description: "What changed, in a sentence." },
      plan: {
        type: "array",
        description: "All steps, in order.",
        items: {
          type: "object",
          properties: {
            step: { type: "string" },
            status: { type: "string", enum: ["pending", "in_progress", "completed"] },
          },
          required: ["step", "status"],
          additionalProperties: false,
        },
      },
    },
    required: ["plan"],
    additionalProperties: false,
  },
};

const VIEW_IMAGE: Tool = {
  type: "function",
  name: "view_image",
  description: "Puts an image file of the user's machine before the model.",
  strict: false,
  parameters: {
    type: "object",
    properties: { path: { type: "string", description: "The file." } },
    required: ["path"],
    additionalProperties: false,
  },
};

/** The format of patches that `apply_patch` takes, as a Lark grammar. */
const PATCH_GRAMMAR = `start: "*** Begin Patch" LF section+ "*** End Patch" LF?
section: added | deleted | updated
added: "*** Add File: " PATH LF plus+
deleted: "*** Delete File: " PATH LF
updated: "*** Update File: " PATH LF moved? hunk*
moved: "*** Move to: " PATH LF
hunk: place+ line* last? | line+ last?
place: "@@" LF | "@@ " REST LF
line: SIGN REST? LF
plus: "+" REST? LF
last: "*** End of File" LF
SIGN: "+" | "-" | " "
PATH: /[^\\n]+/
REST: /[^\\n]+/
%import common.LF
`;

const PATCH_TEXT = "Edits files by a patch between the lines `*** Begin Patch` and `*** End Patch`.";

const FREEFORM_PATCH: Tool = {
  type: "custom",
  name: "apply_patch",
  description: `${PATCH_TEXT} Write the patch itself, not JSON.`,
  format: { type: "grammar", syntax: "lark", definition: PATCH_GRAMMAR },
};

const FUNCTION_PATCH: Tool = {
  type: "function",
  name: "apply_patch",
  description: PATCH_TEXT,
  strict: false,
  parameters: {
    type: "object",
    properties: { input: { type: "string", description: "The whole patch." } },
    required: ["input"],
    additionalProperties: false,
  },
};

/** The tools for a model: what its catalogue entry speaks for, and nothing that the backend would run by itself. */
export function codexTools(model: ModelInfo | null): readonly Tool[] {
  const patch = asString(model?.["apply_patch_tool_type"]);
  return [
    ...(model?.["shell_type"] === "disabled" ? [] : [SHELL]),
    PLAN,
    ...(patch === "freeform" ? [FREEFORM_PATCH] : patch === "function" ? [FUNCTION_PATCH] : []),
    ...(model?.input_modalities?.includes("image") === true ? [VIEW_IMAGE] : []),
  ];
}
