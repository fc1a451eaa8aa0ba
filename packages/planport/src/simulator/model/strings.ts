/**
 * Strings that fit: formats, lengths, patterns.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { conforms } from "./conforms.ts";
import { anyText, type Hints, hintFor } from "./hints.ts";
import { sampleOf } from "./pattern.ts";

interface Format {
  /** What counts as this format when the prompt has it. */
  readonly check: RegExp;
  readonly sample: string;
}

const FORMATS: Readonly<Record<string, Format>> = {
  date: { check: /^\d{4}-\d{2}-\d{2}$/, sample: "2026-01-15" },
  "date-time": {
    check: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/,
    sample: "2026-01-15T12:00:00Z",
  },
  time: { check: /^\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/, sample: "12:00:00Z" },
  duration: { check: /^P(?=.)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?$/, sample: "PT1H" },
  email: { check: /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/, sample: "person@example.com" },
  hostname: { check: /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i, sample: "example.com" },
  ipv4: { check: /^(?:\d{1,3}\.){3}\d{1,3}$/, sample: "192.0.2.1" },
  ipv6: { check: /^[0-9a-f:]+:[0-9a-f:]*$/i, sample: "2001:db8::1" },
  uri: { check: /^[a-z][a-z0-9+.-]*:\S+$/i, sample: "https://example.com/" },
  url: { check: /^https?:\/\/\S+$/i, sample: "https://example.com/" },
  uuid: { check: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, sample: "123e4567-e89b-42d3-a456-426614174000" },
};

/** A string for a field: from the prompt, else an example or default of the schema, else something of the right form. */
export function fitString(schema: JsonObject, name: string, hints: Hints): string {
  const format = FORMATS[String(schema["format"])];
  const fits = (text: string): boolean =>
    conforms(text, schema, schema) && (format === undefined || format.check.test(text));
  const hint = hintFor(name, hints);
  if (hint !== null && fits(hint)) return hint;
  const examples: unknown[] = Array.isArray(schema["examples"]) ? schema["examples"] : [];
  const given = [schema["default"], ...examples].find((one) => typeof one === "string" && fits(one));
  if (typeof given === "string") return given;
  if (format !== undefined) return fits(format.sample) ? format.sample : resize(format.sample, schema);
  const pattern = schema["pattern"];
  if (typeof pattern === "string") return fitPattern(pattern, schema, hints, name);
  const text = anyText(name, hints);
  return fits(text) ? text : resize(text, schema);
}

function fitPattern(pattern: string, schema: JsonObject, hints: Hints, name: string): string {
  const words = `${hints.clause} ${hints.prompt}`.split(/[\s,;"“”]+/u);
  const said = [...words, anyText(name, hints)].find((word) => word !== "" && conforms(word, schema, schema));
  if (said !== undefined) return said;
  const sample = sampleOf(pattern);
  return conforms(sample, schema, schema) ? sample : longer(pattern, sample, schema);
}

/** Open-ended patterns such as `^[a-z]+$` may need more of the same to reach `minLength`. */
function longer(pattern: string, sample: string, schema: JsonObject): string {
  const least = typeof schema["minLength"] === "number" ? schema["minLength"] : 0;
  const counted = pattern.replaceAll(/(?<!\\)[+*]|\{\d+,\}/g, `{${Math.max(1, least)}}`);
  const candidate = sampleOf(counted);
  return conforms(candidate, schema, schema) ? candidate : sample;
}

function resize(text: string, schema: JsonObject): string {
  const chars = Array.from(text === "" ? "text" : text);
  const least = typeof schema["minLength"] === "number" ? schema["minLength"] : 0;
  const most = typeof schema["maxLength"] === "number" ? schema["maxLength"] : Number.POSITIVE_INFINITY;
  const size = chars.length;
  while (chars.length < least) chars.push(chars[chars.length % size] ?? "x");
  return chars.slice(0, most).join("");
}
