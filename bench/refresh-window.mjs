/**
 * How long the tokens of a refresh exist in this process alone: from the turn of the event loop in which their last byte
 * came until a synchronous write has handed them to the system, and until the disk has them. Run after `npm run build`.
 * @module
 */
import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTokenSource, resolveAuthEndpoints } from "../packages/planport/dist/auth/index.js";
import { createHttpClient } from "../packages/planport/dist/net/index.js";
import { createFileStore, createRefreshJournal } from "../packages/planport/dist/store/index.js";

const RUNS = 200;
/** As long as the answers of OpenAI's server. */
const TOKEN_CHARS = 2000;

const folder = mkdtempSync(path.join(tmpdir(), "planport-window-"));
const file = path.join(folder, "auth.json");
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (inSeconds, pad) =>
  `${part({ alg: "none" })}.${part({ exp: Math.floor(Date.now() / 1000) + inSeconds, pad })}.${part("signature")}`;

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const token = jwt(7200, "x".repeat(TOKEN_CHARS));
    response.end(JSON.stringify({ access_token: token, id_token: token, refresh_token: `rt-${Math.random()}` }));
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const real = createHttpClient({ env: {} });
let bytesAtMs = 0;
/** Notes when the bytes come, before anybody else hears of them. */
const http = {
  ...real,
  fetch: (url, { watch, ...options }) =>
    real.fetch(url, {
      ...options,
      watch: {
        ...watch,
        onBody(...args) {
          bytesAtMs = performance.now();
          watch?.onBody?.(...args);
        },
      },
    }),
};

const handed = [];
const durable = [];
for (let run = 0; run < RUNS; run++) {
  const tokens = { access_token: jwt(-60, ""), refresh_token: `rt-${run}`, account_id: "a" };
  writeFileSync(file, JSON.stringify({ auth_mode: "chatgpt", tokens }));
  const journal = createRefreshJournal(async () => file);
  const store = createFileStore(file, {
    journal: {
      ...journal,
      async begin(...args) {
        const note = await journal.begin(...args);
        return {
          answer: (...answer) => note.answer(...answer),
          close: () => note.close(),
          async sync() {
            await note.sync();
            durable.push(performance.now() - bytesAtMs);
          },
        };
      },
    },
  });
  const source = await createTokenSource({
    store,
    http,
    endpoints: resolveAuthEndpoints({}, { refreshUrl: `http://127.0.0.1:${server.address().port}/oauth/token` }),
    onStep: (step) => step === "answered" && handed.push(performance.now() - bytesAtMs),
  });
  await source.get();
}
await real.close();
server.close();
rmSync(folder, { recursive: true });

const show = (name, list) => {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(3)} ms`;
  process.stdout.write(`${name.padEnd(58)} median ${at(0.5)}  99 % ${at(0.99)}  most ${at(1)}\n`);
};
process.stdout.write(`${RUNS} refreshes\n`);
show("last byte read -> handed to the system (survives kill -9)", handed);
show("last byte read -> on the disk (survives a power cut)", durable);
