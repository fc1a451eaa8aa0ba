/**
 * The steps of a refresh, for whoever watches or disturbs it.
 * @module
 */

/**
 * How far a refresh has come, in this order: `waiting` (about to ask for its turn among all processes), `locked` (has
 * it), `sent` (the request's bytes were handed to the socket), `answered` (the answer is in the journal), `syncing`
 * (about to make the new file durable), `renaming` (about to put it in place of the old one).
 */
export type RefreshStep = "waiting" | "locked" | "sent" | "answered" | "syncing" | "renaming";

/** Told of each step, synchronously: the refresh goes on when it returns. */
export type OnRefreshStep = (step: RefreshStep) => void;

/**
 * The same observer, whose errors are told as a warning: one that was thrown while a request is under way would take the
 * answer with it, and the sign-in with the answer.
 */
export function harmless(onStep: OnRefreshStep, onWarning: (error: Error) => void): OnRefreshStep {
  return (step) => {
    try {
      onStep(step);
    } catch {
      // Without the error itself: nobody knows what a foreign error carries along.
      onWarning(new Error(`onStep threw an error at the step "${step}"; the refresh goes on all the same`));
    }
  };
}
