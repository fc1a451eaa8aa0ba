// Refreshes a login of pi's, and stops for good when the answer is there and nothing of it is written yet.
import { writeSync } from "node:fs";
import { AuthStorage } from "../../../dist/index.js";

const [file, answer] = process.argv.slice(2);
let isAnswered = false;

const authStorage = new AuthStorage(file, {
  env: {},
  http: {
    fetch: async () => {
      isAnswered = true;
      return { status: 200, ok: true, headers: { get: () => null }, text: async () => answer };
    },
    close: async () => {},
  },
  now: () => {
    // The time of the answer is asked for right before the answer is noted; this runs right after that.
    if (isAnswered)
      queueMicrotask(() => {
        writeSync(1, "answered\n");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });
    return Date.now();
  },
});
await authStorage.getApiKey("openai-codex");
