/**
 * Prints the table of clients when all tests are done. A cell without proof and without reason fails the run.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { drawTable, type Finding } from "./table.ts";

const folder = fileURLToPath(new URL("../matrix/", import.meta.url));
let project: TestProject | undefined;

/** Called by vitest before the first test. */
export function setup(running: TestProject): void {
  project = running;
}

/** Called by vitest after the last test, once, in its main process. */
export function teardown(): void {
  if (project === undefined) return;
  const { vitest } = project;
  const modules = vitest.state.getTestModules();
  const findings: Finding[] = modules.flatMap((module) =>
    [...module.children.allTests()].flatMap((test) => {
      const mark = test.meta().client;
      const { state } = test.result();
      return mark === undefined || state === "skipped" || state === "pending"
        ? []
        : [{ mark, passed: state === "passed" }];
    }),
  );
  const ran = new Set(modules.map((module) => module.moduleId.replaceAll("\\", "/").split("/").at(-1)));
  const wanted = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  const complete = wanted.every((name) => ran.has(name)) && vitest.config.testNamePattern === undefined;
  const { lines, faults } = drawTable(findings, complete);
  if (lines.length > 0) process.stdout.write(`\nClients, each against planport serve:\n\n${lines.join("\n")}\n\n`);
  if (!complete || faults.length === 0) return;
  process.stdout.write(`${faults.map((fault) => `  ${fault}`).join("\n")}\n`);
  process.exitCode = 1;
}
