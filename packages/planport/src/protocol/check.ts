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
 * @param shown What to say of `got` in place of its kind.
 * @throws {RequestError} `request_invalid`, always.
 */
export function invalid(path: string, expected: string, got: unknown, shown?: string): never {
  const where = path === "" ? "The request body" : path;
  throw new RequestError("request_invalid", `${where}: expected ${expected}, got ${shown ?? kindOf(got)}.`, {
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

/** A value that is fit to be quoted: so are the words that name a choice, and no secret or private text is that short. */
const WORD = /^[\w.:-]{1,24}$/;

/**
 * Takes one of a few words. A wrong word is quoted, since it is nearly always a slip of spelling.
 * @throws {RequestError}
 */
export function checkOneOf(value: unknown, words: readonly string[], path: string): string {
  if (typeof value === "string" && words.includes(value)) return value;
  return invalid(path, oneOf(words), value, typeof value === "string" && WORD.test(value) ? `"${value}"` : undefined);
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** What an optional field holds. */
export interface FieldKind {
  /** In words, for the message of an error and for the table of parameters. */
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
  /** The words to choose from, where there are only these. */
  readonly words?: readonly string[];
  /** A number, so that a wrong one may be quoted. */
  readonly numeric?: true;
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string";

/** Any text. */
export const TEXT: FieldKind = { expected: "text", test: isText };
/** A boolean. */
export const FLAG: FieldKind = { expected: "true or false", test: (value) => typeof value === "boolean" };
/** Any number. */
export const NUMBER: FieldKind = { expected: "a number", test: isNumber, numeric: true };
/** Any whole number. */
export const INTEGER: FieldKind = { expected: "a whole number", test: Number.isInteger, numeric: true };
/** A JSON object. */
export const OBJECT: FieldKind = { expected: "an object", test: isJsonObject };
/** A list of anything. */
export const LIST: FieldKind = { expected: "a list", test: Array.isArray };
/** A list of text. */
export const TEXT_LIST: FieldKind = { expected: "a list of text", test: isListOf(isText) };
/** A number from `min` to `max`. */
export function between(min: number, max: number): FieldKind {
  return {
    expected: `a number from ${min} to ${max}`,
    numeric: true,
    test: (value) => isNumber(value) && value >= min && value <= max,
  };
}

/** A whole number from `min`, to `max` if there is one. */
export function integerFrom(min: number, max: number = Infinity): FieldKind {
  return {
    expected: `a whole number ${max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`}`,
    numeric: true,
    test: (value) => isNumber(value) && Number.isInteger(value) && value >= min && value <= max,
  };
}

/** One of these words. */
export function choice(...words: readonly string[]): FieldKind {
  return { expected: oneOf(words), test: (value) => isText(value) && words.includes(value), words };
}

/** Either of two kinds. */
export function either(one: FieldKind, other: FieldKind): FieldKind {
  return {
    expected: `${one.expected} or ${other.expected}`,
    test: (value) => one.test(value) || other.test(value),
    ...(one.words !== undefined && { words: one.words }),
  };
}

/** A list of up to `max` texts. */
export function textsUpTo(max: number): FieldKind {
  const isTexts = isListOf(isText);
  return {
    expected: `a list of up to ${max} texts`,
    test: (value) => Array.isArray(value) && value.length <= max && isTexts(value),
  };
}

/** An object whose values are of a kind. */
export function mapOf(kind: FieldKind): FieldKind {
  return {
    expected: `an object whose values are each ${kind.expected}`,
    test: (value) => isJsonObject(value) && Object.values(value).every(kind.test),
  };
}

function isListOf(test: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(test);
}

/** What the optional fields of an object hold, by name. */
export type Fields = Readonly<Record<string, FieldKind>>;

/** Checks the optional fields of an object; all may be absent or null. @throws {RequestError} */
export function checkFields(object: JsonObject, fields: Fields, path: string): void {
  for (const name in fields) {
    const value = object[name];
    if (value == null) continue;
    const kind = fields[name] as FieldKind;
    if (kind.test(value)) continue;
    const at = path === "" ? name : `${path}.${name}`;
    if (kind.words !== undefined) checkOneOf(value, kind.words, at);
    invalid(at, kind.expected, value, kind.numeric && isNumber(value) ? String(value) : undefined);
  }
}
