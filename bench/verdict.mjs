/** Numbers to a table, and to a yes or no for each promise. Pure: what is measured comes in, text comes out. */

/** What planport promises. A change of these numbers is a change of the product. */
export const PROMISES = {
  maxTimesNginx: 2.2,
  minTimesBelowRival: 5,
  maxPeakMb: 120,
  maxTimesBareNode: 1.5,
  /** pi with the extension, beside pi without it: the time to its end of `pi --list-models`. */
  maxTimesBarePi: 1.25,
};

/** The middle value; the mean of the two middle ones when their number is even. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * Rounds of one gateway to its row.
 */
export function summarize(gateway, unit) {
  const { rounds } = gateway;
  const of = (field) => median(rounds.map((round) => round[field]));
  return {
    id: gateway.id,
    name: gateway.name,
    cpuUs: of("cpuUs"),
    ratio: timesOf(gateway, unit),
    peakMb: gateway.peakMb,
    events: rounds.reduce((sum, round) => sum + round.deltas, 0),
    expected: rounds.reduce((sum, round) => sum + round.expected, 0),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    problem: rounds.find((round) => round.problem !== "")?.problem ?? "",
    firstMs: of("firstMs"),
    worstGapMs: Math.max(...rounds.map((round) => round.worstGapMs)),
  };
}

/**
 * How many times the CPU time of `b` that of `a` is: the ratio of the medians, which the table shows beside it. One round's
 * ratio would make as much of one odd run of `b` as of all its others.
 */
export function timesOf(a, b) {
  return typicalCpuUs(a) / typicalCpuUs(b);
}

/** Microseconds of CPU time that an event takes of a gateway: the median of its rounds. */
export function typicalCpuUs({ rounds }) {
  return median(rounds.map(({ cpuUs }) => cpuUs));
}

/** The table as text. */
export function renderTable(rows, unitName) {
  const head = ["", "CPU µs/event", `× ${unitName}`, "peak MB", "events", "errors", "first ms", "worst gap ms"];
  const lines = rows.map((row) => [
    row.name,
    fixed(row.cpuUs, 1),
    fixed(row.ratio, 2),
    fixed(row.peakMb, 0),
    `${row.events}/${row.expected}`,
    String(row.errors),
    fixed(row.firstMs, 0),
    fixed(row.worstGapMs, 0),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? "").length)));
  const render = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return [render(head), ...lines.map(render)].join("\n");
}

function fixed(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

/** One promise: `value` is null when it could not be measured, and `why` says what was missing. */
function promise(text, value, holds, shown, why) {
  return { text, state: value === null ? "not checked" : holds ? "pass" : "FAIL", shown: value === null ? why : shown };
}

/**
 * Holds the measurements against the promises.
 * @param {{ gateways: object[], rows: object[], calm: object | null, versionTimes: number, piTimes: number | null }} measured
 *   `calm`: planport and the rival at a load that the rival can bear, where it could not bear the first one
 * @param {{ nginx: string, rival: string, cpu: string, pi: string }} missing why each is missing, where it is
 */
export function judge({ gateways, rows, calm, versionTimes, piTimes }, missing) {
  const find = (id) => gateways.find((gateway) => gateway.id === id);
  const row = (id) => rows.find((candidate) => candidate.id === id);
  const verdicts = [];
  for (const [id, path] of [
    ["planport-responses", "/v1/responses"],
    ["planport-chat", "/v1/chat/completions"],
  ]) {
    const nginx = find("nginx");
    const times = nginx === undefined || missing.cpu ? null : timesOf(find(id), nginx);
    const limit = PROMISES.maxTimesNginx;
    const text = `${path}: at most ${limit} × the CPU time of nginx`;
    verdicts.push(promise(text, times, times <= limit, `${fixed(times, 2)} ×`, missing.cpu || missing.nginx));
    const peak = missing.cpu ? null : row(id).peakMb;
    const roof = PROMISES.maxPeakMb;
    verdicts.push(
      promise(`${path}: peak memory below ${roof} MB`, peak, peak < roof, `${fixed(peak, 0)} MB`, missing.cpu),
    );
    const { events, expected, errors, problem } = row(id);
    const shown =
      problem === "" ? `${events} of ${expected}` : `${events} of ${expected}, ${errors} errors: ${problem}`;
    verdicts.push(promise(`${path}: every event arrives`, events, events === expected && errors === 0, shown, ""));
  }
  const rival = find("rival-chat");
  const busy = rival === undefined || missing.cpu ? null : timesOf(rival, find("planport-chat"));
  const whyNotCalm = calm === null ? "" : faultOf(calm);
  const below = calm === null ? busy : whyNotCalm === "" ? timesOf(calm.rival, calm.own) : null;
  const aside =
    calm === null ? "" : `, ${calm.gapMs} ms apart; ${fixed(busy, 1)} × at the load that keeps its core busy`;
  const least = PROMISES.minTimesBelowRival;
  verdicts.push(
    promise(
      `/v1/chat/completions: openai-oauth takes at least ${least} × the CPU time`,
      below,
      below >= least,
      `${fixed(below, 1)} ×${aside}`,
      missing.cpu || missing.rival || whyNotCalm,
    ),
  );
  const most = PROMISES.maxTimesBareNode;
  verdicts.push(
    promise(
      `planport --version: at most ${most} × node -e 0`,
      versionTimes,
      versionTimes <= most,
      `${fixed(versionTimes, 2)} ×`,
      "",
    ),
  );
  const mostPi = PROMISES.maxTimesBarePi;
  verdicts.push(
    promise(
      `pi's start with the extension: at most ${mostPi} × without it`,
      piTimes,
      piTimes <= mostPi,
      `${fixed(piTimes ?? Number.NaN, 2)} ×`,
      missing.pi,
    ),
  );
  return verdicts;
}

/** What is wrong with the second load: "" when nothing is. A gateway that loses events, or falls behind there too, shows nothing. */
function faultOf({ own, rival, gapMs, isCalm }) {
  for (const { name, rounds } of [own, rival])
    for (const { deltas, expected, errors, problem } of rounds)
      if (errors > 0 || deltas !== expected)
        return `${name}, ${gapMs} ms apart: ${deltas} of ${expected} events, ${errors} errors: ${problem}`;
  return isCalm ? "" : `openai-oauth keeps its core busy ${gapMs} ms apart as well`;
}

/** 0: all promises hold. 1: one is broken. 2: none is broken, but not all could be checked. */
export function exitCodeOf(verdicts) {
  if (verdicts.some(({ state }) => state === "FAIL")) return 1;
  return verdicts.some(({ state }) => state === "not checked") ? 2 : 0;
}
