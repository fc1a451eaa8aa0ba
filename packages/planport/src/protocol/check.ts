/**
 * The guards behind the parse functions: cheap tests that name the place and what was expected there. Written by hand,
 * since bodies hold megabytes of images and long histories, and every part of them is looked at once.
 * @module
 */
import { RequestError } from "../errors.ts";
import { type JsonObject, isJsonObject } from "./json.ts";

/**
 * Ends a parse.
 * @param path Where in the request, such as `messages[2].content`; "" for the body as a whole.
 * @throws {RequestError} `request_invalid`, always.
 */
export function invalid(path: string, expected: string, got: unknown): never {
  const where = path === "" ? "The request body" : path;
  throw new RequestError("request_invalid", `${where}: expected ${expected}, got ${kindOf(got)}.`, {
    cause: { param: path === "" ? null : path },
  });
}

/** What kind of value this is, never the value: it could be a megabyte long, or private. */
function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value === "") return "empty text";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "a number";
  return typeof value === "boolean" ? String(value) : "an object";
}

/** @throws {RequestError} */
export function checkObject(value: unknown, path: string): JsonObject {
  return isJsonObject(value) ? value : invalid(path, "an object", value);
}

/** @throws {RequestError} */
export function checkList(value: unknown, path: string): unknown[] {
  return Array.isArray(value) ? value : invalid(path, "a list", value);
}

/** @throws {RequestError} */
export function checkText(value: unknown, path: string): string {
  return typeof value === "string" ? value : invalid(path, "text", value);
}

/** @throws {RequestError} */
export function checkName(value: unknown, path: string): string {
  return typeof value === "string" && value !== "" ? value : invalid(path, "text that is not empty", value);
}

/** The kinds of optional fields. All may be absent or null. */
export type FieldKind = "text" | "flag" | "number" | "object" | "list" | "textList";

const FIELD_KINDS: Readonly<Record<FieldKind, readonly [expected: string, test: (value: unknown) => boolean]>> = {
  text: ["text", (value) => typeof value === "string"],
  flag: ["true or false", (value) => typeof value === "boolean"],
  number: ["a number", (value) => typeof value === "number"],
  object: ["an object", isJsonObject],
  list: ["a list", Array.isArray],
  textList: ["a list of text", (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string")],
};

/** Checks the optional fields of an object. @throws {RequestError} */
export function checkFields(object: JsonObject, fields: Readonly<Record<string, FieldKind>>, path: string): void {
  for (const [name, kind] of Object.entries(fields)) {
    const value = object[name];
    if (value == null) continue;
    const [expected, test] = FIELD_KINDS[kind];
    if (!test(value)) invalid(path === "" ? name : `${path}.${name}`, expected, value);
  }
}
