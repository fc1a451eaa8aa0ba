import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, serverError, startSimulator, usageLimit } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;
let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator();
  home = signedInHome(simulator);
  env = pointAt(simulator);
});

afterEach(async () => {
  await simulator.close();
});

/** The body of the last model call, as the backend saw it. */
function lastRequest(): Record<string, unknown> {
  return simulator.requests.findLast((request) => request.target === "responses")?.body as Record<string, unknown>;
}

describe("ask", () => {
  it("prints the answer alone on standard output, with a line end", async () => {
    simulator.script.push("responses", { kind: "text", text: "Because of Rayleigh scattering." });
    const result = await run(home, ["ask", "why", "is the sky blue?"], { env });
    expect(result).toEqual({ code: 0, stdout: "Because of Rayleigh scattering.\n", stderr: "" });
    expect(JSON.stringify(lastRequest())).toContain("why is the sky blue?");
  });

  it("prints the same when it does not stream", async () => {
    simulator.script.push("responses", { kind: "text", text: "One.\nTwo." });
    expect(await run(home, ["ask", "--no-stream", "hi"], { env })).toEqual({
      code: 0,
      stdout: "One.\nTwo.\n",
      stderr: "",
    });
  });

  it("prints the text while the answer is still being written", async () => {
    simulator.script.push("responses", { kind: "text", text: "first second third" }, { kind: "stall", afterEvents: 6 });
    const asking = start(home, ["ask", "hi"], { env, input: "" });
    await asking.until(/first/);
    expect(simulator.openResponses).toBe(1);
    asking.child.kill("SIGKILL");
    await asking.finished;
  });

  it("prints each event as one line of JSON, and nothing else", async () => {
    const { code, stdout, stderr } = await run(home, ["ask", "--json", "hi"], { env });
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const types = stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types[0]).toBe("response.created");
    expect(types).toContain("response.output_text.delta");
    expect(types.at(-1)).toBe("response.completed");
  });

  it("reads the question from standard input, alone or after words of its own", async () => {
    await run(home, ["ask"], { env, input: "from a pipe" });
    expect(JSON.stringify(lastRequest())).toContain("from a pipe");
    await run(home, ["ask", "Summarise:", "-"], { env, input: "the text" });
    expect(JSON.stringify(lastRequest())).toContain(String.raw`Summarise:\n\nthe text`);
  });

  it("does not wait for standard input when the question was given", async () => {
    const asking = start(home, ["ask", "hi"], { env });
    expect((await asking.finished).code).toBe(0);
  });

  it("passes model, effort and instructions on", async () => {
    await run(home, ["ask", "-m", "gpt-5.5", "--effort", "high", "--system", "Answer in French.", "hi"], { env });
    const request = lastRequest();
    expect(request).toMatchObject({ model: "gpt-5.5", reasoning: { effort: "high" } });
    expect(JSON.stringify(request)).toContain("Answer in French.");
  });

  it("takes the model of Codex's config.toml when none is given", async () => {
    put(home, ".codex/config.toml", 'model = "gpt-5.5"');
    await run(home, ["ask", "hi"], { env });
    expect(lastRequest()["model"]).toBe("gpt-5.5");
  });

  it("says when the backend cut the answer short", async () => {
    simulator.script.push("responses", { kind: "fail", afterEvents: 6, reason: "max_output_tokens" });
    const { code, stderr } = await run(home, ["ask", "hi"], { env });
    expect(code).toBe(1);
    expect(stderr).toBe("planport: the answer was cut short by the backend (max_output_tokens).\n");
  });
});

describe("failures of the backend", () => {
  it("a reached limit ends with 4 and says when it resets", async () => {
    simulator.script.always("responses", usageLimit({ resetsInSeconds: 7200 }));
    const { code, stdout, stderr } = await run(home, ["ask", "hi"], { env });
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^planport: .*limit.*\n$/i);
  });

  it("come as an error object with --json", async () => {
    simulator.script.always("responses", usageLimit({ resetsInSeconds: 7200 }));
    const { code, stdout, stderr } = await run(home, ["ask", "--json", "hi"], { env });
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage_limit_reached", type: "usage_limit_reached" } });
  });

  it("show no stack, unless the log is set to debug", async () => {
    simulator.script.always("usage", serverError(500));
    const quiet = await run(home, ["usage"], { env });
    expect(quiet.code).toBe(1);
    expect(quiet.stderr).toMatch(/^planport: .+\n$/);
    const debug = await run(home, ["usage"], { env: { ...env, PLANPORT_LOG: "debug" } });
    expect(debug.stderr).toContain("    at ");
  });

  it("a server that is not there ends with 1 and names it", async () => {
    const { origin } = simulator;
    await simulator.close();
    const { code, stderr } = await run(home, ["usage"], { env });
    expect(code).toBe(1);
    expect(stderr).toContain(new URL(origin).host);
  });

  it("an unknown model ends with 1 and names it", async () => {
    const { code, stderr } = await run(home, ["ask", "-m", "gpt-0", "hi"], { env });
    expect(code).toBe(1);
    expect(stderr).toContain("gpt-0");
  });
});

