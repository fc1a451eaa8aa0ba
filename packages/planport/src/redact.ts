/**
 * What a token looks like, and how it is taken out of a text before anybody reads it.
 *
 * Every pattern takes linear time on any input: nothing that may repeat without end stands before something that may fail,
 * and what may fail is bounded in length. Redacting twice gives what redacting once gives.
 * @module
 */

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** What may be asked of {@link redactText}. */
export interface RedactOptions {
  /** The longest result, in UTF-16 code units, to which one `…` comes when something was cut. Without it, all is kept. */
  readonly maxChars?: number;
  /** Take out long runs that are no words as well. They may be a token of any shape, but a digest or an id, too. */
  readonly opaque?: boolean;
}

/** A text is cut to this many times its bound before it is searched, so that a huge one costs little. */
const SEARCHED_BOUNDS = 16;

/**
 * Where a token may start: not in the middle of a word (`part-time-worker`), unless that "word" is a percent-encoded
 * character, an escape of JSON, or a colour of a terminal.
 */
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|\[[\d;]{0,8}m))`;
/** Ends a word that is spared: a longer run that merely begins like one is not. */
const WORD_END = String.raw`(?![\w~+/=%-]|\.\w)`;

/** What follows "bearer" in a sentence or in a challenge (RFC 6750 §3), and is no token. */
const BEARER_WORDS =
  "auth|authentication|authorization|tokens?|credentials?|headers?|scheme|basic|bearer|or|and|is|was|are|in|of|for|not|must|has|required|missing|expired|invalid";
const BEARER = new RegExp(
  String.raw`(bearer(?:\s+|%20|\+))(?!(?:${BEARER_WORDS})${WORD_END}|(?:realm|scope|error|error_description)=["']|<[a-z_-]{1,20}>)[^\s"',;…]+`,
  "gi",
);
/** "basic" is an ordinary word, so only what is no word after it is taken. A real one nearly always has a digit or capital. */
const BASIC = new RegExp(
  String.raw`(?<![A-Za-z])((?:[Bb]asic|BASIC)(?:\s+|%20|\+))(?![A-Za-z]?[a-z]{0,14}${WORD_END})[^\s"',;…]+`,
  "g",
);

/** Parameters of a query or a form, bare or percent-encoded. */
const PARAMETER =
  /((?:token|secret|password|passwd|code_verifier|api[_-]?key|(?:(?<![\w-])|(?<=%[0-9a-f]{2}))key)(?:=|%3D))[^\s&"'<>;,…]+/gi;
/** The same as a field of JSON, also of JSON in a string. Not `key`, which is a word there. */
const FIELD =
  /((?:token|secret|password|passwd|code_verifier|api[_-]?key)\\?["']\s{0,8}:\s{0,8}\\?["'])[^\s&"'<>;,…]+/gi;
/** An authorization code. A short value is a status, and `refresh_token_reused` or `ECONNREFUSED` is the name of an error. */
const CODE = new RegExp(
  String.raw`(${START}[Cc]ode(?:=|%3D))(?=[^\s&"'<>;,…[]{12})(?!(?:[a-z]{2,}(?:_[a-z]*)+|[A-Z][A-Z_]*)${WORD_END})[^\s&"'<>;,…]+`,
  "g",
);

/** A few plain words: `at-least-once`, `sess_expired`. */
const WORDS = String.raw`[a-z]{1,15}(?:[-_][a-z]{1,15}){0,6}(?![\w~+=-])`;
/**
 * JWTs (base64url of `{"`; anywhere when the usual names of a header follow), Codex access and refresh tokens,
 * authorization codes, keys and session keys of OpenAI, tokens of GitHub.
 */
const TOKEN = new RegExp(
  [
    String.raw`eyJ(?:hbGci|0eXAi|raWQi|lbmMi)[\w-]*(?:\.[\w-]*)*`,
    String.raw`${START}(?:${[
      String.raw`eyJ[\w-]{4,}(?:\.[\w-]*)*`,
      String.raw`(?:rt|sk|gh[a-z]|github_pat)[-_][\w.~+/=-]{8,}`,
      String.raw`(?:o?at|ort|ac|sess)[-_](?!${WORDS})[\w.~+/=-]{8,}`,
      String.raw`rt\.(?:\d{1,3}\.[\w-]{6,}|[\w-]{20,})[\w.~+/=-]*`,
    ].join("|")})`,
  ].join("|"),
  "g",
);

/** Name and password in a URL (RFC 3986 §3.2.1). */
const USER_INFO = /(:\/\/)[^\s/?#@:"'<>]*:[^\s/?#@"'<>]*@/g;

const RUN = /[A-Za-z0-9+/_=.-]{17,}/g;
/** UUIDs and the ids of requests, which a report needs. */
const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|req_[0-9a-z-]{8,64}/gi;
/** What names, paths, hosts and versions are made of. */
const WORD = /^(?:[A-Za-z0-9]{0,7}|[A-Za-z]?[a-z]{0,20}|[A-Z]{0,20}|\d{0,13})$/;

/**
 * The text with everything token-like replaced by `[redacted]`: JWTs, tokens known by their prefix, what stands after
 * `Bearer` and `Basic`, parameters and JSON fields that hold secrets, the password of a URL.
 */
export function redactText(text: string, options: RedactOptions = {}): string {
  const { maxChars = Number.POSITIVE_INFINITY, opaque = false } = options;
  const searched = head(text, maxChars * SEARCHED_BOUNDS);
  return bounded(replaceTokens(searched, opaque), maxChars, searched !== text);
}

/**
 * One printable, redacted line of at most `maxChars` UTF-16 code units, to which one `…` comes when something was cut: runs
 * of blanks, control and format characters become one space each.
 */
export function oneLine(text: string, maxChars: number, options: Pick<RedactOptions, "opaque"> = {}): string {
  const searched = head(text, maxChars * SEARCHED_BOUNDS);
  const line = searched.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, " ");
  return bounded(replaceTokens(line, options.opaque ?? false).trim(), maxChars, searched !== text);
}

function replaceTokens(text: string, opaque: boolean): string {
  const clean = text
    .replaceAll(BEARER, `$1${REDACTED}`)
    .replaceAll(BASIC, `$1${REDACTED}`)
    .replaceAll(PARAMETER, `$1${REDACTED}`)
    .replaceAll(FIELD, `$1${REDACTED}`)
    .replaceAll(CODE, `$1${REDACTED}`)
    .replaceAll(TOKEN, REDACTED);
  const runs = opaque ? clean.replaceAll(RUN, (run) => (isOpaque(run) ? REDACTED : run)) : clean;
  // Last, since a redacted password has none of the characters that hide the end of a raw one.
  return runs.replaceAll(USER_INFO, `$1${REDACTED}@`);
}

/** True for a run of 28 characters, or of two long parts with a dot between, that is not made of words, numbers and ids. */
function isOpaque(run: string): boolean {
  if (run.length < 28 && !/[\w-]{8}\.[\w-]{8}/.test(run)) return false;
  return !run
    .replaceAll(ID, "")
    .split(/[+/_=.-]/)
    .every((part) => WORD.test(part));
}

function bounded(text: string, maxChars: number, wasCut: boolean): string {
  const kept = head(text, maxChars);
  return wasCut || kept !== text ? `${kept}…` : text;
}

/** What a token can be made of; all that ends a value in the patterns above is missing. */
const TOKEN_CHARACTER = /[!#-%(-+\--:=?-~]/;

/**
 * The start of a text. A run of characters that the cut goes through is left out as a whole, because half a token may have
 * no token's shape.
 */
function head(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  let end = maxChars;
  if (TOKEN_CHARACTER.test(text.charAt(end))) while (end > 0 && TOKEN_CHARACTER.test(text.charAt(end - 1))) end -= 1;
  // Nor is a character outside of the basic plane cut in two.
  if (/^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(end - 1, end + 1))) end -= 1;
  return text.slice(0, end);
}

/** What of a foreign error is kept beside its name, message and stack when it has to be copied. */
const PLAIN_FIELDS = ["code", "errno", "syscall", "address", "port", "path"] as const;
const SECRET_FIELD = /(?:token|secret|password|authorization|verifier|cookie|api[-_]?key)$/i;
const MAX_DEPTH = 4;
const MAX_FIELDS = 64;

/**
 * The value itself when nothing in it looks like a token; else a copy without: a text redacted, an error with its name,
 * message, stack, codes and causes redacted and nothing else of what it carried. Libraries put what they were given into
 * their errors (`JSON.parse` quotes its input, `new URL` keeps it). Never throws.
 */
export function withoutTokens(value: unknown): unknown {
  try {
    return holdsToken(value, 0, new Set()) ? cleanCopy(value, 0) : value;
  } catch {
    return "[unreadable]"; // A getter or a proxy threw.
  }
}

function holdsToken(value: unknown, depth: number, seen: Set<object>): boolean {
  if (typeof value === "string") return redactText(value) !== value;
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  // Those of an error that do not enumerate are its message, stack and cause.
  const names = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value);
  // What is too much to search is taken for guilty.
  if (depth > MAX_DEPTH || names.length > MAX_FIELDS) return true;
  return names.some((name) => {
    const field: unknown = Reflect.get(value, name);
    return redactText(name) !== name || isNamedSecret(name, field) || holdsToken(field, depth + 1, seen);
  });
}

function cleanCopy(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "[function]" : value;
  if (depth > MAX_DEPTH) return "[deep]";
  if (value instanceof Error) return cleanError(value, depth);
  if (Array.isArray(value)) return value.slice(0, MAX_FIELDS).map((entry) => cleanCopy(entry, depth + 1));
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) return "[object]";
  const fields = Object.entries(value).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.map(([name, entry]) => [
      redactText(name),
      isNamedSecret(name, entry) ? REDACTED : cleanCopy(entry, depth + 1),
    ]),
  );
}

/** A text of whatever shape, under a name that says what it is. */
function isNamedSecret(name: string, value: unknown): boolean {
  return typeof value === "string" && SECRET_FIELD.test(name);
}

function cleanError(error: Error, depth: number): Error {
  const copy = new Error(redactText(error.message));
  const set = (name: string, value: unknown): void =>
    void Object.defineProperty(copy, name, { value, configurable: true, writable: true });
  set("name", redactText(error.name));
  set("stack", redactText(error.stack ?? ""));
  for (const name of PLAIN_FIELDS) {
    const field: unknown = Reflect.get(error, name);
    if (typeof field === "number" || typeof field === "string") set(name, cleanCopy(field, depth));
  }
  if (error.cause !== undefined && depth < MAX_DEPTH) set("cause", cleanCopy(error.cause, depth + 1));
  return copy;
}
