/**
 * The parent's side of an app-server against the real Codex: it lends its account, and Codex never sees a refresh token.
 */
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppServerClient, spawnAppServer } from "../../packages/planport/src/hosts/app-server-client/index.ts";
import { createPlanport, type Planport } from "../../packages/planport/src/index.ts";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, configureForSimulator } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, temporaryFolder } from "./support/process.ts";
import { type Gateway, signedInHome, startGateway } from "./support/stack.ts";

const ROTATIONS = 50;
const CODEXES = 3;

let simulator: Simulator;
let home: string;
let planport: Planport;
const clients: AppServerClient[] = [];

beforeAll(async () => {
  simulator = await startSimulator({ maxRecordedRequests: 20_000 });
  home = signedInHome(simulator);
  const env = cleanEnvironment({
    HOME: home,
    CODEX_HOME: home,
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
  });
  planport = await createPlanport({ authFile: join(home, "auth.json"), env, homeDir: home });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await planport.close();
  await simulator.close();
});

async function embedCodex(): Promise<AppServerClient> {
  const codexHome = temporaryFolder("embedded");
  configureForSimulator(codexHome, simulator);
  const client = await spawnAppServer({
    clientInfo: { name: "planport_test", version: "1.0.0" },
    command: [process.execPath, codexScript ?? "", "app-server"],
    env: cleanEnvironment({ HOME: codexHome, USERPROFILE: codexHome, CODEX_HOME: codexHome }),
    cwd: codexHome,
  });
  clients.push(client);
  await client.connectAccount(planport.tokens);
  return client;
}

async function startThread(client: AppServerClient): Promise<string> {
  const started = await client.request("thread/start", {
    model: "gpt-5.5",
    approvalPolicy: "never",
    sandbox: "danger-full-access",
  });
  return started.thread.id;
}

/** The answer of one turn; throws with the server's words when it failed. */
async function ask(client: AppServerClient, threadId: string, input: string): Promise<string> {
  let answer = "";
  for await (const { method, params } of client.streamTurn({ threadId, input })) {
    if (method === "item/completed") {
      const { item } = params as { item: { type: string; text?: string } };
      if (item.type === "agentMessage") answer = item.text ?? "";
    }
    if (method !== "turn/completed") continue;
    const { turn } = params as { turn: { status: string; error: { message: string } | null } };
    if (turn.status !== "completed") throw new Error(`${turn.status}: ${turn.error?.message ?? ""}`);
  }
  return answer;
}

if (codexScript === null) reportNotRun("the Codex app-server", "test/clients is not installed; npm test installs it");
else {
  describe("the real Codex app-server with an account that is lent to it", () => {
    test("knows the account, and finishes a turn whose token expires midway by asking for another", async () => {
      const client = await embedCodex();
      expect(await client.request("account/read", {})).toMatchObject({
        account: { type: "chatgpt" },
        workspaceRouting: { chatgptAccountId: planport.describe().accountId },
      });
      const threadId = await startThread(client);
      expect(await ask(client, threadId, "Reply with exactly: first")).toBe("first");
      const refreshes = simulator.refreshes;
      // The token ends between the first call of the turn and the second.
      let isExpired = false;
      const unlisten = client.on("item/started", ({ item }) => {
        if (item.type !== "commandExecution" || isExpired) return;
        isExpired = true;
        simulator.expireAccessTokens();
      });
      const answer = await ask(client, threadId, 'call exec_command with {"cmd":"echo midway; sleep 0.2"}');
      unlisten();
      expect(isExpired).toBe(true);
      expect(answer).toContain("midway");
      expect(simulator.refreshes).toBe(refreshes + 1);
    });

    test(`shares one credential with ${CODEXES - 1} more and a gateway over ${ROTATIONS} rotations, none of which fails`, async () => {
      while (clients.length < CODEXES) await embedCodex();
      const threads = await Promise.all(clients.map(startThread));
      const gateway: Gateway = await startGateway(simulator, home);
      const openai = new OpenAI({ baseURL: gateway.baseURL, apiKey: "unused", maxRetries: 0 });
      const before = { refreshes: simulator.refreshes, reused: simulator.reusedRefreshTokens };
      const failures: string[] = [];
      for (let round = 1; round <= ROTATIONS; round++) {
        simulator.expireAccessTokens();
        const said = `round ${round}`;
        const answers = await Promise.allSettled([
          ...clients.map((client, index) => ask(client, threads[index] ?? "", `Reply with exactly: ${said}`)),
          openai.responses
            .create({ model: "gpt-5.5", input: `Reply with exactly: ${said}` })
            .then(({ output_text }) => output_text),
        ]);
        for (const answer of answers) {
          if (answer.status === "rejected") failures.push(`${said}: ${String(answer.reason)}`);
          else if (answer.value !== said) failures.push(`${said}: ${answer.value}`);
        }
      }
      const refreshes = simulator.refreshes - before.refreshes;
      process.stdout.write(
        `${CODEXES} Codexes and a gateway: ${ROTATIONS} rotations, ${refreshes} refreshes, ${failures.length} failures\n`,
      );
      expect(failures).toEqual([]);
      expect(simulator.reusedRefreshTokens).toBe(before.reused);
      expect(refreshes).toBe(ROTATIONS);
    }, 300_000);
  });
}
