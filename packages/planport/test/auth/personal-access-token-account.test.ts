import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AccountCache,
  accountCacheFile,
  createAccountCache,
  createPersonalAccessTokenSource,
  type Identity,
  personalAccessTokenCredential,
  signedInAccountId,
  type TokenSource,
} from "../../src/auth/index.ts";
import { CredentialError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { createMemoryStore } from "../../src/store/index.ts";
import { type FakeHttp, fakeHttp } from "./support/fakes.ts";

const TOKEN = new Secret("at-synthetic-secret");
/** SHA-256 of the token, by sha256sum. */
const DIGEST = "d9b342d068f8f5818b122dec4d63c9c2bda0c40d5e78d884517990ae81504352";
const WHOAMI = {
  email: "ada@example.com",
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "acct-1",
  chatgpt_plan_type: "enterprise",
  chatgpt_account_is_fedramp: true,
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "planport-accounts-"));
  file = join(folder, "home", "account-ids.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Rig {
  readonly source: TokenSource;
  readonly http: FakeHttp;
}

function rig(
  options: {
    readonly accountId?: string;
    readonly cache?: AccountCache | undefined;
    readonly fallback?: string | null;
    readonly now?: () => number;
  } = {},
): Rig {
  const http = fakeHttp();
  const source = createPersonalAccessTokenSource({
    credential: personalAccessTokenCredential(TOKEN, "$CODEX_PAT", options.accountId ?? null),
    place: "$CODEX_PAT",
    http,
    whoamiUrl: "https://auth.example.com/whoami",
    client: { originator: "o", userAgent: "u" },
    cache: "cache" in options ? options.cache : createAccountCache(file),
    fallbackAccountId: async () => options.fallback ?? null,
    now: options.now,
  });
  return { source, http };
}

const accountOf = async ({ source }: Rig): Promise<string | null> => (await source.get()).accountId;

describe("the account of a Codex access token", () => {
  it("that was set by hand is used as it is: nothing is asked, read or written", async () => {
    const untouchable: AccountCache = {
      get: () => Promise.reject(new Error("read")),
      set: () => Promise.reject(new Error("written")),
      forget: () => Promise.reject(new Error("written")),
    };
    const { source, http } = rig({ accountId: "acct-7", cache: untouchable, fallback: "acct-9" });
    expect(await source.get()).toMatchObject({ accountId: "acct-7" });
    expect(http.sent).toEqual([]);
  });

  it("is taken from memory before the disk, and from the disk before its server", async () => {
    const first = rig();
    first.http.reply(200, WHOAMI);
    expect(await accountOf(first)).toBe("acct-1");
    const second = rig();
    const grant = await second.source.get();
    expect(grant).toMatchObject({ accountId: "acct-1", fedramp: true, planType: "enterprise", userId: "user-1" });
    rmSync(file);
    expect(await accountOf(second)).toBe("acct-1");
    expect([first.http.sent.length, second.http.sent.length]).toEqual([1, 0]);
  });

  it("is that of the sign-in on this machine only when its server cannot be asked, and that is never kept on disk", async () => {
    let now = 0;
    const one = rig({ fallback: "acct-local", now: () => now });
    one.http.reply(503, "{}");
    expect(await accountOf(one)).toBe("acct-local");
    expect(await accountOf(one)).toBe("acct-local");
    expect(one.http.sent).toHaveLength(1);
    expect(() => statSync(file)).toThrow("ENOENT");
    now = 61_000;
    one.http.reply(200, WHOAMI);
    expect(await accountOf(one)).toBe("acct-1");
  });

  it.each([401, 403])("is not guessed when its server refuses the token with %i", async (status) => {
    const one = rig({ fallback: "acct-local" });
    one.http.reply(status, "{}");
    one.http.reply(status, "{}");
    await expect(one.source.get()).rejects.toMatchObject({ code: "credential_rejected" });
  });

  it("of the sign-in on this machine is that of the first file with one, planport's own first", async () => {
    const files: Record<string, Record<string, unknown>> = {
      "/h/.planport/auth.json": { personal_access_token: "at-x" },
      "/h/.codex/auth.json": { tokens: { account_id: " acct-codex " } },
    };
    const find = (): Promise<string | null> =>
      signedInAccountId({
        platform: "linux",
        env: {},
        homeDir: "/h",
        openStore: (path) => createMemoryStore(files[path] ?? null, path),
      });
    expect(await find()).toBe("acct-codex");
    files["/h/.planport/auth.json"] = { tokens: { account_id: "acct-own" } };
    expect(await find()).toBe("acct-own");
    expect(await signedInAccountId({ platform: "linux", env: {}, homeDir: folder })).toBeNull();
  });
});

