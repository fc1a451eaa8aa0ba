/**
 * What the gateway remembers, seen by the official OpenAI client: conversations go on although the gateway was killed.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as OpenAIPackage from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { type Gateway, signedInHome, startGateway } from "./support/stack.ts";

const require = createRequire(new URL("package.json", import.meta.url));
type OpenAIModule = typeof OpenAIPackage;
type OpenAIClass = OpenAIPackage.OpenAI;
type Message = OpenAIPackage.OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Answer = OpenAIPackage.OpenAI.Chat.Completions.ChatCompletionMessage;

function load(): OpenAIModule | null {
  if (!existsSync(new URL("node_modules/openai/package.json", import.meta.url))) return null;
  return require("openai") as OpenAIModule;
}

const openai = load();
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const tools = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      description: "The weather in a city",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
    },
  },
];

interface SentItem {
  readonly type: string;
  readonly role?: string;
  readonly call_id?: string;
  readonly encrypted_content?: string;
}

/** The items of the newest request that reached the backend. */
function lastInput(): SentItem[] {
  const bodies = simulator.requests.filter(({ target }) => target === "responses").map(({ body }) => body);
  return (bodies as { input: SentItem[] }[]).at(-1)?.input ?? [];
}

/** A gateway of one home folder that can be killed and comes back on another port. */
class Mortal {
  readonly home: string;
  readonly #module: OpenAIModule;
  #gateway: Gateway | null = null;
  client!: OpenAIClass;

  constructor(module: OpenAIModule) {
    this.#module = module;
    this.home = signedInHome(simulator);
  }

  async start(): Promise<void> {
    this.#gateway = await startGateway(simulator, this.home);
    this.client = new this.#module.OpenAI({ baseURL: this.#gateway.baseURL, apiKey: "unused", maxRetries: 0 });
  }

  /** SIGKILL: nothing that the gateway has not written by now is ever written. */
  async die(): Promise<void> {
    this.#gateway?.process.child.kill("SIGKILL");
    await this.#gateway?.process.finished;
  }
}

async function ask(client: OpenAIClass, model: string, messages: Message[], streamed: boolean): Promise<Answer> {
  if (!streamed) {
    const completion = await client.chat.completions.create({ model, messages, tools });
    return completion.choices[0]?.message as Answer;
  }
  return (await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()).choices[0]
    ?.message as Answer;
}

function chatTests(module: OpenAIModule, slug: string, streamed: boolean): void {
  it(`a tool conversation of three turns keeps every sealed reasoning item, killed in between (${slug}, streamed: ${streamed})`, async () => {
    const mortal = new Mortal(module);
    const messages: Message[] = [{ role: "system", content: "Be brief." }];
    const seals: string[] = [];
    let answers = 0;
    for (const city of ["Paris", "Oslo", "Rome"]) {
      messages.push({ role: "user", content: `Call get_weather for the weather in ${city}.` });
      for (const step of ["call", "answer"]) {
        await mortal.start();
        const message = await ask(mortal.client, slug, messages, streamed);
        await mortal.die();
        const items = lastInput();
        const reasoning = items.filter(({ type }) => type === "reasoning").map((item) => item.encrypted_content ?? "");
        // One for each answer so far, those of before unchanged and in their order, and each its own.
        expect(reasoning).toHaveLength(answers);
        expect(reasoning.slice(0, seals.length)).toEqual(seals);
        expect(new Set(reasoning).size).toBe(answers);
        for (const [index, item] of items.entries())
          if (item.type === "reasoning")
            expect(items[index + 1]?.type === "function_call" || items[index + 1]?.role === "assistant").toBe(true);
        seals.splice(0, seals.length, ...reasoning);
        answers += 1;
        messages.push(message);
        const call = message.tool_calls?.[0];
        expect(call !== undefined).toBe(step === "call");
        if (call !== undefined) messages.push({ role: "tool", tool_call_id: call.id, content: `Sunny in ${city}.` });
        else expect(message.content).toContain(`Sunny in ${city}`);
      }
    }
    expect(seals).toHaveLength(5);
  });
}

const model = "gpt-5.5";
let gateway: Mortal;

