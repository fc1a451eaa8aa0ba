import { describe, expect, test } from "vitest";
import { type AskForTokens, createExternalAuth, type ExternalTokens } from "../../src/app-server/account/external.ts";
import type { RequestOutcome } from "../../src/json-rpc/index.ts";
import { start } from "../simulator/helpers.ts";
import { openServer } from "./kit.ts";

let serial = 0;

/** Tokens that differ from all others. */
function tokens(chatgptAccountId = "acct-1"): ExternalTokens {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return { accessToken: `${part({ alg: "none" })}.${part({ jti: `t${(serial += 1)}` })}.c2ln`, chatgptAccountId };
}

const good = (result: unknown): RequestOutcome => ({ kind: "result", result });

/** A client whose answers the test gives, one by one. */
function answering(): { ask: AskForTokens; open: ((outcome: RequestOutcome) => void)[]; accounts: (string | null)[] } {
  const open: ((outcome: RequestOutcome) => void)[] = [];
  const accounts: (string | null)[] = [];
  const ask: AskForTokens = (previous) =>
    new Promise((resolve) => {
      accounts.push(previous);
      open.push(resolve);
    });
  return { ask, open, accounts };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a refused bearer is replaced by what the client answers, and that one is not asked about again", async () => {
  const fresh = tokens();
  const auth = createExternalAuth(tokens(), async () => good(fresh), []);
  const next = await auth.source.recover(await auth.source.get());
  expect(next?.bearer.reveal()).toBe(fresh.accessToken);
  expect(await auth.source.recover(next as never)).toBeNull();
});

test("the next request asks again", async () => {
  let asked = 0;
  const auth = createExternalAuth(tokens(), async () => ((asked += 1), good(tokens())), []);
  for (let n = 0; n < 2; n++) await auth.source.recover(await auth.source.get());
  expect(asked).toBe(2);
});

describe("an answer that is of no use is told in Codex's words, and the tokens before stay", () => {
  test.each<[string, RequestOutcome, string]>([
    ["an error", { kind: "error", error: { code: -32000, message: "x" } }, "auth refresh request failed: code=-32000"],
    ["none in time", { kind: "timeout" }, "auth refresh request timed out after 10s"],
    ["another shape", good({ accessToken: 5 }), "invalid auth refresh response"],
    ["no object", good(null), "invalid auth refresh response"],
    ["no JWT", good({ accessToken: "x", chatgptAccountId: "acct-1" }), "auth refresh returned invalid credentials"],
    [
      "another workspace",
      good(tokens("acct-2")),
      "Login is restricted to workspace(s) acct-1, but current credentials belong to acct-2",
    ],
  ])("%s", async (_what, outcome, message) => {
    const first = tokens();
    const auth = createExternalAuth(first, async () => outcome, ["acct-1"]);
    await expect(auth.source.recover(await auth.source.get())).rejects.toMatchObject({
      code: "refresh_unavailable",
      message,
    });
    expect((await auth.source.get()).bearer.reveal()).toBe(first.accessToken);
  });
});

test("another workspace becomes the account where none is forced", async () => {
  const auth = createExternalAuth(tokens("acct-1"), async () => good(tokens("acct-2")), []);
  expect(await auth.source.recover(await auth.source.get())).toMatchObject({ accountId: "acct-2" });
});

test("questions follow one another, each for a refusal of its own", async () => {
  const { ask, open, accounts } = answering();
  const auth = createExternalAuth(tokens("acct-1"), ask, []);
  const [a, b] = [await auth.source.get(), await auth.source.get()];
  const recovered = [auth.source.recover(a), auth.source.recover(b)];
  await turn();
  expect(open).toHaveLength(1);
  open[0]?.(good(tokens("acct-2")));
  await recovered[0];
  await turn();
  expect(accounts).toEqual(["acct-1", "acct-2"]);
  open[1]?.(good(tokens("acct-3")));
  expect((await Promise.all(recovered)).map((grant) => grant?.accountId)).toEqual(["acct-2", "acct-3"]);
});

test("tokens that are pushed meanwhile win over the answer", async () => {
  const { ask, open } = answering();
  const auth = createExternalAuth(tokens(), ask, []);
  const recovered = auth.source.recover(await auth.source.get());
  await turn();
  const pushed = tokens("acct-9");
  auth.push(pushed, ask);
  open[0]?.(good(tokens("acct-2")));
  expect((await recovered)?.bearer.reveal()).toBe(pushed.accessToken);
  expect((await auth.source.get()).accountId).toBe("acct-9");
});

test("whoever waits for the end of a question waits until it is answered", async () => {
  const { ask, open } = answering();
  const auth = createExternalAuth(tokens(), ask, []);
  const recovered = auth.source.recover(await auth.source.get());
  let isSettled = false;
  const settled = auth.settled().then(() => (isSettled = true));
  await turn();
  expect(isSettled).toBe(false);
  open[0]?.({ kind: "timeout" });
  await expect(recovered).rejects.toThrow("timed out");
  await settled;
});

test("the client that pushed the tokens is asked, over the wire, when the backend refuses them", async () => {
  const simulator = await start();
  const world = await openServer({ config: simulator.codexConfig });
  const bystander = await world.client();
  const client = await world.client();
  const { id } = simulator.accounts.default;
  const issue = (): object => ({ accessToken: simulator.issueTokens().accessToken, chatgptAccountId: id });
  const old = issue();
  simulator.expireAccessTokens();
  client.onAsk = () => ({ result: issue() });
  await client.ask("account/login/start", { type: "chatgptAuthTokens", ...old });
  await client.told("account/updated");
  expect(client.asked).toEqual([
    { method: "account/chatgptAuthTokens/refresh", params: { reason: "unauthorized", previousAccountId: id } },
  ]);
  expect(bystander.asked).toEqual([]);
  expect(await client.ask("account/read")).toMatchObject({ workspaceRouting: { chatgptAccountId: id } });
});
