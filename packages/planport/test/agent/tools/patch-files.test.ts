import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommitFs, commitPatch } from "../../../src/agent/tools/patch/commit.ts";
import { parsePatch } from "../../../src/agent/tools/patch/parse.ts";
import { planPatch } from "../../../src/agent/tools/patch/plan.ts";

let base: string;
let cwd: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), "planport-patch-"));
  cwd = path.join(base, "work");
  mkdirSync(cwd);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const file = (name: string): string => path.join(cwd, name);
const put = (name: string, text: string): void => {
  mkdirSync(path.dirname(file(name)), { recursive: true });
  writeFileSync(file(name), text);
};
const read = (name: string): string => readFileSync(file(name), "utf8");

async function plan(...lines: string[]) {
  const parsed = parsePatch(["*** Begin Patch", ...lines, "*** End Patch"].join("\n"));
  if (!parsed.ok) throw new Error(parsed.message);
  return planPatch(parsed.operations, cwd);
}

async function apply(lines: readonly string[], io?: CommitFs): Promise<string | null> {
  const planned = await plan(...lines);
  if (!planned.ok) return planned.message;
  const committed = await commitPatch(planned.files, cwd, io);
  return committed.ok ? null : committed.message;
}

/** Every file below the working folder with its text. */
function tree(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(cwd, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(file(name)).isFile())
      .map((name) => [name.replaceAll(path.sep, "/"), read(name)]),
  );
}

describe("a patch", () => {
  test("adds, updates, moves and deletes files, and makes folders", async () => {
    put("a.txt", "a\n");
    put("b.txt", "b\n");
    put("c.txt", "c\n");
    expect(
      await apply([
        "*** Add File: deep/er/new.txt",
        "+n",
        "*** Update File: a.txt",
        "-a",
        "+A",
        "*** Update File: b.txt",
        "*** Move to: moved/b.txt",
        "-b",
        "+B",
        "*** Delete File: c.txt",
      ]),
    ).toBeNull();
    expect(tree()).toEqual({ "a.txt": "A\n", "deep/er/new.txt": "n\n", "moved/b.txt": "B\n" });
  });

  test("sees in a later part what an earlier one did to the same file", async () => {
    expect(await apply(["*** Add File: a", "+1", "*** Update File: a", "-1", "+2"])).toBeNull();
    expect(read("a")).toBe("2\n");
  });

  test.skipIf(process.platform === "win32")("keeps the access of a file", async () => {
    put("run.sh", "a\n");
    chmodSync(file("run.sh"), 0o755);
    expect(await apply(["*** Update File: run.sh", "-a", "+b"])).toBeNull();
    expect(statSync(file("run.sh")).mode & 0o777).toBe(0o755);
  });

  test("that does not fit in one place changes nothing anywhere", async () => {
    put("a", "a\n");
    put("b", "b\n");
    expect(await apply(["*** Update File: a", "-a", "+A", "*** Update File: b", "-nope", "+B"])).toMatch(
      /Failed to find expected lines in .*b:\nnope/,
    );
    expect(tree()).toEqual({ a: "a\n", b: "b\n" });
  });

  test.each(["rename", "writeFile", "unlink"] as const)("that fails at its second %s is undone", async (step) => {
    put("a", "a\n");
    put("b", "b\n");
    put("c", "c\n");
    put("d", "d\n");
    let calls = 0;
    const failing = async (...args: unknown[]): Promise<unknown> => {
      calls++;
      if (calls === 2) throw Object.assign(new Error("no room"), { code: "ENOSPC", path: "somewhere" });
      return (fs[step] as (...all: unknown[]) => Promise<unknown>)(...args);
    };
    const io = { ...fs, [step]: failing } as unknown as CommitFs;
    const lines = [
      "*** Update File: a",
      "-a",
      "+A",
      "*** Add File: new/b",
      "+B",
      "*** Delete File: c",
      "*** Delete File: d",
    ];
    expect(await apply(lines, io)).toBe("somewhere: ENOSPC");
    expect(tree()).toEqual({ a: "a\n", b: "b\n", c: "c\n", d: "d\n" });
    expect(existsSync(file("new"))).toBe(false);
  });

  test("is not written over what somebody else wrote meanwhile", async () => {
    put("a", "a\n");
    const planned = await plan("*** Update File: a", "-a", "+A");
    put("a", "theirs\n");
    if (!planned.ok) throw new Error(planned.message);
    expect(await commitPatch(planned.files, cwd)).toMatchObject({
      ok: false,
      message: expect.stringContaining("changed by somebody else") as string,
    });
    expect(read("a")).toBe("theirs\n");
  });

  test("of what is no UTF-8 text, no file, or not there, is refused", async () => {
    writeFileSync(file("binary"), Uint8Array.of(0xff, 0xfe, 0x00));
    mkdirSync(file("folder"));
    expect(await apply(["*** Update File: binary", "-a", "+b"])).toMatch(/binary: is not UTF-8 text$/);
    expect(await apply(["*** Update File: folder", "-a", "+b"])).toMatch(/folder: is not a file$/);
    expect(await apply(["*** Delete File: nope"])).toBe("nope: there is no such file to delete");
  });
});

