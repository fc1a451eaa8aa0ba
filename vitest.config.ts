import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/support/slow-first.ts";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    // Vitest would leave one core free, which is half of a small machine; many of these tests wait for processes that they start.
    maxWorkers: "100%",
    sequence: { sequencer: SlowFirst },
    // Prints what was proved of which client, when all is done.
    globalSetup: ["test/clients/support/print-table.ts"],
    // A hang must fail, not block; nothing here waits on the clock, so this is only ever reached by a hang.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
