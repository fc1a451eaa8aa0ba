import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";
import { afterAll, describe, expect, test } from "vitest";
import { planportSchema } from "../../packages/planport/src/config/file/table.ts";
import { errorTable } from "../../packages/planport/src/errors.ts";
import { CAPABILITY_TABLE } from "../../packages/planport/src/protocol/capabilities.ts";
import { CHAT_FIELDS, RESPONSES_FIELDS } from "../../packages/planport/src/protocol/parameters.ts";
import { COMPLETION_FIELDS } from "../../packages/planport/src/protocol/completions/parse.ts";
import { IMAGE_EDIT_FIELDS, IMAGE_FIELDS } from "../../packages/planport/src/protocol/images/parse.ts";
import { IMAGE_EDIT_PARAMETERS, IMAGE_PARAMETERS } from "../../packages/planport/src/translate/images/parameters.ts";
import { MESSAGES_FIELDS } from "../../packages/planport/src/protocol/messages/parse.ts";
import { COMPLETIONS_PARAMETERS } from "../../packages/planport/src/translate/completions-parameters.ts";
import {
  MESSAGES_PARAMETERS,
  PLATFORM_MESSAGES_PARAMETERS,
} from "../../packages/planport/src/translate/messages/parameters.ts";
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

describe("docs/profiles.md", () => {
  test("shows the capabilities, and the schema of planport.yaml is what its table gives", async () => {
    const tool = pathToFileURL(path.join(repoRoot, "tools/profiles-doc.mjs")).href;
    const { renderCapabilities, withPart } = (await import(tool)) as {
      renderCapabilities: (table: unknown) => string;
      withPart: (text: string, part: string) => string;
    };
    const page = readText("docs/profiles.md");
    expect(page).toBe(withPart(page, renderCapabilities(CAPABILITY_TABLE)));
    expect(() => withPart("no marks", "")).toThrow("there is no place");
    const schema = `${JSON.stringify(planportSchema(), null, 2)}\n`;
    expect(readText("docs/planport.schema.json")).toBe(schema);
    expect(readText("packages/planport/planport.schema.json")).toBe(schema);
  });
});

describe("docs/parameters.md", () => {
  test("is what the tables of parameters give", async () => {
    const tool = pathToFileURL(path.join(repoRoot, "tools/parameters-doc.mjs")).href;
    const { renderParameters } = (await import(tool)) as { renderParameters: (tables: unknown) => string };
    const tables = {
      responses: { fields: RESPONSES_FIELDS, parameters: RESPONSES_PARAMETERS },
      chat: { fields: CHAT_FIELDS, parameters: CHAT_PARAMETERS, platform: PLATFORM_CHAT_PARAMETERS },
      completions: { fields: COMPLETION_FIELDS, parameters: COMPLETIONS_PARAMETERS },
      messages: { fields: MESSAGES_FIELDS, parameters: MESSAGES_PARAMETERS, platform: PLATFORM_MESSAGES_PARAMETERS },
      images: { fields: IMAGE_FIELDS, parameters: IMAGE_PARAMETERS },
      imageEdits: { fields: IMAGE_EDIT_FIELDS, parameters: IMAGE_EDIT_PARAMETERS },
    };
    expect(readText("docs/parameters.md")).toBe(renderParameters(tables));
    const fields = { ...CHAT_FIELDS, brand_new: CHAT_FIELDS["user"] };
    const brandNew = { ...tables, chat: { ...tables.chat, fields } };
    expect(() => renderParameters(brandNew)).toThrow("no table says what becomes of brand_new");
  });

  /** Names of the parameters that a client's types have, by the interface they stand in. */
  const typed = (file: string, ...interfaces: string[]): string[] => {
    const names: string[] = [];
    walk(parseSync(file, readFileSync(path.join(repoRoot, file), "utf8")).program, (node) => {
      const { id, body } = node as { id?: { name?: string }; body?: { body: readonly { key?: { name?: string } }[] } };
      if (node.type !== "TSInterfaceDeclaration" || !interfaces.includes(id?.name ?? "")) return;
      for (const { key } of body?.body ?? []) if (key?.name !== undefined) names.push(key.name);
    });
    return [...new Set(names)];
  };
  const rowsOf = (route: string): readonly string[] => {
    const [, section = ""] = readText("docs/parameters.md").split(`## POST ${route}\n`);
    return [...(section.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? "");
  };
  const openai = "node_modules/openai/resources";
  const anthropic = "test/clients/node_modules/@anthropic-ai/sdk/resources";

  const clients = [
    ["/v1/chat/completions", `${openai}/chat/completions/completions.d.ts`, "ChatCompletionCreateParams", 30],
    ["/v1/responses", `${openai}/responses/responses.d.ts`, "ResponseCreateParams", 25],
    ["/v1/completions", `${openai}/completions.d.ts`, "CompletionCreateParams", 15],
    ["/v1/images/generations", `${openai}/images.d.ts`, "ImageGenerateParams", 12],
    ["/v1/images/edits", `${openai}/images.d.ts`, "ImageEditParams", 12],
    ["/v1/messages", `${anthropic}/messages/messages.d.ts`, "MessageCreateParams", 15],
  ] as const;
  for (const [route, file, type, least] of clients)
    // Clients of other servers are installed by `npm test`.
    test.skipIf(process.env["CI"] === undefined && !existsSync(path.join(repoRoot, file)))(
      `has a row for every parameter of ${route} that the types of its library have`,
      () => {
        const names = typed(file, `${type}Base`, `${type}NonStreaming`);
        expect(names.length).toBeGreaterThan(least);
        const rows = rowsOf(route);
        expect(names.filter((name) => !rows.includes(name))).toEqual([]);
      },
    );
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
