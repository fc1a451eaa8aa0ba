/**
 * Names for schemas: what has one becomes a type of its own wherever the protocol is written out, and is told by it when
 * something does not fit.
 * @module
 */
import * as z from "zod";

/** What is known of a named schema. */
export interface SchemaName {
  /** The name that the protocol gives it. */
  readonly id: string;
}

/** The files that types are written to. */
export type TypesFile = "account" | "items" | "models" | "threads" | "turns";

type Registry = z.core.$ZodRegistry<SchemaName>;

/** All named schemas, in the order in which they were named. */
export const vocabulary: Registry = z.registry<SchemaName>();

/** The names by the file of `protocol/types` that their types are written to. */
export const namesByFile: Map<TypesFile, readonly string[]> = new Map();

/** Gives names to the schemas of one file. */
export function namesFor(file: TypesFile): <T extends z.ZodType>(id: string, schema: T) => T {
  return (id, schema) => {
    vocabulary.add(schema, { id });
    namesByFile.set(file, [...(namesByFile.get(file) ?? []), id]);
    return schema;
  };
}

/** A field that may be left out or null. */
export function maybe<T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodNullable<T>> {
  return schema.nullish();
}

/** Any JSON. */
export const json: z.ZodType = z.unknown();

/** A whole number that fits into 32 bits without a sign, as Rust's `u32`. */
export const u32: z.ZodType = z.int().min(0).max(4_294_967_295);

/** A whole number. */
export const int: z.ZodType = z.int();

/** An object whose values are all of one kind. */
export function mapOf(value: z.ZodType): z.ZodType {
  return z.record(z.string(), value);
}
