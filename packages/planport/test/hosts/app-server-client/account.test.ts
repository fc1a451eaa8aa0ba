import { describe, expect, test } from "vitest";
import type { Grant, TokenSource } from "../../../src/auth/token-source.ts";
import { CredentialError } from "../../../src/errors.ts";
import { Secret } from "../../../src/secret.ts";
import { type Answers, fakeServer } from "./fake-server.ts";

const grant = (token: string, more: Partial<Grant> = {}): Grant =>
  ({
    kind: "chatgpt",
    bearer: new Secret(token),
    accountId: "acct-1",
    planType: "pro",
    expiresAtMs: null,
    email: null,
    ...more,
  }) as Grant;

/** A source that gives what it is told to. */
function source(
  first: Grant,
): TokenSource & { now: Grant; recovered: Grant[]; next: (rejected: Grant) => Promise<Grant | null> } {
  const tokens = {
    now: first,
    recovered: [] as Grant[],
    next: async (_rejected: Grant): Promise<Grant | null> => null,
    get: async () => tokens.now,
    recover: async (rejected: Grant) => {
      tokens.recovered.push(rejected);
      return tokens.next(rejected);
    },
  };
  return tokens;
}

const LOGIN: Answers = {
  "account/login/start": (_params, { notify }) => {
    setTimeout(() => notify("account/login/completed", { loginId: null, success: true, error: null }));
    return { type: "chatgptAuthTokens" };
  },
  "account/logout": () => ({}),
};
const logins = (asked: readonly { method: string; params: unknown }[]): unknown[] =>
  asked.filter(({ method }) => method === "account/login/start").map(({ params }) => params);
const REFRESH = "account/chatgptAuthTokens/refresh";

describe("an account that is lent to a server", () => {
  test("is logged in with the token, the workspace and the plan, and logged out when it is taken back", async () => {
    const server = await fakeServer(LOGIN);
    const account = await server.client.connectAccount(source(grant("t1")));
    expect(account.accountId).toBe("acct-1");
    expect(logins(server.asked)).toEqual([
      { type: "chatgptAuthTokens", accessToken: "t1", chatgptAccountId: "acct-1", chatgptPlanType: "pro" },
    ]);
    await account.disconnect();
    await account.disconnect();
    expect(server.asked.filter(({ method }) => method === "account/logout")).toHaveLength(1);
    expect(await server.request(REFRESH, { reason: "unauthorized", previousAccountId: null })).toMatchObject({
      kind: "error",
    });
  });

  test("is taken back when the conversation is closed", async () => {
    const server = await fakeServer(LOGIN);
    await server.client.connectAccount(source(grant("t1")));
    await server.client.close();
    expect(server.asked.at(-1)?.method).toBe("account/logout");
  });

  test("gets a fresh token for the one that was refused, which the source is told of", async () => {
    const server = await fakeServer(LOGIN);
    const tokens = source(grant("t1"));
    await server.client.connectAccount(tokens);
    let count = 1;
    tokens.next = async () => grant(`t${++count}`);
    const ask = () => server.request(REFRESH, { reason: "unauthorized", previousAccountId: "acct-1" });
    expect(await ask()).toEqual({
      kind: "result",
      result: { accessToken: "t2", chatgptAccountId: "acct-1", chatgptPlanType: "pro" },
    });
    expect(await ask()).toMatchObject({ result: { accessToken: "t3" } });
    expect(tokens.recovered.map(({ bearer }) => bearer.reveal())).toEqual(["t1", "t2"]);
  });

  test("says no, in words without a token, when there is no other token, the refresh fails or the account is another", async () => {
    const server = await fakeServer(LOGIN);
    const tokens = source(grant("t1"));
    await server.client.connectAccount(tokens);
    const ask = async (previousAccountId = "acct-1"): Promise<string> => {
      const outcome = await server.request(REFRESH, { reason: "unauthorized", previousAccountId });
      return outcome.kind === "error" ? outcome.error.message : outcome.kind;
    };
    expect(await ask()).toBe("The token was refused, and there is no other.");
    tokens.next = async () => {
      throw new CredentialError("refresh_rejected", "The sign-in is over. Run: planport login");
    };
    expect(await ask()).toBe("The sign-in is over. Run: planport login");
    tokens.next = async () => grant("t2", { accountId: "acct-2" });
    expect(await ask()).toBe("The sign-in is now for workspace acct-2, and not for acct-1, which was lent.");
    expect(await ask("acct-9")).toBe("The app-server asks for another account than the one it was lent.");
  });

  test("is given a fresh token before the old one ends, once", async () => {
    const server = await fakeServer(LOGIN);
    const nowMs = 1_000_000;
    const tokens = source(grant("t1", { expiresAtMs: nowMs + 200_000 }));
    await server.client.connectAccount(tokens, { intervalMs: 5, now: () => nowMs });
    tokens.now = grant("t2", { expiresAtMs: nowMs + 3_600_000 });
    while (logins(server.asked).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(logins(server.asked)).toMatchObject([{ accessToken: "t1" }, { accessToken: "t2" }]);
  });

  test("that cannot be pushed is a warning, and the old token stays", async () => {
    const server = await fakeServer(LOGIN);
    const tokens = source(grant("t1", { expiresAtMs: 1 }));
    await server.client.connectAccount(tokens, { intervalMs: 5 });
    tokens.now = grant("t2", { accountId: "acct-2" });
    while (server.warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.warnings[0]?.message).toMatch(/workspace acct-2/);
    expect(logins(server.asked)).toHaveLength(1);
  });

  test("must be a ChatGPT sign-in with a workspace, and of the workspace asked for", async () => {
    const server = await fakeServer(LOGIN);
    const lend = (given: Grant, accountId?: string) =>
      server.client.connectAccount(source(given), accountId === undefined ? {} : { accountId });
    await expect(lend(grant("at-1", { kind: "personalAccessToken" }))).rejects.toMatchObject({
      code: "credential_unsupported",
    });
    await expect(lend(grant("t", { accountId: null }))).rejects.toMatchObject({ code: "credential_unsupported" });
    await expect(lend(grant("t"), "acct-2")).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(logins(server.asked)).toEqual([]);
  });

  test("that the server cannot log in is an error with its words", async () => {
    const server = await fakeServer({
      "account/login/start": (_params, { notify }) => {
        setTimeout(() => notify("account/login/completed", { loginId: null, success: false, error: "routing failed" }));
        return { type: "chatgptAuthTokens" };
      },
    });
    await expect(server.client.connectAccount(source(grant("t")))).rejects.toMatchObject({
      code: "app_server_refused",
      message: "The app-server could not log in: routing failed",
    });
  });

  test("of a server that ends during the login is an error", async () => {
    const server = await fakeServer({ "account/login/start": () => ({ type: "chatgptAuthTokens" }) });
    const lending = server.client.connectAccount(source(grant("t")));
    while (server.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    server.crash();
    await expect(lending).rejects.toMatchObject({ code: "app_server_gone" });
  });
});
