#!/usr/bin/env node
/**
 * Prints one line, `N passed, N failed`, from vitest's JSON report, with `, N skipped` when some were. A test file that
 * could not be loaded counts as one failure. Ends with 1 when something failed or nothing ran.
 * @module
 */
import { readFileSync } from "node:fs";

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { testResults: [{ status: "failed", assertionResults: [] }] };
  }
}

const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of read(process.argv[2]).testResults) {
  if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")) count.failed += 1;
  for (const test of file.assertionResults) {
    if (test.status === "passed" || test.status === "failed") count[test.status] += 1;
    else count.skipped += 1;
  }
}
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
if (count.failed > 0 || count.passed === 0) process.exitCode = 1;