function chainTests(): void {
  it("a chain of previous_response_id goes on after the gateway was killed, reasoning and all", async () => {
    const first = await gateway.client.responses.create({ model, input: "Reply with exactly: one", instructions: "A" });
    await gateway.die();
    await gateway.start();
    const previous_response_id = first.id;
    const second = await gateway.client.responses
      .stream({ model, input: "Reply with exactly: two", previous_response_id })
      .finalResponse();
    await gateway.die();
    await gateway.start();
    const { data: third, response } = await gateway.client.responses
      .create({ model, input: "Reply with exactly: three", previous_response_id: second.id, store: true })
      .withResponse();
    expect([first.output_text, second.output_text, third.output_text]).toEqual(["one", "two", "three"]);
    expect([first, second, third].map((one) => one.previous_response_id)).toEqual([null, first.id, second.id]);
    expect([first, second, third].map((one) => (one as unknown as { store: boolean }).store)).toEqual([
      true,
      true,
      true,
    ]);
    expect(response.headers.get("x-planport-changes")).toContain("previous_response_id=emulated, store=emulated");
    const sealsOf = ({ output }: { output: unknown[] }): unknown[] =>
      (output as SentItem[]).filter(({ type }) => type === "reasoning").map((item) => item.encrypted_content);
    const sent = lastInput();
    expect(sent.filter(({ type }) => type === "reasoning").map((item) => item.encrypted_content)).toEqual([
      ...sealsOf(first),
      ...sealsOf(second),
    ]);
    expect(sent.filter(({ type }) => type === "message").map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
    expect(simulator.requests.at(-1)?.body).not.toMatchObject({ instructions: "A" });
  });

  it("items of a kept response can be referred to by their ids", async () => {
    const first = await gateway.client.responses.create({ model, input: "Reply with exactly: referred" });
    const input = [
      ...first.output.map((item) => ({ type: "item_reference" as const, id: item.id ?? "" })),
      { role: "user" as const, content: "Reply with exactly: done" },
    ];
    const { data, response } = await gateway.client.responses.create({ model, input }).withResponse();
    expect(data.output_text).toBe("done");
    expect(response.headers.get("x-planport-changes")).toContain("input[0]=emulated, input[1]=emulated");
    expect(lastInput().map(({ type, role }) => role ?? type)).toEqual(["reasoning", "assistant", "user"]);
  });
}

function keptTests(module: OpenAIModule): void {
  it("a kept response is retrieved as it was given, and its input is listed page by page", async () => {
    const first = await gateway.client.responses.create({ model, input: "Reply with exactly: kept" });
    const second = await gateway.client.responses.create({
      model,
      input: [
        { role: "user", content: "Hello" },
        { role: "user", content: "Reply with exactly: again" },
      ],
      previous_response_id: first.id,
    });
    const { output_text: _text, ...given } = second;
    expect(await gateway.client.responses.retrieve(second.id)).toMatchObject(given);
    const items: SentItem[] = [];
    for await (const item of gateway.client.responses.inputItems.list(second.id, { limit: 2, order: "asc" }))
      items.push(item as SentItem);
    const outline = items.map(({ type, role }) => role ?? type);
    expect(outline).toEqual(["user", "reasoning", "assistant", "user", "user"]);
    const newest = await gateway.client.responses.inputItems.list(second.id, { limit: 1 });
    expect(newest.data).toEqual([items.at(-1)]);
  });

  it("a deleted response is gone, and what follows on it is refused in OpenAI's words", async () => {
    const { id } = await gateway.client.responses.create({ model, input: "Reply with exactly: secret" });
    await gateway.client.responses.delete(id);
    const gone = await gateway.client.responses.retrieve(id).catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(module.NotFoundError);
    expect(gone).toMatchObject({ status: 404, error: { message: `Response with id '${id}' not found.` } });
    const refused = await gateway.client.responses
      .create({ model, input: "And?", previous_response_id: id, stream: true })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(module.BadRequestError);
    expect(refused).toMatchObject({ code: "previous_response_not_found", param: "previous_response_id" });
  });

  it("a response that was not to be stored is not there", async () => {
    const { id } = await gateway.client.responses.create({ model, input: "Hello", store: false });
    await expect(gateway.client.responses.retrieve(id)).rejects.toBeInstanceOf(module.NotFoundError);
  });

  it("all of it rests in one file that its owner alone can read", () => {
    const file = join(gateway.home, "planport", "memory.db");
    expect(readFileSync(file).subarray(0, 15).toString()).toBe("SQLite format 3");
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  });
}

describe("openai", () => {
  if (openai === null) {
    reportNotRun("the OpenAI client's memory tests", "test/clients is not installed; npm test installs it");
    return;
  }
  chatTests(openai, "gpt-5.5", true);
  chatTests(openai, "gpt-5.5", false);
  chatTests(openai, "gpt-6.1-sol", true);
  describe("responses", () => {
    beforeAll(async () => {
      gateway = new Mortal(openai);
      await gateway.start();
    });
    chainTests();
    keptTests(openai);
  });
});
