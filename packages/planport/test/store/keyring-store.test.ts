import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CredentialDocument,
  createFileStore,
  type CredentialStore,
  type KeyringBinding,
} from "../../src/store/index.ts";
import type { Hold } from "../../src/store/types.ts";
import type { FileLock } from "../../src/store/file-lock.ts";
import { keyringFault, loadKeyring } from "../../src/store/keyring-binding.ts";
import { createAutoStore, createKeyringStore, keyringAccount, verbatim } from "../../src/store/keyring-store.ts";
import { CredentialError } from "../../src/errors.ts";

let folder: string;
let entries: Map<string, string>;
let fault: Error | null;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "planport-keyring-")));
  entries = new Map();
  fault = null;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HOLD: Hold = { isOurs: () => true, allowSilence: () => {}, nonce: "n" };

/** Keeps what the package keeps, by the same names. */
const fake: KeyringBinding = {
  async get(service, account) {
    if (fault !== null) throw fault;
    return entries.get(`${service}/${account}`) ?? null;
  },
  async set(service, account, secret) {
    if (fault !== null) throw fault;
    entries.set(`${service}/${account}`, secret);
  },
  async remove(service, account) {
    if (fault !== null) throw fault;
    return entries.delete(`${service}/${account}`);
  },
};
const fileStore = (): CredentialStore => createFileStore(join(folder, "auth.json"));
const keyringStore = (): CredentialStore => createKeyringStore(folder, { file: fileStore(), open: async () => fake });
const login = (token: string, more: Record<string, unknown> = {}): CredentialDocument =>
  new CredentialDocument(
    { auth_mode: "chatgpt", tokens: { access_token: token, refresh_token: `rt-${token}` }, ...more },
    "test",
  );
const tokenOf = (document: CredentialDocument | null): unknown =>
  (document?.reveal()["tokens"] as { access_token?: unknown } | undefined)?.access_token;
const entryName = (): string => `Codex Auth/cli|${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;

describe("the keyring entry", () => {
  it("goes with the notes on its refresh, which may hold tokens", async () => {
    const store = keyringStore();
    await store.replace(login("a"));
    (await store.journal?.begin("digest", { pid: 1, host: "here", atMs: 0 }))?.close();
    expect(existsSync(join(folder, "auth.json.planport-refresh"))).toBe(true);
    await store.remove();
    expect(existsSync(join(folder, "auth.json.planport-refresh"))).toBe(false);
  });

  it("is the one that Codex uses, with the same JSON in one line", async () => {
    const store = keyringStore();
    await store.replace(login("a"));
    expect([...entries]).toEqual([
      [entryName(), '{"auth_mode":"chatgpt","tokens":{"access_token":"a","refresh_token":"rt-a"}}'],
    ]);
    expect(tokenOf(await store.read())).toBe("a");
    expect(await store.remove()).toBe(true);
    expect(await store.remove()).toBe(false);
    expect(await store.read()).toBeNull();
  });

  it("is the same by way of a symbolic link, and that of the path as it stands when there is no folder", async () => {
    const link = join(folder, "link");
    symlinkSync(folder, link, "junction");
    expect(await keyringAccount(link)).toBe(await keyringAccount(folder));
    const missing = join(folder, "missing");
    const digest = createHash("sha256").update(missing).digest("hex");
    expect(await keyringAccount(missing, "win32")).toBe(`cli|${digest.slice(0, 16)}`);
  });

  it("is named on Windows by the path in Rust's canonical form", () => {
    expect(verbatim(String.raw`C:\Users\me\.codex`, "win32")).toBe(String.raw`\\?\C:\Users\me\.codex`);
    expect(verbatim(String.raw`\\server\share\codex`, "win32")).toBe(String.raw`\\?\UNC\server\share\codex`);
    expect(verbatim(String.raw`\\?\C:\x`, "win32")).toBe(String.raw`\\?\C:\x`);
    expect(verbatim("/home/me/.codex", "linux")).toBe("/home/me/.codex");
  });

  it("is replaced only while it holds the tokens that were read, and keeps fields and numbers nobody knows", async () => {
    const store = keyringStore();
    entries.set(entryName(), '{"tokens":{"access_token":"a","refresh_token":"rt-a"},"id":12345678901234567890}');
    const read = await store.read();
    const outcome = await store.write(read, login("b", { id: read?.reveal()["id"] }));
    expect(outcome.written).toBe(true);
    expect(entries.get(entryName())).toContain('"id":12345678901234567890');
    const late = await store.write(read, login("c"));
    expect(late.written).toBe(false);
    expect(tokenOf(late.document)).toBe("b");
  });

  it("is not written by one who no longer holds the lock", async () => {
    const store = keyringStore();
    await store.replace(login("a"));
    const read = await store.read();
    const steps: string[] = [];
    const lost = { ...HOLD, isOurs: () => false };
    const outcome = await store.write(read, login("b"), { hold: lost, onStep: (step) => steps.push(step) });
    expect([outcome.written, tokenOf(await store.read()), steps]).toEqual([false, "a", ["syncing", "renaming"]]);
  });

  it("shares the name, the lock and the notes on a refresh with the file of its folder", async () => {
    const locked: string[] = [];
    const lock: FileLock = {
      run: async (task, { file }) => {
        locked.push(file);
        return task(HOLD);
      },
    };
    const file = createFileStore(join(folder, "auth.json"), { lock });
    const store = createKeyringStore(folder, { file, open: async () => fake });
    expect(await store.exclusive?.(async () => "done")).toBe("done");
    expect(await createAutoStore(store, file).exclusive?.(async () => "done")).toBe("done");
    expect(locked).toEqual([join(folder, "auth.json"), join(folder, "auth.json")]);
    expect(await store.key?.()).toBe(await file.key?.());
    expect(store.journal).toBe(file.journal);
  });

  it("takes the place of the file when somebody signs in", async () => {
    await fileStore().replace(login("old"));
    await keyringStore().replace(login("new"));
    expect(existsSync(join(folder, "auth.json"))).toBe(false);
  });

  it("that holds no JSON is told without what it holds", async () => {
    entries.set(entryName(), "rt-secret-secret");
    const error = await keyringStore()
      .read()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "credential_malformed" });
    expect(String(error)).toContain("the system's keyring (Codex Auth, for ");
    expect(String(error)).not.toContain("rt-secret");
  });
});

describe("a keyring that does not work", () => {
  it("is told as not there when the package is missing, with what to do", async () => {
    const store = createKeyringStore(folder, {
      file: fileStore(),
      open: () => loadKeyring(() => Promise.reject(new Error("Cannot find package"))),
    });
    await expect(store.read()).rejects.toMatchObject({
      code: "keyring_unavailable",
      message: expect.stringContaining("npm install @napi-rs/keyring"),
    });
  });

  it.each([
    ["linux", "Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled", "no secret service"],
    ["linux", "The name org.freedesktop.secrets was not provided by any .service files", "no secret service"],
    ["linux", "Couldn't access platform storage: Secret Service: no result found", "no unlocked keyring"],
    ["linux", "Couldn't access platform storage: the collection is locked", "it is locked"],
    ["win32", "Attribute 'password' is longer than platform limit of 2560 chars", "2560 bytes on Windows"],
    ["darwin", "User interaction is not allowed.\nmore", "the system says: User interaction is not allowed. more"],
  ])("says why (%s: %s)", (platform, message, words) => {
    expect(keyringFault(new Error(message), platform)).toContain(words);
  });

  it("tells a failure to read from one to write", async () => {
    fault = new Error("locked");
    await expect(keyringStore().read()).rejects.toMatchObject({ code: "credential_unreadable" });
    await expect(keyringStore().replace(login("a"))).rejects.toMatchObject({ code: "store_write_failed" });
    await expect(keyringStore().remove()).rejects.toMatchObject({ code: "store_write_failed" });
  });

  it("does not keep anybody waiting for ever", async () => {
    const open = async (): Promise<KeyringBinding> => ({ ...fake, get: () => new Promise(() => {}) });
    const store = createKeyringStore(folder, { file: fileStore(), open, timeoutMs: 5 });
    await expect(store.read()).rejects.toThrow("no answer within 0.005 s");
  });

  it.runIf(process.platform === "linux")("is told by the real package where there is no secret service", () => {
    const source = pathToFileURL(join(import.meta.dirname, "../../dist/store/keyring-binding.js")).href;
    const script = `
      const { loadKeyring, keyringFault } = await import(${JSON.stringify(source)});
      const keyring = await loadKeyring();
      await keyring.get("planport test", "nobody").catch((error) => console.log(keyringFault(error, "linux")));`;
    const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, "nothing")}` };
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      env,
      encoding: "utf8",
    });
    expect(stdout, stderr).toContain("there is no secret service to speak to");
  });
});

