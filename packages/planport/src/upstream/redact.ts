/**
 * Text of a server, made fit for an error message.
 * @module
 */

/** Longest excerpt in UTF-16 code units. */
const MAX_EXCERPT_CHARS = 600;

/** What a token looks like: JWTs, `at-…`, `sk-…`, `rt_…`/`rt.…`, OAuth codes `ac_…`, and whatever follows `Bearer`. */
const SECRET_SHAPES: readonly RegExp[] = [
  /\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g,
  /\b(?:at|sk|rt|ac)[-_.][\w.-]{8,}/g,
  /(\bBearer\s+)[\w.~+/=-]{8,}/gi,
];

/** Replaces everything that looks like a token by `[redacted]`. */
function redactSecrets(text: string): string {
  return SECRET_SHAPES.reduce(
    (clean, shape) =>
      clean.replaceAll(
        shape,
        (_all: string, prefix: unknown) => `${typeof prefix === "string" ? prefix : ""}[redacted]`,
      ),
    text,
  );
}

/** A short, one-line, secret-free form of what a server said. */
export function excerpt(text: string): string {
  // Bounded before the patterns run, so that a long body cannot make them slow; twice the length, since cutting may
  // split a token, whose rest is then cut off by the second bound.
  const clean = redactSecrets(text.slice(0, MAX_EXCERPT_CHARS * 2))
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ")
    .trim();
  return clean.length <= MAX_EXCERPT_CHARS ? clean : `${clean.slice(0, MAX_EXCERPT_CHARS)}…`;
}
