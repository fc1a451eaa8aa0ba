import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { CommandContext } from "../../packages/planport/src/cli/context.ts";
import { EXIT } from "../../packages/planport/src/cli/exit-codes.ts";
import { createProgram } from "../../packages/planport/src/cli/program.ts";
import { VERSION } from "../../packages/planport/src/version.ts";
import { type Layer, layers } from "./lib/layers.ts";
import { parse, walk } from "./lib/modules.ts";
import { entrySources, readManifest, readText, repoFiles, repoRoot } from "./lib/tree.ts";

const documents = repoFiles.filter((file) => file.endsWith(".md"));
const product = readManifest("packages/planport/package.json");
const root = readManifest("package.json");
const readme = readText("README.md");
const sources = repoFiles.filter((file) => /^packages\/planport\/src\/.+\.ts$/.test(file));

/** All first groups of a pattern. */
function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

function codeBlocks(markdown: string, language: string): readonly string[] {
  return all(markdown, new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"));
}

function sectionOf(markdown: string, heading: string): string {
  const start = markdown.indexOf(`## ${heading}\n`);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const end = markdown.indexOf("\n## ", start + 1);
  return markdown.slice(start, end < 0 ? undefined : end);
}

describe("links", () => {
  test.each(documents)("of %s lead to files that exist", (file) => {
    const targets = all(readText(file), /\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)/g);
    const broken = targets.filter((target) => !existsSync(path.join(repoRoot, path.dirname(file), target)));
    expect(broken).toEqual([]);
  });

  test("every decision has a page with a number of its own", () => {
    const pages = documents
      .filter((file) => file.startsWith("docs/decisions/"))
      .map((file) => path.posix.basename(file));
    expect(pages.map((page) => page.slice(0, 4))).toEqual(pages.map((_, index) => String(index + 1).padStart(4, "0")));
  });
});