describe("the keyring or else the file", () => {
  const auto = (): CredentialStore => createAutoStore(keyringStore(), fileStore());
  const down = new CredentialError("keyring_unavailable", "down");

  it("reads the keyring first, and the file when the keyring has nothing or is out of reach", async () => {
    await fileStore().replace(login("file"));
    expect(tokenOf(await auto().read())).toBe("file");
    entries.set(entryName(), '{"tokens":{"access_token":"keyring"}}');
    expect(tokenOf(await auto().read())).toBe("keyring");
    fault = down;
    expect(tokenOf(await auto().read())).toBe("file");
  });

  it("puts a new sign-in into the keyring, or into the file when there is none", async () => {
    fault = down;
    await auto().replace(login("a"));
    expect(tokenOf(await fileStore().read())).toBe("a");
    fault = null;
    await auto().replace(login("b"));
    expect(tokenOf(await keyringStore().read())).toBe("b");
    expect(await fileStore().read()).toBeNull();
  });

  it("renews a sign-in where it rests", async () => {
    await fileStore().replace(login("a"));
    const store = auto();
    const read = await store.read();
    expect(await store.write(read, login("b"))).toMatchObject({ written: true });
    expect(tokenOf(await fileStore().read())).toBe("b");
    expect(entries.size).toBe(0);
  });

  it("takes a keyring that went away for a failed write, never for a sign-out", async () => {
    entries.set(entryName(), '{"tokens":{"access_token":"a"}}');
    const store = auto();
    const read = await store.read();
    fault = new Error("locked");
    await expect(store.write(read, login("b"))).rejects.toMatchObject({ code: "credential_unreadable" });
    fault = null;
    expect(await store.write(read, login("b"))).toMatchObject({ written: true });
  });

  it("signs out of both", async () => {
    await fileStore().replace(login("a"));
    entries.set(entryName(), "{}");
    expect(await auto().remove()).toBe(true);
    expect([entries.size, await fileStore().read()]).toEqual([0, null]);
  });
});
