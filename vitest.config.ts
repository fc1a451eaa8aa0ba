import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    // Prints what was proved of which client, when all is done.
    globalSetup: ["test/clients/support/print-table.ts"],
    // A hang must fail, not block; nothing here waits on the clock, so this is only ever reached by a hang.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
