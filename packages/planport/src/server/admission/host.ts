/**
 * Which names this server answers to. A web page can make a name of its own resolve to 127.0.0.1 (DNS rebinding) and
 * then talk to planport as "same origin"; its name still stands in the Host header.
 * @module
 */
import { ConfigError, RequestError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";

/** A host name and the port after it. */
interface HostAndPort {
  /** Lower case, without brackets or a trailing dot. */
  readonly name: string;
  /** Null when not given. */
  readonly port: number | null;
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@\\[\]]+))(?::(\d{1,5}))?$/i;

/** Reads `name[:port]`; null when it is not that. */
function parseHost(text: string): HostAndPort | null {
  const match = HOST.exec(text);
  const name = match?.[1] ?? match?.[2];
  if (name === undefined) return null;
  return { name: name.toLowerCase().replace(/\.$/, ""), port: match?.[3] === undefined ? null : Number(match[3]) };
}

/** True for `localhost`, names under it (RFC 6761 §6.3), 127.0.0.0/8 and ::1. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  const mapped = name.startsWith("::ffff:") ? name.slice(7) : name;
  return /^127(?:\.\d{1,3}){3}$/.test(mapped);
}

/** Who may be named in the Host header. */
export interface HostRule {
  /** `name` (any port) or `name:port`. */
  readonly allowedHosts: readonly string[];
  /** With a key, and open to other machines, every name is fine: nobody without the key gets further. */
  readonly keyed: boolean;
}

/** What a name can hold in a Host header: other scripts come as `xn--…`. IPv6 addresses have colons too. */
const NAME = /^[\w.:-]+$/;

/**
 * Checks the names of the settings: what is not `name` or `name:port` would never match.
 * @throws {ConfigError} `config_invalid`
 */
export function checkAllowedHosts(hosts: readonly string[]): void {
  for (const text of hosts) {
    const host = parseHost(text);
    if (host !== null && NAME.test(host.name) && (host.port ?? 0) <= 65_535) continue;
    const value = text.slice(0, 100).replaceAll(/[^\w.:/?#@[\]*-]/g, "?");
    throw new ConfigError(
      "config_invalid",
      `--allow-host "${value}" matches no Host header; write it as name or name:port, without http://.`,
    );
  }
}

/**
 * Checks the Host header, and the authority of the request line where there is one, since that overrules it (RFC 9112 §3.2.2).
 * @throws {RequestError} `host_forbidden`
 */
export function checkHost(exchange: Exchange, rule: HostRule): void {
  if (rule.keyed && exchange.local?.beyondLoopback === true) return;
  checkName(exchange.headers["host"], rule);
  if (exchange.authority !== null) checkName(exchange.authority, rule);
}

function checkName(text: string | undefined, rule: HostRule): void {
  const host = text === undefined ? null : parseHost(text);
  if (host === null) throw new RequestError("host_forbidden", "The request has no usable Host header.");
  if (rule.allowedHosts.some((allowed) => matches(allowed, host))) return;
  // Any port: tunnels and port mappings change it, and a rebound name never stands for a loopback one.
  if (isLoopbackName(host.name)) return;
  throw new RequestError(
    "host_forbidden",
    `The host name ${shown(host)} is not one this gateway answers to; add it with --allow-host if it is yours.`,
  );
}

function matches(allowed: string, host: HostAndPort): boolean {
  const wanted = parseHost(allowed);
  return wanted !== null && wanted.name === host.name && (wanted.port === null || wanted.port === (host.port ?? 80));
}

/** Only what a name can hold, so that nothing else is mirrored into an answer or a log. */
function shown(host: HostAndPort): string {
  const name = host.name.slice(0, 100).replaceAll(/[^\w.:-]/g, "?");
  const bracketed = name.includes(":") ? `[${name}]` : name;
  return host.port === null ? bracketed : `${bracketed}:${host.port}`;
}
