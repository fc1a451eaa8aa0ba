/**
 * The conversation itself: greetings, faults, and what is read without a turn.
 */
import type { Scenario, Session } from "../session.ts";

const NOBODY = "00000000-0000-7000-8000-000000000000";
const clientInfo = { name: "differential", version: "1" };

async function begun(s: Session, ...questions: (readonly [string, unknown?])[]): Promise<void> {
  await s.begin();
  for (const [method, params] of questions) await s.ask(method, params);
}

const ODD_LINES = [
  "{not json",
  "",
  "   ",
  "[]",
  "42",
  "null",
  '"text"',
  "{}",
  '{"id":901}',
  '{"method":5,"id":902}',
  '{"method":"account/read","id":null,"params":{}}',
  '{"method":"account/read","id":1.5,"params":{}}',
  '{"method":"account/read","id":true,"params":{}}',
  '{"id":999,"result":{}}',
  '{"id":"unknown","error":{"code":1,"message":"x"}}',
  '{"method":"unknown/notification","params":{}}',
];

export const protocolScenarios: Readonly<Record<string, Scenario>> = {
  "protocol: questions before the greeting, greetings that are none, and a second one": {
    run: async (s) => {
      await s.ask("account/read", {});
      await s.ask("nope/nope", {});
      await s.ask("initialize", {});
      await s.ask("initialize");
      await s.ask("initialize", { clientInfo: { name: "x" } });
      await s.ask("initialize", { clientInfo: { name: "bad\nname", version: "1" } });
      await s.ask("initialize", { clientInfo });
      await s.ask("initialize", { clientInfo });
      await s.ask("account/read", {});
    },
  },
  "protocol: methods and params that are none": {
    run: (s) =>
      begun(
        s,
        ["nope/nope", {}],
        ["account/read"],
        ["account/read", null],
        ["account/read", { refreshToken: "yes" }],
        ["account/read", { unknown: 1 }],
        ["turn/start", { threadId: 5, input: [] }],
        ["thread/start", { approvalPolicy: "perhaps" }],
        ["account/login/cancel", {}],
        ["account/logout", { x: 1 }],
      ),
  },
  "protocol: lines that are no messages are not answered, and the conversation goes on": {
    run: async (s) => {
      await s.begin();
      for (const line of ODD_LINES) s.driver.raw(line);
      await s.ask("account/read", {});
    },
  },
  "protocol: ids of every kind come back": {
    run: async (s) => {
      await s.begin();
      for (const id of ["text", "", -7, 0, 4_294_967_296]) await s.ask("account/read", {}, id);
      s.driver.raw('{"jsonrpc":"2.0","method":"account/read","id":950,"params":{},"extra":true}');
      await s.ask("account/read", {});
    },
  },
  "protocol: models": {
    run: (s) =>
      begun(
        s,
        ["model/list", {}],
        ["model/list", { limit: 2 }],
        ["model/list", { includeHidden: true }],
        ["model/list", { cursor: "bogus" }],
        ["modelProvider/list", {}],
        ["modelProvider/capabilities/read", {}],
      ),
  },
  "protocol: settings": {
    run: (s) => begun(s, ["config/read", { includeLayers: false }], ["configRequirements/read"]),
  },
  "thread: started with what it is to be": {
    run: async (s) => {
      await s.begin();
      await s.login();
      await s.startThread({
        model: "gpt-5.5",
        approvalPolicy: "never",
        sandbox: "danger-full-access",
        developerInstructions: "be brief",
      });
      await s.turn("Reply with exactly: hello");
    },
  },
  "thread: listed, read, resumed, forked, named, archived": {
    run: async (s) => {
      await s.thread();
      const { threadId } = s;
      await s.turn("Reply with exactly: hello");
      await s.ask("thread/loaded/list", {});
      await s.ask("thread/list", {});
      await s.ask("thread/read", { threadId, includeTurns: true });
      await s.ask("thread/resume", { threadId });
      await s.ask("thread/name/set", { threadId, name: "Nice" });
      await s.ask("thread/fork", { threadId });
      await s.ask("thread/unsubscribe", { threadId });
      await s.ask("thread/archive", { threadId });
      await s.driver.heard("thread/archived");
    },
  },
  "thread: that are not there": {
    run: (s) =>
      begun(
        s,
        ["thread/read", { threadId: NOBODY }],
        ["thread/resume", { threadId: NOBODY }],
        ["thread/fork", { threadId: NOBODY }],
        ["thread/archive", { threadId: NOBODY }],
        ["thread/name/set", { threadId: NOBODY, name: "x" }],
        ["thread/read", { threadId: "nope" }],
        ["thread/read", {}],
      ),
  },
};
