/** A login is renewed once for each refresh token, whatever pi does with the answer. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PiStored } from "../../../src/hosts/pi/extension/host.ts";
import { type Renewal, renewOnce } from "../../../src/hosts/pi/extension/renewals.ts";
import { renewLogin } from "../../../src/hosts/pi/extension/sign-in.ts";
import { Secret } from "../../../src/secret.ts";
import { serverError } from "../../../src/simulator/index.ts";
import { provider, startWorld, type World } from "./kit.ts";

const NOW_MS = Date.UTC(2026, 10, 20);
let tests = 0;

/** A server that gives the token `a2` for `a1` and so on, each for an hour, and takes none twice. */
class Server {
  readonly asked: string[] = [];
  readonly #test = tests++;

  /** Tokens of this test's own: what was renewed is remembered by the process. */
  token(name: string): Secret {
    return new Secret(`${name}-${this.#test}`);
  }

  readonly renew = async (token: Secret): Promise<Renewal> => {
    const [name = ""] = token.reveal().split("-");
    if (this.asked.includes(name)) throw new Error(`${name} is spent`);
    this.asked.push(name);
    return this.#answer(`a${Number(name.slice(1)) + 1}`);
  };

  #answer(refresh: string): Renewal {
    const tokens = { accessToken: new Secret(`for ${refresh}`), refreshToken: this.token(refresh), idToken: null };
    return { tokens, expiresAtMs: Date.now() + 3_600_000 };
  }
}

/** The next refresh token, without its test. */
async function next(token: Secret, server: Server): Promise<string | undefined> {
  return (await renewOnce(token, server.renew)).tokens.refreshToken?.reveal().split("-")[0];
}

describe("a refresh token is spent once", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW_MS });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("for all who ask with it, at the same time or later", async () => {
    const server = new Server();
    expect(await Promise.all([next(server.token("a1"), server), next(server.token("a1"), server)])).toEqual([
      "a2",
      "a2",
    ]);
    expect(await next(server.token("a1"), server)).toBe("a2");
    expect(server.asked).toEqual(["a1"]);
  });

  it("and when the answer's own time is over, the token that it brought is spent in turn", async () => {
    const server = new Server();
    await next(server.token("a1"), server);
    vi.setSystemTime(NOW_MS + 3_600_000);
    expect(await next(server.token("a1"), server)).toBe("a3");
    vi.setSystemTime(NOW_MS + 7_200_000);
    expect(await next(server.token("a1"), server)).toBe("a4");
    expect(server.asked).toEqual(["a1", "a2", "a3"]);
  });

  it("which stays the one to keep where the server gives no other", async () => {
    const server = new Server();
    await next(server.token("a1"), server);
    vi.setSystemTime(NOW_MS + 3_600_000);
    const tokens = { accessToken: new Secret("for a2 again"), refreshToken: null, idToken: null };
    const spent: string[] = [];
    const spend = async (token: Secret): Promise<Renewal> => {
      spent.push(token.reveal());
      return { tokens, expiresAtMs: Date.now() + 3_600_000 };
    };
    const { tokens: given } = await renewOnce(server.token("a1"), spend);
    expect([spent, given.accessToken?.reveal(), given.refreshToken?.reveal()]).toEqual([
      [server.token("a2").reveal()],
      "for a2 again",
      server.token("a2").reveal(),
    ]);
  });

  it("as the one that came without an access token is", async () => {
    const server = new Server();
    const half = async (): Promise<Renewal> => ({
      tokens: { accessToken: null, refreshToken: server.token("a2"), idToken: null },
      expiresAtMs: NOW_MS + 1,
    });
    expect((await renewOnce(server.token("a1"), half)).tokens.accessToken).toBeNull();
    expect(await next(server.token("a1"), server)).toBe("a3");
    expect(server.asked).toEqual(["a2"]);
  });

  it("unless that failed, or the server leaves it as it was, or gives it back later", async () => {
    const server = new Server();
    const failing = vi.fn<() => Promise<Renewal>>().mockRejectedValue(new Error("away"));
    await expect(renewOnce(server.token("a1"), failing)).rejects.toThrow("away");
    expect(await next(server.token("a1"), server)).toBe("a2");
    const giving = (refreshToken: Secret | null) =>
      vi.fn<() => Promise<Renewal>>().mockResolvedValue({
        tokens: { accessToken: new Secret("a"), refreshToken, idToken: null },
        expiresAtMs: NOW_MS + 1,
      });
    for (const spend of [giving(null), giving(server.token("b1"))]) {
      await renewOnce(server.token("b1"), spend);
      await renewOnce(server.token("b1"), spend);
      expect(spend).toHaveBeenCalledTimes(2);
    }
    await renewOnce(server.token("a2"), giving(server.token("a1")));
    const again = giving(server.token("c1"));
    await renewOnce(server.token("a1"), again);
    expect(again).toHaveBeenCalledOnce();
  });

  it("of the newest sixteen; what came before is forgotten", async () => {
    const server = new Server();
    for (let count = 1; count <= 17; count++) await next(server.token(`a${count * 100}`), server);
    expect(await next(server.token("a200"), server)).toBe("a201");
    await expect(next(server.token("a100"), server)).rejects.toThrow("a100 is spent");
  });
});

describe("pi's refresh", () => {
  async function loginOf(world: World) {
    const oauth = (await provider(world.env, "planport")).auth.oauth;
    if (oauth === undefined) throw new Error("there is no login");
    const { accessToken, refreshToken, accountId } = world.simulator.issueTokens();
    const stored: PiStored = {
      type: "oauth",
      access: accessToken,
      refresh: refreshToken,
      expires: 0,
      accountId,
      issuer: world.simulator.issuer,
    };
    return { oauth, stored };
  }

  it("that pi gave up while the server was asked has its answer for the next one, in an extension that is loaded anew as well", async () => {
    const world = await startWorld();
    const { oauth, stored } = await loginOf(world);
    const over = new AbortController();
    const running = renewLogin(stored, { name: "planport", env: world.env }, over.signal);
    over.abort(); // pi throws away what comes now, and writes nothing.
    const lost = await running;
    expect(lost.refresh).not.toBe(stored.refresh);
    expect(await oauth.refresh({ ...stored, other: "kept" })).toEqual({ ...lost, other: "kept" });
    vi.resetModules();
    const { provider: providerAnew } = await import("./kit.ts");
    const anew = (await providerAnew(world.env, "planport")).auth.oauth;
    expect(await anew?.refresh(stored)).toEqual(lost);
    expect(world.simulator.refreshes).toBe(1);
    expect((await oauth.refresh(lost)).refresh).not.toBe(lost.refresh);
  });

  it("that is given up before anything was sent spends nothing", async () => {
    const world = await startWorld();
    const { oauth, stored } = await loginOf(world);
    await expect(oauth.refresh(stored, AbortSignal.abort())).rejects.toThrow(/aborted/);
    expect(world.simulator.requests).toEqual([]);
  });

  it("that failed is tried again", async () => {
    const world = await startWorld();
    const { oauth, stored } = await loginOf(world);
    world.simulator.script.push("token", serverError(503));
    await expect(oauth.refresh(stored)).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect((await oauth.refresh(stored)).access).not.toBe(stored.access);
  });
});
