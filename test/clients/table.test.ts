/**
 * The table of clients: what it shows, when it fails, and that settings, documents and tests tell of the same versions.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recipes } from "../../packages/planport/src/cli/connect/recipes.ts";
import { COLUMNS, type Entry, folderOf, installed, nodeFor, roster, versionOf } from "./support/roster.ts";
import { drawTable, type Finding } from "./support/table.ts";

const [some] = roster as [Entry];
const proved = (id: string, passed = true): Finding[] => COLUMNS.map((column) => ({ mark: { id, column }, passed }));

describe("the table of clients", () => {
  it("has a line for each client with its version and how it did each thing", () => {
    const { lines, faults } = drawTable(proved(some.id), true, [some]);
    expect(faults).toEqual([]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^client +version +multi-turn +tool +image +schema +reasoning$/);
    expect(lines[1]).toMatch(new RegExp(`${versionOf(some).replaceAll(".", "\\.")} +streaming helper +runTools`));
  });

  it("fails for a cell that no test proved", () => {
    const { faults } = drawTable(proved(some.id).slice(1), true, [some]);
    expect(faults).toEqual([`${some.id}: multi-turn is blank: no test proved it, and roster.json has no reason`]);
  });

  it("leaves a cell blank for a reason, which it shows, and not for an empty one", () => {
    const blank = (reason: string): Entry => ({ ...some, cells: { ...some.cells, image: { blank: reason } } });
    const findings = proved(some.id).filter(({ mark }) => !("column" in mark && mark.column === "image"));
    const told = drawTable(findings, true, [blank("it takes no images")]);
    expect(told.faults).toEqual([]);
    expect(told.lines.at(-1)).toBe(`  ${some.id}: image: it takes no images`);
    expect(drawTable(findings, true, [blank(" ")]).faults).toEqual([`${some.id}: image is blank without a reason`]);
  });

  it("marks a cell whose test failed, and says of a client that it was not run", () => {
    expect(drawTable(proved(some.id, false), true, [some]).lines[1]).toContain("FAILED runTools");
    const missing = drawTable([{ mark: { id: some.id, notRun: "no such package" }, passed: true }], true, [some]);
    expect(missing.faults).toEqual([]);
    expect(missing.lines.at(-1)).toBe(`  ${some.id}: not run: no such package`);
  });

  it("fails for a client that is not there, when all tests were to run, and shows nothing when none of them ran", () => {
    expect(drawTable([], true, [some]).faults).toEqual([`${some.id} was not tested, and nothing says why`]);
    expect(drawTable([], false)).toEqual({ lines: [], faults: [] });
  });
});

describe("planport connect", () => {
  it.each(recipes.map((recipe) => [recipe.id, recipe] as const))(
    "%s is tested with the versions here",
    (id, recipe) => {
      const versions = roster.filter(({ connect }) => connect === id).map(versionOf);
      if (versions.length === 0) expect(recipe.testedWith).toBeNull();
      for (const version of versions) expect(recipe.testedWith).toContain(version);
    },
  );
});

it("docs/clients.md is what the roster and planport connect give", async () => {
  const { renderClients } = (await import(new URL("../../tools/clients-doc.mjs", import.meta.url).href)) as {
    renderClients: (known: unknown) => string;
  };
  expect(readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf8")).toBe(renderClients(recipes));
});

it("clients are installed in the versions that are asked for", () => {
  for (const entry of roster) {
    const file = installed(entry);
    if (file === null) continue; // Reported as not run by its own tests.
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    expect(versionOf(entry).split(" ")[0], folderOf(entry)).toBe(version);
    expect(nodeFor(entry)).not.toBeNull();
  }
});
