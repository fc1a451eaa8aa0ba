import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sandboxOf } from "../../../src/agent/policy.ts";
import { localToolboxes } from "../../../src/agent/tools/toolbox.ts";
import { TestContext } from "./tool-context.ts";

let cwd: string;
let context: TestContext;
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(path.join(tmpdir(), "planport-tool-")));
  context = new TestContext(cwd, localToolboxes({ hidden: [] })({ threadId: "thread", cwd }));
  context.approvalPolicy = "on-request";
  context.sandbox = sandboxOf("workspace-write");
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const patch = (...lines: string[]): string => `${["*** Begin Patch", ...lines, "*** End Patch"].join("\n")}\n`;
const add = (name: string, text = "hello"): string => patch(`*** Add File: ${name}`, `+${text}`);

describe("apply_patch", () => {
  test("tells the change, then the whole turn's difference as git would, and the model what became of it", async () => {
    expect(await context.run("apply_patch", add("new.txt"))).toMatch(
      /^Exit code: 0\nWall time: \d+\.\d seconds\nOutput:\nSuccess\. Updated the following files:\nA new\.txt\n$/,
    );
    expect(context.order()).toEqual(["started inProgress", "completed completed", "diff"]);
    expect(context.lastItem()).toMatchObject({
      type: "fileChange",
      id: "call_1",
      changes: [{ path: path.join(cwd, "new.txt"), kind: { type: "add" }, diff: "hello\n" }],
    });
    expect(context.told.at(-1)).toEqual({
      what: "diff",
      diff:
        "diff --git a/new.txt b/new.txt\nnew file mode 100644\n" +
        "index 0000000000000000000000000000000000000000..ce013625030ba8dba906f756967f9e9ca394464a\n" +
        "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hello\n",
    });
  });

  test("shows one difference for several patches of a turn, and begins anew in the next", async () => {
    writeFileSync(path.join(cwd, "a"), "1\n2\n3\n");
    await context.run("apply_patch", patch("*** Update File: a", "-1", "+one"));
    await context.run("apply_patch", patch("*** Update File: a", "-3", "+three"));
    expect(context.told.at(-1)).toMatchObject({
      diff: expect.stringContaining("-1\n+one\n 2\n-3\n+three\n") as string,
    });
    expect(context.lastItem()).toMatchObject({
      changes: [{ kind: { type: "update", move_path: null }, diff: "@@ -1,3 +1,3 @@\n one\n 2\n-3\n+three\n" }],
    });
    context.turnId = "turn-2";
    await context.run("apply_patch", patch("*** Update File: a", "-2", "+two"));
    expect(context.told.at(-1)).toMatchObject({ diff: expect.not.stringContaining("-1\n") as string });
  });

  test("tells a moved file by both of its places", async () => {
    writeFileSync(path.join(cwd, "a"), "1\n");
    expect(await context.run("apply_patch", patch("*** Update File: a", "*** Move to: b"))).toContain("M b\n");
    expect(context.lastItem()).toMatchObject({
      changes: [{ path: path.join(cwd, "a"), kind: { type: "update", move_path: path.join(cwd, "b") } }],
    });
  });

  test("asks where the folder may only be read, and writes after a yes", async () => {
    context.sandbox = sandboxOf("read-only");
    await context.run("apply_patch", add("x"));
    expect(context.asked).toMatchObject([{ kind: "fileChange", reason: null, grantRoot: null }]);
    expect(existsSync(path.join(cwd, "x"))).toBe(true);
  });

  test.each([
    ["decline", "declined", "patch rejected: rejected by user"],
    ["cancel", "declined", "patch rejected: rejected by user"],
    ["failed", "failed", "patch rejected: the approval request failed"],
  ] as const)("writes nothing after %s", async (answer, status, output) => {
    context.sandbox = sandboxOf("read-only");
    context.answer = () => answer;
    expect(await context.run("apply_patch", add("x"))).toBe(output);
    expect(context.lastItem().status).toBe(status);
    expect(existsSync(path.join(cwd, "x"))).toBe(false);
  });

  test("asks once for a file whose changes were allowed for the session", async () => {
    context.approvalPolicy = "untrusted";
    context.answer = () => "acceptForSession";
    await context.run("apply_patch", add("x", "1"));
    await context.run("apply_patch", patch("*** Update File: x", "-1", "+2"));
    await context.run("apply_patch", add("y"));
    expect(context.asked).toHaveLength(2);
    expect(readFileSync(path.join(cwd, "x"), "utf8")).toBe("2\n");
  });

  test("asks before it changes what git runs, and is refused it where nobody is asked", async () => {
    mkdirSync(path.join(cwd, ".git"));
    context.answer = () => "decline";
    await context.run("apply_patch", add(".git/config"));
    expect(context.asked).toHaveLength(1);
    context.approvalPolicy = "never";
    expect(await context.run("apply_patch", add(".GIT/config"))).toMatch(/^patch rejected: it changes files of \.git/);
    context.sandbox = sandboxOf("read-only");
    expect(await context.run("apply_patch", add("x"))).toMatch(/^patch rejected: the working folder may only be read/);
  });

  test("tells the model what is wrong with a patch, by its line", async () => {
    expect(await context.run("apply_patch", "nonsense")).toBe(
      "apply_patch verification failed: line 1: the first line of a patch must be '*** Begin Patch'",
    );
    expect(await context.run("apply_patch", add("../x"))).toBe(
      "apply_patch verification failed: ../x: is outside the working folder",
    );
    expect(context.told).toEqual([]);
  });
});
