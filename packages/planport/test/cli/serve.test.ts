import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, type Running, signedInHome, start } from "./support/cli.ts";
import { takeSignInPorts } from "../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

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

async function serve(...args: string[]): Promise<{ running: Running; url: string }> {
  const running = start(home, ["serve", "--port", "0", ...args], { env });
  const [, url = ""] = await running.until(/listening on (http\S+)[\s\S]*Ctrl-C stops it/);
  return { running, url };
}

const ask = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "gpt-5.5", input: "hi", stream: true }),
  });

describe("serve", () => {
  it("answers clients, and SIGTERM ends it well", async () => {
    const { running, url } = await serve();
    const answer = await ask(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("event: response.completed");
    running.child.kill("SIGTERM");
    const { code, stdout } = await running.finished;
    if (process.platform !== "win32") expect(code).toBe(0);
    expect(stdout).toContain(`export OPENAI_BASE_URL=${url}/v1`);
  });

  it("says at its start where it keeps what it remembers, or why it cannot", async () => {
    const file = put(home, "taken", "no folder");
    for (const [place, words] of [
      [`${home}/kept/memory.db`, /keeps responses and reasoning for 30 days in .*memory\.db/],
      [
        `${file}/memory.db`,
        /keeps responses and reasoning only until it ends: .*memory\.db: .* \((?:ENOTDIR|EEXIST|ENOENT)\)/,
      ],
    ] as const) {
      const { running, url } = await serve("--memory", place);
      expect((await ask(url)).status).toBe(200);
      running.child.kill("SIGTERM");
      expect((await running.finished).stdout).toMatch(words);
    }
  });

  it("lets a running answer end before it stops", async ({ skip }) => {
    skip(process.platform === "win32", "signals between processes are POSIX");
    simulator.script.push(
      "responses",
      { kind: "text", text: "one two three four five" },
      { kind: "slow", delayMs: 40 },
    );
    const { running, url } = await serve();
    const answer = await ask(url);
    running.child.kill("SIGINT");
    expect(await answer.text()).toContain("event: response.completed");
    expect((await running.finished).code).toBe(0);
  });

  it("a second Ctrl-C cuts the running answers and ends with 130", async ({ skip }) => {
    skip(process.platform === "win32", "signals between processes are POSIX");
    simulator.script.push("responses", { kind: "text", text: "one two three" }, { kind: "stall", afterEvents: 6 });
    const { running, url } = await serve();
    const answer = await ask(url);
    running.child.kill("SIGINT");
    // One in quick succession counts as the same; a person's second one does not.
    const again = setInterval(() => running.child.kill("SIGINT"), 400);
    expect((await running.finished.finally(() => clearInterval(again))).code).toBe(130);
    await expect(answer.text()).rejects.toThrow();
  });

  it("asks for the key it was given, and never prints it", async () => {
    env = { ...env, PLANPORT_KEY: "a-key-of-mine-0123456789" };
    const { running, url } = await serve();
    expect((await ask(url)).status).toBe(401);
    const answer = await ask(url, { authorization: "Bearer a-key-of-mine-0123456789" });
    expect(answer.status).toBe(200);
    await answer.text();
    running.child.kill("SIGTERM");
    const { stdout, stderr } = await running.finished;
    expect(stdout + stderr).not.toContain("a-key-of-mine");
    // What is to be copied takes it from the variable, so that it works as it stands.
    expect(stdout).toMatch(/OPENAI_API_KEY ?= ?"\$(env:)?PLANPORT_KEY"/);
    expect(stdout).toContain('-H "authorization: Bearer $PLANPORT_KEY"');
  });

  it("shows a model that the account has, and whose plan it is, also for an access token", async () => {
    const models = [
      { slug: "second", priority: 2 },
      { slug: "first", priority: 1 },
    ];
    simulator.script.push("models", { kind: "http", status: 200, body: { models } });
    home = newHome();
    env = { ...env, CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() };
    put(home, ".codex/config.toml", 'model = "not-there"');
    const { running } = await serve();
    running.child.kill("SIGTERM");
    const { stdout } = await running.finished;
    expect(stdout).toContain('"model": "first"');
    expect(stdout).toContain("with the plan of person@example.com (pro)");
  });

  it("beyond this machine says so, with an address that is no wildcard", async () => {
    env = { ...env, PLANPORT_KEY: "a-key-of-mine-0123456789" };
    const { running } = await serve("--host", "0.0.0.0");
    running.child.kill("SIGTERM");
    const { stdout } = await running.finished;
    expect(stdout).toMatch(/^Other machines are let in, with the key: they use http:\/\/(?!0\.0\.0\.0)\S+:\d+/m);
  });

  it("does not listen beyond this machine without a key", async () => {
    const { code, stdout, stderr } = await run(home, ["serve", "--port", "0", "--host", "0.0.0.0"], { env });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("planport: ");
    expect(stderr).toContain("PLANPORT_KEY");
  });

  it("a port in use is one clear line", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, "127.0.0.1", resolve);
    });
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await run(home, ["serve"], { env: { ...env, PLANPORT_PORT: String(port) } });
    other.close();
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(new RegExp(`^planport: Port ${port} is in use by another program.*--port.*\\n$`));
  });

  it("logs requests on standard error when asked to, without tokens", async () => {
    const { running, url } = await serve("--log-level", "info");
    await (await ask(url, { authorization: "Bearer sk-of-the-client-0123456789" })).text();
    running.child.kill("SIGTERM");
    const { stderr } = await running.finished;
    expect(stderr).toContain("/v1/responses");
    expect(stderr).not.toContain("sk-of-the-client");
  });
});

