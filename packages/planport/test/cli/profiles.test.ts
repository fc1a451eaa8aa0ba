/** `planport serve` with a configuration file, as real processes, driven by OpenAI's own library. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { pointAt, put, run, type Running, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;
let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator();
  home = signedInHome(simulator);
  env = { ...pointAt(simulator), PLANPORT_MEMORY: "off" };
});
afterEach(() => simulator.close());

const BASE = "You are GPT-5.5, a simulated coding agent. Be brief and exact.";

/** The two profiles as llm-interactive-proxy's document has them. */
const profile = (protocol: string, passthrough: boolean): string => `backends:
  openai_codex:
    timeout: 120
    extra:
      codex:
        default_capabilities:
          protocol: ${protocol}
          codex_passthrough: ${passthrough}
          prompt_mode: codex_default
          tool_schema_mode: custom_only
          tool_text_format: none
          bypass_tool_call_reactor: true
          include_environment_context: false
`;

async function serve(...args: string[]): Promise<{ running: Running; url: string; openai: OpenAI }> {
  const running = start(home, ["serve", "--port", "0", ...args], { env });
  const [, url = ""] = await running.until(/listening on (http\S+)[\s\S]*Ctrl-C stops it/);
  return { running, url, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 }) };
}

type Sent = Record<string, unknown>;
const sent = (): Sent[] =>
  simulator.requests.filter(({ path }) => path.endsWith("/responses")).map(({ body }) => body as Sent);

/** What went to the backend last. */
function last(): Sent {
  const body = sent().at(-1);
  if (body === undefined) throw new Error("nothing went to the backend");
  return body;
}

const weather = {
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

async function refusal(call: Promise<unknown>): Promise<{ status: number; message: string; param: string | null }> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error("it was not refused");
  return { status: Number(error.status), message: error.message, param: error.param ?? null };
}

describe("the profiles of llm-interactive-proxy's document", () => {
  it("profile A serves a chat client through a whole tool conversation, from --config", async () => {
    const file = put(home, "elsewhere/config.yaml", profile("openai-chat", false));
    const { openai } = await serve("--config", file);
    const tools = [{ type: "function" as const, function: weather }];
    const ask = { role: "user" as const, content: "Call get_weather for the weather in Paris." };
    const body = { model: "openai-codex:gpt-5.5", messages: [ask], tools, extra_body: { codex_capabilities: {} } };
    const first = await openai.chat.completions.create(body);
    const message = first.choices[0]?.message;
    expect(message?.tool_calls?.[0]).toMatchObject({ type: "function", function: { name: "get_weather" } });
    // Client tools only; the model's own instructions where the request has none; nothing of this machine.
    expect(last()).toMatchObject({ model: "gpt-5.5", instructions: BASE, tools: [{ name: "get_weather" }] });
    expect(JSON.stringify(last())).not.toContain("environment_context");
    if (message === undefined) throw new Error("no message");
    const answer = { role: "tool" as const, tool_call_id: message.tool_calls?.[0]?.id ?? "", content: "sunny" };
    const second = await openai.chat.completions.create({ ...body, messages: [ask, message, answer] });
    expect(second.choices[0]?.finish_reason).toBe("stop");
    expect(second.choices[0]?.message.content).not.toBe("");
    const refused = await refusal(openai.responses.create({ model: "gpt-5.5", input: "hi" }));
    expect(refused).toMatchObject({ status: 400, param: "codex_capabilities.protocol" });
    expect(refused.message).toContain("openai-chat in config.yaml");
  });

  it("profile B serves a Responses client, streamed and whole, from ./config.yaml", async () => {
    put(home, "config.yaml", profile("openai-responses", true));
    const { openai, running } = await serve();
    const tools = [{ type: "function" as const, strict: false, ...weather }];
    const input = "Call get_weather for the weather in Paris.";
    const first = await openai.responses.create({ model: "openai-codex:gpt-5.5", input, tools });
    const call = first.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "get_weather" });
    expect(last()).toMatchObject({ model: "gpt-5.5", instructions: BASE, tools: [{ name: "get_weather" }] });
    const output = { type: "function_call_output" as const, call_id: call?.call_id ?? "", output: "sunny" };
    const stream = openai.responses.stream({
      model: "gpt-5.5",
      instructions: "Be kind.",
      input: [{ role: "user", content: input }, ...(first.output as OpenAI.Responses.ResponseInputItem[]), output],
      tools,
      reasoning: { effort: "high" },
    });
    expect((await stream.finalResponse()).output_text).not.toBe("");
    expect(last()).toMatchObject({ instructions: "Be kind.", reasoning: { effort: "high" } });
    // Passed through: an effort that the model does not list is the backend's to judge.
    const minimal = openai.responses.create({ model: "gpt-5.5", input: "hi", reasoning: { effort: "minimal" } });
    expect((await refusal(minimal)).message).toContain("Unsupported value: 'minimal'");
    expect(last()).toMatchObject({ reasoning: { effort: "minimal" } });
    const messages = [{ role: "user" as const, content: "hi" }];
    expect(await refusal(openai.chat.completions.create({ model: "gpt-5.5", messages }))).toMatchObject({
      status: 400,
      param: "codex_capabilities.protocol",
    });
    running.child.kill("SIGTERM");
    expect((await running.finished).stdout).toContain(join(home, "config.yaml"));
  });

  it("the basic configuration and the document's own request are served as they are written", async () => {
    put(home, "config.yaml", "backends:\n  openai_codex:\n    type: openai-codex\n");
    const { url } = await serve();
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "openai-codex:gpt-5.1-codex",
        messages: [{ role: "user", content: "Hello" }],
        tools: [{ type: "function", function: { name: "my_tool", parameters: {} } }],
        extra_body: {
          codex_capabilities: {
            tool_schema_mode: "custom_only",
            bypass_tool_call_reactor: true,
            include_environment_context: false,
          },
        },
      }),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(answer.headers.get("x-planport-changes")).toContain("model=mapped");
    expect(JSON.stringify(last())).toContain("my_tool");
    expect(last()).not.toHaveProperty("extra_body");
  });
});

