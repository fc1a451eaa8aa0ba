import { Response } from "undici";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createTransportTokenSource,
  type RefreshedAuth,
  refreshAccessToken,
  runOAuthFlow,
  type TransportTokenSourceOptions,
} from "../../src/index.ts";
import { accountIdOf } from "../../src/hosts/transport/tokens.ts";
import { Secret } from "../../src/secret.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { accessToken, type FakeHttp, fakeHttp, gate, jwt, NOW_MS } from "../auth/support/fakes.ts";

const client = { originator: "planport", userAgent: "planport/0.1.0" };
let http: FakeHttp;

beforeEach(() => {
  http = fakeHttp();
});

const auth = "https://api.openai.com/auth";

describe("the account of tokens (AX-19)", () => {
  it.each([
    [
      "the workspace they were made for, first of all",
      { [auth]: { chatgpt_account_id: "acct" }, organizations: [{ id: "org" }], sub: "s" },
      "acct",
    ],
    ["else the first organization", { organizations: [{ id: "org" }, { id: "other" }], sub: "s" }, "org"],
    [
      "else the first organization, where OpenAI puts it",
      { [auth]: { organizations: [{ id: "org" }] }, sub: "s" },
      "org",
    ],
    ["else the subject", { organizations: [], sub: "s" }, "s"],
    ["else nothing", {}, null],
  ])("is %s", (_what, claims, expected) => {
    expect(accountIdOf([new Secret(jwt(claims))])).toBe(expected);
  });

  it("is looked for in all tokens before a weaker claim is taken", () => {
    const id = new Secret(jwt({ [auth]: { chatgpt_account_id: "acct" } }));
    expect(accountIdOf([new Secret(jwt({ sub: "s" })), null, id])).toBe("acct");
    expect(accountIdOf([new Secret("opaque"), null])).toBeNull();
  });
});

describe("runOAuthFlow()", () => {
  it("AX-17: signs in by the browser and gives exactly the four keys", async () => {
    const simulator = await startSimulator({ autoApprove: true, anyRedirectPort: true });
    const steps: string[] = [];
    const tokens = await runOAuthFlow({
      issuer: simulator.issuer,
      env: {},
      ports: [0],
      onUrl: (url) => void fetch(url),
      onStep: ({ type }) => steps.push(type),
    });
    expect(Object.keys(tokens)).toEqual(["access_token", "refresh_token", "expires_at", "account_id"]);
    expect(tokens.account_id).toBe(simulator.accounts.default.id);
    expect(tokens.expires_at).toMatch(/^\d{10}$/);
    expect(steps).toEqual(["open-url", "waiting", "exchanging", "done"]);
    const renewed = await refreshAccessToken(tokens.refresh_token, { issuer: simulator.issuer, env: {} });
    expect(renewed.account_id).toBe(tokens.account_id);
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    await expect(refreshAccessToken(tokens.refresh_token, { issuer: simulator.issuer, env: {} })).rejects.toMatchObject(
      {
        code: "refresh_rejected",
        message: expect.stringContaining("Sign in again: runOAuthFlow().") as unknown,
      },
    );
    await simulator.close();
  });

  it("ends when the caller says so", async () => {
    const flow = runOAuthFlow({ env: {}, ports: [0], http, onUrl: () => {}, signal: AbortSignal.abort() });
    await expect(flow).rejects.toMatchObject({ code: "sign_in_cancelled" });
  });

  it("AX-17: takes what is pasted when no port is free", async () => {
    const simulator = await startSimulator({ autoApprove: true, anyRedirectPort: true });
    let shown: (url: string) => void = () => {};
    const page = new Promise<string>((resolve) => {
      shown = resolve;
    });
    async function* pasted(): AsyncGenerator<string> {
      const url = await page;
      const response = await fetch(url, { redirect: "manual" });
      yield new URL(response.headers.get("location") ?? "", url).href;
    }
    const tokens = await runOAuthFlow({ issuer: simulator.issuer, env: {}, ports: [], onUrl: shown, pasted: pasted() });
    expect(tokens.account_id).toBe(simulator.accounts.default.id);
    await simulator.close();
  });
});

