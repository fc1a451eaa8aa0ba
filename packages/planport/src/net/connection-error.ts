/**
 * Connection failures in words.
 * @module
 */
import * as util from "node:util";
import { UpstreamError } from "../errors.ts";
import { PooledDispatcher } from "./dispatcher.ts";

/** System and OpenSSL codes that mean the certificate is at fault: no retry helps. */
const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "a certificate in its chain is self-signed",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by an authority trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "the authority behind its certificate is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority behind its certificate is not known here",
  CERT_UNTRUSTED: "its certificate is not trusted",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (is this machine's clock right?)",
  CERT_REVOKED: "its certificate was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

/** Certificate failures that an extra authority can cure. */
const UNKNOWN_AUTHORITY = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_UNTRUSTED)/;

const TIMED_OUT = "the connection timed out; check the network, and HTTPS_PROXY where a proxy is needed";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused; see that something listens there",
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was aborted",
  EPIPE: "the connection was closed",
  ENOTFOUND: "the name was not found in DNS; check the name and the network",
  EAI_AGAIN: "DNS did not answer; check the network",
  ETIMEDOUT: TIMED_OUT,
  EHOSTUNREACH: "no route to the host; check the network",
  ENETUNREACH: "the network cannot be reached",
  ENETDOWN: "the network is down",
  EADDRNOTAVAIL: "no local address or port is free",
  EACCES: "the system does not allow the connection",
  EPROTO: "it does not speak TLS as expected",
  UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_SOCKET: "the connection was closed",
  ERR_HTTP_FRAMING: "its answer is not valid HTTP",
  UND_ERR_CLOSED: "planport is shutting down",
  UND_ERR_DESTROYED: "planport is shutting down",
};

/** True for what stays as it is until somebody sets it right: a certificate, a proxy that wants a password. */
function isLasting(error: unknown, code: string | null): boolean {
  return (code !== null && Object.hasOwn(CERTIFICATE_REASONS, code)) || proxyStatusOf(error) === 407;
}

/**
 * `upstream_unreachable` for whatever undici or the system threw: host, reason in words, what to do. Proxy passwords
 * and the URL's path and query stay out of it. Not `retryable` where trying again cannot help.
 * @param dispatcher The one the call went through; it knows whether a proxy was in between.
 */
export function toConnectionError(
  error: unknown,
  url: string,
  dispatcher?: unknown,
): UpstreamError<"upstream_unreachable"> {
  const target = new URL(url);
  const proxy = dispatcher instanceof PooledDispatcher ? dispatcher.proxyFor(target) : null;
  const through = proxy === null ? "" : ` through the proxy ${proxy.host}`;
  const systemCode = systemCodeOf(error);
  return new UpstreamError(
    "upstream_unreachable",
    `Could not reach ${target.host}${through}: ${reasonOf(error, systemCode)}.`,
    {
      cause: { status: null, upstreamCode: null, requestId: null, cfRay: null, systemCode },
      ...(isLasting(error, systemCode) && { retryable: false }),
    },
  );
}

function reasonOf(error: unknown, code: string | null): string {
  const refused = proxyStatusOf(error);
  if (refused === 407) return "the proxy asks for a user name and password (HTTP 407); put them into HTTPS_PROXY";
  if (refused !== null) return `the proxy refused the connection (HTTP ${refused})`;
  if (code === null) return "the connection failed";
  const certificate = CERTIFICATE_REASONS[code];
  if (certificate === undefined)
    return REASONS[code] ?? (code.startsWith("ERR_SSL") ? `TLS failed (${code})` : wordsFor(code));
  if (!UNKNOWN_AUTHORITY.test(code)) return certificate;
  return `${certificate}; if this network inspects TLS, set CODEX_CA_CERTIFICATE to the PEM file of its authority`;
}

/** The system's own words for its code. Codes of libraries mean nothing to whoever reads a message; they stay in `cause`. */
function wordsFor(code: string): string {
  // Bun's `node:util` has no such map.
  const { getSystemErrorMap } = util as Partial<typeof util>;
  for (const [name, words] of getSystemErrorMap?.().values() ?? []) if (name === code) return words;
  return "the connection failed";
}

/** What the proxy answered to CONNECT; undici says it in the message alone. */
function proxyStatusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const match = /^Proxy response \((\d{3})\)|^Proxy Authentication Required \((\d{3})\)/.exec(error.message);
  return match === null ? null : Number(match[1] ?? match[2]);
}

/** The first system code in an error, its causes, or (when several addresses were tried) its parts. */
function systemCodeOf(error: unknown): string | null {
  for (let current = error, depth = 0; current instanceof Error && depth < 4; current = current.cause, depth++) {
    const code: unknown = (current as NodeJS.ErrnoException).code;
    if (typeof code === "string") return code;
    if (current instanceof AggregateError) return systemCodeOf(current.errors[0]);
  }
  return null;
}
