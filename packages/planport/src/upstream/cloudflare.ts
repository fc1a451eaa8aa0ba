/**
 * Cloudflare stands in front of the backend, and answers in its place at times.
 * @module
 */
import { looksLikeHtml } from "./failure-body.ts";

/** Marks of its challenge and block pages. */
const CHALLENGE =
  /challenge-platform|cdn-cgi\/(?:challenge|l\/chk)|cf[-_]chl|<title>\s*(?:just a moment|attention required)/i;
/** What programs get that want no page (1006 to 1020: an address, a country or a client that is not let in). */
const REFUSAL_TEXT = /^\s*error code: 10(?:0[6-9]|1[0-4]|16|20)\b/i;

/** True when it did not let a call through: a challenge for browsers, a blocked address, country or network. */
export function isBlockedByCloudflare(answer: {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): boolean {
  const { status, headers, body } = answer;
  if (headers["cf-mitigated"] !== undefined) return true;
  if (looksLikeHtml(body)) return status === 403 || CHALLENGE.test(body);
  return REFUSAL_TEXT.test(body);
}

/** True for the statuses by which it says that the server behind it did not answer (520 to 527, 530). */
export function isCloudflareOriginError(status: number | null): boolean {
  return status !== null && ((status >= 520 && status <= 527) || status === 530);
}
