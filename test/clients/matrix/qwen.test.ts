/**
 * The coding agent Qwen Code on a session of several turns, with the variables of `planport connect qwen` and no other.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { isJsonObject, type JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import { type Simulator, startSimulator } from "../../../packages/planport/src/simulator/index.ts";
import { type Conversation, proveRow, sentSince, variablesFor } from "../support/matrix.ts";
import { cleanEnvironment, start, temporaryFolder } from "../support/process.ts";
import { entryOf, installed, nodeFor } from "../support/roster.ts";
import { PERSON_SCHEMA, PIXEL_FILE } from "../support/samples.ts";
import { signedInHome, startGateway } from "../support/stack.ts";

const CALLS = ["echo Sunny in Paris.", "echo Sunny in Oslo."].map((command) => ({ command, is_background: false }));
const QUESTIONS = [
  CALLS.map((args) => `call run_shell_command with ${JSON.stringify(args)}`).join(", then "),
  "What do you see in @pixel.png ?",
  'Call structured_output with {"name": "Ada", "age": 36}',
];

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startSimulator();
  url = new URL((await startGateway(simulator, signedInHome(simulator))).baseURL).origin;
});
afterAll(() => simulator.close());

/** What one run of the agent reported. */
interface Turn {
  /** Blocks of all messages, in order. */
  readonly blocks: readonly JsonObject[];
  readonly result: JsonObject;
}

async function hold(): Promise<Conversation> {
  const entry = entryOf("qwen");
  const home = temporaryFolder("qwen-home");
  const work = temporaryFolder("qwen-work");
  writeFileSync(join(work, "pixel.png"), PIXEL_FILE);
  const variables = variablesFor(entry, { url, model: "gpt-5.5" });
  const env = cleanEnvironment({ HOME: home, USERPROFILE: home, ...variables });
  const script = installed(entry, "cli-entry.js") ?? "";
  const turn = async (prompt: string, ...flags: string[]): Promise<Turn> => {
    // Its own tools may run here: they are two echoes.
    const args = [script, "--auth-type", "openai", "--yolo", "--output-format", "json", "--bare", ...flags, prompt];
    const done = await start(nodeFor(entry) ?? "", args, { env, cwd: work }).finished;
    if (done.code !== 0) throw new Error(`qwen failed (exit ${String(done.code)}):\n${done.stdout}\n${done.stderr}`);
    const lines = JSON.parse(done.stdout) as JsonObject[];
    const contents = lines.flatMap(({ message }) => (isJsonObject(message) ? [message["content"]] : []));
    const blocks = contents.flat().filter(isJsonObject);
    return { blocks, result: lines.find(({ type }) => type === "result") ?? {} };
  };
  const from = simulator.requests.length;
  const first = await turn(QUESTIONS[0] ?? "");
  // It speaks of its tools beside the image, at which the simulator would call one.
  simulator.script.push("responses", { kind: "text", text: "I saw 1 image." });
  const second = await turn(QUESTIONS[1] ?? "", "--continue");
  const third = await turn(QUESTIONS[2] ?? "", "--continue", "--json-schema", JSON.stringify(PERSON_SCHEMA));
  const thinking = first.blocks.filter(({ type }) => type === "thinking").map((block) => block["thinking"]);
  return {
    outcome: {
      calls: first.blocks.filter(({ type }) => type === "tool_use").map((block) => block["input"]),
      toolAnswer: String(first.result["result"]),
      imageAnswer: String(second.result["result"]),
      person: third.result["structured_result"],
      shownReasoning: thinking.join("\n"),
    },
    sent: sentSince(simulator, from),
  };
}

describe("Qwen Code", () => {
  proveRow("qwen", QUESTIONS, hold, {
    reasoning: ({ outcome, sent: { bodies, items } }) => {
      // Two calls and an answer in the first turn; the second turn's answer was put into the model's mouth without any.
      expect(bodies).toHaveLength(5);
      const seals = items.filter(({ type }) => type === "reasoning").map((item) => item["encrypted_content"]);
      expect(new Set(seals).size).toBe(3);
      expect(seals).toHaveLength(3);
      expect(outcome.shownReasoning).toContain("Reading the request");
    },
    schema: ({ outcome, sent: { bodies } }) => {
      // It asks for output that fits a schema by a tool with that schema.
      const tools = bodies.at(-1)?.["tools"] as JsonObject[];
      expect(tools.find(({ name }) => name === "structured_output")?.["parameters"]).toMatchObject(PERSON_SCHEMA);
      expect(outcome.person).toEqual({ name: "Ada", age: 36 });
    },
  });
});
