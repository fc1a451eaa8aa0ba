/**
 * Words of a prompt that fit a named field: "weather in Paris" has a city.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";

/** Where values may come from. */
export interface Hints {
  /** The part of the prompt that is about this call. */
  readonly clause: string;
  /** All of it. */
  readonly prompt: string;
  /** Values that tools gave back, by field name. */
  readonly known: JsonObject;
}

const CAPITALISED = String.raw`\p{Lu}[\p{L}\p{N}'’.-]*(?:\s+\p{Lu}[\p{L}\p{N}'’.-]*)*`;
const PLACE_FIELD = /city|location|place|country|town|region|area|destination|where|origin|state|address/i;
const SOURCE_FIELD = /^(?:cmd|command|script|code|shell|source|bash)$/i;
const QUERY_FIELD = /quer|question|^q$|search|prompt|topic|subject|term|keyword/i;
const PATH_FIELD = /path|file|dir|folder/i;

/** The text of the prompt that best fits a field of this name; null when nothing does. */
export function hintFor(name: string, hints: Hints): string | null {
  return fromText(name, hints.clause) ?? (hints.prompt === hints.clause ? null : fromText(name, hints.prompt));
}

/** Numbers of the prompt, those of the call's own clause first. */
export function numbersIn(hints: Hints): number[] {
  const read = (text: string): number[] =>
    [...text.matchAll(/(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])/g)].map((match) => Number(match[0]));
  return [...read(hints.clause), ...(hints.clause === hints.prompt ? [] : read(hints.prompt))];
}

/** A text for a field that the prompt says nothing about. */
export function anyText(name: string, hints: Hints): string {
  const quoted = /["“`]([^"”`]{1,200})["”`]/u.exec(hints.clause)?.[1];
  const proper = firstProper(hints.clause);
  return quoted ?? proper ?? (shorten(hints.clause, 80) || shorten(hints.prompt, 80) || name || "text");
}

/** At most `max` characters, cut at a word where possible. */
export function shorten(text: string, max: number): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  if (flat.length <= max) return flat;
  const cut = flat.slice(0, max);
  const space = cut.lastIndexOf(" ");
  return `${(space > max / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

function fromText(name: string, text: string): string | null {
  return explicit(name, text) ?? byMeaning(name, text);
}

/** `city: Paris`, `city="Paris"`, `city is Paris`. */
function explicit(name: string, text: string): string | null {
  const label = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/[_-]/g, "[ _-]?");
  const quoted = new RegExp(
    String.raw`\b${label}["'\x60]?\s*(?:=|:|is|to|of)?\s*(?:"([^"]+)"|“([^”]+)”|\x60([^\x60]+)\x60)`,
    "iu",
  );
  const bare = new RegExp(String.raw`\b${label}\s*(?:=|:| is )\s*([^\s,;"“\x60][^\s,;]*)`, "iu");
  const hit = quoted.exec(text) ?? bare.exec(text);
  const value = hit?.slice(1).find((group) => group !== undefined);
  return value === undefined ? null : value.replace(/[.!?)]+$/, "");
}

function byMeaning(name: string, text: string): string | null {
  if (PLACE_FIELD.test(name)) return placeIn(name, text);
  if (/url|link|href/i.test(name)) return /https?:\/\/[^\s"'<>)]+/.exec(text)?.[0] ?? null;
  if (/mail/i.test(name)) return /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(text)?.[0] ?? null;
  if (/date|day|when/i.test(name)) return /\b\d{4}-\d{2}-\d{2}\b/.exec(text)?.[0] ?? null;
  if (SOURCE_FIELD.test(name)) return commandIn(text);
  if (/expr|formula|equation|calculation/i.test(name)) return expressionIn(text);
  if (PATH_FIELD.test(name)) return /(?:[\w.~-]*\/)+[\w.-]+|\b[\w-]+\.[a-z]\w{0,5}\b/i.exec(text)?.[0] ?? null;
  if (QUERY_FIELD.test(name)) return quotedIn(text) ?? afterAbout(text);
  if (/name|title|person|who|customer|user/i.test(name)) return nameIn(text);
  return null;
}

function placeIn(name: string, text: string): string | null {
  const words = /origin|from|departure/i.test(name)
    ? "from"
    : /dest|arriv/i.test(name)
      ? "to|for|in"
      : "in|for|at|near|to|of";
  const hit = new RegExp(String.raw`\b(?:${words})\s+(${CAPITALISED})`, "u").exec(text)?.[1];
  return hit?.replace(/[.'’-]+$/u, "") ?? null;
}

function commandIn(text: string): string | null {
  const ticked = /`([^`]+)`/.exec(text)?.[1] ?? /"([^"]+)"/.exec(text)?.[1];
  const run = /\b(?:run|execute|to run|command)[:\s]+(?!the\b|a\b)([^\n]+)/i.exec(text)?.[1];
  return ticked ?? run?.replace(/[.!?]+$/, "").trim() ?? null;
}

function expressionIn(text: string): string | null {
  return quotedIn(text) ?? /[\d(][\d\s.()]*(?:[-+*/^%][\d\s.()]*)+/.exec(text)?.[0]?.trim() ?? null;
}

function quotedIn(text: string): string | null {
  return /["“`]([^"”`]+)["”`]/u.exec(text)?.[1] ?? null;
}

function afterAbout(text: string): string | null {
  const hit =
    /\b(?:for|about|on|regarding|whether)\s+([^\n]+)/i.exec(text)?.[1] ?? /\bsearch\s+([^\n]+)/i.exec(text)?.[1];
  return hit?.replace(/[.!?,;]+$/, "").trim() || null;
}

function nameIn(text: string): string | null {
  const called = new RegExp(String.raw`\b(?:named|called|name is|for|of)\s+(${CAPITALISED})`, "u").exec(text)?.[1];
  return (called ?? quotedIn(text) ?? firstProper(text))?.replace(/[.'’-]+$/u, "") ?? null;
}

/** The first capitalised word that does not just begin a sentence. */
function firstProper(text: string): string | null {
  const hit = new RegExp(String.raw`(?<=[\p{L}\p{N},:]\s)${CAPITALISED}`, "u").exec(text)?.[0];
  return hit?.replace(/[.'’-]+$/u, "") ?? null;
}
