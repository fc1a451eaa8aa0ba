/**
 * What a person pastes while signing in, judged before anything is done with it.
 * @module
 */
import { type SignInError, isPlanportError } from "../errors.ts";
import { parsePasted } from "../auth/index.ts";

/** What to do with a pasted line. */
export type Judgement =
  /** It may be what the sign-in waits for. */
  | { readonly kind: "take" }
  /** It cannot be, whatever any server says. */
  | { readonly kind: "reject"; readonly message: string }
  /** It says that the sign-in page refused: nothing more will come of this sign-in. */
  | { readonly kind: "end"; readonly error: SignInError };

/** No code is shorter; a word that somebody typed is. */
const MIN_CODE_CHARS = 16;
const NO_CODE =
  "There is no code in that. Paste the whole address of the page the browser stopped at, or the value of `code` in it.";

/**
 * Judges a line.
 * @param state Of this sign-in's address: a refusal with another one belongs to another sign-in.
 */
export function judgePasted(line: string, state: string | null): Judgement {
  const text = line.trim();
  if (text === "") return { kind: "take" };
  const isBare = !/[=/?&]/.test(text);
  if (isBare && (/\s/.test(text) || text.length < MIN_CODE_CHARS)) return { kind: "reject", message: NO_CODE };
  if (!/(?:^|[?&#])error=/.test(text)) return { kind: "take" };
  const given = /[?&]state=([^&#\s]*)/.exec(text)?.[1];
  if (given !== undefined && given !== state) return { kind: "take" }; // The sign-in says what is wrong with it.
  try {
    parsePasted(text);
    return { kind: "take" };
  } catch (error) {
    if (isPlanportError(error) && error.code === "sign_in_failed") return { kind: "end", error };
    throw error;
  }
}
