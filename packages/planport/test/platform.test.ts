/**
 * An API key all the way: from where it is found, through the library and the gateway, to OpenAI's plain API. The official
 * `openai` package is the witness: what it takes from the simulator directly, it takes from the gateway as well.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createPlanport, type Planport, type PlanportOptions } from "../src/planport.ts";
import { createGateway } from "../src/server/index.ts";
import { type RecordedRequest, type Simulator, startSimulator } from "../src/simulator/index.ts";

let simulator: Simulator;
let homeDir: string;

beforeEach(async () => {
  simulator = await startSimulator();
  homeDir = mkdtempSync(join(tmpdir(), "planport-platform-"));
  mkdirSync(join(homeDir, ".codex"));
});

afterEach(async () => {
  await simulator.close();
  rmSync(homeDir, { recursive: true, force: true });
});

async function open(options: PlanportOptions = {}): Promise<Planport> {
  const env = { CODEX_BASE_URL: simulator.platformBaseUrl, OPENAI_API_KEY: simulator.issueApiKey(), ...options.env };
  const planport = await createPlanport({ homeDir, ...options, env });
  onTestFinished(() => planport.close());
  return planport;
}

async function throughGateway(options: PlanportOptions = {}): Promise<OpenAI> {
  const gateway = createGateway({ client: (await open(options)).client, version: "0" });
  const listening = await gateway.listen({ port: 0 });
  onTestFinished(() => listening.close());
  return new OpenAI({ baseURL: `${listening.url}/v1`, apiKey: "unused", maxRetries: 0 });
}

const direct = async (): Promise<OpenAI> =>
  new OpenAI({ baseURL: simulator.platformBaseUrl, apiKey: simulator.issueApiKey(), maxRetries: 0 });

function last(target: string): RecordedRequest {
  const found = simulator.requests.findLast((request) => request.target === target);
  if (found === undefined) throw new Error(`no call of ${target}`);
  return found;
}

const PROMPT = "Reply with exactly: it works";

describe.each([
  ["straight to the plain API", direct],
  ["through the gateway, with an API key", throughGateway],
])("the openai package %s", (_how, connect) => {
  it("gets a response whole", async () => {
    const client = await connect();
    const response = await client.responses.create({ model: "gpt-5.5", input: PROMPT, temperature: 0.5 });
    expect(response.output_text).toBe("it works");
    expect(response).toMatchObject({ status: "completed", temperature: 0.5, store: true });
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("gets a response as a stream", async () => {
    const client = await connect();
    const stream = client.responses.stream({ model: "gpt-6.1-sol", input: PROMPT });
    let text = "";
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
    expect(text).toBe("it works");
    expect((await stream.finalResponse()).output_text).toBe("it works");
  });

  it("calls a tool and goes on from the response that is kept", async () => {
    const client = await connect();
    const tools: OpenAI.Responses.Tool[] = [
      {
        type: "function",
        name: "get_weather",
        strict: true,
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false,
        },
      },
    ];
    const first = await client.responses.create({ model: "gpt-5.5", input: "Call get_weather for Paris", tools });
    const call = first.output.find((item) => item.type === "function_call");
    if (call?.type !== "function_call") throw new Error("no call");
    const output: OpenAI.Responses.ResponseInputItem = {
      type: "function_call_output",
      call_id: call.call_id,
      output: "sunny in Paris",
    };
    const second = await client.responses.create({
      model: "gpt-5.5",
      previous_response_id: first.id,
      input: [output],
      tools,
    });
    expect(second.output_text).toContain("sunny in Paris");
  });

  it("lists the models and retrieves one", async () => {
    const client = await connect();
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-5.5");
    expect((await client.models.retrieve("gpt-5.5")).created).toBeGreaterThan(1_700_000_000);
    await expect(client.models.retrieve("gpt-0")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("gets a refusal as the error class that it knows", async () => {
    const client = await connect();
    await expect(client.responses.create({ model: "gpt-0", input: "x" })).rejects.toMatchObject({
      status: 400,
      code: "model_not_found",
    });
  });
});

describe("chat completions with an API key", () => {
  it("become a Responses request that keeps what the plain API takes", async () => {
    const client = await throughGateway();
    const { data: completion, response } = await client.chat.completions
      .create({
        model: "gpt-5.5",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: PROMPT },
        ],
        max_completion_tokens: 50,
        temperature: 0.2,
        top_p: 0.8,
        metadata: { job: "1" },
        user: "me",
      })
      .withResponse();
    expect(completion.choices[0]?.message.content).toBe("it works");
    expect(response.headers.get("x-planport-changes")).toBeNull();
    expect(last("responses")).toMatchObject({
      path: "/v1/responses",
      body: { max_output_tokens: 50, temperature: 0.2, top_p: 0.8, metadata: { job: "1" }, user: "me", stream: true },
    });
  });

  it("are not stored unless they ask for it, and ask for no reasoning of their own accord", async () => {
    const client = await throughGateway();
    const chat = { model: "gpt-5.5", messages: [{ role: "user" as const, content: PROMPT }] };
    await client.chat.completions.create(chat);
    expect(last("responses").body).toMatchObject({ store: false });
    expect(last("responses").body).not.toHaveProperty("reasoning");
    await client.chat.completions.create({ ...chat, store: true, reasoning_effort: "high" });
    expect(last("responses").body).toMatchObject({ store: true, reasoning: { effort: "high" } });
  });

  it("are streamed", async () => {
    const client = await throughGateway();
    const stream = await client.chat.completions.create({
      model: "gpt-5.5",
      messages: [{ role: "user", content: PROMPT }],
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("it works");
  });

  it("say what the Responses API has no place for", async () => {
    const client = await throughGateway();
    const { response } = await client.chat.completions
      .create({ model: "gpt-5.5", messages: [{ role: "user", content: PROMPT }], seed: 7 })
      .withResponse();
    expect(response.headers.get("x-planport-changes")).toBe("seed=dropped");
  });
});

describe("an API key in the library", () => {
  it("goes out with nothing that only the Codex backend knows, and the body as it was given", async () => {
    const { client } = await open();
    const request = { model: "gpt-6.1-sol", input: PROMPT, max_output_tokens: 64, truncation: "auto" };
    const response = await client.send(request, { threadId: "thread-1" });
    for await (const event of response.events) void event;
    const { headers, body, path } = last("responses");
    expect(path).toBe("/v1/responses");
    expect(body).toEqual({ ...request, stream: true, prompt_cache_key: "thread-1" });
    expect(headers["authorization"]).toMatch(/^Bearer sk-/);
    const names = Object.keys(headers).filter((name) => /codex|chatgpt|originator|session|thread|^version$/.test(name));
    expect(names).toEqual([]);
    expect(simulator.requests.map((one) => one.target)).toEqual(["responses"]);
    expect(response).toMatchObject({ lite: false, changes: [], accountId: null, usage: null });
  });

  it("has a list of models that begins with those a plan has, in their order", async () => {
    const list = await (await open()).client.models();
    expect(list.live).toBe(true);
    expect(list.models.toSorted((a, b) => a.priority - b.priority)[0]?.slug).toBe("gpt-6.1-sol");
    expect(last("models").query).toEqual({});
  });

  it("does not offer models that answer with no text, and puts the newest of the others first", async () => {
    const data = [
      { id: "text-embedding-3-small", created: 9 },
      { id: "gpt-old", created: 1 },
      { id: "gpt-new", created: 5 },
      { id: "whisper-1", created: 3 },
      { id: 7 },
      "odd",
    ];
    simulator.script.push("models", { kind: "http", status: 200, body: { object: "list", data } });
    const { models } = await (await open()).client.models();
    const offered = models.filter((model) => model.visibility === "list").toSorted((a, b) => a.priority - b.priority);
    expect(offered.map((model) => model.slug)).toEqual(["gpt-new", "gpt-old"]);
    expect(models).toHaveLength(4);
  });

  it("has no plan, and says so without asking anybody", async () => {
    await expect((await open()).client.usage()).rejects.toMatchObject({
      code: "not_supported",
      message: expect.stringContaining("API key has no plan") as unknown,
    });
    expect(simulator.requests).toEqual([]);
  });

  it("that is refused is told of in OpenAI's words and in ours, and is not shown", async () => {
    const key = "sk-proj-0123456789abcdefghijklmnop";
    const { client } = await open({ env: { OPENAI_API_KEY: key } });
    const error: unknown = await client.send({ model: "gpt-5.5", input: "x" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "credential_rejected",
      message: expect.stringMatching(/Incorrect API key provided.*platform\.openai\.com\/api-keys/) as unknown,
    });
    expect(String(error)).not.toContain("abcdefgh");
    expect(simulator.requests.map((request) => request.target)).toEqual(["responses"]);
  });

  it("is found in a Codex login, too, and never next to a plan's backend", async () => {
    const login = { auth_mode: "apikey", OPENAI_API_KEY: simulator.issueApiKey() };
    writeFileSync(join(homeDir, ".codex/auth.json"), JSON.stringify(login));
    const env = { OPENAI_API_KEY: undefined };
    const planport = await open({ env });
    expect(planport.describe()).toMatchObject({ kind: "apiKey", source: join(homeDir, ".codex", "auth.json") });
    expect((await planport.client.models()).live).toBe(true);
    await expect(open({ env: { ...env, CODEX_BASE_URL: simulator.codexBaseUrl } })).rejects.toMatchObject({
      code: "credential_wrong_route",
    });
  });

  it("goes to api.openai.com when no base is set", async () => {
    const planport = await createPlanport({ homeDir, env: { OPENAI_API_KEY: "sk-synthetic" } });
    onTestFinished(() => planport.close());
    expect(planport.client.route).toBe("platform");
    expect(planport.describe().kind).toBe("apiKey");
  });
});
