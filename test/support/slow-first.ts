/**
 * The order of the test files: those that take longest begin first, so that no worker is left with one when all others are done.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Each takes half a minute and more; the longest first. Of those that call `takeSignInPorts` no two beside each other: one would wait for the
 * other.
 */
export const SLOW = [
  "test/clients/opencode.test.ts",
  "test/faults/kill.test.ts",
  "packages/planport/test/privacy/commands.test.ts",
  "test/clients/pi-versions.test.ts",
  "test/app-server/account.test.ts",
  "test/app-server/refresh.test.ts",
  "test/clients/app-server-client.test.ts",
  "test/app-server/turns.test.ts",
  "test/clients/login-screen.test.ts",
  "packages/planport/test/privacy/gateway.test.ts",
  "packages/planport/test/privacy/token-command.test.ts",
  "packages/planport/test/cli/accounts.test.ts",
  "test/clients/codex-refresh.test.ts",
  "test/app-server/tools.test.ts",
  "packages/planport/test/cli/sign-in.test.ts",
  "test/clients/pi.test.ts",
  "test/repo/pack.test.ts",
  "test/clients/matrix/qwen.test.ts",
  "test/app-server/protocol.test.ts",
  "test/clients/opencode-sign-in.test.ts",
];

/** For `sequence.sequencer` of vitest. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((file) => moduleId.replaceAll("\\", "/").endsWith(`/${file}`));
      return at < 0 ? SLOW.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
