/**
 * The Codex version that planport keeps step with.
 * @module
 */

/** The Codex release whose wire contract planport follows. The backend decides by it which models it lists. */
export const CODEX_CLIENT_VERSION = "0.169.0";
