/**
 * Signing in and staying signed in, for programs that bring nothing of their own: what connects and where to is filled in.
 * The same functions with everything passed in are in `planport/auth`.
 * @module
 */
import type { LoginOptions } from "../auth/oauth/login.ts";
import type { CommonLoginOptions, LoginResult, LoginStep } from "../auth/oauth/sign-in.ts";
import type { TokenSourceOptions } from "../auth/sources.ts";
import type { TokenSource } from "../auth/token-source.ts";
import type { CredentialStore } from "../store/types.ts";
import { openSignInServer, type SignInServerOptions } from "./server-options.ts";

type Parts = "http" | "endpoints" | "client";

/** Options of {@link deviceLogin}. All may be left out. */
export interface LibraryDeviceLoginOptions extends SignInServerOptions, Omit<CommonLoginOptions, Parts> {
  /** Where the sign-in is put, before the browser is told that it worked. */
  readonly store?: CredentialStore | undefined;
}

/** Options of {@link login}. All may be left out. */
export interface LibraryLoginOptions extends SignInServerOptions, Omit<LoginOptions, Parts> {
  /** Where the sign-in is put, before the browser is told that it worked. */
  readonly store?: CredentialStore | undefined;
}

/** Options of {@link createTokenSource}. */
export interface LibraryTokenSourceOptions extends SignInServerOptions, Omit<TokenSourceOptions, Parts> {}

/**
 * Signs in with a browser: yields what to show, and ends with the sign-in. It shows nothing itself. Leaving the generator
 * early closes the port.
 * @throws {SignInError} `sign_in_failed`, `sign_in_cancelled`, `sign_in_timeout`, `sign_in_unavailable`; and
 * `sign_in_port_in_use` when no port is free and nothing can be pasted.
 * @throws {CredentialError} `store_write_failed`.
 */
export async function* login(options: LibraryLoginOptions = {}): AsyncGenerator<LoginStep, LoginResult, void> {
  const { login: signIn } = await import("../auth/oauth/login.ts");
  return yield* signIn({ ...options, ...saving(options), ...(await openSignInServer(options)) });
}

/**
 * Signs in with a code that is typed on another device: yields what to show, and ends with the sign-in.
 * @throws {SignInError} `sign_in_failed` (also when this way is switched off for the account), `sign_in_timeout`,
 * `sign_in_cancelled`, `sign_in_unavailable`.
 * @throws {CredentialError} `store_write_failed`.
 */
export async function* deviceLogin(
  options: LibraryDeviceLoginOptions = {},
): AsyncGenerator<LoginStep, LoginResult, void> {
  const { deviceLogin: signIn } = await import("../auth/oauth/device-login.ts");
  return yield* signIn({ ...options, ...saving(options), ...(await openSignInServer(options)) });
}

type Saving = Pick<LibraryLoginOptions, "save" | "store" | "signal">;

function saving({ save, store, signal }: Saving): Pick<LibraryLoginOptions, "save"> {
  return {
    save: async (document) => {
      if (store !== undefined) {
        const { replaceAlone } = await import("../store/replace-alone.ts");
        await replaceAlone(store, document, signal);
      }
      await save?.(document);
    },
  };
}

/**
 * A source of bearers for the sign-in in a store: renewed before they end, once among all programs that share the store.
 * @throws {CredentialError} `credential_missing`, and what reading the store throws.
 */
export async function createTokenSource(options: LibraryTokenSourceOptions): Promise<TokenSource> {
  const sources = await import("../auth/sources.ts");
  return sources.createTokenSource({ ...options, ...(await openSignInServer(options)) });
}
