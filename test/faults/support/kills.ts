/**
 * `kill -9` at every step of a refresh, and what the next process finds.
 */
import { readdirSync, statSync } from "node:fs";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { type Plan, runWorker, type Sabotage, type Step, STEPS, Worker } from "./worker.ts";
import { ageAccessToken, openWorld, readLogin, type World } from "./world.ts";

/** Where a victim is killed: at a step in which it stands still, or wherever it happens to be. */
export type Aim =
  | { readonly kind: "at"; readonly step: Step }
  /** The whole machine loses its power. */
  | { readonly kind: "power"; readonly step: "renaming" | "finished" }
  /** At `sent`, with the refresh token spent at the server, or not yet. */
  | { readonly kind: "sent"; readonly hasRotated: boolean }
  /** So much of the time that a refresh takes after it was let go, unseen. */
  | { readonly kind: "random"; readonly fraction: number };

/** What a kill came to. */
export interface Kill {
  readonly aim: Aim;
  /** The last step the victim told of. */
  readonly died: Step | "finished" | null;
  /** The token was spent by the victim. */
  readonly hasRotated: boolean;
  /** `usable`: the next request succeeded. `told`: it was cut off between rotation and answer, and that was said. */
  readonly verdict: "usable" | "told" | "lost";
  /** Refreshes at the server, of the victim and of the next process. */
  readonly refreshes: number;
  /** What was wrong; null when nothing was. */
  readonly fault: string | null;
}

const KEPT: ReadonlySet<string> = new Set(["auth.json", "auth.json.planport-lock"]);

const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What many kills came to. */
export interface KillRun {
  readonly kills: readonly Kill[];
  /** Files that lie about in the end, beside the sign-ins and their locks: killed processes leave some, others clean up. */
  readonly leftovers: readonly string[];
}

/** Kills so many times; the lanes have a sign-in of their own each, that lives through all the kills of the lane. */
export async function killMany(aims: readonly Aim[], sabotage: Sabotage | null, lanes = 4): Promise<KillRun> {
  const queue = [...aims];
  const kills: Kill[] = [];
  const leftovers: string[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      const world = await openWorld();
      const usualMs = await measureRefresh(world);
      for (let aim = queue.shift(); aim !== undefined; aim = queue.shift())
        kills.push(await killOnce(world, aim, sabotage, usualMs));
      ageAccessToken(world.authFile, -60_000);
      await runWorker(world.plan);
      leftovers.push(...readdirSync(world.folder).filter((name) => !KEPT.has(name)));
      await world.close();
    }),
  );
  return { kills, leftovers };
}

/** How long a whole refresh and its request take here, in milliseconds. */
async function measureRefresh(world: World): Promise<number> {
  const worker = new Worker(world.plan);
  await worker.ready();
  const startMs = performance.now();
  worker.goOn();
  await worker.reached("finished");
  await worker.report();
  return performance.now() - startMs;
}

/** One kill, and the process after it. A lost sign-in is made anew, so that the next kill has one to take. */
export async function killOnce(world: World, aim: Aim, sabotage: Sabotage | null, usualMs: number): Promise<Kill> {
  const { simulator } = world;
  ageAccessToken(world.authFile, -60_000);
  const before = simulator.refreshes;
  const reusedBefore = simulator.reusedRefreshTokens;
  const plan: Plan = { ...world.plan, sabotage };
  const victim = new Worker({ ...plan, holdAt: holdsOf(aim) });
  await victim.ready();
  victim.goOn();
  await reachAim(victim, aim, simulator, before, usualMs);
  await (aim.kind === "power" ? victim.cutPower() : victim.kill());
  simulator.script.clear();
  await TURN(); // What the victim had sent is with the server now.
  const hasRotated = simulator.refreshes > before;
  const died = victim.lastStep;
  const {
    outcomes: [next],
    warnings,
  } = await runWorker(plan);
  const refreshes = simulator.refreshes - before;
  const done = { aim, died, hasRotated, refreshes };
  if (next?.ok === true) {
    const reused = simulator.reusedRefreshTokens - reusedBefore;
    return { ...done, verdict: "usable", fault: faultOf(world, refreshes, reused) };
  }
  // Only a new sign-in helps now.
  world.signIn();
  // Unless it was held at a step, the request may have left it in the moment before it could tell of `sent`.
  const hadSent = died === "sent" || (aim.kind === "random" && died === "locked");
  if (next?.code === "refresh_interrupted" && hadSent && hasRotated) return { ...done, verdict: "told", fault: null };
  const fault = `died at ${String(died)}; the next process said ${String(next?.code)}: ${String(next?.message)} ${JSON.stringify(warnings)}`;
  return { ...done, verdict: "lost", fault };
}

