import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  createExternalSource,
  type ExternalSourceOptions,
  type ExternalTokens,
} from "../../src/auth/external-source.ts";
import { Secret } from "../../src/secret.ts";
import { accessToken, gate, jwt, NOW_MS } from "./support/fakes.ts";

const FIRST = accessToken(3600);
const SECOND = accessToken(7200);

function options(overrides: Partial<ExternalSourceOptions> = {}): ExternalSourceOptions {
  return {
    refresh: async () => ({ accessToken: SECOND }),
    now: () => NOW_MS,
    refreshEarlyMs: 30_000,
    onWarning: () => {},
    ...overrides,
  };
}

describe("a parent program's tokens", () => {
  it("are asked for at the first request when none were given", async () => {
    const refresh = vi.fn(async () => ({ accessToken: new Secret(FIRST) }));
    const source = createExternalSource(options({ refresh }));
    expect(refresh).not.toHaveBeenCalled();
    const grant = await source.get();
    expect(grant).toMatchObject({
      kind: "external",
      accountId: "acct-1",
      planType: "pro",
      expiresAtMs: NOW_MS + 3_600_000,
    });
    expect(refresh.mock.calls).toEqual([["initial", null, expect.anything()]]);
    await source.get();
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it("are used as they were given, and what the parent says of them wins over their claims", async () => {
    const initial = { accessToken: FIRST, accountId: "acct-9", planType: "team", expiresAtMs: NOW_MS + 60_000 };
    const refresh = vi.fn();
    const source = createExternalSource(options({ initial, refresh }));
    expect(await source.get()).toMatchObject({ accountId: "acct-9", planType: "team", expiresAtMs: NOW_MS + 60_000 });
    expect(refresh).not.toHaveBeenCalled();
  });

  it("are asked for once when many requests get a 401 at the same time", async () => {
    const answer = gate<ExternalTokens>();
    const refresh = vi.fn(() => answer.promise);
    const source = createExternalSource(options({ initial: { accessToken: FIRST }, refresh }));
    const grant = await source.get();
    const recovered = Array.from({ length: 20 }, () => source.recover(grant));
    answer.open({ accessToken: SECOND });
    const bearers = (await Promise.all(recovered)).map((next) => next?.bearer.reveal());
    expect(new Set(bearers)).toEqual(new Set([SECOND]));
    expect(refresh.mock.calls).toEqual([["unauthorized", "acct-1", expect.anything()]]);
    // One that comes late with the old token gets the new one without another question.
    expect((await source.recover(grant))?.bearer.reveal()).toBe(SECOND);
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it("are never asked for by two questions at a time", async () => {
    let open = 0;
    let most = 0;
    let nowMs = NOW_MS;
    const refresh = async (): Promise<ExternalTokens> => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { accessToken: accessToken(7200 + most) };
    };
    const source = createExternalSource(options({ initial: { accessToken: FIRST }, refresh, now: () => nowMs }));
    const grant = await source.get();
    nowMs += 3_599_000; // So that get() asks as well.
    await Promise.all([source.recover(grant), source.get(), source.recover(grant), source.get()]);
    expect(most).toBe(1);
  });

  it("leave the 401 standing when the parent gives the same token again", async () => {
    const refresh = vi.fn(async () => ({ accessToken: FIRST }));
    const source = createExternalSource(options({ initial: { accessToken: FIRST }, refresh }));
    expect(await source.recover(await source.get())).toBeNull();
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it("are renewed before they end, and serve on while the parent cannot renew them", async () => {
    const warnings: Error[] = [];
    let nowMs = NOW_MS;
    const refresh = vi.fn(async (): Promise<ExternalTokens> => {
      throw new Error(`no, with ${FIRST}`);
    });
    const source = createExternalSource(
      options({
        initial: { accessToken: FIRST },
        refresh,
        now: () => nowMs,
        onWarning: (error) => warnings.push(error),
      }),
    );
    nowMs += 3_580_000;
    expect((await source.get()).bearer.reveal()).toBe(FIRST);
    await source.get();
    expect(refresh.mock.calls).toEqual([["expired", "acct-1", expect.anything()]]);
    expect(warnings).toMatchObject([{ code: "refresh_unavailable" }]);
    expect(JSON.stringify(warnings, Object.getOwnPropertyNames(warnings[0]))).not.toContain(FIRST.slice(0, 30));
    nowMs += 30_000;
    await expect(source.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
  });

  it("do not keep a request waiting for longer than the limit, and a late answer is not looked at", async () => {
    const answer = gate<ExternalTokens>();
    let signal: AbortSignal | undefined;
    const source = createExternalSource(
      options({
        timeoutMs: 5,
        refresh: (_reason, _account, given) => {
          signal = given.signal;
          return answer.promise;
        },
      }),
    );
    await expect(source.get()).rejects.toMatchObject({
      code: "refresh_unavailable",
      message: "The program that provides the tokens did not answer within 0.005 s.",
    });
    expect(signal?.aborted).toBe(true);
    answer.open({ accessToken: SECOND });
    await answer.promise;
    await expect(source.get({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });

  it.each<readonly [string, unknown]>([
    ["`accessToken`", null],
    ["`accessToken`", {}],
    ["`accessToken`", { accessToken: 7 }],
    ["`accessToken`", { accessToken: "two words" }],
    ["`accountId`", { accessToken: "opaque", accountId: "acct\r\nx: y" }],
    ["`planType`", { accessToken: "opaque", planType: ["pro"] }],
    ["`expiresAtMs`", { accessToken: "opaque", expiresAtMs: "soon" }],
  ])("are refused with the field named: %s", async (field, answer) => {
    const source = createExternalSource(options({ refresh: async () => answer as ExternalTokens }));
    const error = await source.get().catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: "credential_malformed", message: expect.stringContaining(field) });
  });
});

describe("the workspace rule", () => {
  const other = accessToken(3600, "acct-2");

  it("refuses tokens of another workspace than before, and keeps those it has", async () => {
    const source = createExternalSource(
      options({ initial: { accessToken: FIRST }, refresh: async () => ({ accessToken: other }) }),
    );
    const grant = await source.get();
    await expect(source.recover(grant)).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect((await source.get()).bearer.reveal()).toBe(FIRST);
  });

  it("goes on with another workspace where that is asked for", async () => {
    const source = createExternalSource(
      options({
        initial: { accessToken: FIRST },
        refresh: async () => ({ accessToken: other }),
        otherAccount: "accept",
      }),
    );
    expect(await source.recover(await source.get())).toMatchObject({ accountId: "acct-2" });
  });

  it("holds all tokens to the forced workspaces, also those that are said to be of one and are not", async () => {
    const allowedWorkspaceIds = ["acct-1"];
    for (const answer of [
      { accessToken: other },
      { accessToken: other, accountId: "acct-1" },
      { accessToken: "opaque" },
    ])
      await expect(
        createExternalSource(options({ allowedWorkspaceIds, refresh: async () => answer })).get(),
      ).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(() => createExternalSource(options({ allowedWorkspaceIds, initial: { accessToken: other } }))).toThrow(
      "acct-2",
    );
    const source = createExternalSource(
      options({ allowedWorkspaceIds, refresh: async () => ({ accessToken: FIRST }) }),
    );
    expect(await source.get()).toMatchObject({ accountId: "acct-1" });
  });
});

it("writes nothing anywhere, in all that a source can go through", async () => {
  const folder = mkdtempSync(join(tmpdir(), "planport-external-"));
  const former = { cwd: process.cwd(), env: process.env };
  try {
    process.chdir(folder);
    process.env = { HOME: folder, USERPROFILE: folder, CODEX_HOME: folder, PLANPORT_HOME: folder, TMPDIR: folder };
    let count = 0;
    const refresh = async (): Promise<ExternalTokens> => ({
      accessToken: jwt({ exp: NOW_MS / 1000 + 60, n: ++count }),
    });
    const source = createExternalSource(options({ refresh }));
    const grant = await source.get();
    await source.recover(grant);
    await source.settled?.();
    expect(count).toBe(2);
    expect(readdirSync(folder, { recursive: true })).toEqual([]);
  } finally {
    process.env = former.env;
    process.chdir(former.cwd);
    rmSync(folder, { recursive: true });
  }
});

it("tells of each renewal, and of a listener that fails", async () => {
  const seen: string[] = [];
  const warnings: Error[] = [];
  const source = createExternalSource(
    options({
      initial: { accessToken: FIRST },
      onWarning: (error) => warnings.push(error),
      onRefreshed: (grant) => {
        seen.push(grant.bearer.reveal());
        throw new Error("listener");
      },
    }),
  );
  expect((await source.recover(await source.get()))?.bearer.reveal()).toBe(SECOND);
  expect(seen).toEqual([SECOND]);
  expect(warnings).toHaveLength(1);
});
