/** What the tests of `nothing-lost` share: requests of each dialect through a gateway, and what becomes of them. */
import { afterAll, beforeAll, expect } from "vitest";
import type { JsonObject } from "../../../src/protocol/json.ts";
import type { CodexEvent } from "../../../src/protocol/responses/event.ts";
import type { Item } from "../../../src/protocol/responses/item.ts";
import { openWay, type Passage, type Way } from "../leaves/backend.ts";

export let way: Way;
beforeAll(async () => {
  way = await openWay();
});
afterAll(() => way.close());

export const PATHS = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" } as const;
export const BASE = {
  chat: { model: "takes-all", messages: [{ role: "user", content: "hi" }] },
  responses: { model: "takes-all", input: "hi" },
  messages: { model: "takes-all", max_tokens: 99, messages: [{ role: "user", content: "hi" }] },
} as const;
export type Dialect = keyof typeof PATHS;
export const ALL: readonly Dialect[] = ["chat", "responses", "messages"];

/** Sends a request that is served. */
export async function pass(dialect: Dialect, fields: object, events?: readonly CodexEvent[]): Promise<Passage> {
  const passage = await way.send(PATHS[dialect], { ...BASE[dialect], ...fields }, events);
  expect(passage.status, passage.answer).toBe(200);
  return passage;
}

export const sent = async (dialect: Dialect, fields: object): Promise<JsonObject> =>
  (await pass(dialect, fields)).upstream ?? {};
export const inputOf = async (dialect: Dialect, fields: object): Promise<Item[]> =>
  (await sent(dialect, fields))["input"] as Item[];
export const toldOf = async (dialect: Dialect, fields: object): Promise<string[]> =>
  [...(await pass(dialect, fields)).told].map(([path, action]) => `${path}=${action}`);

/** An answer of these items, which the terminal event leaves out as the backend does. */
export function answer(items: readonly object[], response: object = {}): CodexEvent[] {
  const base = { id: "resp_1", object: "response", model: "m", output: [], usage: null };
  return [
    { type: "response.created", response: { ...base, status: "in_progress" } },
    ...items.flatMap((item, index) => [
      { type: "response.output_item.added", output_index: index, item },
      { type: "response.output_item.done", output_index: index, item },
    ]),
    { type: "response.completed", response: { ...base, status: "completed", ...response } },
  ] as CodexEvent[];
}

/** The JSON of an answer, whole or gathered from its stream. */
export const wholeOf = async (
  dialect: Dialect,
  events: readonly CodexEvent[],
  fields: object = {},
): Promise<JsonObject> => JSON.parse((await pass(dialect, fields, events)).answer) as JsonObject;
export const chunksOf = async (
  dialect: Dialect,
  events: readonly CodexEvent[],
  fields: object = {},
): Promise<JsonObject[]> => {
  const { answer: text } = await pass(dialect, { ...fields, stream: true }, events);
  const data = text.split("\n").filter((line) => line.startsWith("data: {"));
  return data.map((line) => JSON.parse(line.slice("data: ".length)) as JsonObject);
};

export const text = (said: string, phase?: string) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text: said }],
  ...(phase !== undefined && { phase }),
});
export const functionCall = (id: string, name = "look", args = "{}") => ({
  type: "function_call",
  call_id: id,
  name,
  arguments: args,
});

export const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
export const LONG = `mcp__a_server_with_a_long_name__${"and_a_tool_with_a_long_one_".repeat(3)}`;
