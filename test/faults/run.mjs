/**
 * Runs the fault tests alone, with their histogram and their tables, and the race with the Codex CLI.
 *
 *   npm run test:faults [-- --sabotage=lock|reread|fsync|rename] [--kills N]
 *
 * With a sabotage one safeguard is taken away by the seams that planport has for tests, and the run must fail.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const SABOTAGES = ["lock", "reread", "fsync", "rename"];
const root = fileURLToPath(new URL("../..", import.meta.url));

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

const { values } = parseArgs({ options: { sabotage: { type: "string" }, kills: { type: "string" } } });
const { sabotage, kills } = values;
if (sabotage !== undefined && !SABOTAGES.includes(sabotage)) fail(`--sabotage is one of ${SABOTAGES.join(", ")}.`);
if (kills !== undefined && !/^[1-9]\d{0,4}$/.test(kills)) fail("--kills is a number from 1 to 99999.");

const vitest = path.join(path.dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
// The real Codex CLI beside planport is one of the faults. Without a safeguard those tests speak that look at all of them together.
const chosen =
  sabotage === undefined
    ? ["test/faults/", "test/clients/codex-refresh.test.ts"]
    : ["test/faults/kill.test.ts", "test/faults/collide.test.ts"];
const { status } = spawnSync(process.execPath, [vitest, "run", ...chosen], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    ...(sabotage !== undefined && { PLANPORT_FAULTS_SABOTAGE: sabotage }),
    ...(kills !== undefined && { PLANPORT_FAULTS_KILLS: kills }),
  },
});
process.exit(status ?? 1);
