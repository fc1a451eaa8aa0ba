/**
 * Who the server is to the backend: its client's name goes in front of planport's own.
 * @module
 */
import { arch, release, type } from "node:os";
import type { ClientIdentity } from "../auth/http.ts";
import { headerSafe } from "../upstream/identity.ts";
import { VERSION } from "../version.ts";
import type { ClientInfo } from "./protocol/types/account.ts";
import { invalidRequest } from "./rpc-errors.ts";

/** An identity that takes the name of the first client that comes in, as Codex's does. */
export interface ServerIdentity extends ClientIdentity {
  /**
   * Takes a client's name, and gives the user agent that goes with it.
   * @throws {RequestError} `request_invalid` for a name that no header can hold.
   */
  introduce(client: ClientInfo): string;
}

/** @param originator Goes before every client's name: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE`. */
export function createServerIdentity(originator: string | undefined): ServerIdentity {
  let known: ClientIdentity | null = null;
  const system = `${type()} ${release()}; ${arch()}`;
  const own: ClientIdentity = {
    originator: headerSafe(originator ?? "planport"),
    userAgent: `planport/${VERSION} (${system}) unknown`,
  };
  return {
    get originator() {
      return (known ?? own).originator;
    },
    get userAgent() {
      return (known ?? own).userAgent;
    },
    introduce({ name, version }) {
      if (!fitsHeader(name))
        throw invalidRequest(`Invalid clientInfo.name: '${name}'. Must be a valid HTTP header value.`);
      const client = `${name}; ${version}`.trim();
      const userAgent = `${originator ?? name}/${VERSION} (${system}) unknown (${client})`;
      known ??= { originator: headerSafe(originator ?? name), userAgent: headerSafe(userAgent) };
      return userAgent;
    },
  };
}

/** What is no control character can stand in a header (RFC 9110 §5.5). */
function fitsHeader(text: string): boolean {
  return Buffer.from(text).every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09);
}
