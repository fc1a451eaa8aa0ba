/**
 * A program that embeds an app-server and owns its account: `node examples/app-server.mjs`.
 *
 * It runs planport's own app-server on planport's simulator, checks its own results, and ends with `ok`. With an account of your
 * own leave `authFile` and the variables out; with Codex, `command: ["codex", "app-server"]`.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createPlanport } from "planport";
import { spawnAppServer } from "planport/app-server-client";
import { startSimulator } from "planport/simulator";

// A stand-in for OpenAI's servers, a sign-in to it, and an empty home for the app-server, which gets no refresh token.
const simulator = await startSimulator();
const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens();
const folder = mkdtempSync(path.join(tmpdir(), "planport-example-"));
const authFile = path.join(folder, "own-auth.json");
const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId };
writeFileSync(authFile, JSON.stringify({ auth_mode: "chatgpt", tokens }), { mode: 0o600 });
writeFileSync(path.join(folder, "config.toml"), simulator.codexConfig);
const env = {
  ...process.env,
  CODEX_HOME: folder,
  CODEX_BASE_URL: simulator.codexBaseUrl,
  CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
};

const planport = await createPlanport({ authFile, env });
const planportBin = path.join(
  path.dirname(createRequire(import.meta.url).resolve("planport/package.json")),
  "bin/planport.js",
);
const client = await spawnAppServer({
  clientInfo: { name: "example", version: "1.0.0" },
  command: [process.execPath, planportBin, "app-server"],
  env,
  cwd: folder,
});
const account = await client.connectAccount(planport.tokens);
process.stdout.write(`${client.server.userAgent} works for ${account.accountId}.\n`);

const { thread } = await client.request("thread/start", {
  model: "gpt-5.5",
  approvalPolicy: "never",
  sandbox: "read-only",
});
simulator.expireAccessTokens(); // The server will be refused, ask for a fresh token, and go on.
let text = "";
for await (const { method, params } of client.streamTurn({
  threadId: thread.id,
  input: "Reply with exactly: lent, not given",
})) {
  if (method === "item/agentMessage/delta") text += params.delta;
  if (method === "turn/completed") assert.equal(params.turn.status, "completed", params.turn.error?.message);
}
process.stdout.write(`${text}\n`);
assert.equal(text, "lent, not given");
assert.equal(simulator.refreshes, 1);

const end = await client.close(); // logs the server out first
assert.equal(end.code, 0);
await planport.close();
await simulator.close();
rmSync(folder, { recursive: true });
process.stdout.write("ok\n");
