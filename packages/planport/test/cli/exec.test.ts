import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../src/cli/main.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;
let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator();
  home = signedInHome(simulator);
  env = pointAt(simulator);
});
afterEach(() => simulator.close());

function linesOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("exec", () => {
  it("prints the answer alone on standard output, and what it did on standard error", async () => {
    const task = 'call exec_command with {"cmd":"echo did it"}';
    const result = await run(home, ["exec", "-m", "gpt-5.5", "-s", "danger-full-access", task], { env });
    expect(result.code).toBe(0);
    expect(result.stdout).not.toContain("$ ");
    expect(result.stderr).toMatch(/\$ .*echo did it.*\n {2}did it\n {2}\(exit 0\)/);
  });

  it("prints the lines of codex exec --json, and goes on with a thread by its id and as the last one", async () => {
    const first = await run(home, ["exec", "--json", "Reply with exactly: one"], { env });
    const [started] = linesOf(first.stdout);
    const id = String(started?.["thread_id"]);
    const second = await run(home, ["exec", "--json", "resume", id, "Reply with exactly: two"], { env });
    const third = await run(home, ["exec", "resume", "--json", "--last", "Reply with exactly: three"], { env });
    for (const [result, answer] of [
      [first, "one"],
      [second, "two"],
      [third, "three"],
    ] as const) {
      const lines = linesOf(result.stdout).filter((line) => !JSON.stringify(line).includes("reasoning"));
      expect(lines.slice(0, 3)).toEqual([
        { type: "thread.started", thread_id: id },
        { type: "turn.started" },
        {
          type: "item.completed",
          item: { id: expect.stringMatching(/^item_\d$/), type: "agent_message", text: answer },
        },
      ]);
    }
    expect(linesOf(third.stdout).at(-1)).toMatchObject({
      type: "turn.completed",
      usage: { input_tokens: expect.any(Number) },
    });
  });

  it("gives its commands no variable that the configuration names as a server's key or header", async () => {
    const provider = `[model_providers.x]\nbase_url = "${simulator.issuer}/v1"\nenv_key = "X_LOGIN"\n`;
    put(home, ".codex/config.toml", `${provider}env_http_headers = { "x-team" = "X_TEAM" }\n`);
    const task = 'call exec_command with {"cmd":"echo [$X_LOGIN$X_TEAM$X_OTHER]"}';
    const variables = { ...env, X_LOGIN: "hush", X_TEAM: "hush", X_OTHER: "heard" };
    const result = await run(home, ["exec", "-s", "danger-full-access", task], { env: variables });
    expect(result.stderr).toContain("\n  [heard]\n");
  });

  it("calls the model where -c says, else where CODEX_BASE_URL does, whatever config.toml says", async () => {
    const nowhere = "http://127.0.0.1:9/v1";
    put(home, ".codex/config.toml", `openai_base_url = "${nowhere}"\nchatgpt_base_url = "${nowhere}"\n`);
    const task = "Reply with exactly: found";
    expect(await run(home, ["exec", task], { env })).toMatchObject({ code: 0, stdout: "found\n" });
    const flag = ["-c", `openai_base_url="${simulator.codexBaseUrl}"`];
    const elsewhere = { ...env, CODEX_BASE_URL: nowhere };
    put(home, ".codex/config.toml", `chatgpt_base_url = "${new URL(simulator.codexBaseUrl).origin}/backend-api"\n`);
    expect(await run(home, ["exec", ...flag, task], { env: elsewhere })).toMatchObject({ code: 0, stdout: "found\n" });
  });

  it("reads the task from standard input, and keys of the configuration from -c", async () => {
    const result = await run(home, ["exec", "-c", 'model="gpt-6-sol"', "-"], {
      env,
      input: "Reply with exactly: piped",
    });
    expect(result).toMatchObject({ code: 0, stdout: "piped\n" });
    const call = simulator.requests.findLast(({ target }) => target === "responses");
    expect(call?.body).toMatchObject({ model: "gpt-6-sol" });
  });

  it("works in the folder of --cd, and writes the answer into a file", async () => {
    put(home, "project/x.txt", "");
    const task = 'call exec_command with {"cmd":"ls"}';
    const args = ["exec", "-s", "danger-full-access", "-C", "project", "-o", "answer.txt", task];
    const result = await run(home, args, { env });
    expect(result.stderr).toContain("x.txt");
    expect(readFileSync(join(home, "answer.txt"), "utf8")).toBe(result.stdout.trimEnd());
  });

  it("ends with 1 when the turn fails, and says why as a line of JSON", async () => {
    simulator.script.always("responses", { kind: "http", status: 400, body: { error: { message: "no" } } });
    const result = await run(home, ["exec", "--json", "hi"], { env });
    expect(result.code).toBe(1);
    expect(linesOf(result.stdout).at(-1)).toMatchObject({
      type: "turn.failed",
      error: { message: expect.stringContaining("no") },
    });
  });

  it("asks nobody: what would have to be asked is refused, and the model goes on", async () => {
    put(home, ".codex/config.toml", 'approval_policy = "on-request"\n');
    const task = 'call exec_command with {"cmd":"touch made","sandbox_permissions":"require_escalated"}';
    const result = await run(home, ["exec", "--json", task], { env });
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('"status":"failed"');
  });

  it("goes on with a key in CODEX_API_KEY to OpenAI's plain API", async () => {
    const key = simulator.issueApiKey();
    const platform = { CODEX_API_KEY: key };
    const base = `openai_base_url="${simulator.issuer}/v1"`;
    const result = await run(newHome(), ["exec", "-c", base, "-m", "gpt-5.5", "Reply with exactly: by key"], {
      env: platform,
    });
    expect(result).toMatchObject({ code: 0, stdout: "by key\n" });
  });

  it("hands the model's thinking back to that API, which keeps nothing, after each tool", async () => {
    const base = `openai_base_url="${simulator.issuer}/v1"`;
    const task = 'call exec_command with {"cmd":"ls"}';
    const args = ["exec", "-c", base, "-c", 'model_reasoning_summary="auto"', "-m", "gpt-5.5", task];
    const result = await run(newHome(), args, { env: { CODEX_API_KEY: simulator.issueApiKey() } });
    expect(result.code).toBe(0);
    const call = simulator.requests.findLast(({ target }) => target === "responses");
    const sent = call?.body as { readonly input: readonly { readonly type: string }[] } | undefined;
    expect(sent?.input.filter(({ type }) => type === "reasoning")).toEqual([
      expect.objectContaining({ encrypted_content: expect.any(String) }),
    ]);
  });

  it("says what is wrong with a key=value that is none, and with a provider that is not configured", async () => {
    expect(await run(home, ["exec", "-c", "nonsense", "hi"], { env })).toMatchObject({ code: 2 });
    const unknown = await run(home, ["exec", "-c", "model_provider=nobody", "hi"], { env });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("nobody") });
  });

  it("refuses a folder, a picture and a thread that are not there before anything is sent", async () => {
    for (const [flags, word] of [
      [["--cd", "nowhere", "hi"], "--cd: nowhere is no folder"],
      [["--image", "no.png", "hi"], "--image: no.png cannot be read: ENOENT"],
      [["-c", "nonsense", "hi"], "-c nonsense is not usable: it takes NAME=VALUE"],
      [["resume"], "--last"],
    ] as const) {
      const result = await run(home, ["exec", ...flags], { env, input: "" });
      expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(word) });
    }
    expect(simulator.requests.filter(({ path }) => path.endsWith("/responses"))).toEqual([]);
  });

  it("gives the answer and then says so when its file cannot be written", async () => {
    const result = await run(home, ["exec", "-o", "no/answer.txt", "Reply with exactly: kept"], { env });
    expect(result).toMatchObject({ code: 2, stdout: "kept\n" });
    expect(result.stderr).toContain("sandbox read-only");
    expect(result.stderr).toContain("--output-last-message: no/answer.txt cannot be written: ENOENT");
  });

  it("tells a person a refusal of the backend in its words, without the JSON around them", async () => {
    const { code, stderr } = await run(home, ["exec", "-m", "nobody", "hi"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/planport: The 'nobody' model is not supported/);
    expect(stderr).not.toContain('"detail"');
  });

  it("ends its turn and keeps the thread when it is interrupted", async () => {
    simulator.script.push("responses", { kind: "stall", afterEvents: 2 });
    const running = start(home, ["exec", "--json", "hi"], { env, input: "" });
    await running.until(/turn\.started/);
    running.child.kill("SIGINT");
    expect((await running.finished).code).toBe(130);
  });

  it("says how an interrupted turn goes on", async () => {
    simulator.script.push("responses", { kind: "stall", afterEvents: 2 });
    const running = start(home, ["exec", "hi"], { env, input: "" });
    const asked = (): boolean => simulator.requests.some(({ path }) => path.endsWith("/responses"));
    await vi.waitFor(() => expect(asked()).toBe(true), 20_000);
    running.child.kill("SIGINT");
    const { code, stderr } = await running.finished;
    const next =
      /planport: stopped; to go on, with the same options: planport (exec resume [\w-]+) "go on"/.exec(stderr)?.[1] ??
      "";
    expect([code, next]).toEqual([130, expect.stringMatching(/^exec resume /)]);
    expect((await run(home, [...next.split(" "), "go on"], { env })).code).toBe(0);
  });
});

