/**
 * Passes calls on to the backend, with planport's credential or the caller's.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { CredentialError, isPlanportError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import { Secret } from "../../secret.ts";
import { assertGrant, assertRoute, type Endpoints } from "../endpoints.ts";
import { abortable } from "../retry.ts";
import { DIRECT_ROUTE, type Route } from "../routing.ts";
import { asksForAccounts, renameAccount } from "./accounts.ts";
import { answerHeaders, type HeaderMap, headerOf, requestHeaders, withGrant } from "./headers.ts";
import { openRelay } from "./open.ts";
import type { Relay, RelayAnswer, RelayCall, RelayOptions, RelaySwitch } from "./types.ts";
import { streamOf } from "./whole-body.ts";

/** What {@link createRelay} is made from. */
export interface RelaySetup {
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  /** Of the Codex backend. */
  readonly endpoints: Endpoints;
  /** Where a grant's model calls go. Throws as the client's own calls do. */
  readonly locate: (
    grant: Grant,
    signal: AbortSignal | undefined,
  ) => Promise<{ readonly endpoints: Endpoints; readonly route: Route }>;
  readonly idleTimeoutMs: number;
}

/** Where one try goes, and with which headers. */
interface Target {
  readonly origin: string;
  readonly path: string;
  readonly headers: HeaderMap;
}

type Attempt<T> = (target: Target) => Promise<T>;

/** Makes one for the Codex backend. */
export function createRelay(setup: RelaySetup): Relay {
  return new BackendRelay(setup);
}

class BackendRelay implements Relay {
  readonly #setup: RelaySetup;

  constructor(setup: RelaySetup) {
    this.#setup = setup;
  }

  async send(call: RelayCall, { signal }: RelayOptions = {}): Promise<RelayAnswer> {
    const { http, idleTimeoutMs } = this.#setup;
    const { method, body } = call;
    return await this.#run(call, signal, (target) =>
      openRelay({
        dispatcher: http.dispatcher,
        ...target,
        method,
        body,
        repeatable: isRepeatable(call),
        idleTimeoutMs,
        signal,
      }),
    );
  }

  async connect(call: RelayCall, { signal }: RelayOptions = {}): Promise<RelayAnswer | RelaySwitch> {
    return await this.#run<RelayAnswer | RelaySwitch>(call, signal, async ({ origin, path, headers }) => {
      const asked = { ...headers, upgrade: "websocket" };
      const answer = await this.#setup.http.upgrade({ origin, path, headers: asked, signal });
      const shown = answerHeaders(answer.headers);
      if (answer.socket !== null) return { status: 101, headers: shown, socket: answer.socket };
      const length = String(answer.body.length);
      return {
        status: answer.status,
        headers: { ...shown, "content-length": length },
        body: streamOf(answer.body),
      };
    });
  }

  async #run<T extends RelayAnswer | RelaySwitch>(
    call: RelayCall,
    signal: AbortSignal | undefined,
    attempt: Attempt<T>,
  ): Promise<T> {
    const headers = requestHeaders(call.headers);
    if (call.credential === "caller") return await attempt(await this.#targetOfCaller(call, headers, signal));
    return await this.#runAsOwn(call, headers, signal, attempt);
  }

  /** With planport's credential, and once more with a renewed one. Nothing of the refusal has been passed on by then. */
  async #runAsOwn<T extends RelayAnswer | RelaySwitch>(
    call: RelayCall,
    headers: HeaderMap,
    signal: AbortSignal | undefined,
    attempt: Attempt<T>,
  ): Promise<T> {
    const { tokens } = this.#setup;
    const grant = await abortable(tokens.get({ signal }), signal);
    const first = await rejectionAside(() => this.#attemptAs(grant, call, headers, signal, attempt));
    if (!(first instanceof CredentialError) && first.status !== 401) return first;
    let next: Grant | null;
    try {
      next = await abortable(tokens.recover(grant, { signal }), signal);
    } catch (error) {
      discard(first);
      throw error;
    }
    if (next !== null) {
      discard(first);
      return await this.#attemptAs(next, call, headers, signal, attempt);
    }
    if (first instanceof CredentialError) throw first;
    return first;
  }

  async #attemptAs<T extends RelayAnswer | RelaySwitch>(
    grant: Grant,
    call: RelayCall,
    headers: HeaderMap,
    signal: AbortSignal | undefined,
    attempt: Attempt<T>,
  ): Promise<T> {
    const { endpoints, route } = await this.#locate(grant, call, signal);
    const own = withGrant(headers, grant, route);
    const callerId = headerOf(headers, "chatgpt-account-id");
    const renames =
      asksForAccounts(call) && callerId !== undefined && grant.accountId !== null && callerId !== grant.accountId;
    if (!renames) return await attempt({ ...placeOf(call, endpoints), headers: own });
    for (const name of Object.keys(own)) if (name.toLowerCase() === "accept-encoding") delete own[name];
    const answer = await attempt({ ...placeOf(call, endpoints), headers: { ...own, "accept-encoding": "identity" } });
    if (!("body" in answer)) return answer;
    return (await renameAccount(answer, callerId, grant.accountId)) as T;
  }

  /** What the account's half serves stays at the configured base: routing is for model calls. */
  async #locate(
    grant: Grant,
    { area }: RelayCall,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly endpoints: Endpoints; readonly route: Route }> {
    if (area === "codex") return await this.#setup.locate(grant, signal);
    const { endpoints } = this.#setup;
    assertGrant(grant.kind, endpoints);
    assertRoute(grant.kind, endpoints.accountBase ?? endpoints.codexBase);
    return { endpoints, route: DIRECT_ROUTE };
  }

  async #targetOfCaller(call: RelayCall, headers: HeaderMap, signal: AbortSignal | undefined): Promise<Target> {
    const grant = grantOfCaller(headers);
    const { endpoints } = this.#setup;
    try {
      const located = await this.#locate(grant, call, signal);
      return { ...placeOf(call, located.endpoints), headers };
    } catch (error) {
      // The backend will say the same, and in the words that its client knows.
      if (!isPlanportError(error) || (error.code !== "credential_rejected" && error.code !== "access_denied"))
        throw error;
      return { ...placeOf(call, endpoints), headers };
    }
  }
}