describe("refreshAccessToken() (AX-18)", () => {
  const options = (): { http: FakeHttp; client: typeof client; env: Record<string, never>; now: () => number } => ({
    http,
    client,
    env: {},
    now: () => NOW_MS,
  });

  it("AX-13: gives exactly the four keys, and tells onAuthRefresh its own four", async () => {
    http.reply(200, { access_token: accessToken(3600), refresh_token: "rt-2", expires_in: 100 });
    const told: RefreshedAuth[] = [];
    const tokens = await refreshAccessToken("rt-1", { ...options(), onAuthRefresh: (each) => void told.push(each) });
    const rest = { refresh_token: "rt-2", expires_at: String(NOW_MS / 1000 + 100), account_id: "acct-1" };
    expect(tokens).toEqual({ access_token: accessToken(3600), ...rest });
    expect(told).toEqual([{ api_key: accessToken(3600), ...rest }]);
    expect(http.sent[0]?.url).toBe("https://auth.openai.com/oauth/token");
    expect(http.sent[0]?.json).toMatchObject({ grant_type: "refresh_token", refresh_token: "rt-1" });
  });

  it("AX-12: keeps the refresh token if none came, and takes an hour if nothing says how long", async () => {
    http.reply(200, { access_token: "opaque" });
    expect(await refreshAccessToken(new Secret("rt-1"), { ...options(), accountId: "acct-9" })).toEqual({
      access_token: "opaque",
      refresh_token: "rt-1",
      expires_at: String(NOW_MS / 1000 + 3600),
      account_id: "acct-9",
    });
  });

  it("has an empty account when the tokens name none", async () => {
    http.reply(200, { access_token: "opaque", refresh_token: "rt-2" });
    expect((await refreshAccessToken("rt-1", options())).account_id).toBe("");
  });

  it.each([
    [401, { error: { code: "refresh_token_expired" } }, "refresh_rejected", false],
    [400, { error: "invalid_grant" }, "refresh_rejected", false],
    [503, "busy", "refresh_unavailable", true],
    [200, { refresh_token: "rt-2" }, "refresh_unavailable", true],
  ])("AX-12: with the answer %i %j fails as %s", async (status, body, code, retryable) => {
    http.reply(status, body);
    await expect(refreshAccessToken("rt-secret", options())).rejects.toMatchObject({
      code,
      retryable,
      message: expect.not.stringContaining("rt-secret") as unknown,
    });
  });

  it("without a token sends nothing", async () => {
    await expect(refreshAccessToken(" ", options())).rejects.toMatchObject({ code: "credential_malformed" });
    expect(http.sent).toEqual([]);
  });

  it("tells of an onAuthRefresh that fails as a warning without the tokens, and gives the tokens", async () => {
    http.reply(200, { access_token: accessToken(3600), refresh_token: "short" });
    const warnings: Error[] = [];
    const tokens = await refreshAccessToken("rt-1", {
      ...options(),
      onAuthRefresh: async (each) => {
        throw new Error(`cannot keep ${JSON.stringify(each)}`);
      },
      onWarning: (error) => warnings.push(error),
    });
    expect(tokens.refresh_token).toBe("short");
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^onAuthRefresh failed.*cannot keep/),
    ]);
    expect(warnings[0]?.message).not.toMatch(/eyJ|short/);
  });
});

