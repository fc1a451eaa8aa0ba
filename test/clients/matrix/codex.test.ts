/**
 * The real Codex CLI on a session of several turns, with the settings of `planport connect codex`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { textOf } from "../../../packages/planport/src/cli/connect/edit-text.ts";
import { type Simulator, startSimulator } from "../../../packages/planport/src/simulator/index.ts";
import { execTurn, outputsOf } from "../support/codex.ts";
import { type Conversation, fileFor, PLANPORT, proveRow, sentSince } from "../support/matrix.ts";
import { temporaryFolder } from "../support/process.ts";
import { PIXEL_FILE, PERSON_SCHEMA } from "../support/samples.ts";
import { entryOf } from "../support/roster.ts";
import { signedInHome, startGateway } from "../support/stack.ts";

const COMMANDS = ["echo Sunny in Paris.", "echo Sunny in Oslo."];
const QUESTIONS = [
  COMMANDS.map((cmd) => `call exec_command with ${JSON.stringify({ cmd })}`).join(", then "),
  "What do you see?",
  "Describe a person named Ada, whose age is 36.",
];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

/** Three runs of the CLI, the second and third of which go on where the one before ended. */
async function hold(
  id: string,
  flags: readonly string[],
  authCommand: readonly string[] | null,
): Promise<Conversation> {
  const home = temporaryFolder("codex-matrix");
  const own = signedInHome(simulator);
  const gateway = await startGateway(simulator, own, flags);
  const model = "gpt-5.5";
  const { origin: url } = new URL(gateway.baseURL);
  const setting = fileFor(entryOf(id), { url, model, env: { CODEX_HOME: home }, authCommand });
  mkdirSync(dirname(setting.file), { recursive: true });
  writeFileSync(setting.file, textOf(setting));
  const work = temporaryFolder("codex-matrix-work");
  const schema = join(work, "person.json");
  writeFileSync(schema, JSON.stringify(PERSON_SCHEMA));
  const image = join(work, "pixel.png");
  writeFileSync(image, PIXEL_FILE);
  const from = simulator.requests.length;
  // What the auth.command of Codex finds.
  const env = { PLANPORT_HOME: own, CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token` };
  const turn = (prompt: string, more: readonly string[] = []) =>
    execTurn(home, model, prompt, env, { more, cwd: work });
  const first = await turn(QUESTIONS[0] ?? "");
  const second = await turn(QUESTIONS[1] ?? "", ["resume", "--last", "-i", image]);
  const third = await turn(QUESTIONS[2] ?? "", ["resume", "--last", "--output-schema", schema]);
  return {
    outcome: {
      calls: outputsOf(first),
      toolAnswer: first.answer,
      imageAnswer: second.answer,
      person: JSON.parse(third.answer) as unknown,
      shownReasoning: null,
    },
    sent: sentSince(simulator, from),
  };
}

function row(
  id: string,
  transport: "http" | "websocket",
  flags: readonly string[],
  auth: readonly string[] | null,
): void {
  const start = async (): Promise<Conversation> => {
    if (transport === "http") simulator.script.always("websocket", { kind: "http", status: 426 });
    return await hold(id, flags, auth);
  };
  proveRow(id, QUESTIONS, start, {
    tool: ({ outcome, sent: { bodies } }) => {
      expect(outcome.calls).toEqual(["Sunny in Paris.", "Sunny in Oslo."]);
      for (const word of ["Paris", "Oslo"]) expect(outcome.toolAnswer).toContain(`Sunny in ${word}.`);
      const used = simulator.requests.filter(({ target }) => target === "responses").slice(-bodies.length);
      expect(new Set(used.map((request) => request.transport))).toEqual(new Set([transport]));
    },
  });
}

describe("Codex CLI", () => {
  row("codex-websocket", "websocket", ["--credentials", "passthrough"], PLANPORT);
  row("codex-sse", "http", [], null);
});
