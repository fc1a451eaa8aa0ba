import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { createRouteFinder, readRoute } from "../../src/upstream/routing.ts";
import { grant } from "./support.ts";

function accounts(...entries: unknown[]): string {
  return JSON.stringify({ accounts: entries, default_account_id: "a" });
}
const entry = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "a",
  workspace_backend_origin: "NO_CONSTRAINT",
  account_routing_override: "NO_CONSTRAINT",
  ...fields,
});

describe("workspace routing", () => {
  it("without constraints keeps the configured base", () => {
    expect(readRoute(accounts(entry()), "a")).toEqual({ origin: null, override: null });
  });

  it("gives the origin and the override of the account", () => {
    const text = accounts(
      entry({ id: "other", workspace_backend_origin: "https://other.test" }),
      entry({ workspace_backend_origin: "https://gov.chatgpt.com", account_routing_override: "us_cr" }),
    );
    expect(readRoute(text, "a")).toEqual({ origin: "https://gov.chatgpt.com", override: "us_cr" });
  });

  it("takes the default account when the credential does not know its own", () => {
    expect(readRoute(accounts(entry({ account_routing_override: "us" })), null).override).toBe("us");
  });

  it.each<[string, string]>([
    ["no JSON", "<html>"],
    ["a map in place of a list", JSON.stringify({ accounts: { a: entry() } })],
    ["no entry for the account", accounts(entry({ id: "b" }))],
    ["two entries for the account", accounts(entry(), entry())],
    ["no origin", accounts(entry({ workspace_backend_origin: undefined }))],
    ["a null origin", accounts(entry({ workspace_backend_origin: null }))],
    ["an http origin", accounts(entry({ workspace_backend_origin: "http://chatgpt.com" }))],
    ["an origin with a path", accounts(entry({ workspace_backend_origin: "https://chatgpt.com/evil" }))],
    ["an origin with credentials", accounts(entry({ workspace_backend_origin: "https://a:b@chatgpt.com" }))],
    ["an origin with a query", accounts(entry({ workspace_backend_origin: "https://chatgpt.com?x" }))],
    ["an unknown override", accounts(entry({ account_routing_override: "mars" }))],
    ["no override", accounts(entry({ account_routing_override: undefined }))],
  ])("fails, in words and for a while only, for %s", (_name, text) => {
    expect(() => readRoute(text, "a")).toThrow(expect.objectContaining({ code: "routing_failed", retryable: true }));
  });
});

describe("finding routes", () => {
  it("asks once per account, also for calls at the same time", async () => {
    const asked: (string | null)[] = [];
    const finder = createRouteFinder((who) => {
      asked.push(who.accountId);
      return Promise.resolve(accounts(entry({ id: who.accountId })));
    });
    const one = grant({ accountId: "one" });
    await Promise.all([finder.find(one), finder.find(one), finder.find(grant({ accountId: "two" }))]);
    await finder.find(one);
    expect(asked).toEqual(["one", "two"]);
  });

  it("shares no route between bearers of which nothing is known", async () => {
    const asked: string[] = [];
    const finder = createRouteFinder(({ bearer }) => {
      asked.push(bearer.reveal());
      return Promise.resolve(accounts(entry()));
    });
    const nobody = (bearer: string) => grant({ accountId: null, userId: null, bearer: new Secret(bearer) });
    for (const bearer of ["one", "two", "one"]) await finder.find(nobody(bearer));
    expect(asked).toEqual(["one", "two"]);
  });

  it("remembers a thousand routes and no more", async () => {
    let asked = 0;
    const finder = createRouteFinder((who) => {
      asked += 1;
      return Promise.resolve(accounts(entry({ id: who.accountId })));
    });
    for (let index = 0; index < 1001; index++) await finder.find(grant({ accountId: `a${index}` }));
    await finder.find(grant({ accountId: "a1000" }));
    expect(asked).toBe(1001);
    await finder.find(grant({ accountId: "a0" }));
    expect(asked).toBe(1002);
  });

  it("asks again after a failure", async () => {
    let tries = 0;
    const finder = createRouteFinder(() => Promise.resolve(tries++ === 0 ? "{}" : accounts(entry())));
    const who = grant({ accountId: "a" });
    await expect(finder.find(who)).rejects.toMatchObject({ code: "routing_failed" });
    await expect(finder.find(who)).resolves.toEqual({ origin: null, override: null });
  });
});
