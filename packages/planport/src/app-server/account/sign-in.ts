/**
 * Signing in on behalf of a client: in a browser, or with a code typed on another device. One at a time.
 * @module
 */
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { deviceLogin } from "../../auth/oauth/device-login.ts";
import { login } from "../../auth/oauth/login.ts";
import { revokeDocument } from "../../auth/oauth/revoke.ts";
import {
  cancelledSignIn,
  type CommonLoginOptions,
  type LoginResult,
  type LoginStep,
} from "../../auth/oauth/sign-in.ts";
import type { ExchangeFailure } from "../../auth/oauth/token-endpoint.ts";
import { readJwtClaims } from "../../auth/jwt-claims.ts";
import { ConfigError, isPlanportError, SignInError } from "../../errors.ts";
import type { CredentialDocument } from "../../store/document.ts";
import type { CredentialStore } from "../../store/types.ts";
import { invalidRequest } from "../rpc-errors.ts";

/** Options of {@link createSignIns}. */
export interface SignInsOptions extends Omit<CommonLoginOptions, "signal" | "save" | "allowedWorkspaceIds"> {
  readonly store: CredentialStore;
  /** Workspaces that are allowed; empty for any. */
  readonly workspaceIds: readonly string[];
  /** Ports for the browser to come back to; 1455 and 1457 by default. */
  readonly ports?: readonly number[] | undefined;
  /** Throws where another sign-in is in the way by now. */
  readonly assertMay: () => void;
  /** Told of the end of each sign-in: null when it worked and is stored, else why not. May take its time. */
  readonly onEnd: (loginId: string, fault: string | null) => void | Promise<void>;
}

/** How a browser's sign-in may differ. */
export interface BrowserOptions {
  /** Where the browser is sent at the end, in place of a page of planport's. */
  readonly successUrl: string | undefined;
}

/** The sign-ins of a server. */
export interface SignIns {
  /** Begins one in a browser, and gives the page to open. One that is under way ends first. */
  browser(options: BrowserOptions): Promise<{ readonly loginId: string; readonly authUrl: string }>;
  /** Begins one with a code. One that is under way ends first. */
  device(): Promise<{ readonly loginId: string; readonly verificationUrl: string; readonly userCode: string }>;
  /** One is under way. */
  isUnderWay(): boolean;
  /** Ends the one of that name; false when it is not under way, or as good as done. */
  cancel(loginId: string): boolean;
  /** Ends the one that is under way, if there is one, and waits until its end was told. */
  stop(why: "cancelled" | "not completed"): Promise<void>;
}

interface Pending {
  readonly loginId: string;
  readonly abort: AbortController;
  why: "cancelled" | "not completed";
  /** It is ended already, or is being stored: whoever cancels it comes too late. */
  isSettled: boolean;
  /** Resolves when its end was told. */
  over: Promise<void>;
}

type Steps = AsyncGenerator<LoginStep, LoginResult, void>;
type FirstStep<T extends LoginStep["type"]> = Extract<LoginStep, { readonly type: T }>;