function holdsOf(aim: Aim): readonly (Step | "finished")[] {
  if (aim.kind === "at" || aim.kind === "power") return [aim.step];
  return aim.kind === "sent" ? ["sent"] : ["finished"];
}

async function reachAim(
  victim: Worker,
  aim: Aim,
  simulator: Simulator,
  before: number,
  usualMs: number,
): Promise<void> {
  if (aim.kind === "at" || aim.kind === "power") return victim.reached(aim.step);
  if (aim.kind === "random") return new Promise((resolve) => setTimeout(resolve, aim.fraction * usualMs));
  // A server that has not answered yet has not rotated yet either: it forgets a call whose caller is gone.
  if (!aim.hasRotated) simulator.script.push("token", { kind: "stall" });
  await victim.reached("sent");
  const deadlineMs = performance.now() + 20_000;
  while (aim.hasRotated && simulator.refreshes === before) {
    if (performance.now() > deadlineMs) throw new Error("At `sent` the request had not left the process.");
    await TURN();
  }
}

/** What must hold beside the next request: one refresh and no more, and a file that is whole and nobody else's. */
function faultOf(world: World, refreshes: number, reused: number): string | null {
  if (refreshes !== 1) return `${String(refreshes)} refreshes`;
  if (reused !== 0) return "a refresh token was sent twice";
  readLogin(world.authFile);
  const mode = statSync(world.authFile).mode & 0o777;
  return process.platform === "win32" || mode === 0o600 ? null : `auth.json has mode ${mode.toString(8)}`;
}

/** Aims for `total` kills: most at each step in turn, the others anywhere. `random` is uniform in [0, 1). */
export function aimAt(total: number, random: () => number): Aim[] {
  return Array.from({ length: total }, (_, index): Aim => {
    const turn = index % 8;
    const step = STEPS[turn];
    if (step === "sent") return { kind: "sent", hasRotated: index % 16 < 8 };
    if (step !== undefined) return { kind: "at", step };
    if (turn === 6) return { kind: "power", step: index % 16 < 8 ? "finished" : "renaming" };
    return { kind: "random", fraction: random() };
  });
}

/** The histogram and the table, as text. */
export function renderKills(kills: readonly Kill[]): string {
  const places = [null, ...STEPS, "finished"] as const;
  const count = (isOne: (kill: Kill) => boolean): number => kills.filter(isOne).length;
  const cell = (value: string | number, width: number): string => String(value).padStart(width);
  const rows = places.map((place) => {
    const here = kills.filter((kill) => kill.died === place);
    const part = (verdict: Kill["verdict"]): string => cell(here.filter((kill) => kill.verdict === verdict).length, 8);
    const bar = "#".repeat(here.length);
    return `${(place ?? "(before)").padEnd(10)}${cell(here.length, 6)}${part("usable")}${part("told")}${part("lost")}  ${bar}`;
  });
  const chance = kills.filter((kill) => kill.aim.kind === "random");
  return [
    `${"killed at".padEnd(10)}${cell("kills", 6)}${cell("usable", 8)}${cell("told", 8)}${cell("lost", 8)}`,
    ...rows,
    `kills ${kills.length}, refreshes ${kills.reduce((sum, kill) => sum + kill.refreshes, 0)}, ` +
      `lost logins ${count((kill) => kill.verdict === "lost")}, cut off between rotation and answer and told so ` +
      `${count((kill) => kill.verdict === "told")}` +
      ` (${chance.filter((kill) => kill.verdict === "told").length} of the ${chance.length} at random moments)`,
  ].join("\n");
}
