/**
 * Which module imports which, read from the syntax tree and not by pattern.
 * @module
 */
import { builtinModules } from "node:module";
import path from "node:path";
import { parseSync, type ParseResult } from "oxc-parser";
import { readText } from "./tree.ts";

/** A node of the syntax tree, seen without its type. */
export interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** One import, or re-export, of another module. */
export interface Edge {
  readonly from: string;
  /** As it is written in the source. */
  readonly specifier: string;
  /** Repository path for a relative import; null for a package or a `node:` module. */
  readonly file: string | null;
  /** Package name, or `node:…`; null for a relative import. */
  readonly external: string | null;
  /**
   * `types` for what the compiler erases: `import type` and `export type`. A statement with only inline `type` names
   * keeps its import under verbatimModuleSyntax, so it counts as `static`. `lazy` is `import()`.
   */
  readonly kind: "static" | "lazy" | "types";
}

/** Stands for the module of an `import()` whose argument is not a literal: nobody can follow it. */
export const computed = "(computed)";

const parsed = new Map<string, ParseResult>();

/** The syntax tree of a file; throws when the file does not parse. */
export function parse(file: string): ParseResult {
  let result = parsed.get(file);
  if (result === undefined) {
    result = parseSync(file, readText(file));
    const fault = result.errors.at(0);
    if (fault !== undefined) throw new Error(`${file}: ${fault.message}`);
    parsed.set(file, result);
  }
  return result;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Calls `visit` for each node below `root`, parents first. */
export function walk(
  root: unknown,
  visit: (node: AstNode, parent: AstNode | null) => void,
  parent: AstNode | null = null,
): void {
  if (Array.isArray(root)) {
    for (const item of root) walk(item, visit, parent);
    return;
  }
  if (!isNode(root)) return;
  visit(root, parent);
  for (const value of Object.values(root)) if (typeof value === "object" && value !== null) walk(value, visit, root);
}

function literal(value: unknown): string | null {
  return isNode(value) && value.type === "Literal" && typeof value["value"] === "string" ? value["value"] : null;
}

function edgeKind(node: AstNode): Edge["kind"] | null {
  switch (node.type) {
    case "ImportDeclaration":
      return node["importKind"] === "type" ? "types" : "static";
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return node["exportKind"] === "type" ? "types" : "static";
    case "ImportExpression":
      return "lazy";
    case "TSImportType":
      return "types";
    default:
      return null;
  }
}

function packageName(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
  return builtinModules.includes(name) ? `node:${specifier}` : name;
}

/** Every import and re-export of a file. */
export function edgesOf(file: string): readonly Edge[] {
  const edges: Edge[] = [];
  walk(parse(file).program, (node) => {
    const kind = edgeKind(node);
    if (kind === null) return;
    const specifier = literal(node["source"]) ?? (kind === "lazy" ? computed : null);
    if (specifier === null) return;
    const relative = specifier.startsWith(".");
    edges.push({
      from: file,
      specifier,
      file: relative ? path.posix.join(path.posix.dirname(file), specifier) : null,
      external: relative ? null : packageName(specifier),
      kind,
    });
  });
  return edges;
}

/** A package reached from an entry, and the way to it. */
export interface Reach {
  readonly external: string;
  readonly via: readonly string[];
}

/** What loading `entry` can bring in, following imports of the given kinds through this repository's own files. */
export function reach(entry: string, kinds: ReadonlySet<Edge["kind"]>): { files: Set<string>; externals: Reach[] } {
  const files = new Set<string>();
  const externals = new Map<string, Reach>();
  const queue: (readonly string[])[] = [[entry]];
  for (let trail = queue.shift(); trail !== undefined; trail = queue.shift()) {
    const file = trail.at(-1);
    if (file === undefined || files.has(file)) continue;
    files.add(file);
    for (const edge of edgesOf(file)) {
      if (!kinds.has(edge.kind)) continue;
      if (edge.file !== null) queue.push([...trail, edge.file]);
      if (edge.external !== null && !externals.has(edge.external))
        externals.set(edge.external, { external: edge.external, via: trail });
    }
  }
  return { files, externals: [...externals.values()] };
}