describe("planport alone", () => {
  it("prints help and ends with 2 when nobody is at a terminal", async () => {
    const result = await run(home, [], { env, input: "" });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining("Usage: planport") });
  });

  it("takes tasks at a terminal, asks before a command, and leaves when told to", async () => {
    put(home, ".codex/config.toml", 'model = "gpt-5.5"\napproval_policy = "on-request"\n');
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    for (const stream of [stdin, stdout, stderr]) Object.assign(stream, { isTTY: true, fd: -1 });
    let seen = "";
    const answers: [RegExp, string][] = [
      [/> $/, 'call exec_command with {"cmd":"echo asked","sandbox_permissions":"require_escalated"}\n'],
      [/no, and stop: $/, "y\n"],
      [/\(exit 0\)[^]*> $/, "exit\n"],
    ];
    const look = (text: Buffer): void => {
      seen += String(text);
      const [next] = answers;
      if (next === undefined || !next[0].test(seen)) return;
      answers.shift();
      stdin.write(next[1]);
    };
    stdout.on("data", look);
    stderr.on("data", look);
    const variables = { ...env, HOME: home, NO_COLOR: "1", PATH: process.env["PATH"] };
    const code = await runCommand([], {
      terminal: createTerminal(stdout as never, stderr as never, variables),
      stdin: stdin as never,
      env: variables,
      platform: process.platform,
      homeDir: home,
      cwd: home,
      signal: new AbortController().signal,
      version: "0.0.0",
    });
    expect(code).toBe(0);
    expect(seen).toContain("May it run");
    expect(seen).toContain("asked");
  });
});
