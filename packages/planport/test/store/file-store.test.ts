import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AtomicWriteFs,
  createFileStore,
  createMemoryStore,
  CredentialDocument,
  writeFileAtomic,
} from "../../src/store/index.ts";
import type { CredentialStore } from "../../src/store/index.ts";

let folder = "";
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "planport-store-"));
});
afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});
const posixIt = it.skipIf(process.platform === "win32");
const doc = (access: string, rest: Record<string, unknown> = {}): CredentialDocument =>
  new CredentialDocument({ tokens: { access_token: access }, ...rest }, "test");
const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe.each([
  ["file", () => createFileStore(path.join(folder, "auth.json"))],
  ["memory", () => createMemoryStore()],
] as [string, () => CredentialStore][])("a store in a %s", (_name, open) => {
  it("is empty at first, holds what was written, and is empty again", async () => {
    const store = open();
    expect(await store.read()).toBeNull();
    expect(await store.remove()).toBe(false);
    expect(await store.write(null, doc("a"))).toMatchObject({ written: true });
    expect((await store.read())?.reveal()).toEqual({ tokens: { access_token: "a" } });
    expect((await store.read())?.place).toBe(store.place);
    expect(await store.remove()).toBe(true);
    expect(await store.read()).toBeNull();
  });

  it("does not overwrite what another program signed in to meanwhile", async () => {
    const store = open();
    const first = await store.replace(doc("a"));
    await store.replace(doc("theirs"));
    const outcome = await store.write(first, doc("ours"));
    expect(outcome.written).toBe(false);
    expect(outcome.document?.reveal()).toEqual({ tokens: { access_token: "theirs" } });
    expect((await store.read())?.reveal()).toEqual({ tokens: { access_token: "theirs" } });
  });

  it("does not bring back a sign-in that was removed meanwhile", async () => {
    const store = open();
    const first = await store.replace(doc("a"));
    await store.remove();
    expect(await store.write(first, doc("b"))).toEqual({ written: false, document: null });
    expect(await store.read()).toBeNull();
  });

  it("keeps a field that another program added meanwhile", async () => {
    const store = open();
    const first = await store.replace(doc("a", { last_refresh: "1" }));
    await store.replace(doc("a", { last_refresh: "2", added: true }));
    await store.write(first, doc("b", { last_refresh: "3" }));
    expect((await store.read())?.reveal()).toEqual({
      tokens: { access_token: "b" },
      last_refresh: "3",
      added: true,
    });
  });
});

