/** How the extension stands in a pi: which providers, in which form, and what it never does. */
import { describe, expect, it, vi } from "vitest";
import { createAccountFile } from "../../../src/hosts/pi/extension/account-file.ts";
import type { PiStored } from "../../../src/hosts/pi/extension/host.ts";
import { planportExtension } from "../../../src/hosts/pi/extension/index.ts";
import { takeEnvironment } from "../../../src/hosts/pi/extension/keys.ts";
import { Secret } from "../../../src/secret.ts";
import { ask, calls, landing, load, modelOf, newFolder, person, provider, startWorld, type World } from "./kit.ts";
import { takeSignInPorts } from "../../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

const REPLY = "Reply with exactly: it works";

async function resolved(env: Record<string, string>, id: string, credential?: PiStored) {
  return (await provider(env, id)).auth.apiKey.resolve({ ...(credential !== undefined && { credential }) });
}

describe("pi's start", () => {
  it("never fails: what goes wrong is a warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const registerProvider = (): void => {
      throw new Error("no room");
    };
    await planportExtension({ registerProvider }, { env: { CODEX_MODELS: "a" } });
    expect(warn.mock.calls).toEqual([["no room", "planport"]]);
    warn.mockRestore();
  });

  it("waits for the list of models no longer than the limit, and shows the fallback then", async () => {
    const world = await startWorld();
    world.simulator.script.always("models", { kind: "stall" });
    const env = { ...world.env, CODEX_ACCESS_TOKEN: world.simulator.issuePersonalAccessToken() };
    const { native } = await load(env, { discoveryLimitMs: 30 });
    expect(
      native
        .get("codex-token")
        ?.getModels()
        .map(({ id }) => id),
    ).toEqual(["gpt-5.5"]);
    expect(native.get("planport")?.getModels().length).toBeGreaterThan(3);
  });

  it("asks nobody when there is no token", async () => {
    const world = await startWorld();
    await load(world.env);
    expect(world.simulator.requests).toEqual([]);
  });
});

