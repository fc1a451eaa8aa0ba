/**
 * What the sign-in screen looks like.
 * @module
 */
import { printable, type Style, withoutControls } from "../terminal.ts";
import { choicesOf, type Running, type ScreenState, type SignedIn, type Told } from "./state.ts";

/** Wider than this nothing is set: long lines are hard to read. */
const MAX_COLUMNS = 78;
const TITLE = "planport: ChatGPT sign-in";

/** The lines of the screen. In a window of usual width none but addresses and codes is wider than `columns`. */
export function render(state: ScreenState, columns: number, style: Style): string[] {
  const width = Math.max(10, Math.min(columns, MAX_COLUMNS) - 1);
  const { running, notice } = state;
  const body = running === null ? menuLines(state, width, style) : runningLines(running, width, style);
  const told = notice === null ? [] : ["", ...wrap(printable(notice), width).map(style.yellow)];
  return [style.bold(TITLE), "", ...body, ...told];
}

function menuLines(state: ScreenState, width: number, style: Style): string[] {
  const { who, selected } = state;
  const choices = choicesOf(state).flatMap(({ label, letter }, index) => {
    const [first = "", ...rest] = wrap(`${label} (${letter})`, width - 2);
    // The mark says it too, where there is no colour.
    const lines = [`${index === selected ? ">" : " "} ${first}`, ...rest.map((line) => `  ${line}`)];
    return index === selected ? lines.map((line) => style.bold(style.cyan(line))) : lines;
  });
  const help = wrap("Arrows and Enter, or a letter; Escape closes.", width).map(style.dim);
  const whoLines =
    who === null
      ? wrap("Nobody is signed in. Sign in with your ChatGPT account to use its plan.", width)
      : whoOf(who, width, style);
  return [...whoLines, "", ...choices, "", ...help];
}

function whoOf({ name, plan, workspace, until, place }: SignedIn, width: number, style: Style): string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ["plan", plan],
    ["workspace", workspace],
    ["token", until],
    ["found in", place],
  ];
  const [first = "", ...rest] = wrap(`Signed in as ${printable(name)}`, width);
  return [
    style.green(first),
    ...rest.map(style.green),
    ...rows.flatMap(([label, value]) =>
      value === null
        ? []
        : wrap(printable(value), width - 11).map((line, index) => `${(index === 0 ? label : "").padEnd(11)}${line}`),
    ),
  ];
}

function runningLines({ way, told, input }: Running, width: number, style: Style): string[] {
  const lines = told.flatMap((each) => toldLines(each, width, style));
  const waiting = wrap(way === "device" ? "Escape gives up." : "Enter takes what was pasted, Escape gives up.", width);
  const prompt = way === "device" ? [] : ["", `> ${tail(input, width - 3)}_`];
  return [...(lines.length === 0 ? [style.dim("One moment …")] : lines), ...prompt, "", ...waiting.map(style.dim)];
}

function toldLines({ text, verbatim = false }: Told, width: number, style: Style): string[] {
  // Of an address that was cut where its random part happens to look like a token nothing would come.
  return verbatim ? ["", style.bold(withoutControls(text)), ""] : wrap(printable(text), width);
}

/** The end of a long text: what is being typed. */
function tail(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(1 - width)}`;
}

/** A text in lines of at most `width` characters; words that are longer are cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).flatMap((each) => pieces(each, width))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const all: string[] = [];
  const step = Math.max(1, width); // A window can be narrower than what stands before the word.
  for (let at = 0; at < word.length; at += step) all.push(word.slice(at, at + step));
  return all;
}
