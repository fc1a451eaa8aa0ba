/** The database's file: who may read it, what outlives the process, what happens when it breaks. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type Driver,
  type DriverConnection,
  loadDriver,
  openLibsqlDatabase,
} from "../../src/memory/libsql-database.ts";
import { openMemory } from "../../src/memory/index.ts";
import { migrate } from "../../src/memory/schema.ts";
import { open, sealed, said, stored, temporaryFile } from "./kit.ts";

const turn = (id: string) => ({ anchors: [`call:${id}`], items: [sealed(id)] });

describe("a file", () => {
  it("and all that lies beside it can be read by its owner alone", async () => {
    const file = temporaryFile();
    await open({ place: { file } }).responses.put("a", stored("resp_1"));
    const names = readdirSync(path.dirname(file));
    expect(names.toSorted()).toEqual(["memory.db", "memory.db-shm", "memory.db-wal"]);
    if (process.platform === "win32") return;
    for (const name of names) expect(statSync(path.join(path.dirname(file), name)).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it("brings everything back after a restart", async () => {
    const file = temporaryFile();
    const before = open({ place: { file } });
    await before.responses.put("a", stored("resp_1"));
    await before.reasoning.remember("a", "m", turn("1"));
    await before.close();
    const after = open({ place: { file } });
    expect(await after.responses.get("a", "resp_1")).toEqual(stored("resp_1"));
    expect((await after.reasoning.recall("a", "m", ["call:1"])).get("call:1")?.items).toEqual([sealed("1")]);
  });

  it("holds nothing any more of a response that was deleted, anywhere", async () => {
    const file = temporaryFile();
    const memory = open({ place: { file } });
    await memory.responses.put("a", stored("resp_1", [], [said("user", "the-launch-code-is-4711")]));
    await memory.responses.put("a", stored("resp_2"));
    const everything = (): Buffer =>
      Buffer.concat(readdirSync(path.dirname(file)).map((name) => readFileSync(path.join(path.dirname(file), name))));
    expect(everything().includes("the-launch-code-is-4711")).toBe(true);
    await memory.responses.delete("a", "resp_1");
    expect(everything().includes("resp_2")).toBe(true);
    expect(everything().includes("the-launch-code-is-4711")).toBe(false);
  });

  it("that is no database is moved aside, with one warning", async () => {
    const file = temporaryFile();
    mkdirSync(path.dirname(file));
    writeFileSync(file, "notes that somebody keeps under this name ".repeat(50));
    const warnings: string[] = [];
    const memory = open({ place: { file }, onWarning: (message) => warnings.push(message) });
    await memory.responses.put("a", stored("resp_1"));
    expect(await memory.responses.get("a", "resp_1")).toEqual(stored("resp_1"));
    expect(warnings).toHaveLength(1);
    const aside = readdirSync(path.dirname(file)).find((name) => name.startsWith("memory.db.broken-"));
    expect(warnings[0]).toContain(aside);
    expect(readFileSync(path.join(path.dirname(file), aside ?? ""), "utf8")).toContain("somebody keeps");
  });

  it("that broke behind its head is moved aside when that is met", async () => {
    const file = temporaryFile();
    const before = open({ place: { file } });
    for (let index = 0; index < 50; index++)
      await before.responses.put("a", stored(`resp_${index}`, [], [said("user", "x".repeat(5000))]));
    await before.close();
    truncateSync(file, 8192);
    const warnings: string[] = [];
    const after = open({ place: { file }, onWarning: (message) => warnings.push(message) });
    await after.responses.get("a", "resp_40");
    await after.responses.put("a", stored("resp_new"));
    expect(await after.responses.get("a", "resp_new")).toEqual(stored("resp_new"));
    expect(warnings.filter((text) => text.includes("was broken"))).toHaveLength(1);
  });

  it("of a newer planport is left alone, and the process alone remembers", async () => {
    const file = temporaryFile();
    const before = open({ place: { file } });
    await before.responses.put("a", stored("resp_1"));
    await before.close();
    const database = await openLibsqlDatabase({
      file,
      driver: await loadDriver(),
      prepare: (session) => session.run("UPDATE planport_schema SET version = 99"),
      onMovedAside: () => {},
      now: Date.now,
    });
    await database.close();
    const warnings: string[] = [];
    const after = open({ place: { file }, onWarning: (message) => warnings.push(message) });
    expect(await after.responses.get("a", "resp_1")).toBeNull();
    await after.responses.put("a", stored("resp_2"));
    expect(await after.responses.get("a", "resp_2")).toEqual(stored("resp_2"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("only until planport ends");
  });

  it("that cannot be made leaves the process alone to remember", async () => {
    const folder = path.dirname(temporaryFile());
    writeFileSync(folder, "a file where a folder should be");
    const warnings: string[] = [];
    const memory = open({ place: { file: path.join(folder, "memory.db") }, onWarning: (text) => warnings.push(text) });
    await memory.responses.put("a", stored("resp_1"));
    expect(await memory.responses.get("a", "resp_1")).toEqual(stored("resp_1"));
    expect(warnings).toHaveLength(1);
  });
});

it("without the driver the process alone remembers, and one warning says so", async () => {
  const file = temporaryFile();
  const warnings: string[] = [];
  const memory = open({
    place: { file },
    driver: () => Promise.reject(new Error("Cannot find package 'libsql'")),
    onWarning: (message) => warnings.push(message),
  });
  await memory.responses.put("a", stored("resp_1"));
  await memory.reasoning.remember("a", "m", turn("1"));
  expect(await memory.responses.get("a", "resp_1")).toEqual(stored("resp_1"));
  expect((await memory.reasoning.recall("a", "m", ["call:1"])).size).toBe(1);
  expect(warnings).toEqual([expect.stringContaining("libsql cannot be loaded")]);
  expect(existsSync(file)).toBe(false);
});

/** A driver whose disk is full from some moment on. */
async function fillingDriver(): Promise<{ driver: Driver; full: { now: boolean } }> {
  const real = await loadDriver();
  const full = { now: false };
  const refuse = (): never => {
    throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  };
  class Filling implements DriverConnection {
    readonly #inner: DriverConnection;
    constructor(file: string, options: { readonly timeout: number }) {
      this.#inner = new real(file, options);
    }
    exec(sql: string): unknown {
      return this.#inner.exec(sql);
    }
    prepare(sql: string): ReturnType<DriverConnection["prepare"]> {
      const inner = this.#inner.prepare(sql);
      return { run: (values) => (full.now ? refuse() : inner.run(values)), all: (values) => inner.all(values) };
    }
    close(): unknown {
      return this.#inner.close();
    }
  }
  return { driver: Filling, full };
}

