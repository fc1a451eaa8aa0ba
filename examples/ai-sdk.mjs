/**
 * The AI SDK on a ChatGPT plan, with no server and no port: `node examples/ai-sdk.mjs`, where `ai` (6 or 7) and `zod` are
 * installed.
 *
 * It runs on planport's simulator, checks its own results, and ends with `ok`. With a sign-in of your own, leave the first
 * part out and call `createPlanport()` without arguments.
 */
import assert from "node:assert/strict";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { createPlanport } from "planport/ai-sdk";
import { startSimulator } from "planport/simulator";
import { z } from "zod";

// A stand-in for OpenAI's servers, and an access token for it.
const simulator = await startSimulator();
const planport = createPlanport({
  accessToken: simulator.issuePersonalAccessToken(),
  env: { CODEX_BASE_URL: simulator.codexBaseUrl, CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl },
});
const model = planport("gpt-5.5");

// Text, whole.
const { text, usage } = await generateText({ model, prompt: "Reply with exactly: it works" });
assert.equal(text, "it works");
assert.ok(usage.inputTokens > 0);

// Text, as it is written.
let streamed = "";
for await (const piece of streamText({ model, prompt: "Reply with exactly: piece by piece" }).textStream)
  streamed += piece;
assert.equal(streamed, "piece by piece");

// Tools. The model's thinking goes on from step to step.
const weather = tool({
  description: "The weather in a city",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `Sunny in ${city}.`,
});
const answer = await generateText({
  model,
  tools: { get_weather: weather },
  stopWhen: stepCountIs(5),
  prompt: "Call get_weather for Paris.",
  providerOptions: { planport: { reasoningEffort: "high", reasoningSummary: "auto" } },
});
assert.match(answer.text, /Sunny in Paris\./);
assert.equal(answer.steps.length, 2);

// An object by a schema.
const { output } = await generateText({
  model,
  output: Output.object({ schema: z.object({ name: z.string(), age: z.number().int() }) }),
  prompt: "Describe a person.",
});
assert.equal(typeof output.name, "string");

await planport.close();
await simulator.close();
process.stdout.write("ok\n");
