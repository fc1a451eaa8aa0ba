import { describe, expect, test } from "vitest";
import { ask, fn, itemsOf, type Json, request, say, start, textOf, user, WEATHER } from "./helpers.ts";

/** Runs a conversation: answers each call with `results`, until the model speaks. */
async function converse(
  prompt: string,
  extra: Json,
  results: (call: Json) => string,
): Promise<{ calls: Json[]; text: string }> {
  const simulator = await start();
  const input: Json[] = [user(prompt)];
  const calls: Json[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const events = await ask(simulator, request("", { ...extra, input }));
    const made = itemsOf(events).filter((item) => String(item["type"]).endsWith("_call"));
    if (made.length === 0) return { calls, text: textOf(events) };
    calls.push(...made);
    input.push(...itemsOf(events));
    for (const call of made)
      input.push({ type: `${String(call["type"])}_output`, call_id: call["call_id"], output: results(call) });
  }
  throw new Error("The model never stopped calling.");
}

async function firstCall(prompt: string, tools: Json[], extra: Json = {}): Promise<Json | undefined> {
  const items = itemsOf(await ask(await start(), request(prompt, { tools, ...extra })));
  return items.find((item) => String(item["type"]).endsWith("_call"));
}

describe("words", () => {
  test("show what reached the model", async () => {
    const simulator = await start();
    const image = { type: "input_image", image_url: "data:image/png;base64,AA==" };
    const file = { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" };
    const input = [
      user("My name is Ada."),
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello Ada." }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "What is on it?" }, image, image, file] },
    ];
    const text = await say(simulator, "", { input, instructions: "You are a pirate.", reasoning: { effort: "high" } });
    expect(text).toContain("What is on it?");
    expect(text).toContain("gpt-5.5");
    expect(text).toContain("high effort");
    expect(text).toContain("3 messages, 2 images, 1 file");
    expect(text).toContain("You are a pirate.");
    expect(text).toContain("My name is Ada.");
  });

  test.each([
    ["Reply with exactly: Hello, world!", "Hello, world!"],
    ["reply with exactly:\n  two\nlines ", "two\nlines"],
    ["Please respond with exactly: get_weather", "get_weather"],
    ["Say exactly: 42", "42"],
  ])("%j gives just that", async (prompt, text) => {
    expect(await say(await start(), prompt, { tools: [WEATHER] })).toBe(text);
  });

  test("act on the last user message that is not context put there by a program", async () => {
    const context = user("<environment_context>\n<cwd>/tmp</cwd>\n</environment_context>");
    const agents = user("# AGENTS.md instructions for /tmp\n\n<INSTRUCTIONS>\nReply with exactly: no\n</INSTRUCTIONS>");
    const simulator = await start();
    expect(await say(simulator, "", { input: [user("Reply with exactly: yes"), context, agents] })).toBe("yes");
    expect(await say(simulator, "", { input: [user("old"), user("<b>Reply with exactly: bold")] })).toBe("bold");
  });

  test("answer in the language the system prompt asks for", async () => {
    const simulator = await start();
    expect(await say(simulator, "Wie geht es?", { instructions: "Always answer in German." })).toContain(
      "Du hast gefragt",
    );
    expect(await say(simulator, "Ça va ?", { instructions: "Answer in French." })).toContain("Vous avez demandé");
  });

  test("come in any length asked for", async () => {
    const simulator = await start();
    expect((await say(simulator, "Write a story of 250 words.")).split(" ").length).toBe(250);
    expect(await say(simulator, "Count to 5")).toBe("1 2 3 4 5");
  });

  test("are the same each time", async () => {
    expect(await say(await start(), "Why?")).toBe(await say(await start(), "Why?"));
  });
});

describe("tool calls", () => {
  test("happen when the prompt names a tool, with the prompt's own words as arguments", async () => {
    const call = await firstCall("What does get_weather say about the next 3 days in New York?", [WEATHER]);
    expect(call).toMatchObject({ type: "function_call", name: "get_weather", status: "completed" });
    expect(JSON.parse(String(call?.["arguments"]))).toEqual({ city: "New York" });
    expect(String(call?.["call_id"])).toMatch(/^call_/);
  });

  test("happen when the prompt asks for some tool without naming one", async () => {
    const tools = [fn("read_file", { type: "object", properties: {} }), WEATHER];
    expect(await firstCall("Use a tool to find out the weather in Rome.", tools)).toMatchObject({
      name: "get_weather",
    });
  });

  test.each([
    ["Hello there", {}],
    ["Do not call get_weather, just greet me.", {}],
    ["Call get_weather for Paris", { tool_choice: "none" }],
    ["Call get_weather for Paris", { tool_choice: { type: "allowed_tools", mode: "auto", tools: [] } }],
  ])("do not happen for %j with %j", async (prompt, extra) => {
    expect(await firstCall(prompt, [WEATHER], extra)).toBeUndefined();
  });

  test.each(["required", { type: "function", name: "get_weather" }])("are forced by tool_choice %j", async (choice) => {
    const call = await firstCall("I live in Bern", [WEATHER], { tool_choice: choice });
    expect(JSON.parse(String(call?.["arguments"]))).toEqual({ city: "Bern" });
  });

  test("stream their arguments in deltas that join to the finished item", async () => {
    const prompt = `call get_weather with {"city":"Paris and a long text to cut","days":3}`;
    const events = await ask(await start(), request(prompt, { tools: [WEATHER] }));
    const deltas = events.filter((event) => event["type"] === "response.function_call_arguments.delta");
    expect(deltas.length).toBeGreaterThan(2);
    const whole = '{"city":"Paris and a long text to cut","days":3}';
    expect(deltas.map((event) => event["delta"]).join("")).toBe(whole);
    expect(itemsOf(events)[0]?.["arguments"]).toBe(whole);
  });

  test("asked for in a row are made one after the other, and then put into words", async () => {
    const prompt = 'call get_weather with {"city":"Paris"}, then call get_weather with {"city":"Oslo"}';
    const { calls, text } = await converse(
      prompt,
      { tools: [WEATHER] },
      (call) => `sunny ${String(call["arguments"])}`,
    );
    expect(calls.map((call) => call["arguments"])).toEqual(['{"city":"Paris"}', '{"city":"Oslo"}']);
    expect(text).toBe('get_weather returned: sunny {"city":"Paris"}\nget_weather returned: sunny {"city":"Oslo"}');
  });

  test("take each its own words when they are not spelled out", async () => {
    const prompt = "Call get_weather for Paris, then call get_weather for Oslo.";
    const { calls } = await converse(prompt, { tools: [WEATHER] }, () => "ok");
    expect(calls.map((call) => call["arguments"])).toEqual(['{"city":"Paris"}', '{"city":"Oslo"}']);
  });

  test("come together when the prompt says so, unless parallel calls are off", async () => {
    const prompt = 'In parallel, call get_weather with {"city":"A"} and get_weather with {"city":"B"}';
    const count = async (extra: Json) =>
      itemsOf(await ask(await start(), request(prompt, { tools: [WEATHER], ...extra }))).length;
    expect(await count({})).toBe(2);
    expect(await count({ parallel_tool_calls: false })).toBe(1);
  });

  test("end in the exact words that the prompt asks for after them", async () => {
    const prompt = 'Call get_weather with {"city":"Paris"} and then reply with exactly: all done';
    const { calls, text } = await converse(prompt, { tools: [WEATHER] }, () => "rain");
    expect([calls.length, text]).toEqual([1, "all done"]);
  });

  test("begin anew with each user message", async () => {
    const simulator = await start();
    const first = itemsOf(await ask(simulator, request("call get_weather for Paris", { tools: [WEATHER] })));
    const results = { type: "function_call_output", call_id: first[0]?.["call_id"], output: "rain" };
    const input = [user("call get_weather for Paris"), ...first, results, user("call get_weather for Oslo")];
    const next = itemsOf(await ask(simulator, request("", { tools: [WEATHER], input })));
    expect(next[0]).toMatchObject({ arguments: '{"city":"Oslo"}' });
  });

  test("of freeform tools carry raw input, also between <<< and >>>", async () => {
    const patch = "*** Begin Patch\n*** Add File: a.txt\n+{hi}\n*** End Patch";
    const tools = [{ type: "custom", name: "apply_patch", description: "Edits files" }];
    const events = await ask(await start(), request(`call apply_patch with <<<${patch}>>>`, { tools }));
    expect(itemsOf(events)[0]).toMatchObject({ type: "custom_tool_call", name: "apply_patch", input: patch });
    const deltas = events.filter((event) => event["type"] === "response.custom_tool_call_input.delta");
    expect(deltas.map((event) => event["delta"]).join("")).toBe(patch);
    const { text } = await converse(`call apply_patch with <<<${patch}>>>`, { tools }, () => "Done!");
    expect(text).toBe("apply_patch returned: Done!");
  });

  test("can be made malformed on purpose", async () => {
    const call = await firstCall("call get_weather with <<<{broken>>>", [WEATHER]);
    expect(call).toMatchObject({ type: "function_call", arguments: "{broken" });
  });

  test("run Codex's shell tool with the command of the prompt", async () => {
    const schema = {
      type: "object",
      properties: { cmd: { type: "string" }, workdir: { type: "string" } },
      required: ["cmd"],
    };
    const call = await firstCall("Use exec_command to run `ls -la`", [fn("exec_command", schema)]);
    expect(call).toMatchObject({ arguments: '{"cmd":"ls -la"}' });
  });
});

describe("structured output", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer" } },
    required: ["city", "unit", "days"],
    additionalProperties: false,
  };
  const text = { format: { type: "json_schema", name: "report", strict: true, schema } };

  test("fits the schema, with words of the prompt", async () => {
    const answer = await say(await start(), "Weather in Paris for 5 days in fahrenheit", { text });
    expect(JSON.parse(answer)).toEqual({ city: "Paris", unit: "fahrenheit", days: 5 });
  });

  test("takes values over from what tools returned", async () => {
    const { text: answer } = await converse(
      "Call get_weather for Oslo",
      { tools: [WEATHER], text },
      () => '{"days": 9, "unit": "celsius"}',
    );
    expect(JSON.parse(answer)).toEqual({ city: "Oslo", unit: "celsius", days: 9 });
  });

  test("is some object for json_object", async () => {
    const answer: unknown = JSON.parse(
      await say(await start(), "Say hi in JSON", { text: { format: { type: "json_object" } } }),
    );
    expect(answer).toBeTypeOf("object");
  });
});