it("a full disk costs a warning a minute, and what was kept stays readable", async () => {
  const { driver, full } = await fillingDriver();
  let nowMs = 1_000_000;
  const warnings: string[] = [];
  const memory = open({
    driver: async () => driver,
    now: () => nowMs,
    onWarning: (message, error) => warnings.push(`${message} ${String(error)}`),
  });
  await memory.responses.put("a", stored("resp_1"));
  full.now = true;
  for (let index = 0; index < 20; index++) await memory.responses.put("a", stored(`more_${index}`));
  expect(warnings).toEqual([expect.stringContaining("disk is full")]);
  expect(await memory.responses.get("a", "resp_1")).toEqual(stored("resp_1"));
  expect(await memory.responses.get("a", "more_1")).toBeNull();
  nowMs += 60_000;
  await memory.responses.put("a", stored("more_x"));
  expect(warnings).toHaveLength(2);
  full.now = false;
  await memory.responses.put("a", stored("resp_2"));
  expect(await memory.responses.get("a", "resp_2")).toEqual(stored("resp_2"));
});

it("a write that takes too long holds nobody up", async () => {
  const real = await loadDriver();
  const file = temporaryFile();
  const warnings: string[] = [];
  const memory = open({ place: { file }, writeLimitMs: 50, onWarning: (message) => warnings.push(message) });
  await memory.responses.put("a", stored("resp_1"));
  const other = new real(file, { timeout: 0 });
  other.exec("BEGIN IMMEDIATE");
  await memory.responses.put("a", stored("resp_2"));
  expect(warnings).toEqual(["Keeping a response takes long."]);
  other.exec("ROLLBACK");
  other.close();
  await memory.responses.put("a", stored("resp_3"));
  expect(await memory.responses.get("a", "resp_2")).toEqual(stored("resp_2"));
});

it("what fails in the midst of a transaction leaves nothing behind", async () => {
  const database = await openLibsqlDatabase({
    file: temporaryFile(),
    driver: await loadDriver(),
    prepare: migrate,
    onMovedAside: () => {},
    now: Date.now,
  });
  const insert = "INSERT INTO planport_schema (name, version) VALUES (?, ?)";
  const failed = database.transaction(async (session) => {
    await session.run(insert, ["one", 1]);
    await session.run(insert, ["one", 2]);
  });
  await expect(failed).rejects.toThrow(/UNIQUE/);
  await database.transaction((session) => session.run(insert, ["two", 1]));
  const rows = await database.all("SELECT name FROM planport_schema WHERE name <> ? ORDER BY name", ["memory"]);
  expect(rows).toEqual([{ name: "two" }]);
  await database.close();
  await expect(database.all("SELECT name FROM planport_schema")).rejects.toThrow("closed");
});

const DIST = new URL("../../dist/memory/index.js", import.meta.url);

/** A process of its own that keeps turns, and never ends by itself. */
function writer(file: string, name: string, count: number) {
  const script = `
    const { openMemory } = await import(${JSON.stringify(DIST.href)});
    const memory = openMemory({ place: { file: ${JSON.stringify(file)} }, onWarning: (m, e) => console.log("WARNING", m, e) });
    for (let i = 0; i < ${count}; i++) {
      await memory.reasoning.remember("a", "m", { anchors: ["call:${name}" + i], items: [] });
      console.log("kept", i);
    }
    console.log("all kept");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const kept = new Promise<string>((resolve) => {
    child.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes("all kept")) resolve(text);
    });
    child.on("close", () => resolve(text));
  });
  return { child, kept };
}

describe.skipIf(!existsSync(fileURLToPath(DIST)))("several processes", () => {
  it("keep all they write at the same time, also when they are killed", async () => {
    const file = temporaryFile();
    const writers = ["x", "y"].map((name) => writer(file, name, 100));
    const own = openMemory({ place: { file } });
    for (let index = 0; index < 100; index++) await own.reasoning.remember("a", "m", turn(`z${index}`));
    for (const { child, kept } of writers) {
      expect(await kept).toContain("all kept");
      expect(await kept).not.toContain("WARNING");
      child.kill("SIGKILL");
    }
    const anchors = ["x", "y", "z"].flatMap((name) =>
      Array.from({ length: 100 }, (_, index) => `call:${name}${index}`),
    );
    expect((await own.reasoning.recall("a", "m", anchors)).size).toBe(300);
    await own.close();
  });
});
