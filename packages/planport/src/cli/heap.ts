/**
 * What the process of a command keeps of the machine's memory.
 * @module
 */
import { setFlagsFromString } from "node:v8";

/** The newest Node whose V8 is known to have these flags: one that does not know them would say so on standard error. */
export const KNOWN_UNTIL_NODE = 25;

/** Who sets the heap's size himself knows better. */
const OF_THE_HEAP = /semi[-_]space|heap[-_]growing|old[-_]space/;

/**
 * Keeps V8's heap near to what is in use. By default its young generation grows to 16 MiB twice over, and the old one to
 * several times what a collection leaves: a gateway with 12 MB of live objects then holds 80 MB. What lives in it are answers
 * under way, which are small and gone soon, so the smaller heap costs no time that could be told from noise (bench/README.md).
 *
 * Both flags are read whenever V8 decides, so they can be set in a process that runs (`Heap::ConfigureHeap` would refuse the
 * first one at the start). The second one is a flat rule in place of V8's own, which is tighter than that only where memory runs short.
 * For a process that is ours alone: the library leaves its host's heap as it is.
 */
export function keepHeapSmall(): void {
  const { versions, execArgv, env } = process;
  if (versions["bun"] !== undefined || Number.parseInt(versions.node, 10) > KNOWN_UNTIL_NODE) return;
  if (OF_THE_HEAP.test(`${execArgv.join(" ")} ${env["NODE_OPTIONS"] ?? ""}`)) return;
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=100");
}
