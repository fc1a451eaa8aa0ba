/**
 * The model's thinking through the AI SDK's provider: there and back where nobody keeps it.
 */
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  type AnswerContent,
  type CallOptions,
  createPlanport,
  type PlanportLanguageModel,
  type PromptMessage,
  type StreamPart,
} from "../../src/hosts/ai-sdk/index.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newFolder, planportOptions, signedInEnvironment } from "./support/signed-in.ts";

const SEALED = "reasoning.encrypted_content";
const LEFT_OUT = { type: "other", message: expect.stringContaining("left out") as string };

const user = (words: string): PromptMessage => ({ role: "user", content: [{ type: "text", text: words }] });

describe("thinking over several calls", () => {
  let simulator: Simulator;

  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  function open(env: Readonly<Record<string, string>>): PlanportLanguageModel {
    const planport = createPlanport(planportOptions(env));
    onTestFinished(() => planport.close());
    return planport("gpt-5.5");
  }

  const lastSent = (): JsonObject =>
    simulator.requests.findLast(({ target }) => target === "responses")?.body as JsonObject;
  const thoughtsSent = (): JsonObject[] =>
    (lastSent()["input"] as JsonObject[]).filter(({ type }) => type === "reasoning");

  function openWithKey(): PlanportLanguageModel {
    const home = newFolder();
    const OPENAI_API_KEY = simulator.issueApiKey();
    return open({ HOME: home, CODEX_HOME: home, CODEX_BASE_URL: simulator.platformBaseUrl, OPENAI_API_KEY });
  }

  it("goes on after a tool, with an API key", async () => {
    const model = openWithKey();
    const options: Omit<CallOptions, "prompt"> = {
      tools: [{ type: "function", name: "look", inputSchema: { type: "object", properties: {} } }],
      providerOptions: { planport: { reasoningSummary: "auto" } },
    };
    const question = user("call look with {}");
    const { content } = await model.doGenerate({ prompt: [question], ...options });
    expect(lastSent()).toMatchObject({ store: false, include: [SEALED] });
    const output = { type: "text" as const, value: "seen" };
    const results = content.flatMap((part) =>
      part.type === "tool-call"
        ? [{ type: "tool-result" as const, toolCallId: part.toolCallId, toolName: "look", output }]
        : [],
    );
    expect(results).toHaveLength(1);
    const { warnings } = await model.doGenerate({
      prompt: [question, { role: "assistant", content: handedBack(content) }, { role: "tool", content: results }],
      ...options,
    });
    expect(thoughtsSent()).toMatchObject([{ encrypted_content: expect.any(String) as string }]);
    expect(warnings).toEqual([]);
  });

  it("that OpenAI keeps, because the call says so, goes on without a seal", async () => {
    const model = openWithKey();
    const providerOptions = { planport: { reasoningSummary: "auto", store: true } };
    const question = user("Think about a sum.");
    const first = await model.doGenerate({ prompt: [question], providerOptions });
    const prompt: PromptMessage[] = [
      question,
      { role: "assistant", content: handedBack(first.content) },
      user("And now?"),
    ];
    const { warnings } = await model.doGenerate({ prompt, providerOptions });
    expect(thoughtsSent()).toHaveLength(1);
    expect(thoughtsSent()[0]).not.toHaveProperty("encrypted_content");
    expect(warnings).toEqual([]);
  });

  it("that a person stopped is left out of the calls that follow, and told of", async () => {
    const model = open(signedInEnvironment(simulator));
    const providerOptions = { planport: { reasoningSummary: "auto" } };
    const { stream } = await model.doStream({ prompt: [user("Think about a sum.")], providerOptions });
    let begun: StreamPart | undefined;
    for await (const part of stream) {
      if (part.type === "reasoning-start") begun = part;
      if (part.type === "reasoning-delta") break;
    }
    if (begun?.type !== "reasoning-start") throw new Error("It did not think.");
    const thought = { type: "reasoning" as const, text: "Let me", providerOptions: begun.providerMetadata };
    const { content, warnings } = await model.doGenerate({
      prompt: [
        user("Think about a sum."),
        { role: "assistant", content: [thought] },
        user("Reply with exactly: never mind"),
      ],
    });
    expect(content).toContainEqual(expect.objectContaining({ type: "text", text: "never mind" }));
    expect(thoughtsSent()).toEqual([]);
    expect(warnings).toEqual([LEFT_OUT]);
  });
});

type AssistantPart = Extract<PromptMessage, { role: "assistant" }>["content"][number];

/** The thinking and the calls of an answer, as the AI SDK hands them back. */
function handedBack(content: readonly AnswerContent[]): AssistantPart[] {
  return content.flatMap((part): AssistantPart[] => {
    if (part.type !== "reasoning" && part.type !== "tool-call") return [];
    const providerOptions = part.providerMetadata;
    return [part.type === "reasoning" ? { ...part, providerOptions } : { ...part, input: {}, providerOptions }];
  });
}
