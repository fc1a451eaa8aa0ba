/**
 * Runs all checks, and prints what came of each as one line of JSON.
 */
import { checks as failures } from "./failures.mjs";
import { checks as text } from "./text.mjs";
import { checks as tools } from "./tools.mjs";
import { idle, planport, simulator } from "./world.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const results = {};
for (const [name, check] of Object.entries({ ...text, ...tools, ...failures })) {
  try {
    await check();
    results[name] = "ok";
  } catch (error) {
    results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  await idle();
  simulator.reset();
}
await planport.close();
await simulator.close();
process.stdout.write(`${JSON.stringify(results)}\n`);
