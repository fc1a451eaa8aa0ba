import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, type Running, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
  env = pointAt(simulator);
});

afterEach(async () => {
  await simulator.close();
});

const fileOf = (home: string, name: string): string => join(home, ".planport/accounts", name, "auth.json");

/** Adds an account that is signed in to a workspace of its own. Gives the workspace. */
function addAccount(home: string, name: string, accessTokenTtlMs?: number): string {
  const { id } = simulator.accounts.addAccount({ email: `${name}@example.com`, planType: "plus" });
  const tokens = simulator.issueTokens({ accountId: id, ...(accessTokenTtlMs !== undefined && { accessTokenTtlMs }) });
  const document = {
    auth_mode: "chatgpt",
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: id,
    },
  };
  put(home, `.planport/accounts/${name}/auth.json`, JSON.stringify(document));
  return id;
}

/** The workspaces that model calls went to. */
const served = (): (string | undefined)[] =>
  simulator.requests
    .filter((request) => request.target === "responses")
    .map((request) => request.headers["chatgpt-account-id"]);

describe("login --account", () => {
  it("keeps a sign-in of its own, for its owner alone, beside the one without a name", async () => {
    const home = newHome();
    const first = await run(home, ["login", "--device-auth", "--account", "work"], { env });
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`Kept in ${fileOf(home, "work")}.`);
    expect(first.stdout).toContain("--account work");
    expect(existsSync(join(home, ".planport/auth.json"))).toBe(false);
    if (process.platform !== "win32") expect(statSync(fileOf(home, "work")).mode & 0o777).toBe(0o600);
    const nameless = await run(home, ["ask", "hi"], { env });
    expect(nameless.code).toBe(3);
    expect(nameless.stderr).toContain("or choose one of your accounts with --account: work. Tried: ");
    expect((await run(home, ["ask", "--account", "work", "hi"], { env })).code).toBe(0);
  });

  it("takes an access token for an account, and PLANPORT_ACCOUNT names it", async () => {
    const home = newHome();
    const token = simulator.issuePersonalAccessToken();
    const named = { ...env, PLANPORT_ACCOUNT: "ci" };
    const { code } = await run(home, ["login", "--with-access-token"], { env: named, input: token });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(fileOf(home, "ci"), "utf8"))).toMatchObject({ personal_access_token: token });
    expect((await run(home, ["token"], { env: named })).stdout).toBe(`${token}\n`);
  });

  it.each(["../work", ".hidden", "a/b", "a b", "", "x".repeat(65), "con", "NUL.txt", "dot."])(
    "refuses the name %j and writes nothing",
    async (name) => {
      const home = newHome();
      const { code, stderr } = await run(home, ["login", "--device-auth", "--account", name], { env });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^planport: --account is not usable: it must [^\n]+\.\n$/);
      expect(existsSync(join(home, ".planport"))).toBe(false);
      expect(simulator.requests).toEqual([]);
    },
  );
});

describe("--account", () => {
  it.each([["models"], ["usage"], ["token"], ["status", "--json"], ["ask", "hi"]])(
    "%s works with it",
    async (...args) => {
      const home = newHome();
      addAccount(home, "work");
      const { code, stderr } = await run(home, [...args, "--account", "work"], { env });
      expect(stderr).toBe("");
      expect(code).toBe(0);
    },
  );

  it("means that account alone: no token of the environment and no other file goes before it", async () => {
    const home = signedInHome(simulator);
    const id = addAccount(home, "work");
    const other = { ...env, CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(), CODEX_ACCOUNT_ID: "another" };
    expect((await run(home, ["ask", "--account", "work", "hi"], { env: other })).code).toBe(0);
    expect(served()).toEqual([id]);
  });

  it("goes before PLANPORT_ACCOUNT", async () => {
    const home = newHome();
    addAccount(home, "home");
    const id = addAccount(home, "work");
    const named = { ...env, PLANPORT_ACCOUNT: "home" };
    expect((await run(home, ["ask", "--account", "work", "hi"], { env: named })).code).toBe(0);
    expect(served()).toEqual([id]);
  });

  it.each([["ask", "hi"], ["models"], ["usage"], ["token"], ["serve", "--port", "0"], ["logout"]])(
    "%s with a name that no account has ends with 3, the list and the command to run",
    async (...args) => {
      const home = signedInHome(simulator);
      addAccount(home, "home");
      addAccount(home, "work");
      const { code, stdout, stderr } = await run(home, [...args, "--account", "wrok"], { env });
      expect(code).toBe(3);
      expect(stdout).toBe("");
      expect(stderr).toContain("home, work.");
      expect(stderr).toContain("`planport login --account wrok`");
      expect(stderr.trimEnd()).not.toContain("\n");
      expect(simulator.requests).toEqual([]);
    },
  );

  it("says which account to sign in to again when its sign-in is over", async () => {
    const home = newHome();
    addAccount(home, "work", 1);
    simulator.expireRefreshTokens();
    const { code, stderr } = await run(home, ["token", "--account", "work"], { env });
    expect(code).toBe(3);
    expect(stderr).toContain("`planport login --account work`");
  });
});

