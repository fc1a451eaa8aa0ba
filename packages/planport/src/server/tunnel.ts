/**
 * WebSockets that are passed on: from the handshake to the end of both connections. Nothing in between is looked at.
 * @module
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Upgrade } from "./exchange.ts";

/** Nothing but this finds out that the client's machine is gone: a session may be silent for as long as it likes. */
const TCP_KEEP_ALIVE_MS = 60_000;
const LINGER_MS = 5_000;
/** A session whose last word was the backend's, this long ago, has nothing under way. */
const QUIET_MS = 1_000;
const LOOK_MS = 50;
/** What a client may send before its handshake is answered; by the rules it is nothing (RFC 6455 §4.1). */
const MAX_EARLY_BYTES = 64 * 1024;
/** A close frame with the status 1001, "going away" (RFC 6455 §5.5.1 and §7.4.1). */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** True when a request asks for a WebSocket (a GET, RFC 6455 §4.1), and not for some other protocol such as h2c. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** A client's wish for a WebSocket, and the session that may come of it. */
export class Tunnel implements Upgrade {
  /** The client was told 101. */
  accepted = false;
  /** Called once, when a session has ended; not after a refusal, whose end the response tells. */
  onEnd: ((complete: boolean) => void) | null = null;
  /** Go out with the 101. */
  replyHeaders: Readonly<Record<string, string>> = {};
  readonly #client: Socket;
  readonly #outgoing: ServerResponse;
  readonly #lingerMs: number;
  #early: Buffer[];
  #peer: Duplex | null = null;
  /** Whose bytes were the last. */
  #last: "client" | "backend" | null = null;
  #lastMs = 0;
  #clean = true;
  #linger: NodeJS.Timeout | undefined;
  #stopping: NodeJS.Timeout | undefined;

  /**
   * @param outgoing Answers the client as long as the session has not begun.
   * @param lingerMs How long an end has to close once the other has, or the client once it was refused.
   */
  constructor(client: Socket, head: Buffer, outgoing: ServerResponse, lingerMs: number = LINGER_MS) {
    this.#lingerMs = lingerMs;
    this.#client = client;
    this.#outgoing = outgoing;
    this.#early = head.length > 0 ? [head] : [];
    client.setTimeout(0);
    client.setNoDelay(true);
    client.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    client.on("error", ignore); // `close` tells the same.
    // Read on, or the client's leaving would go unnoticed.
    client.on("data", this.#onEarly).on("end", this.#onLeft);
    client.resume();
    outgoing.on("finish", () => this.#hangUp());
    client.on("close", () => {
      if (this.accepted) return; // Its two ends are joined, and that tells.
      clearTimeout(this.#stopping);
      clearTimeout(this.#linger);
    });
  }

  accept(headers: Readonly<Record<string, string | readonly string[]>>, peer: Duplex): void {
    const client = this.#client;
    peer.on("error", ignore);
    if (client.destroyed || this.#outgoing.headersSent) {
      peer.destroy();
      return;
    }
    client.off("data", this.#onEarly).off("end", this.#onLeft);
    client.pause();
    this.#outgoing.detachSocket(client);
    this.accepted = true;
    this.#peer = peer;
    client.write(switchingHead({ ...this.replyHeaders, ...headers }), "latin1");
    if (this.#early.length > 0) client.unshift(Buffer.concat(this.#early));
    this.#early = [];
    this.#join(client, peer);
  }

  /** Ends it as soon as nothing is under way, at the latest after `graceMs`. */
  stop(graceMs: number): void {
    const startedMs = performance.now();
    const look = (): void => {
      const nowMs = performance.now();
      if (nowMs - startedMs >= graceMs) this.#destroy();
      else if (this.accepted && this.#last !== "client" && nowMs - this.#lastMs >= QUIET_MS) this.#leave();
      else this.#stopping = setTimeout(look, LOOK_MS);
    };
    look();
  }

  /** After a refusal. The client has read it by its own end, and has so long for it. */
  #hangUp(): void {
    this.#client.end();
    this.#linger ??= setTimeout(() => this.#client.destroy(), this.#lingerMs).unref();
  }

  readonly #onEarly = (chunk: Buffer): void => {
    this.#early.push(chunk);
    if (this.#early.reduce((sum, { length }) => sum + length, 0) > MAX_EARLY_BYTES) this.#client.destroy();
  };

  /** A client that sends no more does not wait for a WebSocket either. */
  readonly #onLeft = (): void => {
    if (!this.#outgoing.headersSent) this.#client.destroy();
  };

  #join(client: Socket, peer: Duplex): void {
    client.on("data", () => this.#note("client"));
    peer.on("data", () => this.#note("backend"));
    client.pipe(peer);
    peer.pipe(client);
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      let ended = false;
      one.once("end", () => {
        ended = true;
        this.#linger ??= setTimeout(() => this.#destroy(), this.#lingerMs).unref();
      });
      one.once("close", () => {
        this.#clean &&= ended;
        // An end is passed on by the pipe, after what came before it; a cut is passed on as one.
        if (!ended) other.destroy();
        if (client.destroyed && peer.destroyed) this.#finish();
      });
    }
  }

  #note(who: "client" | "backend"): void {
    this.#last = who;
    this.#lastMs = performance.now();
  }

  /** At the end of a frame, since the backend has long been silent: a frame of our own can be put in. */
  #leave(): void {
    if (!this.#client.writableEnded) this.#client.end(GOING_AWAY);
    this.#peer?.end();
    this.#linger ??= setTimeout(() => this.#destroy(), LOOK_MS * 10);
  }

  #destroy(): void {
    this.#client.destroy();
    this.#peer?.destroy();
  }

  #finish(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#stopping);
    const { onEnd } = this;
    this.onEnd = null;
    onEnd?.(this.#clean);
  }
}

function ignore(): void {}

function switchingHead(headers: Readonly<Record<string, string | readonly string[]>>): string {
  const lines = ["HTTP/1.1 101 Switching Protocols", "connection: Upgrade", "upgrade: websocket"];
  for (const [name, values] of Object.entries(headers))
    for (const value of [values].flat()) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
