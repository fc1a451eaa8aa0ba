import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { controlRoutes } from "../../src/simulator/control.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { EFFECT_KINDS } from "../../src/simulator/script/effect.ts";
import { TARGETS } from "../../src/simulator/script/script.ts";
import { type Json, start } from "./helpers.ts";

const text = readFileSync(new URL("../../../../docs/simulator.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/^curl \$SIM(\/\S+)(.*)$/gm)].map((match) => ({
  line: match[0],
  path: match[1] ?? "",
  json: (match[2] ?? "").includes('-H "$JSON"'),
  data: /-d '([^']*)'/.exec(match[2] ?? "")?.[1] ?? null,
  post: / -d | -X POST/.test(match[2] ?? ""),
}));

/** The first column of the table that begins with this heading. */
function rows(heading: string): string[] {
  const table = text.slice(text.search(new RegExp(`^\\| ${heading} `, "m"))).split("\n\n", 1)[0] ?? "";
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? "");
}

/** Device codes are drawn by lot: one that waits takes the place of the one in the document. */
async function withLiveCode(simulator: Simulator, data: string | null): Promise<string | null> {
  if (data === null || !data.includes("userCode")) return data;
  const response = await fetch(`${simulator.authApiBaseUrl}/deviceauth/usercode`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: "app_EMoamEEZ73f0CkXaXp7hrann" }),
  });
  const { user_code: userCode } = (await response.json()) as Json;
  return JSON.stringify({ ...(JSON.parse(data) as Json), userCode });
}

describe("docs/simulator.md", () => {
  test("has an example of every control, and of none that does not exist", () => {
    const routes = controlRoutes(() => {
      throw new Error("not called");
    });
    const shown = examples.map(({ post, path }) => `${post ? "POST" : "GET"} ${path}`);
    expect([...new Set(shown)].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
    const named = [...text.matchAll(/\/_simulator\/[\w-]+/g)].map((match) => match[0]);
    expect(named.filter((path) => !routes.some((route) => route.path === path))).toEqual([]);
  });

  test.each(examples)("works as it says: $line", async ({ path, json, data, post }) => {
    const simulator = await start();
    const response = await fetch(simulator.origin + path, {
      method: post ? "POST" : "GET",
      headers: json ? { "content-type": "application/json" } : {},
      body: await withLiveCode(simulator, data),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/^\{/)]);
  });

  test("lists the targets and the effects of the script", () => {
    expect(rows("target")).toEqual([...TARGETS]);
    expect(rows("effect")).toEqual([...EFFECT_KINDS]);
  });
});
