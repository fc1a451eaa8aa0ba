/**
 * What planport says of itself to the backend: its own name, never another client's unless somebody sets it so.
 * @module
 */
import { arch, release, type } from "node:os";
import type { ClientIdentity } from "../auth/http.ts";
import { VERSION } from "../version.ts";

export type { ClientIdentity };

/** Options of {@link createIdentity}; they go before the environment. */
export interface IdentityOptions {
  readonly originator?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Read: `PLANPORT_ORIGINATOR`, else `CODEX_INTERNAL_ORIGINATOR_OVERRIDE`; `PLANPORT_USER_AGENT`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Makes the identity. What a header cannot hold becomes `_`, as in openai/codex `codex-rs/login/src/auth/default_client.rs`. */
export function createIdentity(options: IdentityOptions = {}): ClientIdentity {
  const env = options.env ?? {};
  const originator = firstText(
    options.originator,
    env["PLANPORT_ORIGINATOR"],
    env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"],
  );
  const userAgent = firstText(options.userAgent, env["PLANPORT_USER_AGENT"]);
  return { originator: headerSafe(originator ?? "planport"), userAgent: headerSafe(userAgent ?? ownUserAgent()) };
}

/** Text that any header can hold: characters outside of printable ASCII become `_`. */
export function headerSafe(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "_").trim();
}

function ownUserAgent(): string {
  return `planport/${VERSION} (${type()} ${release()}; ${arch()}) node/${process.versions.node}`;
}

function firstText(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value.trim() !== "");
}
