/**
 * Anthropic's library on /v1/messages: its tool runner, the streaming helper with an image and thinking, `parse`.
 */
import { load, model, personSchema, PIXEL, QUESTIONS, report, weatherIn } from "./lib.mjs";

const { Anthropic } = load("@anthropic-ai/sdk");
const { betaZodTool } = load("@anthropic-ai/sdk/helpers/beta/zod");
const { zodOutputFormat } = load("@anthropic-ai/sdk/helpers/zod");
const { z } = load("zod");

const client = new Anthropic({ maxRetries: 0 });
const shared = {
  model,
  max_tokens: 8192,
  system: "Be brief.",
  thinking: { type: "enabled", budget_tokens: 4096 },
};
const textOf = (message) => message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
const thinkingOf = (message) =>
  message.content.flatMap((block) => (block.type === "thinking" ? [block.thinking] : [])).join("");

const calls = [];
const runner = client.beta.messages.toolRunner({
  ...shared,
  messages: [{ role: "user", content: QUESTIONS.tools }],
  tools: [
    betaZodTool({
      name: "get_weather",
      description: "The weather in a city",
      inputSchema: z.object({ city: z.string() }),
      run: (args) => {
        calls.push(args);
        return weatherIn(args);
      },
    }),
  ],
});
const toolMessage = await runner.runUntilDone();
const messages = [...runner.params.messages];
if (messages.at(-1)?.role !== "assistant") messages.push({ role: "assistant", content: toolMessage.content });

messages.push({
  role: "user",
  content: [
    { type: "text", text: QUESTIONS.image },
    { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
  ],
});
const stream = client.messages.stream({ ...shared, messages });
let shownReasoning = "";
stream.on("thinking", (delta) => (shownReasoning += delta));
const imageMessage = await stream.finalMessage();
messages.push({ role: "assistant", content: imageMessage.content }, { role: "user", content: QUESTIONS.schema });

const counted = await client.messages.countTokens({ model, messages });
const parsed = await client.messages.parse({
  ...shared,
  messages,
  output_config: { format: zodOutputFormat(personSchema(z)) },
});
report({
  calls,
  toolAnswer: textOf(toolMessage),
  imageAnswer: textOf(imageMessage),
  person: parsed.parsed_output,
  shownReasoning: shownReasoning + thinkingOf(toolMessage),
  countedTokens: counted.input_tokens,
});
