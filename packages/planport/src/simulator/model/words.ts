/**
 * What the model says. It has no knowledge; it shows what reached it.
 * @module
 */
import type { Conversation } from "./conversation.ts";
import { shorten } from "./hints.ts";

/** Who speaks. */
export interface Speaker {
  readonly model: string;
  /** `reasoning.effort`, or the model's default. */
  readonly effort: string;
}

interface Phrases {
  asked(quote: string): string;
  nothing: string;
  speaker(model: string, effort: string): string;
  saw(messages: number, images: number, files: number): string;
  instructed(quote: string): string;
  before(quote: string): string;
  returned(name: string, quote: string): string;
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const ENGLISH: Phrases = {
  asked: (quote) => `You asked: “${quote}”.`,
  nothing: "You asked nothing yet.",
  speaker: (model, effort) => `I am ${model}, simulated, and I answer with ${effort} effort.`,
  saw: (messages, images, files) =>
    `I saw ${[
      count(messages, "message", "messages"),
      ...(images > 0 ? [count(images, "image", "images")] : []),
      ...(files > 0 ? [count(files, "file", "files")] : []),
    ].join(", ")}.`,
  instructed: (quote) => `My instructions begin: “${quote}”.`,
  before: (quote) => `Before that you said: “${quote}”.`,
  returned: (name, quote) => `${name} returned: ${quote}`,
};

const GERMAN: Phrases = {
  asked: (quote) => `Du hast gefragt: „${quote}“.`,
  nothing: "Du hast noch nichts gefragt.",
  speaker: (model, effort) => `Ich bin ${model}, simuliert, und antworte mit Aufwand ${effort}.`,
  saw: (messages, images, files) =>
    `Ich sah ${[
      count(messages, "Nachricht", "Nachrichten"),
      ...(images > 0 ? [count(images, "Bild", "Bilder")] : []),
      ...(files > 0 ? [count(files, "Datei", "Dateien")] : []),
    ].join(", ")}.`,
  instructed: (quote) => `Meine Anweisungen beginnen: „${quote}“.`,
  before: (quote) => `Davor sagtest du: „${quote}“.`,
  returned: (name, quote) => `${name} ergab: ${quote}`,
};

const FRENCH: Phrases = {
  asked: (quote) => `Vous avez demandé : « ${quote} ».`,
  nothing: "Vous n'avez encore rien demandé.",
  speaker: (model, effort) => `Je suis ${model}, simulé, et je réponds avec un effort ${effort}.`,
  saw: (messages, images, files) =>
    `J'ai vu ${[
      count(messages, "message", "messages"),
      ...(images > 0 ? [count(images, "image", "images")] : []),
      ...(files > 0 ? [count(files, "fichier", "fichiers")] : []),
    ].join(", ")}.`,
  instructed: (quote) => `Mes instructions commencent ainsi : « ${quote} ».`,
  before: (quote) => `Avant, vous avez dit : « ${quote} ».`,
  returned: (name, quote) => `${name} a renvoyé : ${quote}`,
};

const LANGUAGES: Readonly<Record<string, Phrases>> = {
  german: GERMAN,
  deutsch: GERMAN,
  french: FRENCH,
  français: FRENCH,
};

const MAX_QUOTE = 240;
const MAX_RESULT = 600;
const MAX_WORDS = 200_000;

/** `Reply with exactly: X`. What comes before it may still ask for tools. */
const EXACTLY = /\b(?:reply|respond|answer|say|output|print)(?:\s+\w+){0,2}?\s+exactly(?:\s*:\s*|\s+)/i;

/** Splits a prompt into what may ask for tools and the text to say in the end; null when it does not prescribe one. */
export function splitExact(prompt: string): { readonly ask: string; readonly exact: string | null } {
  const match = EXACTLY.exec(prompt);
  if (match === null) return { ask: prompt, exact: null };
  return { ask: prompt.slice(0, match.index), exact: prompt.slice(match.index + match[0].length).trim() };
}

/** The answer in words. */
export function wordsFor(conversation: Conversation, speaker: Speaker): string {
  const { prompt, results } = conversation;
  const phrases = phrasesFor(conversation);
  const { exact } = splitExact(prompt);
  if (exact !== null) return exact;
  if (results.length > 0)
    return results.map((one) => phrases.returned(one.name, shortenLines(one.text, MAX_RESULT))).join("\n");
  const long = longText(prompt);
  if (long !== null) return long;
  const earlier = conversation.earlier.at(-1);
  return [
    prompt === "" ? phrases.nothing : phrases.asked(shorten(prompt, MAX_QUOTE)),
    phrases.speaker(speaker.model, speaker.effort),
    phrases.saw(conversation.messages, conversation.images, conversation.files),
    ...(conversation.instructions === ""
      ? []
      : [phrases.instructed(shorten(firstLine(conversation.instructions), 80))]),
    ...(earlier === undefined ? [] : [phrases.before(shorten(earlier, 120))]),
  ].join(" ");
}

/** The parts of a readable reasoning summary. */
export function summaryFor(conversation: Conversation, calls: readonly { readonly name: string }[]): string[] {
  const topic = conversation.prompt === "" ? "an empty prompt" : `“${shorten(conversation.prompt, 80)}”`;
  const next =
    calls.length > 0
      ? `**Choosing a tool**\n\nI will call ${calls.map((call) => call.name).join(" and ")}.`
      : `**Preparing the answer**\n\nI have ${count(conversation.results.length, "tool result", "tool results")} and can answer now.`;
  return [`**Reading the request**\n\nThe person wrote ${topic}.`, next];
}

/** Keeps line ends: tool results are often more than one line. */
function shortenLines(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max).trimEnd()}…`;
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}

function phrasesFor(conversation: Conversation): Phrases {
  const text = `${conversation.instructions.slice(0, 2000)}\n${conversation.prompt}`;
  const asked = /\b(?:in|auf|en)\s+(german|deutsch|french|français)(?![\p{L}])/iu.exec(text)?.[1]?.toLowerCase();
  return LANGUAGES[asked ?? ""] ?? ENGLISH;
}

const FILLER = "the quick brown fox jumps over the lazy dog while five wizards box at dawn".split(" ");

/** `Write 500 words` and `count to 100` give just that: a way to ask for a stream of a known length. */
function longText(prompt: string): string | null {
  const words = /\b(?:write|say|give|tell|print)\b[^.\n]{0,40}?\b(\d{1,6}) words\b/i.exec(prompt)?.[1];
  if (words !== undefined)
    return Array.from({ length: Math.min(Number(words), MAX_WORDS) }, (_, n) => FILLER[n % FILLER.length]).join(" ");
  const numbers = /\bcount (?:from 1 )?to (\d{1,6})\b/i.exec(prompt)?.[1];
  if (numbers !== undefined)
    return Array.from({ length: Math.min(Number(numbers), MAX_WORDS) }, (_, n) => n + 1).join(" ");
  return null;
}
