import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AuthStorage, type AuthStorageOptions, ModelRegistry } from "../../src/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { type PiFolder, piFolder } from "./support/pi.ts";

let pi: PiFolder;
let simulator: Simulator;
const servers: Server[] = [];

beforeEach(async () => {
  pi = piFolder();
  simulator = await startSimulator({ autoApprove: true, anyRedirectPort: true });
});

afterEach(async () => {
  await simulator.close();
  for (const server of servers.splice(0)) server.close();
  pi.remove();
});

function storage(options: AuthStorageOptions = {}): AuthStorage {
  return pi.storage({ issuer: simulator.issuer, ports: [0], now: Date.now, ...options });
}

/** Follows redirects to where the sign-in ends, without going there: what a person would paste. */
async function lastAddress(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  return new URL(response.headers.get("location") ?? "", url).href;
}

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("the document's own lines", () => {
  it("sign in with onAuth and onPrompt, give a key, and find a model", async () => {
    const authStorage = storage();
    const modelRegistry = new ModelRegistry(authStorage);
    const prompts: string[] = [];
    await authStorage.login("openai-codex", {
      onAuth: ({ url }) => void fetch(url),
      onPrompt: async ({ message }) => {
        prompts.push(message);
        return "";
      },
    });
    const apiKey = await authStorage.getApiKey("openai-codex");
    expect(prompts).toEqual([]);
    expect(pi.read()["openai-codex"]).toEqual({
      type: "oauth",
      access: apiKey,
      refresh: expect.any(String) as unknown,
      expires: expect.any(Number) as unknown,
      accountId: simulator.accounts.default.id,
      issuer: simulator.issuer,
    });
    expect(modelRegistry.getAvailable()).toEqual(modelRegistry.getAll());
    expect(modelRegistry.isUsingOAuth({ provider: "openai-codex" })).toBe(true);
    expect(authStorage.list()).toEqual(["openai-codex"]);
  });
});

describe("signing in through AuthStorage", () => {
  it.each([
    ["the whole address", (address: string) => address],
    ["the code alone", (address: string) => new URL(address).searchParams.get("code") ?? ""],
    [
      "code#state",
      (address: string) => {
        const { searchParams } = new URL(address);
        return `${searchParams.get("code")}#${searchParams.get("state")}`;
      },
    ],
    ["the query", (address: string) => new URL(address).search],
  ])("asks to paste at once when port 1455 is in use, and takes %s", async (_what, pasted) => {
    const messages: string[] = [];
    let address = "";
    const authStorage = storage({ ports: [await takenPort()] });
    const progress: string[] = [];
    await authStorage.login("openai-codex", {
      onAuth: ({ url }) => {
        address = url;
      },
      onPrompt: async ({ message }) => {
        messages.push(message);
        return pasted(await lastAddress(address));
      },
      onProgress: (text) => progress.push(text),
    });
    expect(messages).toEqual([expect.stringMatching(/^Port 1455 already in use.*Paste the authorization code/)]);
    expect(progress[0]).toMatch(/^Port 1455 already in use/);
    expect(authStorage.has("openai-codex")).toBe(true);
  });

  it("asks to paste when the browser stays away, and takes the question back when it comes", async () => {
    let url = "";
    let aborted = false;
    await storage({ promptAfterMs: 1 }).login("openai-codex", {
      onAuth: (info) => {
        url = info.url;
      },
      onPrompt: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("taken back"));
          });
          void fetch(url);
        }),
    });
    expect(aborted).toBe(true);
    expect(pi.read()).toHaveProperty("openai-codex");
  });

  it("asks beside the browser from the start with onManualCodeInput, and again when that was of no use", async () => {
    let url = "";
    const messages: string[] = [];
    await storage().login("openai-codex", {
      onAuth: (info) => {
        url = info.url;
      },
      onManualCodeInput: async () => "https://example.com/?nothing=here",
      onPrompt: async ({ message }) => {
        messages.push(message);
        return lastAddress(url);
      },
    });
    expect(messages).toEqual([expect.stringMatching(/^There is no code in that\..*Paste/)]);
  });

  it("refuses an address of another sign-in, and goes on", async () => {
    let url = "";
    let asked = 0;
    await storage().login("openai-codex", {
      onAuth: (info) => {
        url = info.url;
      },
      onManualCodeInput: async () => (await lastAddress(url)).replace(/state=[^&]+/, "state=other"),
      onPrompt: async () => {
        asked += 1;
        return lastAddress(url);
      },
    });
    expect(asked).toBe(1);
  });

  it("ends with what the host throws in place of an answer, and stores nothing", async () => {
    const port = await takenPort();
    const fault = new Error("the person has gone");
    const onPrompt = async (): Promise<string> => {
      throw fault;
    };
    const failure = await storage({ ports: [port] })
      .login("openai-codex", { onAuth: () => {}, onPrompt })
      .catch((error: unknown) => error);
    expect(failure).toBe(fault);
    expect(storage().has("openai-codex")).toBe(false);
  });

  it.each([
    ["by its signal", { signal: AbortSignal.abort() }],
    ["by an empty answer", {}],
  ])("is cancelled %s", async (_how, extra) => {
    const login = storage({ ports: [await takenPort()] }).login("openai-codex", {
      onAuth: () => {},
      onPrompt: async () => "",
      ...extra,
    });
    await expect(login).rejects.toMatchObject({ code: "sign_in_cancelled" });
  });

  it("knows no other provider, and says which it knows", async () => {
    const login = storage().login("google", { onAuth: () => {}, onPrompt: async () => "" });
    await expect(login).rejects.toMatchObject({
      code: "oauth_provider_unknown",
      status: 400,
      message: expect.stringMatching(/^Unknown OAuth provider: google\. .*openai-codex/) as unknown,
    });
    expect(
      storage()
        .getOAuthProviders()
        .map(({ id }) => id),
    ).toEqual(["openai-codex"]);
  });

  it("does not begin when the login could not be stored in the file", async () => {
    pi.write("{ broken");
    let opened = false;
    const login = storage().login("openai-codex", {
      onAuth: () => {
        opened = true;
      },
      onPrompt: async () => "",
    });
    await expect(login).rejects.toMatchObject({ code: "credential_malformed" });
    expect(opened).toBe(false);
  });
});

