import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Response } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTokenSource, resolveAuthEndpoints, type TokenSource } from "../../src/auth/index.ts";
import { CredentialError } from "../../src/errors.ts";
import { CredentialDocument, createFileStore, createMemoryStore, type CredentialStore } from "../../src/store/index.ts";
import { accessToken, authJson, fakeHttp, type FakeHttp, gate, NOW_MS } from "./support/fakes.ts";

interface Rig {
  readonly source: TokenSource;
  readonly warnings: unknown[];
  readonly clock: { nowMs: number };
}

let folder = "";
let http: FakeHttp;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "planport-shared-"));
  http = fakeHttp();
});
afterEach(async () => {
  vi.useRealTimers();
  await fs.rm(folder, { recursive: true, force: true });
});

async function open(store: CredentialStore): Promise<Rig> {
  const warnings: unknown[] = [];
  const clock = { nowMs: NOW_MS };
  const source = await createTokenSource({
    store,
    http,
    endpoints: resolveAuthEndpoints({}),
    now: () => clock.nowMs,
    onWarning: (error) => warnings.push(error),
  });
  return { source, warnings, clock };
}

async function fileWith(tokens: Record<string, unknown>): Promise<string> {
  const file = path.join(folder, "auth.json");
  await fs.writeFile(file, JSON.stringify(authJson(tokens)));
  return file;
}

const refreshTokenIn = async (store: CredentialStore): Promise<unknown> =>
  ((await store.read())?.reveal()["tokens"] as Record<string, unknown> | undefined)?.["refresh_token"];
const doc = (value: Record<string, unknown>): CredentialDocument => new CredentialDocument(value, "test");

/** Answers the next refresh when the gate opens. */
function slowRefresh(access: string, refresh: string): { open: () => void; asked: Promise<void> } {
  const answer = gate();
  const asked = gate();
  http.replyWith(async () => {
    asked.open();
    await answer.promise;
    return new Response(JSON.stringify({ access_token: access, refresh_token: refresh }));
  });
  return { open: answer.open, asked: asked.promise };
}

