import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { exportsOf } from "./lib/exports.ts";
import { reach } from "./lib/modules.ts";
import { readManifest, repoFiles, repoRoot } from "./lib/tree.ts";

const folder = "packages/opencode-planport";
const entry = `${folder}/src/index.ts`;
const manifest = readManifest(`${folder}/package.json`);
const main = readManifest("packages/planport/package.json");

test("the plug-in has planport's version, and needs planport of that version and nothing else", () => {
  expect(manifest.version).toBe(main.version);
  expect(manifest.engines).toEqual(main.engines);
  expect(manifest.dependencies).toEqual({ planport: main.version });
  expect(Object.keys(manifest.scripts ?? {})).toEqual(["prepack", "postpack"]);
});

test("its main entry exports the plug-in alone, since opencode calls all that it exports", () => {
  const exported = exportsOf(entry);
  expect(exported.map(({ name }) => name)).toEqual(["PlanportPlugin"]);
  expect(exported.filter(({ docstring }) => docstring === null)).toEqual([]);
  expect(Object.keys(manifest.exports ?? {})).toEqual([".", "./package.json"]);
});

test("it imports planport by the names that are public, and no other package or node: module", () => {
  const { externals } = reach(entry, new Set(["static", "lazy"]));
  expect(externals.filter(({ external }) => external !== "planport")).toEqual([]);
  const files = repoFiles.filter((file) => file.startsWith(`${folder}/src/`));
  expect(files.flatMap((file) => exportsOf(file).filter(({ docstring }) => docstring === null))).toEqual([]);
});

test("what is packed is what was compiled, the license and its README", () => {
  const shell = process.platform === "win32";
  const options = { cwd: path.join(repoRoot, folder), encoding: "utf8", shell } as const;
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], options)) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  const names = packed.files.map((file) => file.path);
  expect(names).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"]));
  expect(
    names.filter((name) => !/^dist\/[\w-]+\.(js|js\.map|d\.ts)$|^(LICENSE|README\.md|package\.json)$/.test(name)),
  ).toEqual([]);
});
