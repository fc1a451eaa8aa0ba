import { describe, expect, test } from "vitest";
import { type Edge, reach } from "./lib/modules.ts";
import { entrySources, repoFiles } from "./lib/tree.ts";

const heavy = ["hono", "ws", "commander", "fzstd", "yaml"];

/** What importing an entry may bring in besides planport's own files. */
const pure: Readonly<Record<string, readonly string[]>> = {
  "./errors": [],
  "./sse": ["eventsource-parser"],
  "./protocol": [],
  "./translate": ["eventsource-parser"],
};

/** What an entry must not bring in, not even lazily. */
const without: Readonly<Record<string, readonly string[]>> = {
  ".": heavy,
  "./auth": heavy,
  "./store": heavy,
  "./upstream": heavy,
  "./memory": [...heavy, "undici", "smol-toml"],
  "./server": ["commander", "smol-toml"],
  "./simulator": ["hono", "commander", "undici", "smol-toml"],
  "./ai-sdk": heavy,
  "./openai": ["commander"],
  "./transport": heavy,
  "./pi": heavy,
  "./app-server-client": [...heavy.filter((name) => name !== "ws"), "zod", "undici", "smol-toml"],
};

/** Folders of src that an entry must not bring in. */
const withoutFolders: Readonly<Record<string, readonly string[]>> = {
  ".": ["server", "simulator", "cli"],
  "./auth": ["server", "simulator", "cli", "upstream", "translate"],
  "./store": ["server", "simulator", "cli", "upstream", "translate", "auth", "net"],
  "./upstream": ["server", "simulator", "cli"],
  "./memory": ["server", "simulator", "cli", "upstream", "auth", "store", "net", "translate"],
  "./server": ["simulator", "cli"],
  "./simulator": ["server", "cli", "upstream", "auth", "store", "net", "translate"],
  "./ai-sdk": ["simulator", "cli", "memory"],
  "./openai": ["simulator", "cli"],
  "./transport": ["server", "simulator", "cli", "memory", "config"],
  "./pi": ["server", "simulator", "cli", "memory"],
  "./app-server-client": ["app-server", "server", "simulator", "cli", "memory", "config", "upstream", "translate"],
};

const atRunTime: ReadonlySet<Edge["kind"]> = new Set(["static", "lazy"]);
const atLoad: ReadonlySet<Edge["kind"]> = new Set(["static"]);
const entries = entrySources();

function source(subpath: string): string {
  const file = entries.get(subpath);
  if (file === undefined) throw new Error(`package.json has no export ${subpath}`);
  return file;
}

test("every export of the package has a source and a rule here", () => {
  expect([...entries.values()].filter((file) => !repoFiles.includes(file))).toEqual([]);
  const ruled = new Set([...Object.keys(pure), ...Object.keys(without)]);
  expect([...entries.keys()].filter((subpath) => !ruled.has(subpath))).toEqual([]);
});

describe("entries that run anywhere", () => {
  test.each(Object.entries(pure))("%s reaches no node: module and no package but %j", (subpath, allowed) => {
    const strange = reach(source(subpath), atRunTime).externals.filter((r) => !allowed.includes(r.external));
    expect(strange).toEqual([]);
  });
});

describe("entries that stay light", () => {
  test.each(Object.entries(without))("%s reaches none of %j", (subpath, banned) => {
    const strange = reach(source(subpath), atRunTime).externals.filter((r) => banned.includes(r.external));
    expect(strange).toEqual([]);
  });

  test.each(Object.entries(withoutFolders))("%s reaches none of the folders %j", (subpath, banned) => {
    const strange = [...reach(source(subpath), atRunTime).files].filter((file) =>
      banned.some((folder) => file.startsWith(`packages/planport/src/${folder}/`)),
    );
    expect(strange).toEqual([]);
  });
});

test.each(["./ai-sdk", "./openai", "./transport"])(
  "%s loads no package before it is used, and nothing that connects",
  (subpath) => {
    const { files, externals } = reach(source(subpath), atLoad);
    expect(externals.map((r) => r.external).filter((name) => !name.startsWith("node:"))).toEqual([]);
    expect([...files].filter((file) => /\/src\/(?:net|server|memory|upstream)\//.test(file))).toEqual([]);
  },
);

test("the bin loads nothing but one node: module until it knows the command", () => {
  const { files, externals } = reach("packages/planport/bin/planport.js", atLoad);
  expect([...files]).toEqual(["packages/planport/bin/planport.js"]);
  expect(externals.map((r) => r.external)).toEqual(["node:fs"]);
});

test("an entry that reaches too much would be found", () => {
  const { externals } = reach("packages/planport/src/sse/index.ts", atRunTime);
  expect(externals.map((r) => r.external)).toEqual(["eventsource-parser"]);
});
