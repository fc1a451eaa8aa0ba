/**
 * planport's extension for pi, as pi loads it, and a question to the provider that it registers. It runs as it stands, on the
 * simulator; in pi, a file of `export { planportExtension as default } from "planport/pi"` in pi's folder `extensions` does the same.
 *
 *   node examples/pi.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { planportExtension } from "planport/pi";
import { startSimulator } from "planport/simulator";

const simulator = await startSimulator();
const folder = mkdtempSync(path.join(tmpdir(), "planport-example-pi-"));
const env = {
  CODEX_BASE_URL: simulator.codexBaseUrl,
  CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
  CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
  CODEX_HOME: folder,
  PI_AGENT_HOME: folder,
};

// What pi does: it hands the extension its API, and gets providers. This pi takes them in the older form.
const providers = new Map();
await planportExtension({ registerProvider: (id, provider) => providers.set(id, provider) }, { env });
assert.deepEqual([...providers.keys()], ["codex-token", "planport"]);

const { api, baseUrl, models, streamSimple } = providers.get("codex-token");
const model = { ...models.find(({ id }) => id === "gpt-5.5"), api, baseUrl, provider: "codex-token" };
const stream = streamSimple(model, { messages: [{ role: "user", content: "Reply with exactly: it works" }] });
for await (const event of stream) if (event.type === "text_delta") process.stdout.write(event.delta);
process.stdout.write("\n");

const { content, stopReason, usage } = await stream.result();
assert.equal(stopReason, "stop");
assert.equal(content.find(({ type }) => type === "text").text, "it works");
assert.ok(usage.totalTokens > 0);

await simulator.close();
rmSync(folder, { recursive: true, force: true });
process.stdout.write("ok\n");
