/**
 * What the process ends with. These numbers are public: scripts test them.
 * @module
 */
import type { AnyPlanportError, ErrorCode } from "../errors.ts";

/** The exit codes, by name. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  signInNeeded: 3,
  usageLimit: 4,
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const SIGN_IN_NEEDED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "credential_missing",
  "credential_malformed",
  "credential_unreadable",
  "keyring_unavailable",
  "credential_unsupported",
  "credential_rejected",
  "credential_wrong_route",
  "refresh_rejected",
  "refresh_interrupted",
  "workspace_forbidden",
]);

const WRONG_USE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["config_invalid", "request_invalid", "listen_refused"]);

const USAGE_LIMIT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "usage_limit_reached",
  "usage_not_included",
  "quota_exceeded",
]);

/** The exit code for an error that ended a command. */
export function exitCodeFor(error: AnyPlanportError): ExitCode {
  if (error.code === "cancelled") return EXIT.interrupted;
  if (SIGN_IN_NEEDED.has(error.code)) return EXIT.signInNeeded;
  if (USAGE_LIMIT.has(error.code)) return EXIT.usageLimit;
  return WRONG_USE.has(error.code) ? EXIT.usage : EXIT.failure;
}

/** The part of every `--help` that tells the codes. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    it failed
  2    the command line or the settings are wrong
  3    there is no usable sign-in: run planport login
  4    the plan's usage limit is reached
  130  interrupted with Ctrl-C`;
