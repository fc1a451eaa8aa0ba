import { Response } from "undici";
import { describe, expect, it } from "vitest";
import { createTokenSource, resolveAuthEndpoints, type TokenSource } from "../../src/auth/index.ts";
import { CredentialDocument, createMemoryStore, type CredentialStore } from "../../src/store/index.ts";
import { accessToken, authJson, fakeHttp, type FakeHttp, gate, NOW_MS } from "./support/fakes.ts";

interface Rig {
  readonly source: TokenSource;
  readonly http: FakeHttp;
  readonly store: CredentialStore;
  readonly warnings: Error[];
  readonly clock: { nowMs: number };
}

async function rig(document: Record<string, unknown>, store?: CredentialStore): Promise<Rig> {
  const used = store ?? createMemoryStore(document, "/home/ada/.planport/auth.json");
  const http = fakeHttp();
  const warnings: Error[] = [];
  const clock = { nowMs: NOW_MS };
  const source = await createTokenSource({
    store: used,
    http,
    endpoints: resolveAuthEndpoints({}),
    client: { originator: "planport", userAgent: "planport/0.1.0" },
    now: () => clock.nowMs,
    onWarning: (error) => warnings.push(error),
  });
  return { source, http, store: used, warnings, clock };
}

const stored = async (store: CredentialStore): Promise<Record<string, unknown>> => {
  const document = await store.read();
  if (document === null) throw new Error("the store is empty");
  return document.reveal();
};
const doc = (value: Record<string, unknown>): CredentialDocument => new CredentialDocument(value, "test");

