/**
 * Test files of which something is known beforehand.
 */

/** Those that take the ports which the sign-in server knows, or look at who has them. */
export const TAKES_SIGN_IN_PORTS = [
  "packages/planport/test/cli/paste.test.ts",
  "packages/planport/test/cli/serve.test.ts",
  "packages/planport/test/cli/sign-in.test.ts",
  "packages/planport/test/hosts/documented.test.ts",
  "packages/planport/test/hosts/pi-extension/host.test.ts",
  "packages/planport/test/privacy/sign-in.test.ts",
  "test/app-server/account.test.ts",
  "test/clients/browser.test.ts",
  "test/clients/login-screen.test.ts",
  "test/clients/opencode-sign-in.test.ts",
  "test/clients/pi-terminal.test.ts",
];

/** Those that take half a minute and more; the longest first. Of the ones above no two beside each other: one would wait for the other. */
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
