import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { SLOW } from "../support/slow-first.ts";

it("the test files that begin first are there", () => {
  expect(SLOW.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
});