/** Model calls are sent again by every client that got no answer; other posts may do something twice. */
function isRepeatable({ method, area, rest }: RelayCall): boolean {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return true;
  return method === "POST" && area === "codex" && /^\/responses(?:\?|$)/.test(rest);
}

function placeOf({ area, rest }: RelayCall, endpoints: Endpoints): { readonly origin: string; readonly path: string } {
  const base = new URL(area === "codex" ? endpoints.codexBase : (endpoints.accountBase ?? endpoints.codexBase));
  return { origin: base.origin, path: base.pathname.replace(/\/$/, "") + rest };
}

/**
 * The caller's credential, by what it looks like.
 * @throws {CredentialError} `credential_missing`
 */
function grantOfCaller(headers: HeaderMap): Grant {
  const bearer = /^Bearer +(\S+)$/i.exec(headerOf(headers, "authorization")?.trim() ?? "")?.[1];
  if (bearer === undefined)
    throw new CredentialError(
      "credential_missing",
      "This gateway passes on the caller's own credential (--credentials passthrough), and the request has none: send " +
        "a ChatGPT access token as its bearer, as a signed-in Codex does. The gateway's key goes into x-planport-key.",
    );
  return {
    kind: bearer.startsWith("sk-") ? "apiKey" : "external",
    bearer: new Secret(bearer),
    accountId: headerOf(headers, "chatgpt-account-id") ?? null,
    fedramp: headerOf(headers, "x-openai-fedramp") === "true",
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
}

type Rejection = CredentialError<"credential_rejected">;

/** A 401 of the step before the call itself comes as an error. */
async function rejectionAside<T>(call: () => Promise<T>): Promise<T | Rejection> {
  try {
    return await call();
  } catch (error) {
    if (isPlanportError(error) && error.code === "credential_rejected") return error;
    throw error;
  }
}

function discard(outcome: RelayAnswer | RelaySwitch | Rejection): void {
  if ("body" in outcome) outcome.body.cancel();
}
