/**
 * OpenAI's library on a ChatGPT plan, with no server and no port: `node examples/openai-sdk.mjs`.
 *
 * It runs on planport's simulator, checks its own results, and ends with `ok`. With a sign-in of your own, leave the first
 * part out and call `createOpenAI()` without arguments.
 */
import assert from "node:assert/strict";
import { createOpenAI, planportFetch } from "planport/openai";
import { startSimulator } from "planport/simulator";

// A stand-in for OpenAI's servers, and an access token for it.
const simulator = await startSimulator();
const signIn = { accessToken: simulator.issuePersonalAccessToken(), env: simulatorEnvironment(simulator) };

const openai = await createOpenAI(signIn);

// Responses, whole.
const response = await openai.responses.create({ model: "gpt-5.5", input: "Reply with exactly: it works" });
assert.equal(response.output_text, "it works");

// Chat, as it is written.
const stream = await openai.chat.completions.create({
  model: "gpt-5.5",
  stream: true,
  messages: [{ role: "user", content: "Reply with exactly: piece by piece" }],
});
let text = "";
for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
assert.equal(text, "piece by piece");

// Responses are kept in this process, so that a conversation can go on by the id of its last answer.
const next = await openai.responses.create({
  model: "gpt-5.5",
  input: "Reply with exactly: it goes on",
  previous_response_id: response.id,
});
assert.equal(next.previous_response_id, response.id);
await openai.planport.close();

// The same for a client that is made by hand, or for anything else that takes a `fetch`.
const fetch = planportFetch(signIn);
const models = await (await fetch("http://planport/v1/models")).json();
assert.ok(models.data.some(({ id }) => id === "gpt-5.5"));
await fetch.close();

await simulator.close();
process.stdout.write("ok\n");

function simulatorEnvironment({ codexBaseUrl, authApiBaseUrl }) {
  return { CODEX_BASE_URL: codexBaseUrl, CODEX_AUTHAPI_BASE_URL: authApiBaseUrl };
}
