/**
 * Raw HTTP for the simulator's tests: nothing here knows how planport's own client speaks.
 */
import { onTestFinished } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.ts";

export type Json = Record<string, unknown>;

/** Starts a simulator that ends with the test. */
export async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** A request that the backend takes. */
export function request(prompt: string, extra: Json = {}): Json {
  return {
    model: "gpt-5.5",
    instructions: "Be helpful.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] }],
    store: false,
    stream: true,
    ...extra,
  };
}

/** POSTs to /codex/responses as the default account, unless told otherwise. */
export function post(simulator: Simulator, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const all: Record<string, string> = {
    authorization: `Bearer ${headers["authorization"] ?? simulator.issueTokens().accessToken}`,
    "content-type": "application/json",
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization")),
  };
  return fetch(`${simulator.codexBaseUrl}/responses`, {
    method: "POST",
    headers: all,
    body: body instanceof Uint8Array ? Buffer.from(body) : typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The events of an SSE answer. Throws on a block that is not one. */
export function eventsOf(text: string): Json[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [eventLine, dataLine, more] = block.split("\n");
      if (more !== undefined || !eventLine?.startsWith("event: ") || !dataLine?.startsWith("data: "))
        throw new Error(`Not an event: ${block}`);
      const event = JSON.parse(dataLine.slice(6)) as Json;
      if (event["type"] !== eventLine.slice(7)) throw new Error(`Event line and type differ: ${block}`);
      return event;
    });
}

/** Asks and returns the events; throws when the answer is no stream. */
export async function ask(simulator: Simulator, body: Json): Promise<Json[]> {
  const response = await post(simulator, body);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return eventsOf(text);
}

/** The response object of the last event. */
export function lastResponse(events: readonly Json[]): Json {
  return (events.at(-1)?.["response"] ?? {}) as Json;
}

/** Finished output items. */
export function itemsOf(events: readonly Json[]): Json[] {
  return events.filter((event) => event["type"] === "response.output_item.done").map((event) => event["item"] as Json);
}

/** Text of the finished message. */
export function textOf(events: readonly Json[]): string {
  const message = itemsOf(events).find((item) => item["type"] === "message");
  return ((message?.["content"] as Json[] | undefined)?.[0]?.["text"] as string | undefined) ?? "";
}

/** Asks with just a prompt and returns the text. */
export async function say(simulator: Simulator, prompt: string, extra: Json = {}): Promise<string> {
  return textOf(await ask(simulator, request(prompt, extra)));
}

/** A function tool. */
export function fn(name: string, parameters: Json, extra: Json = {}): Json {
  return { type: "function", name, description: `The ${name} tool.`, strict: false, parameters, ...extra };
}

export const WEATHER: Json = fn("get_weather", {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 14 } },
  required: ["city"],
});

/** A user message. */
export function user(text: string): Json {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}
