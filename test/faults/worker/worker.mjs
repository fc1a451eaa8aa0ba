/**
 * A process that shares a sign-in with others: it takes its token and sends its requests by the published parts of
 * planport, with the seams of those parts in the hands of the test.
 */
import { createTokenSource, resolveAuthEndpoints } from "../../../packages/planport/dist/auth/index.js";
import { createHttpClient } from "../../../packages/planport/dist/net/index.js";
import { createCodexClient, resolveEndpoints } from "../../../packages/planport/dist/upstream/index.js";
import { say, standStill } from "./channel.mjs";
import { openStore } from "./seams.mjs";

const plan = JSON.parse(process.argv[2] ?? "{}");
const holdAt = new Set(plan.holdAt ?? []);

let clockShiftMs = plan.clockShiftMs ?? 0;

function reach(step) {
  if (step === "sent") clockShiftMs += plan.jumpAtSentMs ?? 0;
  say({ kind: "step", step });
  if (holdAt.has(step)) standStill();
}

/** With the write torn apart there is no moment before the rename: the one between the pieces stands for it. */
function onStep(step) {
  if (step !== "renaming" || plan.sabotage !== "rename") reach(step);
}

/** A token source that notes how long each request waited for it. */
function timed(tokens, waits) {
  const clock = async (task) => {
    const startMs = performance.now();
    try {
      return await task();
    } finally {
      waits.push(performance.now() - startMs);
    }
  };
  return {
    get: (options) => clock(() => tokens.get(options)),
    recover: (rejected, options) => clock(() => tokens.recover(rejected, options)),
  };
}

async function ask(tokens, http) {
  const waits = [];
  const waitedMs = () => waits.reduce((sum, ms) => sum + ms, 0);
  const client = createCodexClient({
    tokens: timed(tokens, waits),
    http,
    endpoints: resolveEndpoints({ baseUrl: plan.codexBaseUrl }),
    retry: { maxRetries: 0 },
  });
  try {
    const answer = await client.send({ model: "gpt-5.5", input: "Reply with exactly: still signed in" });
    let text = "";
    for await (const event of answer.events) if (event.type === "response.output_text.delta") text += event.delta;
    if (text !== "still signed in") throw new Error(`The answer was: ${text}`);
    return { ok: true, code: null, message: null, waitedMs: waitedMs() };
  } catch (error) {
    return { ok: false, code: error.code ?? null, message: error.message, waitedMs: waitedMs() };
  }
}

async function run() {
  if (plan.uid !== undefined) {
    process.setgroups([]);
    process.setgid(plan.uid);
    process.setuid(plan.uid);
  }
  const systemNow = Date.now;
  Date.now = () => systemNow() + clockShiftMs;
  say({ kind: "ready" });
  standStill();
  const warnings = [];
  const http = createHttpClient({ env: {} });
  const outcomes = [];
  try {
    const tokens = await createTokenSource({
      store: openStore(plan, { tell: say, reach }),
      http,
      endpoints: resolveAuthEndpoints({}, { refreshUrl: plan.refreshUrl }),
      onWarning: (error) => warnings.push({ code: error.code ?? null, message: error.message }),
      onStep,
      ...(plan.refreshEarlyMs !== undefined && { refreshEarlyMs: plan.refreshEarlyMs }),
    });
    const all = Array.from({ length: plan.requests ?? 1 }, () => ask(tokens, http));
    outcomes.push(...(await Promise.all(all)));
    await tokens.settled?.();
  } catch (error) {
    outcomes.push({ ok: false, code: error.code ?? null, message: error.message, waitedMs: 0 });
  }
  reach("finished");
  say({ kind: "report", outcomes, warnings });
  await http.close();
}

await run();