describe("before expiry", () => {
  it("serves a fresh token without a request", async () => {
    const { source, http } = await rig(authJson());
    const grant = await source.get();
    expect(grant).toMatchObject({ kind: "chatgpt", accountId: "acct-1", planType: "pro", email: "ada@example.com" });
    expect(grant.expiresAtMs).toBe(NOW_MS + 3_600_000);
    expect(http.sent).toEqual([]);
  });

  it.each([
    [299, true],
    [300, true],
    [301, false],
  ])("with %i s left, refreshes: %s", async (seconds, refreshes) => {
    const { source, http } = await rig(authJson({ access_token: accessToken(seconds) }));
    http.reply(200, { access_token: accessToken(7200) });
    await source.get();
    expect(http.sent).toHaveLength(refreshes ? 1 : 0);
  });

  it("sends the refresh as Codex does, and stores what came with everything else untouched", async () => {
    const before = authJson(
      { access_token: accessToken(60), login_owner_id: "owner", future: { deep: [1, "ü"] } },
      { unknown: { keep: true } },
    );
    const { source, http, store } = await rig(before);
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-second" });
    const grant = await source.get();
    expect(grant.bearer.reveal()).toBe(next);
    expect(http.sent[0]?.url).toBe("https://auth.openai.com/oauth/token");
    expect(http.sent[0]?.options.headers).toMatchObject({
      "content-type": "application/json",
      originator: "planport",
      "user-agent": "planport/0.1.0",
    });
    expect(http.sent[0]?.options.body).toBe(
      '{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"rt-first"}',
    );
    const after = await stored(store);
    const tokens = before["tokens"] as Record<string, unknown>;
    expect(JSON.stringify(after)).toBe(
      JSON.stringify({
        ...before,
        tokens: { ...tokens, access_token: next, refresh_token: "rt-second" },
        last_refresh: "2026-11-20T12:00:00.000Z",
      }),
    );
  });

  it("keeps the old refresh token when the answer brings only an access token", async () => {
    const { source, http, store } = await rig(authJson({ access_token: accessToken(60) }));
    http.reply(200, { access_token: accessToken(7200) });
    await source.get();
    expect(await stored(store)).toMatchObject({ tokens: { refresh_token: "rt-first" } });
  });

  it("refreshes at the issuer and client that the tokens name", async () => {
    const provenance = { issuer: "https://login.example.com/", client_id: "app_other" };
    const { source, http } = await rig(authJson({ access_token: accessToken(60), oauth_provenance: provenance }));
    http.reply(200, { access_token: accessToken(7200) });
    await source.get();
    expect(http.sent[0]).toMatchObject({
      url: "https://login.example.com/oauth/token",
      json: { client_id: "app_other" },
    });
  });

  it("shares one refresh among all who ask at once", async () => {
    const { source, http } = await rig(authJson({ access_token: accessToken(60) }));
    const answer = gate();
    const next = accessToken(7200);
    http.replyWith(async () => {
      await answer.promise;
      return new Response(JSON.stringify({ access_token: next, refresh_token: "rt-second" }));
    });
    const waiting = Array.from({ length: 50 }, () => source.get());
    answer.open();
    const grants = await Promise.all(waiting);
    expect(new Set(grants.map((grant) => grant.bearer.reveal()))).toEqual(new Set([next]));
    expect(http.sent).toHaveLength(1);
  });

  it("lets one waiter leave without stopping the refresh the others wait for", async () => {
    const { source, http, store } = await rig(authJson({ access_token: accessToken(60) }));
    const answer = gate();
    http.replyWith(async ({ options }) => {
      expect(options.signal).toBeUndefined();
      await answer.promise;
      return new Response(JSON.stringify({ access_token: accessToken(7200), refresh_token: "rt-second" }));
    });
    const leaver = new AbortController();
    const left = source.get({ signal: leaver.signal });
    const stayed = source.get();
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    answer.open();
    await expect(stayed).resolves.toMatchObject({ expiresAtMs: NOW_MS + 7_200_000 });
    expect(await stored(store)).toMatchObject({ tokens: { refresh_token: "rt-second" } });
  });

  it("adopts tokens that another program refreshed, and sends nothing", async () => {
    const { source, http, store, clock } = await rig(authJson());
    await source.get();
    const theirs = accessToken(90_000);
    await store.replace(doc(authJson({ access_token: theirs, refresh_token: "rt-theirs" })));
    clock.nowMs += 3_400_000;
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(http.sent).toEqual([]);
  });

  it("without a readable expiry, refreshes only a token refreshed more than eight days ago", async () => {
    const young = await rig(authJson({ access_token: "opaque" }));
    await young.source.get();
    expect(young.http.sent).toEqual([]);
    const old = await rig(authJson({ access_token: "opaque" }, { last_refresh: "2026-11-01T00:00:00Z" }));
    old.http.reply(200, { access_token: accessToken(7200) });
    await old.source.get();
    expect(old.http.sent[0]?.json).toMatchObject({ refresh_reason: "scheduled" });
  });

  it("does not refresh at every request when the new token lives for less than the early limit", async () => {
    const { source, http } = await rig(authJson({ access_token: accessToken(60) }));
    http.reply(200, { access_token: accessToken(120), refresh_token: "rt-second" });
    await source.get();
    await source.get();
    expect(http.sent).toHaveLength(1);
  });
});

