/**
 * OpenAI's library with planport in its own process. Prints what came of it as one line of JSON.
 */
import OpenAI from "openai";
import { createOpenAI, planportFetch } from "planport/openai";
import { VERSION } from "openai/version";

const model = "gpt-5.5";
const ready = await createOpenAI();
const fetch = planportFetch();
const openai = new OpenAI({ baseURL: "http://planport/v1", apiKey: "unused", fetch });
const errorOf = (call) =>
  call.then(
    () => null,
    (error) => ({ isOwn: error instanceof OpenAI.APIError, name: error.constructor.name, code: error.code ?? null }),
  );

const models = [];
for await (const { id } of ready.models.list()) models.push(id);

const response = await ready.responses.create({ model, input: "Reply with exactly: whole response" });
const followed = await ready.responses.create({
  model,
  input: "Reply with exactly: it goes on",
  previous_response_id: response.id,
});
const responseStream = openai.responses.stream({ model, input: "Reply with exactly: streamed response" });

const chat = await openai.chat.completions.create({
  model,
  messages: [{ role: "user", content: "Reply with exactly: whole chat" }],
});
const chatStream = openai.chat.completions.stream({
  model,
  messages: [{ role: "user", content: "Reply with exactly: streamed chat" }],
});

const calls = [];
const runner = openai.chat.completions.runTools({
  model,
  messages: [{ role: "user", content: "Call get_weather for Paris." }],
  tools: [
    {
      type: "function",
      function: {
        name: "get_weather",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        parse: JSON.parse,
        function: ({ city }) => {
          calls.push(city);
          return `Sunny in ${city}.`;
        },
      },
    },
  ],
});

const image = await openai.images.generate({ model: "gpt-image-1", prompt: "a red square" });

const abort = new AbortController();
const told = await openai.responses.create(
  { model, input: "Tell me a long story", stream: true },
  { signal: abort.signal },
);
for await (const _event of told) abort.abort(); // The loop ends by it, and nothing is thrown.

process.stdout.write(
  `${JSON.stringify({
    version: VERSION,
    models,
    response: response.output_text,
    followed: [followed.output_text, followed.previous_response_id === response.id],
    responseStream: (await responseStream.finalResponse()).output_text,
    chat: chat.choices[0].message.content,
    chatStream: await chatStream.finalContent(),
    tools: [await runner.finalContent(), calls],
    image: Buffer.from(image.data[0].b64_json, "base64").subarray(1, 4).toString(),
    unknownModel: await errorOf(openai.responses.create({ model: "no-such", input: "x" })),
    aborted: await errorOf(openai.models.list({ signal: AbortSignal.abort() })),
  })}\n`,
);
await ready.planport.close();
await fetch.close();
