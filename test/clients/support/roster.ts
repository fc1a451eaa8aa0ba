/**
 * Which clients planport is proved with, and how each does what is to be proved. docs/clients.md is written from it.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is to be proved of each. */
export const COLUMNS = ["multi-turn", "tool", "image", "schema", "reasoning"] as const;
/** One of {@link COLUMNS}. */
export type Column = (typeof COLUMNS)[number];

/** How a client does it; or why it does not, for a blank. */
export type Cell = string | { readonly blank: string };

/** A client. */
export interface Entry {
  readonly id: string;
  readonly client: string;
  readonly package: string;
  /** Another package that has a version of its own. */
  readonly with?: string;
  /** Where it is installed, below test/clients. */
  readonly folder: "." | "node22";
  /** What `planport connect` calls it. */
  readonly connect: string;
  readonly cells: Readonly<Record<Column, Cell>>;
}

const clients = fileURLToPath(new URL("../", import.meta.url));

/** In the order of the table. */
export const roster: readonly Entry[] = JSON.parse(readFileSync(join(clients, "roster.json"), "utf8")) as Entry[];

/** The client of that name. */
export function entryOf(id: string): Entry {
  const entry = roster.find((one) => one.id === id);
  if (entry === undefined) throw new Error(`roster.json has no ${id}`);
  return entry;
}

/** The folder whose node_modules a client is in. */
export function folderOf({ folder }: Pick<Entry, "folder">): string {
  return join(clients, folder);
}

/** The versions that package.json asks for, which are exact. */
export function versionOf(entry: Entry): string {
  const file = join(folderOf(entry), "package.json");
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  const of = (name: string): string => dependencies[name] ?? `no ${name} in ${file}`;
  return entry.with === undefined ? of(entry.package) : `${of(entry.package)} (${entry.with} ${of(entry.with)})`;
}

/** A file of a client's package; null when it is not installed. */
export function installed(entry: Entry, path = "package.json"): string | null {
  const file = join(folderOf(entry), "node_modules", ...entry.package.split("/"), path);
  return existsSync(file) ? file : null;
}

/** The Node.js that runs a client: this one, or the one that was installed for it; null when that is not there. */
export function nodeFor({ folder }: Pick<Entry, "folder">): string | null {
  if (folder === ".") return process.execPath;
  const require = createRequire(join(clients, folder, "package.json"));
  const { platform, arch } = process;
  const system = platform === "win32" ? "win" : platform;
  const program = platform === "win32" ? "node.exe" : "node";
  for (const name of [`node-${system}-${arch}`, `node-bin-${system}-${arch}`]) {
    try {
      const file = join(dirname(require.resolve(`${name}/package.json`)), "bin", program);
      if (existsSync(file)) return file;
    } catch {
      // Not made for this machine.
    }
  }
  return null;
}
