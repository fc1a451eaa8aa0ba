import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DiscoverOptions, discoverCredential, openPlanportStore, placeLabel } from "../../src/auth/index.ts";
import { CredentialError } from "../../src/errors.ts";
import { CredentialDocument, KEYRING_SERVICE, type KeyringBinding, keyringAccount } from "../../src/store/index.ts";
import { accessToken, authJson } from "./support/fakes.ts";

let home: string;
let entries: Map<string, string>;
let isOutOfReach: boolean;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "planport-places-")));
  mkdirSync(join(home, ".codex"));
  entries = new Map();
  isOutOfReach = false;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const openKeyring = async (): Promise<KeyringBinding> => {
  if (isOutOfReach) throw new CredentialError("keyring_unavailable", "There is no keyring.");
  return {
    get: async (service, account) => entries.get(`${service}/${account}`) ?? null,
    set: async (service, account, secret) => void entries.set(`${service}/${account}`, secret),
    remove: async (service, account) => entries.delete(`${service}/${account}`),
  };
};

async function putEntry(service: string, folder: string, document: unknown): Promise<void> {
  entries.set(`${service}/${await keyringAccount(join(home, folder))}`, JSON.stringify(document));
}

function discover(options: DiscoverOptions = {}): ReturnType<typeof discoverCredential> {
  return discoverCredential({ env: {}, homeDir: home, openKeyring, ...options });
}

async function failure(options: DiscoverOptions): Promise<Error & { code?: string }> {
  const error = await discover(options).then(
    () => new Error("found"),
    (thrown: unknown) => thrown,
  );
  return error as Error & { code?: string };
}

describe("Codex's login in the keyring", () => {
  it("is found there, and a file beside it is not looked at", async () => {
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify({ OPENAI_API_KEY: "sk-file" }));
    await putEntry(KEYRING_SERVICE, ".codex", authJson());
    const found = await discover({ codexStore: "keyring" });
    expect(found.credential).toMatchObject({ kind: "chatgpt", accountId: "acct-1" });
    expect(found.place).toMatchObject({ kind: "keyring", owner: "codex", orFile: false });
    expect(placeLabel(found.place)).toBe(`the system's keyring (in place of ${join(home, ".codex/auth.json")})`);
    entries.clear();
    const error = await failure({ codexStore: "keyring" });
    expect(error.code).toBe("credential_missing");
    expect(error.message).toContain("no such entry");
  });

  it("gives way to the file when Codex is set to `auto`, also when there is no keyring", async () => {
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify(authJson({ account_id: "acct-file" })));
    isOutOfReach = true;
    expect((await discover({ codexStore: "auto" })).credential).toMatchObject({ accountId: "acct-file" });
    isOutOfReach = false;
    expect((await discover({ codexStore: "auto" })).credential).toMatchObject({ accountId: "acct-file" });
    await putEntry(KEYRING_SERVICE, ".codex", authJson({ account_id: "acct-keyring" }));
    expect((await discover({ codexStore: "auto" })).credential).toMatchObject({ accountId: "acct-keyring" });
  });

  it("that cannot be reached ends the search, with what to do", async () => {
    isOutOfReach = true;
    const error = await failure({ codexStore: "keyring" });
    expect(error).toMatchObject({ code: "keyring_unavailable" });
    expect(error.message).toMatch(/There is no keyring\. Codex is set .* `planport login`/);
  });

  it("in the memory of a running Codex is said to be out of reach, and an old file is not used in its place", async () => {
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify(authJson()));
    const error = await failure({ codexStore: "ephemeral" });
    expect(error.code).toBe("credential_missing");
    expect(error.message).toContain(
      `the memory of a running Codex (in place of ${join(home, ".codex/auth.json")}): out of reach`,
    );
  });

  it("is looked for in the file when Codex is set to something that a newer Codex knows", async () => {
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify(authJson()));
    expect((await discover({ codexStore: "vault" })).place).toMatchObject({ kind: "file", owner: "codex" });
  });

  it("that OPENAI_CODEX_PATH names is a file, whatever Codex's own folder says", async () => {
    const file = join(home, "elsewhere.json");
    writeFileSync(file, JSON.stringify(authJson()));
    const found = await discover({ codexStore: "keyring", env: { OPENAI_CODEX_PATH: file } });
    expect(found.place).toMatchObject({ kind: "file", path: file });
  });
});

describe("planport's own sign-in in the keyring", () => {
  it("rests in an entry of its own, which goes before Codex's", async () => {
    await putEntry(KEYRING_SERVICE, ".codex", authJson());
    const options = { env: {}, platform: process.platform, homeDir: home, planportStore: "keyring", openKeyring };
    const store = openPlanportStore(options);
    await store.replace(new CredentialDocument(authJson({ account_id: "acct-own" }), "test"));
    expect([...entries.keys()]).toContain(`planport/${await keyringAccount(join(home, ".planport"))}`);
    const found = await discover({ planportStore: "keyring", codexStore: "keyring" });
    expect(found.credential).toMatchObject({ accountId: "acct-own" });
    expect(found.place).toMatchObject({ kind: "keyring", owner: "planport" });
  });

  it("that cannot be reached names the variable that put it there", async () => {
    isOutOfReach = true;
    expect((await failure({ planportStore: "keyring" })).message).toContain("PLANPORT_CREDENTIALS_STORE");
  });
});

describe("the command in PLANPORT_TOKEN_COMMAND", () => {
  const printing = (text: string): string =>
    JSON.stringify([process.execPath, "-e", "console.log(process.argv[1])", text]);

  it("is run when no variable holds a token, before any file is looked at", async () => {
    writeFileSync(join(home, ".codex/auth.json"), "broken");
    const PLANPORT_TOKEN_COMMAND = printing(accessToken(3600, "acct-printed"));
    const found = await discover({ env: { PLANPORT_TOKEN_COMMAND } });
    expect(found).toMatchObject({
      credential: { kind: "external", accountId: "acct-printed" },
      store: null,
      command: { origin: "$PLANPORT_TOKEN_COMMAND" },
      place: { kind: "command" },
    });
  });

  it("is not run when a variable holds a token", async () => {
    const env = { CODEX_PAT: "at-pat", PLANPORT_TOKEN_COMMAND: JSON.stringify(["/nothing/here"]) };
    expect((await discover({ env })).credential.kind).toBe("personalAccessToken");
  });

  it("that fails ends the search: going on would use another account than the one that was set up", async () => {
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify(authJson()));
    const env = { PLANPORT_TOKEN_COMMAND: JSON.stringify([process.execPath, "-e", "process.exit(4)"]) };
    expect(await failure({ env })).toMatchObject({ code: "refresh_unavailable" });
  });
});
