/**
 * The official OpenAI client against a running gateway: what it sends is served, and what it gets it understands.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type * as OpenAIPackage from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { signedInHome, startGateway } from "./support/stack.ts";

const require = createRequire(new URL("package.json", import.meta.url));

type OpenAIModule = typeof OpenAIPackage;
type OpenAIClass = OpenAIPackage.OpenAI;

function load(): OpenAIModule | null {
  if (!existsSync(new URL("node_modules/openai/package.json", import.meta.url))) return null;
  return require("openai") as OpenAIModule;
}

const openai = load();
const weather = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
    required: ["city", "unit"],
    additionalProperties: false,
  },
  strict: true,
};
/** One red pixel. */
const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

let simulator: Simulator;
let client: OpenAIClass;

function suite(module: OpenAIModule): void {
  beforeAll(async () => {
    simulator = await startSimulator();
    const gateway = await startGateway(simulator, signedInHome(simulator));
    client = new module.OpenAI({ baseURL: gateway.baseURL, apiKey: "unused" });
  });
  afterEach(() => simulator.reset());
  afterAll(() => simulator.close());

  it("lists models and retrieves one", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-5.5");
    expect((await client.models.retrieve("gpt-5.5")).object).toBe("model");
  });

  for (const model of ["gpt-5.5", "gpt-6.1-sol"]) {
    describe(model, () => {
      textTests(model);
      toolTests(model);
    });
  }
  partTests();
  describe("failures are its own error classes", failureTests(module));
}

function textTests(model: string): void {
  it("answers a chat completion", async () => {
    const completion = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Reply with exactly: chat works" }],
    });
    expect(completion.choices[0]?.message.content).toBe("chat works");
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("streams a chat completion with usage at its end", async () => {
    const stream = await client.chat.completions.create({
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "Reply with exactly: one two three — four" }],
    });
    let text = "";
    let totalTokens = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      totalTokens = chunk.usage?.total_tokens ?? totalTokens;
    }
    expect(text).toBe("one two three — four");
    expect(totalTokens).toBeGreaterThan(0);
  });

  it("answers a response", async () => {
    const response = await client.responses.create({ model, input: "Reply with exactly: responses work" });
    expect(response.output_text).toBe("responses work");
    expect(response.status).toBe("completed");
  });

  it("streams a response whose final object holds what was streamed", async () => {
    const stream = client.responses.stream({ model, input: "Reply with exactly: streamed whole" });
    let text = "";
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
    expect(text).toBe("streamed whole");
    expect((await stream.finalResponse()).output_text).toBe("streamed whole");
  });
}

function toolTests(model: string): void {
  it("makes a tool-call round trip over chat completions", async () => {
    const tools = [{ type: "function" as const, function: weather }];
    const question = { role: "user" as const, content: "Call get_weather for the weather in Paris." };
    const first = await client.chat.completions.create({ model, messages: [question], tools });
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    const call = message?.tool_calls?.[0];
    if (message === undefined || call?.type !== "function") throw new Error("no function was called");
    expect(JSON.parse(call.function.arguments)).toMatchObject({ city: "Paris" });
    const result = { role: "tool" as const, tool_call_id: call.id, content: "18 degrees and sunny" };
    const second = await client.chat.completions.create({ model, messages: [question, message, result], tools });
    expect(second.choices[0]?.message.content).toContain("18 degrees and sunny");
  });

  it("makes a tool-call round trip over responses, with the sealed reasoning returned", async () => {
    const tools = [{ type: "function" as const, ...weather }];
    const question = { role: "user" as const, content: "Call get_weather for the weather in Oslo." };
    const first = await client.responses.create({ model, input: [question], tools });
    const call = first.output.find((item) => item.type === "function_call");
    if (call === undefined) throw new Error("no function was called");
    expect(first.output.some((item) => item.type === "reasoning" && Boolean(item.encrypted_content))).toBe(true);
    const result = { type: "function_call_output" as const, call_id: call.call_id, output: "3 degrees, snow" };
    // The client's own types have no single type for "what came out goes back in".
    const input = [question, ...first.output, result] as OpenAIPackage.OpenAI.Responses.ResponseInput;
    const second = await client.responses.create({ model, input, tools });
    expect(second.output_text).toContain("3 degrees, snow");
  });
}

function partTests(): void {
  it("passes an image part on unchanged", async () => {
    const completion = await client.chat.completions.create({
      model: "gpt-5.5",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What do you see?" },
            { type: "image_url", image_url: { url: IMAGE, detail: "low" } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toMatch(/1 image/);
    const sent = simulator.requests.findLast((request) => request.target === "responses");
    expect(JSON.stringify(sent?.body)).toContain(IMAGE);
  });

  it("fits its output to a JSON schema", async () => {
    const completion = await client.chat.completions.create({
      model: "gpt-5.5",
      messages: [{ role: "user", content: "Describe a person" }],
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "person",
          strict: true,
          schema: {
            type: "object",
            properties: { name: { type: "string" }, age: { type: "integer" } },
            required: ["name", "age"],
            additionalProperties: false,
          },
        },
      },
    });
    const person: unknown = JSON.parse(completion.choices[0]?.message.content ?? "");
    expect(person).toEqual({ name: expect.any(String), age: expect.any(Number) });
  });
}

function failureTests({ AuthenticationError, RateLimitError, BadRequestError }: OpenAIModule): () => void {
  return () => {
    const ask = (): Promise<unknown> => client.responses.create({ model: "gpt-5.5", input: "hello" });

    it("a 401 that no refresh mends is an AuthenticationError", async () => {
      simulator.script.always("responses", { kind: "http", status: 401, body: { detail: "Unauthorized" } });
      const error = await ask().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: "credential_rejected" });
    });

    it("a used-up plan is a RateLimitError that keeps its type and is not tried again", async () => {
      simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
      const error = await ask().catch((thrown: unknown) => thrown);
      simulator.accounts.setUsage({ primary: { usedPercent: 1, windowMinutes: 300, resetsAtMs: null } });
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error).toMatchObject({ status: 429, type: "usage_limit_reached" });
      expect(simulator.requests.filter((request) => request.target === "responses")).toHaveLength(1);
    });

    it("an unknown model is a BadRequestError that lists the valid ones", async () => {
      const error = await client.responses.create({ model: "no-such", input: "x" }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BadRequestError);
      expect(String(error)).toContain("gpt-5.5");
    });

    it("a failure in the midst of a stream is thrown from the stream, after the text that came", async () => {
      simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
      const stream = await client.chat.completions.create({
        model: "gpt-5.5",
        stream: true,
        messages: [{ role: "user", content: "Tell me a long story" }],
      });
      const chunks: unknown[] = [];
      const read = async (): Promise<void> => {
        for await (const chunk of stream) chunks.push(chunk);
      };
      await expect(read()).rejects.toThrow(/cut its stream off|ended its answer/);
      expect(chunks.length).toBeGreaterThan(0);
    });

    it("an aborted stream ends the call to the backend", async () => {
      simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
      const stream = await client.responses.create({ model: "gpt-5.5", input: "hello", stream: true });
      for await (const event of stream) {
        if (event.type === "response.created") break;
      }
      stream.controller.abort();
      await expect.poll(() => simulator.openResponses).toBe(0);
    });
  };
}

describe("openai", () => {
  if (openai === null) reportNotRun("the OpenAI client", "test/clients is not installed; npm test installs it");
  else suite(openai);
});
