import { describe, expect, test } from "vitest";
import { layers } from "./lib/layers.ts";
import { edgesOf, type Edge } from "./lib/modules.ts";
import { repoFiles } from "./lib/tree.ts";

const root = "packages/planport/src/";

/** `auth` for packages/planport/src/auth/x.ts, `errors` for packages/planport/src/errors.ts. */
function layerOf(file: string): string {
  return file.slice(root.length).split("/")[0]?.replace(/\.ts$/, "") ?? "";
}

const sources = repoFiles.filter((file) => file.startsWith(root) && file.endsWith(".ts"));
const edges: readonly Edge[] = sources.flatMap(edgesOf);

function fault(edge: Edge): string | null {
  const from = layerOf(edge.from);
  const layer = layers[from];
  if (layer === undefined) return `${edge.from}: "${from}" has no row in the table`;
  if (edge.external !== null) {
    if (edge.external.startsWith("node:"))
      return layer.node ? null : `${edge.from} imports ${edge.external}: ${from} imports no node: module`;
    if (edge.kind === "types" && edge.external === "undici" && layer.node) return null;
    return layer.packages?.includes(edge.external) ? null : `${edge.from} imports the package ${edge.external}`;
  }
  if (edge.file === null) return null;
  if (!edge.file.startsWith(root)) return `${edge.from} imports ${edge.file}, outside of src`;
  const to = layerOf(edge.file);
  if (to === from || layer.values.includes(to)) return null;
  if (edge.kind === "types" && layer.types?.includes(to)) return null;
  return `${edge.from} imports ${edge.file}: ${from} may not import ${to}`;
}

/** Every module that can be reached from itself over what remains after compilation. */
function findCycles(): readonly string[] {
  const next = new Map(
    sources.map((file) => [file, edges.filter((e) => e.from === file && e.kind === "static").map((e) => e.file)]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
    if (trail.includes(file) || done.has(file)) return;
    for (const target of next.get(file) ?? []) if (target !== null) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  return cycles;
}

describe("layers of packages/planport/src", () => {
  test("the table goes down only: a layer names none but layers above it in the list", () => {
    const order = Object.keys(layers);
    const upward = Object.entries(layers).flatMap(([name, layer]) =>
      layer.values.filter((to) => order.indexOf(to) < 0 || order.indexOf(to) >= order.indexOf(name)),
    );
    expect(upward).toEqual([]);
  });

  test("every import is one that the table allows", () => {
    expect(edges.length).toBeGreaterThan(sources.length / 2);
    expect(edges.map(fault).filter((text) => text !== null)).toEqual([]);
  });

  test("every relative import names a file with its extension", () => {
    const missing = edges.filter((edge) => edge.file !== null && !sources.includes(edge.file));
    expect(missing.map((edge) => `${edge.from} imports ${edge.specifier}`)).toEqual([]);
  });

  test("no module is loaded in a circle", () => {
    expect(findCycles()).toEqual([]);
  });

  test("a forbidden import would be found", () => {
    const upward: Edge = {
      from: `${root}sse/decode.ts`,
      specifier: "../server/app.ts",
      file: `${root}server/app.ts`,
      external: null,
      kind: "static",
    };
    expect(fault(upward)).toMatch("sse may not import server");
    const node: Edge = { ...upward, specifier: "node:fs", file: null, external: "node:fs" };
    expect(fault(node)).toMatch("sse imports no node: module");
    const dependency: Edge = { ...upward, specifier: "hono", file: null, external: "hono" };
    expect(fault(dependency)).toMatch("imports the package hono");
    expect(fault({ ...upward, file: `${root}auth/credential.ts`, from: `${root}store/file.ts` })).toMatch("may not");
    expect(fault({ ...upward, file: `${root}auth/credential.ts`, from: `${root}store/file.ts`, kind: "types" })).toBe(
      null,
    );
  });
});
