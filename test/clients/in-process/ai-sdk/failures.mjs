/**
 * Errors, retries and aborts, as the AI SDK knows them.
 */
import assert from "node:assert/strict";
import { APICallError, generateText, RetryError, streamText } from "ai";
import { createPlanport } from "planport/ai-sdk";
import { rateLimit, serverError, usageLimit } from "planport/simulator";
import { calls, idle, model, partsOf, planport, simulator, thrownBy } from "./world.mjs";

const quiet = { onError: () => {} };

export const checks = {
  async "a used-up plan is an APICallError that is not tried again"() {
    simulator.script.always("responses", usageLimit({ resetsInSeconds: 60 }));
    const error = await thrownBy(generateText({ model, prompt: "x" }));
    assert.ok(APICallError.isInstance(error));
    assert.deepEqual([error.statusCode, error.isRetryable, error.code], [429, false, "usage_limit_reached"]);
    assert.equal(error.data.error.type, "usage_limit_reached");
    assert.equal(JSON.parse(error.responseBody).error.resets_in_seconds > 0, true);
    assert.equal(calls().length, 1);
    assert.ok(!JSON.stringify(error.requestBodyValues).includes("prompt"));
  },

  async "a rate limit is tried again by the AI SDK, after the wait that was asked for"() {
    simulator.script.always("responses", rateLimit({ retryAfterSeconds: 0 }));
    const error = await thrownBy(generateText({ model, prompt: "x", maxRetries: 1 }));
    assert.ok(RetryError.isInstance(error));
    assert.equal(error.errors.length, 2);
    assert.ok(APICallError.isInstance(error.lastError));
    assert.equal(error.lastError.responseHeaders["retry-after-ms"], "0");
    assert.equal(calls().length, 2);
  },

  async "what fails once and then works, works"() {
    simulator.script.push("responses", rateLimit({ retryAfterSeconds: 0 }));
    const { text } = await generateText({ model, prompt: "Reply with exactly: after all" });
    assert.equal(text, "after all");
    simulator.script.push("responses", serverError(500));
    const error = await thrownBy(generateText({ model, prompt: "x", maxRetries: 0 }));
    assert.deepEqual([error.isRetryable, error.code], [true, "upstream_failed"]);
  },

  async "an unknown model is an error that nobody tries again"() {
    const error = await thrownBy(generateText({ model: planport("no-such-model"), prompt: "x" }));
    assert.ok(APICallError.isInstance(error));
    assert.deepEqual([error.statusCode, error.isRetryable, error.code], [400, false, "model_not_found"]);
  },

  async "a missing sign-in is told, with the way out, and looked for again at the next call"() {
    const env = { HOME: "/nowhere", CODEX_HOME: "/nowhere" };
    const own = createPlanport({ env, homeDir: "/nowhere" });
    for (let tries = 0; tries < 2; tries += 1) {
      const error = await thrownBy(generateText({ model: own("gpt-5.5"), prompt: "x" }));
      assert.deepEqual([error.statusCode, error.isRetryable, error.code], [401, false, "credential_missing"]);
      assert.match(error.message, /planport login/);
    }
    await own.close();
  },

  async "what cannot be sent is refused by its place in the prompt"() {
    const content = [{ type: "file", data: new Uint8Array([1]), mediaType: "audio/wav" }];
    const error = await thrownBy(generateText({ model, messages: [{ role: "user", content }] }));
    assert.ok(APICallError.isInstance(error));
    assert.match(error.message, /prompt\[0\]\.content\[0\]: the Codex backend does not take audio\/wav/);
    assert.equal(calls().length, 0);
  },

  async "a failure in the midst of a stream is a part of it, after the text that came"() {
    simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
    const result = streamText({ model, prompt: "Tell me a long story", ...quiet });
    const parts = await partsOf(result.fullStream);
    assert.ok(parts.some(({ type }) => type === "text-delta"));
    const { error } = parts.find(({ type }) => type === "error");
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.code, "stream_interrupted");
    assert.equal(await result.finishReason, "error");
    assert.equal(calls().length, 1);
  },

  async "an answer in one piece that broke off is asked for again"() {
    simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
    const { text } = await generateText({ model, prompt: "Reply with exactly: once more", maxRetries: 1 });
    assert.equal(text, "once more");
    assert.equal(calls().length, 2);
  },

  async "an abort of generateText is an AbortError, and ends the call to the backend"() {
    simulator.script.push("responses", { kind: "stall", afterEvents: 6 });
    const abort = new AbortController();
    const thrown = thrownBy(generateText({ model, prompt: "x", abortSignal: abort.signal }));
    while (simulator.openResponses === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    assert.equal((await thrown).name, "AbortError");
    await idle();
    assert.equal(calls().length, 1);
  },

  async "an abort of streamText ends the stream and the call to the backend"() {
    simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const abort = new AbortController();
    const result = streamText({ model, prompt: "Tell me a long story", abortSignal: abort.signal, ...quiet });
    const types = [];
    for await (const { type } of result.fullStream) {
      types.push(type);
      if (type === "text-delta") abort.abort();
    }
    assert.equal(types.at(-1), "abort");
    assert.ok(!types.includes("error"));
    await idle();
  },

  async "a signal that fired before sends nothing"() {
    const error = await thrownBy(generateText({ model, prompt: "x", abortSignal: AbortSignal.abort() }));
    assert.equal(error.name, "AbortError");
    assert.equal(calls().length, 0);
  },

  async "a reader that leaves ends the call to the backend"() {
    simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const prompt = [{ role: "user", content: [{ type: "text", text: "Tell me a long story" }] }];
    const { stream } = await model.doStream({ prompt });
    for await (const { type } of stream) if (type === "text-delta") break;
    await idle();
  },
};
