/**
 * OpenAI's library with planport as its fetch: nothing listens, and what the library offers works.
 */
import net from "node:net";
import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
  toFile,
} from "openai";
import { zodResponseFormat, zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createOpenAI, type PlanportFetch, planportFetch, type PlanportOpenAI } from "../../src/hosts/openai/index.ts";
import { createPlanport } from "../../src/planport.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { environmentOf, newFolder, planportOptions, signedInEnvironment } from "./support/signed-in.ts";

const MODEL = "gpt-5.5";
const JSON_TYPE = { "content-type": "application/json" };
const weather = z.object({ city: z.string() });
const person = z.object({ name: z.string(), age: z.number().int() });
/** One red pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

let simulator: Simulator;
let fetch: PlanportFetch;
let openai: OpenAI;

const user = (content: string) => ({ role: "user" as const, content });
const modelCalls = () => simulator.requests.filter(({ target }) => target === "responses");

beforeAll(async () => {
  simulator = await startSimulator();
  fetch = planportFetch(planportOptions(signedInEnvironment(simulator)));
  openai = new OpenAI({ baseURL: "http://planport/v1", apiKey: "unused", fetch });
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await fetch.close();
  await simulator.close();
});

describe("models", () => {
  it("lists them and retrieves one", async () => {
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toContain(MODEL);
    expect((await openai.models.retrieve(MODEL)).id).toBe(MODEL);
  });
});

describe("chat completions", () => {
  it("answer whole", async () => {
    const { choices, usage } = await openai.chat.completions.create({
      model: MODEL,
      messages: [user("Reply with exactly: chat works")],
    });
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "chat works" } });
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  it("stream piece by piece, with usage at the end", async () => {
    const stream = await openai.chat.completions.create({
      model: MODEL,
      stream: true,
      stream_options: { include_usage: true },
      messages: [user("Reply with exactly: one two three — four")],
    });
    const pieces: string[] = [];
    let totalTokens = 0;
    for await (const chunk of stream) {
      pieces.push(chunk.choices[0]?.delta.content ?? "");
      totalTokens = chunk.usage?.total_tokens ?? totalTokens;
    }
    expect(pieces.join("")).toBe("one two three — four");
    expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(1);
    expect(totalTokens).toBeGreaterThan(0);
  });

  it("run tools through the library's own loop", async () => {
    const cities: string[] = [];
    const runner = openai.chat.completions.runTools({
      model: MODEL,
      stream: true,
      messages: [user("Call get_weather for Paris.")],
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "The weather in a city",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            parse: (text: string) => weather.parse(JSON.parse(text)),
            function: ({ city }: z.infer<typeof weather>) => {
              cities.push(city);
              return `Sunny in ${city}.`;
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toContain("Sunny in Paris.");
    expect(cities).toEqual(["Paris"]);
  });

  it("parse what they write by a schema", async () => {
    const completion = await openai.chat.completions.parse({
      model: MODEL,
      messages: [user("Describe a person")],
      response_format: zodResponseFormat(person, "person"),
    });
    expect(person.safeParse(completion.choices[0]?.message.parsed).success).toBe(true);
  });
});

describe("responses", () => {
  it("answer whole, with the headers of the backend and of planport", async () => {
    const { data, response } = await openai.responses
      .create({ model: MODEL, input: "Reply with exactly: responses work", temperature: 0.5 })
      .withResponse();
    expect(data.output_text).toBe("responses work");
    expect(response.headers.get("x-planport-changes")).toContain("temperature");
  });

  it("stream through the library's helper", async () => {
    const stream = openai.responses.stream({ model: MODEL, input: "Reply with exactly: streamed whole" });
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => (text += delta));
    expect((await stream.finalResponse()).output_text).toBe("streamed whole");
    expect(text).toBe("streamed whole");
  });

  it("call tools, with parsed arguments", async () => {
    const response = await openai.responses.parse({
      model: MODEL,
      input: "Call get_weather for Oslo.",
      tools: [zodResponsesFunction({ name: "get_weather", parameters: weather })],
    });
    expect(response.output).toContainEqual(expect.objectContaining({ parsed_arguments: { city: "Oslo" } }));
  });

  it("parse what they write by a schema", async () => {
    const { output_parsed } = await openai.responses.parse({
      model: MODEL,
      input: "Describe a person",
      text: { format: zodTextFormat(person, "person") },
    });
    expect(person.safeParse(output_parsed).success).toBe(true);
  });

  it("are kept in this process: by id, as the previous one, and until they are deleted", async () => {
    const first = await openai.responses.create({ model: MODEL, input: "Reply with exactly: kept", store: true });
    expect((await openai.responses.retrieve(first.id)).output_text).toBe("kept");
    const next = await openai.responses.create({ model: MODEL, input: "And now?", previous_response_id: first.id });
    expect(JSON.stringify(modelCalls().at(-1)?.body)).toContain("Reply with exactly: kept");
    expect(next.previous_response_id).toBe(first.id);
    const items: unknown[] = [];
    for await (const item of openai.responses.inputItems.list(next.id)) items.push(item);
    expect(items.length).toBeGreaterThan(0);
    await openai.responses.delete(first.id);
    await expect(openai.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("images", () => {
  it("are generated", async () => {
    const { data } = await openai.images.generate({ model: "gpt-image-1", prompt: "a red square" });
    expect(
      Buffer.from(data?.[0]?.b64_json ?? "", "base64")
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  it("are edited, sent as a form", async () => {
    const image = await toFile(Buffer.from(PIXEL, "base64"), "pixel.png", { type: "image/png" });
    const { data } = await openai.images.edit({ model: "gpt-image-1", image, prompt: "make it blue" });
    expect(
      Buffer.from(data?.[0]?.b64_json ?? "", "base64")
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });
});

describe("an abort", () => {
  it("before the answer is the library's own error, and frees the backend", async () => {
    simulator.script.push("responses", { kind: "stall", afterEvents: 0 });
    const abort = new AbortController();
    const call = openai.responses.create({ model: MODEL, input: "hello" }, { signal: abort.signal });
    const thrown = call.catch((error: unknown) => error);
    await expect.poll(() => simulator.openResponses).toBe(1);
    abort.abort();
    expect(await thrown).toBeInstanceOf(APIUserAbortError);
    await expect.poll(() => simulator.openResponses).toBe(0);
  });

  it.each(["responses", "chat"] as const)(
    "in the midst of a stream of %s ends it, and frees the backend",
    async (way) => {
      simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
      const abort = new AbortController();
      const { signal } = abort;
      const stream: AsyncIterable<unknown> =
        way === "chat"
          ? await openai.chat.completions.create(
              { model: MODEL, stream: true, messages: [user("Tell me a long story")] },
              { signal },
            )
          : await openai.responses.create({ model: MODEL, stream: true, input: "Tell me a long story" }, { signal });
      let seen = 0;
      for await (const _piece of stream) {
        seen += 1;
        if (seen === 1) abort.abort();
      }
      expect(seen).toBeGreaterThan(0);
      await expect.poll(() => simulator.openResponses).toBe(0);
    },
  );

  it("by leaving the loop frees the backend", async () => {
    simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const stream = await openai.responses.create({ model: MODEL, stream: true, input: "Tell me a long story" });
    for await (const event of stream) if (event.type === "response.created") break;
    await expect.poll(() => simulator.openResponses).toBe(0);
  });

  it("that came before the call sends nothing", async () => {
    const abort = new AbortController();
    abort.abort(new Error("changed my mind"));
    const call = fetch("http://planport/v1/models", { signal: abort.signal });
    await expect(call).rejects.toThrow("changed my mind");
    expect(simulator.requests).toEqual([]);
  });
});

describe("failures are the library's own classes", () => {
  it("a sign-in that is missing is an AuthenticationError that names the way out, and the next call looks again", async () => {
    const home = newFolder();
    const options = planportOptions(environmentOf(simulator, home));
    const own = planportFetch(options);
    const client = new OpenAI({ baseURL: "http://planport/v1", apiKey: "unused", fetch: own });
    const ask = () => client.responses.create({ model: MODEL, input: "Reply with exactly: now" });
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "credential_missing" });
    expect(String(error)).toContain("planport login");
    signedInEnvironment(simulator, home);
    expect((await ask()).output_text).toBe("now");
    await own.close();
  });

  it("a setting that is wrong is told, and not tried again", async () => {
    const env = { ...environmentOf(simulator), CODEX_BASE_URL: "no url" };
    const client = await createOpenAI(planportOptions(env));
    const error = await client.models.list().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 500, code: "config_invalid" });
  });

  it("a bearer that is refused for good is an AuthenticationError", async () => {
    simulator.script.always("responses", { kind: "http", status: 401, body: { detail: "Unauthorized" } });
    const error = await openai.responses.create({ model: MODEL, input: "x" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: "credential_rejected" });
  });

  it("a used-up plan is a RateLimitError that is not tried again", async () => {
    simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
    const error = await openai.responses.create({ model: MODEL, input: "x" }).catch((thrown: unknown) => thrown);
    simulator.accounts.setUsage({ primary: { usedPercent: 1, windowMinutes: 300, resetsAtMs: null } });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ type: "usage_limit_reached" });
    expect(modelCalls()).toHaveLength(1);
  });

  it("an unknown model is a BadRequestError, an unknown path a NotFoundError", async () => {
    const model = await openai.responses.create({ model: "no-such", input: "x" }).catch((thrown: unknown) => thrown);
    expect(model).toBeInstanceOf(BadRequestError);
    await expect(openai.get("/no-such-path")).rejects.toBeInstanceOf(NotFoundError);
  });

  it("a failure in the midst of a stream comes out of the stream, after the text that came", async () => {
    simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
    const stream = await openai.chat.completions.create({
      model: MODEL,
      stream: true,
      messages: [user("Tell me a long story")],
    });
    let seen = 0;
    const read = async (): Promise<void> => {
      for await (const _chunk of stream) seen += 1;
    };
    await expect(read()).rejects.toThrow(/cut its stream off|ended its answer/);
    expect(seen).toBeGreaterThan(0);
    expect(modelCalls()).toHaveLength(1);
  });
});

describe("planportFetch", () => {
  it("opens no port", async () => {
    const listen = vi.spyOn(net.Server.prototype, "listen");
    const env = signedInEnvironment(simulator);
    const own = planportFetch(planportOptions(env));
    const response = await own("http://planport/v1/responses", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ model: MODEL, input: "Reply with exactly: no port" }),
    });
    expect(await response.text()).toContain("no port");
    expect(listen).not.toHaveBeenCalled();
    listen.mockRestore();
    await own.close();
  });

  it.each([
    "http://planport/v1",
    "https://api.openai.com/v1",
    "https://example.com/some/where/v1",
    "http://127.0.0.1:1/v1",
  ])("answers whatever the base URL %s names, and sends nothing there", async (baseURL) => {
    const client = new OpenAI({ baseURL, apiKey: "unused", fetch });
    const response = await client.responses.create({ model: MODEL, input: "Reply with exactly: here" });
    expect(response.output_text).toBe("here");
  });

  it("takes what fetch takes: a URL, a Request, a Request with other fields, and a page's headers", async () => {
    const address = new URL("http://planport/v1/responses");
    const body = JSON.stringify({ model: MODEL, input: "Reply with exactly: taken" });
    const request = () => new Request(address, { method: "POST", headers: JSON_TYPE, body });
    const page = { ...JSON_TYPE, origin: "https://example.com", host: "example.com" };
    const other = JSON.stringify({ model: MODEL, input: "Reply with exactly: another" });
    const texts = await Promise.all(
      [
        fetch(address, { method: "POST", body, headers: page }),
        fetch(request()),
        fetch(request(), { method: "POST", body: other }),
      ].map(async (call) => (await call).text()),
    );
    expect(texts.map((text) => /taken|another/.exec(text)?.[0])).toEqual(["taken", "taken", "another"]);
  });

  it("sends the client's key nowhere", async () => {
    const client = new OpenAI({ baseURL: "http://planport/v1", apiKey: "sk-made-up-key", fetch });
    await client.responses.create({ model: MODEL, input: "hello" });
    expect(JSON.stringify(simulator.requests)).not.toContain("sk-made-up-key");
  });

  it("uses a planport that is open already, and leaves closing it to whoever opened it", async () => {
    const planport = await createPlanport(planportOptions(signedInEnvironment(simulator)));
    const close = vi.spyOn(planport, "close");
    const own = planportFetch({ planport, memory: "off" });
    expect((await own("http://planport/v1/models")).status).toBe(200);
    expect((await own("http://planport/v1/responses/resp_none")).status).toBe(501);
    await own.close();
    expect(close).not.toHaveBeenCalled();
    await planport.close();
  });

  it("can be called again after it was closed", async () => {
    const own = planportFetch(planportOptions(signedInEnvironment(simulator)));
    await own.close();
    expect((await own("http://planport/v1/models")).status).toBe(200);
    await own.close();
    await own.close();
    expect((await own("http://planport/v1/models")).status).toBe(200);
    await own.close();
  });
});

describe("createOpenAI", () => {
  it("gives the library's own client, with the options of both", async () => {
    vi.stubEnv("OPENAI_ORG_ID", "org-of-somebody");
    const client: PlanportOpenAI = await createOpenAI({
      ...planportOptions(signedInEnvironment(simulator)),
      originator: "test_program",
      client: { maxRetries: 0, defaultHeaders: { "x-request-id": "req_mine" } },
    });
    vi.unstubAllEnvs();
    expect(client).toBeInstanceOf(OpenAI);
    expect([client.maxRetries, client.organization]).toEqual([0, null]);
    const { data, response } = await client.responses
      .create({ model: MODEL, input: "Reply with exactly: ready" })
      .withResponse();
    expect(data.output_text).toBe("ready");
    expect(response.headers.get("x-request-id")).toBe("req_mine");
    expect(modelCalls()[0]?.headers["originator"]).toBe("test_program");
    await client.planport.close();
  });
});
