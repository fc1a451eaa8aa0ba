import { expect, it } from "vitest";
import { eventsOf, newThread, runTurn, setUp } from "./stage.ts";

const THREADS = 100;

it("100 threads stream at once, and each hears all of its own answer and nothing else", async () => {
  const stage = await setUp();
  const threads = Array.from({ length: THREADS }, () => newThread(stage));
  const words = threads.map((_, index) => Array.from({ length: 60 }, (_word, at) => `w${index}x${at}`).join(" "));
  const turns = await Promise.all(
    threads.map((thread, index) => runTurn(stage, thread, `Reply with exactly: ${words[index]}`)),
  );
  expect(turns.map(({ status }) => status)).toEqual(threads.map(() => "completed"));
  const heard = new Map<string, string>();
  for (const { threadId, delta } of eventsOf(stage, "item/agentMessage/delta"))
    heard.set(threadId, (heard.get(threadId) ?? "") + delta);
  expect(threads.map(({ id }) => heard.get(id))).toEqual(words);
}, 120_000);

it("a thread that goes on and on holds its conversation once, and nothing of what it told", async () => {
  const stage = await setUp();
  const thread = newThread(stage);
  await runTurn(stage, thread, "Write 300 words");
  const [afterOne] = [thread.history.length];
  await runTurn(stage, thread, "Write 300 words");
  await runTurn(stage, thread, "Write 300 words");
  // What opens a thread is said once; each turn adds the same few items.
  const perTurn = thread.history.length - afterOne;
  expect(perTurn % 2).toBe(0);
  expect(perTurn).toBeLessThan(2 * afterOne);
}, 120_000);
