import { describe, expect, it } from "vitest";
import {
  createTokenSource,
  resolveAuthEndpoints,
  type TokenSource,
  type TokenSourceOptions,
} from "../../src/auth/index.ts";
import type { IssuedTokens } from "../../src/auth/auth-file.ts";
import type { SendRefresh } from "../../src/auth/refresh.ts";
import { guardRefresh } from "../../src/auth/workspace-guard.ts";
import { Secret } from "../../src/secret.ts";
import { createMemoryStore } from "../../src/store/index.ts";
import { accessToken, authJson, type FakeHttp, fakeHttp, jwt, NOW_MS } from "./support/fakes.ts";

const OTHER = accessToken(7200, "acct-2");

function setUp(
  secondsLeft: number,
  rest: Partial<TokenSourceOptions> = {},
): {
  readonly http: FakeHttp;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly clock: { ms: number };
  readonly source: Promise<TokenSource>;
  readonly warnings: Error[];
} {
  const http = fakeHttp();
  const store = createMemoryStore(authJson({ access_token: accessToken(secondsLeft) }));
  const clock = { ms: NOW_MS };
  const warnings: Error[] = [];
  const source = createTokenSource({
    store,
    http,
    endpoints: resolveAuthEndpoints({}),
    now: () => clock.ms,
    onWarning: (error) => warnings.push(error),
    allowedWorkspaceIds: ["acct-1"],
    ...rest,
  });
  return { http, store, clock, source, warnings };
}

async function storedToken(store: ReturnType<typeof createMemoryStore>): Promise<unknown> {
  const tokens = (await store.read())?.reveal()["tokens"] as Record<string, unknown> | undefined;
  return tokens?.["refresh_token"];
}

describe("a refresh that brings tokens of a workspace that is not allowed", () => {
  it("is refused before it replaces the stored ones", async () => {
    const { http, store, source } = setUp(-1);
    http.reply(200, { access_token: OTHER, refresh_token: "rt-second" });
    await expect((await source).get()).rejects.toMatchObject({
      code: "workspace_forbidden",
      message: expect.stringContaining("brought tokens of workspace acct-2"),
    });
    expect(await storedToken(store)).toBe("rt-first");
  });

  it("is refused by its id token as well", async () => {
    const { http, source } = setUp(-1);
    const id_token = jwt({ "https://api.openai.com/auth": { chatgpt_account_id: "acct-2" } });
    http.reply(200, { access_token: "opaque", refresh_token: "rt-second", id_token });
    await expect((await source).get()).rejects.toMatchObject({ code: "workspace_forbidden" });
  });

  it("is refused on a 401, too, and the spent token is not sent a second time", async () => {
    const { http, store, source } = setUp(3600);
    const tokens = await source;
    const grant = await tokens.get();
    http.reply(200, { access_token: OTHER, refresh_token: "rt-second" });
    await expect(tokens.recover(grant)).rejects.toMatchObject({ code: "workspace_forbidden" });
    await expect(tokens.recover(grant)).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(http.sent).toHaveLength(1);
    expect(await storedToken(store)).toBe("rt-first");
  });

  it("leaves the old access token in use until it ends", async () => {
    const { http, source, clock, warnings } = setUp(100);
    http.reply(200, { access_token: OTHER, refresh_token: "rt-second" });
    const tokens = await source;
    expect((await tokens.get()).accountId).toBe("acct-1");
    expect(warnings).toMatchObject([{ code: "workspace_forbidden" }]);
    clock.ms += 100_000;
    await expect(tokens.get()).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(http.sent).toHaveLength(1);
  });
});

it("tokens of a workspace that is not allowed are told to nobody who would note them", async () => {
  const noted: IssuedTokens[] = [];
  const tokensOf = (token: string): IssuedTokens => ({
    accessToken: new Secret(token),
    refreshToken: new Secret("rt-second"),
    idToken: null,
  });
  const sending = (token: string): SendRefresh =>
    guardRefresh(
      async (_target, _token, _reason, _place, watch) => {
        watch?.onIssued?.(tokensOf(token));
        return tokensOf(token);
      },
      ["acct-1"],
    );
  const target = { url: "http://127.0.0.1/token", clientId: "client" };
  const send = (token: string): Promise<IssuedTokens> =>
    sending(token)(target, new Secret("rt-first"), "proactive_expiry", "memory", {
      onIssued: (tokens) => noted.push(tokens),
    });
  await expect(send(OTHER)).rejects.toMatchObject({ code: "workspace_forbidden" });
  expect(noted).toEqual([]);
  await send(accessToken(7200));
  expect(noted).toHaveLength(1);
});

it("a refresh that stays in the workspace, or does not say, is taken", async () => {
  for (const access_token of [accessToken(7200), "opaque-token"]) {
    const { http, store, source } = setUp(-1);
    http.reply(200, { access_token, refresh_token: "rt-second" });
    expect((await (await source).get()).bearer.reveal()).toBe(access_token);
    expect(await storedToken(store)).toBe("rt-second");
  }
});

it("without a forced workspace a refresh may bring any", async () => {
  const { http, store, source } = setUp(-1, { allowedWorkspaceIds: [] });
  http.reply(200, { access_token: OTHER, refresh_token: "rt-second" });
  expect((await (await source).get()).bearer.reveal()).toBe(OTHER);
  expect(await storedToken(store)).toBe("rt-second");
});

it("a stored sign-in of another workspace gives no bearer, and its refresh token is not spent", async () => {
  for (const secondsLeft of [3600, -1]) {
    const { http, source } = setUp(secondsLeft, { allowedWorkspaceIds: ["acct-3"] });
    await expect((await source).get()).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(http.sent).toEqual([]);
  }
});

describe("onRefreshed", () => {
  it("is called with the renewed credential, after its tokens are in the store", async () => {
    const seen: unknown[] = [];
    let reading: Promise<unknown> = Promise.resolve(null);
    const { http, store, source } = setUp(-1, {
      onRefreshed: (credential) => {
        seen.push(credential.kind === "chatgpt" && credential.refreshToken?.reveal());
        reading = storedToken(store);
      },
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await (await source).get();
    await (await source).get();
    expect(seen).toEqual(["rt-second"]);
    expect(await reading).toBe("rt-second");
  });

  it("that throws does not stop the request, and is told as a warning", async () => {
    const { http, source, warnings } = setUp(-1, {
      onRefreshed: () => {
        throw new Error("listener");
      },
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    expect((await (await source).get()).accountId).toBe("acct-1");
    expect(warnings).toMatchObject([{ message: expect.stringContaining("onRefreshed") }]);
  });
});
