/**
 * Failures that trying again cannot help, told so that opencode does not try again.
 *
 * opencode repeats every 429 and 5xx, whatever stands in `x-should-retry`, and beyond that whatever sounds like trouble that passes, in
 * the message or anywhere in the body (opencode 1.18.33, `session/retry`): five times within a minute, for a certificate that nobody
 * trusts or a plan whose limit ends in days. So neither the status nor the words may sound like that.
 * @module
 */

/** What opencode takes for trouble that passes, and what to say in its place. */
const PASSING: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\d*(?:429|50[0234]|524)\d*/g, "…"],
  [/rate increased too quickly|rate[ _-]limit|too many requests/gi, "limit of requests"],
  [/overloaded|service[ _-]unavailable|(?:currently|temporarily) at capacity/gi, "too busy"],
  [/resource[ _]exhausted/gi, "used up"],
  [/internal[ _]error|(?:internal )?server[ _-]error|(?:network[-_\s]|connection )error/gi, "fault"],
  [/provider[ _-]returned/gi, "of the provider:"],
  [
    /terminated|fetch failed|failed to fetch|socket (?:connection was closed|hang up)|reset before headers/gi,
    "broken off",
  ],
  [/upstream connect|connection (?:refused|lost)|econn(?:refused|reset)/gi, "not reached"],
  [/getaddrinfo|enotfound|eai_again/gi, "no such host"],
  [/etimedout|^timeout$/gi, "took too long"],
  [/\b(request|response|connection|network|stream|read) (?:timeout|timed out|time out)\b/gi, "$1 took too long"],
  [/(?:re)?try your request/gi, "send it"],
  [/try again/gi, "ask again"],
];

/** An answer as opencode is to get it: one that is final by what planport says of it is final by its status and its words. */
export async function final(answer: Response): Promise<Response> {
  const { status, headers } = answer;
  const isRepeated = status === 408 || status === 409 || status === 429 || status >= 500;
  if (status < 400 || (isRepeated && headers.get("x-should-retry") !== "false")) return answer;
  const body = lastingBody(await answer.text());
  const told = new Headers(headers);
  told.delete("content-length");
  return new Response(body, { status: isRepeated ? 403 : status, headers: told });
}

/** What an error body says for people. Its numbers stay out: the seconds of a reset would do for a status. */
function lastingBody(text: string): string {
  const error = errorOf(text);
  if (error === null) return lasting(text);
  const { message, type, param = null, code = null } = error;
  const words = typeof type === "string" ? type : "";
  const sounds = lasting(words) !== words;
  const told = { message: lasting(String(message)), type: sounds ? code : type };
  return JSON.stringify({ error: { ...told, param: typeof param === "string" ? lasting(param) : param, code } });
}

function errorOf(text: string): Record<string, unknown> | null {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function lasting(text: string): string {
  return PASSING.reduce((said, [pattern, instead]) => said.replaceAll(pattern, instead), text);
}
