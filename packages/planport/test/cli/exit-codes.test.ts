import { expect, it } from "vitest";
import { EXIT, exitCodeFor } from "../../src/cli/exit-codes.ts";
import { type AnyPlanportError, errorTable, type ErrorCode, PlanportError } from "../../src/errors.ts";

/** Every code that has to do with a credential, and what a command ends with: 3 where `planport login` is the way out. */
const promised: Partial<Record<ErrorCode, number>> = {
  credential_missing: 3,
  credential_malformed: 3,
  credential_unreadable: 3,
  credential_unsupported: 3,
  credential_rejected: 3,
  credential_wrong_route: 3,
  refresh_rejected: 3,
  refresh_interrupted: 3,
  refresh_unavailable: 1,
  workspace_forbidden: 3,
  access_denied: 1,
  keyring_unavailable: 3,
  store_write_failed: 1,
};

it("a command that ends for want of a sign-in says so with 3, whatever became of the sign-in", () => {
  const codes = Object.entries(errorTable).filter(([, { family }]) => family === "credential");
  const ends = codes.map(([code]) => [
    code,
    exitCodeFor(new PlanportError(code as ErrorCode, "It failed.") as AnyPlanportError),
  ]);
  expect(Object.fromEntries(ends)).toEqual(promised);
  expect(EXIT.signInNeeded).toBe(3);
});
