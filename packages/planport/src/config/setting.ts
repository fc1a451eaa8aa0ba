/**
 * A value and where it came from: what `planport status` needs to answer "why is it this?".
 * @module
 */

/** Where a setting's value came from. */
export type SettingOrigin =
  | { readonly kind: "flag"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "file"; readonly path: string; readonly key: string }
  | { readonly kind: "default" };

/** A resolved value with its origin. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: SettingOrigin;
}

/** The origin in words: `--port`, `PLANPORT_PORT`, `model in /home/me/.codex/config.toml`, `default`. */
export function describeOrigin(origin: SettingOrigin): string {
  if (origin.kind === "file") return `${origin.key} in ${origin.path}`;
  return origin.kind === "default" ? "default" : origin.name;
}

/** One place a value may come from; `value` is undefined when the place says nothing. */
export interface Candidate<T> {
  readonly value: T | undefined;
  readonly origin: SettingOrigin;
}

/** The first candidate that says something, else the default. The order of the candidates is the precedence. */
export function firstOf<T>(candidates: readonly Candidate<T>[], fallback: T): Setting<T> {
  for (const { value, origin } of candidates) if (value !== undefined) return { value, origin };
  return { value: fallback, origin: { kind: "default" } };
}
