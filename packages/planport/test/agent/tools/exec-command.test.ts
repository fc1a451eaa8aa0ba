import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { sandboxOf } from "../../../src/agent/policy.ts";
import type { CommandApproval } from "../../../src/agent/tools/types.ts";
import { base, begin, body, context, cwd, gone, isAlive, toolbox, useWorkshop } from "./workshop.ts";

useWorkshop();

const isWindows = process.platform === "win32";
/** On a slow machine the output of a short command is told on its way, too. */
const orderOfItems = (): string[] => context.order().filter((told) => told !== "output");

describe.skipIf(isWindows)("a command", () => {
  test("gives its output, both streams, and its exit code to the model and to those who watch", async () => {
    const output = await context.run("exec_command", { cmd: "echo out; echo err >&2; exit 3", login: false });
    expect(output).toMatch(
      /^Chunk ID: [0-9a-f]{6}\nWall time: \d+\.\d{4} seconds\nProcess exited with code 3\nOriginal token count: \d+\nOutput:\n/,
    );
    expect(body(output).split("\n").sort()).toEqual(["", "err", "out"]);
    expect(orderOfItems()).toEqual(["started inProgress", "completed failed"]);
    expect(context.lastItem()).toMatchObject({
      type: "commandExecution",
      command: expect.stringMatching(/sh -c 'echo out; echo err >&2; exit 3'$/) as string,
      exitCode: 3,
      cwd,
      source: "unifiedExecStartup",
    });
  });

  test("runs in the folder asked for, and says when there is none", async () => {
    mkdirSync(path.join(cwd, "sub"));
    expect(body(await context.run("exec_command", { cmd: "pwd", workdir: "sub", login: false }))).toBe(
      `${path.join(cwd, "sub")}\n`,
    );
    expect(await context.run("exec_command", { cmd: "pwd", workdir: "nope" })).toBe(
      `exec_command failed: there is no folder ${path.join(cwd, "nope")}`,
    );
  });

  test("sees no variable whose name speaks of a secret", async () => {
    context.env = {
      ...process.env,
      OPENAI_API_KEY: "sk-1",
      CODEX_ACCESS_TOKEN: "at-1",
      CODEX_PAT: "at-2",
      DB_PASSWORD: "p",
      GITHUB_PAT: "at-3",
      SIGNING_PASSPHRASE: "at-4",
      PLAIN: "seen",
    };
    const output = await context.run("exec_command", { cmd: "env", login: false });
    expect(output).toContain("PLAIN=seen");
    expect(output).not.toMatch(/sk-1|at-[1234]|DB_PASSWORD/);
  });

  test("that goes on is waited for no longer than asked, and is read and written on", async () => {
    const first = await context.run("exec_command", {
      cmd: "echo ready; read line; echo got $line",
      yield_time_ms: 250,
      login: false,
    });
    expect(first).toMatch(/Process running with session ID 1\n/);
    expect(body(first)).toBe("ready\n");
    expect(context.order()).toContain("output");
    const second = await context.run("write_stdin", { session_id: 1, chars: "hello\n", yield_time_ms: 30_000 });
    expect(second).toMatch(/Process exited with code 0\n/);
    expect(body(second)).toBe("got hello\n");
    await context.untilCompleted(1);
    expect(context.lastItem()).toMatchObject({ status: "completed", aggregatedOutput: "ready\ngot hello\n" });
    expect(await context.run("write_stdin", { session_id: 7 })).toBe("write_stdin failed: there is no session 7");
  });

  test("dies with its turn, and with it all that it started", async () => {
    const output = await context.run("exec_command", {
      cmd: "sleep 600 & echo $!; wait",
      yield_time_ms: 250,
      login: false,
    });
    const pid = Number(body(output));
    expect(isAlive(pid)).toBe(true);
    toolbox.turnEnded("turn-1");
    expect(context.lastItem()).toMatchObject({ status: "failed", exitCode: null });
    await gone(pid);
  });

  test("that left something running behind it does not outlive its turn either", async () => {
    const output = await context.run("exec_command", { cmd: "sleep 600 >/dev/null 2>&1 & echo $!", login: false });
    const pid = Number(body(output));
    expect(isAlive(pid)).toBe(true);
    toolbox.turnEnded("turn-1");
    await gone(pid);
  });

  test("that does not want to die is dead once its thread is closed", async () => {
    const cmd = `trap "" TERM; (while :; do sleep 0.1; done) & echo $!; exit 0`;
    const pid = Number(body(await context.run("exec_command", { cmd, yield_time_ms: 30_000, login: false })));
    toolbox.turnEnded("turn-1");
    expect(isAlive(pid)).toBe(true);
    await toolbox.close();
    await gone(pid);
  });

  test("is left at once when the turn is interrupted", async () => {
    const running = context.run("exec_command", { cmd: "sleep 600", yield_time_ms: 30_000, login: false });
    while (context.told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    context.abort.abort();
    expect(await running).toContain("Process running with session ID");
  });

  test("is ended when it has run for as long as a command may", async () => {
    begin({ commandTimeoutMs: 200 });
    const output = await context.run("exec_command", { cmd: "sleep 600", yield_time_ms: 30_000, login: false });
    expect(output).toContain("It was ended, since it had run for as long as a command may.");
    expect(context.lastItem()).toMatchObject({ status: "failed" });
  });

  test("that writes without end is kept within bounds", async () => {
    const output = await context.run("exec_command", {
      cmd: "yes | head -c 5000000",
      max_output_tokens: 1000,
      login: false,
    });
    expect(output.length).toBeLessThan(5000);
    expect(output).toMatch(/\[… \d+ characters left out …\]/);
    const item = context.lastItem();
    expect(item.type === "commandExecution" && item.aggregatedOutput?.length).toBeLessThan(1_100_000);
  });

  test("that writes without end does not drown those who watch", async () => {
    const cmd = "sleep 0.3; yes | head -c 20000000";
    expect(await context.run("exec_command", { cmd, yield_time_ms: 30_000, login: false })).toContain("code 0");
    const told = context.told.reduce((sum, one) => sum + (one.what === "output" ? one.delta.length : 0), 0);
    expect(told).toBeGreaterThan(100_000);
    expect(told).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  test("with arguments that are none is an output, not a crash", async () => {
    expect(await context.run("exec_command", "{")).toMatch(/^failed to parse function arguments: /);
    expect(await context.run("exec_command", {})).toBe("failed to parse function arguments: missing field `cmd`");
    expect(await context.run("exec_command", { cmd: 5 })).toBe(
      "failed to parse function arguments: `cmd` must be a string",
    );
  });

  test("that is a patch is applied as one", async () => {
    const output = await context.run("exec_command", {
      cmd: "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: x\n+hi\n*** End Patch\nEOF",
    });
    expect(output).toMatch(
      /^Exit code: 0\nWall time: 0\.\d seconds\nOutput:\nSuccess\. Updated the following files:\nA x\n$/,
    );
    expect(existsSync(path.join(cwd, "x"))).toBe(true);
  });
});

describe.skipIf(isWindows)("a person is asked", () => {
  const escalated = {
    cmd: "echo hi && touch made",
    sandbox_permissions: "require_escalated",
    justification: "to write",
    login: false,
  };
  beforeEach(() => {
    context.approvalPolicy = "on-request";
    context.sandbox = sandboxOf("read-only");
  });

  test("for a command outside the sandbox, and offered to allow its first words", async () => {
    expect(await context.run("exec_command", escalated)).toContain("Process exited with code 0");
    expect(context.asked[0]).toMatchObject({
      kind: "command",
      reason: "to write",
      proposedExecpolicyAmendment: ["echo", "hi"],
      availableDecisions: [
        "accept",
        { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["echo", "hi"] } },
        "cancel",
      ],
    });
    expect(orderOfItems()).toEqual(["asked inProgress", "completed completed"]);
    expect(existsSync(path.join(cwd, "made"))).toBe(true);
  });

  test.each([
    ["decline", "declined", "exec_command failed: rejected by user"],
    ["cancel", "declined", "exec_command failed: rejected by user"],
    ["failed", "failed", "exec_command failed: the approval request failed"],
  ] as const)("and %s ends in %s without running it", async (answer, status, output) => {
    context.answer = () => answer;
    expect(await context.run("exec_command", escalated)).toBe(output);
    expect(context.lastItem().status).toBe(status);
    expect(existsSync(path.join(cwd, "made"))).toBe(false);
  });

  test("once for the same line when the answer is for the session, or for a prefix", async () => {
    context.answer = () => "acceptForSession";
    await context.run("exec_command", escalated);
    await context.run("exec_command", escalated);
    expect(context.asked).toHaveLength(1);
    context.answer = () => ({ acceptWithExecpolicyAmendment: { execpolicy_amendment: ["printf", "a"] } });
    await context.run("exec_command", { ...escalated, cmd: "printf a b" });
    await context.run("exec_command", { ...escalated, cmd: "printf a c | printf a d" });
    expect(context.asked).toHaveLength(2);
    context.answer = (request) => ({
      acceptWithExecpolicyAmendment: {
        execpolicy_amendment: [...(request as CommandApproval).proposedExecpolicyAmendment],
      },
    });
    await context.run("exec_command", { ...escalated, cmd: "printf a > made2" });
    await context.run("exec_command", { ...escalated, cmd: "printf a > made2" });
    expect(context.asked).toHaveLength(3);
    await context.run("exec_command", { ...escalated, cmd: "printf a > made3" });
    expect(context.asked).toHaveLength(4);
  });

  test("of all but what only reads where the machine has no sandbox or the policy is untrusted", async () => {
    await context.run("exec_command", { cmd: "ls", login: false });
    expect(context.asked).toHaveLength(0);
    await context.run("exec_command", { cmd: "touch a", login: false });
    expect(context.asked[0]?.reason).toBe("This machine has no sandbox.");
    context.approvalPolicy = "untrusted";
    context.sandbox = sandboxOf("danger-full-access");
    await context.run("exec_command", { cmd: "touch b", login: false });
    await context.run("exec_command", { cmd: "cat b", login: false });
    expect(context.asked).toHaveLength(2);
  });

  test("of what reads elsewhere, where no sandbox hides sign-ins", async () => {
    writeFileSync(path.join(base, "auth.json"), "secret");
    symlinkSync(path.join(base, "auth.json"), path.join(cwd, "link"));
    writeFileSync(path.join(cwd, "seen"), "content");
    context.answer = () => "decline";
    const refused = [`cat ${base}/auth.json`, "cat ../auth.json", "cat link", "cat /proc/self/environ", "git status"];
    refused.push("cd .. && cat auth.json", "grep -R secret .", "find -L .", `grep -f${base}/auth.json seen`);
    for (const cmd of refused)
      expect([cmd, await context.run("exec_command", { cmd, login: false })]).toEqual([
        cmd,
        "exec_command failed: rejected by user",
      ]);
    expect(await context.run("exec_command", { cmd: "cat seen", workdir: "..", login: false })).toMatch(
      /rejected by user/,
    );
    expect(await context.run("exec_command", { cmd: "cat seen | wc -l", login: false })).toContain(
      "exited with code 0",
    );
    begin({ hidden: [path.join(cwd, "auth.json")] });
    context.sandbox = sandboxOf("read-only");
    expect(await context.run("exec_command", { cmd: "ls", login: false })).toMatch(/this machine has no sandbox/);
  });

  test("never under the policy never: what would need it is refused", async () => {
    context.approvalPolicy = "never";
    expect(await context.run("exec_command", escalated)).toMatch(
      /^exec_command failed: commands outside the sandbox need/,
    );
    expect(await context.run("exec_command", { cmd: "touch a" })).toMatch(
      /^exec_command failed: this machine has no sandbox/,
    );
    expect(context.asked).toHaveLength(0);
    expect(existsSync(path.join(cwd, "a"))).toBe(false);
  });
});
