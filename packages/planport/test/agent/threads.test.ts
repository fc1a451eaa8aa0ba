import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isUuid, uuidv7 } from "../../src/agent/index.ts";
import { RolloutWriter, rolloutPath } from "../../src/agent/thread/rollout.ts";
import { answersOf, eventsOf, newThread, runTurn, setUp, temporaryHome, untilTold } from "./stage.ts";

describe("a thread's file", () => {
  it("lies where Codex puts it, is for its owner alone, and does not exist before there is something in it", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    const path = thread.path ?? "";
    expect(path).toMatch(/sessions.\d{4}.\d\d.\d\d.rollout-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f-]{36}\.jsonl$/);
    expect(existsSync(path)).toBe(false);
    await runTurn(stage, thread, "Reply with exactly: pong");
    expect(existsSync(path)).toBe(true);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("tells a later engine the conversation, its name, its settings, its turns and what was used", async () => {
    const first = await setUp();
    const thread = newThread(first, { effort: "high", approvalPolicy: "on-request" });
    await runTurn(first, thread, "Reply with exactly: one");
    thread.rename("A name");
    const { usage, history } = thread;
    await first.agent.close();
    const second = await setUp({ home: first.home });
    const stored = await second.agent.read(thread.id);
    expect(stored).toMatchObject({ name: "A name", preview: "Reply with exactly: one" });
    expect(stored.turns).toMatchObject([
      {
        status: "completed",
        items: expect.arrayContaining([expect.objectContaining({ type: "agentMessage", text: "one" })]),
      },
    ]);
    const resumed = await second.agent.resume(thread.id, second.settings, { model: "gpt-5.5" });
    expect(resumed.settings).toMatchObject({ effort: "high", approvalPolicy: "on-request" });
    expect(resumed.history).toEqual(history);
    expect(resumed.usage).toEqual(usage);
  });

  it("is read although a line was torn and others are unknown, and keeps them", async () => {
    const first = await setUp();
    const thread = newThread(first);
    await runTurn(first, thread, "Reply with exactly: one");
    await first.agent.close();
    const path = thread.path ?? "";
    const unknown = '{"timestamp":"2026-01-01T00:00:00.000Z","type":"of_tomorrow","payload":{"x":1}}';
    appendFileSync(path, `${unknown}\n{"timestamp":"2026-01-01T00:00:00.000Z","type":"resp`);
    const second = await setUp({ home: first.home });
    // The bearers of the first simulator's seals mean nothing to the second one: what is sealed stays behind.
    const resumed = await second.agent.resume(thread.id, second.settings, {});
    resumed.rename("after the crash");
    expect((await second.agent.read(thread.id)).name).toBe("after the crash");
    expect(readFileSync(path, "utf8")).toContain(unknown);
  });

  it("keeps what was said whole, whatever characters are in it", async () => {
    const stage = await setUp();
    const text = "one\u2028two\u2029three\u0085four\rfive\nsix";
    const thread = newThread(stage);
    await runTurn(stage, thread, text);
    await stage.agent.unload(thread.id);
    expect((await stage.agent.read(thread.id)).preview).toBe(text);
    expect((await stage.agent.resume(thread.id, stage.settings, {})).history).toEqual(thread.history);
  });

  it("is not read by who resumes a thread before the one that is being unloaded has written its end", async () => {
    const stage = await setUp({ tools: [] });
    const thread = newThread(stage);
    const turn = thread.startTurn([{ type: "text", text: "count to 500" }], {}, { outputSchema: null });
    await untilTold(stage, "turn/started");
    void stage.agent.unload(thread.id);
    await stage.agent.resume(thread.id, stage.settings, {});
    expect(eventsOf(stage, "turn/completed").map(({ turn: { id } }) => id)).toEqual([turn.id]);
    expect(
      readFileSync(thread.path ?? "", "utf8")
        .trimEnd()
        .split("\n")
        .at(-1),
    ).toContain('"turn_aborted"');
  });

  it("goes on with the numbers of lines where a Codex numbered them", async () => {
    const stage = await setUp();
    const id = uuidv7();
    const path = rolloutPath(stage.home, id, Date.now());
    const writer = new RolloutWriter(path, Date.now, () => {}, 0);
    writer.write("session_meta", { id, cwd: stage.home, model_provider: "openai", history_mode: "paginated" });
    writer.write("world_state", {});
    writer.close();
    await runTurn(stage, await stage.agent.resume(id, stage.settings, {}), "Reply with exactly: pong");
    await stage.agent.unload(id);
    (await stage.agent.resume(id, stage.settings, {})).rename("numbered");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { ordinal: number }).ordinal)).toEqual(lines.map((_, at) => at));
  });

  it("answers for a call whose result was lost", async () => {
    const stage = await setUp();
    const id = uuidv7();
    const writer = new RolloutWriter(rolloutPath(stage.home, id, Date.now()), Date.now, () => {});
    writer.write("session_meta", { id, cwd: stage.home, model_provider: "openai" });
    writer.write("response_item", { type: "function_call", call_id: "c1", name: "x", arguments: "{}" });
    writer.close();
    const thread = await stage.agent.resume(id, stage.settings, {});
    expect(thread.history.at(-1)).toMatchObject({ type: "function_call_output", call_id: "c1" });
  });

  it("is not written for a thread that is kept nowhere", async () => {
    const stage = await setUp();
    const thread = stage.agent.create({
      settings: stage.settings,
      ephemeral: true,
      threadSource: null,
      originator: "t",
    });
    await runTurn(stage, thread, "Reply with exactly: pong");
    expect(thread.path).toBeNull();
    expect(existsSync(join(stage.home, "sessions"))).toBe(false);
  });

  it("that cannot be written is told of once, and nothing else happens", () => {
    const told: string[] = [];
    const home = temporaryHome();
    const writer = new RolloutWriter(join(home, "\0", "x.jsonl"), Date.now, (error) => told.push(error.message));
    writer.write("a", {});
    writer.write("b", {});
    expect(told).toHaveLength(1);
  });
});

