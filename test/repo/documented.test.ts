import { describe, expect, test } from "vitest";
import { docstringAbove, exportsOf, nameOf, publicMethods } from "./lib/exports.ts";
import type { AstNode } from "./lib/modules.ts";
import { entrySources } from "./lib/tree.ts";

const entries = [...entrySources()];

/** Methods that say what they do by their name alone. */
const plain = new Set(["pause", "resume", "close", "next", "return", "throw"]);

describe("every exported symbol has a docstring", () => {
  test.each(entries)("%s", (_subpath, file) => {
    const bare = exportsOf(file).filter((each) => each.docstring === null);
    expect(bare.map((each) => `${each.file}: ${each.name}`)).toEqual([]);
  });
});

describe("every public method of an exported class has a docstring", () => {
  test.each(entries)("%s", (_subpath, file) => {
    const bare = exportsOf(file)
      .filter((each) => each.node.type === "ClassDeclaration")
      .flatMap((each) =>
        publicMethods(each)
          .filter((method) => docstringAbove(each.file, method) === null)
          .map((method) => `${each.file}: ${each.name}.${nameOf(method["key"] as AstNode)}`)
          .filter((text) => !plain.has(text.split(".").at(-1) ?? "")),
      );
    expect(bare).toEqual([]);
  });
});

test("exports are followed through re-exports to their declaration", () => {
  const main = exportsOf("packages/planport/src/index.ts");
  const secret = main.find((each) => each.name === "Secret");
  expect(secret?.file).toBe("packages/planport/src/secret.ts");
  expect(secret?.docstring).toMatch("Wraps a secret");
  expect(main.map((each) => each.name)).toContain("PlanportError");
});