describe("when a refresh fails", () => {
  it.each([
    ["a 500", 500, "{}"],
    ["a 429", 429, "{}"],
    ["a 400 with another code", 400, '{"error":"temporarily_unavailable"}'],
    ["a 200 that is not JSON", 200, "<html>"],
  ])("serves the old, still valid token after %s, and waits before the next try", async (_name, status, body) => {
    const old = accessToken(200);
    const { source, http, warnings, clock } = await rig(authJson({ access_token: old }));
    http.reply(status, body);
    expect((await source.get()).bearer.reveal()).toBe(old);
    expect(warnings).toMatchObject([{ code: "refresh_unavailable" }]);
    await source.get();
    expect(http.sent).toHaveLength(1);
    clock.nowMs += 31_000;
    http.reply(200, { access_token: accessToken(7200) });
    expect((await source.get()).bearer.reveal()).not.toBe(old);
  });

  it("throws refresh_unavailable when the old token has expired, and tries again at the next call", async () => {
    const { source, http } = await rig(authJson({ access_token: accessToken(-1) }));
    http.reply(503, "{}", { "retry-after": "7" });
    await expect(source.get()).rejects.toMatchObject({
      code: "refresh_unavailable",
      retryable: true,
      retryAfterMs: 7000,
    });
    http.replyWith(() => {
      throw new Error("socket hang up");
    });
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
    http.reply(200, { access_token: accessToken(7200) });
    await expect(source.get()).resolves.toMatchObject({ expiresAtMs: NOW_MS + 7_200_000 });
  });

  it("tells all who wait of one failed refresh, and sends no other", async () => {
    const { source, http } = await rig(authJson({ access_token: accessToken(-1) }));
    http.reply(503, "{}");
    const calls = await Promise.allSettled(Array.from({ length: 10 }, () => source.get()));
    expect(calls.every((call) => call.status === "rejected")).toBe(true);
    expect(http.sent).toHaveLength(1);
    const other = await rig(authJson());
    const rejected = await other.source.get();
    other.http.reply(503, "{}");
    const recoveries = Array.from({ length: 10 }, () => other.source.recover(rejected));
    for (const call of await Promise.allSettled(recoveries))
      expect(call).toMatchObject({ status: "rejected", reason: { code: "refresh_unavailable" } });
    expect(other.http.sent).toHaveLength(1);
  });

  it.each([
    [400, { error: { code: "refresh_token_expired" } }, "has expired"],
    [401, { error: { code: "refresh_token_reused" } }, "already used"],
    [400, { error: { code: "refresh_token_revoked" } }, "was revoked"],
    [401, { error: { code: "token_invalidated" } }, "was revoked"],
    [400, { code: "REFRESH_TOKEN_INVALIDATED" }, "was revoked"],
    [400, { error: "invalid_grant" }, "no longer valid"],
    [403, { error: "invalid_grant" }, "no longer valid"],
    [401, "nonsense", "was refused"],
  ])("%i %j is final: told with the command to run, and not asked again", async (status, body, words) => {
    const { source, http } = await rig(authJson({ access_token: accessToken(-1) }));
    http.reply(status, body);
    for (let call = 0; call < 3; call++) {
      const error: unknown = await source.get().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "refresh_rejected", retryable: false });
      expect(String(error)).toContain(words);
      expect(String(error)).toContain("`planport login`");
      expect(String(error)).toContain("/home/ada/.planport/auth.json");
    }
    expect(http.sent).toHaveLength(1);
  });

  it("forgets a final failure as soon as the stored sign-in changes", async () => {
    const { source, http, store } = await rig(authJson({ access_token: accessToken(-1) }));
    http.reply(401, {});
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_rejected" });
    const fresh = accessToken(3600);
    await store.replace(doc(authJson({ access_token: fresh, refresh_token: "rt-new" })));
    expect((await source.get()).bearer.reveal()).toBe(fresh);
  });

  it("serves a refreshed token that could not be written, and writes it later", async () => {
    const memory = createMemoryStore(authJson({ access_token: accessToken(60) }), "file");
    let isBroken = true;
    const store: CredentialStore = {
      ...memory,
      write: async (previous, next) => {
        if (isBroken) throw new Error("disk full");
        return memory.write(previous, next);
      },
    };
    const { source, http, warnings } = await rig({}, store);
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-second" });
    expect((await source.get()).bearer.reveal()).toBe(next);
    expect(warnings).toHaveLength(1);
    expect(await stored(memory)).toMatchObject({ tokens: { refresh_token: "rt-first" } });
    isBroken = false;
    expect((await source.get()).bearer.reveal()).toBe(next);
    expect(await stored(memory)).toMatchObject({ tokens: { refresh_token: "rt-second" } });
    expect(http.sent).toHaveLength(1);
  });

  it("survives a file that is broken for a moment while the token is still valid", async () => {
    const memory = createMemoryStore(authJson(), "file");
    let fault: Error | null = null;
    const store: CredentialStore = {
      ...memory,
      read: async () => {
        if (fault !== null) throw fault;
        return memory.read();
      },
    };
    const { source, clock } = await rig({}, store);
    const first = await source.get();
    const { CredentialError } = await import("../../src/errors.ts");
    fault = new CredentialError("credential_malformed", "half a file");
    clock.nowMs += 3_400_000;
    expect((await source.get()).bearer.equals(first.bearer)).toBe(true);
    clock.nowMs += 300_000;
    await expect(source.get()).rejects.toBe(fault);
  });

  it("uses another program's newer tokens when they came while the refresh was under way", async () => {
    const { source, http, store } = await rig(authJson({ access_token: accessToken(60) }));
    const theirs = accessToken(5000);
    http.replyWith(async () => {
      await store.replace(doc(authJson({ access_token: theirs, refresh_token: "rt-theirs" })));
      return new Response(JSON.stringify({ access_token: accessToken(7200), refresh_token: "rt-ours" }));
    });
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(await stored(store)).toMatchObject({ tokens: { refresh_token: "rt-theirs" } });
  });

  it("is signed out when the file was removed meanwhile", async () => {
    const { source, http, store } = await rig(authJson({ access_token: accessToken(-1) }));
    http.replyWith(async () => {
      await store.remove();
      return new Response(JSON.stringify({ access_token: accessToken(7200), refresh_token: "rt-ours" }));
    });
    await expect(source.get()).rejects.toMatchObject({ code: "credential_missing" });
    expect(await store.read()).toBeNull();
  });

  it("says that a sign-in without a refresh token ended with its access token", async () => {
    const { source, http } = await rig(authJson({ access_token: accessToken(-1), refresh_token: null }));
    await expect(source.get()).rejects.toMatchObject({
      code: "refresh_rejected",
      message: expect.stringContaining("without a refresh token") as unknown,
    });
    expect(http.sent).toEqual([]);
  });
});

