/**
 * OpenAI's library on Responses: streams that call tools, an image, `parse`. The conversation goes on either by sending
 * all items again (`items`) or by `previous_response_id` (`chain`).
 */
import { load, model, personSchema, PIXEL_URL, QUESTIONS, report, variant, weatherIn } from "./lib.mjs";

const { OpenAI } = load("openai");
const { zodResponsesFunction, zodTextFormat } = load("openai/helpers/zod");
const { z } = load("zod");

const client = new OpenAI({ maxRetries: 0 });
const tools = [
  zodResponsesFunction({
    name: "get_weather",
    description: "The weather in a city",
    parameters: z.object({ city: z.string() }),
  }),
];
const chained = variant === "chain";
const items = [];
let previous;
let shownReasoning = "";

/** What to send so that the new items follow on all that was said. */
function next(added) {
  items.push(...added);
  const shared = { model, instructions: "Be brief.", reasoning: { summary: "auto" } };
  if (chained) return { ...shared, input: added, previous_response_id: previous };
  return { ...shared, input: [...items], store: false, include: ["reasoning.encrypted_content"] };
}

function took(response) {
  items.push(...response.output.map(({ parsed_arguments: _p, ...item }) => item));
  previous = response.id;
}

async function streamed(added) {
  const stream = client.responses.stream({ ...next(added), tools });
  stream.on("response.reasoning_summary_text.delta", (event) => (shownReasoning += event.delta));
  const response = await stream.finalResponse();
  took(response);
  return response;
}

const calls = [];
let response = await streamed([{ role: "user", content: QUESTIONS.tools }]);
for (;;) {
  const asked = response.output.filter((item) => item.type === "function_call");
  if (asked.length === 0) break;
  calls.push(...asked.map((call) => call.parsed_arguments));
  response = await streamed(
    asked.map((call) => ({
      type: "function_call_output",
      call_id: call.call_id,
      output: weatherIn(call.parsed_arguments),
    })),
  );
}
const toolAnswer = response.output_text;

const content = [
  { type: "input_text", text: QUESTIONS.image },
  { type: "input_image", image_url: PIXEL_URL, detail: "auto" },
];
const imageAnswer = (await streamed([{ role: "user", content }])).output_text;

const parsed = await client.responses.parse({
  ...next([{ role: "user", content: QUESTIONS.schema }]),
  text: { format: zodTextFormat(personSchema(z), "person") },
});
report({ calls, toolAnswer, imageAnswer, person: parsed.output_parsed, shownReasoning });