describe("outside the working folder nothing is touched", () => {
  const outside = (): string => path.join(base, "outside.txt");
  beforeEach(() => {
    writeFileSync(outside(), "o\n");
    mkdirSync(path.join(base, "folder"));
  });

  test.each(["../outside.txt", "sub/../../outside.txt", "/etc/passwd"])("by the path %s", async (name) => {
    expect(await apply([`*** Update File: ${name}`, "-o", "+x"])).toBe(`${name}: is outside the working folder`);
    expect(await apply([`*** Add File: ${name}`, "+x"])).toBe(`${name}: is outside the working folder`);
    expect(readFileSync(outside(), "utf8")).toBe("o\n");
  });

  test("by an absolute path, while one within is fine", async () => {
    expect(await apply([`*** Add File: ${path.join(base, "x")}`, "+x"])).toMatch(/is outside the working folder$/);
    expect(await apply([`*** Add File: ${file("x")}`, "+x"])).toBeNull();
  });

  test("by moving a file there", async () => {
    put("a", "a\n");
    expect(await apply(["*** Update File: a", "*** Move to: ../b", "-a", "+b"])).toBe(
      "../b: is outside the working folder",
    );
  });

  test.skipIf(process.platform === "win32")("over symbolic links to a file, a folder, and nowhere", async () => {
    symlinkSync(outside(), file("link"));
    symlinkSync(path.join(base, "folder"), file("dir"));
    symlinkSync(path.join(base, "nowhere"), file("dangling"));
    expect(await apply(["*** Update File: link", "-o", "+x"])).toBe("link: is outside the working folder");
    expect(await apply(["*** Delete File: link"])).toBe("link: is outside the working folder");
    expect(await apply(["*** Add File: dir/new", "+x"])).toBe("dir/new: is outside the working folder");
    expect(await apply(["*** Add File: dangling", "+x"])).toBe("dangling: leads over a symbolic link to nowhere");
    expect(readFileSync(outside(), "utf8")).toBe("o\n");
    expect(existsSync(path.join(base, "nowhere"))).toBe(false);
    expect(readdirSync(path.join(base, "folder"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")(
    "over a link that takes the place of a folder after the patch was judged",
    async () => {
      mkdirSync(file("sub"));
      const planned = await plan("*** Add File: sub/new", "+x");
      rmSync(file("sub"), { recursive: true });
      symlinkSync(path.join(base, "folder"), file("sub"));
      if (!planned.ok) throw new Error(planned.message);
      expect(await commitPatch(planned.files, cwd)).toMatchObject({
        ok: false,
        message: expect.stringContaining("leads out of the working folder") as string,
      });
      expect(readdirSync(path.join(base, "folder"))).toEqual([]);
    },
  );

  test.skipIf(process.platform === "win32")("and a link that stays within is followed", async () => {
    put("real.txt", "r\n");
    symlinkSync("real.txt", file("link"));
    expect(await apply(["*** Update File: link", "-r", "+x"])).toBeNull();
    expect(read("real.txt")).toBe("x\n");
  });
});