describe("configuration files", () => {
  it("a config.yaml of another program is left aside, and said to be, whatever is in it", async () => {
    for (const text of [
      "port: not ours\nservices: [a, b]\n",
      "{ not yaml",
      "backends:\n  openai:\n    type: openai\n",
    ]) {
      put(home, "config.yaml", text);
      const { running, openai } = await serve();
      expect((await openai.responses.create({ model: "gpt-5.5", input: "hi" })).status).toBe("completed");
      running.child.kill("SIGTERM");
      expect((await running.finished).stderr).toMatch(/config\.yaml.*left aside/);
    }
  });

  it("of a config.yaml with a Codex backend, what is for others is left aside and named", async () => {
    const text = `${profile("any", false)}  openai:\n    type: openai\nproxy_timeout: 5\n`;
    put(home, "config.yaml", text);
    const { running } = await serve();
    running.child.kill("SIGTERM");
    expect((await running.finished).stderr).toContain("not used: proxy_timeout, backends.openai");
  });

  it("a mistake in it is told with file, line and column, and ends with 2", async () => {
    const file = put(home, "planport.yaml", "port: 0\ncapabilities:\n  prompt_mode: codex_defualt\n");
    const { code, stderr } = await run(home, ["serve"], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:3:16: capabilities.prompt_mode must be one of`);
    expect(stderr).toContain('not "codex_defualt"');
  });

  it("planport.yaml chooses by User-Agent, key, path and header, each request by itself", async () => {
    env = { ...env, MAIN_KEY: "main-key-0123456789", DROID_KEY: "droid-key-0123456789" };
    put(
      home,
      "planport.yaml",
      `port: 0
keyEnv: MAIN_KEY
aliases:
  deep: gpt-5.5?reasoning_effort=high
profiles:
  droid:
    when: { keyEnv: DROID_KEY }
    capabilities: { prompt_mode: custom_only }
  based:
    when: { path: /mine }
    capabilities: { tool_schema_mode: codex_default }
  agent:
    when: { userAgent: [cline, roo] }
    capabilities: { prompt_mode: merge_custom }
  named:
    capabilities: { protocol: openai-chat }
`,
    );
    const running = start(home, ["serve"], { env });
    const [, url = ""] = await running.until(/listening on (http\S+)[\s\S]*Ctrl-C stops it/);
    const post = (path: string, headers: Record<string, string> = {}, body: object = {}): Promise<Response> =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer main-key-0123456789", ...headers },
        body: JSON.stringify({ model: "gpt-5.5", input: "hi", ...body }),
      });
    expect((await post("/v1/responses", { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await post("/v1/responses", { authorization: "Bearer droid-key-0123456789" })).status).toBe(200);
    expect(last()["instructions"]).toBe("You are a helpful assistant.");
    expect((await post("/mine/v1/responses")).status).toBe(200);
    expect(JSON.stringify(last()["tools"])).toContain("shell_command");
    expect((await post("/v1/responses", { "user-agent": "Roo-Code/3" }, { instructions: "Mine." })).status).toBe(200);
    expect(last()["instructions"]).toBe(`${BASE}\n\nMine.`);
    expect((await post("/v1/responses", { "x-planport-profile": "named" })).status).toBe(400);
    expect((await post("/v1/responses", { "x-planport-profile": "nobody" })).status).toBe(400);
    const own = { codex_capabilities: { prompt_mode: "passthrough" }, model: "deep", instructions: "Own." };
    expect((await post("/v1/responses", { "user-agent": "cline" }, own)).status).toBe(200);
    expect(last()).toMatchObject({ instructions: "Own.", model: "gpt-5.5", reasoning: { effort: "high" } });
  });

  it("a change takes effect while it runs; a broken one is told with its place, and changes nothing", async () => {
    const file = put(home, "planport.yaml", "capabilities: { prompt_mode: custom_only }\n");
    let stderr = "";
    const { openai, running } = await serve();
    running.child.stderr.on("data", (text: string) => (stderr += text));
    const told = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(stderr)) await delay(20);
      stderr = "";
    };
    const instructions = async (): Promise<unknown> => {
      await openai.responses.create({ model: "gpt-5.5", input: "hi" });
      return last()["instructions"];
    };
    expect(await instructions()).toBe("You are a helpful assistant.");
    // As editors do it: another file in its place.
    writeFileSync(`${file}.new`, "capabilities:\n  prompt_mode: codex_default\nport: 1234\n");
    renameSync(`${file}.new`, file);
    await told(/was read again; for port planport must be started again/);
    expect(await instructions()).toBe(BASE);
    writeFileSync(file, "capabilities:\n  prompt_mode: [\n");
    await told(/planport\.yaml:\d+:\d+ is not valid YAML: .*What was set before stays\./);
    expect(await instructions()).toBe(BASE);
    writeFileSync(file, "capabilities:\n  prompt_mode: custom_only\n  nonsense: 1\n");
    await told(/planport\.yaml:3:3: capabilities\.nonsense is not known here.*What was set before stays\./);
    writeFileSync(file, "capabilities: { prompt_mode: custom_only }\n");
    await told(/was read again/);
    expect(await instructions()).toBe("You are a helpful assistant.");
  });

  it("status --explain shows a flag before a variable, that before the file, that before the default", async () => {
    put(home, "planport.yaml", "port: 9111\nlogLevel: error\nmemory: off\naccount: work\nallowHosts: box.lan\n");
    const file = join(home, "planport.yaml");
    const explain = async (extra: Record<string, string>, ...args: string[]): Promise<string> =>
      (
        await run(home, ["status", "--explain", "--config", file, ...args], {
          env: { ...env, PLANPORT_MEMORY: "", ...extra },
        })
      ).stdout;
    const fromFile = await explain({});
    for (const line of ["gateway port: 9111", "log level: error", "memory: off", 'hosts allowed: ["box.lan"]'])
      expect(fromFile).toMatch(new RegExp(`  ${line.replaceAll(/[[\]".]/g, "\\$&")}  .*in `));
    expect(fromFile).toContain(`Configuration file: ${file}`);
    expect(fromFile).toContain("prompt_mode: codex_default");
    expect(fromFile).toMatch(/gateway host: 127\.0\.0\.1 {2}\(default\)/);
    const fromVariable = await explain({ PLANPORT_PORT: "9222", PLANPORT_LOG: "warn" });
    expect(fromVariable).toMatch(/gateway port: 9222 {2}\(PLANPORT_PORT\)/);
    expect(await explain({ PLANPORT_LOG: "warn" }, "--log-level", "silent")).toMatch(
      /log level: silent {2}\(--log-level\)/,
    );
  });
});
