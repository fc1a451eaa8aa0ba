/**
 * The real Codex CLI and planport refresh one sign-in at the same time. Codex sends its refresh outside of its locks, so both
 * can spend one token: then one of them is refused.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { type Door, type Doorman, meeting, openDoor } from "../faults/support/door.ts";
import { show } from "../faults/support/settings.ts";
import { ageAccessToken, readTokens } from "../faults/support/world.ts";
import { codexScript, configureForSimulator, execTurn } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { signedInHome, startPlanport } from "./support/stack.ts";

const ROUNDS = 20;

let simulator: Simulator;
let door: Door;
let home: string;
let authFile: string;
let failedTurns = 0;

beforeAll(async () => {
  simulator = await startSimulator({ maxRecordedRequests: 10_000, refreshTokenReuse: "refused" });
  door = await openDoor(simulator);
  home = signedInHome(simulator);
  configureForSimulator(home, simulator);
  authFile = join(home, "auth.json");
});
afterAll(async () => {
  await door.close();
  await simulator.close();
});

/** One turn of Codex; null when it came to its end, else why it did not. */
async function codexTurn(): Promise<string | null> {
  const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: door.url };
  const turn = execTurn(home, "gpt-5.5", "Reply with exactly: from codex", env);
  return turn.then(
    ({ answer }) => (answer === "from codex" ? null : answer),
    (error: unknown) => String(error),
  );
}

/** One `planport token`; null when what it printed opens the backend. */
async function planportToken(): Promise<string | null> {
  const { finished } = startPlanport(home, ["token"], {
    CODEX_HOME: home,
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: door.url,
  });
  const { code, stdout, stderr } = await finished;
  if (code !== 0) return stderr;
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  const { status } = await fetch(`${simulator.codexBaseUrl}/models?client_version=1.0.0`, { headers });
  return status === 200 ? null : `its bearer was answered with ${String(status)}`;
}

/** Two calls meet before the server, and the one that was refused hears of it before the other one has its tokens. */
function bothUnderWay(first: string): Doorman {
  let refuse = (): void => {};
  const refused = new Promise<void>((resolve) => (refuse = resolve));
  return {
    before: meeting(2, first),
    after: async ({ originator }) => (originator === first ? refused : undefined),
    answered: ({ originator }) => {
      if (originator !== first) refuse();
    },
  };
}

if (codexScript === null) reportNotRun("the Codex CLI", "test/clients is not installed; npm test installs it");
else {
  describe("the Codex CLI and planport with one sign-in and an expired token", () => {
    // Who is the first of two whose calls are both under way; without one they come as they come.
    const firsts = Array.from({ length: ROUNDS }, (_, round) => ["codex_exec", "planport", null][round % 3] ?? null);

    it.each(firsts.map((first, round) => ({ round: round + 1, first: first ?? "nobody" })))(
      "round $round, first $first: both work afterwards without a new sign-in",
      async ({ first }) => {
        ageAccessToken(authFile, -60_000);
        const spent = readTokens(authFile)["refresh_token"];
        const { refreshes, reusedRefreshTokens } = simulator;
        door.doorman = first === "nobody" ? {} : bothUnderWay(first);
        const [codex, planport] = await Promise.all([codexTurn(), planportToken()]);
        if (codex !== null) failedTurns += 1;
        door.doorman = {};
        // planport waits for what the other one writes. Codex does not: the turn in flight may fail, if it was the second.
        expect(planport).toBeNull();
        if (first === "codex_exec" || simulator.reusedRefreshTokens === reusedRefreshTokens) expect(codex).toBeNull();
        expect(readTokens(authFile)["refresh_token"]).not.toBe(spent);
        expect(simulator.refreshes - refreshes).toBe(1);
        expect(await Promise.all([codexTurn(), planportToken()])).toEqual([null, null]);
        expect(simulator.refreshes - refreshes).toBe(1);
      },
    );

    it("has met the case that both spend one token", () => {
      show(
        `the Codex CLI and planport at the same time, ${ROUNDS} rounds`,
        `refreshes ${simulator.refreshes}, tokens that both spent ${simulator.reusedRefreshTokens}, ` +
          `turns of Codex that failed in flight ${failedTurns}`,
      );
      expect(simulator.reusedRefreshTokens).toBeGreaterThanOrEqual(firsts.filter((first) => first !== null).length);
    });
  });
}