describe("threads on disk", () => {
  it("are listed newest first, page by page, without those in which nothing was said", async () => {
    const stage = await setUp();
    const ids: string[] = [];
    for (const text of ["a", "b", "c"]) {
      const thread = newThread(stage);
      ids.unshift(thread.id);
      await runTurn(stage, thread, `Reply with exactly: ${text}`);
    }
    newThread(stage);
    const query = { limit: 2, archived: false, accept: () => true };
    const first = await stage.agent.store.list({ ...query, cursor: null });
    const second = await stage.agent.store.list({ ...query, cursor: first.nextCursor });
    expect([...first.threads, ...second.threads].map(({ meta }) => meta.id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
  });

  it("that are archived are listed apart, and can still be read", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    await runTurn(stage, thread, "Reply with exactly: pong");
    await stage.agent.unload(thread.id);
    await stage.agent.store.archive(thread.path ?? "");
    const list = async (archived: boolean): Promise<number> =>
      (await stage.agent.store.list({ limit: 9, cursor: null, archived, accept: () => true })).threads.length;
    expect([await list(false), await list(true)]).toEqual([0, 1]);
    expect((await stage.agent.read(thread.id)).preview).toBe("Reply with exactly: pong");
  });

  it("go on as a fork under an id of its own, and the original stays as it was", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    await runTurn(stage, thread, "Reply with exactly: one");
    const before = readFileSync(thread.path ?? "", "utf8");
    const fork = await stage.agent.fork(thread.id, stage.settings, {}, "test");
    await runTurn(stage, fork, "Reply with exactly: two");
    expect(answersOf(stage)).toEqual(["one", "two"]);
    expect(readFileSync(thread.path ?? "", "utf8")).toBe(before);
    const stored = await stage.agent.read(fork.id);
    expect(stored.meta.forkedFromId).toBe(thread.id);
    expect(stored.turns).toHaveLength(2);
  });

  it("that do not exist are not found", async () => {
    const stage = await setUp();
    await expect(stage.agent.read(uuidv7())).rejects.toThrow("no rollout found for thread id");
    await expect(stage.agent.read("../../etc/passwd")).rejects.toThrow("invalid thread id");
  });
});

it("ids sort in the order in which they are made", () => {
  const ids = Array.from({ length: 5_000 }, () => uuidv7(1_000));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every(isUuid)).toBe(true);
});
