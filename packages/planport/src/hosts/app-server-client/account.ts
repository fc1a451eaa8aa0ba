/**
 * An account of the parent's, lent to a server: `chatgptAuthTokens` of Codex's protocol, from the parent's side.
 * @module
 */
import type { ServerNotifications } from "../../app-server/protocol/types/methods.ts";
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { CredentialError, UpstreamError } from "../../errors.ts";
import { oneLine } from "../../redact.ts";
import type { AccountOptions, AppServerClient, ConnectedAccount } from "./types.ts";

const EARLY_MS = 5 * 60_000;
const INTERVAL_MS = 15_000;
/** The server waits 10 s for an answer (codex-rs/app-server), and a late one is not looked at: better say no in time. */
const ANSWER_LIMIT_MS = 9_500;
/** The server asks the backend for the workspace before it says that a login is done. */
const LOGIN_LIMIT_MS = 60_000;
const MAX_TEXT_CHARS = 500;

/** See {@link AppServerClient.connectAccount}. */
export async function connectAccount(
  client: AppServerClient,
  tokens: TokenSource,
  options: AccountOptions,
  onWarning: (error: Error) => void,
): Promise<ConnectedAccount> {
  const first = await tokens.get();
  const account = new LentAccount(client, tokens, options, assertLendable(first, options.accountId), onWarning);
  try {
    await account.begin(first);
    return account;
  } catch (error) {
    account.stop();
    throw error;
  }
}

class LentAccount implements ConnectedAccount {
  readonly accountId: string;
  readonly #client: AppServerClient;
  readonly #tokens: TokenSource;
  readonly #options: AccountOptions;
  readonly #onWarning: (error: Error) => void;
  readonly #unhandle: () => void;
  readonly #unkeep: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  /** The grant that the server was given last. */
  #given: Grant | null = null;
  #isPushing = false;
  #isStopped = false;

  constructor(
    client: AppServerClient,
    tokens: TokenSource,
    options: AccountOptions,
    accountId: string,
    onWarning: (error: Error) => void,
  ) {
    this.#client = client;
    this.#tokens = tokens;
    this.#options = options;
    this.#onWarning = onWarning;
    this.accountId = accountId;
    this.#unhandle = client.handle("account/chatgptAuthTokens/refresh", ({ previousAccountId }) =>
      this.#answer(previousAccountId ?? null),
    );
    this.#unkeep = tokens.keepFresh?.({ onWarning });
    // The clock is looked at again and again: a machine that slept would sleep past one timer until the end.
    this.#timer = setInterval(() => void this.#look(), options.intervalMs ?? INTERVAL_MS);
    this.#timer.unref();
    void client.ended.then(() => this.stop());
  }

  async begin(grant: Grant): Promise<void> {
    let unlisten = (): void => {};
    const completed = new Promise<ServerNotifications["account/login/completed"]>((resolve) => {
      unlisten = this.#client.on("account/login/completed", (params) => {
        if (params.loginId === null || params.loginId === undefined) resolve(params);
      });
    });
    try {
      await this.#login(grant);
      const { success, error } = await within(completed, this.#client);
      if (success) return;
      throw new UpstreamError(
        "app_server_refused",
        `The app-server could not log in: ${oneLine(error ?? "it did not say why", MAX_TEXT_CHARS)}`,
      );
    } finally {
      unlisten();
    }
  }

  async push(): Promise<void> {
    const grant = await this.#tokens.get();
    assertLendable(grant, this.accountId);
    if (this.#isStopped || this.#given?.bearer.equals(grant.bearer) === true) return;
    await this.#login(grant);
  }

  async disconnect(): Promise<void> {
    if (this.#isStopped) return;
    this.stop();
    // A server that is gone has forgotten it.
    await this.#client.request("account/logout").catch(() => {});
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#unkeep?.();
    this.#unhandle();
  }

  async #login(grant: Grant): Promise<void> {
    await this.#client.request("account/login/start", { type: "chatgptAuthTokens", ...this.#shown(grant) });
  }

  #shown(grant: Grant): { accessToken: string; chatgptAccountId: string; chatgptPlanType: string | null } {
    this.#given = grant;
    return {
      accessToken: grant.bearer.reveal(),
      chatgptAccountId: this.accountId,
      chatgptPlanType: grant.planType,
    };
  }

  /** The server asks: its token was refused. */
  async #answer(
    previousAccountId: string | null,
  ): Promise<{ accessToken: string; chatgptAccountId: string; chatgptPlanType: string | null }> {
    if (previousAccountId !== null && previousAccountId !== this.accountId)
      throw new CredentialError(
        "workspace_forbidden",
        `The app-server asks for another account than the one it was lent.`,
      );
    const given = this.#given;
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const grant = given === null ? await this.#tokens.get({ signal }) : await this.#tokens.recover(given, { signal });
    if (grant === null)
      throw new CredentialError("credential_rejected", "The token was refused, and there is no other.");
    assertLendable(grant, this.accountId);
    return this.#shown(grant);
  }

  async #look(): Promise<void> {
    const { earlyMs = EARLY_MS, now = Date.now } = this.#options;
    const endsMs = this.#given?.expiresAtMs ?? null;
    if (this.#isPushing || endsMs === null || endsMs - now() > earlyMs) return;
    this.#isPushing = true;
    try {
      await this.push();
    } catch (error) {
      this.#onWarning(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#isPushing = false;
    }
  }
}

/**
 * The workspace of a grant that can be lent.
 * @throws {CredentialError} `credential_unsupported`, `workspace_forbidden`.
 */
function assertLendable(grant: Grant, accountId: string | undefined): string {
  if (grant.kind !== "chatgpt" && grant.kind !== "external")
    throw new CredentialError(
      "credential_unsupported",
      "An app-server can be lent a ChatGPT sign-in alone; give it an access token or an API key by its own environment (CODEX_ACCESS_TOKEN) or account/login/start.",
    );
  if (grant.accountId === null)
    throw new CredentialError(
      "credential_unsupported",
      "The sign-in names no workspace; sign in again with `planport login`.",
    );
  if (accountId !== undefined && grant.accountId !== accountId)
    throw new CredentialError(
      "workspace_forbidden",
      `The sign-in is now for workspace ${grant.accountId}, and not for ${accountId}, which was lent.`,
    );
  return grant.accountId;
}

async function within<T>(told: Promise<T>, client: AppServerClient): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (why: string): void =>
      reject(new UpstreamError("app_server_gone", `The app-server ${why} before the login was done.`));
    timer = setTimeout(() => fail("took too long"), LOGIN_LIMIT_MS);
    void client.ended.then(() => fail("ended"));
  });
  try {
    return await Promise.race([told, late]);
  } finally {
    clearTimeout(timer);
  }
}
