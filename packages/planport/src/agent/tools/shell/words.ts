/**
 * What a line for the shell says, as far as that can be told without running it.
 * @module
 */

/** What between two commands does no more than join them. Longer ones first. */
const JOINTS = ["&&", "||", ";", "|"];

/** Outside quotes, each of these makes the shell do more than run a program with these words. */
const SPECIAL = new Set("$`<>&()[]{}*?!~#\\\n\r".split(""));

/**
 * The commands of a line, each as its words, where it consists of nothing but programs with plain words, joined by `&&`, `||`,
 * `;` or `|`. Null for everything else: redirections, substitutions, variables, wildcards, background jobs, unbalanced quotes.
 */
export function simpleCommands(line: string): string[][] | null {
  const commands: string[][] = [];
  let words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const character = line[at] ?? "";
    const joint = JOINTS.find((text) => line.startsWith(text, at));
    if (character === " " || character === "\t") at++;
    else if (joint !== undefined) {
      if (words.length === 0) return null;
      commands.push(words);
      words = [];
      at += joint.length;
      // A line may end with a semicolon, and with no other of them.
      if (joint === ";" && line.slice(at).trim() === "") return commands.every(isPlain) ? commands : null;
    } else {
      const word = readWord(line, at);
      if (word === null) return null;
      words.push(word.text);
      at = word.end;
    }
  }
  if (words.length === 0) return null;
  commands.push(words);
  return commands.every(isPlain) ? commands : null;
}

/** `NAME=value` in front of a command sets a variable. */
function isPlain(words: readonly string[]): boolean {
  return !/^[A-Za-z_]\w*=/.test(words[0] ?? "");
}

function readWord(line: string, from: number): { readonly text: string; readonly end: number } | null {
  let text = "";
  let at = from;
  while (at < line.length) {
    const character = line[at] ?? "";
    if (/[ \t;|]/.test(character)) break;
    if (character === "&" && line[at + 1] === "&") break;
    if (character === "'" || character === '"') {
      const end = line.indexOf(character, at + 1);
      if (end < 0) return null;
      const quoted = line.slice(at + 1, end);
      if (character === '"' && /[$`\\!]/.test(quoted)) return null;
      text += quoted;
      at = end + 1;
    } else if (SPECIAL.has(character)) return null;
    else {
      text += character;
      at++;
    }
  }
  return { text, end: at };
}

/** Words as a person would type them for a POSIX shell. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!word.includes("'")) return `'${word}'`;
  return `"${word.replaceAll(/["$`\\]/g, String.raw`\$&`)}"`;
}
