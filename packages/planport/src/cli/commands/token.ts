/**
 * `planport token`: a bearer that works now, for Codex's `auth.command` and for scripts.
 * @module
 */
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, withSession } from "../session.ts";

/** Options of {@link token}. */
export interface TokenOptions extends BackendOptions {
  readonly json?: boolean;
}

/** Runs the command. Nothing but the bearer goes to standard output, and no log sees it. */
export async function token(context: CommandContext, options: TokenOptions): Promise<ExitCode> {
  const { out } = context.terminal;
  return withSession(context, options, async ({ tokens, settings }) => {
    const grant = await tokens.get({ signal: context.signal });
    const bearer = grant.bearer.reveal();
    if (options.json !== true) await out.line(bearer);
    else {
      const { kind, expiresAtMs, accountId, email, planType } = grant;
      const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
      const account = settings.account.value;
      await out.line(JSON.stringify({ token: bearer, kind, expiresAt, account, accountId, email, planType }, null, 2));
    }
    return EXIT.ok;
  });
}