describe("after a 401", () => {
  it("takes newer tokens of the same account from the store, and sends no refresh", async () => {
    const { source, http, store } = await rig(authJson());
    const rejected = await source.get();
    const theirs = accessToken(5000);
    await store.replace(doc(authJson({ access_token: theirs, refresh_token: "rt-theirs" })));
    expect((await source.recover(rejected))?.bearer.reveal()).toBe(theirs);
    expect(http.sent).toEqual([]);
  });

  it("else refreshes once, however many requests were refused", async () => {
    const { source, http } = await rig(authJson());
    const rejected = await source.get();
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-second" });
    const grants = await Promise.all(Array.from({ length: 20 }, () => source.recover(rejected)));
    expect(new Set(grants.map((grant) => grant?.bearer.reveal()))).toEqual(new Set([next]));
    expect((await source.recover(rejected))?.bearer.reveal()).toBe(next);
    expect(http.sent).toHaveLength(1);
    expect(http.sent[0]?.json).toMatchObject({ refresh_reason: "unauthorized_recovery", refresh_token: "rt-first" });
  });

  it("does not spend the refresh token a second time when a proactive refresh is under way", async () => {
    const { source, http, clock } = await rig(authJson());
    const rejected = await source.get();
    clock.nowMs += 3_400_000;
    const answer = gate();
    http.replyWith(async () => {
      await answer.promise;
      return new Response(JSON.stringify({ access_token: accessToken(9000), refresh_token: "rt-second" }));
    });
    const proactive = source.get();
    const recovered = source.recover(rejected);
    answer.open();
    expect((await recovered)?.bearer.equals((await proactive).bearer)).toBe(true);
    expect(http.sent).toHaveLength(1);
  });

  it("gives null when the refresh brings no other bearer", async () => {
    const { source, http } = await rig(authJson());
    const rejected = await source.get();
    http.reply(200, {});
    expect(await source.recover(rejected)).toBeNull();
  });

  it("gives null when there is nothing to refresh with", async () => {
    const { source } = await rig(authJson({ refresh_token: null }));
    expect(await source.recover(await source.get())).toBeNull();
  });

  it("throws refresh_rejected when the sign-in is over", async () => {
    const { source, http } = await rig(authJson());
    const rejected = await source.get();
    http.reply(401, { error: { code: "refresh_token_reused" } });
    await expect(source.recover(rejected)).rejects.toMatchObject({ code: "refresh_rejected" });
    await expect(source.recover(rejected)).rejects.toMatchObject({ code: "refresh_rejected" });
    expect(http.sent).toHaveLength(1);
  });

  it("never spends the refresh token of another account that has signed in meanwhile", async () => {
    const { source, http, store } = await rig(authJson());
    const rejected = await source.get();
    const other = accessToken(-5, "acct-2");
    await store.replace(doc(authJson({ access_token: other, refresh_token: "rt-2", account_id: "acct-2" })));
    await expect(source.recover(rejected)).rejects.toMatchObject({
      code: "credential_rejected",
      message: expect.stringContaining("another account") as unknown,
    });
    expect(http.sent).toEqual([]);
  });
});
