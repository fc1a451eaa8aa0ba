/**
 * What the process of a command keeps of the machine's memory.
 * @module
 */
import { setFlagsFromString } from "node:v8";

/** The newest Node whose V8 is known to have these flags: one that does not know them would say so on standard error. */
export const KNOWN_UNTIL_NODE = 25;

/** Who sets the heap's size himself knows better. */
const OF_THE_HEAP = /semi[-_]space|heap[-_]growing|old[-_]space|memory[-_]reducer/;

/** Commands that serve others for days. The same word elsewhere, as in a question, does no harm. */
const LONG_RUNNING: ReadonlySet<string> = new Set(["serve", "app-server"]);

/** The most that V8 takes: 24 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Keeps V8's heap near to what is in use, and what V8 compiled where it is, in a process that runs one of the commands which
 * serve others.
 *
 * By default V8's young generation grows to 16 MiB twice over, and the old one to several times what a collection leaves: a
 * gateway with 12 MB of live objects then holds 80 MB. What lives in it are answers under way, which are small and gone soon,
 * so the smaller heap costs no time that could be told from noise (bench/README.md).
 *
 * V8 also collects when a process was idle for eight seconds, up to three times, and drops what it compiled for objects of which
 * none is left. Between two answers that is most of a gateway's own code, and the next answers pay for it. A small heap has
 * little to give back (12 MB), so V8 is told to wait.
 *
 * The two sizes are read whenever V8 decides, so they can be set in a process that runs (`Heap::ConfigureHeap` would refuse the
 * first one at the start). The growth of the old generation is a flat rule in place of V8's own, which is tighter than that only
 * where memory runs short. The delay is read when the old generation first grows, so this comes before the modules are loaded.
 * For a process that is ours alone: the library leaves its host's heap as it is.
 *
 * @param args the command line, without Node and the program's own file
 */
export function tuneHeap(args: readonly string[]): void {
  if (!args.some((arg) => LONG_RUNNING.has(arg))) return;
  const { versions, execArgv, env } = process;
  if (versions["bun"] !== undefined || Number.parseInt(versions.node, 10) > KNOWN_UNTIL_NODE) return;
  if (OF_THE_HEAP.test(`${execArgv.join(" ")} ${env["NODE_OPTIONS"] ?? ""}`)) return;
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=100");
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${MAX_DELAY_MS}`);
}
