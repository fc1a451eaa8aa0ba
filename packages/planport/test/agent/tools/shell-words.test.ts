import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandActions } from "../../../src/agent/tools/shell/actions.ts";
import { proposedPrefix } from "../../../src/agent/tools/shell/allowed.ts";
import { shellInvocation } from "../../../src/agent/tools/shell/invocation.ts";
import { isKnownSafe } from "../../../src/agent/tools/shell/known-safe.ts";
import { BoundedText } from "../../../src/agent/tools/shell/output.ts";
import { patchOfLine } from "../../../src/agent/tools/shell/patch-line.ts";
import { joinWords, simpleCommands } from "../../../src/agent/tools/shell/words.ts";

describe("a line for the shell", () => {
  test.each([
    ["git status", [["git", "status"]]],
    ["echo 'a b' \"c d\" && ls -la | wc -l; pwd", [["echo", "a b", "c d"], ["ls", "-la"], ["wc", "-l"], ["pwd"]]],
    ["ls;", [["ls"]]],
    ["a || b", [["a"], ["b"]]],
    ["pre'fix'\"ed\"", [["prefixed"]]],
  ])("%s is plain", (line, commands) => {
    expect(simpleCommands(line)).toEqual(commands);
  });

  test.each([
    "echo $HOME",
    "echo `id`",
    "echo $(id)",
    'echo "$(id)"',
    'echo "a\\"b"',
    "ls > x",
    "cat < x",
    "ls *.ts",
    "ls ?",
    "a & b",
    "sleep 1 &",
    "(ls)",
    "{ ls; }",
    "X=1 ls",
    "ls # c",
    "ls\nrm x",
    "ls\\\nx",
    "echo 'open",
    "&& ls",
    "ls &&",
    "ls | | wc",
    "",
    "  ",
    "echo ~",
    "! true",
    "echo {a,b}",
    "a |& b",
  ])("%j is not", (line) => {
    expect(simpleCommands(line)).toBeNull();
  });

  test("of quoted words is read as those words", () => {
    const word = fc.string().filter((text) => !/[$`\\!"']/.test(text) && text !== "" && !/^[A-Za-z_]\w*=/.test(text));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(simpleCommands(joinWords(words))).toEqual([words]);
      }),
    );
  });
});

describe("what only reads", () => {
  test.each([
    "ls -la",
    "cat a | grep b | wc -l",
    "git status",
    "git log --oneline",
    "sed -n 1,20p file",
    "find . -name x",
    "rg foo src",
    "cd a && pwd",
  ])("%s", (line) => expect(isKnownSafe(line)).toBe(true));
  test.each([
    "rm x",
    "ls && rm x",
    "find . -delete",
    "find . -exec rm {} +",
    "rg --pre cat x",
    "rg -nz x",
    "git -c core.pager=x log",
    "git commit",
    "git diff --output=x",
    "git diff --outp=x",
    "git log --ext-d",
    "base64 -Do x y",
    "sed -i s/a/b/ x",
    "sed -n 1,2w x",
    "cat a > b",
    "uniq a b",
    "base64 -o x y",
    "node -e 1",
  ])("and not %s", (line) => expect(isKnownSafe(line)).toBe(false));
});

describe("a person is shown", () => {
  test.each([
    ["cat src/a.ts", [{ type: "read", command: "cat src/a.ts", name: "a.ts", path: "/w/src/a.ts" }]],
    ["ls src", [{ type: "listFiles", command: "ls src", path: "src" }]],
    ["rg foo src", [{ type: "search", command: "rg foo src", query: "foo", path: "src" }]],
    ["cat a && make", [{ type: "unknown", command: "cat a && make" }]],
    ["cat a > b", [{ type: "unknown", command: "cat a > b" }]],
  ])("what %s does", (line, actions) => {
    expect(commandActions(line, "/w")).toEqual(actions);
  });

  test("the first words to allow: the model's, if the line begins so; of a line that is not plain, all of it", () => {
    const argv = ["/bin/sh", "-c", "the line"];
    expect(proposedPrefix("npm test -- a", argv, ["npm", "test"])).toEqual(["npm", "test"]);
    expect(proposedPrefix("npm test", argv, ["rm"])).toEqual(["npm", "test"]);
    expect(proposedPrefix("npm test > x", argv, null)).toEqual(argv);
  });

  test("never a program that runs whatever it is told, without what it is told", () => {
    const argv = ["/bin/sh", "-c", "the line"];
    expect(proposedPrefix("python3 a.py", argv, ["python3"])).toEqual(["python3", "a.py"]);
    expect(proposedPrefix("bash -c ls", argv, ["bash", "-c"])).toEqual(["bash", "-c", "ls"]);
    expect(proposedPrefix("/usr/bin/env", argv, null)).toEqual(argv);
    expect(proposedPrefix("npm test", ["powershell.exe", "-Command", "npm test"], null)[0]).toBe("powershell.exe");
  });
});

describe("the shell", () => {
  const setup = (platform: string, env: Record<string, string> = {}, there: string[] = ["/bin/bash"]) => ({
    platform,
    env,
    exists: (file: string) => there.includes(file),
  });
  test.each([
    ["bash where there is one", true, null, setup("linux"), ["/bin/bash", "-lc", "x"]],
    ["sh where there is no bash", false, null, setup("linux", {}, []), ["/bin/sh", "-c", "x"]],
    ["the person's own", true, null, setup("darwin", { SHELL: "/bin/zsh" }, ["/bin/zsh"]), ["/bin/zsh", "-lc", "x"]],
    [
      "bash for a person whose own speaks another language",
      true,
      null,
      setup("linux", { SHELL: "/usr/bin/fish" }, ["/usr/bin/fish", "/bin/bash"]),
      ["/bin/bash", "-lc", "x"],
    ],
    [
      "the one that was asked for",
      true,
      "/usr/bin/zsh",
      setup("linux", {}, ["/usr/bin/zsh"]),
      ["/usr/bin/zsh", "-lc", "x"],
    ],
    [
      "none that lies where a model may have put it",
      false,
      "/elsewhere/bash",
      setup("linux", {}, ["/elsewhere/bash", "/bin/bash"]),
      ["/bin/bash", "-c", "x"],
    ],
    ["no other program on Windows", false, "x.exe", setup("win32"), ["powershell.exe", "-NoProfile", "-Command", "x"]],
    ["PowerShell on Windows", false, null, setup("win32"), ["powershell.exe", "-NoProfile", "-Command", "x"]],
    ["cmd on Windows when asked for", true, "cmd.exe", setup("win32"), ["cmd.exe", "/d", "/s", "/c", "x"]],
  ] as const)("is %s", (_name, login, asked, where, argv) => {
    expect(shellInvocation("x", login, asked, where)).toEqual(argv);
  });
});

test("a patch in a here-document is found in a line that is nothing else", () => {
  expect(patchOfLine("apply_patch <<'EOF'\n*** Begin Patch\n*** End Patch\nEOF\n")).toBe(
    "*** Begin Patch\n*** End Patch",
  );
  expect(patchOfLine("apply_patch <<'EOF'\nx\nEOF\nrm -rf y")).toBeNull();
  expect(patchOfLine("echo apply_patch")).toBeNull();
});

test("text beyond the bound loses its middle, however it is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 2, max: 40 }), (pieces, maxChars) => {
      const whole = pieces.join("");
      const bounded = new BoundedText(maxChars);
      for (const piece of pieces) bounded.add(piece);
      const half = Math.floor(maxChars / 2);
      const text = bounded.toString();
      expect(bounded.totalChars).toBe(whole.length);
      if (whole.length <= 2 * half) expect(text).toBe(whole);
      else {
        expect(text.startsWith(whole.slice(0, half))).toBe(true);
        expect(text.endsWith(whole.slice(-half))).toBe(true);
        expect(text).toContain(`[… ${whole.length - 2 * half} characters left out …]`);
      }
    }),
  );
});
