import { Response } from "undici";
import { describe, expect, it } from "vitest";
import { createTokenSource, personalAccessTokenCredential, resolveAuthEndpoints } from "../../src/auth/index.ts";
import type { TokenSource } from "../../src/auth/index.ts";
import { RequestError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeHttp, fakeHttp, gate } from "./support/fakes.ts";

const WHOAMI = {
  email: null,
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "acct-1",
  chatgpt_plan_type: "enterprise",
  chatgpt_account_is_fedramp: true,
};

async function rig(accountId: string | null = null): Promise<{ source: TokenSource; http: FakeHttp }> {
  const http = fakeHttp();
  const source = await createTokenSource({
    credential: personalAccessTokenCredential(new Secret("at-synthetic-secret"), "$CODEX_PAT", accountId),
    store: null,
    place: { kind: "variable", name: "CODEX_PAT" },
    http,
    endpoints: resolveAuthEndpoints({}),
    client: { originator: "planport", userAgent: "planport/0.1.0" },
  });
  return { source, http };
}

describe("a personal access token", () => {
  it("is looked up once, by all who ask at once", async () => {
    const { source, http } = await rig();
    const answer = gate();
    http.replyWith(async () => {
      await answer.promise;
      return new Response(JSON.stringify(WHOAMI));
    });
    const asking = [source.get(), source.get()];
    answer.open();
    const [grant] = await Promise.all(asking);
    await source.get();
    expect(grant).toMatchObject({
      kind: "personalAccessToken",
      accountId: "acct-1",
      fedramp: true,
      planType: "enterprise",
      email: null,
      expiresAtMs: null,
    });
    expect(grant?.bearer.reveal()).toBe("at-synthetic-secret");
    expect(http.sent).toHaveLength(1);
    expect(http.sent[0]).toMatchObject({
      url: "https://auth.openai.com/api/accounts/v1/user-auth-credential/whoami",
      options: {
        method: "GET",
        headers: {
          authorization: "Bearer at-synthetic-secret",
          originator: "planport",
          "user-agent": "planport/0.1.0",
        },
      },
    });
  });

  it("with a known account costs no request", async () => {
    const { source, http } = await rig("acct-7");
    expect(await source.get()).toMatchObject({ accountId: "acct-7", fedramp: false });
    expect(http.sent).toEqual([]);
  });

  it.each([401, 403])("that is refused with %i asks for a new one to be minted", async (status) => {
    const { source, http } = await rig();
    http.reply(status, "{}");
    http.reply(status, "{}");
    await expect(source.get()).rejects.toMatchObject({
      code: "credential_rejected",
      message: expect.stringMatching(/\$CODEX_PAT .*revoked or expired\. Mint a new token/) as unknown,
    });
    expect(http.sent).toHaveLength(2);
  });

  it("that is refused once, and accepted when asked about again, is used", async () => {
    const { source, http } = await rig();
    http.reply(401, "{}");
    http.reply(200, WHOAMI);
    await expect(source.get()).resolves.toMatchObject({ accountId: "acct-1" });
  });

  it("that is refused once, and then cannot be asked about, is not called revoked", async () => {
    const { source, http } = await rig();
    http.reply(401, "{}");
    http.reply(503, "{}");
    await expect(source.get()).rejects.toMatchObject({
      code: "credential_rejected",
      message: expect.stringMatching(
        /refused \(401\), and then .*HTTP 503.*Whether it is revoked is unknown/,
      ) as unknown,
    });
  });

  it("is not called refused when a web page answers in its server's place", async () => {
    const { source, http } = await rig();
    http.reply(403, "<!doctype html><title>blocked</title>");
    await expect(source.get()).rejects.toMatchObject({
      code: "refresh_unavailable",
      message: expect.stringContaining("web page") as unknown,
    });
  });

  it("takes the account from account_id where chatgpt_account_id is missing", async () => {
    const { source, http } = await rig();
    http.reply(200, { account_id: "acct-old" });
    await expect(source.get()).resolves.toMatchObject({ accountId: "acct-old" });
  });

  it("can be asked for again after a failure that may pass", async () => {
    const { source, http } = await rig();
    http.reply(500, "{}");
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_unavailable", retryable: true });
    http.reply(200, "not json");
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
    http.reply(200, { email: "a@b" });
    await expect(source.get()).rejects.toMatchObject({
      message: expect.stringContaining("`chatgpt_account_id`") as unknown,
    });
    http.reply(200, WHOAMI);
    await expect(source.get()).resolves.toMatchObject({ accountId: "acct-1" });
  });

  it("is not asked about any longer when the last who waited has left", async () => {
    const { source, http } = await rig();
    const ended = gate<unknown>();
    http.replyWith(
      ({ options }) =>
        new Promise((_resolve, reject) => {
          options.signal?.addEventListener("abort", () => {
            ended.open(options.signal?.aborted);
            reject(new RequestError("cancelled", "The request was cancelled."));
          });
        }),
    );
    const leavers = [new AbortController(), new AbortController()];
    const asking = leavers.map(({ signal }) => source.get({ signal }));
    leavers[0]?.abort();
    await expect(asking[0]).rejects.toMatchObject({ code: "cancelled" });
    expect(http.sent[0]?.options.signal?.aborted).toBe(false);
    leavers[1]?.abort();
    await expect(asking[1]).rejects.toMatchObject({ code: "cancelled" });
    expect(await ended.promise).toBe(true);
    http.reply(200, WHOAMI);
    await expect(source.get()).resolves.toMatchObject({ accountId: "acct-1" });
    expect(http.sent).toHaveLength(2);
  });

  it("is never sent to OpenAI's plain API", async () => {
    for (const url of ["https://api.openai.com/whoami", "https://API.openai.com./v1", "https://eu.api.openai.com/v1"]) {
      const http = fakeHttp();
      const source = await createTokenSource({
        credential: personalAccessTokenCredential(new Secret("at-synthetic-secret"), "$CODEX_PAT"),
        store: null,
        http,
        endpoints: resolveAuthEndpoints({ CODEX_WHOAMI_URL: url }),
      });
      await expect(source.get()).rejects.toMatchObject({ code: "credential_wrong_route" });
      expect(http.sent).toEqual([]);
    }
  });

  it.each([
    ["$CODEX_PAT", "sk-x", /^\$CODEX_PAT holds an OpenAI API key .*: unset it and run `planport login`/],
    ["standard input", "sk-x", /^Standard input holds an OpenAI API key (?!.*unset).*: run `planport login`/],
    ["the accessToken option", "eyJ.x.y", /^The accessToken option must hold a Codex access token(?!.*unset)/],
    ["$CODEX_PAT", "at-a b", /^\$CODEX_PAT holds a Codex access token that .*blanks/],
    ["$CODEX_PAT", "at-ä", /^\$CODEX_PAT holds a Codex access token that .*foreign/],
  ])("of %s that is %j is refused in words that fit the place", (origin, text, words) => {
    expect(() => personalAccessTokenCredential(new Secret(text), origin)).toThrow(words);
  });

  it("cannot be renewed", async () => {
    const { source } = await rig("acct-7");
    expect(await source.recover(await source.get())).toBeNull();
  });
});
