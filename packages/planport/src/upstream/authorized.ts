/**
 * A call with a bearer, and once more with another when the first is rejected.
 * @module
 */
import type { Grant, TokenSource } from "../auth/token-source.ts";
import { isPlanportError } from "../errors.ts";
import { abortable } from "./retry.ts";

/** Whether a recovery was made already: one per logical call, however often it is retried. */
export interface RecoveryBudget {
  spent: boolean;
}

/**
 * Runs `call` with a fresh bearer. When the backend rejects it (`credential_rejected`), asks once for another and runs
 * `call` again at once; when there is none, the rejection stands.
 * @throws {CredentialError} from the token source, or the rejection.
 */
export async function authorized<T>(
  tokens: TokenSource,
  budget: RecoveryBudget,
  signal: AbortSignal | undefined,
  call: (grant: Grant) => Promise<T>,
): Promise<T> {
  const grant = await abortable(tokens.get({ signal }), signal);
  try {
    return await call(grant);
  } catch (error) {
    if (budget.spent || !isPlanportError(error) || error.code !== "credential_rejected") throw error;
    budget.spent = true;
    const next = await abortable(tokens.recover(grant, { signal }), signal);
    if (next === null) throw error;
    return await call(next);
  }
}
