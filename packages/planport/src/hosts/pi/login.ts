/**
 * Signing in for pi: the steps of planport's sign-in, told by the callbacks that pi's hosts give.
 * @module
 */
import { readCredential, readProvenance } from "../../auth/auth-file.ts";
import { type AuthEndpoints, resolveAuthEndpoints } from "../../auth/endpoints.ts";
import type { ClientIdentity } from "../../auth/http.ts";
import { createInbox } from "../../auth/oauth/inbox.ts";
import { login } from "../../auth/oauth/login.ts";
import type { LoginStep } from "../../auth/oauth/sign-in.ts";
import { SignInError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import type { CredentialDocument } from "../../store/document.ts";
import { expiryOf } from "../expiry.ts";
import type { PiLoginCallbacks } from "./callbacks.ts";
import type { PiOAuthCredential } from "./credentials.ts";

/** What {@link loginToCodex} takes beside the callbacks. */
export interface PiLoginOptions {
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  readonly client: ClientIdentity;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ports for the browser to come back to; 1455 and 1457 by default. */
  readonly ports?: readonly number[] | undefined;
  /** How long the browser has before a person is asked to paste. */
  readonly promptAfterMs: number;
  /** Stores the login, before the browser is told that it worked. */
  readonly save: (credential: PiOAuthCredential) => Promise<void>;
}

const PASTE = "Paste the authorization code (or the full address the browser stopped at):";
const INSTRUCTIONS = "A browser window should open. Complete the login there.";

/**
 * Signs in and stores the login.
 * @throws {SignInError} as `login()` throws; what `onPrompt` throws ends the sign-in and is thrown on.
 */
export async function loginToCodex(callbacks: PiLoginCallbacks, options: PiLoginOptions): Promise<void> {
  const asking = new Asking(callbacks, options.promptAfterMs);
  const { http, endpoints, client, now, ports } = options;
  const steps = login({
    http,
    endpoints,
    client,
    now,
    signal: asking.signal,
    pasted: asking.answers(),
    ...(ports !== undefined && { ports }),
    save: async (document) => options.save(loginEntry(document, now())),
  });
  try {
    for await (const step of steps) show(step, callbacks, asking);
  } catch (error) {
    throw asking.failure ?? error;
  } finally {
    asking.close();
  }
}

function show(step: LoginStep, { onAuth, onProgress }: PiLoginCallbacks, asking: Asking): void {
  if (step.type === "open-url") {
    onAuth({ url: step.url, instructions: INSTRUCTIONS });
    if (step.port !== null) return asking.later();
    const busy = "Port 1455 already in use: the browser cannot come back by itself.";
    onProgress?.(busy);
    return asking.now(`${busy} ${PASTE}`);
  }
  if (step.type === "rejected") {
    onProgress?.(step.error.message);
    return asking.now(`${step.error.message} ${PASTE}`);
  }
  if (step.type === "exchanging") onProgress?.("Exchanging the code for tokens…");
}

/** Asks the host for what a person pastes, and lets the sign-in have it. */
class Asking {
  readonly #callbacks: PiLoginCallbacks;
  readonly #promptAfterMs: number;
  readonly #inbox = createInbox<string>();
  /** Ends the sign-in. */
  readonly #end = new AbortController();
  /** Tells the host that nobody waits for its answer any more. */
  readonly #over = new AbortController();
  readonly #onAbort = (): void => this.#end.abort();
  #timer: NodeJS.Timeout | undefined;
  #asksByHand: boolean;
  #isAsking = false;
  /** What the host threw in place of an answer. */
  failure: unknown;

  constructor(callbacks: PiLoginCallbacks, promptAfterMs: number) {
    this.#callbacks = callbacks;
    this.#promptAfterMs = promptAfterMs;
    this.#asksByHand = callbacks.onManualCodeInput !== undefined;
    if (callbacks.signal?.aborted === true) this.#onAbort();
    else callbacks.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  async *answers(): AsyncGenerator<string, void, void> {
    for (;;) yield await this.#inbox.next();
  }

  /** The browser may well come back by itself: a person is asked when it has not for a while. */
  later(): void {
    if (this.#asksByHand) this.now(PASTE);
    else this.#timer = setTimeout(() => this.now(PASTE), this.#promptAfterMs);
  }

  now(message: string): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#ask(message).then(
      (answer) => {
        this.#isAsking = false;
        if (answer.trim() === "")
          this.#stop(new SignInError("sign_in_cancelled", "The sign-in was cancelled: nothing was pasted."));
        else this.#inbox.push(answer);
      },
      (error: unknown) => this.#stop(error),
    );
  }

  async #ask(message: string): Promise<string> {
    const { onManualCodeInput, onPrompt } = this.#callbacks;
    const byHand = this.#asksByHand;
    this.#asksByHand = false; // Once: what comes after it says what was wrong with the answer.
    if (byHand && onManualCodeInput !== undefined) return onManualCodeInput();
    return onPrompt({ message, signal: this.#over.signal });
  }

  #stop(error: unknown): void {
    if (this.#over.signal.aborted) return; // The prompt was taken down because the sign-in is over.
    this.failure ??= error;
    this.#end.abort();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#callbacks.signal?.removeEventListener("abort", this.#onAbort);
    this.#over.abort();
  }
}

/** The entry for a new sign-in. Who issued it is told only where it is not OpenAI's own server, as pi takes it. */
export function loginEntry(document: CredentialDocument, nowMs: number): PiOAuthCredential {
  const credential = readCredential(document);
  if (credential?.kind !== "chatgpt" || credential.refreshToken === null)
    throw new SignInError("sign_in_failed", "The sign-in server sent tokens that cannot be used.");
  const usual = resolveAuthEndpoints({});
  const { issuer, clientId } = readProvenance(document);
  return {
    type: "oauth",
    access: credential.accessToken.reveal(),
    refresh: credential.refreshToken.reveal(),
    expires: expiryOf({ accessToken: credential.accessToken }, nowMs),
    ...(credential.accountId !== null && { accountId: credential.accountId }),
    ...(issuer !== null && issuer !== usual.issuer && { issuer }),
    ...(clientId !== null && clientId !== usual.clientId && { clientId }),
  };
}
