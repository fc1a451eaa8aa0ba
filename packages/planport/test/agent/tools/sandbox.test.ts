import { describe, expect, test } from "vitest";
import { sandboxOf } from "../../../src/agent/policy.ts";
import { bubblewrap } from "../../../src/agent/tools/sandbox/bubblewrap.ts";
import { findSandbox } from "../../../src/agent/tools/sandbox/find.ts";
import { seatbeltProfile } from "../../../src/agent/tools/sandbox/seatbelt.ts";
import type { Confinement } from "../../../src/agent/tools/sandbox/types.ts";

const confinement = (mode: "read-only" | "workspace-write", network = false): Confinement => ({
  policy: sandboxOf(mode, network) as Confinement["policy"],
  cwd: "/home/me/project",
  workdir: "/home/me/project/sub",
  hidden: ["/home/me/.codex/auth.json"],
  tmpdir: "/var/tmp",
});

describe("the profile for macOS", () => {
  test("of read-only lets nothing be written, no network be used and no sign-in be read", () => {
    expect(seatbeltProfile(confinement("read-only")).split("\n")).toEqual([
      "(version 1)",
      "(allow default)",
      "(deny file-write*)",
      '(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (subpath "/dev/fd"))',
      "(deny network*)",
      '(deny file-read* (literal "/home/me/.codex/auth.json"))',
    ]);
  });

  test("of workspace-write names the folders by what their links lead to, and keeps what is run later", () => {
    const profile = seatbeltProfile(confinement("workspace-write", true));
    expect(profile).not.toContain("network");
    for (const rule of [
      '(allow file-write* (subpath "/home/me/project"))',
      '(deny file-write* (subpath "/home/me/project/.git"))',
      '(allow file-write* (subpath "/private/tmp"))',
      '(allow file-write* (subpath "/private/var/tmp"))',
    ])
      expect(profile).toContain(rule);
  });

  test("quotes names that would end a string", () => {
    expect(seatbeltProfile({ ...confinement("workspace-write"), cwd: '/a"b\\c' })).toContain(
      String.raw`(subpath "/a\"b\\c")`,
    );
  });
});

describe("bubblewrap", () => {
  test("is given the command behind its options, and the folder it starts in", () => {
    const words = bubblewrap({ file: "/usr/bin/bwrap", newProc: true }).wrap(
      ["sh", "-c", "x"],
      confinement("read-only"),
    );
    expect(words[0]).toBe("/usr/bin/bwrap");
    expect(words.slice(-6)).toEqual(["--chdir", "/home/me/project/sub", "--", "sh", "-c", "x"]);
    expect(words).toContain("--unshare-net");
    expect(words).not.toContain("--bind");
  });

  test("leaves the network alone where it is allowed", () => {
    const words = bubblewrap({ file: "bwrap", newProc: false }).wrap(["x"], confinement("workspace-write", true));
    expect(words).not.toContain("--unshare-net");
    expect(words).not.toContain("--proc");
  });
});

test("a machine without a sandbox is told so, with what helps", async () => {
  expect(await findSandbox("win32", {})).toEqual({ sandbox: null, why: "There is no sandbox for commands on win32." });
  expect(await findSandbox("linux", { PATH: "/nonexistent" })).toEqual({
    sandbox: null,
    why: "bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap).",
  });
});
