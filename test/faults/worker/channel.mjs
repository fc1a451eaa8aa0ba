/**
 * How a worker talks with the test that started it: lines of JSON out on descriptor 3, single bytes in on descriptor 4.
 * Both ways are synchronous, so that a worker can stand still in the middle of a call, as if its processor had stopped.
 */
import { readSync, writeSync } from "node:fs";

const OUT = 3;
const IN = 4;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Microseconds matter for the size of the window, so the time goes with each line: milliseconds since the epoch. */
function nowMs() {
  return performance.timeOrigin + performance.now();
}

/** Retries what a pipe refuses for the moment. */
function insist(operation) {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Tells the test something. */
export function say(message) {
  const bytes = Buffer.from(`${JSON.stringify({ ...message, atMs: nowMs() })}\n`);
  for (let sent = 0; sent < bytes.length;) sent += insist(() => writeSync(OUT, bytes, sent));
}

/** Stands still until the test says go on. */
export function standStill() {
  const byte = Buffer.alloc(1);
  if (insist(() => readSync(IN, byte, 0, 1, null)) === 0) process.exit(70); // The test is gone.
}
