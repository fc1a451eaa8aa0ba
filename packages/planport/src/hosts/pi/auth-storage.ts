/**
 * pi's `AuthStorage`: the logins of pi's `auth.json`, for programs of their own.
 * @module
 */
import { surfaces } from "../../auth/surfaces.ts";
import { raceAbort } from "../../auth/wait.ts";
import type { Environment } from "../../environment.ts";
import { CredentialError, isPlanportError, retryOf, SignInError } from "../../errors.ts";
import { openSignInServer, type SignInServer, type SignInServerOptions } from "../server-options.ts";
import { type AgentDirOptions, piAgentDir, piAgentFile } from "./agent-dir.ts";
import type { PiLoginCallbacks } from "./callbacks.ts";
import { resolvePiValue } from "./config-value.ts";
import { OPENAI_CODEX, type PiCredential, piEntry, type PiEntries, type PiOAuthCredential } from "./credentials.ts";
import type { DirectoryLockOptions } from "./directory-lock.ts";
import { hasKeyInEnvironment, keyFromEnvironment } from "./env-key.ts";
import { PiFile, usableEntry } from "./pi-file.ts";

/** pi renews a login when less than this is left. */
const REFRESH_EARLY_MS: number = surfaces.pi.refreshEarlyMs;
/** After a refresh, or one that failed while the access token still works, the next one waits. */
const REFRESH_PAUSE_MS = 30_000;
const PROMPT_AFTER_MS = 10_000;
/** Of what nobody asks for, no more than this is kept. */
const MAX_ERRORS = 100;

/** Options of {@link AuthStorage}. All may be left out. */
export interface AuthStorageOptions extends AgentDirOptions, SignInServerOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly lock?: DirectoryLockOptions | undefined;
  /** Ports for the browser to come back to. Default 1455, else 1457. */
  readonly ports?: readonly number[] | undefined;
  /** How long the browser has before `onPrompt` asks a person to paste. Default 10 s. */
  readonly promptAfterMs?: number | undefined;
}

/**
 * The logins in pi's `auth.json` (`$PI_CODING_AGENT_DIR`, else `~/.pi/agent`), shared with a running pi under pi's own
 * lock. What other programs wrote there is kept.
 *
 * @example
 * ```ts
 * import { AuthStorage } from "planport";
 *
 * const authStorage = new AuthStorage();
 * const bearer = await authStorage.getApiKey("openai-codex"); // renewed first when it is about to end
 * ```
 */
export class AuthStorage {
  readonly #options: AuthStorageOptions;
  readonly #env: Environment;
  readonly #file: PiFile;
  readonly #now: () => number;
  readonly #runtimeKeys = new Map<string, string>();
  readonly #errors: Error[] = [];
  #entries: PiEntries = {};
  /** Why the last reading failed. */
  #unreadable: unknown = null;
  #fallback: ((provider: string) => string | undefined) | null = null;
  #flight: Promise<PiOAuthCredential | undefined> | null = null;
  #pauseUntilMs = 0;
  #opened: Promise<SignInServer> | null = null;

  /** @param file Default `auth.json` in pi's folder. A file that cannot be read is told by `drainErrors()`. */
  constructor(file?: string, options: AuthStorageOptions = {}) {
    this.#options = options;
    this.#env = options.env ?? process.env;
    this.#now = options.now ?? Date.now;
    this.#file = new PiFile(file ?? piAgentFile("auth.json", options), options.lock ?? {});
    this.reload();
  }

  /** The same as the constructor, as some versions of pi have it. */
  static create(file?: string, options: AuthStorageOptions = {}): AuthStorage {
    return new AuthStorage(file, options);
  }

  /** The path of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** The environment that keys are looked up in. */
  get env(): Environment {
    return this.#env;
  }

