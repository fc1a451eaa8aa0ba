import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { SLOW, TAKES_SIGN_IN_PORTS } from "../support/file-lists.ts";

it("the test files that are treated apart are there", () => {
  const files = [...SLOW, ...TAKES_SIGN_IN_PORTS];
  expect(files.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
});
