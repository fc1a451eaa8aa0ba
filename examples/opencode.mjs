/**
 * What planport's plug-in gives opencode: `node examples/opencode.mjs`. In opencode itself one line of `opencode.json` does it:
 * `{ "plugin": ["opencode-planport"], "model": "planport/gpt-5.5" }`.
 *
 * It runs on planport's simulator, checks its own results, and ends with `ok`.
 */
import assert from "node:assert/strict";
import { PlanportPlugin } from "opencode-planport";
import { startSimulator } from "planport/simulator";

// A stand-in for OpenAI's servers, and an access token for it. The plug-in finds both as planport does everywhere.
const simulator = await startSimulator();
process.env.CODEX_BASE_URL = simulator.codexBaseUrl;
process.env.CODEX_AUTHAPI_BASE_URL = simulator.authApiBaseUrl;
process.env.CODEX_ACCESS_TOKEN = simulator.issuePersonalAccessToken();

const hooks = await PlanportPlugin({});

// opencode reads its configuration, and the plug-in adds its provider, with the models that the account has.
const config = { provider: { planport: { models: { "gpt-5.5": { name: "my favourite" } } } } };
await hooks.config(config);
const { npm, options, models } = config.provider.planport;
assert.equal(npm, "@ai-sdk/openai");
assert.equal(models["gpt-5.5"].name, "my favourite"); // what a person set is laid over it
assert.equal(models["gpt-5.5"].limit.context, 272_000);

// Then it makes the provider's client of these options, and calls.
const answer = await options.fetch(`${options.baseURL}/responses`, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${options.apiKey}` },
  body: JSON.stringify({ model: "gpt-5.5", input: "Reply with exactly: in opencode", store: false }),
});
assert.equal(answer.status, 200);
assert.match(await answer.text(), /in opencode/);

assert.deepEqual(
  hooks.auth.methods.map(({ label }) => label),
  ["ChatGPT in the browser", "ChatGPT with a code on another device", "Access token of a workspace (at-…)"],
);
await hooks.dispose();
await simulator.close();
process.stdout.write("ok\n");
