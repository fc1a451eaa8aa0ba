/**
 * How a command's failure is told: one line, never a stack, never a secret.
 * @module
 */
import { ConfigError, type AnyPlanportError, isPlanportError, toPlanportError } from "../errors.ts";
import { toErrorBody } from "../protocol/index.ts";
import { redactText } from "../redact.ts";
import { type ExitCode, exitCodeFor } from "./exit-codes.ts";
import { type Output, printable } from "./terminal.ts";

/** How to tell it. */
export interface FailureOptions {
  /** As an error object in place of a sentence. */
  readonly json: boolean;
  /** Show the stack. */
  readonly debug: boolean;
}

/** Says what went wrong on standard error. Gives the exit code. */
export async function reportFailure(thrown: unknown, err: Output, options: FailureOptions): Promise<ExitCode> {
  const error = toPlanportError(thrown);
  const message = messageOf(error);
  if (options.json) {
    const body = toErrorBody(error, Date.now());
    await err.line(JSON.stringify({ error: { ...body.error, message } }));
  } else {
    await err.line(`${err.style.red("planport:")} ${message}`);
  }
  if (options.debug) await err.line(err.style.dim(stackOf(thrown)));
  return exitCodeFor(error);
}

/** What is said of an error, in one line. */
export function messageOf(error: AnyPlanportError): string {
  if (error instanceof ConfigError && error.code === "internal" && error.cause instanceof Error)
    return `an unexpected fault: ${oneLine(foreignText(error.cause.message))} (PLANPORT_LOG=debug shows where)`;
  const message = oneLine(error.message);
  // What may pass by itself: a person should know that the sign-in is not over.
  return error.code === "refresh_unavailable" && error.retryable && !/try again/i.test(message)
    ? `${message} Try again in a moment.`
    : message;
}

/** Nobody knows what is in the words of a library: here everything goes that could be a token of any shape. */
function foreignText(text: string): string {
  return redactText(text, { opaque: true });
}

function oneLine(text: string): string {
  return printable(redactText(text).replaceAll(/\s*\n\s*/g, " "));
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return foreignText(String(thrown));
  const text = isPlanportError(thrown) ? thrown.message : foreignText(thrown.message);
  const frames = /\n {4}at [\s\S]*$/.exec(thrown.stack ?? "")?.[0] ?? "";
  const own = redactText(`${thrown.name}: ${text}${frames}`);
  return thrown.cause instanceof Error ? `${own}\ncaused by ${stackOf(thrown.cause)}` : own;
}
