import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandName, planSpawn } from "../../src/auth/child-command.ts";
import { parseTokenCommand, runTokenCommand, type TokenCommand } from "../../src/auth/token-command.ts";
import { createTokenCommandSource, type TokenCommandSourceOptions } from "../../src/auth/token-command-source.ts";
import { createStaticTokenSource } from "../../src/auth/sources.ts";
import type { CommandCredential } from "../../src/auth/token-command.ts";
import { Secret } from "../../src/secret.ts";
import { accessToken, gate, NOW_MS } from "./support/fakes.ts";

const ORIGIN = "$PLANPORT_TOKEN_COMMAND";
const { platform } = process;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "planport command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `script` with Node as a token command. */
async function run(
  script: string,
  rest: Partial<TokenCommand> & { readonly signal?: AbortSignal } = {},
): Promise<CommandCredential> {
  const file = join(folder, "print token.mjs");
  writeFileSync(file, script);
  const { signal, ...command } = rest;
  return runTokenCommand(
    { command: [process.execPath, file, "--secret=hunter2hunter2"], origin: ORIGIN, ...command },
    { env: process.env, platform, signal },
  );
}

function print(text: string): string {
  return `process.stdout.write(${JSON.stringify(text)})`;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (fault: unknown) => fault,
  );
  return error instanceof Error ? error.message : String(error);
}

describe("what a token command prints", () => {
  it("is a bearer in its first line, with what its claims say", async () => {
    const token = accessToken(3600);
    const credential = await run(print(`${token}\r\nanything else\n`));
    expect(credential).toMatchObject({ kind: "external", accountId: "acct-1", expiresAtMs: NOW_MS + 3_600_000 });
    expect(credential.kind === "external" && credential.accessToken.reveal()).toBe(token);
  });

  it("is an enterprise's access token when it starts with at-", async () => {
    expect(await run(print("at-abc\n"))).toMatchObject({ kind: "personalAccessToken", accountId: null });
  });

  it.each([
    ["seconds", NOW_MS / 1000],
    ["milliseconds", NOW_MS],
    ["seconds in a string", String(NOW_MS / 1000)],
    ["RFC 3339", new Date(NOW_MS).toISOString()],
  ])("may be JSON with its expiry in %s", async (_form, expires_at) => {
    const credential = await run(print(JSON.stringify({ token: "opaque", expires_at, account_id: "acct-7" }, null, 2)));
    expect(credential).toMatchObject({ kind: "external", accountId: "acct-7", expiresAtMs: NOW_MS });
  });

  it.each([
    ["nothing", "", "printed nothing"],
    ["blanks", " \n\n", "printed nothing"],
    ["a sentence", "please log in first\n", "blanks or foreign characters"],
    ["JSON without a token", '{"error":"x"}', "without the field `token`"],
    ["a token that is no string", '{"token":7}', "field `token` is no string"],
    ["a broken expiry", '{"token":"abc","expires_at":"soon"}', "field `expires_at` is no time"],
    ["half of a JSON object", '{"token":"abc"', "JSON that cannot be read"],
    ["an API key", "sk-proj-0123456789abcdef", "an OpenAI API key"],
  ])("is refused when it is %s", async (_what, text, words) => {
    const message = await messageOf(run(print(text)));
    expect(message).toContain(words);
    expect(message).not.toContain("0123456789abcdef");
  });
});

