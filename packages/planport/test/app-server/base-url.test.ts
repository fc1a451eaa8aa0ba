/** `CODEX_BASE_URL` in an app-server. */
import { expect, test } from "vitest";
import { start } from "../simulator/helpers.ts";
import { openServer, type TestClient } from "./kit.ts";
import { push, tokensOf } from "./world.ts";

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";
const ELSEWHERE = `openai_base_url = "${NOWHERE}/v1"\nchatgpt_base_url = "${NOWHERE}/backend-api"\n`;

async function turn(client: TestClient): Promise<Record<string, unknown>> {
  const { thread } = (await client.ask("thread/start", {})) as { thread: { id: string } };
  const input = [{ type: "text", text: "Reply with exactly: here" }];
  await client.ask("turn/start", { threadId: thread.id, input });
  return client.told("turn/completed");
}

test("goes before the file: the account is asked about there, and the model called", async () => {
  const simulator = await start();
  const server = await openServer({ config: ELSEWHERE, env: { CODEX_BASE_URL: simulator.codexBaseUrl } });
  const client = await server.client();
  await push(client, tokensOf(simulator));
  expect(await client.ask("account/read")).toMatchObject({
    workspaceRouting: { chatgptAccountId: simulator.accounts.default.id },
  });
  expect(await client.ask("account/rateLimits/read")).toMatchObject({ rateLimits: { limitId: "codex" } });
  expect(await turn(client)).toMatchObject({ turn: { status: "completed", error: null } });
});

test("which server serves the workspace may stay unknown", async () => {
  const simulator = await start();
  const server = await openServer({ config: ELSEWHERE, env: { CODEX_BASE_URL: simulator.codexBaseUrl } });
  simulator.script.always("accountsCheck", { kind: "http", status: 500 });
  const client = await server.client();
  await push(client, tokensOf(simulator));
  expect(await client.told("account/login/completed")).toMatchObject({ success: true });
  expect(await client.ask("account/read")).toMatchObject({ account: { type: "chatgpt" }, workspaceRouting: null });
  expect(await turn(client)).toMatchObject({ turn: { status: "completed", error: null } });
});

test("is refused by name when it is no URL", async () => {
  await expect(openServer({ env: { CODEX_BASE_URL: "the simulator" } })).rejects.toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining("CODEX_BASE_URL"),
  });
});
