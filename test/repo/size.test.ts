import { expect, test } from "vitest";
import { type AstNode, parse, walk } from "./lib/modules.ts";
import { readText, repoFiles } from "./lib/tree.ts";

const maxFileLines = 400;
const maxFunctionLines = 80;

const code = repoFiles.filter(
  (file) =>
    /\.(ts|mts|cts|tsx|js|mjs|cjs)$/.test(file) && !/\.generated\.ts$|^packages\/pi-planport\/prebuilt\//.test(file),
);

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** `describe`, `test`, `it`, and what hangs on them: `test.each(…)`, `describe.runIf(…)`. */
function isTestCall(node: AstNode | null): boolean {
  let callee: unknown = node?.type === "CallExpression" ? node["callee"] : null;
  while (typeof callee === "object" && callee !== null) {
    if ("name" in callee) return ["describe", "test", "it"].includes(String(callee.name));
    if ("object" in callee) callee = callee.object;
    else if ("callee" in callee) callee = callee.callee;
    else if ("tag" in callee) callee = callee.tag;
    else return false;
  }
  return false;
}

function longFunctions(file: string, text: string, program: unknown): string[] {
  const found: string[] = [];
  walk(program, (node, parent) => {
    if (!functionTypes.has(node.type) || isTestCall(parent)) return;
    const lines = lineCount(text.slice(node.start, node.end));
    if (lines > maxFunctionLines)
      found.push(`${file}:${lineCount(text.slice(0, node.start))}: a function of ${lines} lines`);
  });
  return found;
}

test("no file has more than 400 lines", () => {
  const long = code.map((file) => [file, lineCount(readText(file))] as const).filter(([, n]) => n > maxFileLines);
  expect(long.map(([file, n]) => `${file}: ${n} lines`)).toEqual([]);
});

test("no function has more than 80 lines", () => {
  const long = code.flatMap((file) => longFunctions(file, readText(file), parse(file).program));
  expect(long).toEqual([]);
});

test("a function that is too long would be found, a test callback would not", () => {
  const body = "\n".repeat(81);
  const own = `function f() {${body}}`;
  const node = (text: string, type: string): AstNode => ({ type, start: 0, end: text.length });
  expect(longFunctions("a.ts", own, node(own, "FunctionDeclaration"))).toEqual(["a.ts:1: a function of 82 lines"]);
  const callback: AstNode = {
    type: "CallExpression",
    start: 0,
    end: own.length,
    callee: { type: "Identifier", name: "describe" },
    arguments: [node(own, "ArrowFunctionExpression")],
  };
  expect(longFunctions("a.ts", own, callback)).toEqual([]);
});