describe("createTransportTokenSource()", () => {
  let nowMs = NOW_MS;
  const told: RefreshedAuth[] = [];
  const warnings: Error[] = [];

  beforeEach(() => {
    nowMs = NOW_MS;
    told.length = 0;
    warnings.length = 0;
  });

  const seconds = (fromNow: number): string => String(NOW_MS / 1000 + fromNow);
  const source = (extra: Partial<TransportTokenSourceOptions> = {}): ReturnType<typeof createTransportTokenSource> =>
    createTransportTokenSource({
      apiKey: accessToken(3600),
      refreshToken: "rt-1",
      expiresAt: seconds(31),
      http,
      client,
      env: {},
      now: () => nowMs,
      onAuthRefresh: (each) => void told.push(each),
      onWarning: (error) => warnings.push(error),
      ...extra,
    });
  const answer = (refresh = "rt-2"): object => ({
    access_token: accessToken(7200),
    refresh_token: refresh,
    expires_in: 7200,
  });

  it("AX-11: refreshes 30 s before the end, and not before", async () => {
    const tokens = source();
    expect((await tokens.get()).bearer.reveal()).toBe(accessToken(3600));
    nowMs += 1000;
    http.reply(200, answer());
    const grant = await tokens.get();
    expect(grant).toMatchObject({
      kind: "chatgpt",
      accountId: "acct-1",
      planType: "pro",
      expiresAtMs: nowMs + 7_200_000,
    });
    expect(grant.bearer.reveal()).toBe(accessToken(7200));
    expect(told.map((each) => each.refresh_token)).toEqual(["rt-2"]);
  });

  it.each([
    ["there is no refresh token", { refreshToken: "", expiresAt: seconds(-1) }],
    ["the end is not known", { expiresAt: "" }],
    ["the end is no number", { expiresAt: "soon" }],
  ])("does not refresh by itself when %s", async (_why, extra) => {
    expect((await source(extra).get()).bearer.reveal()).toBe(accessToken(3600));
  });

  it("AX-20: refreshes once for all who ask, and tells the owner before the first of them goes on", async () => {
    const kept = gate();
    const tokens = source({ expiresAt: seconds(0), onAuthRefresh: () => kept.promise });
    http.reply(200, answer());
    let hasGone = false;
    const all = Promise.all([tokens.get(), tokens.get(), tokens.get()]).finally(() => {
      hasGone = true;
    });
    await expect.poll(() => http.sent.length).toBe(1);
    await new Promise(setImmediate);
    expect(hasGone).toBe(false);
    kept.open();
    expect(new Set((await all).map(({ bearer }) => bearer.reveal()))).toEqual(new Set([accessToken(7200)]));
    await tokens.settled?.();
  });

  it("refreshes when the backend refuses the bearer, once for all whom it refused", async () => {
    const tokens = source({ expiresAt: seconds(3000) });
    const grant = await tokens.get();
    http.reply(200, answer());
    const [one, two] = await Promise.all([tokens.recover(grant), tokens.recover(grant)]);
    expect(one?.bearer.reveal()).toBe(accessToken(7200));
    expect(two?.bearer.reveal()).toBe(accessToken(7200));
    expect((await tokens.recover(grant))?.bearer.reveal()).toBe(accessToken(7200));
    expect(http.sent.length).toBe(1);
    expect(await source({ refreshToken: "" }).recover(await source({ refreshToken: "" }).get())).toBeNull();
  });

  it("serves with the old token while it works, when a refresh fails that may pass", async () => {
    nowMs = NOW_MS + 5000;
    const tokens = source();
    http.reply(503, "busy");
    expect((await tokens.get()).bearer.reveal()).toBe(accessToken(3600));
    expect((await tokens.get()).bearer.reveal()).toBe(accessToken(3600));
    expect(http.sent.length).toBe(1);
    expect(warnings).toMatchObject([{ code: "refresh_unavailable" }]);
    nowMs = NOW_MS + 31_000;
    http.replyWith(() => new Response(JSON.stringify(answer())));
    expect((await tokens.get()).bearer.reveal()).toBe(accessToken(7200));
  });

  it("does not send a token again that was refused for good", async () => {
    const tokens = source({ expiresAt: seconds(-1) });
    http.reply(401, { error: { code: "refresh_token_invalidated" } });
    await expect(tokens.get()).rejects.toMatchObject({ code: "refresh_rejected" });
    await expect(tokens.get()).rejects.toMatchObject({ code: "refresh_rejected" });
    expect(http.sent.length).toBe(1);
  });

  it("keeps a new refresh token that came without an access token, tells its owner, and goes on with it", async () => {
    const tokens = source({ expiresAt: seconds(-1) });
    http.reply(200, { refresh_token: "rt-rotated" });
    await expect(tokens.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(told).toEqual([
      { api_key: accessToken(3600), refresh_token: "rt-rotated", expires_at: seconds(-1), account_id: "acct-1" },
    ]);
    http.reply(200, answer());
    expect((await tokens.get()).bearer.reveal()).toBe(accessToken(7200));
    expect(http.sent[1]?.json).toMatchObject({ refresh_token: "rt-rotated" });
  });

  it("needs an access token", () => {
    expect(() => source({ apiKey: " " })).toThrow(expect.objectContaining({ code: "credential_missing" }) as Error);
  });
});