describe("a refresh that nobody waits for any more", () => {
  it("is over, and written, when the source has settled", async () => {
    const store = createFileStore(await fileWith({ access_token: accessToken(-1) }));
    const { source } = await open(store);
    const answer = slowRefresh(accessToken(7200), "rt-second");
    const leaver = new AbortController();
    const left = source.get({ signal: leaver.signal });
    await answer.asked;
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    let isSettled = false;
    const settled = source.settled?.().then(() => (isSettled = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    answer.open();
    await settled;
    expect(isSettled).toBe(true);
    expect(await refreshTokenIn(store)).toBe("rt-second");
  });

  it("is not waited for without end", async () => {
    const { source } = await open(createMemoryStore(authJson({ access_token: accessToken(-1) })));
    const answer = slowRefresh(accessToken(7200), "rt-second");
    const left = source.get();
    await answer.asked;
    vi.useFakeTimers();
    const settled = source.settled?.();
    await vi.advanceTimersByTimeAsync(35_000);
    await settled;
    vi.useRealTimers();
    answer.open();
    await left;
  });

  it("is written when settling, if the store refused it before", async () => {
    const memory = createMemoryStore(authJson({ access_token: accessToken(60) }));
    let isFull = true;
    const { source } = await open({
      ...memory,
      write: async (previous, next) => {
        if (isFull) throw new CredentialError("store_write_failed", "the disk is full");
        return memory.write(previous, next);
      },
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await source.get();
    expect(await refreshTokenIn(memory)).toBe("rt-first");
    isFull = false;
    await source.settled?.();
    expect(await refreshTokenIn(memory)).toBe("rt-second");
  });
});

describe("two sources of one file", () => {
  it("spend one refresh token once, also when one of them goes by a link", async () => {
    const file = await fileWith({ access_token: accessToken(-1) });
    const link = path.join(folder, "link.json");
    if (process.platform === "win32") await fs.link(file, link);
    else await fs.symlink(file, link);
    const other = process.platform === "win32" ? file : link;
    const [one, two] = [await open(createFileStore(file)), await open(createFileStore(other))];
    const next = accessToken(7200);
    const answer = slowRefresh(next, "rt-second");
    const asking = [one.source.get(), two.source.get()];
    await answer.asked;
    answer.open();
    const grants = await Promise.all(asking);
    expect(grants.map((grant) => grant.bearer.reveal())).toEqual([next, next]);
    expect(http.sent).toHaveLength(1);
  });

  it("spend it once even when what it brought cannot be written", async () => {
    const memory = createMemoryStore(authJson({ access_token: accessToken(-1) }));
    const broken: CredentialStore = {
      ...memory,
      key: async () => "one disk",
      write: async () => {
        throw new CredentialError("store_write_failed", "the disk is full");
      },
    };
    const [one, two] = [await open(broken), await open({ ...broken })];
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-second" });
    expect((await one.source.get()).bearer.reveal()).toBe(next);
    expect((await two.source.get()).bearer.reveal()).toBe(next);
    expect(http.sent).toHaveLength(1);
  });

  it("refresh each on their own when they are of different files", async () => {
    const file = await fileWith({ access_token: accessToken(-1) });
    const copy = path.join(folder, "copy.json");
    await fs.writeFile(copy, JSON.stringify(authJson({ access_token: accessToken(-1), refresh_token: "rt-other" })));
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-third" });
    for (const at of [file, copy]) await (await open(createFileStore(at))).source.get();
    expect(http.sent.map(({ json }) => json["refresh_token"])).toEqual(["rt-first", "rt-other"]);
  });
});

describe("an answer in which one token cannot be used", () => {
  it.each(["a b", "nö", "line\nbreak", 7, null])(
    "keeps the new refresh token beside the access token %j",
    async (bad) => {
      const store = createMemoryStore(authJson({ access_token: accessToken(-1) }));
      const { source } = await open(store);
      http.reply(200, { access_token: bad, refresh_token: "rt-second" });
      await expect(source.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
      expect(await refreshTokenIn(store)).toBe("rt-second");
      http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-third" });
      await source.get();
      expect(http.sent.map(({ json }) => json["refresh_token"])).toEqual(["rt-first", "rt-second"]);
    },
  );

  it("takes the access token beside a refresh token that cannot be used", async () => {
    const store = createMemoryStore(authJson({ access_token: accessToken(-1) }));
    const { source } = await open(store);
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "r t" });
    expect((await source.get()).bearer.reveal()).toBe(next);
    expect(await refreshTokenIn(store)).toBe("rt-first");
  });
});

describe("a refresh token that another program has spent a moment before", () => {
  const reused = { error: { code: "refresh_token_reused" } };

  async function rejectedWhile(tokens: Record<string, unknown>): Promise<Rig> {
    const store = createMemoryStore(authJson({ access_token: accessToken(-1) }));
    http.replyWith(async () => {
      await store.replace(doc(authJson(tokens)));
      return new Response(JSON.stringify(reused), { status: 401 });
    });
    return open(store);
  }

  it("is no fault when the other program's tokens are in the store", async () => {
    const theirs = accessToken(5000);
    const { source } = await rejectedWhile({ access_token: theirs, refresh_token: "rt-theirs" });
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(http.sent).toHaveLength(1);
  });

  it("is no fault either when those have to be refreshed in their turn", async () => {
    const { source } = await rejectedWhile({ access_token: accessToken(-1), refresh_token: "rt-theirs" });
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-third" });
    expect((await source.get()).bearer.reveal()).toBe(next);
    expect(http.sent.map(({ json }) => json["refresh_token"])).toEqual(["rt-first", "rt-theirs"]);
  });

  it("is looked for once: a second rejection stands", async () => {
    const { source } = await rejectedWhile({ access_token: accessToken(-1), refresh_token: "rt-theirs" });
    http.reply(401, reused);
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_rejected" });
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_rejected" });
    expect(http.sent).toHaveLength(2);
  });

  it("after a 401 brings the other program's bearer", async () => {
    const store = createMemoryStore(authJson());
    const { source } = await open(store);
    const rejected = await source.get();
    const theirs = accessToken(5000);
    http.replyWith(async () => {
      await store.replace(doc(authJson({ access_token: theirs, refresh_token: "rt-theirs" })));
      return new Response(JSON.stringify(reused), { status: 401 });
    });
    expect((await source.recover(rejected))?.bearer.reveal()).toBe(theirs);
  });

  it("after a 401 never spends the refresh token of another account", async () => {
    const store = createMemoryStore(authJson());
    const { source } = await open(store);
    const rejected = await source.get();
    const other = { access_token: accessToken(-5, "acct-2"), refresh_token: "rt-2", account_id: "acct-2" };
    http.replyWith(async () => {
      await store.replace(doc(authJson(other)));
      return new Response(JSON.stringify(reused), { status: 401 });
    });
    await expect(source.recover(rejected)).rejects.toMatchObject({ code: "credential_rejected" });
    expect(http.sent).toHaveLength(1);
  });
});

describe("an issuer in the file that is no address", () => {
  const oauth_provenance = { issuer: "not a url", client_id: "app_x" };

  it("does not stop an access token that is still good", async () => {
    const access_token = accessToken(60);
    const { source, warnings } = await open(
      createMemoryStore(authJson({ access_token, oauth_provenance }), "/h/a.json"),
    );
    expect((await source.get()).bearer.reveal()).toBe(access_token);
    expect(warnings).toMatchObject([
      {
        code: "credential_malformed",
        message: expect.stringMatching(
          /^\/h\/a\.json: field `tokens\.oauth_provenance\.issuer` must be a URL/,
        ) as unknown,
      },
    ]);
    expect(http.sent).toEqual([]);
  });

  it("is told with the file and the field when there is nothing else", async () => {
    const store = createMemoryStore(authJson({ access_token: accessToken(-1), oauth_provenance }), "/h/a.json");
    await expect((await open(store)).source.get()).rejects.toMatchObject({ code: "credential_malformed" });
  });
});

describe("a store that holds another kind of sign-in after a refresh", () => {
  it.each([{ personal_access_token: "at-x" }, { OPENAI_API_KEY: "sk-x" }])(
    "ends the source with a clear error, and the old account is served no more: %j",
    async (theirs) => {
      const store = createMemoryStore(authJson({ access_token: accessToken(60) }), "/h/a.json");
      const { source, warnings } = await open(store);
      http.replyWith(async () => {
        await store.replace(doc(theirs));
        return new Response(JSON.stringify({ access_token: accessToken(7200), refresh_token: "rt-second" }));
      });
      for (let call = 0; call < 3; call++)
        await expect(source.get()).rejects.toMatchObject({
          code: "credential_unsupported",
          message: expect.stringContaining("/h/a.json no longer holds a ChatGPT sign-in; restart planport") as unknown,
        });
      expect(warnings).toEqual([]);
      expect((await store.read())?.reveal()).toEqual(theirs);
      expect(http.sent).toHaveLength(1);
    },
  );
});

describe("addresses of OpenAI's plain API", () => {
  it("never receive a refresh token", async () => {
    const source = await createTokenSource({
      store: createMemoryStore(authJson({ access_token: accessToken(-1) })),
      http,
      endpoints: resolveAuthEndpoints({ CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://api.openai.com/oauth/token" }),
      now: () => NOW_MS,
    });
    await expect(source.get()).rejects.toMatchObject({
      code: "credential_wrong_route",
      message: expect.stringContaining("CODEX_REFRESH_TOKEN_URL_OVERRIDE") as unknown,
    });
    expect(http.sent).toEqual([]);
  });
});
