#!/usr/bin/env node
// Plain JavaScript, run as it is: answers `--version` before anything else is loaded, and says what is wrong when the
// rest could not even be loaded (an old Node, a checkout that was not built).
import { existsSync, readFileSync } from "node:fs";

const [first] = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (first === "--version" || first === "-v" || first === "-V" || first === "version") {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  process.stdout.write(`${version}\n`);
} else if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`planport: Node.js 20.19 or newer is needed; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  const main = new URL("../dist/cli/main.js", import.meta.url);
  if (existsSync(main)) {
    // Before the rest is loaded: what the heap grows to meanwhile it keeps.
    const { tuneHeap } = await import(new URL("heap.js", main).href);
    tuneHeap(process.argv.slice(2));
    const { runProcess } = await import(main.href);
    await runProcess();
  } else {
    process.stderr.write("planport: this checkout is not built yet; run: npm run build\n");
    process.exitCode = 1;
  }
}
