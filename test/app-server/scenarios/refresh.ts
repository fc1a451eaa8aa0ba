/**
 * What happens when the backend refuses a token in the middle of things.
 */
import { unauthorized } from "../../../packages/planport/src/simulator/index.ts";
import { type Message, Refusal, SILENCE } from "../driver.ts";
import type { Scenario, Session } from "../session.ts";

const REFRESH = "account/chatgptAuthTokens/refresh";
const HELLO = "Reply with exactly: hello";

/** The next so many calls of the model are refused. */
function refuse(s: Session, times = 1): void {
  for (let count = 0; count < times; count++) s.simulator.script.push("responses", unauthorized());
}

/** A thread of a parent that answers with fresh tokens. */
async function lent(s: Session, answer: (count: number) => unknown = () => s.tokens()): Promise<void> {
  let count = 0;
  s.driver.respond(REFRESH, () => answer(++count));
  await s.thread();
}

/** One turn whose first call is refused, and whose parent answers with this. */
const answered = (answer: (s: Session) => unknown, config = ""): Scenario => ({
  config,
  run: async (s) => {
    await lent(s, () => answer(s));
    refuse(s);
    await s.turn(HELLO);
    await s.ask("account/read", {});
  },
});

export const refreshScenarios: Readonly<Record<string, Scenario>> = {
  "refresh: the parent answers, and the turn goes on": {
    run: async (s) => {
      await lent(s);
      refuse(s);
      await s.turn(HELLO);
      await s.turn(HELLO);
    },
  },
  "refresh: the parent says no, and the next turn asks again": {
    run: async (s) => {
      await lent(s, (count) => (count === 1 ? new Refusal(-32000, "signed out") : s.tokens()));
      refuse(s);
      await s.turn(HELLO);
      refuse(s);
      await s.turn(HELLO);
    },
  },
  "refresh: the parent's answer has no token": answered(() => ({ chatgptAccountId: "a" })),
  "refresh: the parent's answer is no object": answered(() => "nonsense"),
  "refresh: the parent's token is none": answered(() => ({ accessToken: "a.b", chatgptAccountId: "a" })),
  "refresh: the parent comes with another workspace": answered((s) =>
    s.tokens(s.simulator.accounts.addAccount({ email: "other@example.com" }).id),
  ),
  "refresh: the parent comes with the same token again": {
    run: async (s) => {
      const same = s.tokens();
      s.driver.respond(REFRESH, () => same);
      await s.begin();
      await s.login(same);
      await s.startThread();
      refuse(s);
      await s.turn(HELLO);
    },
  },
  "refresh: the fresh token is refused, too": {
    run: async (s) => {
      await lent(s);
      refuse(s, 2);
      await s.turn(HELLO);
    },
  },
  "refresh: every token is refused": {
    run: async (s) => {
      await lent(s);
      refuse(s, 40);
      await s.turn(HELLO);
      await s.ask("account/read", {});
    },
  },
  "refresh: the parent never answers": {
    run: async (s) => {
      await lent(s, (count) => (count === 1 ? SILENCE : s.tokens()));
      refuse(s);
      await s.turn(HELLO);
    },
  },
  "refresh: a login is pushed while the parent is asked, and wins": {
    run: async (s) => {
      await lent(s, async () => {
        await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
        return s.tokens();
      });
      refuse(s);
      await s.turn(HELLO);
    },
  },
  "refresh: an interrupt does not wait for the parent": {
    run: async (s) => {
      await lent(s, () => SILENCE);
      refuse(s);
      const turnId = await s.startTurn(HELLO);
      await s.driver.heard(REFRESH);
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId });
      await s.driver.heard("turn/completed");
      await s.turn(HELLO);
    },
  },
  "refresh: the workspace's server refuses the token at login": {
    run: async (s) => {
      s.driver.respond(REFRESH, () => s.tokens());
      s.simulator.script.push("accountsCheck", unauthorized());
      await s.begin();
      await s.login();
      await s.ask("account/read", {});
    },
  },
  "refresh: a token is pushed between two turns": {
    run: async (s) => {
      await lent(s);
      await s.turn(HELLO);
      await s.login();
      await s.turn(HELLO);
    },
  },
  "refresh: Codex's own login reads its file again, then refreshes": {
    signedIn: "chatgpt",
    run: async (s) => {
      await s.begin();
      await s.driver.heard("account/updated");
      await s.startThread();
      s.simulator.expireAccessTokens();
      await s.turn(HELLO);
    },
  },
  "refresh: Codex's own login is over": {
    signedIn: "chatgpt",
    run: async (s) => {
      await s.begin();
      await s.driver.heard("account/updated");
      await s.startThread();
      s.simulator.expireAccessTokens();
      s.simulator.expireRefreshTokens();
      await s.turn(HELLO);
      await s.ask("account/read", {});
    },
  },
  "refresh: an access token cannot be refreshed": {
    env: (simulator) => ({ CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() }),
    run: async (s) => {
      await s.begin();
      await s.driver.heard("account/updated");
      await s.startThread();
      refuse(s, 40);
      await s.turn(HELLO);
    },
  },
  "refresh: limits that are refused are not asked for again": {
    run: async (s) => {
      await lent(s);
      s.simulator.script.push("usage", { kind: "http", status: 401, body: { error: { message: "nope" } } });
      const { error } = await s.ask("account/rateLimits/read");
      if ((error as Message | undefined)?.["code"] !== -32603) throw new Error("it was not refused");
    },
  },
};