/** No sign-in is under way. */
export function createSignIns(options: SignInsOptions): SignIns {
  let pending: Pending | null = null;
  const isUnderWay = (): boolean => pending !== null;

  const begin = async <T extends LoginStep["type"]>(
    makeSteps: (common: CommonLoginOptions) => Steps,
    type: T,
    words: (error: unknown, why: Pending["why"]) => string,
  ): Promise<FirstStep<T> & { readonly loginId: string }> => {
    do await stop("cancelled");
    while (isUnderWay());
    options.assertMay();
    const abort = new AbortController();
    const loginId = randomUUID();
    const mine: Pending = { loginId, abort, why: "not completed", isSettled: false, over: Promise.resolve() };
    const save = async (document: CredentialDocument): Promise<void> => {
      if (mine.isSettled) {
        await revokeDocument(document, options);
        throw cancelledSignIn();
      }
      mine.isSettled = true;
      await keep(options, document);
    };
    const steps = makeSteps({ ...options, signal: abort.signal, save });
    // Before anything is waited for: what comes meanwhile has to find it.
    pending = mine;
    const first = steps.next();
    mine.over = toItsEnd(first, steps).then(async (fault) => {
      if (pending === mine) pending = null;
      if (fault !== NEVER_BEGUN) await options.onEnd(loginId, fault === null ? null : words(fault.error, mine.why));
    });
    const step = (await first).value as LoginStep;
    if (step.type !== type) throw new ConfigError("internal", "A sign-in began in an unexpected way.");
    return { ...(step as FirstStep<T>), loginId };
  };
  const stop: SignIns["stop"] = async (why) => {
    const current = pending;
    if (current === null) return;
    if (!current.isSettled) current.why = why;
    current.isSettled = true;
    current.abort.abort();
    await current.over;
  };
  return {
    async browser({ successUrl }) {
      const { loginId, url } = await begin(
        (common) =>
          login({
            ...common,
            successUrl,
            offeredWorkspaceIds: options.workspaceIds,
            ...(options.ports !== undefined && { ports: options.ports }),
          }),
        "open-url",
        (error, why) => `Login server error: ${browserFault(error, why)}`,
      );
      return { loginId, authUrl: url };
    },
    async device() {
      try {
        const step = await begin((common) => deviceLogin(common), "device-code", deviceFault);
        return { loginId: step.loginId, verificationUrl: step.verificationUrl, userCode: step.userCode };
      } catch (error) {
        throw userCodeFault(error);
      }
    },
    isUnderWay,
    cancel(loginId) {
      const current = pending;
      if (current?.loginId !== loginId || current.isSettled) return false;
      current.isSettled = true;
      // Behind the answer to whoever cancels.
      setImmediate(() => current.abort.abort());
      return true;
    },
    stop,
  };
}

/** It failed before there was anything to tell of: whoever asked for it hears that. */
const NEVER_BEGUN = { error: null };

/** Goes on with a sign-in from its first step to its end: null when it worked. */
async function toItsEnd(first: Promise<unknown>, steps: Steps): Promise<{ readonly error: unknown } | null> {
  try {
    await first;
  } catch {
    return NEVER_BEGUN;
  }
  try {
    for (;;) if ((await steps.next()).done === true) return null;
  } catch (error) {
    return { error };
  }
}

/** Stores a new sign-in, and ends the one that it replaces. */
async function keep(options: SignInsOptions, document: CredentialDocument): Promise<void> {
  const { store, workspaceIds } = options;
  const token = (document.reveal()["tokens"] as { readonly id_token?: unknown } | undefined)?.id_token;
  const accountId = typeof token === "string" ? (readJwtClaims(token)?.accountId ?? null) : null;
  if (workspaceIds.length > 0 && (accountId === null || !workspaceIds.includes(accountId))) {
    await revokeDocument(document, options);
    throw new SignInError("sign_in_failed", `Login is restricted to workspace id(s) ${workspaceIds.join(", ")}.`);
  }
  const former = await store.read().catch(() => null);
  await store.replace(document);
  if (former !== null) await revokeDocument(former, options);
}

function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
}

function exchangeFailure(error: unknown): ExchangeFailure | null {
  const cause = isPlanportError(error) ? (error.cause as Partial<ExchangeFailure> | undefined) : undefined;
  return typeof cause?.status === "number" ? { status: cause.status, said: cause.said ?? null } : null;
}

function browserFault(error: unknown, why: Pending["why"]): string {
  if (!isPlanportError(error)) return "internal error";
  if (error.code === "sign_in_cancelled") return why === "cancelled" ? "Login cancelled" : "Login was not completed";
  const failure = exchangeFailure(error);
  if (failure === null) return error.message;
  const said = failure.said === null ? "" : `: ${failure.said}`;
  return `Token exchange failed: token endpoint returned status ${statusText(failure.status)}${said}`;
}

function deviceFault(error: unknown): string {
  if (!isPlanportError(error)) return "internal error";
  if (error.code === "sign_in_cancelled") return "Login was not completed";
  const failure = exchangeFailure(error);
  return failure === null ? error.message : `device auth failed with status ${statusText(failure.status)}`;
}

function userCodeFault(error: unknown): unknown {
  const failure = exchangeFailure(error);
  if (failure?.status === 404)
    return invalidRequest(
      "device code login is not enabled for this Codex server. Use the browser login or verify the server URL.",
    );
  if (!isPlanportError(error) || error.code === "request_invalid") return error;
  const why = failure === null ? error.message : `device code request failed with status ${statusText(failure.status)}`;
  return new ConfigError("internal", `failed to request device code: ${why}`);
}