describe("stopping", () => {
  it("Ctrl-C in the middle ends with 130, says nothing more, and ends the call to the backend", async ({ skip }) => {
    skip(process.platform === "win32", "signals between processes are POSIX");
    simulator.script.push("responses", { kind: "text", text: "first second third" }, { kind: "stall", afterEvents: 6 });
    const asking = start(home, ["ask", "hi"], { env, input: "" });
    await asking.until(/first/);
    asking.child.kill("SIGINT");
    const { code, stdout, stderr } = await asking.finished;
    expect(code).toBe(130);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(stderr).toBe("");
    await expect.poll(() => simulator.openResponses).toBe(0);
  });

  it("Ctrl-C while the question is awaited ends with 130", async ({ skip }) => {
    skip(process.platform === "win32", "signals between processes are POSIX");
    const asking = start(home, ["ask"], { env });
    // More than a pipe holds: once it is all written, somebody reads it.
    await new Promise<void>((resolve) => {
      asking.child.stdin.write("word ".repeat(200_000), () => resolve());
    });
    asking.child.kill("SIGINT");
    expect(await asking.finished).toEqual({ code: 130, stdout: "", stderr: "" });
    expect(simulator.requests).toEqual([]);
  });

  it("a reader that has enough ends the call quietly", async () => {
    simulator.script.push("responses", { kind: "text", text: "word ".repeat(2000) }, { kind: "slow", delayMs: 2 });
    const asking = start(home, ["ask", "hi"], { env, input: "" });
    await asking.until(/word/);
    asking.child.stdout.destroy();
    const { code, stderr } = await asking.finished;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    await expect.poll(() => simulator.openResponses).toBe(0);
  });
});

describe("models and usage", () => {
  it("models lists what the plan offers, and hidden ones only when asked", async () => {
    const { stdout } = await run(home, ["models"], { env });
    expect(stdout).toMatch(/^gpt-5\.5 /m);
    const json = async (...flags: string[]): Promise<{ id: string; hidden: boolean }[]> =>
      (
        JSON.parse((await run(home, ["models", "--json", ...flags], { env })).stdout) as {
          data: { id: string; hidden: boolean }[];
        }
      ).data;
    const listed = await json();
    const all = await json("--all");
    expect(listed.some((model) => model.hidden)).toBe(false);
    expect(all.length).toBeGreaterThan(listed.length);
  });

  it("usage tells each window, also as JSON", async () => {
    simulator.accounts.setUsage({ primary: { usedPercent: 42, windowMinutes: 300, resetsAtMs: null } });
    const { code, stdout } = await run(home, ["usage"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^5-hour .* 42% used {2}resets /m);
    expect(stdout).not.toMatch(/^blocked/m);
    const body = JSON.parse((await run(home, ["usage", "--json"], { env })).stdout) as Record<string, unknown>;
    expect(body).toMatchObject({
      plan_type: "pro",
      allowed: true,
      blocked_by: null,
      limits: [
        { id: "codex", windows: [{ name: "5-hour", used_percent: 42, window_minutes: 300 }, { name: "weekly" }] },
      ],
      raw: { rate_limit: { primary_window: { used_percent: 42 } } },
    });
  });

  it("usage tells which window blocks, and until when", async () => {
    const resetsAtMs = Date.now() + 3 * 86_400_000;
    simulator.accounts.setUsage({ secondary: { usedPercent: 100, windowMinutes: 10_080, resetsAtMs } });
    const { code, stdout } = await run(home, ["usage"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^blocked {4}by the weekly limit; it resets .* \(in 3 days\)$/m);
  });

  it("ask takes own names of models, names with an effort, and no model that the pin leaves out", async () => {
    const own = { ...env, PLANPORT_MODEL_ALIASES: "quick=gpt-6-luna-low" };
    const asked = (model: string, more: Record<string, string> = own) =>
      run(home, ["ask", "-m", model, "hi"], { env: more });
    expect((await asked("quick")).code).toBe(0);
    expect((await asked("gpt-5.5-high")).code).toBe(0);
    const refused = await asked("gpt-6-sol", { ...own, CODEX_MODELS: "gpt-5.5,gpt-6-luna" });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/"gpt-6-sol".*CODEX_MODELS.*gpt-5\.5, gpt-6-luna, quick/);
    const unknown = await asked("gpt-99");
    expect(unknown.stderr).toMatch(/"gpt-99".*gpt-6-sol/);
    const pinned = await run(home, ["models", "--json"], { env: { ...own, CODEX_MODELS: "gpt-5.5,gpt-6-luna" } });
    expect(JSON.parse(pinned.stdout)).toMatchObject({
      data: [{ id: "gpt-5.5" }, { id: "gpt-6-luna" }],
      aliases: { quick: "gpt-6-luna-low" },
    });
  });
});

describe("an access token in the environment", () => {
  it("goes before any file", async () => {
    const token = simulator.issuePersonalAccessToken();
    const { code, stdout } = await run(home, ["status", "--json"], { env: { ...env, CODEX_ACCESS_TOKEN: token } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "personalAccessToken",
      email: "person@example.com",
      source: "$CODEX_ACCESS_TOKEN",
    });
    expect(stdout).not.toContain(token);
  });

  it("that is refused makes status end with 3", async () => {
    const result = await run(newHome(), ["status"], { env: { ...env, CODEX_ACCESS_TOKEN: "at-0123456789abcdef" } });
    expect(result.code).toBe(3);
    expect(result.stdout).toContain("refused");
  });
});
