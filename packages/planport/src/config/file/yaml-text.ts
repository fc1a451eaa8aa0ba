/**
 * YAML, with the place of every key and value.
 * @module
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError } from "../../errors.ts";
import type { Path, Refuse } from "./shape.ts";

/** A text that was read. */
export interface YamlText {
  /** What stands in it, as JSON would have it; null when nothing does. */
  readonly value: unknown;
  /** Throws ConfigError `config_invalid` with file, line and column. */
  readonly refuse: Refuse;
  /** `file:line:column` of a key or value. */
  readonly placeOf: (path: Path, at: "key" | "value") => string;
}

/** Aliases multiply: more of them than this is no configuration. */
const MAX_ALIASES = 100;

/**
 * Reads a text (YAML 1.2, with merge keys).
 * @throws {ConfigError} `config_invalid` with file, line and column.
 */
export function parseYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: "silent" });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw invalid(placeAt(error.pos[0]), reasonOf(error.code));
  const root = document.contents as Node | null;
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const placeOf = (path: Path, at: "key" | "value"): string => placeAt(find(root, path, at, resolve));
  return {
    value: toValue(() => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, placeAt(0)),
    placeOf,
    refuse: (path, problem, at) => {
      throw new ConfigError("config_invalid", `${placeOf(path, at)}: ${shown(path)} ${problem}.`);
    },
  };
}

function toValue(read: () => unknown, place: string): unknown {
  try {
    return read();
  } catch {
    throw invalid(place, "its aliases refer to each other, or are too many");
  }
}

function invalid(place: string, reason: string): ConfigError<"config_invalid"> {
  return new ConfigError("config_invalid", `${place} is not valid YAML: ${reason}.`);
}

/** In our own words: the library's may quote the text, in which a secret could stand. */
const REASONS: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation is wrong, or a bracket before it is not closed",
  TAB_AS_INDENT: "a tab cannot indent",
  DUPLICATE_KEY: "the key is there twice",
  MISSING_CHAR: "something is missing, such as a quote, a bracket or a colon",
  MULTIPLE_DOCS: "there is more than one document in it",
  BAD_ALIAS: "there is no anchor of that name",
  UNRESOLVED_TAG: "the tag is not known",
  TAG_RESOLVE_FAILED: "the tag is not known, or does not fit",
};

function reasonOf(code: string): string {
  return REASONS[code] ?? `it breaks off here (${code.toLowerCase().replaceAll("_", " ")})`;
}

/** Offset of a key or value; of the nearest thing around it for what an alias or merge has brought in. */
function find(root: Node | null, path: Path, at: "key" | "value", resolve: (node: unknown) => unknown): number {
  let node: unknown = root;
  let offset = 0;
  path.forEach((step, index) => {
    const within = resolve(node);
    const isLast = index === path.length - 1;
    node = null;
    if (isMap(within)) {
      const pair = within.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      node = pair?.value ?? null;
      const wanted = isLast && at === "value" && startOf(node) !== null ? node : pair?.key;
      offset = startOf(wanted) ?? offset;
    } else if (isSeq(within)) {
      node = within.items[Number(step)] ?? null;
      offset = startOf(node) ?? offset;
    }
  });
  return offset;
}

function startOf(node: unknown): number | null {
  const range = (node as Node | null | undefined)?.range;
  return range?.[0] ?? null;
}

/** A path as people write it: `profiles.droid.when.userAgent[1]`. */
function shown(path: Path): string {
  if (path.length === 0) return "the file";
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step.slice(0, 60).replaceAll(/[^\w.:?=/ -]/g, "?")}`))
    .join("")
    .replace(/^\./, "");
}
