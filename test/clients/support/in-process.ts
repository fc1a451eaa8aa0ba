/**
 * Programs with planport in their own process, next to a line of a library that is not the one next to planport.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./process.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * A program's folder: planport, what the repository has, and in front of it these packages of another `node_modules`.
 * @param modules The other `node_modules`.
 * @param program The program's file or folder, which is copied there under its own name.
 */
export function programFolder(modules: string, packages: readonly string[], program: string): string {
  const folder = temporaryFolder("in-process");
  const target = join(folder, "node_modules");
  mkdirSync(target);
  const link = (from: string, name: string): void => {
    if (existsSync(join(target, name)) || !existsSync(join(from, name))) return;
    mkdirSync(dirname(join(target, name)), { recursive: true });
    symlinkSync(join(from, name), join(target, name), "junction");
  };
  for (const name of packages) link(modules, name);
  const root = here("../../../node_modules");
  for (const name of readdirSync(root)) if (name !== "planport" && !name.startsWith(".")) link(root, name);
  symlinkSync(here("../../../packages/planport"), join(target, "planport"), "junction");
  cpSync(program, join(folder, basename(program)), { recursive: true });
  return folder;
}

/** Where npm's package `node` keeps its binary for this machine; null when it has none. */
export function node22(): string | null {
  const system = process.platform === "win32" ? "win" : process.platform;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const names = [`node-${system}-${process.arch}`, `node-bin-${system}-${process.arch}`];
  const found = names
    .map((name) => here(`../node22/node_modules/${name}/bin/${file}`))
    .find((path) => existsSync(path));
  return found ?? (Number(process.versions.node.split(".")[0]) >= 22 ? process.execPath : null);
}
