/**
 * Settings of model calls as they are typed: names of models, and how long to wait.
 * @module
 */

/** A value, or what is wrong with the text, in words that follow the setting's name. */
type Checked<T> = { readonly value: T } | { readonly problem: string };

const SLUG = /^[\w.:/@+-]{1,200}$/;

/** Reads `a, b, c`. */
export function asSlugs(text: string): Checked<readonly string[]> {
  const slugs = partsOf(text);
  const isList = slugs.length > 0 && slugs.every((slug) => SLUG.test(slug));
  return isList ? { value: [...new Set(slugs)] } : { problem: "must be names of models with commas between them" };
}

/** Reads `a=b, c=d`: each name with the one that it stands for. */
export function asAliases(text: string): Checked<Readonly<Record<string, string>>> {
  const pairs = partsOf(text).map((part) => part.split("=").map((name) => name.trim()));
  const isMap = pairs.length > 0 && pairs.every((pair) => pair.length === 2 && pair.every((name) => SLUG.test(name)));
  if (!isMap) return { problem: "must be pairs name=model with commas between them, such as quick=gpt-6-luna-low" };
  // Without a prototype: a name may be any word.
  const aliases = Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(pairs));
  return pairs.length === Object.keys(aliases).length ? { value: aliases } : { problem: "names a model twice" };
}

function partsOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const UNIT_MS: Readonly<Record<string, number>> = { "": 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_MS = 24 * 3_600_000;

/** Reads `90s`, `10m`, `1h`, `500ms`, or a bare number of seconds. Gives milliseconds. */
export function asWait(text: string): Checked<number> {
  const match = /^(\d{1,8})(ms|[smh])?$/.exec(text.trim());
  const waitMs = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
  return waitMs > 0 && waitMs <= MAX_MS
    ? { value: waitMs }
    : { problem: "must be a time up to 24h, such as 90s, 10m or 1h" };
}