describe("PLANPORT_PI_PROVIDER_ID", () => {
  it("PI-06: openai-codex takes the place of pi's own, with its name and the models of the document", async () => {
    const world = await startWorld();
    const { native } = await load({ ...world.env, PLANPORT_PI_PROVIDER_ID: "openai-codex" });
    expect([...native.keys()]).toEqual(["codex-token", "openai-codex"]);
    const from = native.get("openai-codex");
    expect(from?.name).toBe("ChatGPT Plus/Pro (Codex Subscription)");
    expect(from?.auth.oauth?.name).toBe("ChatGPT Plus/Pro (Codex Subscription)");
  });

  it("PI-04: there each model of the document answers", async () => {
    const world = await startWorld();
    const token = world.simulator.issueTokens().accessToken;
    const env = { ...world.env, PLANPORT_PI_PROVIDER_ID: "openai-codex", OPENAI_API_KEY: token };
    const from = await provider(env, "openai-codex");
    const documented = ["gpt-5.2-codex", "gpt-4.5-vision-preview", "gpt-5-64k", "gpt-5-preview", "o1-pro"];
    for (const id of documented) expect((await ask(from, modelOf(from, id), REPLY)).text).toBe("it works");
  });

  it("is passed over with a warning when it is no name for a provider", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { native } = await load({ CODEX_MODELS: "a", PLANPORT_PI_PROVIDER_ID: "codex-token" });
    expect([...native.keys()]).toEqual(["codex-token", "planport"]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

describe("PI-14 and PI-16: a token", () => {
  it("is what is stored, then that of the environment; OPENAI_API_KEY counts when it holds a plan's token", async () => {
    const world = await startWorld();
    const { accessToken } = world.simulator.issueTokens();
    const env = { ...world.env, OPENAI_API_KEY: accessToken };
    expect(await resolved(env, "planport", { type: "api_key", key: " at-stored " })).toEqual({
      auth: { apiKey: "at-stored" },
      source: "stored token",
    });
    expect(await resolved(env, "planport")).toMatchObject({ auth: { apiKey: accessToken }, source: "OPENAI_API_KEY" });
    expect(await resolved({ ...env, OPENAI_API_KEY: "at-env" }, "planport")).toMatchObject({
      auth: { apiKey: "at-env" },
    });
    expect(await resolved({ ...env, CODEX_PAT: "at-pat" }, "planport")).toMatchObject({ source: "CODEX_PAT" });
  });

  it("comes with the variables that are stored with it, which hold for the call", async () => {
    const env = { CODEX_MODELS: "a", CODEX_HOME: newFolder() };
    const variables = { CODEX_ACCOUNT_ID: "acct-1" };
    const stored = { type: "api_key" as const, key: "at-stored", env: variables };
    expect(await resolved(env, "planport", stored)).toEqual({
      auth: { apiKey: "at-stored" },
      env: variables,
      source: "stored token",
    });
    const named = { type: "api_key" as const, env: { CODEX_PAT: "at-named" } };
    expect(await resolved(env, "codex-token", named)).toEqual({
      auth: { apiKey: "at-named" },
      env: named.env,
      source: "CODEX_PAT",
    });
  });

  it("is not an API key, nor a token of another issuer, nor anything in OPENAI_API_KEY for codex-token", async () => {
    const world = await startWorld();
    expect(await resolved({ ...world.env, OPENAI_API_KEY: "sk-x" }, "planport")).toBeUndefined();
    const foreign = `e30.${Buffer.from('{"iss":"another"}').toString("base64url")}.x`;
    expect(await resolved({ ...world.env, OPENAI_API_KEY: foreign }, "planport")).toBeUndefined();
    expect(world.simulator.requests).toEqual([]);
    expect(await resolved({ ...world.env, OPENAI_API_KEY: "at-x" }, "codex-token")).toBeUndefined();
  });

  it("of a plan is taken out of the process's OPENAI_API_KEY, so that pi sends it to nobody else; an API key stays", () => {
    const env: Record<string, string | undefined> = { OPENAI_API_KEY: "at-1", OTHER: "x" };
    expect(takeEnvironment(env)).toEqual({ OPENAI_API_KEY: "at-1", OTHER: "x" });
    expect(env).toEqual({ OTHER: "x" });
    expect(takeEnvironment(env)).toEqual({ OPENAI_API_KEY: "at-1", OTHER: "x" });
    const billed = { OPENAI_API_KEY: "sk-1" };
    expect(takeEnvironment(billed)).toEqual({ OPENAI_API_KEY: "sk-1" });
    expect(billed).toEqual({ OPENAI_API_KEY: "sk-1" });
  });

  it("in OPENAI_API_KEY answers, with the workspace that is in it", async () => {
    const world = await startWorld();
    const { accessToken, accountId } = world.simulator.issueTokens();
    const from = await provider({ ...world.env, OPENAI_API_KEY: accessToken }, "planport");
    expect((await ask(from, modelOf(from, "gpt-5.5"), REPLY)).text).toBe("it works");
    expect(calls(world.simulator, "responses")[0]?.headers["chatgpt-account-id"]).toBe(accountId);
  });
});

describe("/login", () => {
  const signIn = async (world: World, who: ReturnType<typeof person>, env: Record<string, string> = {}) => {
    const oauth = (await provider({ ...world.env, ...env }, "planport")).auth.oauth;
    if (oauth === undefined) throw new Error("there is no login");
    return { oauth, stored: await oauth.login(who.interaction) };
  };

  it("PI-01, PI-03, PI-22: signs in with a browser, by PKCE, and gives pi what it stores in its form", async () => {
    const world = await startWorld();
    const who = person("browser", landing);
    const { oauth, stored } = await signIn(world, who);
    expect(stored).toMatchObject({
      type: "oauth",
      access: expect.any(String) as string,
      refresh: expect.any(String) as string,
      accountId: world.simulator.accounts.default.id,
    });
    expect(stored.expires).toBeGreaterThan(Date.now());
    const page = who.shown.find((event) => event.type === "auth_url");
    const query = new URL(page?.type === "auth_url" ? page.url : "").searchParams;
    expect(query.get("code_challenge_method")).toBe("S256");
    expect(query.get("originator")).toBe("pi");
    const from = await provider(world.env, "planport");
    const auth = await oauth.toAuth(stored);
    expect((await ask(from, modelOf(from, "gpt-5.5"), REPLY, auth)).text).toBe("it works");
  });

  it("PI-07, PI-08: is done when the browser comes back, and takes the question to paste back", async () => {
    const world = await startWorld();
    let isTakenBack = false;
    const who = person("browser", () => new Promise(() => {}));
    const { prompt, notify } = who.interaction;
    who.interaction.prompt = (question) => {
      question.signal?.addEventListener("abort", () => (isTakenBack = true));
      return prompt(question);
    };
    who.interaction.notify = (event) => {
      notify(event);
      if (event.type === "auth_url") void landing(event.url).then((address) => fetch(address));
    };
    const { stored } = await signIn(world, who);
    expect(stored.access).toEqual(expect.any(String));
    expect(isTakenBack).toBe(true);
  });

  it("PI-12, PI-17: takes a code, an address, a query and code#state, and refuses those of another sign-in", async () => {
    const world = await startWorld();
    const forms = [
      (url: URL) => url.href,
      (url: URL) => url.searchParams.get("code") ?? "",
      (url: URL) => url.search.slice(1),
      (url: URL) => `${url.searchParams.get("code")}#${url.searchParams.get("state")}`,
    ];
    for (const form of forms) {
      const who = person("browser", async (page) => form(new URL(await landing(page))));
      expect((await signIn(world, who)).stored.access).toEqual(expect.any(String));
    }
    let tries = 0;
    const who = person("browser", async (page) => {
      const address = new URL(await landing(page));
      if (tries++ === 0) address.searchParams.set("state", "another");
      return address.href;
    });
    await signIn(world, who);
    expect(who.asked.filter(({ type }) => type === "manual_code")).toHaveLength(2);
  });

  it("signs in with a device code", async () => {
    const world = await startWorld();
    const who = person("device", async () => "");
    const { stored } = await signIn(world, who);
    expect(stored).toMatchObject({ type: "oauth", accountId: world.simulator.accounts.default.id });
    expect(who.shown.find((event) => event.type === "device_code")).toMatchObject({
      verificationUri: `${world.simulator.issuer}/codex/device`,
    });
  });

  it("given up is given up in pi's own word, which pi passes over in silence", async () => {
    const world = await startWorld();
    const over = new AbortController();
    const who = person("browser", () => new Promise(() => {}), over.signal);
    const { notify } = who.interaction;
    who.interaction.notify = (event) => {
      notify(event);
      if (event.type === "auth_url") over.abort();
    };
    await expect(signIn(world, who)).rejects.toThrow(/^Login cancelled$/);
  });

  it("for a token asks for it and stores it as a key", async () => {
    const from = await provider({ CODEX_MODELS: "a" }, "codex-token");
    const who = person("browser", async () => " at-pasted ");
    expect(await from.auth.apiKey.login(who.interaction)).toEqual({ type: "api_key", key: "at-pasted" });
    expect(who.asked[0]?.type).toBe("secret");
  });

  it("PI-02, PI-18: a login is renewed at the server that it came from, and a refusal says to log in again", async () => {
    const world = await startWorld();
    const { oauth, stored } = await signIn(world, person("browser", landing));
    const before = world.simulator.refreshes;
    const renewed = await oauth.refresh(stored);
    expect(world.simulator.refreshes).toBe(before + 1);
    expect(renewed).toMatchObject({ type: "oauth", accountId: stored.accountId, issuer: world.simulator.issuer });
    expect(renewed.access).not.toBe(stored.access);
    world.simulator.expireRefreshTokens();
    await expect(oauth.refresh(renewed)).rejects.toThrow(/Log in again: \/login/);
  });
});

describe("a newer list of models", () => {
  it("is the account's, is kept by pi, and is shown again when pi may not ask", async () => {
    const world = await startWorld();
    const from = await provider(world.env, "planport");
    const { accessToken, accountId } = world.simulator.issueTokens();
    const credential = { type: "oauth" as const, access: accessToken, accountId };
    let kept: Parameters<Parameters<typeof from.refreshModels>[0]["publish"]>[0]["persist"];
    const publish = async (change: { persist?: typeof kept; update?: () => void }): Promise<boolean> => {
      kept = change.persist;
      change.update?.();
      return true;
    };
    await from.refreshModels({ credential, allowNetwork: true, publish });
    expect(calls(world.simulator, "models")[0]?.headers["chatgpt-account-id"]).toBe(accountId);
    const ids = from.getModels().map(({ id }) => id);
    expect(kept?.models.map(({ id }) => id)).toEqual(ids);
    const later = await provider(world.env, "planport");
    const stored = { models: (kept?.models ?? []).slice(0, 1) };
    await later.refreshModels({ credential, allowNetwork: false, stored, publish });
    expect(later.getModels().map(({ id }) => id)).toEqual(ids.slice(0, 1));
  });

  it("PI-04: has the models of the document beside it under pi's own name for the plan, of which pi keeps none", async () => {
    const world = await startWorld();
    const from = await provider({ ...world.env, PLANPORT_PI_PROVIDER_ID: "openai-codex" }, "openai-codex");
    const { accessToken, accountId } = world.simulator.issueTokens();
    const kept: string[] = [];
    await from.refreshModels({
      credential: { type: "oauth", access: accessToken, accountId },
      allowNetwork: true,
      publish: async ({ persist, update }) => {
        kept.push(...(persist?.models ?? []).map(({ id }) => id));
        update?.();
        return true;
      },
    });
    const shown = from.getModels().map(({ id }) => id);
    expect(kept).toContain("gpt-5.5");
    expect(shown.slice(0, kept.length)).toEqual(kept);
    expect(shown.slice(kept.length)).toContain("gpt-5.2-codex");
    expect(kept).not.toContain("gpt-5.2-codex");
  });

  it("takes no place of what CODEX_MODELS names, and none when it cannot be had", async () => {
    const world = await startWorld();
    const publish = vi.fn<() => Promise<boolean>>(async () => true);
    const credential = { type: "api_key" as const, key: "at-made-up" };
    const pinned = await provider({ ...world.env, CODEX_MODELS: "a" }, "planport");
    await pinned.refreshModels({ credential, allowNetwork: true, publish });
    const from = await provider(world.env, "planport");
    await from.refreshModels({ credential, allowNetwork: true, publish });
    expect(publish).not.toHaveBeenCalled();
  });
});

it("the file of workspaces forgets a token that is refused, and puts up with what is no JSON", async () => {
  const file = `${newFolder()}/accounts.json`;
  const cache = createAccountFile(file);
  const token = new Secret("at-1");
  const identity = { accountId: "acct-1", fedramp: false, email: null, planType: null, userId: null };
  await cache.set(token, identity);
  expect(await cache.get(token)).toEqual(identity);
  await cache.forget(token);
  expect(await cache.get(token)).toBeNull();
});
