/**
 * Signing in, without a user interface: two generators that tell what to show and end with a sign-in to store.
 * @module
 */
import { SignInError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { buildAuthorizeUrl } from "./authorize-url.ts";
import { CALLBACK_PORTS, type CallbackServer, startCallbackServer } from "./callback-server.ts";
import { sameText } from "./callback.ts";
import { checkPastedState, readPasted } from "./paste.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createPkce, randomToken, systemRandom } from "./pkce.ts";
import { type CommonLoginOptions, finishSignIn, type LoginResult, type LoginStep, timeLimit } from "./sign-in.ts";

/** Options of {@link login}. */
export interface LoginOptions extends CommonLoginOptions {
  /** Lines a person pastes, at any time while the sign-in waits: a code, `code#state`, an address or its query. */
  readonly pasted?: AsyncIterable<string> | undefined;
  /** Ports for the browser to come back to, first free one taken; 1455 and 1457 by default. Empty: paste only. */
  readonly ports?: readonly number[];
  /** Workspaces that the page offers; by default those that are allowed. */
  readonly offeredWorkspaceIds?: readonly string[];
  /** Where the browser is sent once it worked; by default it is shown a page. */
  readonly successUrl?: string | undefined;
  /** After this time the sign-in ends; 15 minutes by default. */
  readonly timeoutMs?: number;
}

type Arrival =
  | { readonly kind: "code"; readonly code: Secret; readonly from: "browser" | "paste" }
  | { readonly kind: "badPaste"; readonly error: SignInError }
  | { readonly kind: "end"; readonly error: SignInError };

/**
 * Signs in with a browser: yields `open-url` and `waiting`, then waits for the browser to come back or for something to
 * be pasted, exchanges the code and returns the sign-in. Leaving the generator early closes the port.
 * @throws {SignInError} `sign_in_failed`, `sign_in_cancelled`, `sign_in_timeout`, `sign_in_unavailable`; and
 * `sign_in_port_in_use` when no port is free and nothing can be pasted.
 */
export async function* login(options: LoginOptions): AsyncGenerator<LoginStep, LoginResult, void> {
  const random = options.random ?? systemRandom;
  const pkce = createPkce(random);
  const state = randomToken(32, random);
  const inbox = createInbox<Arrival>();
  const ports = options.ports ?? CALLBACK_PORTS;
  const server = await startCallbackServer(ports, state, {
    onCode: (code) => inbox.push({ kind: "code", code, from: "browser" }),
    onEnd: (error) => inbox.push({ kind: "end", error }),
  });
  const stopWatching = watch(options, inbox, state, () => {
    if (server === null) inbox.push({ kind: "end", error: noPort(ports) });
  });
  try {
    if (server === null && options.pasted === undefined) throw noPort(ports);
    // With no port of ours the address is still one the server knows; the browser fails there and the user copies it.
    const redirectUri = `http://127.0.0.1:${server?.port ?? CALLBACK_PORTS[0]}/auth/callback`;
    const url = buildAuthorizeUrl({
      authorizeUrl: options.endpoints.authorizeUrl,
      clientId: options.endpoints.clientId,
      redirectUri,
      challenge: pkce.challenge,
      state,
      originator: options.client.originator,
      allowedWorkspaceIds: options.offeredWorkspaceIds ?? options.allowedWorkspaceIds ?? [],
    });
    yield { type: "open-url", url, redirectUri, port: server?.port ?? null };
    yield { type: "waiting" };
    for (;;) {
      const arrival = await inbox.next();
      if (arrival.kind === "end") throw arrival.error;
      if (arrival.kind === "badPaste") {
        yield { type: "rejected", error: arrival.error };
        continue;
      }
      yield { type: "exchanging" };
      const exchange = { code: arrival.code, verifier: pkce.verifier, redirectUri };
      try {
        const result = await finishSignIn(exchange, options);
        server?.succeed(options.successUrl);
        yield { type: "done", credential: result.credential };
        return result;
      } catch (error) {
        if (!(error instanceof SignInError) || arrival.from === "browser" || error.code !== "sign_in_failed") {
          tell(server, error);
          throw error;
        }
        // Most likely a slip of the mouse; the browser may yet come back with the right code.
        yield { type: "rejected", error };
      }
    }
  } finally {
    stopWatching();
    await server?.close();
  }
}

/** Listens to the signal, the clock and the pasted lines, until told to stop. */
function watch(options: LoginOptions, inbox: Inbox<Arrival>, state: string, onNoMoreLines: () => void): () => void {
  const stop = timeLimit(options, options.timeoutMs ?? 15 * 60 * 1000, (error) => inbox.push({ kind: "end", error }));
  const lines = options.pasted?.[Symbol.asyncIterator]();
  let isOver = false;
  const readLine = async (): Promise<void> => {
    const line = await lines?.next();
    if (isOver || line === undefined) return undefined;
    if (line.done === true) return onNoMoreLines();
    if (line.value.trim() !== "") inbox.push(arrivalOf(line.value, state));
    return readLine();
  };
  readLine().catch(() => isOver || onNoMoreLines()); // Standard input is gone; the browser can still come back.
  return () => {
    isOver = true;
    stop();
    // Not waited for: a reader of a terminal may only answer once a line is typed.
    lines?.return?.().catch(() => {});
  };
}

function arrivalOf(text: string, state: string): Arrival {
  try {
    const found = readPasted(text);
    if (found.kind === "refusal") {
      // Of this sign-in nothing more will come; of another one it says nothing.
      const isOurs = found.state === null || sameText(found.state, state);
      return { kind: isOurs ? "end" : "badPaste", error: found.error };
    }
    checkPastedState(found.pasted, state);
    return { kind: "code", code: found.pasted.code, from: "paste" };
  } catch (error) {
    if (error instanceof SignInError) return { kind: "badPaste", error };
    throw error;
  }
}

function tell(server: CallbackServer | null, error: unknown): void {
  const isOurs = error instanceof SignInError;
  server?.fail(isOurs ? error.message : "The sign-in could not be completed.", isOurs ? error.code : "internal");
}

function noPort(ports: readonly number[]): SignInError {
  return new SignInError(
    "sign_in_port_in_use",
    `Port ${ports.join(" and port ")} already in use: the browser cannot come back, and nothing can be pasted. Close the ` +
      "program that holds a port, or sign in with a code: `planport login --device-auth`.",
  );
}
