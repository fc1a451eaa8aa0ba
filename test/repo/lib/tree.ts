/**
 * The files of this repository as git sees them: tracked ones, and new ones that nothing ignores.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const repoRoot: string = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** Paths relative to the root, with forward slashes on every system. */
export const repoFiles: readonly string[] = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
  { cwd: repoRoot, encoding: "utf8" },
)
  .split("\0")
  .filter((file, index, all) => file !== "" && all.indexOf(file) === index && existsSync(path.join(repoRoot, file)));

/** The text of a file. */
export function readText(file: string): string {
  return readFileSync(path.join(repoRoot, file), "utf8");
}

/** The parts of a package manifest that the tests look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
}

/** Reads a package.json. */
export function readManifest(file: string): Manifest {
  return JSON.parse(readText(file)) as Manifest;
}

/** Subpath (`.`, `./auth`, …) to source file, from the exports of the published package. */
export function entrySources(): ReadonlyMap<string, string> {
  const exports = readManifest("packages/planport/package.json").exports ?? {};
  const entries = Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "string"
      ? []
      : [[subpath, target.default.replace(/^\.\/dist\//, "packages/planport/src/").replace(/\.js$/, ".ts")] as const],
  );
  return new Map(entries);
}
