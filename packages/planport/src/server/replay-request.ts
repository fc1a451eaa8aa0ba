/**
 * Requests that offer another protocol which nothing here speaks, such as h2c: they are answered as if they had not
 * (RFC 9110 §7.8). Once a server listens for upgrades, Node takes no body of them, so they are given to it again.
 * @module
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const OF_THE_OFFER: ReadonlySet<string> = new Set(["upgrade", "http2-settings"]);

/** Gives a request to the server again, without its offer. */
export function replayWithoutUpgrade(server: Server, incoming: IncomingMessage, socket: Socket, rest: Buffer): void {
  const { method = "GET", url = "/", httpVersion, rawHeaders } = incoming;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (OF_THE_OFFER.has(lower)) continue;
    const kept = lower === "connection" ? withoutOffer(value) : value;
    if (kept !== "" || lower !== "connection") lines.push(`${name}: ${kept}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
}

function withoutOffer(value: string): string {
  const tokens = value.split(",").map((token) => token.trim());
  return tokens.filter((token) => !OF_THE_OFFER.has(token.toLowerCase())).join(", ");
}
