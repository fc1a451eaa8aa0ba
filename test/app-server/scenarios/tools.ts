/**
 * Tools: commands, patches and the parent's own, with and without questions.
 */
import { type Message, Refusal, SILENCE } from "../driver.ts";
import type { Scenario, Session } from "../session.ts";

const COMMAND = "item/commandExecution/requestApproval";
const PATCH = "item/fileChange/requestApproval";
const FREE = { approvalPolicy: "never", sandbox: "danger-full-access" };
const ASKED = { approvalPolicy: "on-request", sandbox: "read-only" };

const exec = (cmd: string, more: object = {}): string =>
  `call exec_command with ${JSON.stringify({ cmd, login: false, ...more })}`;
const escalated = (cmd: string): string =>
  exec(cmd, { sandbox_permissions: "require_escalated", justification: "to write" });
const patch = (...lines: string[]): string =>
  `call apply_patch with <<<${["*** Begin Patch", ...lines, "*** End Patch"].join("\n")}>>>`;

/** One turn, in a thread with these params. The words that the model ends with are the command's output, which has times in it. */
const asking = (prompt: string, params: object, answer?: unknown): Scenario => ({
  run: async (s) => {
    for (const method of [COMMAND, PATCH]) s.driver.respond(method, () => answer ?? { decision: "accept" });
    await s.thread(params);
    await turnWithFixedEnd(s, prompt);
  },
});

/** The first call of the model is the tool's; what it says at the end is given to it. */
async function turnWithFixedEnd(s: Session, prompt: string): Promise<void> {
  s.simulator.script.push("responses");
  s.simulator.script.push("responses", { kind: "text", text: "done" });
  await s.turn(prompt);
}

const dynamic = (answer: unknown): Scenario => ({
  run: async (s) => {
    s.driver.respond("item/tool/call", () => answer);
    await s.thread({
      dynamicTools: [
        {
          name: "look_up",
          description: "Looks up",
          inputSchema: { type: "object", properties: { q: { type: "number" } }, required: ["q"] },
        },
      ],
    });
    await turnWithFixedEnd(s, 'call look_up with {"q": 7}');
  },
});

export const toolScenarios: Readonly<Record<string, Scenario>> = {
  "tool: a command that succeeds": asking(exec("echo one; echo two"), FREE),
  "tool: a command that fails": asking(exec("echo bad; exit 3"), FREE),
  "tool: commands with words in quotes": asking(exec(`printf '%s' "it's"`), FREE),
  "tool: a command is asked for and allowed": asking(escalated("echo hi && touch made"), ASKED),
  "tool: a command is asked for and declined": asking(escalated("touch made"), ASKED, { decision: "decline" }),
  "tool: a command is asked for and the turn cancelled": {
    run: async (s) => {
      s.driver.respond(COMMAND, () => ({ decision: "cancel" }));
      await s.thread(ASKED);
      await s.turn(escalated("touch made"));
    },
  },
  "tool: the parent cannot be asked": asking(escalated("touch made"), ASKED, new Refusal(-32000, "nobody is here")),
  "tool: the parent's answer is none": asking(escalated("touch made"), ASKED, { decision: "perhaps" }),
  "tool: a command is allowed for the session": {
    run: async (s) => {
      s.driver.respond(COMMAND, () => ({ decision: "acceptForSession" }));
      await s.thread(ASKED);
      await turnWithFixedEnd(s, escalated("touch made"));
      await turnWithFixedEnd(s, escalated("touch made"));
    },
  },
  "tool: a command with a redirection is asked for": asking(escalated("echo hi > made"), ASKED),
  "tool: the turn is interrupted while a person is asked": {
    run: async (s) => {
      s.driver.respond(COMMAND, () => SILENCE);
      await s.thread(ASKED);
      const turnId = await s.startTurn(escalated("touch made"));
      await s.driver.heard(COMMAND);
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId });
      await s.driver.heard("turn/completed");
      await s.driver.heard("serverRequest/resolved");
    },
  },
  "tool: the turn is interrupted while a command runs": {
    run: async (s) => {
      await s.thread(FREE);
      const turnId = await s.startTurn(exec("sleep 60"));
      await s.driver.heard(
        ({ method, params }) => method === "item/started" && itemOf(params)["type"] === "commandExecution",
      );
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId });
      await s.driver.heard("turn/completed");
    },
  },
  "tool: a command cannot leave the sandbox where nobody is asked": asking(escalated("touch made"), {
    approvalPolicy: "never",
    sandbox: "read-only",
  }),
  "tool: a patch adds a file": asking(patch("*** Add File: new.txt", "+hello"), FREE),
  "tool: a patch adds, changes and removes": {
    run: async (s) => {
      await s.thread(FREE);
      await turnWithFixedEnd(s, patch("*** Add File: a.txt", "+one", "+two"));
      await turnWithFixedEnd(s, patch("*** Update File: a.txt", "@@", " one", "-two", "+three"));
      await turnWithFixedEnd(s, patch("*** Delete File: a.txt"));
    },
  },
  "tool: a patch is asked for and allowed": asking(patch("*** Add File: new.txt", "+hello"), ASKED),
  "tool: a patch is asked for and declined": asking(patch("*** Add File: new.txt", "+hello"), ASKED, {
    decision: "decline",
  }),
  "tool: a patch that does not fit": asking(patch("*** Update File: none.txt", "@@", "-a", "+b"), FREE),
  "tool: a model whose tools are code": {
    run: async (s) => {
      await s.thread({ ...FREE, model: "gpt-6-sol" });
      await turnWithFixedEnd(
        s,
        'call exec with <<<const r = await tools.exec_command({ cmd: "echo hi" }); text(r.output)>>>',
      );
    },
  },
  "tool: the parent's own tool": dynamic({ contentItems: [{ type: "inputText", text: "seven" }], success: true }),
  "tool: the parent's own tool fails": dynamic({ contentItems: [{ type: "inputText", text: "no" }], success: false }),
  "tool: the parent's own tool is not answered": dynamic(new Refusal(-32000, "not today")),
};

function itemOf(params: unknown): Message {
  return (params as Message)["item"] as Message;
}
