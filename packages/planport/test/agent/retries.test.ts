import { createServer } from "node:https";
import { describe, expect, it } from "vitest";
import { CredentialError } from "../../src/errors.ts";
import { overloadedInStream, rateLimit, serverError, unauthorized, usageLimit } from "../../src/simulator/index.ts";
import { createSelfSigned } from "../net/self-signed.ts";
import { listen } from "../net/support.ts";
import { answersOf, eventsOf, newThread, runTurn, setUp, type Stage } from "./stage.ts";

const PONG = "Reply with exactly: pong";

/** The errors that were told while it was tried again. */
function retriesOf(stage: Stage): { message: string; info: unknown }[] {
  return eventsOf(stage, "error")
    .filter(({ willRetry }) => willRetry)
    .map(({ error }) => ({ message: error.message, info: error.codexErrorInfo }));
}

describe("what passes", () => {
  it("a 5xx is tried again silently, with waits that double", async () => {
    const stage = await setUp();
    for (let count = 0; count < 3; count++) stage.simulator.script.push("responses", serverError());
    expect((await runTurn(stage, newThread(stage), PONG)).status).toBe("completed");
    expect(retriesOf(stage)).toEqual([]);
    expect(stage.delays).toEqual([200, 400, 800]);
  });

  it("a stream that breaks off is tried again aloud, and its half text is dropped", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
    stage.simulator.script.push("responses", { kind: "end", afterEvents: 8 });
    expect((await runTurn(stage, newThread(stage), PONG)).status).toBe("completed");
    const info = { responseStreamDisconnected: { httpStatusCode: null } };
    expect(retriesOf(stage)).toEqual([
      { message: "Reconnecting... 1/5", info },
      { message: "Reconnecting... 2/5", info },
    ]);
    expect(answersOf(stage)).toEqual(["pong"]);
    expect(stage.delays).toEqual([200, 400]);
  });

  it("the wait that a 429 asks for is kept", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", rateLimit({ retryAfterSeconds: 7 }));
    expect((await runTurn(stage, newThread(stage), PONG)).status).toBe("completed");
    expect(stage.delays).toEqual([7_000]);
    expect(retriesOf(stage)).toEqual([
      { message: "Reconnecting... 1/5", info: { responseStreamDisconnected: { httpStatusCode: 429 } } },
    ]);
  });

  it("a 401 is answered by another bearer at once, without a word", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", unauthorized());
    expect((await runTurn(stage, newThread(stage), PONG)).status).toBe("completed");
    expect(stage.rejected).toHaveLength(1);
    expect(eventsOf(stage, "error")).toEqual([]);
  });

  it("a 401 that stands asks anew at each try", async () => {
    const stage = await setUp({ provider: { streamRetries: 2 } });
    stage.simulator.script.always("responses", unauthorized());
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn.error?.codexErrorInfo).toEqual({ httpConnectionFailed: { httpStatusCode: 401 } });
    expect(turn.error?.message).toMatch(/^unexpected status 401 Unauthorized: .+, url: http:.+\/responses/);
    expect(stage.rejected).toHaveLength(6);
  });

  it("a refresh that fails for now is tried again, and told in its own words", async () => {
    const stage = await setUp({ provider: { streamRetries: 1 } });
    stage.simulator.script.always("responses", unauthorized());
    const failed = new CredentialError("refresh_unavailable", "auth refresh request timed out after 10s");
    stage.recover = () => Promise.reject(failed);
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(eventsOf(stage, "error")[0]?.error.additionalDetails).toBe(failed.message);
    expect(turn.error).toMatchObject({ message: failed.message, codexErrorInfo: "other" });
  });
});

describe("what does not pass", () => {
  it.each([
    ["a plan's limit", usageLimit({ resetsInSeconds: 60 }), "usageLimitExceeded", /usage limit.+try again at/],
    ["an overload", overloadedInStream(), "serverOverloaded", /at capacity/],
    ["a refusal", { kind: "http", status: 400, body: { error: { message: "bad" } } }, "other", /^\{"error"/],
  ] as const)("%s ends the turn at the first try", async (_name, effect, info, message) => {
    const stage = await setUp();
    stage.simulator.script.push("responses", effect);
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn).toMatchObject({ status: "failed", error: { codexErrorInfo: info } });
    expect(turn.error?.message).toMatch(message);
    expect(stage.delays).toEqual([]);
    expect(eventsOf(stage, "error")).toMatchObject([{ willRetry: false, error: turn.error }]);
    expect(eventsOf(stage, "thread/status/changed").at(-1)?.status).toEqual({ type: "systemError" });
  });

  it("a conversation that is too long counts as a full window", async () => {
    const stage = await setUp();
    const error = { code: "context_length_exceeded", message: "too long" };
    stage.simulator.script.push("responses", { kind: "fail", error });
    const thread = newThread(stage);
    expect((await runTurn(stage, thread, PONG)).error?.codexErrorInfo).toBe("contextWindowExceeded");
    expect(thread.usage.total.totalTokens).toBe(thread.usage.modelContextWindow);
  });

  it("a sign-in that is over ends the turn, and says so", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", unauthorized());
    stage.recover = () => Promise.reject(new CredentialError("refresh_rejected", "Please sign in again."));
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn.error).toMatchObject({ message: "Please sign in again.", codexErrorInfo: "unauthorized" });
  });

  it("a server whose certificate nobody knows ends the turn at the first try", async () => {
    const { keyPem, certificatePem } = createSelfSigned("plan.example");
    const port = await listen(createServer({ key: keyPem, cert: certificatePem }));
    const stage = await setUp({ provider: { baseUrl: `https://127.0.0.1:${port}/v1` } });
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn.error?.codexErrorInfo).toEqual({ httpConnectionFailed: { httpStatusCode: null } });
    expect(turn.error?.message).toContain("set CODEX_CA_CERTIFICATE");
    expect(stage.delays).toEqual([]);
  });

  it("a refresh that trying again cannot help ends the turn at the first try", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", unauthorized());
    const error = new CredentialError("refresh_unavailable", "Its certificate is self-signed.", { retryable: false });
    stage.recover = () => Promise.reject(error);
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn.error).toMatchObject({ message: "Its certificate is self-signed.", codexErrorInfo: "other" });
    expect(stage.delays).toEqual([]);
  });

  it("5xx answers give up when both kinds of tries are used up", async () => {
    const stage = await setUp({ provider: { requestRetries: 1, streamRetries: 1 } });
    stage.simulator.script.always("responses", serverError());
    const turn = await runTurn(stage, newThread(stage), PONG);
    expect(turn.error?.codexErrorInfo).toBe("internalServerError");
    expect(stage.simulator.requests.filter(({ target }) => target === "responses")).toHaveLength(4);
  });
});
