import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, signedInHome, start } from "./support/cli.ts";

const CHAT = {
  model: "gpt-6-sol",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", name: "bob", content: "My key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789." },
  ],
  temperature: 0.2,
  top_p: 1,
  reasoning_effort: "high",
};

interface Explained {
  readonly dialect: string;
  readonly guessed: boolean;
  readonly model: {
    readonly asked: string;
    readonly slug: string;
    readonly list: string;
    readonly entry: { readonly slug: string } | null;
  };
  readonly responses_lite: boolean;
  readonly changes: readonly { readonly path: string; readonly action: string; readonly note: string }[];
  readonly body: Record<string, unknown>;
}

/** Explains a request; by default signed in nowhere and with no server to ask. */
async function explain(
  request: unknown,
  args: readonly string[] = [],
  home = newHome(),
  env: Readonly<Record<string, string>> = {},
): Promise<Explained> {
  const file = put(home, "request.json", JSON.stringify(request));
  const { code, stdout, stderr } = await run(home, ["explain", file, "--json", ...args], { env });
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Explained;
}

describe("planport explain", () => {
  it("tells what is lost and altered, with the reasons, and for which model", async () => {
    const home = newHome();
    const file = put(home, "request.json", JSON.stringify(CHAT));
    const { code, stdout } = await run(home, ["explain", file]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${file} is a request of POST /v1/chat/completions`);
    expect(stdout).toMatch(/^model: gpt-6-sol; its entry in planport's built-in list/m);
    expect(stdout).toMatch(
      /^dropped — .*\n +temperature +The Codex backend does not take temperature\.\n +messages\[1\]\.name /m,
    );
    expect(stdout).toMatch(/^default — .*\n +top_p /m);
  });

  it("prints the very body that the backend would get, nothing struck out of it", async () => {
    const { body, model, responses_lite: lite, changes } = await explain(CHAT);
    expect(model).toMatchObject({
      asked: "gpt-6-sol",
      slug: "gpt-6-sol",
      list: "built-in",
      entry: { slug: "gpt-6-sol" },
    });
    expect(lite).toBe(true);
    expect(changes.map(({ path, action }) => `${path}=${action}`).sort()).toEqual([
      "messages[1].name=dropped",
      "temperature=dropped",
      "top_p=default",
    ]);
    expect(body).toMatchObject({
      model: "gpt-6-sol",
      store: false,
      stream: true,
      reasoning: { effort: "high", summary: "auto", context: "all_turns" },
      input: [
        { role: "developer", content: [{ text: "Be brief." }] },
        { role: "user", content: [{ text: CHAT.messages[1]?.content }] },
      ],
    });
  });

  it("is what the gateway does: the backend gets this body and the client these changes", async () => {
    const simulator = await startSimulator();
    const home = signedInHome(simulator);
    const env = pointAt(simulator);
    const server = start(home, ["serve", "--port", "0", "--memory", "memory"], { env });
    const [, url = ""] = await server.until(/listening on (http:\S+)/);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(CHAT),
    });
    expect(answer.status).toBe(200);
    const sent = simulator.requests.find(({ path, method }) => method === "POST" && path.endsWith("/responses"));
    const { body, changes } = await explain(CHAT, ["--live"], home, env);
    expect(body).toEqual(sent?.body);
    const told = answer.headers.get("x-planport-changes")?.split(", ").sort();
    expect(changes.map(({ path, action }) => `${path}=${action}`).sort()).toEqual(told);
    server.child.kill("SIGINT");
    await server.finished;
    await simulator.close();
  });

  it.each([
    ["chat", { messages: [{ role: "user", content: "hi" }] }],
    [
      "chat",
      {
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x.test/a" } }] }],
        max_tokens: 9,
      },
    ],
    ["messages", { messages: [{ role: "user", content: "hi" }], max_tokens: 9, system: "Be brief." }],
    [
      "messages",
      { messages: [{ role: "user", content: "hi" }], max_tokens: 9, tools: [{ name: "f", input_schema: {} }] },
    ],
    ["responses", { input: "hi" }],
    ["completions", { prompt: "hi" }],
  ])("knows a request of %s by its fields: %j", async (dialect, fields) => {
    expect(await explain({ model: "gpt-5.5", ...fields })).toMatchObject({ dialect, guessed: true });
  });

  it("takes another's word for what it is, and reads standard input", async () => {
    const input = JSON.stringify({ model: "gpt-5.5", max_tokens: 9, messages: [{ role: "user", content: "hi" }] });
    const { code, stdout } = await run(newHome(), ["explain", "--as", "messages", "--json", "-"], { input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dialect: "messages", guessed: false, request: "standard input" });
  });

  it("goes by an API key's rules on request", async () => {
    const { changes, body } = await explain({ ...CHAT, model: "gpt-4o" }, ["--api-key"]);
    expect(changes.map(({ path }) => path)).toEqual(["messages[1].name"]);
    expect(body).toMatchObject({ model: "gpt-4o", temperature: 0.2, top_p: 1, reasoning: { effort: "high" } });
  });

  it("says that a kept response is put in front, and shows the rest", async () => {
    const { changes, body } = await explain({
      model: "gpt-5.5",
      input: "and?",
      instructions: "x",
      previous_response_id: "resp_1",
    });
    expect(changes[0]).toMatchObject({ path: "previous_response_id", action: "emulated" });
    expect(body).not.toHaveProperty("previous_response_id");
    expect(body["input"]).toHaveLength(1);
  });

  it.each([
    [
      "a field that is wrong",
      { ...CHAT, messages: [{ role: "usr", content: "x" }] },
      /request\.json: messages\[0\]\.role: expected system, .* got "usr"\.$/,
    ],
    [
      "a conversation that cannot be served",
      { model: "gpt-5.5", messages: [{ role: "tool", tool_call_id: "call_9", content: "x" }] },
      /request\.json: messages\[0\]\.tool_call_id: the result of "call_9" has no call/,
    ],
    [
      "what is no request",
      {},
      /request\.json: it has none of messages, input and prompt\. Say what it is: --as chat\|responses/,
    ],
  ])("names file and field of %s, with exit code 2", async (_what, request, message) => {
    const home = newHome();
    writeFileSync(join(home, "request.json"), JSON.stringify(request));
    const { code, stdout, stderr } = await run(home, ["explain", join(home, "request.json")]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim()).toMatch(message);
  });

  it("names the place of a fault in the JSON, and a file that is not there", async () => {
    const home = newHome();
    const file = put(home, "request.json", '{"model":\n x}');
    expect((await run(home, ["explain", file])).stderr).toMatch(
      /request\.json: The request body is not valid JSON: .* line 2/,
    );
    const gone = await run(home, ["explain", join(home, "gone.json")]);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringMatching(/gone\.json: there is no such file\.\n$/)]);
    const json = await run(home, ["explain", "--json", file, "--as", "chat"]);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "request_invalid" } });
  });
});
