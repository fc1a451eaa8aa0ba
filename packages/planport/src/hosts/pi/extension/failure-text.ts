/**
 * What pi is told of a failure. pi goes by the words alone: some make it try again, some make it shorten the conversation.
 * @module
 */
import { type AnyPlanportError, toPlanportError } from "../../../errors.ts";
import { isJsonObject } from "../../../protocol/json.ts";

/**
 * What pi takes for trouble that passes (pi-ai, `utils/retry`), wherever it stands in the text, and what to say in its place
 * of trouble that does not.
 */
const TRANSIENT: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\s*\((?:HTTP )?\d{3}\)/g, ""],
  [/\d*(?:429|500|502|503|504|520|524)\d*/g, "…"],
  [/overloaded/gi, "too busy"],
  [/high demand/gi, "much asked for"],
  [/rate.?limit/gi, "limit of requests"],
  [/too many requests/gi, "more requests than it takes"],
  [/service.?unavailable/gi, "not there"],
  [/(?:server|internal|network|connection).?error/gi, "fault"],
  [/provider.?returned.?error/gi, "fault of the provider"],
  [/connection.?(?:refused|lost)/gi, "no connection"],
  [/time(?:d )?.?out/gi, "took too long"],
  [/fetch failed|socket hang up|terminated|other side closed/gi, "broken off"],
  [/retry delay/gi, "wait"],
  [/getaddrinfo|ENOTFOUND|EAI_AGAIN/g, "no such host"],
  [/websocket.?(?:closed|error)/gi, "fault"],
  [/stream ended|ended without|reset before headers|upstream.?connect/gi, "broken off"],
];

/** Words by which pi knows that it may try again. */
const PASSING = "server error";
/** Words by which pi knows that the conversation has to become shorter. */
const TOO_LONG = "The input exceeds the context window of this model.";

/** The text for a failure, and whether it was the person who ended the call. */
export function failureText(thrown: unknown, providerId: string): string {
  const error = toPlanportError(thrown);
  const text = marked(withNextStep(error, providerId), error);
  if (error.code === "context_length_exceeded") return `${TOO_LONG} ${lasting(text)}`;
  if (error.retryable) return isPassing(text) ? text : `${text} (${PASSING})`;
  return lasting(text);
}

/** The text for an answer that the backend broke off, though nothing failed. To ask again would end in the same way. */
export function incompleteText(reason: string): string {
  const why = reason === "content_filter" ? "its content filter stopped it" : `it says ${reason}`;
  return lasting(`The backend did not bring this answer to its end: ${why}.`);
}

function isPassing(text: string): boolean {
  return /429|5(?:00|02|03|04)|overloaded|rate.?limit|server.?error|timeout|timed out/i.test(text);
}

function lasting(text: string): string {
  return TRANSIENT.reduce((said, [pattern, instead]) => said.replaceAll(pattern, instead), text);
}

/** In pi one signs in otherwise than on the command line. */
function withNextStep({ message }: AnyPlanportError, providerId: string): string {
  return message
    .replaceAll(/run `planport login`/g, `run \`/login ${providerId}\` in pi`)
    .replaceAll(/Run `planport login`( again)?/g, `Run \`/login ${providerId}\` in pi$1`);
}

/** What a refusal of a token means stands in front, as pi-codex-token has it. */
function marked(text: string, error: AnyPlanportError): string {
  const tag = {
    rejected: "provider_auth_invalid",
    accepted: "provider_access_denied",
    unknown: "provider_auth_undetermined",
  };
  const verdict = isJsonObject(error.cause) ? error.cause["tokenVerdict"] : undefined;
  return typeof verdict === "string" && verdict in tag ? `[${tag[verdict as keyof typeof tag]}] ${text}` : text;
}
