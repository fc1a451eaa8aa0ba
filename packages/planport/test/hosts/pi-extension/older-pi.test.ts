/** The extension in a pi from before 0.81. */
import { describe, expect, it, vi } from "vitest";
import { ask, calls, landing, load, startWorld } from "./kit.ts";
import { takeSignInPorts } from "../../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

const REPLY = "Reply with exactly: it works";

describe("an older pi", () => {
  it("gets the form that it knows, with a way to speak of each provider's own", async () => {
    const world = await startWorld();
    const { legacy, native } = await load(world.env, { form: "legacy" });
    expect(native.size).toBe(0);
    expect([...legacy].map(([id, { api, apiKey, oauth }]) => [id, api, typeof apiKey, typeof oauth])).toEqual([
      ["codex-token", "codex-token-responses", "string", "undefined"],
      ["planport", "planport-responses", "undefined", "object"],
    ]);
    expect(legacy.get("codex-token")?.apiKey).not.toMatch(/^[A-Z_]+$|^[!$]/);
  });

  it("gets answers with the token of the environment, and with one that it brings", async () => {
    const world = await startWorld();
    const [own, other] = [1, 2].map(() => world.simulator.issuePersonalAccessToken());
    const env = { ...world.env, CODEX_ACCESS_TOKEN: String(own) };
    const from = (await load(env, { form: "legacy" })).legacy.get("codex-token");
    if (from === undefined) throw new Error("there is no provider");
    const model = { ...from.models[0]!, api: from.api, provider: "codex-token", baseUrl: from.baseUrl };
    expect((await ask(from, model, REPLY, { apiKey: from.apiKey })).text).toBe("it works");
    expect((await ask(from, model, REPLY, { apiKey: other })).text).toBe("it works");
    const bearers = calls(world.simulator, "responses").map(({ headers }) => headers["authorization"]);
    expect(bearers).toEqual([`Bearer ${own}`, `Bearer ${other}`]);
  });

  it("signs in with what it has to ask with", async () => {
    const world = await startWorld();
    const oauth = (await load(world.env, { form: "legacy" })).legacy.get("planport")?.oauth;
    let page = "";
    const stored = await oauth?.login({
      onAuth: ({ url }) => {
        page = url;
      },
      onPrompt: async () => landing(page),
    });
    if (oauth === undefined || stored === undefined) throw new Error("there is no login");
    expect(oauth.getApiKey(stored)).toBe(stored.access);
    const renewed = await oauth.refreshToken(stored);
    expect(renewed.access).not.toBe(stored.access);
  });

  /** What it has to ask with, beside a question for a pasted code that only built-in providers get an answer to. */
  async function olderPi(onAuth: (url: string) => void, onPrompt: (url: string) => Promise<string>) {
    const world = await startWorld();
    const oauth = (await load(world.env, { form: "legacy" })).legacy.get("planport")?.oauth;
    if (oauth === undefined) throw new Error("there is no login");
    let page = "";
    const callbacks = {
      onAuth: ({ url }: { url: string }) => {
        page = url;
        onAuth(url);
      },
      onPrompt: async () => onPrompt(page),
      onManualCodeInput: () => new Promise<string>(() => {}),
    };
    return { world, oauth, callbacks };
  }

  it("asks for the code where it shows a field for it, and anew after a wrong one", async () => {
    let questions = 0;
    const pi = await olderPi(
      () => {},
      async (url) => (questions++ === 0 ? "http://localhost:1455/auth/callback?code=x&state=another" : landing(url)),
    );
    const stored = await pi.oauth.login(pi.callbacks);
    expect(stored.access).toEqual(expect.any(String));
    expect(questions).toBe(2);
  });

  it("is signed in when the browser comes back while that field is still open", async () => {
    let isAsked = false;
    const pi = await olderPi(
      () => {},
      async (url) => {
        isAsked = true;
        await fetch(await landing(url));
        return new Promise<string>(() => {});
      },
    );
    expect((await pi.oauth.login(pi.callbacks)).access).toEqual(expect.any(String));
    expect(isAsked).toBe(true);
  });

  it("starts no sign-in when the person leaves the choice of ways", async () => {
    const onAuth = vi.fn<(url: string) => void>();
    const pi = await olderPi(onAuth, async () => "");
    const login = pi.oauth.login({ ...pi.callbacks, onSelect: async () => undefined });
    await expect(login).rejects.toThrow(/^Login cancelled$/);
    expect(onAuth).not.toHaveBeenCalled();
  });
});
