import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthStorage } from "../../src/index.ts";
import { piAgentDir } from "../../src/hosts/pi/agent-dir.ts";
import type { PiOAuthCredential } from "../../src/index.ts";
import { NOW_MS } from "../auth/support/fakes.ts";
import { oauthEntry, type PiFolder, piFolder, properLockfile } from "./support/pi.ts";

let pi: PiFolder;

beforeEach(() => {
  pi = piFolder();
});

afterEach(() => pi.remove());

describe("where pi keeps its files", () => {
  it.each([
    ["linux", {}, "/home/ada", "/home/ada/.pi/agent"],
    ["win32", {}, "C:\\ada", "C:\\ada\\.pi\\agent"],
    ["linux", { PI_CODING_AGENT_DIR: "/srv/pi" }, "/home/ada", "/srv/pi"],
    ["linux", { PI_CODING_AGENT_DIR: "~/pi" }, "/home/ada", "/home/ada/pi"],
    ["linux", { PI_CODING_AGENT_DIR: " " }, "/home/ada", "/home/ada/.pi/agent"],
  ])("on %s with %j", (platform, env, homeDir, expected) => {
    expect(piAgentDir({ platform, env, homeDir })).toBe(expected);
  });
});

describe("what AuthStorage tells of the file", () => {
  it("nothing, when there is none, and it makes none by looking", async () => {
    const storage = pi.storage();
    expect([storage.list(), storage.has("openai-codex"), storage.get("openai-codex")]).toEqual([[], false, undefined]);
    expect(await storage.getApiKey("openai-codex")).toBeUndefined();
    expect(existsSync(pi.authFile)).toBe(false);
    expect(storage.drainErrors()).toEqual([]);
  });

  it("the entries of all providers, in pi's shape", () => {
    pi.write({ "openai-codex": oauthEntry(3600), anthropic: { type: "api_key", key: "k" }, strange: 7 });
    const storage = pi.storage();
    expect(storage.list()).toEqual(["openai-codex", "anthropic", "strange"]);
    expect(storage.get("openai-codex")).toEqual(oauthEntry(3600));
    expect(storage.get("anthropic")).toEqual({ type: "api_key", key: "k" });
    expect(storage.get("strange")).toBeUndefined();
    expect(storage.has("strange")).toBe(true);
    expect(Object.keys(storage.getAll())).toEqual(["openai-codex", "anthropic"]);
    expect(storage.path).toBe(pi.authFile);
  });

  it("what another program wrote meanwhile, after reload()", () => {
    const storage = pi.storage();
    pi.write({ openai: { type: "api_key", key: "k" } });
    expect(storage.has("openai")).toBe(false);
    storage.reload();
    expect(storage.has("openai")).toBe(true);
  });

  it("nothing of its tokens when it is printed", () => {
    pi.write({ "openai-codex": oauthEntry(3600, "rt-secret") });
    const storage = pi.storage();
    const printed = `${inspect(storage, { depth: 9, showHidden: true })} ${JSON.stringify(storage)}`;
    expect(printed).not.toContain("rt-secret");
    expect(printed).not.toContain("eyJ");
  });

  it("the same when it was made by create(), and when the path is given", () => {
    pi.write({ openai: { type: "api_key", key: "k" } });
    expect(AuthStorage.create(pi.authFile).list()).toEqual(["openai"]);
    expect(new AuthStorage(pi.authFile).list()).toEqual(["openai"]);
  });
});

