/**
 * What a person pastes when the browser could not come back: over SSH, in a container, with the port taken.
 * @module
 */
import { SignInError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { readRefusal, sameText } from "./callback.ts";

/** A code, and the state that came with it. */
export interface PastedCode {
  readonly code: Secret;
  /** Null when only the code was pasted. */
  readonly state: string | null;
}

/** What a pasted text is. */
export type Pasted =
  | { readonly kind: "code"; readonly pasted: PastedCode }
  /** The page's address says that sign-in was refused there. `state` is null when it has none. */
  | { readonly kind: "refusal"; readonly error: SignInError; readonly state: string | null };

/**
 * Reads a bare code, the whole address the browser stopped at, its query alone, or `code#state`.
 * @throws {SignInError} `sign_in_failed` when there is no code in it, or when the address says that sign-in was refused.
 */
export function parsePasted(text: string): PastedCode {
  const found = readPasted(text);
  if (found.kind === "refusal") throw found.error;
  return found.pasted;
}

/**
 * {@link parsePasted} that tells a refusal from a text without a code.
 * @throws {SignInError} `sign_in_failed` when there is no code in it.
 */
export function readPasted(text: string): Pasted {
  // Terminals break long lines, and chat programs put quotes or angle brackets around addresses.
  const pasted = text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, "").replaceAll(/^[<"'`(]+|[>"'`)]+$/g, "");
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(pasted) || /^(?:127\.0\.0\.1|localhost)[:/]/i.test(pasted);
  const isQuery = isAddress || /^\/|^\?|(?:^|&)(?:code|state|error)=/.test(pasted);
  if (!isQuery) {
    const [code = "", state = ""] = pasted.split("#");
    if (!/^[A-Za-z0-9._~+/=%-]+$/.test(code)) throw noCode();
    return codeOf(code, state);
  }
  const start = pasted.indexOf("?");
  const [query = "", fragment = ""] = (start === -1 && !isAddress ? pasted : pasted.slice(start + 1)).split("#");
  const fields = new URLSearchParams(start === -1 && isAddress ? fragment : query);
  const state = fields.get("state") ?? "";
  const refusal = readRefusal(fields);
  if (refusal !== null) return { kind: "refusal", error: refusal.error, state: state === "" ? null : state };
  const code = fields.get("code") ?? "";
  if (code === "") throw noCode();
  return codeOf(code, state);
}

function codeOf(code: string, state: string): Pasted {
  return { kind: "code", pasted: { code: new Secret(code), state: state === "" ? null : state } };
}

/**
 * Checks that a pasted code belongs to this sign-in. A bare code passes: PKCE binds it to this sign-in as well.
 * @throws {SignInError} `sign_in_state_mismatch`.
 */
export function checkPastedState(pasted: PastedCode, state: string): void {
  if (pasted.state === null || sameText(pasted.state, state)) return;
  throw new SignInError(
    "sign_in_state_mismatch",
    "That address belongs to another sign-in. Paste the one that the page opened last ended at.",
  );
}

function noCode(): SignInError {
  return new SignInError(
    "sign_in_failed",
    "There is no code in that. Paste the whole address of the page the browser stopped at, or the value of `code` in it.",
  );
}
