/**
 * Who is signed in, and all that may change it.
 * @module
 */
import { newApiKeyDocument } from "../../auth/auth-file.ts";
import { signOut } from "../../auth/oauth/revoke.ts";
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { CredentialError, isPlanportError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { CredentialStore } from "../../store/types.ts";
import type { Audience, Client } from "../handlers.ts";
import type { AccountUpdatedNotification } from "../protocol/types/account.ts";
import { invalidRequest } from "../rpc-errors.ts";
import { type Auth, planOf } from "./auth.ts";
import { type AskForTokens, createExternalAuth, type ExternalAuth, type ExternalTokens } from "./external.ts";
import { createSignIns, type SignIns } from "./sign-in.ts";
import { openLentAuth, openStoredAuth, type StoredOptions } from "./stored.ts";
import type { FoundWorkspace, Workspace, WorkspaceFinder } from "./workspace.ts";

/** Options of {@link createAccount}. */
export interface AccountOptions extends StoredOptions {
  /** planport's own store: its ChatGPT sign-in serves when there is no other, until somebody logs out. */
  readonly lender: CredentialStore;
  readonly clients: Audience;
  readonly workspaces: WorkspaceFinder;
  /** Which server serves a workspace does not matter: one that cannot be found out stops nobody. */
  readonly isBaseGiven: boolean;
  /** The provider of models asks for a sign-in of OpenAI's; without that, none is looked at. */
  readonly requiresOpenaiAuth: boolean;
  /** `forced_login_method`. */
  readonly forcedLoginMethod: "chatgpt" | "api" | undefined;
  /** Ports for a browser to come back to; 1455 and 1457 by default. */
  readonly callbackPorts: readonly number[] | undefined;
}

/** The account of a server. */
export interface Account {
  /** Bearers of whoever is signed in; `get` throws `credential_missing` when nobody is. */
  readonly tokens: TokenSource;
  readonly requiresOpenaiAuth: boolean;
  /** Sign-ins in a browser or with a code. */
  readonly signIns: SignIns;
  /** Opens what is stored. */
  open(): Promise<void>;
  /** Finds the workspace of what was opened, and says then who is signed in. */
  start(): Promise<void>;
  /** A client has come in: it is told who is signed in, if that was found out before it came. */
  welcome(client: Client): void;
  /** The sign-in that is in force. */
  current(): Auth | null;
  /** The workspace of whoever is signed in; null where it cannot be found out and does not matter. */
  workspace(): Promise<Pick<FoundWorkspace, "grant"> & { readonly workspace: Workspace | null }>;
  /** Refreshes because a client asked for it. Failures are warnings. */
  renew(): Promise<void>;
  /** @throws {RequestError} where a setting or another sign-in is in the way of this one. */
  assertMay(method: "chatgpt" | "api" | "external"): void;
  /** Takes a client's tokens. */
  push(tokens: ExternalTokens, ask: AskForTokens): Promise<void>;
  /** Stores an API key. */
  storeApiKey(key: string): Promise<void>;
  /** Tells the end of a sign-in, and who is signed in now, as soon as the workspace is known. */
  announce(loginId: string | null): void;
  /** Tells everybody who is signed in now. */
  tell(updated: AccountUpdatedNotification): void;
  /** Ends the sign-in that is in force, and says who is signed in then. */
  logout(): Promise<AccountUpdatedNotification>;
  /** Resolves when no token is on its way. */
  settled(): Promise<void>;
}

/** Nobody is signed in before {@link Account.start}. */
export function createAccount(options: AccountOptions): Account {
  return new AccountOfServer(options);
}

class AccountOfServer implements Account {
  readonly tokens: TokenSource;
  readonly requiresOpenaiAuth: boolean;
  readonly signIns: SignIns;
  readonly #options: AccountOptions;
  #external: ExternalAuth | null = null;
  #stored: Auth | null = null;
  /** What is stored is planport's own. */
  #isLent = false;
  /** What is stored was put there through this server: then a logout takes it away again. */
  #isOurs = false;
  /** What a client that comes later has to be told. */
  #news: AccountUpdatedNotification | null = null;
  #greeted = false;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.requiresOpenaiAuth = options.requiresOpenaiAuth;
    this.signIns = createSignIns({
      ...options,
      ports: options.callbackPorts,
      assertMay: () => this.assertMay("chatgpt"),
      onEnd: (loginId, fault) => this.#ended(loginId, fault),
    });
    this.tokens = {
      get: async (given) => this.#source().get(given),
      recover: async (rejected, given) => this.#source().recover(rejected, given),
      settled: () => this.settled(),
    };
  }

  current(): Auth | null {
    return this.#external ?? this.#stored;
  }

  async open(): Promise<void> {
    await this.#reopen();
    if (this.#stored !== null) return;
    this.#stored = this.#ifAllowed(await openLentAuth({ ...this.#options, store: this.#options.lender }));
    this.#isLent = this.#stored !== null;
  }

  async start(): Promise<void> {
    const auth = this.#stored;
    if (auth === null || auth.mode === "apikey" || !this.requiresOpenaiAuth) return;
    try {
      const { grant } = await this.workspace();
      if (this.current() !== auth || this.#greeted) return;
      this.#news = { authMode: auth.mode, planType: planOf(grant) };
      this.#options.clients.broadcast("account/updated", this.#news);
    } catch (error) {
      if (!isPlanportError(error)) throw error;
      this.#options.onWarning(error); // Whoever asks for the account will hear of it.
    }
  }

  welcome(client: Client): void {
    if (this.#news !== null) client.notify("account/updated", this.#news);
  }

  async workspace(): ReturnType<Account["workspace"]> {
    const source = this.#source();
    try {
      return await this.#options.workspaces.find(source);
    } catch (error) {
      if (!this.#options.isBaseGiven || !isPlanportError(error) || error.code !== "routing_failed") throw error;
      return { grant: await source.get(), workspace: null };
    }
  }

  async renew(): Promise<void> {
    const auth = this.current();
    if ((await auth?.renew?.()) === true) this.#options.workspaces.forget();
  }

  assertMay(method: "chatgpt" | "api" | "external"): void {
    if (method !== "external" && this.#external !== null)
      throw invalidRequest(
        "External auth is active. Use account/login/start (chatgptAuthTokens) to update it or account/logout to clear it.",
      );
    const { forcedLoginMethod } = this.#options;
    if (forcedLoginMethod === "api" && method !== "api")
      throw invalidRequest(
        `${method === "external" ? "External ChatGPT auth" : "ChatGPT login"} is disabled. Use API key login instead.`,
      );
    if (forcedLoginMethod === "chatgpt" && method === "api")
      throw invalidRequest("API key login is disabled. Use ChatGPT login instead.");
  }

  async push(tokens: ExternalTokens, ask: AskForTokens): Promise<void> {
    const { workspaceIds } = this.#options;
    if (workspaceIds.length > 0 && !workspaceIds.includes(tokens.chatgptAccountId))
      throw invalidRequest(
        `External auth must use one of workspace(s) [${workspaceIds.map((id) => JSON.stringify(id)).join(", ")}], ` +
          `but received ${JSON.stringify(tokens.chatgptAccountId)}.`,
      );
    const next = this.#external === null ? createExternalAuth(tokens, ask, workspaceIds) : null;
    // Not awaited once more: a sign-in that began in between would stand beside the tokens.
    while (this.signIns.isUnderWay()) await this.signIns.stop("not completed");
    if (next === null) this.#external?.push(tokens, ask);
    else this.#external = next;
    this.#changed();
  }

  async storeApiKey(key: string): Promise<void> {
    const { store } = this.#options;
    await this.signIns.stop("not completed");
    await store.replace(newApiKeyDocument(new Secret(key)));
    await this.#reopen();
    this.#isOurs = true;
    this.#changed();
  }

  announce(loginId: string | null): void {
    this.#announce(loginId).catch((error: unknown) => {
      this.#options.onWarning(error instanceof Error ? error : new Error("a sign-in was not announced"));
    });
  }

  async #announce(loginId: string | null): Promise<void> {
    const { clients } = this.#options;
    const auth = this.current();
    const said = { loginId, onboardingEntrypoint: null };
    let plan: AccountUpdatedNotification["planType"] = null;
    try {
      const isPlan = auth !== null && auth.mode !== "apikey";
      if (isPlan && this.requiresOpenaiAuth) plan = planOf((await this.workspace()).grant);
      else if (isPlan) plan = planOf(await auth.source.get());
    } catch (error) {
      if (!isPlanportError(error)) throw error;
      clients.broadcast("account/login/completed", { ...said, success: false, error: error.message });
      return;
    }
    clients.broadcast("account/login/completed", { ...said, success: true, error: null });
    // Whoever changed the account meanwhile has told of it.
    if (this.current() === auth) clients.broadcast("account/updated", { authMode: auth?.mode ?? null, planType: plan });
  }

  async logout(): Promise<AccountUpdatedNotification> {
    const { store } = this.#options;
    await this.signIns.stop("not completed");
    await this.settled();
    if (this.#external !== null) {
      this.#external = null;
      // Codex's own login, which lay underneath, was not this client's to end.
      if (this.#isOurs) await store.remove();
      if (!this.#isLent) await this.#reopen();
    } else {
      if (!this.#isLent) await signOut(store, this.#options);
      await this.#reopen();
    }
    this.#isOurs = false;
    this.#changed();
    const auth = this.current();
    return {
      authMode: auth?.mode ?? null,
      planType: auth?.mode === "chatgpt" ? await planOfSource(auth.source) : null,
    };
  }

  tell(updated: AccountUpdatedNotification): void {
    this.#options.clients.broadcast("account/updated", updated);
  }

  async settled(): Promise<void> {
    await Promise.all([this.#external?.settled(), this.#stored?.source.settled?.()]);
  }

  #source(): TokenSource {
    const auth = this.current();
    if (auth === null) throw new CredentialError("credential_missing", "Nobody is signed in.");
    return auth.source;
  }

  async #reopen(): Promise<void> {
    this.#isLent = false;
    this.#stored = this.#ifAllowed(await openStoredAuth(this.#options));
  }

  /** A sign-in of another method than the one that is asked for is as none. */
  #ifAllowed(auth: Auth | null): Auth | null {
    const { forcedLoginMethod } = this.#options;
    return forcedLoginMethod === undefined || forcedLoginMethod === (auth?.mode === "apikey" ? "api" : "chatgpt")
      ? auth
      : null;
  }

  #changed(): void {
    this.#options.workspaces.forget();
    this.#news = null;
    this.#greeted = true;
  }

  async #ended(loginId: string, fault: string | null): Promise<void> {
    if (fault === null) {
      await this.#reopen();
      this.#isOurs = true;
      this.#changed();
      await this.#announce(loginId);
      return;
    }
    const said = { loginId, success: false, error: fault, onboardingEntrypoint: null };
    this.#options.clients.broadcast("account/login/completed", said);
  }
}

async function planOfSource(source: TokenSource): Promise<AccountUpdatedNotification["planType"]> {
  try {
    const grant: Grant = await source.get();
    return planOf(grant);
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return null;
  }
}
