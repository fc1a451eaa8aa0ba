/**
 * What may stand in a file: a table that values are checked against, and that a JSON Schema is made of.
 * @module
 */

/** What a value must be. `text` says what it is for, as Markdown. */
export type Shape =
  | TextShape
  | {
      readonly kind: "number";
      readonly text: string;
      readonly min: number;
      readonly max: number;
      readonly whole: boolean;
    }
  | { readonly kind: "flag"; readonly text: string; readonly standard?: boolean }
  | {
      readonly kind: "choice";
      readonly text: string;
      readonly words: readonly string[];
      readonly effects?: Readonly<Record<string, string>>;
      readonly standard?: string;
    }
  | { readonly kind: "list"; readonly text: string; readonly of: TextShape; readonly orOne: boolean }
  | ObjectShape
  | { readonly kind: "map"; readonly text: string; readonly of: Shape; readonly names: Rule };

/** Text that obeys a rule. */
export interface TextShape {
  readonly kind: "text";
  readonly text: string;
  readonly rule?: Rule;
  /** More than a pattern can say; undefined when all is well, else what is wrong in words that follow the name. */
  readonly problem?: (value: string) => string | undefined;
}

/** A pattern, and what it asks for in words that follow "must be". */
export interface Rule {
  readonly pattern: RegExp;
  readonly words: string;
}

/** Known fields; others are refused. */
export interface ObjectShape {
  readonly kind: "object";
  readonly text: string;
  readonly fields: Readonly<Record<string, Shape>>;
}

/** Where a value stands. */
export type Path = readonly (string | number)[];

/** Ends a check. `at` says whether the key is at fault or its value. */
export type Refuse = (path: Path, problem: string, at: "key" | "value") => never;

/** Checks a value and all within it. A field that is `null` counts as not there. */
export function checkShape(value: unknown, shape: Shape, path: Path, refuse: Refuse): void {
  switch (shape.kind) {
    case "text":
      checkText(value, shape, path, refuse);
      return;
    case "number":
      if (
        typeof value !== "number" ||
        !(value >= shape.min && value <= shape.max) ||
        (shape.whole && !Number.isInteger(value))
      )
        refuse(path, `must be ${numberWords(shape)}`, "value");
      return;
    case "flag":
      if (typeof value !== "boolean") refuse(path, "must be true or false", "value");
      return;
    case "choice":
      checkChoice(value, shape.words, path, refuse);
      return;
    case "list":
      checkList(value, shape, path, refuse);
      return;
    case "object":
      checkObject(value, shape, path, refuse);
      return;
    case "map":
      for (const [name, inner] of Object.entries(fieldsOf(value, path, refuse))) {
        if (!shape.names.pattern.test(name)) refuse([...path, name], `must be named by ${shape.names.words}`, "key");
        checkShape(inner, shape.of, [...path, name], refuse);
      }
  }
}

function checkText(value: unknown, { rule, problem }: TextShape, path: Path, refuse: Refuse): void {
  if (typeof value !== "string" || value.trim() === "") return refuse(path, "must be text that is not empty", "value");
  if (rule !== undefined && !rule.pattern.test(value)) refuse(path, `must be ${rule.words}`, "value");
  const found = problem?.(value);
  if (found !== undefined) refuse(path, found, "value");
}

const WORD = /^[\w.:-]{1,24}$/;

function checkChoice(value: unknown, words: readonly string[], path: Path, refuse: Refuse): void {
  if (typeof value === "string" && words.includes(value)) return;
  const got = typeof value === "string" && WORD.test(value) ? `, not "${value}"` : "";
  refuse(path, `must be one of ${words.join(", ")}${got}`, "value");
}

function checkList(value: unknown, { of, orOne }: Extract<Shape, { kind: "list" }>, path: Path, refuse: Refuse): void {
  if (orOne && typeof value === "string") checkShape(value, of, path, refuse);
  else if (Array.isArray(value)) value.forEach((each, index) => checkShape(each, of, [...path, index], refuse));
  else refuse(path, orOne ? "must be text or a list of texts" : "must be a list", "value");
}

function checkObject(value: unknown, { fields }: ObjectShape, path: Path, refuse: Refuse): void {
  for (const [name, inner] of Object.entries(fieldsOf(value, path, refuse))) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (shape === undefined)
      refuse([...path, name], `is not known here; known are ${Object.keys(fields).join(", ")}`, "key");
    else if (inner !== null) checkShape(inner, shape, [...path, name], refuse);
  }
}

function fieldsOf(value: unknown, path: Path, refuse: Refuse): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return refuse(path, "must hold keys with values", "value");
}

function numberWords({ min, max, whole }: Extract<Shape, { kind: "number" }>): string {
  return `a ${whole ? "whole " : ""}number from ${min} to ${max}`;
}

/** The shape as JSON Schema (draft 2020-12). */
export function toJsonSchema(shape: Shape): Record<string, unknown> {
  const description = shape.text.replaceAll("`", "");
  const about = description === "" ? {} : { description };
  switch (shape.kind) {
    case "text":
      return { type: "string", ...about, minLength: 1, ...(shape.rule && { pattern: shape.rule.pattern.source }) };
    case "number":
      return { type: shape.whole ? "integer" : "number", ...about, minimum: shape.min, maximum: shape.max };
    case "flag":
      return { type: "boolean", ...about, ...(shape.standard !== undefined && { default: shape.standard }) };
    case "choice":
      return { enum: shape.words, ...about, ...(shape.standard !== undefined && { default: shape.standard }) };
    case "list": {
      const list = { type: "array", items: toJsonSchema(shape.of) };
      return shape.orOne ? { ...about, anyOf: [toJsonSchema(shape.of), list] } : { ...list, ...about };
    }
    case "object":
      return { type: "object", ...about, properties: schemas(shape.fields), additionalProperties: false };
    case "map":
      break;
  }
  const { names, of } = shape;
  return {
    type: "object",
    ...about,
    propertyNames: { pattern: names.pattern.source },
    additionalProperties: toJsonSchema(of),
  };
}

function schemas(fields: Readonly<Record<string, Shape>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, shape]) => {
      const schema = toJsonSchema(shape);
      // A key without a value means the same as none.
      return [
        name,
        "type" in schema ? { ...schema, type: [schema["type"], "null"] } : { anyOf: [schema, { type: "null" }] },
      ];
    }),
  );
}
