/**
 * Measures what planport adds to a stream, beside nginx and another gateway, and holds it against the promises in
 * verdict.mjs. See README.md of this folder.
 *
 *   npm run bench -- [--rounds N] [--only id,id]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { repoRoot } from "../tools/lib.mjs";
import { installRivals, listGateways, nginxBin, planportBin, writeAuthFile } from "./gateways.mjs";
import { canMeasureProcesses, readCpuUs, readPeakMb } from "./process-cost.mjs";
import { measurePiStart, whyNoPi } from "./pi-start.mjs";
import { plainEnvironment, runLoad, startUpstream, stopAll } from "./processes.mjs";
import { exitCodeOf, judge, median, renderTable, summarize, typicalCpuUs } from "./verdict.mjs";

const LOAD = { streams: 50, deltas: 200, gapMs: 10 };
/**
 * Before anything counts: Node compiles what runs often, calls as well as deltas, and a gateway runs for days. All get the
 * same, nginx too.
 */
const WARM_UPS = [
  // What a call costs falls until some thousands were made.
  { shape: { ...LOAD, deltas: 2 }, times: 60 },
  { shape: LOAD, times: 2 },
  // While the others have a long turn, V8 collects in an idle process that has not told it to wait, and drops what it compiled for
  // objects of which none is left: this second part has it compiled again.
  { shape: { ...LOAD, deltas: 2 }, times: 60 },
  { shape: LOAD, times: 2 },
];
/**
 * What a gateway that the first load keeps busy all the time is measured at once more, beside planport: one that falls behind
 * gathers events, and then costs less for each.
 */
const CALM_LOAD = { ...LOAD, gapMs: 40 };
const MAX_BUSY_SHARE = 0.75;
const CALM_ROUNDS = 3;
const VERSION_RUNS = 21;

function print(text) {
  process.stdout.write(`${text}\n`);
}

async function startGateways(upstream, folder, entry, only) {
  const chosen = listGateways(entry).filter(({ id }) => only === null || only.includes(id));
  const gateways = [];
  for (const gateway of chosen) {
    const own = path.join(folder, gateway.id);
    mkdirSync(own);
    writeAuthFile(own);
    const started = await gateway.start({ folder: own, upstreamPort: upstream.port });
    gateways.push({ ...gateway, ...started, rounds: [], peakMb: Number.NaN });
  }
  return gateways;
}

/** One gateway, one time: all streams from their start to their end. */
async function measure({ pid, port, path: target, dialect }, shape = LOAD) {
  const before = canMeasureProcesses ? readCpuUs(pid) : Number.NaN;
  const startedAt = performance.now();
  const load = await runLoad({ port, path: target, dialect, ...shape, headers: { authorization: "Bearer bench" } });
  const wallUs = (performance.now() - startedAt) * 1000;
  const usedUs = (canMeasureProcesses ? readCpuUs(pid) : Number.NaN) - before;
  return {
    ...load,
    expected: shape.streams * shape.deltas,
    cpuUs: usedUs / Math.max(1, load.deltas),
    busyShare: usedUs / wallUs,
  };
}

async function warmUp(upstream, gateways) {
  for (const { shape, times } of WARM_UPS) {
    await upstream.shape(shape);
    for (let time = 0; time < times; time += 1) for (const gateway of gateways) await measure(gateway, shape);
  }
}

async function measureAll(gateways, rounds) {
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    // Round by round, not gateway by gateway: whatever else the machine does falls on all alike.
    for (const gateway of gateways) gateway.rounds.push(await measure(gateway));
  }
  if (canMeasureProcesses) for (const gateway of gateways) gateway.peakMb = readPeakMb(gateway.pid);
}

