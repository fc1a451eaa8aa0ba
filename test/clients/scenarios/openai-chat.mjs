/**
 * OpenAI's library on Chat Completions: the tool runner (streamed), the streaming helper with an image, `parse`.
 */
import { load, model, personSchema, PIXEL_URL, QUESTIONS, report, weather, weatherIn } from "./lib.mjs";

const { OpenAI } = load("openai");
const { zodResponseFormat } = load("openai/helpers/zod");
const { z } = load("zod");

const client = new OpenAI({ maxRetries: 0 });
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: QUESTIONS.tools },
];
let shownReasoning = "";
const note = (chunk) => (shownReasoning += chunk.choices[0]?.delta.reasoning_content ?? "");

const calls = [];
const runner = client.chat.completions.runTools({
  model,
  stream: true,
  messages,
  tools: [
    {
      type: "function",
      function: {
        ...weather,
        strict: true,
        parse: JSON.parse,
        function: (args) => {
          calls.push(args);
          return weatherIn(args);
        },
      },
    },
  ],
});
runner.on("chunk", note);
const toolAnswer = await runner.finalContent();
const history = [...runner.messages];

history.push({
  role: "user",
  content: [
    { type: "text", text: QUESTIONS.image },
    { type: "image_url", image_url: { url: PIXEL_URL } },
  ],
});
const stream = client.chat.completions.stream({ model, messages: history });
stream.on("chunk", note);
const imageAnswer = (await stream.finalChatCompletion()).choices[0].message;
history.push(imageAnswer, { role: "user", content: QUESTIONS.schema });

const parsed = await client.chat.completions.parse({
  model,
  messages: history,
  response_format: zodResponseFormat(personSchema(z), "person"),
});
report({
  calls,
  toolAnswer,
  imageAnswer: imageAnswer.content,
  person: parsed.choices[0].message.parsed,
  shownReasoning,
});
