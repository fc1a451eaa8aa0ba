import { describe, expect, it, onTestFinished } from "vitest";
import type { Grant, TokenSource } from "../../src/auth/token-source.ts";
import { Secret } from "../../src/secret.ts";
import {
  overloadedInStream,
  rateLimit,
  type Simulator,
  startSimulator,
  usageLimit,
} from "../../src/simulator/index.ts";
import { resolveEndpoints } from "../../src/upstream/endpoints.ts";
import { usageFromBody } from "../../src/upstream/rate-limits.ts";
import type { CodexClient } from "../../src/upstream/types.ts";
import { collect, failureOf, grant, testClient } from "./support.ts";

const HELLO = { model: "gpt-5.5", input: "Reply with exactly: pong" };

interface Stage {
  readonly simulator: Simulator;
  readonly client: CodexClient;
  readonly delays: number[];
}

/** A simulator and a client that finds its route there; a rejected token is replaced by a new one. */
async function setUp(): Promise<Stage> {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const issue = (): Grant => {
    const login = simulator.issueTokens();
    return grant({ bearer: new Secret(login.accessToken), accountId: login.accountId });
  };
  let current = issue();
  const tokens: TokenSource = {
    get: () => Promise.resolve(current),
    recover: () => Promise.resolve((current = issue())),
  };
  const endpoints = resolveEndpoints({ chatgptBaseUrl: simulator.chatgptBaseUrl });
  return { simulator, ...testClient("http://unused.invalid", { endpoints, tokens }) };
}

function calls(simulator: Simulator): number {
  return simulator.requests.filter((request) => request.target === "responses").length;
}

describe("against the simulator", () => {
  it.each(["gpt-5.5", "gpt-6-sol"])("a call of %s finds its route, is accepted, and ends completed", async (model) => {
    const { simulator, client } = await setUp();
    const response = await client.send({ ...HELLO, model });
    const events = await collect(response.events);
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(events.map((event) => (event.type === "response.output_text.delta" ? event["delta"] : "")).join("")).toBe(
      "pong",
    );
    expect(simulator.requests.map((request) => request.target)).toEqual(["accountsCheck", "models", "responses"]);
    expect(response.usage?.primary).not.toBeNull();
  });

  it("the list of models and the limits are live", async () => {
    const { client } = await setUp();
    expect((await client.models()).models.map((model) => model.slug)).toContain("gpt-5.5");
    expect(usageFromBody(await client.usage())?.primary?.windowMinutes).toBeGreaterThan(0);
  });

  it("an expired token is replaced and the call repeated", async () => {
    const { simulator, client, delays } = await setUp();
    await collect((await client.send(HELLO)).events);
    simulator.expireAccessTokens();
    await collect((await client.send(HELLO)).events);
    expect([simulator.completedResponses, delays]).toEqual([2, []]);
  });

  it("a plan limit is told at once", async () => {
    const { simulator, client } = await setUp();
    simulator.script.push("responses", usageLimit({ resetsInSeconds: 60, planType: "plus" }));
    const error = await failureOf(client.send(HELLO));
    expect([error.code, calls(simulator)]).toEqual(["usage_limit_reached", 1]);
    expect(error.message).toMatch(/ChatGPT plus plan/);
  });

  it("an overload hidden in a 200 and a short rate limit are waited out", async () => {
    const { simulator, client, delays } = await setUp();
    simulator.script.push("responses", overloadedInStream());
    simulator.script.push("responses", rateLimit({ retryAfterSeconds: 2 }));
    const events = await collect((await client.send(HELLO)).events);
    expect(events.at(-1)?.type).toBe("response.completed");
    expect([delays, calls(simulator)]).toEqual([[200, 2000], 3]);
  });

  it("a stream that is dropped after output is not repeated, and says so", async () => {
    const { simulator, client } = await setUp();
    simulator.script.push("responses", { kind: "drop", afterEvents: 5 });
    const response = await client.send(HELLO);
    await expect(failureOf(collect(response.events))).resolves.toMatchObject({ code: "stream_interrupted" });
    expect(calls(simulator)).toBe(1);
  });

  it("a reader who leaves ends the answer there", async () => {
    const { simulator, client } = await setUp();
    simulator.script.push("responses", { kind: "stall", afterEvents: 5 });
    const response = await client.send(HELLO);
    expect(simulator.openResponses).toBe(1);
    response.body.cancel();
    await expect.poll(() => simulator.openResponses).toBe(0);
  });
});