describe("the file that remembers accounts", () => {
  const identity = (accountId: string): Identity => ({
    accountId,
    fedramp: false,
    email: "ada@example.com",
    planType: "pro",
    userId: "user-1",
  });

  it("is in planport's own folder", () => {
    const home = { platform: "linux", homeDir: "/h" };
    expect(accountCacheFile({ ...home, env: { PLANPORT_HOME: "/p" } })).toBe("/p/account-ids.json");
    expect(accountCacheFile({ ...home, env: {}, platform: "win32", homeDir: "C:\\h" })).toBe(
      "C:\\h\\.planport\\account-ids.json",
    );
  });

  it("holds a digest and neither the token nor a name, and only its owner may read it", async () => {
    await createAccountCache(file).set(TOKEN, identity("acct-1"));
    const text = readFileSync(file, "utf8");
    expect(JSON.parse(text)).toEqual({
      accounts: {
        [DIGEST]: { account_id: "acct-1", fedramp: false, plan_type: "pro", user_id: "user-1" },
      },
    });
    expect(text).not.toMatch(/at-|synthetic|ada@/);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "home"))).toEqual(["account-ids.json"]);
  });

  it("keeps other tokens, and no more than 64", async () => {
    const cache = createAccountCache(file);
    for (let index = 0; index < 70; index++) await cache.set(new Secret(`at-${index}`), identity(`acct-${index}`));
    expect(await cache.get(new Secret("at-5"))).toBeNull();
    expect(await cache.get(new Secret("at-6"))).toMatchObject({ accountId: "acct-6", email: null });
    expect(await cache.get(new Secret("at-69"))).toMatchObject({ accountId: "acct-69" });
    await cache.forget(new Secret("at-69"));
    expect(await cache.get(new Secret("at-69"))).toBeNull();
    expect(await cache.get(new Secret("at-68"))).toMatchObject({ accountId: "acct-68" });
  });

  it.each([
    ["no JSON", "{"],
    ["of another shape", "[1]"],
    ["with odd entries", JSON.stringify({ accounts: { [DIGEST]: { account_id: 7 }, __proto__: 1 } })],
    [
      "with an account that cannot be a header",
      JSON.stringify({ accounts: { [DIGEST]: { account_id: "a\r\nb: c" } } }),
    ],
    ["larger than planport makes it", " ".repeat(300_000)],
  ])("that is %s counts as empty and is replaced", async (_what, text) => {
    mkdirSync(join(folder, "home"));
    writeFileSync(file, text);
    const cache = createAccountCache(file);
    expect(await cache.get(TOKEN)).toBeNull();
    await cache.set(TOKEN, identity("acct-1"));
    expect(await cache.get(TOKEN)).toMatchObject({ accountId: "acct-1" });
  });

  it("that cannot be written is no reason to refuse the token, and leaves nothing behind", async () => {
    writeFileSync(join(folder, "plain"), "");
    const one = rig({ cache: createAccountCache(join(folder, "plain", "account-ids.json")) });
    one.http.reply(200, WHOAMI);
    expect(await accountOf(one)).toBe("acct-1");
    if (process.platform === "win32" || process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    await createAccountCache(join(folder, "account-ids.json")).set(TOKEN, identity("acct-1"));
    chmodSync(folder, 0o700);
    expect(readdirSync(folder)).toEqual(["plain"]);
  });
});

