/**
 * Signing in on behalf of a client: in a browser, or with a code typed on another device. One at a time.
 * @module
 */
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { deviceLogin } from "../../auth/oauth/device-login.ts";
import { login } from "../../auth/oauth/login.ts";
import { revokeDocument } from "../../auth/oauth/revoke.ts";
import type { CommonLoginOptions, LoginResult, LoginStep } from "../../auth/oauth/sign-in.ts";
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
  /** Ends the one of that name; false when it is not under way. */
  cancel(loginId: string): boolean;
  /** Ends the one that is under way, if there is one, and waits until its end was told. */
  stop(why: "cancelled" | "not completed"): Promise<void>;
}

interface Pending {
  readonly loginId: string;
  readonly abort: AbortController;
  readonly over: Promise<void>;
  why: "cancelled" | "not completed";
}

type Steps = AsyncGenerator<LoginStep, LoginResult, void>;
type FirstStep<T extends LoginStep["type"]> = Extract<LoginStep, { readonly type: T }>;

/** No sign-in is under way. */
export function createSignIns(options: SignInsOptions): SignIns {
  let pending: Pending | null = null;

  const begin = async <T extends LoginStep["type"]>(
    makeSteps: (common: CommonLoginOptions) => Steps,
    type: T,
    words: (error: unknown, why: Pending["why"]) => string,
  ): Promise<FirstStep<T> & { readonly loginId: string }> => {
    const abort = new AbortController();
    const loginId = randomUUID();
    const steps = makeSteps({ ...options, signal: abort.signal, save: (document) => keep(options, document) });
    const first = (await steps.next()).value as LoginStep;
    if (first.type !== type) throw new ConfigError("internal", "A sign-in began in an unexpected way.");
    const over = run(steps).then(
      () => null,
      (error: unknown) => words(error, mine.why),
    );
    const mine: Pending = {
      loginId,
      abort,
      why: "not completed",
      over: over.then(async (fault) => {
        if (pending === mine) pending = null;
        await options.onEnd(loginId, fault);
      }),
    };
    pending = mine;
    return { ...(first as FirstStep<T>), loginId };
  };
  const stop: SignIns["stop"] = async (why) => {
    const current = pending;
    if (current === null) return;
    pending = null;
    current.why = why;
    current.abort.abort();
    await current.over;
  };
  return {
    async browser({ successUrl }) {
      await stop("cancelled");
      const { loginId, url } = await begin(
        (common) => login({ ...common, successUrl, ...(options.ports !== undefined && { ports: options.ports }) }),
        "open-url",
        (error, why) => `Login server error: ${browserFault(error, why)}`,
      );
      return { loginId, authUrl: url };
    },
    async device() {
      await stop("cancelled");
      try {
        const step = await begin((common) => deviceLogin(common), "device-code", deviceFault);
        return { loginId: step.loginId, verificationUrl: step.verificationUrl, userCode: step.userCode };
      } catch (error) {
        throw userCodeFault(error);
      }
    },
    cancel(loginId) {
      const current = pending;
      if (current?.loginId !== loginId) return false;
      pending = null;
      // Behind the answer to whoever cancels.
      setImmediate(() => current.abort.abort());
      return true;
    },
    stop,
  };
}

async function run(steps: Steps): Promise<void> {
  for (;;) {
    const { done } = await steps.next();
    if (done === true) return;
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
  if (!isPlanportError(error)) return error;
  const why = failure === null ? error.message : `device code request failed with status ${statusText(failure.status)}`;
  return new ConfigError("internal", `failed to request device code: ${why}`);
}
