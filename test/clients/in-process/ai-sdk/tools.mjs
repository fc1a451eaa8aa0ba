/**
 * Tools: the program's own, freeform ones and the backend's, over several steps.
 */
import assert from "node:assert/strict";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { calls, model, partsOf, planport, sent, simulator } from "./world.mjs";

const stopWhen = stepCountIs(6);
const providerOptions = { planport: { reasoningEffort: "high", reasoningSummary: "auto" } };
const city = z.object({ city: z.string() });

function weatherTools(seen = []) {
  const execute = (input) => {
    seen.push(input.city);
    return `Sunny in ${input.city}.`;
  };
  const get_weather = tool({ description: "The weather in a city", inputSchema: city, execute });
  const get_time = tool({
    description: "The time in a city",
    inputSchema: city,
    execute: (input) => ({ noon: input.city }),
  });
  return { get_weather, get_time };
}

export const checks = {
  async "tools run over several steps, whose thinking goes along sealed"() {
    const seen = [];
    const result = await generateText({
      model,
      tools: weatherTools(seen),
      stopWhen,
      providerOptions,
      prompt: 'call get_weather with {"city": "Oslo"}, then call get_time with {"city": "Rome"}',
    });
    assert.deepEqual(seen, ["Oslo"]);
    assert.equal(result.steps.length, 3);
    assert.deepEqual(
      result.steps.map(({ finishReason }) => finishReason),
      ["tool-calls", "tool-calls", "stop"],
    );
    assert.match(result.text, /Sunny in Oslo\./);
    assert.equal(sent("reasoning").length, 2);
    assert.ok(sent("reasoning").every((item) => typeof item.encrypted_content === "string"));
    assert.deepEqual(
      sent("function_call_output").map(({ output }) => output),
      ["Sunny in Oslo.", '{"noon":"Rome"}'],
    );
  },

  async "tools are called in parallel, streamed"() {
    const result = streamText({
      model,
      tools: weatherTools(),
      stopWhen,
      prompt: 'in parallel call get_weather with {"city": "Oslo"}, then call get_time with {"city": "Rome"}',
    });
    const parts = await partsOf(result.fullStream);
    assert.equal((await result.steps).length, 2);
    assert.deepEqual(
      parts.filter(({ type }) => type === "tool-call").map(({ toolName, input }) => [toolName, input]),
      [
        ["get_weather", { city: "Oslo" }],
        ["get_time", { city: "Rome" }],
      ],
    );
    assert.ok(parts.some(({ type }) => type === "tool-input-delta"));
    assert.equal(sent("function_call").length, 2);
  },

  async "the choice among tools is sent in all its forms"() {
    const tools = { ...weatherTools(), shell: planport.tools.custom(), search: planport.tools.webSearch() };
    const ask = async (toolChoice) => {
      // The simulator does not search, which the AI SDK takes for an answer against the choice.
      await generateText({ model, tools, toolChoice, prompt: "Hello" }).catch(({ name }) =>
        assert.equal(name, "AI_ToolChoiceViolationError"),
      );
      return calls().at(-1).tool_choice;
    };
    assert.equal(await ask("auto"), "auto");
    assert.equal(await ask("none"), "none");
    assert.equal(await ask("required"), "required");
    assert.deepEqual(await ask({ type: "tool", toolName: "get_time" }), { type: "function", name: "get_time" });
    assert.deepEqual(await ask({ type: "tool", toolName: "shell" }), { type: "custom", name: "shell" });
    assert.deepEqual(await ask({ type: "tool", toolName: "search" }), { type: "web_search" });
  },

  async "a tool may give back images and texts"() {
    const look = tool({
      description: "Looks",
      inputSchema: z.object({}),
      execute: () => "cGl4ZWw=",
      toModelOutput: (given) => ({
        type: "content",
        value: [
          { type: "text", text: "Seen:" },
          { type: "image-data", data: given?.output ?? given, mediaType: "image/png" },
        ],
      }),
    });
    await generateText({ model, tools: { look }, stopWhen, prompt: "Call look." });
    assert.deepEqual(sent("function_call_output")[0].output, [
      { type: "input_text", text: "Seen:" },
      { type: "input_image", image_url: "data:image/png;base64,cGl4ZWw=" },
    ]);
  },

  async "a tool that fails tells the model so"() {
    const broken = tool({
      description: "Breaks",
      inputSchema: z.object({}),
      execute: () => {
        throw new Error("it broke");
      },
    });
    await generateText({ model, tools: { broken }, stopWhen, prompt: "Call broken." });
    assert.match(JSON.stringify(sent("function_call_output")[0].output), /it broke/);
  },

  async "long names come back in full"() {
    const name = `mcp__${"very_".repeat(20)}long`;
    const { toolCalls, steps } = await generateText({
      model,
      tools: { [name]: weatherTools().get_weather },
      toolChoice: { type: "tool", toolName: name },
      prompt: "The weather in Paris?",
    });
    assert.equal(toolCalls[0].toolName, name);
    assert.ok(calls()[0].tools[0].name.length <= 64);
    assert.deepEqual(steps[0].warnings, []);
  },

  async "a freeform tool gets any text, and its result goes back"() {
    const inputs = [];
    const shell = planport.tools.custom({
      description: "Runs a command",
      execute: (input) => {
        inputs.push(input);
        return "done it";
      },
    });
    const { text } = await generateText({ model, tools: { shell }, stopWhen, prompt: "call shell with <<<ls -la>>>" });
    assert.deepEqual(inputs, ["ls -la"]);
    assert.equal(calls()[0].tools[0].type, "custom");
    assert.equal(sent("custom_tool_call")[0].input, "ls -la");
    assert.equal(sent("custom_tool_call_output")[0].output, "done it");
    assert.match(text, /done it/);
  },

  async "the backend makes a picture, which goes back with the conversation"() {
    const messages = [{ role: "user", content: "Make an image of a red square." }];
    const tools = { draw: planport.tools.imageGeneration({ size: "1024x1024", outputFormat: "png" }) };
    const first = await generateText({ model, messages, tools, toolChoice: { type: "tool", toolName: "draw" } });
    assert.deepEqual(calls()[0].tools, [{ type: "image_generation", size: "1024x1024", output_format: "png" }]);
    const [result] = first.toolResults;
    assert.equal(result.toolName, "draw");
    assert.equal(Buffer.from(result.output.result, "base64").subarray(1, 4).toString(), "PNG");
    messages.push(...first.response.messages, { role: "user", content: "Thanks." });
    await generateText({ model, messages, tools });
    const [item] = sent("image_generation_call");
    assert.equal(item.result, result.output.result);
  },

  async "the backend searches the web, and its pages are sources"() {
    const done = (item) => ({ type: "response.output_item.done", output_index: 9, item });
    const action = { type: "search", query: "planport" };
    const annotation = { type: "url_citation", url: "https://example.com/", title: "Example" };
    simulator.script.push(
      "responses",
      {
        kind: "inject",
        afterEvents: 2,
        event: done({ type: "web_search_call", id: "ws_1", status: "completed", action }),
      },
      { kind: "inject", afterEvents: 3, event: { type: "response.output_text.annotation.added", annotation } },
    );
    const messages = [{ role: "user", content: "Search." }];
    const tools = {
      search: planport.tools.webSearch({ searchContextSize: "low", filters: { allowedDomains: ["a.b"] } }),
    };
    const first = await generateText({ model, messages, tools });
    assert.deepEqual(calls()[0].tools, [
      { type: "web_search", search_context_size: "low", filters: { allowed_domains: ["a.b"] } },
    ]);
    assert.equal(first.finishReason, "stop");
    assert.deepEqual([first.sources[0].url, first.sources[0].title], ["https://example.com/", "Example"]);
    assert.equal(first.toolCalls[0].toolName, "search");
    assert.deepEqual(first.toolResults[0].output, { action });
    messages.push(...first.response.messages, { role: "user", content: "And?" });
    await generateText({ model, messages, tools });
    assert.deepEqual(sent("web_search_call"), [{ type: "web_search_call", id: "ws_1", status: "completed", action }]);
  },

  async "a tool that the backend does not have is told of"() {
    const other = { type: "provider", id: "openai.file_search", args: {}, inputSchema: z.object({}) };
    const { warnings } = await generateText({ model, tools: { other }, prompt: "Hello" });
    assert.equal(warnings[0].feature, "provider-defined tool openai.file_search");
    assert.equal(calls()[0].tools, undefined);
  },
};
