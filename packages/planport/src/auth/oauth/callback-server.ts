/**
 * Listens for the browser that comes back from the sign-in page.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { SignInError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { type CallbackMeaning, readCallback } from "./callback.ts";
import { errorPage, PAGE_HEADERS, successPage } from "./pages.ts";

/** The ports that the sign-in server knows for this client; others are refused as a redirect. */
export const CALLBACK_PORTS: readonly number[] = [1455, 1457];

const OTHER_SIGN_IN = "This page belongs to another sign-in. Finish the one whose address planport showed last.";

const TEXT_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** What the callback server tells. */
export interface CallbackEvents {
  /** The browser brought a code; it waits until {@link CallbackServer.succeed} or {@link CallbackServer.fail}. */
  onCode(code: Secret): void;
  /** The sign-in was refused on the page, or cancelled. */
  onEnd(error: SignInError): void;
}

/** A running callback server. */
export interface CallbackServer {
  readonly port: number;
  /** Shows the waiting browser that it worked; with an address, sends it there. */
  succeed(location?: string): void;
  /** Shows the waiting browser what went wrong. */
  fail(message: string, code: string): void;
  /** Ends the answers under way and stops listening, without waiting for idle connections. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, on the first of `ports` that is free. A port that another program holds, or that Windows has
 * set aside, is left alone. Null when none is free.
 */
export async function startCallbackServer(
  ports: readonly number[],
  state: string,
  events: CallbackEvents,
): Promise<CallbackServer | null> {
  for (const port of ports) {
    const server = createServer();
    const boundPort = await listen(server, port);
    if (boundPort !== null) return serve(server, boundPort, state, events);
  }
  return null;
}

function serve(server: Server, port: number, state: string, events: CallbackEvents): CallbackServer {
  /** Browsers that brought the code, more than one when the page was reloaded meanwhile. */
  const waiting = new Set<ServerResponse>();
  let outcome: { readonly status: number; readonly html: string; readonly headers: typeof PAGE_HEADERS } | null = null;
  let hasCode = false;

  const settle = (status: number, html: string, headers = PAGE_HEADERS): void => {
    outcome ??= { status, html, headers };
    for (const response of waiting) send(response, outcome.status, outcome.headers, outcome.html);
    waiting.clear();
  };
  const act = (meaning: CallbackMeaning, response: ServerResponse): void => {
    switch (meaning.kind) {
      case "stray":
        send(response, meaning.status, strayHeaders(meaning.status), meaning.text);
        break;
      case "otherSignIn":
        send(response, 400, PAGE_HEADERS, errorPage(OTHER_SIGN_IN, "state_mismatch"));
        break;
      case "cancel":
        send(response, 200, TEXT_HEADERS, "Login cancelled");
        events.onEnd(new SignInError("sign_in_cancelled", "The sign-in was cancelled by another sign-in."));
        break;
      case "refused":
        send(response, 400, PAGE_HEADERS, errorPage(meaning.error.message, meaning.code));
        events.onEnd(meaning.error);
        break;
      case "code":
        if (outcome !== null) {
          send(response, outcome.status, outcome.headers, outcome.html);
          break;
        }
        waiting.add(response);
        response.once("close", () => waiting.delete(response));
        if (!hasCode) events.onCode(meaning.code);
        hasCode = true;
        break;
    }
  };
  server.on("request", (request, response) => act(readCallback(facts(request), port, state), response));
  return {
    port,
    succeed: (location) =>
      location === undefined ? settle(200, successPage()) : settle(302, successPage(), { ...PAGE_HEADERS, location }),
    fail: (message, code) => settle(400, errorPage(message, code)),
    close: () => closeServer(server, waiting),
  };
}

function strayHeaders(status: number): Readonly<Record<string, string>> {
  return status === 405 ? { ...TEXT_HEADERS, allow: "GET" } : TEXT_HEADERS; // RFC 9110 §15.5.6
}

function facts(request: IncomingMessage): Parameters<typeof readCallback>[0] {
  const fetchSite = request.headers["sec-fetch-site"];
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    host: request.headers.host?.toLowerCase(),
    origin: request.headers.origin,
    fetchSite: typeof fetchSite === "string" ? fetchSite : undefined,
  };
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  // Without keep-alive the browser holds nothing open that closing would have to wait for.
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body), connection: "close" });
  response.end(body);
}

/** The port listened on; null when it cannot be had. */
function listen(server: Server, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => {}); // A fault of one connection is not one of the sign-in.
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: Server, waiting: ReadonlySet<ServerResponse>): Promise<void> {
  for (const response of waiting) send(response, 400, PAGE_HEADERS, errorPage("The sign-in has ended.", "ended"));
  return new Promise((resolve) => {
    server.close(() => resolve()); // Closes idle connections as well.
    // Answers under way get to their end; whoever still holds a connection after that is cut off.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}
