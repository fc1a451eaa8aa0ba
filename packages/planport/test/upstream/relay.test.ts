/** Calls that are passed on, where workspace routing and accounts come in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { createCodexClient, type RelayCall, resolveEndpoints } from "../../src/upstream/index.ts";
import { bytesOf } from "../../src/upstream/relay/whole-body.ts";

let simulator: Simulator;
let http: HttpClient;
beforeEach(async () => {
  simulator = await startSimulator();
  http = createHttpClient({ env: {} });
});
afterEach(async () => {
  await http.close();
  await simulator.close();
});

/** A client that finds its server by workspace routing. */
function client() {
  const grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret(simulator.issueTokens().accessToken),
    accountId: simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
  return createCodexClient({
    tokens: { get: async () => grant, recover: async () => null },
    http,
    endpoints: resolveEndpoints({ chatgptBaseUrl: simulator.chatgptBaseUrl }),
  });
}

function call(over: Partial<RelayCall>): RelayCall {
  return { method: "GET", area: "wham", rest: "", headers: [], body: new Uint8Array(0), credential: "own", ...over };
}

async function json(over: Partial<RelayCall>): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await client().relay?.send(call(over));
  if (answer === undefined) throw new Error("no relay");
  const text = Buffer.from(await bytesOf(answer.body, 1024 * 1024)).toString();
  return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> };
}

const accountsCheck = { rest: "/accounts/check" };

describe("a call that is passed on", () => {
  it("of the codex half follows workspace routing, of the wham half it does not", async () => {
    simulator.accounts.default.routingOverride = "us";
    await json({ area: "codex", rest: "/models?client_version=1.2.3" });
    await json({ rest: "/usage" });
    const [models, usage] = ["models", "usage"].map((target) =>
      simulator.requests.find((one) => one.target === target),
    );
    expect(models?.headers["x-openai-account-routing-override"]).toBe("us");
    expect(models?.query).toEqual({ client_version: "1.2.3" });
    expect(usage?.headers["x-openai-account-routing-override"]).toBeUndefined();
  });

  it("with the caller's credential is routed by the caller's account, and keeps the caller's words", async () => {
    const other = simulator.accounts.addAccount({ routingOverride: "us_cr" });
    const { accessToken } = simulator.issueTokens({ accountId: other.id });
    const headers = [
      ["authorization", `Bearer ${accessToken}`],
      ["chatgpt-account-id", other.id],
      ["x-openai-account-routing-override", "us_cr"],
    ] as const;
    const { status } = await json({ area: "codex", rest: "/models", headers, credential: "caller" });
    expect(status).toBe(200);
    const check = simulator.requests.find(({ target }) => target === "accountsCheck");
    expect(check?.headers["chatgpt-account-id"]).toBe(other.id);
    expect(simulator.requests.at(-1)?.headers["x-openai-account-routing-override"]).toBe("us_cr");
  });

  it("with a credential of the caller's that is no good gets the backend's answer, not the routing's", async () => {
    const headers = [["authorization", "Bearer stale"]] as const;
    const { status, body } = await json({ area: "codex", rest: "/models", headers, credential: "caller" });
    expect([status, body]).toEqual([401, { detail: "Unauthorized" }]);
  });
});

describe("the list of accounts", () => {
  it("has planport's account under the name that a client with another sign-in looks for", async () => {
    const headers = [
      ["ChatGPT-Account-ID", "account-of-the-client"],
      ["Accept-Encoding", "gzip"],
    ] as const;
    const { body } = await json({ ...accountsCheck, headers });
    expect(body).toMatchObject({
      accounts: [{ id: "account-of-the-client", workspace_backend_origin: "https://chatgpt.com" }],
      default_account_id: "account-of-the-client",
      account_ordering: ["account-of-the-client"],
    });
    const [sent] = simulator.requests;
    expect(sent?.headers["chatgpt-account-id"]).toBe(simulator.accounts.default.id);
    expect(sent?.headers["accept-encoding"]).toBe("identity");
  });

  it("is left alone for the same account, for none, and for a client that brings its own credential", async () => {
    const { id } = simulator.accounts.default;
    const authorization = ["authorization", `Bearer ${simulator.issueTokens().accessToken}`] as const;
    for (const over of [
      { headers: [["chatgpt-account-id", id]] as const },
      { headers: [] },
      { headers: [authorization], credential: "caller" } as const,
    ]) {
      const { body } = await json({ ...accountsCheck, ...over });
      expect(body).toMatchObject({ accounts: [{ id }], default_account_id: id });
    }
  });
});
