import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createFileStore, deviceLogin } from "../../src/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";

let folder = "";
let simulator: Simulator;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "planport-library-"));
  simulator = await startSimulator({ autoApprove: true });
});
afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a sign-in of the library is stored when no refresh of the former one is under way", async () => {
  const file = path.join(folder, "auth.json");
  const order: string[] = [];
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const refresh = createFileStore(file).exclusive?.(async () => {
    await held;
    order.push("refresh over");
  });
  const store = createFileStore(file);
  const watched = {
    ...store,
    place: store.place,
    exclusive: (task: never) => {
      setTimeout(letGo, 50);
      return store.exclusive?.(task) as never;
    },
    replace: async (next: never) => {
      order.push("stored");
      return store.replace(next);
    },
  };
  for await (const step of deviceLogin({ store: watched, issuer: simulator.issuer, env: {} }))
    if (step.type === "done") order.push("signed in");
  await refresh;
  expect(order).toEqual(["refresh over", "stored", "signed in"]);
  expect((await store.read())?.reveal()).toMatchObject({ auth_mode: "chatgpt" });
});
