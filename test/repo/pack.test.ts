import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readManifest, repoRoot } from "./lib/tree.ts";

const packageRoot = path.join(repoRoot, "packages", "planport");
const manifest = readManifest("packages/planport/package.json");
const windows = process.platform === "win32";
const place = realpathSync(mkdtempSync(path.join(tmpdir(), "planport-pack-")));
const prefix = path.join(place, "prefix");
let tarball = "";
let packed: readonly string[] = [];

/** Runs npm apart from the npm that runs these tests. Its cache and registry stay the same. */
function npm(args: readonly string[], cwd: string): string {
  const inherited = /^npm_config_(local_prefix|prefix|global|workspaces?|include_workspace_root|package|call)$/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
  const cli = process.env["npm_execpath"];
  const command = cli?.endsWith(".js") === true ? process.execPath : "npm";
  const first = command === "npm" || cli === undefined ? [] : [cli];
  return execFileSync(command, [...first, ...args], {
    cwd,
    env: { ...env, NO_UPDATE_NOTIFIER: "1" },
    encoding: "utf8",
    shell: command === "npm" && windows,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function node(args: readonly string[], cwd: string): string {
  return execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** What a program printed, whether it succeeded or not. */
function outputOf(args: readonly string[], cwd: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  return `${stdout}${stderr}`;
}

/** The folder of the globally installed package. */
function installed(): string {
  return path.join(prefix, windows ? "node_modules" : "lib/node_modules", "planport");
}

beforeAll(() => {
  const [result] = JSON.parse(npm(["pack", "--json", "--pack-destination", place], packageRoot)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  tarball = path.join(place, result.filename);
  packed = result.files.map((file) => file.path).sort();
  mkdirSync(prefix);
  npm(["install", "--global", "--prefix", prefix, "--prefer-offline", "--no-audit", "--no-fund", tarball], place);
}, 300_000);

afterAll(() => {
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
});

describe("the packed package", () => {
  test("holds the compiled product, its documents, and nothing else", () => {
    expect(packed).toEqual(expect.arrayContaining(["LICENSE", "README.md", "CHANGELOG.md", "package.json"]));
    const strange = packed.filter(
      (file) =>
        !/^dist\/.+\.(js|js\.map|d\.ts)$|^bin\/planport\.js$|^(LICENSE|README\.md|CHANGELOG\.md|(package|planport\.schema)\.json)$/.test(
          file,
        ),
    );
    expect(strange).toEqual([]);
    expect(packed.filter((file) => /test|spec|fixture/.test(file))).toEqual([]);
  });

  test("holds one file for every source, and none whose source is gone", () => {
    const sources = readdirSync(path.join(packageRoot, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `dist/${file.replaceAll("\\", "/").replace(/\.ts$/, ".js")}`);
    expect(packed.filter((file) => /^dist\/.+\.js$/.test(file))).toEqual(sources.sort());
  });

  test("has source maps that carry their sources, so that none points to a file that is not there", () => {
    const maps = packed.filter((file) => file.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(0);
    for (const file of maps) {
      const map = JSON.parse(readFileSync(path.join(installed(), file), "utf8")) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: readonly (string | null)[];
      };
      expect(map.sourcesContent?.filter((content) => content !== null).length, file).toBe(map.sources.length);
    }
  });

  test("takes its documents from the root and leaves no copies behind", () => {
    const license = readFileSync(path.join(installed(), "LICENSE"), "utf8");
    expect(license).toBe(readFileSync(path.join(repoRoot, "LICENSE"), "utf8"));
    expect(readFileSync(path.join(installed(), "README.md"), "utf8")).not.toMatch(/\]\((?![a-z]+:|#)/);
    expect(["LICENSE", "README.md", "CHANGELOG.md"].filter((file) => existsSync(path.join(packageRoot, file)))).toEqual(
      [],
    );
  });

  test("runs no script at installation", () => {
    const scripts = Object.keys(readManifest("packages/planport/package.json").scripts ?? {});
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });
});

describe("the installed package", () => {
  const bin = (): string => path.join(prefix, windows ? "planport.cmd" : "bin/planport");
  const planport = (args: readonly string[]): string =>
    execFileSync(bin(), args, { cwd: place, encoding: "utf8", shell: windows, stdio: ["ignore", "pipe", "pipe"] });

  test("answers --version with the version of its manifest", () => {
    expect(planport(["--version"])).toBe(`${manifest.version}\n`);
  });

  test("answers --help with its commands", () => {
    expect(planport(["--help"])).toMatch(/Usage: planport/);
  });

  test("runs through npx without being installed", () => {
    const empty = path.join(place, "empty");
    mkdirSync(empty);
    const args = ["exec", "--yes", "--prefer-offline", "--package", tarball, "--", "planport", "--version"];
    expect(npm(args, empty).trim().split("\n").at(-1)).toBe(manifest.version);
  });

  test("every export can be imported by this Node", () => {
    const user = path.join(place, "user");
    mkdirSync(user);
    writeFileSync(path.join(user, "package.json"), '{ "private": true, "type": "module" }');
    npm(["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], user);
    const names = Object.keys(manifest.exports ?? {}).filter((subpath) => !subpath.endsWith(".json"));
    const specifiers = names.map((subpath) => `planport${subpath.slice(1)}`);
    const script = `
      for (const name of ${JSON.stringify(specifiers)})
        console.log(name, Object.keys(await import(name)).length);
      const { default: manifest } = await import("planport/package.json", { with: { type: "json" } });
      console.log(manifest.version);`;
    writeFileSync(path.join(user, "all.mjs"), script);
    const lines = node(["--no-warnings", "all.mjs"], user).trim().split("\n");
    expect(lines.at(-1)).toBe(manifest.version);
    expect(lines.slice(0, -1).map((line) => line.split(" ")[0])).toEqual(specifiers);
    expect(lines.filter((line) => line.endsWith(" 0"))).toEqual([]);
  });

  test("the README's TypeScript compiles against its types", () => {
    const user = path.join(place, "user");
    const readme = readFileSync(path.join(installed(), "README.md"), "utf8");
    const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
    expect(blocks.length).toBeGreaterThan(1);
    const files = blocks.map((block, index) => {
      writeFileSync(path.join(user, `readme-${index}.ts`), block);
      return `readme-${index}.ts`;
    });
    const types = path.join(repoRoot, "node_modules", "@types");
    // Its users bring it: planport/openai is for those who use it.
    symlinkSync(path.join(repoRoot, "node_modules", "openai"), path.join(user, "node_modules", "openai"), "junction");
    const options = ["--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--types", "node"];
    const tsc = path.join(repoRoot, "node_modules", "typescript", "bin", "tsc");
    expect(outputOf([tsc, ...options, "--typeRoots", types, ...files], user)).toBe("");
  });

  test("what is not exported cannot be imported", () => {
    const script = 'import("planport/dist/errors.js").then(() => process.exit(3), (e) => console.log(e.code));';
    expect(node(["--input-type=module", "-e", script], path.join(place, "user")).trim()).toBe(
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    );
  });
});
