/**
 * Telling whoever keeps the tokens that they have changed.
 * @module
 */
import { oneLine } from "../../redact.ts";
import { type OnAuthRefresh, refreshedAuth, type TransportTokens } from "./tokens.ts";

/** Who is to be told. */
export interface RefreshListeners {
  readonly onAuthRefresh?: OnAuthRefresh | undefined;
  /** Told of trouble that stopped nothing. Default: a warning of the process. */
  readonly onWarning?: ((error: Error) => void) | undefined;
}

const MAX_REASON_CHARS = 200;

/** Tells of new tokens, and waits until they are kept. A listener that fails is told as a warning: the tokens are good. */
export async function tellRefresh(tokens: TransportTokens, listeners: RefreshListeners): Promise<void> {
  try {
    await listeners.onAuthRefresh?.(refreshedAuth(tokens));
  } catch (error) {
    warn(
      new Error(`onAuthRefresh failed, so the new tokens may not have been kept: ${reasonOf(error, tokens)}`),
      listeners,
    );
  }
}

/** What a listener throws may repeat what it was given. */
function reasonOf(error: unknown, { access_token, refresh_token }: TransportTokens): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : "it threw something that is no error";
  return oneLine(
    text.replaceAll(access_token, "[redacted]").replaceAll(refresh_token, "[redacted]"),
    MAX_REASON_CHARS,
    {
      opaque: true,
    },
  );
}

/** Tells of trouble that stopped nothing. */
export function warn(error: Error, { onWarning }: RefreshListeners): void {
  if (onWarning === undefined) process.emitWarning(error.message, { type: "PlanportWarning" });
  else onWarning(error);
}
