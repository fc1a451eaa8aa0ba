import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { accountHeaders, responsesHeaders } from "../../src/upstream/headers.ts";
import { createIdentity } from "../../src/upstream/identity.ts";
import { VERSION } from "../../src/version.ts";
import { grant } from "./support.ts";

describe("who planport says it is", () => {
  it("is planport, with the version of package.json", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
    const identity = createIdentity();
    expect(identity.originator).toBe("planport");
    expect(identity.userAgent).toMatch(
      new RegExp(`^planport/${VERSION} \\(\\S+ .+; \\w+\\) node/${process.versions.node}$`),
    );
  });

  it("can be set by option, else by planport's variables, else by Codex's", () => {
    const env = {
      PLANPORT_ORIGINATOR: "mine",
      CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "theirs",
      PLANPORT_USER_AGENT: "ua",
    };
    expect(createIdentity({ env, originator: "option", userAgent: "x" })).toEqual({
      originator: "option",
      userAgent: "x",
    });
    expect(createIdentity({ env })).toEqual({ originator: "mine", userAgent: "ua" });
    expect(createIdentity({ env: { CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "theirs" } }).originator).toBe("theirs");
    expect(createIdentity({ env: { PLANPORT_ORIGINATOR: " " } }).originator).toBe("planport");
  });

  it("holds only what a header can hold", () => {
    expect(createIdentity({ originator: "a\r\nx-evil: 1", userAgent: "ü\u0000b" })).toEqual({
      originator: "a__x-evil: 1",
      userAgent: "__b",
    });
  });
});

const caller = { identity: { originator: "o", userAgent: "u" }, clientVersion: "9.9.9" };
const call = {
  ...caller,
  routingOverride: null,
  threadId: "t1",
  model: "m",
  serviceTier: null,
  lite: false,
  turnState: null,
};

describe("the headers of a call", () => {
  it("say who calls, for which account, in lower case", () => {
    expect(accountHeaders(grant({ accountId: "acc", fedramp: true }), caller)).toEqual({
      authorization: "Bearer token-1",
      originator: "o",
      "user-agent": "u",
      version: "9.9.9",
      accept: "application/json",
      "chatgpt-account-id": "acc",
      "x-openai-fedramp": "true",
    });
  });

  it("leave out the account that is not known", () => {
    expect(accountHeaders(grant({ accountId: null }), caller)).not.toHaveProperty("chatgpt-account-id");
  });

  it("of a model call carry the conversation, the routing hint and what the model needs", () => {
    const headers = responsesHeaders(grant(), {
      ...call,
      serviceTier: "priority",
      lite: true,
      routingOverride: "us_cr",
      turnState: "s",
    });
    expect(headers).toMatchObject({
      accept: "text/event-stream",
      "accept-encoding": "identity",
      "content-type": "application/json",
      "session-id": "t1",
      "thread-id": "t1",
      "x-client-request-id": "t1",
      "x-codex-routing-hint": "model=m;tier=priority",
      "x-openai-internal-codex-responses-lite": "true",
      "x-openai-account-routing-override": "us_cr",
      "x-codex-turn-state": "s",
    });
  });

  it("leave out what does not apply", () => {
    const names = Object.keys(responsesHeaders(grant(), call));
    expect(names).not.toContain("x-openai-internal-codex-responses-lite");
    expect(names).not.toContain("x-openai-account-routing-override");
    expect(names).not.toContain("x-codex-turn-state");
    expect(names).not.toContain("x-openai-fedramp");
  });

  it("of an API key carry no account and no hint", () => {
    const names = Object.keys(responsesHeaders(grant({ kind: "apiKey", bearer: new Secret("k") }), call));
    expect(names.filter((name) => /account|hint|fedramp/.test(name))).toEqual([]);
  });

  it("cannot be broken out of by a client's thread id, model or tier", () => {
    const headers = responsesHeaders(grant(), { ...call, threadId: "a\r\nb: c", model: "m\n", serviceTier: "\u2028" });
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
    expect(responsesHeaders(grant(), { ...call, threadId: "x".repeat(5000) })["thread-id"]).toHaveLength(200);
  });
});
