/**
 * The AI SDK with its OpenAI provider, on Chat Completions (`chat`) or on Responses (`responses`): its own tool loop, a
 * stream with an image, structured output.
 */
import { load, model, personSchema, PIXEL, QUESTIONS, report, variant, weatherIn } from "./lib.mjs";

const { generateText, isStepCount, Output, stepCountIs, streamText, tool } = load("ai");
const { openai } = load("@ai-sdk/openai");
const { z } = load("zod");

const shared = {
  model: variant === "chat" ? openai.chat(model) : openai.responses(model),
  maxRetries: 0,
  ...(variant === "responses" && { providerOptions: { openai: { reasoningSummary: "auto" } } }),
};
const calls = [];
const tools = {
  get_weather: tool({
    description: "The weather in a city",
    inputSchema: z.object({ city: z.string() }),
    execute: (args) => {
      calls.push(args);
      return weatherIn(args);
    },
  }),
};
/** What all steps of a result add to the conversation: AI SDK 7 has a name of its own for it. */
const messagesOf = async (result) => (await result.responseMessages) ?? (await result.response).messages;

const messages = [{ role: "user", content: QUESTIONS.tools }];
const stopWhen = (isStepCount ?? stepCountIs)(5);

const first = await generateText({ ...shared, messages, tools, stopWhen });
messages.push(...(await messagesOf(first)));
messages.push({
  role: "user",
  content: [
    { type: "text", text: QUESTIONS.image },
    { type: "file", data: Buffer.from(PIXEL, "base64"), mediaType: "image/png" },
  ],
});
const stream = streamText({ ...shared, messages, tools, onError: ({ error }) => process.stderr.write(`${error}\n`) });
const imageAnswer = await stream.text;
messages.push(...(await messagesOf(stream)), { role: "user", content: QUESTIONS.schema });

const third = await generateText({ ...shared, messages, output: Output.object({ schema: personSchema(z) }) });
const reasoningOf = (result) => result.steps.map(({ reasoningText }) => reasoningText ?? "").join("");
report({
  calls,
  toolAnswer: first.text,
  imageAnswer,
  person: third.output,
  shownReasoning: reasoningOf(first) + reasoningOf(third),
});
