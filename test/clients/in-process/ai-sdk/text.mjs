/**
 * Text, objects, thinking, what goes in and what is told of it.
 */
import assert from "node:assert/strict";
import * as ai from "ai";
import { z } from "zod";
import { calls, model, partsOf, planport, sent, simulator } from "./world.mjs";

const { generateText, Output, streamText } = ai;
/** One red pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const person = z.object({ name: z.string(), age: z.number().int() });

export const checks = {
  async "generateText answers, with who answered and what it cost"() {
    const result = await generateText({ model, prompt: "Reply with exactly: whole", include: { requestBody: true } });
    assert.equal(result.text, "whole");
    assert.equal(result.finishReason, "stop");
    assert.match(result.response.id, /^resp_/);
    assert.equal(result.response.modelId, "gpt-5.5");
    assert.ok(result.response.headers["x-request-id"] !== undefined);
    assert.ok(result.usage.inputTokens > 0 && result.usage.outputTokens > 0);
    assert.equal(result.usage.totalTokens, result.usage.inputTokens + result.usage.outputTokens);
    assert.equal(result.request.body.store, false);
    assert.deepEqual(result.warnings, []);
  },

  async "streamText streams piece by piece"() {
    const result = streamText({ model, prompt: "Reply with exactly: one two three four" });
    const pieces = await partsOf(result.textStream);
    assert.equal(pieces.join(""), "one two three four");
    assert.ok(pieces.length > 1);
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0);
    assert.match((await result.response).id, /^resp_/);
  },

  async "a stream brings the backend's events as they came, when they are asked for"() {
    const result = streamText({
      model,
      prompt: "Reply with exactly: raw",
      include: { rawChunks: true },
      includeRawChunks: true,
    });
    const raw = (await partsOf(result.fullStream)).filter(({ type }) => type === "raw");
    assert.equal(raw.at(-1).rawValue.type, "response.completed");
  },

  async "thinking is shown, and goes on with the conversation, sealed"() {
    const providerOptions = { planport: { reasoningEffort: "high", reasoningSummary: "auto" } };
    const messages = [{ role: "user", content: "Think about a sum." }];
    const first = streamText({ model, messages, providerOptions });
    await first.consumeStream();
    assert.ok((await first.reasoningText).length > 0);
    assert.ok((await first.usage).outputTokenDetails.reasoningTokens > 0);
    messages.push(...(await first.response).messages, { role: "user", content: "Reply with exactly: on it goes" });
    const second = await generateText({ model, messages, providerOptions });
    assert.equal(second.text, "on it goes");
    const [item] = sent("reasoning");
    assert.equal(typeof item.encrypted_content, "string");
    assert.ok(item.summary.length > 0);
    assert.ok(second.usage.inputTokenDetails.cacheReadTokens > 0);
    assert.equal(calls()[0].prompt_cache_key, calls()[1].prompt_cache_key);
    assert.deepEqual(second.warnings, []);
  },

  async "thinking that shows nothing goes on all the same"() {
    const messages = [{ role: "user", content: "Think about a sum." }];
    const first = await generateText({ model, messages, providerOptions: { planport: { reasoningEffort: "high" } } });
    messages.push(...first.response.messages, { role: "user", content: "And now?" });
    await generateText({ model, messages });
    const [item] = sent("reasoning");
    assert.deepEqual(item.summary, []);
    assert.equal(typeof item.encrypted_content, "string");
  },

  async "an object comes by its schema, kept to the letter where that can be"() {
    const { output } = await generateText({
      model,
      prompt: "Describe a person.",
      output: Output.object({ schema: person }),
    });
    assert.ok(person.safeParse(output).success);
    assert.equal(calls().at(-1).text.format.strict, true);
    const loose = z.object({ name: z.string(), nickname: z.string().optional() });
    const other = await generateText({ model, prompt: "Describe a person.", output: Output.object({ schema: loose }) });
    assert.ok(loose.safeParse(other.output).success);
    assert.equal(calls().at(-1).text.format.strict, false);
  },

  async "an object streams, and so do arrays and choices"() {
    const result = streamText({ model, prompt: "Describe a person.", output: Output.object({ schema: person }) });
    await partsOf(result.partialOutputStream);
    assert.ok(person.safeParse(await result.output).success);
    const list = await generateText({ model, prompt: "Two people.", output: Output.array({ element: person }) });
    assert.ok(z.array(person).safeParse(list.output).success);
    const choice = await generateText({
      model,
      prompt: "Pick: sun",
      output: Output.choice({ options: ["sun", "rain"] }),
    });
    assert.ok(["sun", "rain"].includes(choice.output));
  },

  async "generateObject and streamObject do as well"() {
    const { object } = await ai.generateObject({ model, schema: person, prompt: "Describe a person." });
    assert.ok(person.safeParse(object).success);
    const result = ai.streamObject({ model, schema: person, prompt: "Describe a person." });
    await partsOf(result.partialObjectStream);
    assert.ok(person.safeParse(await result.object).success);
  },

  async "images and files reach the model, as bytes and as addresses"() {
    await generateText({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is on these?" },
            { type: "image", image: Buffer.from(PIXEL, "base64") },
            {
              type: "image",
              image: new URL("https://example.com/a.png"),
              providerOptions: { planport: { imageDetail: "low" } },
            },
            { type: "file", data: Buffer.from("%PDF-1.4"), mediaType: "application/pdf", filename: "a.pdf" },
            { type: "file", data: new URL("https://example.com/b.pdf"), mediaType: "application/pdf" },
          ],
        },
      ],
    });
    const [{ content }] = sent("message");
    assert.deepEqual(content, [
      { type: "input_text", text: "What is on these?" },
      { type: "input_image", image_url: `data:image/png;base64,${PIXEL}` },
      { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0xLjQ=" },
      { type: "input_file", file_url: "https://example.com/b.pdf" },
    ]);
  },

  async "system messages are the instructions, and options are sent"() {
    await generateText({
      model,
      system: "Be brief.",
      prompt: "Hello",
      providerOptions: {
        openai: { textVerbosity: "high", reasoningEffort: "low" },
        planport: {
          textVerbosity: "low",
          serviceTier: "fast",
          instructions: "Be kind.",
          promptCacheKey: "mine",
          parallelToolCalls: false,
          store: false,
        },
      },
    });
    const { instructions, text, reasoning, service_tier, prompt_cache_key, parallel_tool_calls, store } =
      calls().at(-1);
    assert.deepEqual(
      [instructions, text, reasoning.effort, service_tier, prompt_cache_key, parallel_tool_calls, store],
      ["Be kind.\n\nBe brief.", { verbosity: "low" }, "low", "priority", "mine", false, false],
    );
  },

  async "what the backend does not take is told of, and not sent"() {
    const { warnings } = await generateText({
      model,
      prompt: "Hello",
      temperature: 0.5,
      topP: 0.5,
      topK: 5,
      maxOutputTokens: 100,
      stopSequences: ["END"],
      seed: 1,
      presencePenalty: 1,
      frequencyPenalty: 1,
      headers: { "x-own": "1" },
      providerOptions: { planport: { store: true, noSuch: 1, user: "me", reasoningEffort: "minimal" } },
    });
    const told = warnings.map(({ type, feature }) => `${type} ${feature}`).sort();
    assert.deepEqual(told, [
      "compatibility reasoningEffort",
      "compatibility store",
      "unsupported frequencyPenalty",
      "unsupported headers",
      "unsupported maxOutputTokens",
      "unsupported presencePenalty",
      "unsupported providerOptions.planport.noSuch",
      "unsupported seed",
      "unsupported stopSequences",
      "unsupported temperature",
      "unsupported topK",
      "unsupported topP",
      "unsupported user",
    ]);
    const stream = streamText({ model, prompt: "Hello", temperature: 0.5 });
    await stream.consumeStream();
    assert.equal((await stream.warnings)[0].feature, "temperature");
  },

  async "an API key's backend takes what a plan's does not"() {
    const { createPlanport } = await import("planport/ai-sdk");
    const own = createPlanport({
      env: { OPENAI_API_KEY: simulator.issueApiKey(), CODEX_BASE_URL: simulator.platformBaseUrl, HOME: "/nowhere" },
      homeDir: "/nowhere",
    });
    const { text, warnings } = await generateText({
      model: own("gpt-5.5"),
      prompt: "Reply with exactly: keyed",
      temperature: 0.5,
      maxOutputTokens: 500,
    });
    await own.close();
    assert.equal(text, "keyed");
    assert.deepEqual(warnings, []);
    assert.deepEqual([calls().at(-1).temperature, calls().at(-1).max_output_tokens], [0.5, 500]);
  },

  async "an answer that is cut short says so"() {
    simulator.script.push("responses", { kind: "fail", afterEvents: 8, reason: "max_output_tokens" });
    const { finishReason } = await generateText({ model, prompt: "Tell me a long story" });
    assert.equal(finishReason, "length");
    simulator.script.push("responses", { kind: "fail", afterEvents: 8, reason: "content_filter" });
    assert.equal((await generateText({ model, prompt: "Tell me a long story" })).finishReason, "content-filter");
  },

  async "models come out of a registry, and names are looked up as everywhere"() {
    const registry = ai.createProviderRegistry({ planport });
    const found = registry.languageModel("planport:gpt-5.5");
    assert.equal((await generateText({ model: found, prompt: "Reply with exactly: found" })).text, "found");
    assert.throws(
      () => registry.embeddingModel("planport:x"),
      (error) => ai.NoSuchModelError.isInstance(error),
    );
    assert.throws(
      () => registry.imageModel("planport:x"),
      (error) => ai.NoSuchModelError.isInstance(error),
    );
    const old = await generateText({ model: planport("gpt-4.1"), prompt: "Reply with exactly: old name" });
    assert.equal(old.text, "old name");
  },
};