describe("a Codex access token that the backend refused", () => {
  const refusal = (status: 401 | 403): CredentialError =>
    new CredentialError(status === 401 ? "credential_rejected" : "access_denied", "The backend said no.", {
      cause: { status },
    });
  const explain = async ({ source }: Rig, status: 401 | 403): Promise<CredentialError> =>
    (await source.explain?.(refusal(status), await source.get())) as CredentialError;

  it.each([401, 403] as const)("with %i, and whose server refuses it too, has to be minted anew", async (status) => {
    const one = rig();
    one.http.reply(200, WHOAMI);
    await one.source.get();
    one.http.reply(401, "{}");
    expect(await explain(one, status)).toMatchObject({
      code: "credential_rejected",
      cause: { status },
      message: expect.stringMatching(
        new RegExp(`\\$CODEX_PAT \\(HTTP ${status}\\), and so does .*\\(HTTP 401\\).*Mint a new token`),
      ) as unknown,
    });
    // Neither memory nor disk vouch for it any more.
    expect(await createAccountCache(file).get(TOKEN)).toBeNull();
    one.http.reply(200, WHOAMI);
    await one.source.get();
    expect(one.http.sent).toHaveLength(3);
  });

  it.each([401, 403] as const)(
    "with %i, and whose server accepts it, is denied access: minting will not help",
    async (status) => {
      const one = rig();
      one.http.reply(200, WHOAMI);
      await one.source.get();
      one.http.reply(200, WHOAMI);
      expect(await explain(one, status)).toMatchObject({
        code: "access_denied",
        status: 403,
        message: expect.stringMatching(
          /minting a new one will not help.*workspace acct-1 .*ada@example.com.*administrator/,
        ) as unknown,
      });
    },
  );

  it.each([401, 403] as const)("with %i, and whose server cannot be asked, is said to be in doubt", async (status) => {
    const one = rig({ accountId: "acct-1" });
    one.http.reply(502, "bad gateway");
    const error = await explain(one, status);
    expect(error.code).toBe(status === 401 ? "credential_rejected" : "access_denied");
    expect(error.message).toMatch(/still good is unknown: .*HTTP 502/);
  });

  it("because CODEX_ACCOUNT_ID names another workspace is told so", async () => {
    const one = rig({ accountId: "acct-wrong" });
    one.http.reply(200, WHOAMI);
    const error = await explain(one, 403);
    expect(error.message).toMatch(/belongs to workspace acct-1, not to acct-wrong, which CODEX_ACCOUNT_ID names/);
    expect(await accountOf(one)).toBe("acct-wrong");
  });

  it("because the remembered workspace was another one is told so, and the next call uses the right one", async () => {
    await createAccountCache(file).set(TOKEN, {
      accountId: "acct-old",
      fedramp: false,
      email: null,
      planType: null,
      userId: null,
    });
    const one = rig();
    expect(await accountOf(one)).toBe("acct-old");
    one.http.reply(200, WHOAMI);
    expect((await explain(one, 403)).message).toMatch(/belongs to workspace acct-1, not to acct-old.*Try again/);
    expect(await accountOf(one)).toBe("acct-1");
    expect(await accountOf(rig())).toBe("acct-1");
  });

  it("is asked about once by all who were refused at the same time", async () => {
    const one = rig({ accountId: "acct-1" });
    one.http.reply(401, "{}");
    const errors = await Promise.all([explain(one, 401), explain(one, 401), explain(one, 401)]);
    expect(errors.map((error) => error.code)).toEqual(Array(3).fill("credential_rejected"));
    expect(one.http.sent).toHaveLength(1);
  });
});