describe("signing out through AuthStorage", () => {
  async function signedIn(options: AuthStorageOptions = {}): Promise<AuthStorage> {
    const authStorage = storage(options);
    await authStorage.login("openai-codex", { onAuth: ({ url }) => void fetch(url), onPrompt: async () => "" });
    return authStorage;
  }

  it("forgets the login at once, keeps the others, and tells the server", async () => {
    const authStorage = await signedIn();
    await authStorage.set("openai", { type: "api_key", key: "k" });
    const done = authStorage.logout("openai-codex");
    expect(authStorage.list()).toEqual(["openai"]);
    await done;
    expect(pi.read()).toEqual({ openai: { type: "api_key", key: "k" } });
    expect(simulator.revoked).toBeGreaterThan(0);
  });

  it("forgets the login also when the server cannot be told", async () => {
    const authStorage = await signedIn();
    await simulator.close();
    await authStorage.logout("openai-codex");
    expect(pi.read()).toEqual({});
  });

  it("of what is no login asks no server", async () => {
    const authStorage = storage();
    await authStorage.set("openai", { type: "api_key", key: "k" });
    await authStorage.logout("openai");
    await authStorage.logout("never-there");
    expect(pi.read()).toEqual({});
    expect(simulator.requests).toEqual([]);
  });

  it("ends in a new sign-in that works, after a login that the server has ended", async () => {
    const authStorage = await signedIn();
    const entry = authStorage.get("openai-codex");
    if (entry?.type !== "oauth") throw new Error("no login");
    await authStorage.set("openai-codex", { ...entry, expires: 0 });
    simulator.expireRefreshTokens();
    await expect(authStorage.getApiKey("openai-codex")).rejects.toMatchObject({ code: "refresh_rejected" });
    expect(pi.read()["openai-codex"]).toMatchObject({ refresh: entry.refresh });
    const again = await signedIn();
    expect(await again.getApiKey("openai-codex")).toBe(pi.read()["openai-codex"]?.["access"]);
  });

  it("a login that ended is renewed at the server that issued it, over real HTTP", async () => {
    const authStorage = await signedIn();
    const entry = authStorage.get("openai-codex");
    if (entry?.type !== "oauth") throw new Error("no login");
    await authStorage.set("openai-codex", { ...entry, expires: 0 });
    // Another storage that knows nothing of the simulator: the entry says who issued it.
    const other = pi.storage({ now: Date.now });
    const keys = await Promise.all([other.getApiKey("openai-codex"), authStorage.getApiKey("openai-codex")]);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(entry.access);
    expect([simulator.refreshes, simulator.reusedRefreshTokens]).toEqual([1, 0]);
  });
});
