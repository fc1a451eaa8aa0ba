/**
 * An agent's loop on a ChatGPT plan by `planport/transport`: `node examples/transport.mjs`.
 *
 * It runs on planport's simulator, checks its own results, and ends with `ok`. With an account of your own, get the tokens by
 * `await runOAuthFlow()`, and leave `baseUrl` and `env` out.
 */
import assert from "node:assert/strict";
import { startSimulator } from "planport/simulator";
import { CodexTransport } from "planport/transport";

// A stand-in for OpenAI's servers. Its tokens end in 20 s, so that the first call renews them.
const simulator = await startSimulator();
const { accessToken, refreshToken, accountId } = simulator.issueTokens({ accessTokenTtlMs: 20_000 });

const saved = [];
const transport = new CodexTransport({
  apiKey: accessToken,
  refreshToken,
  expiresAt: String(Math.floor(Date.now() / 1000) + 20),
  accountId,
  onAuthRefresh: (auth) => void saved.push(auth), // write them to a file: the old refresh token is spent
  baseUrl: simulator.codexBaseUrl,
  env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token` },
});

const models = await transport.fetchModels();
assert.ok(models.withCapabilities("vision", "tool_use").has("gpt-5.5"));
assert.equal(transport.model.id, "gpt-4.1"); // the default: an old name that means the plan's own model

const tools = {
  get_weather: {
    description: "The weather in a city",
    inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    run: async ({ city }) => `Sunny in ${city}.`,
  },
};
const offered = Object.entries(tools).map(([name, { description, inputSchema }]) => ({
  name,
  description,
  inputSchema,
}));

const messages = [{ role: "user", content: "Call get_weather for Paris." }];
let answer = "";
for (let stopReason = "tool_use"; stopReason === "tool_use";) {
  const turn = await ask();
  stopReason = turn.end.stopReason;
  answer = turn.text;
  const { uses } = turn;
  messages.push({
    role: "assistant",
    content: [
      ...turn.end.reasoning.map((item) => ({ type: "reasoning", item })), // the model's thinking goes on with it
      { type: "text", text: turn.text },
      ...uses.map(({ id, name, json }) => ({ type: "tool_use", id, name, input: JSON.parse(json) })),
    ],
  });
  if (uses.length === 0) continue;
  const results = uses.map(async ({ id, name, json }) => ({
    type: "tool_result",
    toolUseId: id,
    content: await tools[name].run(JSON.parse(json)),
  }));
  messages.push({ role: "user", content: await Promise.all(results) });
}

/** One turn of the model. */
async function ask() {
  const uses = [];
  let text = "";
  let end;
  for await (const event of transport.stream(messages, offered, "You are a helpful assistant.")) {
    if (event.type === "text_delta") text += event.delta;
    if (event.type === "tool_use_start") uses.push({ id: event.toolUseId, name: event.name, json: "" });
    if (event.type === "tool_input_delta") uses.find(({ id }) => id === event.toolUseId).json += event.partialJson;
    if (event.type === "iteration_end") end = event;
  }
  return { uses, text, end };
}

assert.match(answer, /Sunny in Paris\./);
assert.equal(messages.length, 4);
assert.equal(saved.length, 1);
assert.equal(saved[0].api_key, transport.apiKey);

await transport.close();
await simulator.close();
process.stdout.write("ok\n");
