/**
 * Which proxy a URL goes through, by the environment variables that curl, Node and Codex share.
 * @module
 */
import { BlockList, isIP } from "node:net";
import { ConfigError } from "../errors.ts";

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Gives the proxy for a URL, or null when it is reached directly. */
export type ProxyRule = (url: URL) => URL | null;

interface BypassEntry {
  readonly host: string;
  /** Null matches every port. */
  readonly port: number | null;
}

interface BypassList {
  readonly all: boolean;
  readonly hosts: readonly BypassEntry[];
  readonly networks: BlockList;
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each also in lower case, which wins as it does in curl.
 * Loopback is never proxied: a proxy's own loopback is another machine, and a local stand-in must stay local.
 * @throws {ConfigError} `config_invalid` when a variable does not hold a proxy URL.
 */
export function createProxyRule(env: Env): ProxyRule {
  const all = readProxy(env, "ALL_PROXY");
  const http = readProxy(env, "HTTP_PROXY") ?? all;
  const https = readProxy(env, "HTTPS_PROXY") ?? all;
  const bypass = readBypass(variable(env, "NO_PROXY")?.value ?? "");
  return (url) => {
    const proxy = url.protocol === "https:" ? https : http;
    if (proxy === null || isLoopback(url.hostname) || isBypassed(bypass, url)) return null;
    return proxy;
  };
}

/** True for `localhost`, its subdomains (RFC 6761 §6.3), `127.0.0.0/8` and `::1`. */
export function isLoopback(hostname: string): boolean {
  const host = plainHost(hostname);
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

function variable(env: Env, name: string): { readonly name: string; readonly value: string } | null {
  for (const candidate of [name.toLowerCase(), name]) {
    const value = env[candidate]?.trim();
    if (value !== undefined && value !== "") return { name: candidate, value };
  }
  return null;
}

function readProxy(env: Env, name: string): URL | null {
  const found = variable(env, name);
  if (found === null) return null;
  // curl and Codex take `proxy.corp:3128` without a scheme too.
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(found.value) ? found.value : `http://${found.value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^(https?|socks5?):$/.test(url.protocol))
    throw new ConfigError(
      "config_invalid",
      `${found.name} is not a proxy URL; it must look like http://proxy.example:3128.`,
    );
  return url;
}

function readBypass(text: string): BypassList {
  const hosts: BypassEntry[] = [];
  const networks = new BlockList();
  let all = false;
  for (const entry of text.split(/[,\s]+/).filter((part) => part !== "")) {
    if (entry === "*") all = true;
    else if (!addNetwork(networks, entry)) hosts.push(hostEntry(entry));
  }
  return { all, hosts, networks };
}

/** Takes `10.0.0.0/8` and single addresses; false when the entry is a name. */
function addNetwork(networks: BlockList, entry: string): boolean {
  const [address = "", prefix] = entry.split("/");
  const host = plainHost(address);
  const version = isIP(host);
  if (version === 0) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  const bits = Number(prefix ?? (version === 6 ? 128 : 32));
  if (!Number.isInteger(bits) || bits < 0 || bits > (version === 6 ? 128 : 32)) return false;
  networks.addSubnet(host, bits, family);
  return true;
}

function hostEntry(entry: string): BypassEntry {
  const parts = /^(.+):(\d+)$/.exec(entry);
  const host = plainHost((parts?.[1] ?? entry).replace(/^\*?\./, ""));
  return { host, port: parts?.[2] === undefined ? null : Number(parts[2]) };
}

function isBypassed(bypass: BypassList, url: URL): boolean {
  if (bypass.all) return true;
  const host = plainHost(url.hostname);
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const version = isIP(host);
  if (version !== 0 && bypass.networks.check(host, version === 6 ? "ipv6" : "ipv4")) return true;
  return bypass.hosts.some(
    (entry) => (entry.port === null || entry.port === port) && (host === entry.host || host.endsWith(`.${entry.host}`)),
  );
}

/** Lower case, without the brackets of an IPv6 address or the root dot of a name. */
function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
