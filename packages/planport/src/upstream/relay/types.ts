/**
 * Calls that are passed on as they came, for clients that speak to the backend in its own words.
 * @module
 */
import type { Duplex } from "node:stream";
import type { ByteStream } from "../types.ts";

/** Header lines in order; a name may come more than once. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** A call as it came in. */
export interface RelayCall {
  readonly method: string;
  /** Which half of the backend it is for: model calls, or the account. */
  readonly area: "codex" | "wham";
  /** What follows the area in path and query, byte for byte: empty, or it begins with `/` or `?`. */
  readonly rest: string;
  /** All of them, hop-by-hop ones too. */
  readonly headers: HeaderLines;
  /** As it came, compressed or not. */
  readonly body: Uint8Array;
  /** `own`: the credential in the headers gives way to planport's. `caller`: it stays. */
  readonly credential: "own" | "caller";
}

/** Options of a {@link Relay}'s calls. */
export interface RelayOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The backend's answer, whatever its status. */
export interface RelayAnswer {
  readonly status: number;
  /** End-to-end headers (RFC 9110 §7.6.1), names in lower case; a name that came more than once has a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** As it came, compressed or not, without the framing. */
  readonly body: ByteStream;
}

/** A connection that speaks another protocol now. */
export interface RelaySwitch {
  readonly status: 101;
  readonly headers: RelayAnswer["headers"];
  /** Paused, and at the first byte of the new protocol. */
  readonly socket: Duplex;
}

/** Passes calls on. */
export interface Relay {
  /**
   * One call. A 401 to planport's own credential is followed by one more try with a renewed one.
   * @throws {CredentialError} `credential_missing` also for a caller without one; `credential_wrong_route`, and as
   * `TokenSource.get` and `recover`.
   * @throws {UpstreamError} `upstream_unreachable`, `routing_failed`
   * @throws {RequestError} `cancelled`
   */
  send(call: RelayCall, options?: RelayOptions): Promise<RelayAnswer>;
  /** A call that asks for a WebSocket. Throws as {@link Relay.send}. */
  connect(call: RelayCall, options?: RelayOptions): Promise<RelayAnswer | RelaySwitch>;
}