describe("a file store", () => {
  posixIt("makes its folder for the owner alone, and the file readable by nobody else", async () => {
    const file = path.join(folder, "deep", "er", "auth.json");
    await createFileStore(file).replace(doc("a"));
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    expect((await fs.stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  });

  posixIt("makes a file private again that was readable by others", async () => {
    const file = path.join(folder, "auth.json");
    await fs.writeFile(file, "{}", { mode: 0o644 });
    await createFileStore(file).replace(doc("a"));
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
  });

  posixIt("writes through a symbolic link, also a dangling one", async () => {
    const real = path.join(folder, "real.json");
    const link = path.join(folder, "auth.json");
    await fs.symlink("real.json", link);
    for (const access of ["a", "b"]) {
      await createFileStore(link).replace(doc(access));
      expect((await fs.lstat(link)).isSymbolicLink()).toBe(true);
      expect(await fs.readFile(real, "utf8")).toContain(`"${access}"`);
    }
  });

  it("replaces a file that is broken", async () => {
    const file = path.join(folder, "auth.json");
    await fs.writeFile(file, "{");
    const store = createFileStore(file);
    await expect(store.read()).rejects.toMatchObject({ code: "credential_malformed" });
    await store.replace(doc("a"));
    expect((await store.read())?.reveal()).toEqual({ tokens: { access_token: "a" } });
  });

  posixIt("removes the sign-in behind a symbolic link, and the link", async () => {
    const real = path.join(folder, "real.json");
    const link = path.join(folder, "auth.json");
    await fs.symlink("real.json", link);
    await createFileStore(link).replace(doc("a"));
    expect(await createFileStore(link).remove()).toBe(true);
    expect(await fs.readdir(folder)).toEqual([]);
    await fs.symlink("real.json", link);
    expect(await createFileStore(link).remove()).toBe(true);
    expect(await fs.readdir(folder)).toEqual([]);
    await expect(fs.access(real)).rejects.toThrow("ENOENT");
  });

  posixIt("says so when its links lead in a circle, and can still be removed", async () => {
    const file = path.join(folder, "auth.json");
    await fs.symlink("auth.json", file);
    await expect(createFileStore(file).read()).rejects.toMatchObject({
      code: "credential_unreadable",
      message: `${file} cannot be read: its symbolic links lead in a circle (ELOOP).`,
    });
    expect(await createFileStore(file).remove()).toBe(true);
  });

  posixIt("never waits for a pipe or a device", async () => {
    const pipe = path.join(folder, "pipe");
    execFileSync("sh", ["-c", 'mkfifo "$0"', pipe]);
    for (const [file, what] of [
      [pipe, "a pipe"],
      ["/dev/zero", "a device"],
      [folder, "a folder"],
    ] as const)
      await expect(createFileStore(file).read()).rejects.toMatchObject({
        code: "credential_unreadable",
        message: `${file} cannot be read: it is ${what}, not a file.`,
      });
  });

  it("refuses a file that is too large, and reads one that just fits", async () => {
    const file = path.join(folder, "auth.json");
    const fits = `{"a":"${"x".repeat(1024 * 1024 - 8)}"}`;
    await fs.writeFile(file, fits);
    expect((await createFileStore(file).read())?.reveal()["a"]).toHaveLength(1024 * 1024 - 8);
    await fs.writeFile(file, `${fits} `);
    await expect(createFileStore(file).read()).rejects.toMatchObject({
      code: "credential_malformed",
      message: expect.stringContaining(`${file} is larger than 1 MiB`) as unknown,
    });
  });

  it("says so when a file is not UTF-8, as PowerShell writes it", async () => {
    const file = path.join(folder, "auth.json");
    await fs.writeFile(file, Buffer.from('\uFEFF{"a":1}', "utf16le"));
    await expect(createFileStore(file).read()).rejects.toMatchObject({
      code: "credential_malformed",
      message: expect.stringContaining(`${file} is not UTF-8`) as unknown,
    });
  });

  it("names the path when a folder stands in the file's place", async () => {
    const file = path.join(folder, "auth.json");
    await fs.mkdir(file);
    await expect(createFileStore(file).read()).rejects.toMatchObject({
      code: "credential_unreadable",
      message: expect.stringContaining(file) as unknown,
    });
    await expect(createFileStore(file).replace(doc("a"))).rejects.toMatchObject({
      code: "store_write_failed",
      message: expect.stringContaining(file) as unknown,
    });
    expect(await fs.readdir(folder)).toEqual(["auth.json"]);
  });
});

describe("an atomic write", () => {
  type Operation = keyof AtomicWriteFs;
  const failing = (operation: Operation, code: string, times = Infinity): AtomicWriteFs & { calls: number } => {
    const io = { ...fs, calls: 0 };
    const broken = async (...args: unknown[]): Promise<unknown> => {
      if (++io.calls <= times) throw systemError(code);
      return (fs[operation] as (...given: unknown[]) => Promise<unknown>)(...args);
    };
    return Object.assign(io, { [operation]: broken });
  };

  it.each(["EPERM", "EBUSY", "EACCES"])("tries the rename again after %s", async (code) => {
    const file = path.join(folder, "auth.json");
    const io = failing("rename", code, 2);
    await writeFileAtomic(file, "new", { fs: io, retryDelaysMs: [0, 0, 0] });
    expect(io.calls).toBe(3);
    expect(await fs.readFile(file, "utf8")).toBe("new");
  });

  it.each([
    ["rename", "EPERM"],
    ["rename", "EXDEV"],
    ["mkdir", "EACCES"],
  ] as [Operation, string][])("leaves the old file and nothing else when %s fails with %s", async (operation, code) => {
    const file = path.join(folder, "auth.json");
    await fs.writeFile(file, "old");
    const write = writeFileAtomic(file, "new", { fs: failing(operation, code), retryDelaysMs: [0, 0] });
    await expect(write).rejects.toMatchObject({ code });
    expect(await fs.readFile(file, "utf8")).toBe("old");
    expect(await fs.readdir(folder)).toEqual(["auth.json"]);
  });

  it.each(["writeFile", "sync"] as const)("leaves the old file and nothing else when %s fails", async (operation) => {
    const file = path.join(folder, "auth.json");
    await fs.writeFile(file, "old");
    const io: AtomicWriteFs = {
      ...fs,
      open: async (...args) => {
        const handle = await fs.open(...args);
        return Object.assign(handle, {
          [operation]: async () => {
            if (operation === "writeFile") await handle.write("ne");
            throw systemError("ENOSPC");
          },
        });
      },
    };
    await expect(writeFileAtomic(file, "new", { fs: io })).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await fs.readFile(file, "utf8")).toBe("old");
    expect(await fs.readdir(folder)).toEqual(["auth.json"]);
  });

  it("never lets a reader see a part, however many write at once", async () => {
    const file = path.join(folder, "auth.json");
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(20_000));
    await writeFileAtomic(file, texts[0] ?? "");
    const writes = Promise.all(texts.map((text) => writeFileAtomic(file, text)));
    const seen: string[] = [];
    for (let read = 0; read < 40; read++) seen.push(await fs.readFile(file, "utf8"));
    await writes;
    expect(seen.every((text) => texts.includes(text))).toBe(true);
    expect(await fs.readdir(folder)).toEqual(["auth.json"]);
  });
});
