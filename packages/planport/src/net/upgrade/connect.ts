/**
 * A socket to a server for a protocol other than HTTP: direct, or through a proxy by CONNECT (RFC 9110 §9.3.6) or SOCKS 5
 * (RFC 1928), and with TLS where the URL wants it.
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import type { ProxyRule } from "../proxy.ts";
import { FramingError } from "../stream/body.ts";
import { readBytes, readHead } from "./read-head.ts";

/** How a socket is made. */
export interface SocketOptions {
  readonly proxyRule: ProxyRule;
  /** Null for Node's own defaults. */
  readonly trust: tls.SecureContext | null;
}

const TCP_KEEP_ALIVE_MS = 60_000;

/**
 * Connects.
 * @param adopt Told of each socket as soon as there is one, so that it can be destroyed while this goes on.
 */
export async function connectSocket(
  url: URL,
  { proxyRule, trust }: SocketOptions,
  adopt: (socket: net.Socket) => void,
): Promise<net.Socket> {
  const proxy = proxyRule(url);
  const open = async (place: URL, over: net.Socket | null): Promise<net.Socket> => {
    const host = hostOf(place);
    const socket = over ?? (await connectTo(host, portOf(place), adopt));
    if (place.protocol !== "https:") return socket;
    const secure = tls.connect({
      socket,
      host,
      ALPNProtocols: ["http/1.1"],
      ...(net.isIP(host) === 0 && { servername: host }),
      ...(trust !== null && { secureContext: trust }),
    });
    adopt(secure);
    return await once(secure, "secureConnect");
  };
  if (proxy === null) return await open(url, null);
  const through = await open(proxy, null);
  if (proxy.protocol.startsWith("socks")) await askSocks(through, proxy, url);
  else await askConnect(through, proxy, url);
  return await open(url, through);
}

async function connectTo(host: string, port: number, adopt: (socket: net.Socket) => void): Promise<net.Socket> {
  const socket = net.connect({ host, port });
  adopt(socket);
  socket.setNoDelay(true);
  // A session may be silent for longer than routers remember a connection on which nothing moves.
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  return await once(socket, "connect");
}

function once(socket: net.Socket, event: "connect" | "secureConnect"): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off("error", failed).off("close", closed);
      resolve(socket);
    };
    const failed = (error: Error): void => {
      socket.off(event, done).off("close", closed);
      reject(error);
    };
    const closed = (): void =>
      failed(Object.assign(new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
    socket.once(event, done).once("error", failed).once("close", closed);
  });
}

function hostOf({ hostname }: URL): string {
  return hostname.replaceAll(/^\[|\]$/g, "");
}

function portOf({ protocol, port }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : protocol === "http:" ? 80 : 1080;
}

async function askConnect(socket: net.Socket, proxy: URL, url: URL): Promise<void> {
  const authority = `${url.hostname}:${portOf(url)}`;
  const user = proxy.username === "" ? null : `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  const credentials =
    user === null ? "" : `proxy-authorization: Basic ${Buffer.from(user, "utf8").toString("base64")}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`, "latin1");
  const [line = ""] = (await readHead(socket)).split("\r\n", 1);
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]);
  if (Number.isNaN(status)) throw new FramingError("no HTTP/1.1 status line");
  // As undici words it: `toConnectionError` reads the status from there.
  if (status < 200 || status > 299) throw new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`);
}

const SOCKS_VERSION = 5;
const SOCKS_NO_AUTHENTICATION = 0;
const SOCKS_PASSWORD = 2;
const SOCKS_CONNECT = 1;
const SOCKS_NAME = 3;
/** Bytes of an address in a reply, by its type; a name's stand in its first byte. */
const SOCKS_ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 4: 16 };

/** RFC 1928 §3 to §6. The proxy resolves the name, as it must where only the proxy has DNS. */
async function askSocks(socket: net.Socket, proxy: URL, url: URL): Promise<void> {
  const user = Buffer.from(decoded(proxy.username), "utf8");
  const password = Buffer.from(decoded(proxy.password), "utf8");
  const method = user.length === 0 ? SOCKS_NO_AUTHENTICATION : SOCKS_PASSWORD;
  socket.write(Buffer.from([SOCKS_VERSION, 1, method]));
  const [version, chosen] = await readBytes(socket, 2);
  if (version !== SOCKS_VERSION || chosen !== method) throw new Error("Proxy Authentication Required (407)");
  if (method === SOCKS_PASSWORD) {
    // RFC 1929 §2.
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
    const [, verdict] = await readBytes(socket, 2);
    if (verdict !== 0) throw new Error("Proxy Authentication Required (407)");
  }
  const name = Buffer.from(hostOf(url), "latin1");
  const port = portOf(url);
  const head = Buffer.from([SOCKS_VERSION, SOCKS_CONNECT, 0, SOCKS_NAME, name.length]);
  socket.write(Buffer.concat([head, name, Buffer.from([port >> 8, port & 0xff])]));
  const [, reply, , type = 0] = await readBytes(socket, 4);
  // The proxy's word for "no": the nearest HTTP status says it as well.
  if (reply !== 0) throw new Error("Proxy response (502) !== 200 when HTTP Tunneling");
  const addressBytes = SOCKS_ADDRESS_BYTES[type] ?? (await readBytes(socket, 1))[0] ?? 0;
  await readBytes(socket, addressBytes + 2);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
