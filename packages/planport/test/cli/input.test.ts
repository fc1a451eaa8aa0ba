import { type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { binFile, pointAt, put, run, signedInHome } from "./support/cli.ts";

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

/** The question of the last model call, as the backend saw it: what stands last in its input. */
function question(): unknown {
  const body = simulator.requests.findLast((request) => request.target === "responses")?.body;
  return [...JSON.stringify(body ?? {}).matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
}

async function exitCode(file: string, args: readonly string[], stdio: SpawnOptions["stdio"]): Promise<unknown> {
  const child = spawn(file, args, { env: { ...env, HOME: home, PATH: process.env["PATH"] ?? "" }, cwd: home, stdio });
  return new Promise((resolve) => child.on("close", resolve));
}

describe("what is asked", () => {
  it("is followed by the text of a file that standard input comes from", async () => {
    const file = openSync(put(home, "notes.txt", "the notes"), "r");
    const code = await exitCode(process.execPath, [binFile, "ask", "summarise", "this"], [file, "ignore", "inherit"]);
    closeSync(file);
    expect([code, question()]).toEqual([0, String.raw`summarise this\n\nthe notes`]);
  });

  it.runIf(process.platform !== "win32")("is followed by what comes through a pipe", async () => {
    const command = `printf 'from the pipe' | "${process.execPath}" "${binFile}" ask "summarise this"`;
    expect(await exitCode("/bin/sh", ["-c", command], ["ignore", "ignore", "inherit"])).toBe(0);
    expect(question()).toBe(String.raw`summarise this\n\nfrom the pipe`);
  });

  it.runIf(process.platform !== "win32")(
    "stays as it is when the pipe is empty, or standard input is closed",
    async () => {
      for (const redirect of ["</dev/null", "<&-"]) {
        const command = `"${process.execPath}" "${binFile}" ask "just this" ${redirect}`;
        expect(await exitCode("/bin/sh", ["-c", command], ["ignore", "ignore", "inherit"])).toBe(0);
        expect(question()).toBe("just this");
      }
      const empty = `: | "${process.execPath}" "${binFile}" ask "just that"`;
      expect(await exitCode("/bin/sh", ["-c", empty], ["ignore", "ignore", "inherit"])).toBe(0);
      expect(question()).toBe("just that");
    },
  );

  it("may hold a dash that is no command to read", async () => {
    expect((await run(home, ["ask", "what", "is", "5", "-", "3"], { env, input: "unread" })).code).toBe(0);
    expect(question()).toBe("what is 5 - 3");
  });

  it("is all of standard input for a sole dash", async () => {
    await run(home, ["ask", "-"], { env, input: "from input" });
    expect(question()).toBe("from input");
  });
});

describe("an effort that the model does not offer", () => {
  it("ends with 2 and lists those it does, before anything is asked", async () => {
    const { code, stderr } = await run(home, ["ask", "-m", "gpt-5.5", "--effort", "silly", "hi"], { env });
    expect(code).toBe(2);
    expect(stderr).toBe('planport: --effort "silly" is not one that gpt-5.5 offers: low, medium, high, xhigh.\n');
    expect(question()).toBeUndefined();
  });
});

describe("models", () => {
  it("say what their columns are", async () => {
    const { stdout } = await run(home, ["models"], { env });
    expect(stdout).toMatch(/^MODEL +CONTEXT +REASONING EFFORTS\n/);
    expect(stdout).toContain("* marks the effort that is used when none is named");
  });

  it("are marked as the built-in list when the backend cannot be asked", async () => {
    simulator.script.always("models", { kind: "http", status: 500, body: {} });
    const plain = await run(home, ["models"], { env });
    expect(plain.code).toBe(0);
    expect(plain.stderr).toBe(
      "planport: the backend could not be asked (The backend failed with HTTP 500); this is planport's built-in list, not your plan's.\n",
    );
    const json = JSON.parse((await run(home, ["models", "--json"], { env })).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ live: false, error: { code: "upstream_failed" } });
  });

  it("are marked as live when they are", async () => {
    const { stdout, stderr } = await run(home, ["models", "--json"], { env });
    expect([stderr, JSON.parse(stdout)]).toMatchObject(["", { live: true, error: null }]);
  });
});

describe("settings that rule the sign-in out end with 2 and are named", () => {
  it("a base URL of the OpenAI API", async () => {
    const { code, stderr } = await run(home, ["ask", "hi"], {
      env: { ...env, CODEX_BASE_URL: "https://api.openai.com/v1" },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^planport: CODEX_BASE_URL names the OpenAI API.*leave CODEX_BASE_URL out\.\n$/);
  });

  it.each([["login"], ["ask", "hi"]])("a forced login method: %s", async (...args) => {
    const config = put(home, ".codex/config.toml", 'forced_login_method = "api"');
    const { code, stderr } = await run(home, args, { env });
    expect(code).toBe(2);
    expect(stderr).toContain(`forced_login_method in ${config} allows API keys alone`);
    expect(stderr).toContain("take that line out");
  });
});

describe("status", () => {
  it("labels every line, in words", async () => {
    const { code, stdout } = await run(home, ["status"], { env: { ...env, PLANPORT_HOME: join(home, "own") } });
    expect(code).toBe(0);
    for (const line of stdout.trimEnd().split("\n")) expect(line).toMatch(/^[a-z][a-z ]* {2,}\S/);
    expect(stdout).toContain(`planport's folder: ${join(home, "own")}`);
    expect(stdout).not.toMatch(/planportHome|loginIssuer/);
    expect(stdout).toMatch(/^checked +no server has said whether it is still good/m);
  });

  it("as JSON says what came of each place, also when one is broken", async () => {
    put(home, ".codex/auth.json", "{");
    const { code, stdout } = await run(home, ["status", "--json"], { env });
    expect(code).toBe(3);
    const { tried } = JSON.parse(stdout) as { tried: { place: string; outcome: string }[] };
    expect(tried.map(({ place, outcome }) => [place, outcome])).toEqual([
      ["$CODEX_ACCESS_TOKEN", "not set"],
      ["$CODEX_PAT", "not set"],
      ["$PLANPORT_TOKEN_COMMAND", "not set"],
      [join(home, ".planport/auth.json"), "no such file"],
      [join(home, ".codex/auth.json"), "cannot be used"],
      ["$OPENAI_API_KEY", "not looked in"],
    ]);
  });

  it("takes --log-level, and refuses one that is none", async () => {
    expect((await run(home, ["status", "--log-level", "debug"], { env })).code).toBe(0);
    expect((await run(home, ["status", "--log-level", "loud"], { env })).code).toBe(2);
  });
});