/** The two that are held against each other, once more where the rival was too busy; null when it was not, or is not here. */
async function measureCalm(upstream, gateways) {
  const pair = ["planport-chat", "rival-chat"].map((id) => gateways.find((gateway) => gateway.id === id));
  const [own, rival] = pair.map((gateway) => gateway && { ...gateway, rounds: [] });
  if (own === undefined || rival === undefined) return null;
  if (!(median(pair[1].rounds.map(({ busyShare }) => busyShare)) > MAX_BUSY_SHARE)) return null;
  process.stderr.write(`openai-oauth kept its core busy: once more, ${CALM_LOAD.gapMs} ms apart\n`);
  await upstream.shape(CALM_LOAD);
  for (const gateway of [own, rival]) await measure(gateway, CALM_LOAD);
  for (let round = 0; round < CALM_ROUNDS; round += 1)
    for (const gateway of [own, rival]) gateway.rounds.push(await measure(gateway, CALM_LOAD));
  const isCalm = median(rival.rounds.map(({ busyShare }) => busyShare)) <= MAX_BUSY_SHARE;
  return { own, rival, gapMs: CALM_LOAD.gapMs, isCalm };
}

/** Milliseconds of wall time from start to end of a process. */
function timeProcess(args) {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore", env: plainEnvironment });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - startedAt;
}

function measureVersion() {
  const bare = [];
  const version = [];
  for (let run = 0; run < VERSION_RUNS; run += 1) {
    bare.push(timeProcess(["-e", "0"]));
    version.push(timeProcess([planportBin, "--version"]));
  }
  return { bareMs: median(bare), versionMs: median(version), times: median(version) / median(bare) };
}

function tryInstallRivals() {
  try {
    return { entry: installRivals(), why: "" };
  } catch (error) {
    return { entry: null, why: `openai-oauth could not be installed: ${error.message}` };
  }
}

async function main({ rounds, only }) {
  if (!existsSync(path.join(repoRoot, "packages", "planport", "dist", "cli", "main.js")))
    throw new Error("planport is not built; run: npm run build");
  const missing = {
    cpu: canMeasureProcesses ? "" : "CPU time and memory are read from Linux's /proc; this is not Linux",
    nginx: nginxBin === null ? "nginx is not here; on Debian and Ubuntu: apt-get install nginx-light" : "",
    rival: "",
  };
  const version = measureVersion();
  const pi = await measurePiStart();
  missing.pi = whyNoPi;
  const rival = tryInstallRivals();
  missing.rival = rival.why;
  const folder = mkdtempSync(path.join(tmpdir(), "planport-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    const upstream = await startUpstream();
    const gateways = await startGateways(upstream, folder, rival.entry, only);
    await warmUp(upstream, gateways);
    await measureAll(gateways, rounds);
    const calm = await measureCalm(upstream, gateways);
    const unit = gateways[0];
    const rows = gateways.map((gateway) => summarize(gateway, unit));
    print(
      `\n${LOAD.streams} streams at once, ${LOAD.deltas} text deltas each, ${LOAD.gapMs} ms apart; median of ${rounds} rounds\n`,
    );
    print(renderTable(rows, unit.id));
    if (calm !== null)
      print(
        `\n${calm.gapMs} ms apart, chat: planport ${typicalCpuUs(calm.own).toFixed(1)} µs/event, openai-oauth ${typicalCpuUs(calm.rival).toFixed(1)}`,
      );
    print(`\nplanport --version ${version.versionMs.toFixed(1)} ms, node -e 0 ${version.bareMs.toFixed(1)} ms`);
    if (pi !== null)
      print(`pi's start ${pi.ownMs.toFixed(0)} ms with the extension, ${pi.bareMs.toFixed(0)} ms without it`);
    print(`Node ${process.versions.node}, ${process.platform} ${process.arch}\n`);
    if (only !== null) return 0;
    const verdicts = judge({ gateways, rows, calm, versionTimes: version.times, piTimes: pi?.times ?? null }, missing);
    for (const { state, text, shown } of verdicts) print(`${state.padEnd(11)} ${text}  (${shown})`);
    return exitCodeOf(verdicts);
  } finally {
    await stopAll();
  }
}

// An interrupted bench leaves no server behind.
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    void stopAll().then(() => process.exit(130));
  });
const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, only: { type: "string" } } });
try {
  process.exitCode = await main({ rounds: Number(values.rounds), only: values.only?.split(",") ?? null });
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
