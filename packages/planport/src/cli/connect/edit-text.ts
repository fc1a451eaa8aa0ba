/**
 * Putting settings into the text of a configuration file, without touching what else is in it.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { parse as parseToml, stringify as stringifyToml } from "smol-toml";
import { parseDocument, stringify as stringifyYaml } from "yaml";
import { isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { indexOfEntry, merge } from "./merge.ts";
import type { FileSetting } from "./types.ts";

/** The new text with what was repaired in it, or why the file is better left to its owner. */
export type Edit = { readonly text: string; readonly said?: readonly string[] } | { readonly refusal: string };

/** The settings alone, as the text of a file that has nothing else. */
export function textOf({ format, content }: Pick<FileSetting, "format" | "content">): string {
  if (format === "toml") return stringifyToml(content);
  if (format === "yaml") return stringifyYaml(content, { lineWidth: 0 });
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Edits a file's text. Comments and the order of what is there stay, and the result is read again to be sure that
 * nothing else has changed.
 * @param text Null when there is no such file.
 */
export function editText(text: string | null, setting: Pick<FileSetting, "format" | "content" | "mend">): Edit {
  if (text === null || text.trim() === "") return { text: textOf(setting) };
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (setting.format === "json") return editJson(source, setting);
  return setting.format === "toml" ? editToml(source, setting.content) : editYaml(source, setting.content);
}

function editJson(text: string, { content, mend }: Pick<FileSetting, "content" | "mend">): Edit {
  const before = tryParseJson(text);
  if (!isJsonObject(before)) return { refusal: "is not plain JSON (comments cannot be kept)" };
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? "  ";
  const mended = mend?.(before) ?? { content: before, said: [] };
  const after = `${JSON.stringify(merge(mended.content, content), null, indent)}\n`;
  return { text: text.includes("\r\n") ? after.replaceAll("\n", "\r\n") : after, said: mended.said };
}

function editYaml(text: string, content: JsonObject): Edit {
  const document = parseDocument(text);
  const before: unknown = document.errors.length > 0 ? null : document.toJS();
  if (!isJsonObject(before)) return { refusal: "is not YAML that can be edited" };
  for (const [key, value] of Object.entries(content)) {
    const list = before[key];
    if (!Array.isArray(value) || !Array.isArray(list)) {
      // What a file is called and which version it has is its owner's to say.
      if (!(key in before)) document.set(key, value);
      continue;
    }
    for (const entry of value as unknown[]) {
      const index = indexOfEntry(list, entry);
      if (index === -1) document.addIn([key], entry);
      else document.setIn([key, index], merge(list[index], entry));
    }
  }
  return { text: document.toString({ lineWidth: 0 }) };
}

/** The header of a table, such as `[model_providers.planport]`. */
const HEADER = /^\s*\[/;

/**
 * Keys of the top are replaced in their lines, or put before the first table; tables of ours are taken out and put at
 * the end.
 */
function editToml(text: string, content: JsonObject): Edit {
  const refusal = "is written in a way that cannot be edited safely";
  let before: JsonObject;
  try {
    before = parseToml(text);
  } catch {
    return { refusal: "is not valid TOML" };
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  let lines = text.split(/\r?\n/);
  const tables: JsonObject = {};
  const expected: JsonObject = { ...before };
  for (const [key, value] of Object.entries(content)) {
    if (!isJsonObject(value)) {
      lines = setTopKey(lines, key, stringifyToml({ [key]: value }).trimEnd());
      expected[key] = value;
      continue;
    }
    tables[key] = value;
    const present = isJsonObject(expected[key]) ? expected[key] : {};
    expected[key] = { ...present, ...value };
    for (const name of Object.keys(value)) lines = withoutTable(lines, `${key}.${name}`);
  }
  const kept = lines.join("\n").trimEnd();
  const after = `${kept}\n\n${stringifyToml(tables)}`;
  try {
    // Through JSON: smol-toml's objects have no prototype.
    if (!isDeepStrictEqual(plain(parseToml(after)), plain(expected))) return { refusal };
  } catch {
    return { refusal };
  }
  return { text: after.replaceAll("\n", eol) };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? String(one) : one)));
}

function setTopKey(lines: readonly string[], key: string, line: string): string[] {
  const firstTable = lines.findIndex((one) => HEADER.test(one));
  const end = firstTable === -1 ? lines.length : firstTable;
  const at = lines.findIndex((one, index) => index < end && new RegExp(`^\\s*${key}\\s*=`).test(one));
  if (at !== -1) return lines.with(at, line);
  const last = lines.slice(0, end).findLastIndex((one) => one.trim() !== "" && !one.trim().startsWith("#"));
  // Without a key at the top it goes to the very beginning: comments before a table belong to that table.
  return last === -1 && firstTable !== -1 ? [line, ...lines] : lines.toSpliced(last === -1 ? end : last + 1, 0, line);
}

function withoutTable(lines: readonly string[], name: string): string[] {
  const own = (line: string): boolean => {
    const header = /^\s*\[\[?\s*([^\]]+?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s|"/g, "");
    return header === name || header?.startsWith(`${name}.`) === true;
  };
  let inside = false;
  return lines.filter((line) => {
    if (HEADER.test(line)) inside = own(line);
    return !inside;
  });
}
