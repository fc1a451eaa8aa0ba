import { homedir } from "node:os";
import { expect, test } from "vitest";
import { readText, repoFiles, repoRoot } from "./lib/tree.ts";

// The patterns are put together from parts, so that this file does not match them itself.
const word = (...parts: readonly string[]): string => parts.join("");

const texts = repoFiles.filter((file) => !/\.(png|jpg|ico|woff2?|zst|gz)$/.test(file));
const testFiles = texts.filter((file) => /(^|\/)(test|bench)\//.test(file));
const lockFiles = texts.filter((file) => file.endsWith("package-lock.json"));

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function matches(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readText(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

test("no file names a place on the machine where it was written", () => {
  const places = [repoRoot, homedir()].filter((place) => place.length > 3).map((place) => `${literally(place)}[/\\\\]`);
  const homes = [word("/ho", "me/[a-z]+/"), word("/Us", "ers/[A-Za-z]+/"), word("C:\\\\+Us", "ers\\\\")];
  // Names that stand for anybody.
  const anybody = /[/\\](home|Users)[/\\]+(ada|alice|bob|user|me|you)\b/i;
  const found = matches(texts, new RegExp([...places, ...homes].join("|")));
  expect(found.filter((line) => !anybody.test(line))).toEqual([]);
});

test("no lock file names a registry", () => {
  expect(lockFiles.length).toBeGreaterThan(0);
  expect(matches(lockFiles, new RegExp(word('"resol', 'ved": *"', "[a-z+]+:")))).toEqual([]);
});

test("nothing is left for later", () => {
  const later = [word("TO", "DO"), word("FIX", "ME"), word("X", "XX"), word("HA", "CK")].join("|");
  expect(matches(texts, new RegExp(`\\b(?:${later})\\b`))).toEqual([]);
});

test("no test is switched off or run alone", () => {
  expect(testFiles.length).toBeGreaterThan(0);
  expect(matches(testFiles, /\b(?:test|it|describe|suite|bench)\.(?:only|skip|todo|fails)\b/)).toEqual([]);
});

test("no file speaks of a numbered task, which a reader could not look up", () => {
  expect(matches(texts, new RegExp(`\\b(?:${word("iss", "ue")}|${word("tick", "et")}) #?\\d+\\b`, "i"))).toEqual([]);
});