describe("docs/dependencies.md", () => {
  const text = readText("docs/dependencies.md");
  const rows = (heading: string): string[] => all(sectionOf(text, heading), /^\| `([^`]+)`/gm).sort();

  test("has a line for everything planport needs to run, and for nothing else", () => {
    const names = Object.keys({ ...product.dependencies, ...product.optionalDependencies });
    expect(rows("What planport needs to run")).toEqual(names.sort());
  });

  test("has a line for everything that building and testing needs, and for nothing else", () => {
    const names = Object.keys({ ...root.devDependencies, ...product.devDependencies });
    expect(rows("What building and testing needs")).toEqual(names.sort());
  });

  test("names the programs that the tests and the bench start, and .ci/run installs what the tests need", () => {
    expect(rows("Programs beside Node.js")).toEqual([
      "bubblewrap",
      "chromium",
      "dbus",
      "gnome-keyring",
      "nginx",
      "tmux",
    ]);
    const installs = all(readText(".ci/run"), /apt-get install (?:-[\w-]+ )+([a-z][a-z -]+);/g);
    const installed = installs.flatMap((names) => names.split(" ")).sort();
    expect(installed).toEqual(["chromium", "dbus", "gnome-keyring", "tmux"]);
    const tests = repoFiles.filter((file) => /(^|\/)test\/.+\.ts$|^\.ci\/|^\.github\//.test(file));
    expect(tests.filter((file) => /nginx/i.test(readText(file)))).toEqual(["test/repo/docs.test.ts"]);
  });

  test("the number of packages in decision 2 is the number that planport needs", () => {
    const words = [
      "no",
      "one",
      "two",
      "three",
      "four",
      "five",
      "six",
      "seven",
      "eight",
      "nine",
      "ten",
      "eleven",
      "twelve",
    ];
    const count = Object.keys(product.dependencies ?? {}).length;
    expect(readText("docs/decisions/0002-one-package.md")).toContain(`these are ${words[count]} packages`);
  });

  test("says rightly that what runs has no dependencies of its own", () => {
    const lock = JSON.parse(readText("package-lock.json")) as {
      readonly packages: Readonly<Record<string, { readonly dependencies?: object } | undefined>>;
    };
    const names = Object.keys(product.dependencies ?? {});
    const heavy = names.filter(
      (name) => Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {}).length > 0,
    );
    expect(heavy).toEqual([]);
  });
});

describe("names of the package that documents use", () => {
  test.each(documents)("%s names only subpaths that are exported", (file) => {
    const subpaths = new Set([...entrySources().keys()].map((subpath) => subpath.slice(2)));
    const named = all(readText(file), /["'`]planport\/([a-z][a-z-]*)["'`]/g);
    expect(named.filter((name) => !subpaths.has(name))).toEqual([]);
  });

  test("the README has a line for every subpath", () => {
    const exported = [...entrySources().keys()].map((subpath) => `planport${subpath.slice(1)}`);
    const lines = all(sectionOf(readme, "Use it as a library"), /^\| `(planport[^`]*)`/gm);
    expect(lines.sort()).toEqual(exported.sort());
  });

  test("the version in the manifest is the one in the source and the newest of the changelog", () => {
    expect(VERSION).toBe(product.version);
    expect(all(readText("CHANGELOG.md"), /^## (\d+\.\d+\.\d+)/gm)[0]).toBe(VERSION);
  });
});

function shownImports({ values, types }: Layer): string {
  if (values.includes("server")) return "everything";
  if (values.includes("config")) return "all above but memory, simulator and server";
  return (values.join(", ") || "—") + (types === undefined ? "" : `; types of ${types.join(", ")}`);
}

test("docs/architecture.md shows the layers that the tests hold", () => {
  const rows = [
    ...sectionOf(readText("docs/architecture.md"), "Layers").matchAll(/^\| `([\w-]+)` *\|[^|]*\|([^|]*)\|/gm),
  ];
  const shown = rows.map((row) => [row[1], row[2]?.trim()]);
  expect(shown).toEqual(Object.entries(layers).map(([name, layer]) => [name, shownImports(layer)]));
});

describe("commands that documents tell", () => {
  test.each(documents)("%s names only scripts that package.json has", (file) => {
    const scripts = all(readText(file), /npm run (?:--silent )?([a-z][a-z:-]*)/g);
    expect(scripts.filter((name) => !(name in (root.scripts ?? {})))).toEqual([]);
  });

  test("the README begins with the two commands", () => {
    expect(codeBlocks(readme, "sh").slice(0, 2)).toEqual(["npm ci && npm run demo\n", "npm ci && npm test\n"]);
    expect(root.scripts).toMatchObject({ demo: expect.any(String) as string, test: expect.any(String) as string });
  });

  test("the README lists the commands of the command line, and documents use no other", () => {
    const program = createProgram({ version: VERSION } as CommandContext, () => {});
    const commands = program.commands.map((command) => command.name()).filter((name) => name !== "version");
    expect(all(sectionOf(readme, "Use it"), /^\| `planport ([a-z-]+)`/gm)).toEqual(commands);
    const blocks = documents.flatMap((file) => codeBlocks(readText(file), "sh")).join("\n");
    const used = all(blocks, /^(?:[A-Z_]+=\S+ )?(?:npx )?planport ([a-z-]+)/gm);
    expect(used.filter((name) => !commands.includes(name))).toEqual([]);
  });

  test("the README lists the exit codes", () => {
    const codes = all(sectionOf(readme, "Exit codes"), /^\| (\d+)/gm).map(Number);
    expect(codes).toEqual(Object.values(EXIT));
  });

  test("the README lists the routes of the gateway", () => {
    const app = sources
      .filter((file) => file.includes("/src/server/"))
      .map(readText)
      .join("\n");
    const routes = all(sectionOf(readme, "Point programs at it"), /^\| `((?:GET|POST) [^`]+)`/gm);
    const paths = routes.map((route) => route.split(" ")[1] ?? "");
    expect(paths.length).toBeGreaterThan(2);
    expect(paths.filter((each) => !app.includes(`"${each.replace("{id}", ":id")}"`))).toEqual([]);
  });
});

/** Names of environment variables that a source file reads or names in a string. */
function variablesOf(file: string): readonly string[] {
  const names: string[] = [];
  walk(parse(file).program, (node) => {
    const { value } = node as { readonly value?: unknown };
    if (node.type === "Literal" && typeof value === "string" && /^(CODEX|PLANPORT|OPENAI)_[A-Z_]+$/.test(value))
      names.push(value);
  });
  return names;
}

test("the README's table has every variable that planport reads, and no other", () => {
  // Not variables that planport reads: a field of auth.json, and what `serve` tells other programs to set.
  const others = new Set(["OPENAI_API_KEY", "OPENAI_BASE_URL"]);
  const read = new Set(sources.filter((file) => !file.includes("/simulator/")).flatMap(variablesOf));
  const told = new Set(all(sectionOf(readme, "Environment"), /`((?:CODEX|PLANPORT|OPENAI)_[A-Z_]+)`/g));
  expect([...read].filter((name) => !told.has(name) && !others.has(name))).toEqual([]);
  expect([...told].filter((name) => !read.has(name))).toEqual([]);
});