  /** pi's folder, where `models.json` lies. */
  get agentDir(): string {
    return piAgentDir(this.#options);
  }

  /** Reads the file again. When it cannot be read, what was read before stays, and `drainErrors()` has the reason. */
  reload(): void {
    try {
      this.#entries = this.#file.readSync();
      this.#unreadable = null;
    } catch (error) {
      this.#unreadable = error;
      this.#note(error);
    }
  }

  /** What is stored for a provider. */
  get(provider: string): PiCredential | undefined {
    return piEntry(this.#entries, provider);
  }

  /** All that is stored, by provider. */
  getAll(): Readonly<Record<string, PiCredential>> {
    const known = this.list().flatMap((provider): [string, PiCredential][] => {
      const entry = this.get(provider);
      return entry === undefined ? [] : [[provider, entry]];
    });
    return Object.fromEntries(known);
  }

  /** The providers for which something is stored. */
  list(): string[] {
    return Object.keys(this.#entries);
  }

  /** True when something is stored for a provider. */
  has(provider: string): boolean {
    return Object.hasOwn(this.#entries, provider);
  }

  /** True when `getApiKey()` has something to go by: a runtime key, a stored entry, the environment, a fallback. Asks nobody. */
  hasAuth(provider: string): boolean {
    if (this.#runtimeKeys.has(provider) || this.has(provider)) return true;
    return hasKeyInEnvironment(provider, this.#env) || this.#fallback?.(provider) !== undefined;
  }

  /**
   * Stores an entry in place of what was there. It is to be seen here at once, and in the file when the promise resolves.
   * @throws {CredentialError} `store_write_failed`, `credential_malformed`; `drainErrors()` has them as well.
   */
  set(provider: string, credential: PiCredential): Promise<void> {
    return this.#change(provider, credential);
  }

  /**
   * Forgets a provider. `logout()` tells the server, too.
   * @throws {CredentialError} as {@link AuthStorage.set}.
   */
  remove(provider: string): Promise<void> {
    return this.#change(provider, undefined);
  }

  /**
   * Signs in, and stores the login. The only provider is `openai-codex`.
   * @throws {SignInError} `oauth_provider_unknown`; `sign_in_failed`, `sign_in_cancelled`, `sign_in_timeout`,
   * `sign_in_unavailable`; and what `onPrompt` throws.
   * @throws {CredentialError} `store_write_failed`, `credential_malformed`.
   */
  async login(provider: string, callbacks: PiLoginCallbacks): Promise<void> {
    assertOAuthProvider(provider);
    this.#file.readSync(); // A file that nothing can be put into is told now, not when the tokens are there.
    const { loginToCodex } = await import("./login.ts");
    await loginToCodex(callbacks, {
      ...(await this.#server()),
      now: this.#now,
      ports: this.#options.ports,
      promptAfterMs: this.#options.promptAfterMs ?? PROMPT_AFTER_MS,
      save: (credential) => this.set(provider, credential),
    });
    this.#pauseUntilMs = 0;
  }

  /**
   * Forgets a provider, and then tells the sign-in server that its tokens are not to be used again. That the server cannot
   * be told is no failure.
   * @throws {CredentialError} as {@link AuthStorage.set}.
   */
  async logout(provider: string): Promise<void> {
    const before = this.get(provider);
    let gone = before;
    await this.#change(provider, undefined, (entry) => (gone = entry ?? before));
    if (provider !== OPENAI_CODEX || gone?.type !== "oauth") return;
    const { revokePiEntry } = await import("./revoke.ts");
    await revokePiEntry(gone, this.#file.path, await this.#server());
  }

  /**
   * The key for a provider: one that was set for this run, else what is stored (a login is renewed first when less than
   * five minutes of it are left, once among all programs that share the file), else the environment's, else the
   * fallback's. Undefined when there is none.
   * @throws {CredentialError} `refresh_rejected` and `refresh_unavailable` (“Failed to refresh OAuth token”: the stored
   * login stays as it was), `credential_malformed`, `credential_missing` for a stored variable or command that gives
   * nothing, `credential_wrong_route` for an API key in the place of a plan's token, `store_write_failed`.
   * @throws {SignInError} `oauth_provider_unknown` for a login of another provider than `openai-codex`.
   */
  async getApiKey(provider: string, options: { readonly signal?: AbortSignal } = {}): Promise<string | undefined> {
    const runtime = this.#runtimeKeys.get(provider);
    if (runtime !== undefined) return runtime;
    this.reload();
    const entry = usableEntry(this.#entries, provider, this.#file.path);
    if (entry === undefined && this.#unreadable !== null) throw this.#unreadable;
    if (entry?.type === "oauth") {
      assertOAuthProvider(provider);
      if (!this.#isDue(entry)) return entry.access;
      return (await raceAbort(this.#freshen(entry), options.signal))?.access;
    }
    if (entry?.type === "api_key") {
      const key = await resolvePiValue(entry.key, { ...this.#env, ...entry.env });
      if (key !== undefined) return key;
      throw new CredentialError(
        "credential_missing",
        `${this.#file.path}: the key of \`${provider}\` is to come from a variable or a command, and that gives nothing.`,
      );
    }
    return this.#unstoredKey(provider);
  }

  /** Sets a key for this run: it goes before all others, and is not stored. */
  setRuntimeApiKey(provider: string, key: string): void {
    this.#runtimeKeys.set(provider, key);
  }

  /** Takes a key of this run back. */
  removeRuntimeApiKey(provider: string): void {
    this.#runtimeKeys.delete(provider);
  }

  /** Sets where keys come from that nothing else has; a {@link ModelRegistry} sets those of `models.json`. */
  setFallbackResolver(resolver: (provider: string) => string | undefined): void {
    this.#fallback = resolver;
  }

  /** The providers that `login()` takes. */
  getOAuthProviders(): readonly { readonly id: string; readonly name: string }[] {
    return [{ id: OPENAI_CODEX, name: "ChatGPT Plus/Pro (Codex Subscription)" }];
  }

  /** What went wrong without stopping anything, since the last call. */
  drainErrors(): Error[] {
    return this.#errors.splice(0);
  }

  /** An API key in the environment may well be meant for another program: it is refused only where there is nothing else. */
  async #unstoredKey(provider: string): Promise<string | undefined> {
    let found: string | undefined;
    let refusal: unknown = null;
    try {
      found = keyFromEnvironment(provider, this.#env);
    } catch (error) {
      refusal = error;
    }
    found ??= this.#fallback?.(provider);
    const key = found === undefined ? undefined : await resolvePiValue(found, this.#env);
    if (key === undefined && refusal !== null) throw refusal;
    return key;
  }

  #isDue(entry: PiOAuthCredential): boolean {
    const nowMs = this.#now();
    if (entry.expires <= nowMs) return true;
    return entry.expires <= nowMs + REFRESH_EARLY_MS && nowMs >= this.#pauseUntilMs;
  }

  /** One refresh at a time; one among all programs is the lock's business. */
  #freshen(entry: PiOAuthCredential): Promise<PiOAuthCredential | undefined> {
    this.#flight ??= this.#refresh(entry).finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  async #refresh(entry: PiOAuthCredential): Promise<PiOAuthCredential | undefined> {
    const { refreshPiEntry } = await import("./refresh.ts");
    try {
      const fresh = await refreshPiEntry({
        ...(await this.#server()),
        file: this.#file,
        now: this.#now,
        isDue: (current) => this.#isDue(current),
        onWarning: (error) => this.#note(error),
        onEntries: (entries) => {
          this.#entries = entries;
        },
      });
      // A login that lives for less than the early limit would otherwise be renewed at every call.
      this.#pauseUntilMs = this.#now() + REFRESH_PAUSE_MS;
      return fresh;
    } catch (error) {
      const failure = refreshFailure(error, this.#file.path);
      const current = this.get(OPENAI_CODEX);
      const usable = current?.type === "oauth" ? current : entry;
      if (usable.expires <= this.#now()) throw failure;
      this.#pauseUntilMs = this.#now() + REFRESH_PAUSE_MS;
      this.#note(failure);
      return usable;
    }
  }

  #change(
    provider: string,
    entry: PiCredential | undefined,
    onReplaced: (entry: PiCredential | undefined) => void = () => {},
  ): Promise<void> {
    const { [provider]: _replaced, ...others } = this.#entries;
    this.#entries = entry === undefined ? others : { ...this.#entries, [provider]: entry };
    const done = this.#file.locked(async (locked) => {
      onReplaced(piEntry(await locked.read(), provider));
      this.#entries = await locked.write(provider, entry);
      if (provider !== OPENAI_CODEX) return;
      const { forgetPiRefresh } = await import("./refresh.ts");
      await forgetPiRefresh(this.#file.path);
    });
    // Hosts call this without waiting, as pi's own is not to be waited for: a failure must not end their process.
    done.catch((error: unknown) => {
      this.#note(error);
      this.reload();
    });
    return done;
  }

  async #server(): Promise<SignInServer> {
    this.#opened ??= openSignInServer(this.#options);
    return this.#opened;
  }

  #note(error: unknown): void {
    const fault = error instanceof Error ? error : new Error("an unknown fault", { cause: error });
    if (this.#errors.at(-1)?.message === fault.message) return; // Told already; it may come with every call.
    this.#errors.push(fault);
    if (this.#errors.length > MAX_ERRORS) this.#errors.shift();
  }
}

function assertOAuthProvider(provider: string): void {
  if (provider === OPENAI_CODEX) return;
  throw new SignInError(
    "oauth_provider_unknown",
    `Unknown OAuth provider: ${provider}. planport signs in to ${OPENAI_CODEX} alone; for others, log in with pi itself, ` +
      "or store an API key.",
  );
}

/** The failure in the words of pi, with what to do. */
function refreshFailure(error: unknown, file: string): unknown {
  if (!isPlanportError(error)) return error;
  if (error.code !== "refresh_rejected" && error.code !== "refresh_unavailable") return error;
  const why = error.message.replace(/ Run `planport login`\.$/, "");
  const next =
    error.code === "refresh_rejected"
      ? `; log in again (/login in pi, or login("${OPENAI_CODEX}")), and check that the ChatGPT plan is still active`
      : error.retryable
        ? "; try again in a moment"
        : "";
  return new CredentialError(
    error.code,
    `Failed to refresh OAuth token for ${OPENAI_CODEX}: ${why} The login in ${file} is kept${next}.`,
    { ...retryOf(error), cause: error },
  );
}
