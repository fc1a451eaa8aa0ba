/**
 * What stands for a backend that there is no way to.
 * @module
 */
import type { CodexClient } from "../../upstream/types.ts";

/** A client that answers every call with the same error. */
export function refusingClient(error: unknown): CodexClient {
  const refuse = async (): Promise<never> => {
    throw error;
  };
  return { route: "codex", account: refuse, send: refuse, models: refuse, usage: refuse, close: async () => {} };
}
