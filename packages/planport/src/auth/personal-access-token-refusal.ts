/**
 * What it means that the backend refused a Codex access token. Such a token cannot be renewed, so all that helps is to
 * know whose business it is: the holder's, who mints a new one, or an administrator's.
 * @module
 */
import { CredentialError } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { Identity } from "./credential.ts";
import type { Grant } from "./token-source.ts";
import type { WhoamiAnswer } from "./whoami.ts";

/** What {@link createRefusalExplainer} needs. */
export interface RefusalExplainerOptions {
  /** Where the token came from, for messages. */
  readonly place: string;
  /** The account that was set by hand (`CODEX_ACCOUNT_ID`); null when it was looked up. */
  readonly givenAccountId: string | null;
  /** Asks the server that knows the token. */
  readonly ask: (signal: AbortSignal | undefined) => Promise<WhoamiAnswer>;
  /** Takes note of an answer that is newer than what is known. */
  readonly remember: (identity: Identity) => Promise<void>;
  /** Takes note that the token is refused. */
  readonly forget: () => Promise<void>;
}

/** What the server that knows a token says of it: `tokenVerdict` in the cause of the error. */
type TokenVerdict = WhoamiAnswer["kind"];

/** Gives the error that says what a refusal means. Rejects when the signal was aborted. */
export type RefusalExplainer = (
  refusal: CredentialError,
  refused: Grant,
  signal: AbortSignal | undefined,
) => Promise<CredentialError>;

/**
 * Makes an explainer. It asks the server that knows the token: when that refuses it too, a new one has to be minted
 * (`credential_rejected`); when it accepts it, minting does not help (`access_denied`); when it cannot be asked, the
 * refusal keeps its code and its message says so.
 */
export function createRefusalExplainer(options: RefusalExplainerOptions): RefusalExplainer {
  return async (refusal, refused, signal) => {
    const answer = await options.ask(signal);
    const status = statusOf(refusal);
    const because = (tokenVerdict: TokenVerdict): { readonly cause: unknown } => ({
      cause: { ...(isJsonObject(refusal.cause) && refusal.cause), tokenVerdict },
    });
    const head = `The backend refused the Codex access token from ${options.place} (HTTP ${status})`;
    if (answer.kind === "rejected") {
      await options.forget();
      return new CredentialError(
        "credential_rejected",
        `${head}, and so does the server that knows it (HTTP ${answer.status}): it is revoked or expired. Mint a new ` +
          "token in the workspace's settings and put it there.",
        because("rejected"),
      );
    }
    if (answer.kind === "unknown")
      return new CredentialError(
        refusal.code,
        `${head}, and whether the token itself is still good is unknown: ${answer.why} Try again; if it stays so, ask ` +
          "the workspace's administrator before you mint a new token.",
        because("unknown"),
      );
    await options.remember(answer.identity);
    return new CredentialError("access_denied", accepted(head, answer.identity, refused, options), because("accepted"));
  };
}

/** The token is good, so the account or the workspace is at fault. */
function accepted(
  head: string,
  owner: Identity & { readonly accountId: string },
  refused: Grant,
  { givenAccountId }: RefusalExplainerOptions,
): string {
  if (refused.accountId === null || refused.accountId === owner.accountId) {
    const who = owner.email === null ? "" : ` of ${owner.email}`;
    return (
      `${head}, though the token is good: minting a new one will not help. Access is denied to workspace ` +
      `${owner.accountId}${who}: ask its administrator to allow Codex for it.`
    );
  }
  const mistake = `${head}: it belongs to workspace ${owner.accountId}, not to ${refused.accountId}`;
  return givenAccountId === null
    ? `${mistake}, as was remembered; that is corrected now. Try again.`
    : `${mistake}, which CODEX_ACCOUNT_ID names. Correct that variable or unset it; minting a new token will not help.`;
}

function statusOf(refusal: CredentialError): number {
  const { cause } = refusal;
  const status = typeof cause === "object" && cause !== null && "status" in cause ? cause.status : null;
  return typeof status === "number" ? status : refusal.status;
}
