/**
 * A call with a bearer, and once more with another when the first is rejected.
 * @module
 */
import type { Grant, TokenSource } from "../auth/token-source.ts";
import { type CredentialError, isPlanportError } from "../errors.ts";
import { abortable } from "./retry.ts";

/** Whether a recovery was made already: one per logical call, however often it is retried. */
export interface RecoveryBudget {
  spent: boolean;
}

/**
 * Runs `call` with a fresh bearer. When the backend rejects it (`credential_rejected`), asks once for another and runs
 * `call` again at once; when there is none, the rejection stands, in the words of whoever knows more about it.
 * @throws {CredentialError} from the token source, or the rejection.
 */
export async function authorized<T>(
  tokens: TokenSource,
  budget: RecoveryBudget,
  signal: AbortSignal | undefined,
  call: (grant: Grant) => Promise<T>,
): Promise<T> {
  let grant = await abortable(tokens.get({ signal }), signal);
  for (;;) {
    try {
      return await call(grant);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      let next: Grant | null = null;
      if (error.code === "credential_rejected" && !budget.spent) {
        budget.spent = true;
        next = await abortable(tokens.recover(grant, { signal }), signal);
      }
      if (next === null) throw await explained(tokens, error, grant, signal);
      grant = next;
    }
  }
}

/** A refusal in the words of the token source, where that knows more. */
async function explained(
  tokens: TokenSource,
  refusal: CredentialError,
  refused: Grant,
  signal: AbortSignal | undefined,
): Promise<CredentialError> {
  if (tokens.explain === undefined) return refusal;
  return await abortable(tokens.explain(refusal, refused, { signal }), signal);
}

/** What the backend says of a bearer, by a 401 or a 403. */
function isRefusal(error: unknown): error is CredentialError<"credential_rejected" | "access_denied"> {
  return isPlanportError(error) && (error.code === "credential_rejected" || error.code === "access_denied");
}