describe("accounts", () => {
  it("lists name, email, plan, workspace and expiry, by name", async () => {
    const home = newHome();
    const work = addAccount(home, "work");
    const hobby = addAccount(home, "hobby");
    const { code, stdout } = await run(home, ["accounts"], { env: { ...env, PLANPORT_ACCOUNT: "work" } });
    expect(code).toBe(0);
    const [head = "", first = "", second = ""] = stdout.split("\n");
    expect(head).toMatch(/^NAME +WHO +PLAN +WORKSPACE +TOKEN$/);
    expect(first).toMatch(/^hobby +hobby@example\.com +plus +/);
    expect(first).toContain(hobby);
    expect(second).toMatch(/^work\* +work@example\.com +plus +/);
    expect(second).toContain(work);
    expect(second).toMatch(/expires \d{4}-\d\d-\d\d .*renewed by itself$/);
    expect(simulator.requests).toEqual([]);
  });

  it("says the same as JSON, and names what cannot be used without showing it", async () => {
    const home = newHome();
    const id = addAccount(home, "work");
    const secret = "rt-0123456789abcdefghij";
    put(home, ".planport/accounts/broken/auth.json", `{"tokens": "${secret}`);
    put(home, ".planport/accounts/not a name/auth.json", "{}");
    put(home, ".planport/accounts/empty/other.json", "{}");
    const { code, stdout } = await run(home, ["accounts", "--json"]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(secret);
    expect(JSON.parse(stdout)).toEqual({
      accounts: [
        expect.objectContaining({
          name: "broken",
          kind: null,
          problem: expect.objectContaining({ code: "credential_malformed" }) as unknown,
        }),
        {
          name: "work",
          file: fileOf(home, "work"),
          selected: false,
          kind: "chatgpt",
          email: "work@example.com",
          planType: "plus",
          accountId: id,
          expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
          renewable: true,
          problem: null,
        },
      ],
    });
  });

  it("says how to make one when there is none", async () => {
    const { code, stdout } = await run(newHome(), ["accounts"]);
    expect(code).toBe(0);
    expect(stdout).toBe("There are no named accounts. planport login --account NAME makes one.\n");
  });
});

describe("logout --account", () => {
  it("revokes and forgets that account, and leaves the others alone", async () => {
    const home = signedInHome(simulator);
    addAccount(home, "work");
    addAccount(home, "hobby");
    const { code, stdout } = await run(home, ["logout", "--account", "work"], { env });
    expect(code).toBe(0);
    expect(stdout).toBe(`Signed out. ${fileOf(home, "work")} is removed.\n`);
    expect(simulator.revoked).toBe(1);
    expect(existsSync(fileOf(home, "work"))).toBe(false);
    expect(existsSync(fileOf(home, "hobby"))).toBe(true);
    expect(existsSync(join(home, ".codex/auth.json"))).toBe(true);
    expect((await run(home, ["token", "--account", "hobby"], { env })).code).toBe(0);
  });
});

describe("serve", () => {
  async function serve(home: string, ...args: string[]): Promise<{ running: Running; url: string }> {
    const running = start(home, ["serve", "--port", "0", "--log-level", "info", ...args], { env });
    const [, url = ""] = await running.until(/listening on (http\S+)[\s\S]*Ctrl-C stops it/);
    return { running, url };
  }
  const ask = (url: string, account?: string): Promise<Response> =>
    fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(account !== undefined && { "x-planport-account": account }) },
      body: JSON.stringify({ model: "gpt-5.5", input: "hi" }),
    });
  const answered = async (call: Promise<Response>): Promise<number> => {
    const answer = await call;
    await answer.text();
    return answer.status;
  };

  it("uses the account of --account, and another one for the request that names it", async () => {
    const home = signedInHome(simulator);
    const work = addAccount(home, "work");
    const hobby = addAccount(home, "hobby");
    const { running, url } = await serve(home, "--account", "work");
    expect(await answered(ask(url))).toBe(200);
    expect(await answered(ask(url, "hobby"))).toBe(200);
    expect(await answered(ask(url, "work"))).toBe(200);
    expect(await answered(ask(url))).toBe(200);
    expect(served()).toEqual([work, hobby, work, work]);
    running.child.kill("SIGTERM");
    const { code, stderr } = await running.finished;
    if (process.platform !== "win32") expect(code).toBe(0);
    expect(stderr).toContain('"account":"hobby"');
  });

  it("renews one account's token once for requests that come together, and keeps what it got", async () => {
    const home = signedInHome(simulator);
    addAccount(home, "work");
    const { running, url } = await serve(home);
    simulator.expireAccessTokens();
    const statuses = await Promise.all(Array.from({ length: 8 }, () => answered(ask(url, "work"))));
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 200));
    expect(simulator.refreshes).toBe(1);
    expect(simulator.reusedRefreshTokens).toBe(0);
    running.child.kill("SIGTERM");
    await running.finished;
    expect((await run(home, ["ask", "--account", "work", "hi"], { env })).code).toBe(0);
    expect(simulator.refreshes).toBe(1);
  });

  it("renews in the background what would end within ten minutes, also of an account that a request named", async () => {
    const home = newHome();
    // Made a while ago, good for 400 s more: no request would renew it yet.
    let behindMs = 1_000_000;
    await simulator.close();
    simulator = await startSimulator({ clock: () => Date.now() - behindMs });
    env = pointAt(simulator);
    for (const name of ["work", "hobby"]) addAccount(home, name, 1_400_000);
    behindMs = 0;
    const { running, url } = await serve(home, "--account", "work");
    expect(await answered(ask(url, "hobby"))).toBe(200);
    expect(simulator.refreshes).toBe(0);
    await vi.waitFor(() => expect(simulator.refreshes).toBeGreaterThanOrEqual(2), { timeout: 50_000, interval: 200 });
    expect(simulator.reusedRefreshTokens).toBe(0);
    running.child.kill("SIGTERM");
    await running.finished;
    for (const name of ["work", "hobby"])
      expect((await run(home, ["ask", "--account", name, "hi"], { env })).code).toBe(0);
  });

  it("goes on with another account for no reason: not for a used-up plan either", async () => {
    const home = signedInHome(simulator);
    const work = addAccount(home, "work");
    addAccount(home, "hobby");
    simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } }, work);
    const { url } = await serve(home, "--account", "work");
    expect(await answered(ask(url))).toBe(429);
    expect(new Set(served())).toEqual(new Set([work]));
  });

  it("answers 400 with the list for a name that no account has, and serves it once it has signed in", async () => {
    const home = signedInHome(simulator);
    addAccount(home, "hobby");
    const { url } = await serve(home);
    const answer = await ask(url, "work");
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: Record<string, string> };
    expect(error).toMatchObject({ code: "request_invalid", param: "x-planport-account" });
    expect(error["message"]).toContain("There are: hobby.");
    expect(error["message"]).toContain("`planport login --account work`");
    addAccount(home, "work");
    expect(await answered(ask(url, "work"))).toBe(200);
  });

  it.each(["../hobby", "a/b", "hobby, hobby", ".", "con", "x".repeat(65)])(
    "refuses the header %j before anything is looked for",
    async (name) => {
      const home = signedInHome(simulator);
      addAccount(home, "hobby");
      const { url } = await serve(home);
      const answer = await ask(url, name);
      expect(answer.status).toBe(400);
      const { error } = (await answer.json()) as { error: Record<string, string> };
      expect(error["message"]).toMatch(/^The header x-planport-account must be /);
      expect(served()).toEqual([]);
    },
  );
});
