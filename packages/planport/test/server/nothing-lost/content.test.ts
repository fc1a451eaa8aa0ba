/** What others lose on the way, item by item: what messages hold, the form that is asked for, and what is told. See also `leaves.test.ts` and `cache-key.test.ts`. */
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../../src/protocol/responses/event.ts";
import {
  ALL,
  BASE,
  answer,
  chunksOf,
  functionCall,
  inputOf,
  pass,
  PATHS,
  PIXEL,
  sent,
  text,
  way,
  wholeOf,
} from "./kit.ts";

describe("images and files", () => {
  const image = (detail?: string) => ({
    type: "input_image",
    image_url: PIXEL,
    ...(detail !== undefined && { detail }),
  });
  const remote = { type: "input_image", image_url: "https://x.test/a.png", detail: "low" };
  const file = { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" };
  const chatParts = [
    { type: "image_url", image_url: { url: PIXEL, detail: "high" } },
    { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "low" } },
    { type: "file", file: { filename: "a.pdf", file_data: file.file_data } },
  ];
  const blocks = [
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
    { type: "image", source: { type: "url", url: "https://x.test/a.png" } },
    { type: "document", title: "a.pdf", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } },
  ];
  it("of a message: data: and remote ones with their detail, and files", async () => {
    const all = [image("high"), remote, file];
    expect(await inputOf("chat", { messages: [{ role: "user", content: chatParts }] })).toMatchObject([
      { content: all },
    ]);
    expect(await inputOf("responses", { input: [{ role: "user", content: all }] })).toMatchObject([{ content: all }]);
    const auto = [image("auto"), { ...remote, detail: "auto" }, file];
    expect(await inputOf("messages", { messages: [{ role: "user", content: blocks }] })).toMatchObject([
      { content: auto },
    ]);
  });
  it("of a tool's result", async () => {
    const all = [image("high"), remote, file];
    const messages = [
      { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "See:" }, ...chatParts] },
    ];
    expect((await inputOf("chat", { messages })).at(-1)).toMatchObject({
      output: [{ type: "input_text", text: "See:" }, ...all],
    });
    const input = [functionCall("call_1"), { type: "function_call_output", call_id: "call_1", output: all }];
    expect(await inputOf("responses", { input })).toEqual(input);
    const turns = [
      { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: blocks }] },
    ];
    expect((await inputOf("messages", { messages: turns })).at(-1)).toMatchObject({
      output: [image("auto"), { ...remote, detail: "auto" }, file],
    });
  });
});

describe("the form of the answer", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  const format = { type: "json_schema", name: "thing", schema, strict: true };
  it("by a JSON schema", async () => {
    const response_format = {
      type: "json_schema",
      json_schema: { name: "thing", schema, strict: true, description: "d" },
    };
    expect((await sent("chat", { response_format }))["text"]).toEqual({ format: { ...format, description: "d" } });
    expect((await sent("responses", { text: { format, verbosity: "low" } }))["text"]).toEqual({
      format,
      verbosity: "low",
    });
    expect(
      (await sent("messages", { output_config: { format: { type: "json_schema", schema } } }))["text"],
    ).toMatchObject({ format: { type: "json_schema", schema, strict: true } });
  });
  it("as any JSON object", async () => {
    expect((await sent("chat", { response_format: { type: "json_object" } }))["text"]).toEqual({
      format: { type: "json_object" },
    });
    expect((await sent("responses", { text: { format: { type: "json_object" } } }))["text"]).toEqual({
      format: { type: "json_object" },
    });
  });
});

describe("several system and developer messages", () => {
  const texts = ["First.", "hi", "Second.", "Third."];
  const roles = ["system", "user", "developer", "system"];
  const said = texts.map((content, at) => ({ role: roles[at], content }));
  const expected = texts.map((one, at) => ({
    type: "message",
    role: at === 1 ? "user" : "developer",
    content: [{ type: "input_text", text: one }],
  }));
  it("stay where they are", async () => {
    expect(await inputOf("chat", { messages: said })).toEqual(expected);
    expect(await inputOf("responses", { input: said })).toEqual(expected);
    const messages = said.filter(({ role }) => role !== "developer");
    expect(await inputOf("messages", { messages })).toEqual(expected.filter((_, at) => at !== 2));
  });
  it("of /v1/messages' `system` come in their order", async () => {
    const system = ["First.", "Second."].map((one) => ({
      type: "text",
      text: one,
      cache_control: { type: "ephemeral" },
    }));
    expect((await sent("messages", { system }))["instructions"]).toBe("First.\n\nSecond.");
  });
});

