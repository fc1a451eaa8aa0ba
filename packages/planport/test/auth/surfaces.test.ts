import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { surfaces } from "../../src/auth/index.ts";

const seconds = (ms: number | null): string => (ms === null ? "–" : `${ms / 1000} s`);

test("docs/refresh.md shows the table of surfaces", () => {
  const text = readFileSync(new URL("../../../../docs/refresh.md", import.meta.url), "utf8");
  const start = text.indexOf("## When a token is refreshed");
  const rows = text
    .slice(start, text.indexOf("\n## ", start + 1))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  expect(rows.map(([, ...cells]) => cells.slice(0, -1))).toEqual(
    Object.entries(surfaces).map(([name, { title, sources, refreshEarlyMs, backgroundEarlyMs }]) => [
      name,
      title,
      sources.join(", "),
      seconds(refreshEarlyMs),
      seconds(backgroundEarlyMs),
    ]),
  );
});