describe("simulator", () => {
  it("prints lines that make planport and Codex work with it", async () => {
    const running = start(newHome(), ["simulator"]);
    const { 0: printed } = await running.until(/[\s\S]*Ctrl-C stops it/);
    const lines = [...printed.matchAll(/^(?:export |\$env:)(\w+) ?= ?"?([^"\n]+)"?$/gm)];
    const printedEnv = Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value]));
    expect(printed).toContain('openai_base_url = "http://');
    // The token is not among them: while it is set, no sign-in is used.
    expect(printedEnv).not.toHaveProperty("CODEX_ACCESS_TOKEN");
    const [token = ""] = /at-[\w-]+/.exec(printed) ?? [];
    const asked = await run(newHome(), ["ask", "hi"], { env: { ...printedEnv, CODEX_ACCESS_TOKEN: token } });
    expect(asked.code).toBe(0);
    expect(asked.stdout).toContain("hi");
    const signedIn = await run(newHome(), ["login", "--device-auth"], { env: printedEnv });
    expect(signedIn.code).toBe(0);
    const [folder = ""] = [printedEnv["PLANPORT_HOME"]];
    expect(signedIn.stdout).toContain(folder);
    running.child.kill("SIGTERM");
    await running.finished;
    if (process.platform !== "win32") expect(existsSync(folder)).toBe(false);
  });
});

describe("demo", () => {
  it("without a terminal shows everything and ends by itself", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["demo", "what", "is a port?"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("✔ signed in  person@example.com, pro plan");
    expect(stdout).toContain("> what is a port?");
    expect(stdout).toMatch(/You asked: .*what is a port/);
    expect(stdout).toContain('get_weather({"city":"Paris"})');
    expect(stdout).toContain("% used");
    for (const title of ["curl", "openai for Node", "openai for Python", "Codex CLI"]) expect(stdout).toContain(title);
    expect(stdout).not.toContain("✘");
    expect(stdout).toContain("The lines below work while the demo runs");
  });

  it("does not touch the user's own folders, and leaves nothing behind", async () => {
    const home = newHome();
    const { code } = await run(home, ["demo"], { env: { TMPDIR: home, TEMP: home, TMP: home } });
    expect(code).toBe(0);
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(home)).toEqual([]);
  });
});
