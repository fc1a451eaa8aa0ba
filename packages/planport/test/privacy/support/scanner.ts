/**
 * Looks for secrets in anything that was written, also where they were encoded, wrapped, coloured, cut short or cut off at
 * the front. It undoes encodings of the text instead of guessing how a secret was encoded.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { NamedSecret } from "./secrets.ts";

/** A place where a secret came to light. */
export interface Finding {
  readonly where: string;
  readonly secret: string;
  /** How the text had to be read to see it. */
  readonly reading: string;
}

/** A beginning of this length counts as the secret: longer than 12 characters. */
const PREFIX_CHARS = 13;
/** A piece from the middle or the end counts from this length. */
const PIECE_CHARS = 16;
const PIECE_STEP = 4;

/** Every piece of a secret that must not be seen, in lower case. */
function piecesOf(secret: string): string[] {
  const text = secret.toLowerCase();
  const pieces = [text.slice(0, PREFIX_CHARS)];
  for (let start = 0; start + PIECE_CHARS <= text.length; start += PIECE_STEP)
    pieces.push(text.slice(start, start + PIECE_CHARS));
  if (text.length > PIECE_CHARS) pieces.push(text.slice(-PIECE_CHARS));
  return [...new Set(pieces)];
}

type Reading = readonly [name: string, read: (text: string) => string];

const fromRuns = (pattern: RegExp, decode: (run: string) => string): ((text: string) => string) => {
  return (text) => [...text.matchAll(pattern)].map(([run]) => decode(run)).join("\n");
};

/** Each may be applied on top of another. */
const READINGS: readonly Reading[] = [
  ["percent-encoded", (text) => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => percentDecoded(run))],
  [
    "escaped",
    (text) =>
      text
        .replaceAll(/\\+u\{?([0-9a-f]{2,6})\}?/gi, (_all, hex: string) => character(Number.parseInt(hex, 16)))
        .replaceAll(/\\+x([0-9a-f]{2})/gi, (_all, hex: string) => character(Number.parseInt(hex, 16)))
        .replaceAll(/\\+(["'/\\])/g, "$1"),
  ],
  [
    "HTML-escaped",
    (text) =>
      text
        .replaceAll(/&#(\d{1,6});/g, (_all, digits: string) => character(Number(digits)))
        .replaceAll(/&#x([0-9a-f]{1,6});/gi, (_all, hex: string) => character(Number.parseInt(hex, 16)))
        .replaceAll("&quot;", '"')
        .replaceAll("&amp;", "&"),
  ],
  // oxlint-disable-next-line no-control-regex -- colours of a terminal
  ["coloured or wrapped", (text) => text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]|['"]\s*\+\s*['"]|[\s\u200b]+/g, "")],
  [
    "base64",
    fromRuns(/[A-Za-z0-9+/_-]{16,}={0,2}/g, (run) =>
      // A run may begin before the encoded part does.
      [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), "base64").toString("latin1")).join("\n"),
    ),
  ],
  [
    "hexadecimal",
    fromRuns(/(?:[0-9a-f]{2}[\s:,]?){8,}/gi, (run) =>
      Buffer.from(run.replaceAll(/[^0-9a-f]/gi, ""), "hex").toString("latin1"),
    ),
  ],
  [
    "numbers of bytes",
    fromRuns(/\d{1,3}(?:\s*,\s*(?:"\d+"\s*:\s*)?\d{1,3}){7,}/g, (run) =>
      [...run.replaceAll(/"\d+"\s*:/g, "").matchAll(/\d+/g)].map(([digits]) => character(Number(digits))).join(""),
    ),
  ],
];

function percentDecoded(run: string): string {
  return Buffer.from(run.replaceAll("%", ""), "hex").toString("latin1");
}

function character(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
}

/** All readings of a text, alone and one upon another. */
function* readingsOf(text: string): Generator<readonly [name: string, text: string]> {
  yield ["as it is", text];
  for (const [outer, readOuter] of READINGS) {
    const once = readOuter(text);
    if (once === text || once === "") continue;
    yield [outer, once];
    for (const [inner, readInner] of READINGS) {
      const twice = readInner(once);
      if (twice !== once && twice !== "") yield [`${inner} in ${outer}`, twice];
    }
  }
}

/** Looks for secrets in one text. */
export function scan(where: string, text: string, secrets: readonly NamedSecret[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const [reading, readable] of readingsOf(text)) {
    const lower = readable.toLowerCase();
    for (const { name, value } of secrets)
      if (!found.has(name) && piecesOf(value).some((piece) => lower.includes(piece)))
        found.set(name, { where, secret: name, reading });
  }
  return [...found.values()];
}

/** Every file below a folder, by its path from there. */
export function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    // A folder was taken away while it was read: a lock, say. The others are still to be seen.
    if (error instanceof Error && "code" in error && error.code === "ENOENT" && existsSync(folder))
      return filesBelow(folder);
    throw error;
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/**
 * Looks for secrets in the files below a folder, in their content and in their names.
 * @param mayHold Which secrets belong in a file, by its path from the folder; null for none. Of a pattern: all belong in
 * files whose path it matches. Files in which any do are held to being their owner's alone.
 */
export function scanFolder(
  folder: string,
  secrets: readonly NamedSecret[],
  mayHold: RegExp | ((path: string) => ((secret: NamedSecret) => boolean) | null),
): Finding[] {
  return filesBelow(folder).flatMap((path) => {
    const file = join(folder, path);
    const slashes = path.replaceAll("\\", "/");
    const named = scan(`the name of ${path}`, path, secrets);
    const content = readIfThere(file);
    if (content === null) return named; // Another process has just taken it away.
    const isAllowed = mayHold instanceof RegExp ? (mayHold.test(slashes) ? () => true : null) : mayHold(slashes);
    const held = scan(path, content, isAllowed === null ? secrets : secrets.filter((secret) => !isAllowed(secret)));
    named.push(...held);
    if (isAllowed === null) return named;
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0; // Gone since then: nobody's any more.
    const isPrivate = process.platform === "win32" || (mode & 0o077) === 0;
    return isPrivate ? named : [...named, { where: path, secret: "everything in it", reading: "by other users" }];
  });
}