describe("what AuthStorage writes", () => {
  const login: PiOAuthCredential = { type: "oauth", access: "a", refresh: "r", expires: NOW_MS };

  it("keeps the entries of others in their order, to the digit, and is for its owner alone", async () => {
    pi.write(
      '{"anthropic":{"type":"oauth","big":12345678901234567890,"x":[1.50]},"openai-codex":{"type":"api_key","key":"k"},"z":null}',
    );
    await pi.storage().set("openai-codex", login);
    expect(pi.text()).toContain("12345678901234567890");
    expect(pi.text()).toContain("1.50");
    expect(Object.keys(pi.read())).toEqual(["anthropic", "openai-codex", "z"]);
    expect(pi.read()["openai-codex"]).toEqual(login);
    if (process.platform !== "win32") expect(statSync(pi.authFile).mode & 0o777).toBe(0o600);
  });

  it("makes the folder and the file, for their owner alone", async () => {
    const file = path.join(pi.dir, "a", "b", "auth.json");
    await new AuthStorage(file).set("openai-codex", login);
    expect(new AuthStorage(file).get("openai-codex")).toEqual(login);
    if (process.platform === "win32") return;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it("is to be seen at once, and by others when the promise resolves", async () => {
    const storage = pi.storage();
    const written = storage.set("openai-codex", login);
    expect(storage.get("openai-codex")).toEqual(login);
    await written;
    expect(pi.storage().get("openai-codex")).toEqual(login);
    const removed = storage.remove("openai-codex");
    expect(storage.list()).toEqual([]);
    await removed;
    expect(pi.read()).toEqual({});
  });

  it("waits for one who holds pi's lock, and keeps what that one wrote", async () => {
    pi.write({});
    const storage = pi.storage();
    const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
    const written = storage.set("openai-codex", login);
    pi.write({ anthropic: { type: "api_key", key: "theirs" } });
    await release();
    await written;
    expect(pi.read()).toEqual({ anthropic: { type: "api_key", key: "theirs" }, "openai-codex": login });
  });

  it("loses nothing when many write at once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `provider-${index}`);
    await Promise.all(names.map((name) => pi.storage().set(name, { type: "api_key", key: name })));
    expect(Object.keys(pi.read()).sort()).toEqual(names.sort());
  });

  it("never goes over a file that cannot be understood, and what failed is told though nobody waits", async () => {
    pi.write('{"anthropic": {"type": "api_key", "key": "k"}');
    const storage = pi.storage();
    const first = storage.drainErrors();
    expect(first).toMatchObject([
      {
        code: "credential_malformed",
        message: expect.stringMatching(
          /\(line 1, column \d+\)\. Correct it; nothing is written to it before, [^.]*\.$/,
        ) as unknown,
      },
    ]);
    expect(first[0]?.message).toMatch(/line 1, column \d+.*nothing is written to it/);
    await expect(storage.set("openai-codex", login)).rejects.toMatchObject({ code: "credential_malformed" });
    void storage.remove("openai-codex"); // Nobody waits: the process must not end by it.
    await expect.poll(() => storage.drainErrors().length).toBeGreaterThan(0);
    expect(pi.text()).toBe('{"anthropic": {"type": "api_key", "key": "k"}');
    await expect(storage.getApiKey("openai-codex")).rejects.toMatchObject({ code: "credential_malformed" });
  });

  it("fails in words when the folder cannot be made", async () => {
    writeFileSync(path.join(pi.dir, "file"), "");
    const storage = new AuthStorage(path.join(pi.dir, "file", "deeper", "auth.json"));
    await expect(storage.set("openai-codex", login)).rejects.toMatchObject({ code: "store_write_failed" });
    expect(storage.has("openai-codex")).toBe(false);
  });

  it("takes an empty file, and one with a byte order mark, for what they are", async () => {
    pi.write("");
    await pi.storage().set("openai", { type: "api_key", key: "k" });
    expect(pi.read()).toEqual({ openai: { type: "api_key", key: "k" } });
    pi.write('\uFEFF{"a":{"type":"api_key","key":"k"}}');
    expect(pi.storage().list()).toEqual(["a"]);
  });
});

describe("the order in which getApiKey() looks", () => {
  const env = { OPENAI_API_KEY: "at-from-environment" };

  it("a key of this run, then what is stored, then the environment, then the fallback", async () => {
    pi.write({ "openai-codex": oauthEntry(3600) });
    const storage = pi.storage({ env });
    storage.setFallbackResolver(() => "from-fallback");
    storage.setRuntimeApiKey("openai-codex", "from-run");
    expect(await storage.getApiKey("openai-codex")).toBe("from-run");
    storage.removeRuntimeApiKey("openai-codex");
    expect(await storage.getApiKey("openai-codex")).toBe(oauthEntry(3600)["access"]);
    pi.write({});
    expect(await storage.getApiKey("openai-codex")).toBe("at-from-environment");
    expect(await storage.getApiKey("other")).toBe("from-fallback");
    const bare = pi.storage();
    expect(await bare.getApiKey("other")).toBeUndefined();
    expect([storage.hasAuth("openai-codex"), storage.hasAuth("other"), bare.hasAuth("other")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("takes an access token out of the environment, and refuses an API key with the reason", async () => {
    const storage = (variables: Record<string, string>): AuthStorage => pi.storage({ env: variables });
    expect(await storage({ CODEX_PAT: "at-b", CODEX_ACCESS_TOKEN: "at-a" }).getApiKey("openai-codex")).toBe("at-a");
    expect(await storage({ CODEX_PAT: "at-b" }).getApiKey("openai-codex")).toBe("at-b");
    const wrong = storage({ OPENAI_API_KEY: "sk-0123456789abcdef" });
    expect(wrong.hasAuth("openai-codex")).toBe(false);
    const failure = await wrong.getApiKey("openai-codex").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "credential_wrong_route" });
    expect(String(failure)).toMatch(/OPENAI_API_KEY holds an API key/);
    expect(String(failure)).not.toContain("0123456789");
    expect(await wrong.getApiKey("openai")).toBe("sk-0123456789abcdef");
  });

  it("passes over an API key in the environment that a key of the fallback's can stand in for", async () => {
    const storage = pi.storage({ env: { OPENAI_API_KEY: "sk-another-programs", MY_KEY: "at-mine" } });
    storage.setFallbackResolver((name) => (name === "openai-codex" ? "$MY_KEY" : undefined));
    expect(await storage.getApiKey("openai-codex")).toBe("at-mine");
    expect(storage.hasAuth("openai-codex")).toBe(true);
    storage.setFallbackResolver(() => "$NOT_SET");
    await expect(storage.getApiKey("openai-codex")).rejects.toMatchObject({ code: "credential_wrong_route" });
  });

  it.each([
    ["a literal", "key-1", "key-1"],
    ["a variable", "$MY_KEY", "value"],
    ["a variable in braces, with text around it", "x-${MY_KEY}!", "x-value!"],
    ["a bare name, as early versions had it", "MY_KEY", "value"],
    ["a bare name that is no variable", "NOT_SET", "NOT_SET"],
    ["escapes", "$$MY_KEY$!", "$MY_KEY!"],
    ["a variable of the entry's own", "$OWN", "own"],
  ])("a stored key is %s", async (_what, key, expected) => {
    pi.write({ other: { type: "api_key", key, env: { OWN: "own" } } });
    expect(await pi.storage({ env: { MY_KEY: "value" } }).getApiKey("other")).toBe(expected);
  });

  it("a stored key is what a command prints, and an error when there is nothing", async () => {
    const command = `!"${process.execPath}" -e "console.log('from-'+'command')"`;
    pi.write({
      good: { type: "api_key", key: command },
      bad: { type: "api_key", key: "!exit 3" },
      none: { type: "api_key", key: "$NOT_SET" },
    });
    const storage = pi.storage({ env: process.env });
    expect(await pi.storage({ env: process.env }).getApiKey("good")).toBe("from-command");
    await expect(storage.getApiKey("bad")).rejects.toMatchObject({ code: "credential_missing" });
    await expect(storage.getApiKey("none")).rejects.toMatchObject({ code: "credential_missing" });
  });

  it("a stored entry of no known shape is told, with its name and without its content", async () => {
    pi.write({ "openai-codex": { type: "oauth", access: "eyJsecret" } });
    const failure = await pi
      .storage({ env })
      .getApiKey("openai-codex")
      .catch((error: unknown) => String(error));
    expect(failure).toMatch(/the entry `openai-codex` is neither/);
    expect(failure).not.toContain("eyJsecret");
  });

  it("a login of another provider is not ours to renew", async () => {
    pi.write({ anthropic: oauthEntry(3600) });
    await expect(pi.storage().getApiKey("anthropic")).rejects.toMatchObject({
      code: "oauth_provider_unknown",
      message: expect.stringMatching(/^Unknown OAuth provider: anthropic\. .*log in with pi itself/) as unknown,
    });
  });

  it("a file that cannot be read is told", async () => {
    rmSync(pi.authFile, { force: true });
    mkdirSync(pi.authFile);
    await expect(pi.storage().getApiKey("openai-codex")).rejects.toMatchObject({ code: "credential_unreadable" });
    chmodSync(pi.authFile, 0o700);
  });
});