describe("a token command that fails", () => {
  it("is named without its arguments, with its exit code and its redacted words", async () => {
    const promise = run(`console.error("no session for sk-proj-abcdefgh12345678; log in"); process.exitCode = 3;`);
    await expect(promise).rejects.toMatchObject({ code: "refresh_unavailable" });
    const message = await messageOf(promise);
    expect(message).toContain(`The command \`${commandName([process.execPath])}\` ($PLANPORT_TOKEN_COMMAND) failed`);
    expect(message).toContain("exit code 3. It said: no session for [redacted]; log in. Try again, or run it by hand");
    expect(message).not.toContain("hunter2");
  });

  it("does not show what it printed to standard output", async () => {
    const token = accessToken(3600);
    expect(await messageOf(run(`${print(token)}; process.exitCode = 1;`))).not.toContain(token.slice(0, 20));
  });

  it("is told as not there when there is no such program", async () => {
    const command = [join(folder, "nothing-here"), "--secret=hunter2hunter2"];
    const message = await messageOf(run("", { command }));
    expect(message).toContain("no such program (ENOENT)");
    expect(message).not.toContain("hunter2");
  });

  it("is stopped when it writes without end", async () => {
    const endless = `const more = () => process.stdout.write("x".repeat(65536), more); more();`;
    expect(await messageOf(run(endless))).toContain("wrote more than a token can be");
  });

  it("is stopped together with what it started", async () => {
    const mark = join(folder, "pid");
    const grandchild = `require("fs").writeFileSync(${JSON.stringify(mark)}, String(process.pid)); setInterval(() => {}, 1000)`;
    const script = `
      import { spawn } from "node:child_process";
      spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "inherit" });
      setInterval(() => {}, 1000);`;
    const stop = new AbortController();
    const running = run(script, { timeoutMs: 50_000, signal: stop.signal });
    running.catch(() => {});
    while (!existsSync(mark) || readFileSync(mark, "utf8") === "") await pause();
    const pid = Number(readFileSync(mark, "utf8"));
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    while (isAlive(pid)) await pause(); // Ends, or the test does not.
  });

  it("says so when the time is up", async () => {
    const message = await messageOf(run("setInterval(() => {}, 1000)", { timeoutMs: 20 }));
    expect(message).toContain("did not end within 0.02 s and was stopped");
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return platform !== "linux" || !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("how a token command is started", () => {
  it("takes a JSON array for a program with its arguments, and anything else for a line of the shell", () => {
    expect(parseTokenCommand('["op", "read", "op://x"]', ORIGIN)).toEqual(["op", "read", "op://x"]);
    expect(parseTokenCommand("op read x | head -1", ORIGIN)).toBe("op read x | head -1");
    for (const bad of ["", "  ", "[1]", "[]", '[""]', "[oops"])
      expect(() => parseTokenCommand(bad, ORIGIN)).toThrow("$PLANPORT_TOKEN_COMMAND is not usable");
  });

  it("runs a string by the shell, and an array without one", async () => {
    const variable = platform === "win32" ? "%CODEX_HOME%" : "$CODEX_HOME";
    const env = { ...process.env, CODEX_HOME: "at-from-the-shell" };
    const byShell = await runTokenCommand({ command: `echo ${variable}`, origin: ORIGIN }, { env, platform });
    expect(byShell.kind === "personalAccessToken" && byShell.token.reveal()).toBe("at-from-the-shell");
    const script = "console.log(process.argv[1])";
    const command = [process.execPath, "-e", script, "at-$CODEX_HOME;`x`"];
    const plain = await runTokenCommand({ command, origin: ORIGIN }, { env, platform });
    expect(plain.kind === "personalAccessToken" && plain.token.reveal()).toBe("at-$CODEX_HOME;`x`");
  });

  it("keeps a command that asks planport from starting itself", async () => {
    const env = { ...process.env, PLANPORT_TOKEN_COMMAND: "again" };
    const command = [process.execPath, "-e", "console.log('at-' + process.env.PLANPORT_TOKEN_COMMAND)"];
    const credential = await runTokenCommand({ command, origin: ORIGIN }, { env, platform });
    expect(credential.kind === "personalAccessToken" && credential.token.reveal()).toBe("at-undefined");
  });

  it("names a command by its program alone", () => {
    expect(commandName(["/usr/local/bin/op", "read", "secret"])).toBe("op");
    expect(commandName(String.raw`C:\tools\op.exe read secret`)).toBe("op.exe");
    expect(commandName("TOKEN=secret PASS=x vault read")).toBe("vault");
    expect(commandName('"a b" secret')).toBe("a shell command");
  });

  describe("on Windows", () => {
    const env = { Path: String.raw`C:\npm;C:\Windows`, PathExt: ".EXE;.CMD", COMSPEC: String.raw`C:\Windows\cmd.exe` };
    const plan = (command: string | string[], files: string[]): ReturnType<typeof planSpawn> =>
      planSpawn(command, { env, platform: "win32", origin: ORIGIN, exists: (file) => files.includes(file) });

    it("finds a batch file by PATH and PATHEXT, and starts it by way of cmd.exe", () => {
      expect(plan(["op", "read", "a b&c"], [String.raw`C:\npm\op.CMD`])).toEqual({
        file: String.raw`C:\Windows\cmd.exe`,
        args: ["/d", "/s", "/c", String.raw`""C:\npm\op.CMD" "read" "a b&c""`],
        verbatim: true,
      });
    });

    it("starts a program as it stands", () => {
      const files = [String.raw`C:\npm\op.EXE`, String.raw`C:\npm\op.CMD`];
      expect(plan(["op", 'a"b%c%'], files)).toEqual({ file: files[0], args: ['a"b%c%'], verbatim: false });
    });

    it.each(['a"b', "%PATH%", "a\nb"])("refuses to give %j to a batch file", (argument) => {
      expect(() => plan(["op", argument], [String.raw`C:\npm\op.CMD`])).toThrow("starts a batch file");
    });

    it("gives a string to cmd.exe", () => {
      expect(plan("op read x", []).args).toEqual(["/d", "/s", "/c", '"op read x"']);
    });
  });
});

describe("a source of what a command prints", () => {
  const external = (token: string, expiresAtMs: number | null): CommandCredential => ({
    kind: "external",
    accessToken: new Secret(token),
    expiresAtMs,
    accountId: "acct-1",
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
  });

  function source(
    outcomes: (CommandCredential | Error)[],
    rest: Partial<TokenCommandSourceOptions> = {},
  ): {
    readonly tokens: ReturnType<typeof createTokenCommandSource>;
    readonly runs: () => number;
    clock: { ms: number };
  } {
    const clock = { ms: NOW_MS };
    let runs = 0;
    const tokens = createTokenCommandSource({
      run: async () => {
        const outcome = outcomes[runs++];
        if (outcome === undefined) throw new Error("one run too many");
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      personalSource: (credential) =>
        createStaticTokenSource({ ...credential, bearer: credential.token, expiresAtMs: null }),
      ttlMs: 300_000,
      now: () => clock.ms,
      refreshEarlyMs: 30_000,
      onWarning: () => {},
      ...rest,
    });
    return { tokens, runs: () => runs, clock };
  }
  const bearer = async (tokens: ReturnType<typeof createTokenCommandSource>): Promise<string> =>
    (await tokens.get()).bearer.reveal();

  it("runs it once for many requests, and again shortly before its bearer ends", async () => {
    const { tokens, runs, clock } = source([external("a", NOW_MS + 3_600_000), external("b", NOW_MS + 9_000_000)]);
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => bearer(tokens))))).toEqual(new Set(["a"]));
    clock.ms += 3_569_999;
    expect(await bearer(tokens)).toBe("a");
    expect(runs()).toBe(1);
    clock.ms += 1;
    expect(await bearer(tokens)).toBe("b");
  });

  it("keeps a bearer that does not say when it ends for the documented time", async () => {
    const { tokens, clock } = source([external("a", null), external("b", null)]);
    await bearer(tokens);
    clock.ms += 299_999;
    expect(await bearer(tokens)).toBe("a");
    clock.ms += 1;
    expect(await bearer(tokens)).toBe("b");
  });

  it("begins with what was printed a moment ago", async () => {
    const { tokens, runs } = source([], { initial: external("a", null) });
    expect(await bearer(tokens)).toBe("a");
    expect(runs()).toBe(0);
  });

  it("runs it once for all requests that the same bearer was refused to", async () => {
    const { tokens, runs } = source([external("a", null), external("b", null)]);
    const grant = await tokens.get();
    const all = await Promise.all([tokens.recover(grant), tokens.recover(grant), tokens.recover(grant)]);
    expect(all.map((next) => next?.bearer.reveal())).toEqual(["b", "b", "b"]);
    expect((await tokens.recover(grant))?.bearer.reveal()).toBe("b");
    expect(runs()).toBe(2);
  });

  it("lets the 401 stand when the command prints the same bearer again", async () => {
    const { tokens } = source([external("a", null), external("a", null)]);
    expect(await tokens.recover(await tokens.get())).toBeNull();
  });

  it("serves the old bearer while the command fails, until it ends", async () => {
    const fail = (): Error => Object.assign(new Error("down"), { code: "refresh_unavailable", retryAfterMs: null });
    const warnings: Error[] = [];
    const { tokens, runs, clock } = source([external("a", NOW_MS + 60_000), fail(), fail()], {
      onWarning: (error) => warnings.push(error),
    });
    await bearer(tokens);
    clock.ms += 40_000;
    expect(await bearer(tokens)).toBe("a");
    expect(await bearer(tokens)).toBe("a");
    expect([runs(), warnings.length]).toEqual([2, 1]);
    clock.ms += 20_000;
    await expect(tokens.get()).rejects.toThrow("down");
  });

  it("stops the command when nobody waits for it any more", async () => {
    const started = gate<AbortSignal>();
    const { tokens } = source([], {
      run: (signal) => {
        started.open(signal);
        return new Promise(() => {});
      },
    });
    const stop = new AbortController();
    const waiting = tokens.get({ signal: stop.signal });
    const signal = await started.promise;
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(signal.aborted).toBe(true);
  });
});
