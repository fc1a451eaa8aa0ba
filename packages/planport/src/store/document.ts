/**
 * A sign-in as it rests in a store: a JSON object in the shape of Codex's `auth.json`. What the fields mean is the
 * business of `auth/`; this file only keeps them whole.
 * @module
 */
import { randomBytes } from "node:crypto";
import { CredentialError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";

const REDACTED = "[redacted]";

/** A stored JSON document and the place it came from. Like a Secret it cannot be printed by accident. */
export class CredentialDocument {
  readonly #value: JsonObject;
  /** Where it rests: the path of a file, or a name such as `memory`. Fit for messages. */
  readonly place: string;

  constructor(value: JsonObject, place: string) {
    this.#value = value;
    this.place = place;
  }

  /** The document itself, secrets and all. It must not be changed in place. */
  reveal(): JsonObject {
    return this.#value;
  }

  /** Always `[redacted]`. */
  toString(): string {
    return REDACTED;
  }

  /** Always `[redacted]`. */
  toJSON(): string {
    return REDACTED;
  }

  static {
    Object.defineProperty(CredentialDocument.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value: () => REDACTED,
    });
  }
}

/**
 * Parses the text of a stored sign-in.
 * @param place The path or name used in messages.
 * @throws {CredentialError} `credential_malformed`, naming the place and, for broken JSON, line and column.
 */
export function parseDocument(text: string, place: string): CredentialDocument {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text; // Windows editors leave a byte order mark.
  if (body.trim() === "") throw malformed(`${place} is empty. Run \`planport login\` to sign in again.`);
  let value: unknown;
  try {
    value = JSON.parse(body);
    const exact = keepNumberTexts(body);
    if (exact !== body) value = JSON.parse(exact);
  } catch {
    // The parser's own message quotes the text, which may be a token: only the position is told.
    const { line, column } = firstJsonFault(body);
    throw malformed(
      `${place} is not valid JSON (line ${line}, column ${column}). Correct it, or run \`planport login\`.`,
    );
  }
  if (!isJsonObject(value)) throw malformed(`${place} must hold a JSON object. Correct it, or run \`planport login\`.`);
  return new CredentialDocument(value, place);
}

/**
 * The text to store: indented by two for a file and in one line for a keyring, as Codex writes it. Numbers are written as
 * they were read, digit by digit.
 */
export function serializeDocument(document: CredentialDocument, form: "indented" | "compact" = "indented"): string {
  const text = JSON.stringify(document.reveal(), null, form === "indented" ? 2 : undefined);
  const exact = text.replaceAll(MARKED_NUMBER, "$1");
  return form === "indented" ? `${exact}\n` : exact;
}

/**
 * Stands before a number that a JavaScript number cannot hold as it is written (a 64-bit id, say) and that therefore
 * travels as a string. Nobody reads such a field here; it only has to come out of a rewrite unharmed. The mark differs
 * from run to run, so that no document can hold it by chance or on purpose, and its blank makes it no token.
 */
const NUMBER_MARK = `number ${randomBytes(16).toString("hex")}:`;
const MARKED_NUMBER = new RegExp(`"${NUMBER_MARK}([^"]*)"`, "g");

function keepNumberTexts(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${NUMBER_MARK}${token}"`,
  );
}

function malformed(message: string): CredentialError<"credential_malformed"> {
  return new CredentialError("credential_malformed", message);
}

const JSON_TOKEN =
  /[ \t\r\n]+|[{}[\]:,]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/uy;

/**
 * Where JSON text stops being JSON. V8 tells a position for some faults only, and in words that change between
 * versions, so this walks the text: a small automaton over the tokens of RFC 8259.
 */
function firstJsonFault(text: string): { readonly line: number; readonly column: number } {
  const stack: string[] = [];
  let expect: "value" | "valueOrClose" | "keyOrClose" | "key" | "colon" | "commaOrClose" | "end" = "value";
  let at = 0;
  const afterValue = (): typeof expect => (stack.length === 0 ? "end" : "commaOrClose");
  while (at < text.length) {
    JSON_TOKEN.lastIndex = at;
    const token = JSON_TOKEN.exec(text)?.[0];
    if (token === undefined) break;
    const first = token.charAt(0);
    if (!" \t\r\n".includes(first)) {
      const top = stack.at(-1);
      const isValueStart = expect === "value" || expect === "valueOrClose";
      if ((first === "{" || first === "[") && isValueStart) {
        stack.push(first);
        expect = first === "{" ? "keyOrClose" : "valueOrClose";
      } else if (first === "}" && top === "{" && (expect === "keyOrClose" || expect === "commaOrClose")) {
        stack.pop();
        expect = afterValue();
      } else if (first === "]" && top === "[" && (expect === "valueOrClose" || expect === "commaOrClose")) {
        stack.pop();
        expect = afterValue();
      } else if (first === "," && expect === "commaOrClose") expect = top === "{" ? "key" : "value";
      else if (first === ":" && expect === "colon") expect = "value";
      else if (first === '"' && (expect === "key" || expect === "keyOrClose")) expect = "colon";
      else if (!"{}[]:,".includes(first) && isValueStart) expect = afterValue();
      else break;
    }
    at += token.length;
  }
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
