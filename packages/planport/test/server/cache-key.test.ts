import { describe, expect, it } from "vitest";
import { open } from "../memory/kit.ts";
import { completed, created, done, fakeClient, send, serve } from "./kit.ts";

const answering = (route: "codex" | "platform" = "codex") => {
  const client = fakeClient((call) => {
    call.events(created, done("hello"), completed);
    return {};
  });
  return Object.assign(client, { route });
};

/** The keys that requests to one gateway go out with. */
async function keysOf(
  path: string,
  requests: readonly { readonly body?: object; readonly headers?: Record<string, string> }[],
  route?: "platform",
): Promise<unknown[]> {
  const client = answering(route);
  const at = await serve({ client });
  for (const { body = {}, headers = {} } of requests) {
    const answer = await send(at, path, { body: JSON.stringify({ model: "gpt-x", ...body }), headers });
    expect(answer.status, answer.text).toBe(200);
  }
  return client.calls.map(({ request }) => request.prompt_cache_key);
}

const user = (content: unknown) => ({ role: "user", content });
const said = { role: "assistant", content: "hello" };
const TOOLS: Readonly<Record<string, object>> = {
  "/v1/chat/completions": { type: "function", function: { name: "f", parameters: {} } },
  "/v1/messages": { name: "f", input_schema: {} },
  "/v1/responses": { type: "function", name: "f", parameters: {} },
};

describe("the prompt cache's key, when the request has none,", () => {
  it("is made of the header that names the conversation, and does not tell it", async () => {
    const mine = "conversation of mine";
    const names = ["session-id", "session_id", "x-session-id", "conversation_id"];
    const body = { messages: [user("hi")] };
    const keys = await keysOf("/v1/chat/completions", [
      ...names.map((name) => ({ body, headers: { [name]: mine } })),
      { body, headers: { "session-id": "another" } },
      { body: { ...body, prompt_cache_key: "own" }, headers: { "session-id": mine } },
    ]);
    const key = "5568b9cb93b29e2f54d2b86c12675a48";
    expect(keys.slice(0, 4)).toEqual([key, key, key, key]);
    expect(keys[4]).not.toBe(key);
    expect(keys[5]).toBe("own");
  });

  it.each([
    ["/v1/chat/completions", "messages", user([{ type: "text", text: "hi" }])],
    ["/v1/messages", "messages", user([{ type: "text", text: "hi" }])],
    ["/v1/responses", "input", user([{ type: "input_text", text: "hi" }])],
  ])(
    "is the same in all turns of a conversation without a name on %s, and another in any other",
    async (path, field, same) => {
      const turn = (...items: unknown[]) => ({ body: { max_tokens: 9, [field]: items } });
      const [first, ...others] = await keysOf(path, [
        turn(user("hi")),
        turn(same, said, user("and?")),
        turn(user("hi"), said, user("something else"), said, user("more")),
        turn(user("hey")),
        { body: { ...turn(user("hi")).body, model: "gpt-y" } },
        {
          body: {
            ...turn(user("hi")).body,
            tools: [TOOLS[path]],
          },
        },
        { body: { ...turn(user("hi")).body, ...(path === "/v1/messages" ? { system: "s" } : { instructions: "s" }) } },
      ]);
      expect(first).toMatch(/^[0-9a-f]{32}$/);
      expect(others.slice(0, 2)).toEqual([first, first]);
      expect(new Set([first, ...others.slice(2)]).size).toBe(5);
    },
  );

  it("is the same for a chat's system message, wherever the turns lead, and another for another", async () => {
    const turn = (text: string, ...more: object[]) => ({
      body: { messages: [{ role: "system", content: text }, user("hi"), ...more] },
    });
    const [one, two, three] = await keysOf("/v1/chat/completions", [
      turn("Be brief."),
      turn("Be brief.", said, user("and?")),
      turn("Be long."),
    ]);
    expect(two).toBe(one);
    expect(three).not.toBe(one);
  });

  it("is the first turn's when a conversation goes on by previous_response_id", async () => {
    const memory = open();
    const client = answering();
    const at = await serve({ client, memory });
    const ask = (body: object) => send(at, "/v1/responses", { body: JSON.stringify({ model: "gpt-x", ...body }) });
    await ask({ input: "hi" });
    await ask({ input: "and?", previous_response_id: "resp_1" });
    const [first, second] = client.calls.map(({ request }) => request.prompt_cache_key);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(first);
  });

  it("is not made up for long images at the price of reading them, nor told apart by their ends alone", async () => {
    const image = (end: string) =>
      user([{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}${end}` } }]);
    const [one, two, three] = await keysOf("/v1/chat/completions", [
      { body: { messages: [image("x")] } },
      { body: { messages: [image("y")] } },
      { body: { messages: [image("longer")] } },
    ]);
    expect(two).toBe(one);
    expect(three).not.toBe(one);
  });

  it("is left to a client that names its thread as Codex does, and to OpenAI's plain API", async () => {
    const body = { messages: [user("hi")] };
    expect(await keysOf("/v1/chat/completions", [{ body, headers: { "thread-id": "t-1" } }])).toEqual([undefined]);
    expect(await keysOf("/v1/responses", [{ body: { input: "hi" }, headers: { "session-id": "t-1" } }])).toEqual([
      undefined,
    ]);
    expect(await keysOf("/v1/chat/completions", [{ body }], "platform")).toEqual([undefined]);
  });
});
