/** Codex's freeform tool for a client of Anthropic's API, which knows no such tools: its call comes, and goes back as what it was. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { send, serve } from "./kit.ts";
import { clientOf } from "./on-simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: "codex-tools-on-messages" });
});
afterAll(() => simulator.close());

const PATCH = "*** Begin Patch\n*** Add File: größe.txt\n+x\n*** End Patch\n";
const question = { role: "user", content: `call apply_patch with <<<${PATCH}>>>` };

it.each(["codex_default", "merge_custom"])(
  "a call of apply_patch comes to a client of /v1/messages, streamed and whole, and goes back as it was (%s)",
  async (tool_schema_mode) => {
    const { client } = await clientOf(simulator);
    const at = await serve({ client });
    const ask = async (fields: object): Promise<string> => {
      const base = { model: "gpt-5.5", max_tokens: 9, messages: [question], codex_capabilities: { tool_schema_mode } };
      const answer = await send(at, "/v1/messages", { body: JSON.stringify({ ...base, ...fields }) });
      expect(answer.status, answer.text).toBe(200);
      return answer.text;
    };
    const whole = JSON.parse(await ask({})) as { content: { type: string; id: string }[]; stop_reason: string };
    const use = { type: "tool_use", name: "apply_patch", input: { input: PATCH } };
    expect(whole.content.filter(({ type }) => type === "tool_use")).toMatchObject([use]);
    expect(whole.stop_reason).toBe("tool_use");

    const streamed = await ask({ stream: true });
    const pieces = streamed.split("\n").filter((line) => line.startsWith("data: {"));
    const events = pieces.map((line) => JSON.parse(line.slice(6)) as { delta?: { partial_json?: string } });
    expect(JSON.parse(events.map(({ delta }) => delta?.partial_json ?? "").join(""))).toEqual({ input: PATCH });
    expect(streamed).toContain('"stop_reason":"tool_use"');

    const id = whole.content.find(({ type }) => type === "tool_use")?.id;
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "Done." }] };
    await ask({ messages: [question, { role: "assistant", content: whole.content }, result] });
    const body = simulator.requests.findLast(({ path }) => path.endsWith("/responses"))?.body;
    expect((body as { input: object[] }).input).toEqual(
      expect.arrayContaining([
        { type: "custom_tool_call", call_id: id, name: "apply_patch", input: PATCH },
        { type: "custom_tool_call_output", call_id: id, output: "Done." },
      ]),
    );
  },
);
