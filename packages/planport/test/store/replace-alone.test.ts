import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CredentialError } from "../../src/errors.ts";
import {
  CredentialDocument,
  createFileStore,
  createMemoryStore,
  type CredentialStore,
  replaceAlone,
} from "../../src/store/index.ts";
import { gate } from "../auth/support/fakes.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "planport-replace-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const login = (token: string): CredentialDocument =>
  new CredentialDocument({ tokens: { access_token: token, refresh_token: `rt-${token}` } }, "test");
const file = (): CredentialStore => createFileStore(path.join(folder, "auth.json"));

describe("a new sign-in", () => {
  it("waits for the refresh of the former one, and is what is there in the end", async () => {
    const store = file();
    await store.replace(login("old"));
    const { promise: goOn, open } = gate();
    const { promise: begun, open: begin } = gate();
    const refresh = file().exclusive?.(async (hold) => {
      begin();
      await goOn;
      return file().write(login("old"), login("renewed"), { hold });
    });
    await begun;
    let isDone = false;
    const replaced = replaceAlone(store, login("new")).finally(() => (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isDone).toBe(false);
    open();
    expect(await refresh).toMatchObject({ written: true });
    // What is to be revoked is what the refresh made of it.
    expect((await replaced)?.reveal()).toEqual(login("renewed").reveal());
    expect((await store.read())?.reveal()).toEqual(login("new").reveal());
  });

  it("is not lost because somebody does not let go", async () => {
    const inner = file();
    const store: CredentialStore = {
      ...inner,
      exclusive: async () => {
        throw new CredentialError("refresh_unavailable", "held for too long");
      },
    };
    expect(await replaceAlone(store, login("new"))).toBeNull();
    expect((await store.read())?.reveal()).toEqual(login("new").reveal());
  });

  it("is not stored when it was given up while it waited", async () => {
    const store = file();
    const { promise: goOn, open } = gate();
    const holding = file().exclusive?.(async () => goOn);
    const giveUp = new AbortController();
    const replaced = replaceAlone(store, login("new"), giveUp.signal);
    giveUp.abort();
    await expect(replaced).rejects.toMatchObject({ code: "cancelled" });
    open();
    await holding;
    expect(await store.read()).toBeNull();
  });

  it("goes into a store that is nobody else's at once", async () => {
    const store = createMemoryStore({ personal_access_token: "at-old" });
    expect((await replaceAlone(store, login("new")))?.reveal()).toEqual({ personal_access_token: "at-old" });
    expect((await store.read())?.reveal()).toEqual(login("new").reveal());
  });
});
