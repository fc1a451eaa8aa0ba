import { spawn } from "node:child_process";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { binFile, newHome, put, run } from "./support/cli.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

describe("the version", () => {
  it.each(["--version", "-v", "-V", "version"])("%s prints it alone", async (flag) => {
    expect(await run(newHome(), [flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("is told even where nothing was built", async () => {
    const bare = newHome();
    mkdirSync(join(bare, "bin"));
    copyFileSync(binFile, join(bare, "bin/planport.js"));
    put(bare, "package.json", JSON.stringify({ type: "module", version: "9.9.9" }));
    const file = join(bare, "bin/planport.js");
    expect(await run(bare, ["--version"], { file })).toEqual({ code: 0, stdout: "9.9.9\n", stderr: "" });
    expect(await run(bare, ["status"], { file })).toEqual({
      code: 1,
      stdout: "",
      stderr: "planport: this checkout is not built yet; run: npm run build\n",
    });
  });
});

describe("help", () => {
  it("lists every command on standard output and ends well", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const name of [
      "login",
      "logout",
      "accounts",
      "status",
      "token",
      "ask",
      "models",
      "usage",
      "serve",
      "simulator",
      "demo",
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
  });

  it.each(["login", "logout", "accounts", "status", "token", "ask", "models", "usage", "serve", "simulator", "demo"])(
    "of %s has examples and the exit codes",
    async (name) => {
      const { code, stdout } = await run(newHome(), [name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:\n  planport");
      for (const exit of [0, 1, 2, 3, 4, 130]) expect(stdout).toMatch(new RegExp(`^ {2}${exit} `, "m"));
    },
  );

  it("is what planport without a command prints, on standard error, as a wrong usage", async () => {
    const { code, stdout, stderr } = await run(newHome(), []);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: planport");
    expect(stderr).toContain("Examples:");
  });
});

describe("a wrong command line ends with 2 and one line", () => {
  it.each<[string, string[], string]>([
    ["an unknown command, with the likely one", ["lgoin"], "planport: unknown command 'lgoin' (Did you mean login?)"],
    [
      "an unknown flag, with the likely one",
      ["ask", "--modle", "x"],
      "planport: unknown option '--modle' (Did you mean --model?)",
    ],
    ["a flag without its value", ["ask", "-m"], "planport: option '-m, --model <model>' argument missing"],
    ["two ways of signing in", ["login", "--device-auth", "--with-access-token"], "cannot be used with option"],
    [
      "an access token and an API key",
      ["login", "--with-api-key", "--with-access-token"],
      "cannot be used with option",
    ],
    ["an account of Codex's", ["logout", "--codex", "--account", "x"], "cannot be used with option"],
    [
      "a time limit that is none",
      ["login", "--timeout", "soon"],
      "planport: --timeout is not usable: it must be a time",
    ],
    ["a time limit of nothing", ["login", "--timeout", "0"], "planport: --timeout is not usable: it must be a time"],
    ["a port that is none", ["serve", "--port", "70000"], "planport: --port is not usable"],
    ["a log level that is none", ["usage", "--log-level", "loud"], "planport: --log-level is not usable"],
    ["no question", ["ask"], 'planport: The question is empty. Try: planport ask "why is the sky blue?"'],
    ["help of an unknown command", ["help", "lgoin"], "planport: unknown command 'lgoin' (Did you mean login?)"],
    ["an unknown command with --help", ["nope", "--help"], "planport: unknown command 'nope'. See planport --help"],
    ["an argument too many", ["status", "x"], "planport: status takes no arguments. See planport status --help"],
    ["an empty model", ["ask", "-m", "", "hi"], "planport: -m, --model is empty"],
    ["an empty effort", ["ask", "--effort", "", "hi"], "planport: --effort is empty"],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await run(newHome(), args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  it("is told as JSON where JSON was asked for", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["models", "--json", "--foo"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toEqual({
      error: {
        message: "unknown option '--foo'. See planport models --help",
        type: "invalid_request_error",
        param: null,
        code: "request_invalid",
      },
    });
  });
});

describe("settings that are wrong", () => {
  it("name the variable", async () => {
    const { code, stderr } = await run(newHome(), ["ask", "hi"], { env: { CODEX_BASE_URL: "chatgpt.com" } });
    expect(code).toBe(2);
    expect(stderr).toBe(
      "planport: CODEX_BASE_URL is not usable: it must be a URL that begins with https:// or http://.\n",
    );
  });

  it("name the file with line and column", async () => {
    const home = newHome();
    const file = put(home, ".codex/config.toml", 'model = "a"\nmodel = "b"\n');
    const { code, stderr } = await run(home, ["status"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`planport: ${file}:2:`);
    expect(stderr.trimEnd()).not.toContain("\n");
  });
});

describe("output that cannot be written", () => {
  it.runIf(existsSync("/dev/full"))("ends with 1 and one line that says why", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [binFile, "status"], {
      env: { HOME: newHome(), PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, stderr]).toEqual([1, "planport: cannot write the output: no space left on device\n"]);
  });
});

describe("colour", () => {
  const escape = "\u001B[";

  it("is not used where nobody looks", async () => {
    expect((await run(newHome(), ["lgoin"])).stderr).not.toContain(escape);
  });

  it("is used when forced, and not when refused as well", async () => {
    expect((await run(newHome(), ["lgoin"], { env: { FORCE_COLOR: "1" } })).stderr).toContain(escape);
    expect((await run(newHome(), ["lgoin"], { env: { FORCE_COLOR: "0", NO_COLOR: "" } })).stderr).not.toContain(escape);
  });
});
