/**
 * The package for pi, in the two forms in which pi installs one: from npm, and from this repository.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { reach } from "./lib/modules.ts";
import { exportsOf } from "./lib/exports.ts";
import { readManifest, readText, repoFiles, repoRoot } from "./lib/tree.ts";

const packageRoot = path.join(repoRoot, "packages", "pi-planport");
const manifest = readManifest("packages/pi-planport/package.json");
const product = readManifest("packages/planport/package.json");
const prebuilt = repoFiles.filter((file) => file.startsWith("packages/pi-planport/prebuilt/"));
const place = realpathSync(mkdtempSync(path.join(tmpdir(), "planport-pi-package-")));
afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));

/** Packages that compiled code names, by how it does: at once, or when it comes to that. */
function namedBy(files: readonly string[], pattern: RegExp): string[] {
  const found = files.flatMap((file) => [...readText(file).matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found.filter((name) => !name.startsWith(".") && !name.startsWith("node:")))].sort();
}

/** npm apart from the npm that runs these tests. */
function npm(args: readonly string[], cwd: string): string {
  const inherited = /^npm_config_(local_prefix|prefix|global|workspaces?|include_workspace_root|package|call|omit)$/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
  const cli = process.env["npm_execpath"];
  const [command, first] = cli?.endsWith(".js") === true ? [process.execPath, [cli]] : ["npm", []];
  const shell = command === "npm" && process.platform === "win32";
  return execFileSync(command, [...first, ...args], {
    cwd,
    env,
    encoding: "utf8",
    shell,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** What the extension registers when this Node.js runs what pi loads, from the folder of a package. */
function registeredFrom(folder: string): unknown {
  const entry = path.join(folder, "prebuilt", "planport.mjs");
  const script = `
    const { planportExtension } = await import(${JSON.stringify(entry)});
    const ids = [];
    await planportExtension({ registerProvider: (id) => ids.push(id) }, { env: { CODEX_MODELS: "a" } });
    console.log(JSON.stringify(ids));`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return done.status === 0 ? JSON.parse(done.stdout) : done.stderr;
}

describe("what pi loads", () => {
  test("is what the sources make", () => {
    const done = spawnSync(process.execPath, [path.join(repoRoot, "tools", "pi-bundle.mjs"), "--check"], {
      encoding: "utf8",
    });
    expect(done.stderr).toBe("");
    expect(done.status).toBe(0);
  });

  test("names nothing of pi's, and no package but those that the manifest has and one that may be missing", () => {
    const named = namedBy(prebuilt, /(?:^|\n)(?:import|export)\b[^;\n]*?\bfrom "([^"]+)"/g);
    const later = namedBy(prebuilt, /\bimport\("([^"]+)"/g);
    // A package may be named by one of its files.
    const packages = named.map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
    expect(packages).toEqual(Object.keys(manifest.dependencies ?? {}).sort());
    expect(later).toEqual(["@napi-rs/keyring"]);
  });

  test("at pi's start is small: what makes calls, signs in or knows proxies is loaded when it is needed", () => {
    const atStart = new Set<string>();
    const visit = (file: string): void => {
      if (atStart.has(file)) return;
      atStart.add(file);
      for (const [, name = ""] of readText(file).matchAll(/(?:^|\n)import\b[^;\n]*?"\.\/([^"]+)"/g))
        visit(`packages/pi-planport/prebuilt/${name}`);
    };
    visit("packages/pi-planport/prebuilt/planport.mjs");
    const bytes = [...atStart].reduce((sum, file) => sum + readText(file).length, 0);
    expect(bytes).toBeLessThan(64 * 1024);
    expect(namedBy([...atStart], /(?:^|\n)import\b[^;\n]*?\bfrom "([^"]+)"/g)).toEqual([]);
    const lazily = [...atStart].flatMap((file) => [...readText(file).matchAll(/\bimport\("\.\/([^"]+)"/g)]);
    expect(lazily.map((match) => match[1])).toEqual(
      expect.arrayContaining(["discover.mjs", "sign-in.mjs", "stream.mjs"]),
    );
  });

  test("never loads zod, and undici for proxies alone", () => {
    const entry = "packages/planport/src/hosts/pi/extension/index.ts";
    const { externals } = reach(entry, new Set(["static", "lazy"]));
    expect(externals.map(({ external }) => external)).not.toContain("zod");
    const atOnce = reach(entry, new Set(["static"])).externals.map(({ external }) => external);
    expect(atOnce.filter((name) => !name.startsWith("node:"))).toEqual([]);
    const users = prebuilt.filter((file) => readText(file).includes('from "undici/index.js"'));
    expect(users).toEqual(["packages/pi-planport/prebuilt/proxied.mjs"]);
  });

  test("has a docstring on everything that it exports", () => {
    const exported = exportsOf("packages/planport/src/hosts/pi/extension/index.ts");
    expect(exported.filter(({ docstring }) => docstring === null)).toEqual([]);
  });
});

describe("the package", () => {
  test("has planport's version, what pi looks for, and nothing of pi's to install", () => {
    const { pi, keywords, peerDependencies } = JSON.parse(readText("packages/pi-planport/package.json")) as {
      readonly pi: { readonly extensions: readonly string[] };
      readonly keywords: readonly string[];
      readonly peerDependencies?: object;
    };
    expect(manifest.version).toBe(product.version);
    expect(keywords).toContain("pi-package");
    expect(pi.extensions.map((file) => existsSync(path.join(packageRoot, file)))).toEqual([true]);
    expect(peerDependencies).toBeUndefined();
    for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
      expect(product.dependencies?.[name]).toBe(range);
  });

  test("from npm holds the entry, the compiled files and the documents, and works where npm puts it", () => {
    const [packed] = JSON.parse(npm(["pack", "--json", "--pack-destination", place], packageRoot)) as [
      { readonly filename: string; readonly files: readonly { readonly path: string }[] },
    ];
    const files = packed.files.map((file) => file.path).sort();
    const compiled = prebuilt.map((file) => file.replace("packages/pi-planport/", ""));
    expect(files).toEqual(["LICENSE", "README.md", "extensions/planport.ts", "package.json", ...compiled].sort());
    // As pi calls it.
    const prefix = path.join(place, "npm");
    const flags = ["--prefix", prefix, "--legacy-peer-deps", "--prefer-offline", "--no-audit", "--no-fund"];
    npm(["install", ...flags, path.join(place, packed.filename)], place);
    expect(registeredFrom(path.join(prefix, "node_modules", "pi-planport"))).toEqual(["codex-token", "planport"]);
  }, 300_000);

  test("from git needs nothing that compiles: npm install --omit=dev in a clone succeeds, and changes nothing in it", () => {
    const clone = path.join(place, "clone");
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", repoRoot, clone]);
    npm(["install", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund"], clone);
    expect(existsSync(path.join(clone, "node_modules", "typescript"))).toBe(false);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: clone, encoding: "utf8" })).toBe("");
    const { pi } = JSON.parse(readFileSync(path.join(clone, "package.json"), "utf8")) as {
      readonly pi: { readonly extensions: readonly string[] };
    };
    expect(pi.extensions.map((file) => path.posix.normalize(file))).toEqual([
      "packages/pi-planport/extensions/planport.ts",
    ]);
    expect(registeredFrom(path.join(clone, "packages", "pi-planport"))).toEqual(["codex-token", "planport"]);
    expect(readdirSync(path.join(clone, "packages", "planport"))).not.toContain("dist");
  }, 300_000);
});