describe("text beyond ASCII", () => {
  const known = "naïve 日本語 ‏עברית 👩‍👩‍👧 \u0000\u2028 é";
  const half = "\ud83d"; // of an emoji: no text in UTF-8, so that a strict backend would refuse it
  it.each(ALL)("goes there, well-formed, and back untouched on %s, streamed and whole", async (dialect) => {
    const words = `${known} ${half}`;
    const fields = dialect === "responses" ? { input: words } : { messages: [{ role: "user", content: words }] };
    const [message] = (await inputOf(dialect, fields)) as unknown as { content: { text: string }[] }[];
    expect(message?.content[0]?.text).toBe(`${known} \u{FFFD}`);
    const whole = JSON.stringify(await wholeOf(dialect, answer([text(words)])));
    expect(whole).toContain(JSON.stringify(words));
    expect(JSON.stringify(await chunksOf(dialect, answer([text(words)])))).toContain(JSON.stringify(words));
  });
});

describe("what nobody knows yet, and `phase`,", () => {
  it("survive in a request of /v1/responses", async () => {
    const fields = {
      input: [
        { ...text("Looking.", "commentary"), id: "msg_1", x_item: { a: 1 } },
        { type: "brand_new", payload: [1, null, { b: false }] },
        { role: "user", content: [{ type: "brand_new_part", c: 2 }] },
      ],
      x_new: { deep: [true] },
      access_programs: ["p"],
    };
    const { x_new, access_programs, input } = await sent("responses", fields);
    expect([x_new, access_programs]).toEqual([fields.x_new, fields.access_programs]);
    expect(input).toMatchObject(fields.input);
  });
  it("survive in an answer of /v1/responses, streamed and whole", async () => {
    const items = [
      { ...text("So.", "final_answer"), x_item: 1 },
      { type: "brand_new", payload: null },
    ];
    expect(await wholeOf("responses", answer(items, { x_new: 2 }))).toMatchObject({ output: items, x_new: 2 });
    const odd = { type: "response.brand_new.delta", x: 1 } as CodexEvent;
    const events = [...answer(items).slice(0, -1), odd, ...answer(items, { x_new: 2 }).slice(-1)];
    const chunks = await chunksOf("responses", events);
    expect(chunks).toContainEqual(odd);
    expect(chunks.at(-1)).toMatchObject({ response: { output: items, x_new: 2 } });
  });
  it("of a chat's assistant goes to the backend", async () => {
    const messages = [
      { role: "assistant", content: "Looking.", phase: "commentary" },
      { role: "user", content: "And?" },
    ];
    expect((await inputOf("chat", { messages }))[0]).toMatchObject({ phase: "commentary" });
  });
});

describe("x-planport-changes", () => {
  it("puts losses first, counts what does not fit, and is whole on request", async () => {
    const content = Array.from({ length: 80 }, () => ({ type: "text", text: "a", "an odd näme, with=marks": 1 }));
    const fields = { messages: [{ role: "user", content }], top_p: 1, temperature: 0 };
    const { told } = await pass("chat", fields);
    expect([...told.keys()].slice(0, 2)).toEqual(["temperature", "messages[0].content[0].an odd näme, with=marks"]);
    expect(told.size).toBe(83);
    const address = way.url;
    const short = await fetch(`${address}${PATHS.chat}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...BASE.chat, ...fields }),
    });
    const entries = (short.headers.get("x-planport-changes") ?? "").split(", ");
    expect(entries.join(", ").length).toBeLessThan(2100);
    expect(entries.at(-1)).toBe(`+${83 - (entries.length - 1)} more`);
    expect(entries[1]).toBe("messages[0].content[0].an%20odd%20n%C3%A4me%2C%20with%3Dmarks=dropped");
  });
});
