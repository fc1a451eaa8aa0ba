/**
 * One request and its answer, however it came in: the routes know nothing else of HTTP.
 * @module
 */
import type { Duplex } from "node:stream";
import type { Change } from "../translate/index.ts";
import type { PieceEncoding } from "./chunk-writer.ts";

/** Header names in lower case. A name that came twice is joined as Node does it. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** Headers of an answer; a name with a list goes out once for each value. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A WebSocket that a client asks for. */
export interface Upgrade {
  /** Answers 101 and joins the client to `peer`, until both are gone. Ends `peer` if the client is gone already. */
  accept(headers: ReplyHeaders, peer: Duplex): void;
}

/** Where an answer goes. */
export interface Reply {
  /** Go out with whatever is answered: the request id, CORS. */
  readonly headers: Record<string, string>;
  /** True once status and headers are out and only the body can change. */
  readonly begun: boolean;
  /** The status that went out; null before. */
  readonly status: number | null;
  /** A whole answer. Does nothing when one has begun or the client is gone. */
  send(status: number, headers: Record<string, string>, text: string): void;
  /** Status and headers of an answer that is written piece by piece. */
  begin(status: number, headers: ReplyHeaders): void;
  /**
   * The next piece; false when the client does not keep up, and then `onDrain` is called once it does.
   * @param encoding Default `utf8`. In a `latin1` piece each character stands for one byte (see `sse/byte-string.ts`).
   */
  write(piece: string, encoding?: PieceEncoding): boolean;
  /** @param last What is still to be written, in UTF-8. It goes out together with the end. */
  end(last?: string): void;
  /** Cuts the connection, so that an answer that cannot be ended well is not taken for a whole one. */
  destroy(): void;
  onDrain: (() => void) | null;
}

/** One request, and the place for its answer. */
export interface Exchange {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** The base path of a profile that stood in front of `path`; not there when none did. */
  readonly base?: string;
  /** What stands behind the `?`, without it; never logged. */
  readonly query: string;
  readonly headers: Headers;
  /** The same headers as they came: in order, each as often as it came. */
  headerLines(): readonly (readonly [name: string, value: string])[];
  /** Null when no WebSocket is asked for, or when there cannot be one here. */
  readonly upgrade: Upgrade | null;
  readonly requestId: string;
  readonly reply: Reply;
  /** Aborts when the client goes before its answer is complete. */
  readonly signal: AbortSignal;
  /** The authority of a request line in absolute form; null in the usual origin form. */
  readonly authority: string | null;
  /** Where the connection came in; null in process. */
  readonly local: LocalAddress | null;
  /**
   * The body, as it came.
   * @throws {RequestError} `body_too_large`, or `cancelled` when the client left in the middle of it.
   */
  readBody(maxBytes: number): Promise<Uint8Array>;
  /** What the access log says beside the usual. */
  readonly notes: {
    account?: string;
    profile?: string;
    model?: string;
    servedModel?: string;
    upstreamRequestId?: string;
    errorCode?: string;
    /** What of the request was altered. Not for the log: its paths hold words of the client's. */
    changes?: readonly Change[];
  };
}

/** The address that a server listens on. */
export interface LocalAddress {
  /** True when other machines can reach it. */
  readonly beyondLoopback: boolean;
}

const SANE_ID = /^[\w.:-]{1,128}$/;

/** The client's own request id when it is fit to be echoed and logged, else a new one. */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers["x-request-id"];
  return given !== undefined && SANE_ID.test(given) ? given : newId();
}
