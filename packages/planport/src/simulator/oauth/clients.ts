/**
 * The OAuth clients that the sign-in server knows, and where each may send a browser back to.
 * @module
 */
import { CODEX_CLIENT_ID } from "./claims.ts";

/** Options of {@link createClientList}. */
export interface ClientListOptions {
  readonly clientIds?: readonly string[];
  readonly anyRedirectPort?: boolean;
}

/** Who may ask. */
export interface ClientList {
  knows(clientId: string): boolean;
  /** Why a browser must not be sent there for that client; null when it may. */
  redirectProblem(clientId: string, redirectUri: string): string | null;
}

/** Ports that are registered for the Codex CLI (openai/codex `codex-rs/login/src/server.rs`). */
const CODEX_PORTS: ReadonlySet<string> = new Set(["1455", "1457"]);
const CODEX_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);
/** RFC 8252 section 7.3. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set([...CODEX_HOSTS, "[::1]"]);

/** The Codex CLI's client, and those that the options name. */
export function createClientList(options: ClientListOptions): ClientList {
  const known = new Set([CODEX_CLIENT_ID, ...(options.clientIds ?? [])]);
  return {
    knows: (clientId) => known.has(clientId),
    redirectProblem(clientId, redirectUri) {
      const registered = clientId === CODEX_CLIENT_ID && options.anyRedirectPort !== true;
      return addressProblem(redirectUri, registered);
    },
  };
}

function addressProblem(redirectUri: string, registered: boolean): string | null {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : null;
  if (url === null) return "redirect_uri is missing or not a URL.";
  const hosts = registered ? CODEX_HOSTS : LOOPBACK_HOSTS;
  if (url.protocol !== "http:" || !hosts.has(url.hostname) || url.username !== "" || url.password !== "")
    return "redirect_uri must be an http address of this machine.";
  if (url.pathname !== "/auth/callback" || url.search !== "" || url.hash !== "")
    return "redirect_uri must end with /auth/callback.";
  if (registered && !CODEX_PORTS.has(url.port))
    return `The port of redirect_uri must be ${[...CODEX_PORTS].join(" or ")}.`;
  return null;
}
