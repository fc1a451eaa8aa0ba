/**
 * Holds what a client answers to the protocol.
 * @module
 */
import { check } from "./check.ts";
import { serverRequests } from "./methods.ts";
import type { ServerRequests } from "./types/methods.ts";

/** The result of a request of ours; null when it is not what the protocol says. */
export function checkAnswer<M extends keyof ServerRequests>(
  method: M,
  result: unknown,
): ServerRequests[M]["result"] | null {
  const spec = serverRequests[method];
  const checked = spec === undefined ? null : check(spec.result, result);
  return checked?.ok === true ? (checked.value as ServerRequests[M]["result"]) : null;
}
