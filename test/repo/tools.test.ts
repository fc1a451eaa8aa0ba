import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { errorTable } from "../../packages/planport/src/errors.ts";
import { CHAT_FIELDS, RESPONSES_FIELDS } from "../../packages/planport/src/protocol/parameters.ts";
import {
  CHAT_PARAMETERS,
  PLATFORM_CHAT_PARAMETERS,
  RESPONSES_PARAMETERS,
} from "../../packages/planport/src/translate/parameters.ts";
import { parse, walk } from "./lib/modules.ts";
import { readText, repoFiles, repoRoot } from "./lib/tree.ts";

const place = mkdtempSync(path.join(tmpdir(), "planport-tools-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe("docs/errors.md", () => {
  test("is what the table of errors gives", async () => {
    const tool = pathToFileURL(path.join(repoRoot, "tools/errors-doc.mjs")).href;
    const { renderErrors } = (await import(tool)) as { renderErrors: (table: unknown) => string };
    expect(readText("docs/errors.md")).toBe(renderErrors(errorTable));
    expect(() => renderErrors({ ...errorTable, brand_new: errorTable.internal })).toThrow("no text for brand_new");
  });
});

describe("docs/parameters.md", () => {
  test("is what the tables of parameters give", async () => {
    const tool = pathToFileURL(path.join(repoRoot, "tools/parameters-doc.mjs")).href;
    const { renderParameters } = (await import(tool)) as { renderParameters: (tables: unknown) => string };
    const tables = {
      responsesFields: RESPONSES_FIELDS,
      chatFields: CHAT_FIELDS,
      responsesParameters: RESPONSES_PARAMETERS,
      chatParameters: CHAT_PARAMETERS,
      platformChatParameters: PLATFORM_CHAT_PARAMETERS,
    };
    expect(readText("docs/parameters.md")).toBe(renderParameters(tables));
    const brandNew = { ...tables, chatFields: { ...CHAT_FIELDS, brand_new: CHAT_FIELDS["user"] } };
    expect(() => renderParameters(brandNew)).toThrow("no table says what becomes of brand_new");
  });
});

/** `code status` for each error that is thrown with another status than the table's. */
function ownStatuses(): string[] {
  const found: string[] = [];
  for (const file of repoFiles.filter((each) => /^packages\/planport\/src\/.+\.ts$/.test(each)))
    walk(parse(file).program, (node) => {
      const { callee, arguments: args } = node as { callee?: { name?: string }; arguments?: readonly Literal[] };
      if (node.type !== "NewExpression" || callee?.name?.endsWith("Error") !== true) return;
      const status = args?.[2]?.properties?.find((property) => property.key?.name === "status")?.value;
      if (status !== undefined) found.push(`${String(args?.[0]?.value)} ${String(status.value)}`);
    });
  return found;
}

interface Literal {
  readonly value?: unknown;
  readonly properties?: readonly { readonly key?: { readonly name?: string }; readonly value?: Literal }[];
}

test("docs/errors.md tells each status that is not the table's", () => {
  const own = ownStatuses();
  expect(own.length).toBeGreaterThan(0);
  const told = new Map([...readText("docs/errors.md").matchAll(/`(\w+)`\s+with (\d+)/g)].map((m) => [m[1], m[2]]));
  expect(own.filter((each) => told.get(each.split(" ")[0]) !== each.split(" ")[1])).toEqual([]);
});

describe("the line that sums a test run up", () => {
  function summary(report: unknown): { line: string; status: number | null } {
    const file = path.join(place, "report.json");
    writeFileSync(file, typeof report === "string" ? report : JSON.stringify(report));
    const tool = path.join(repoRoot, "tools/test-summary.mjs");
    const { stdout, status } = spawnSync(process.execPath, [tool, file], { encoding: "utf8" });
    return { line: stdout, status };
  }
  const passed = { status: "passed" };

  test("counts what passed, and succeeds", () => {
    const report = { testResults: [{ status: "passed", assertionResults: [passed, passed] }] };
    expect(summary(report)).toEqual({ line: "2 passed, 0 failed\n", status: 0 });
  });

  test("counts what failed and what was skipped, and fails", () => {
    const results = [passed, { status: "failed" }, { status: "pending" }, { status: "skipped" }];
    const report = { testResults: [{ status: "failed", assertionResults: results }] };
    expect(summary(report)).toEqual({ line: "1 passed, 1 failed, 2 skipped\n", status: 1 });
  });

  test("counts a file that could not be loaded as a failure", () => {
    const files = [
      { status: "failed", assertionResults: [] },
      { status: "passed", assertionResults: [passed] },
    ];
    expect(summary({ testResults: files })).toEqual({ line: "1 passed, 1 failed\n", status: 1 });
  });

  test("fails when there is no report, or nothing ran", () => {
    expect(summary("not json")).toEqual({ line: "0 passed, 1 failed\n", status: 1 });
    expect(summary({ testResults: [] })).toEqual({ line: "0 passed, 0 failed\n", status: 1 });
  });
});
