import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { sandboxOf } from "../../../src/agent/policy.ts";
import { findSandbox } from "../../../src/agent/tools/sandbox/find.ts";
import { base, begin, body, context, cwd, gone, isAlive, toolbox, useWorkshop } from "./workshop.ts";

useWorkshop();

describe("the sandbox of this machine", async () => {
  const found = await findSandbox();

  test.runIf(found.sandbox === null)("is missing, and it is said why", () => {
    expect(found).toMatchObject({ why: expect.stringMatching(/\.$/) as string });
  });

  describe.runIf(found.sandbox !== null)("keeps commands in their place", () => {
    beforeEach(() => begin({ sandbox: async () => found, hidden: [path.join(base, "auth.json")] }));
    const fails = async (cmd: string): Promise<boolean> =>
      !(await context.run("exec_command", { cmd, login: false })).includes("Process exited with code 0");

    test("which may write nothing with read-only", async () => {
      context.sandbox = sandboxOf("read-only");
      expect(await fails("touch made")).toBe(true);
      expect(await fails("cat /etc/hosts")).toBe(false);
    });

    test("which may write in the working folder alone with workspace-write, and not to .git", async () => {
      context.sandbox = { ...sandboxOf("workspace-write"), excludeSlashTmp: true, excludeTmpdirEnvVar: true } as never;
      mkdirSync(path.join(cwd, ".git"));
      expect(await fails("touch made")).toBe(false);
      expect(await fails(`touch ${base}/outside`)).toBe(true);
      expect(await fails("touch .git/hook")).toBe(true);
    });

    test("which do not read sign-ins", async () => {
      writeFileSync(path.join(base, "auth.json"), "secret");
      context.sandbox = sandboxOf("workspace-write");
      expect(await context.run("exec_command", { cmd: `cat ${base}/auth.json`, login: false })).not.toContain("secret");
    });

    test("which do not read sign-ins that are renewed while they run, nor what lies beside them", async () => {
      const home = path.join(base, "home");
      mkdirSync(home);
      writeFileSync(path.join(home, "auth.json"), "secret");
      writeFileSync(path.join(home, "auth.json.bak"), "secret");
      begin({ sandbox: async () => found, hidden: [path.join(home, "auth.json")] });
      context.sandbox = sandboxOf("workspace-write");
      const cmd = `read line; cat ${home}/auth.json*; ls ${home} | wc -l`;
      await context.run("exec_command", { cmd, yield_time_ms: 250, login: false });
      writeFileSync(path.join(home, "new"), "secret");
      renameSync(path.join(home, "new"), path.join(home, "auth.json"));
      const output = await context.run("write_stdin", { session_id: 1, chars: "go\n", yield_time_ms: 30_000 });
      expect(output).not.toContain("secret");
      expect(body(output)).toMatch(/^0$/m);
    });

    test("which work in a folder below or above that of the sign-ins", async () => {
      writeFileSync(path.join(base, "auth.json"), "secret");
      writeFileSync(path.join(cwd, "seen"), "content");
      context.sandbox = sandboxOf("read-only");
      expect(await context.run("exec_command", { cmd: "cat seen", login: false })).toContain("content");
      mkdirSync(path.join(cwd, "home"));
      writeFileSync(path.join(cwd, "home", "auth.json"), "secret");
      begin({ sandbox: async () => found, hidden: [path.join(cwd, "home", "auth.json")] });
      context.sandbox = sandboxOf("workspace-write");
      expect(await fails("cat home/auth.json")).toBe(true);
      expect(await fails("echo mine > home/auth.json")).toBe(true);
      expect(await fails("cat seen && touch made")).toBe(false);
    });

    test("which signal no process outside", async () => {
      context.sandbox = sandboxOf("read-only");
      expect(await fails(`kill -0 ${process.pid}`)).toBe(true);
      expect(await fails("echo hi")).toBe(false);
    });

    test("which reach no network", async () => {
      const { createServer } = await import("node:net");
      const server = createServer((socket) => socket.end("reached"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const script = `require("net").connect(${port},"127.0.0.1").on("data",d=>console.log(String(d))).on("error",e=>{console.log(e.code);process.exit(1)})`;
      const cmd = `"${process.execPath}" -e '${script}'`;
      context.sandbox = sandboxOf("read-only");
      expect(await context.run("exec_command", { cmd, login: false })).not.toContain("reached");
      context.sandbox = sandboxOf("read-only", true);
      expect(await context.run("exec_command", { cmd, login: false })).toContain("reached");
      server.close();
    });

    test("and die with it", async () => {
      context.sandbox = sandboxOf("workspace-write");
      await context.run("exec_command", { cmd: "echo $$ > pid; sleep 600", yield_time_ms: 250, login: false });
      const item = context.told.find(({ what }) => what === "started");
      const pid = Number(
        item !== undefined && "item" in item && item.item.type === "commandExecution" ? item.item.processId : 0,
      );
      expect(isAlive(pid)).toBe(true);
      toolbox.turnEnded("turn-1");
      await gone(pid);
    });
  });
});
