import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { createFileStore, CredentialDocument } from "../../src/store/index.ts";
import { createRefreshJournal, type JournalFs, tokenDigest } from "../../src/store/refresh-journal.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "planport-journal-"));
  file = path.join(folder, "auth.json.planport-refresh");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const open = (io?: JournalFs): ReturnType<typeof createRefreshJournal> =>
  createRefreshJournal(async () => path.join(folder, "auth.json"), io);
const spent = tokenDigest(new Secret("rt-first"));
const attempt = { pid: 7, host: "here", atMs: 1_800_000_000_000 };
const tokens = { accessToken: new Secret("a".repeat(3000)), refreshToken: new Secret("rt-second"), idToken: null };

describe("the journal of refreshes", () => {
  it("is empty at first", async () => {
    expect(await open().read()).toBeNull();
  });

  it.skipIf(process.platform === "win32")("is for its owner alone", async () => {
    (await open().begin(spent, attempt)).close();
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it("tells who is spending which token, and not the token", async () => {
    const note = await open().begin(spent, attempt);
    expect(fs.readFileSync(file, "utf8")).not.toContain("rt-first");
    note.close();
    expect(await open().read()).toEqual({ spent, attempt, answer: null });
  });

  it("has its room when the system takes less than it was given", async () => {
    const sparing: JournalFs = {
      ...fs,
      writeSync: ((fd: number, bytes: Buffer, offset: number, length: number, at: number) =>
        fs.writeSync(fd, bytes, offset, Math.min(length, 1000), at)) as typeof fs.writeSync,
    };
    (await open(sparing).begin(spent, attempt)).close();
    expect(fs.statSync(file).size).toBeGreaterThan(32 * 1024);
    expect(await open().read()).toEqual({ spent, attempt, answer: null });
  });

  it("is not begun on a disk that fills up in the middle of that", async () => {
    let left = 5000;
    const full: JournalFs = {
      ...fs,
      writeSync: ((fd: number, bytes: Buffer, offset: number, length: number, at: number) => {
        if (left === 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
        const taken = fs.writeSync(fd, bytes, offset, Math.min(length, left), at);
        left -= taken;
        return taken;
      }) as typeof fs.writeSync,
    };
    await expect(open(full).begin(spent, attempt)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(fs.existsSync(file)).toBe(false);
  });

  it("has the answer as soon as it was taken down, in the room that was made for it", async () => {
    const note = await open().begin(spent, attempt);
    const before = fs.statSync(file).size;
    note.answer(tokens, 1_800_000_000_500);
    const found = await open().read();
    expect(found?.answer?.tokens.accessToken?.equals(tokens.accessToken)).toBe(true);
    expect(found?.answer?.tokens.refreshToken?.equals(tokens.refreshToken)).toBe(true);
    expect(found?.answer).toMatchObject({ tokens: { idToken: null }, atMs: 1_800_000_000_500 });
    expect(fs.statSync(file).size).toBe(before);
    await note.sync();
    note.close();
    note.close();
  });

  it("takes no part of an answer for the whole", async () => {
    const note = await open().begin(spent, attempt);
    note.answer(tokens, 1);
    note.close();
    const whole = fs.readFileSync(file);
    const start = whole.indexOf("\n") + 1;
    for (const cut of [start + 5, start + 1000, start + 3000]) {
      fs.writeFileSync(file, Buffer.concat([whole.subarray(0, cut), Buffer.alloc(500, 32), whole.subarray(cut + 500)]));
      expect(await open().read()).toEqual({ spent, attempt, answer: null });
    }
  });

  it("replaces an older note, and can be emptied twice", async () => {
    (await open().begin("other", attempt)).close();
    (await open().begin(spent, attempt)).close();
    expect((await open().read())?.spent).toBe(spent);
    await open().remove();
    await open().remove();
    expect(await open().read()).toBeNull();
  });

  it.each(["", "nonsense", "{}", '{"spent":7}\n'])("takes %j for no note", async (text) => {
    fs.writeFileSync(file, text);
    expect(await open().read()).toBeNull();
  });

  it("leaves nothing behind when it cannot be written to its end", async () => {
    const full = (): never => {
      throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    await expect(open({ ...fs, writeSync: full }).begin(spent, attempt)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it("is gone with a sign-out, and with a new sign-in", async () => {
    const store = createFileStore(path.join(folder, "auth.json"));
    for (const change of [() => store.replace(new CredentialDocument({ tokens: {} }, "test")), () => store.remove()]) {
      const note = await open().begin(spent, attempt);
      note.answer(tokens, 1);
      note.close();
      await change();
      expect(await open().read()).toBeNull();
    }
  });
});
