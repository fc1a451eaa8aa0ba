import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAuthFile, readJwtClaims } from "../../src/auth/index.ts";
import {
  apiKeyCredential,
  applyRefresh,
  newApiKeyDocument,
  newChatGptDocument,
  readCredential,
  readProvenance,
} from "../../src/auth/auth-file.ts";
import { isPlanportError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { CredentialDocument } from "../../src/store/index.ts";
import { accessToken, authJson, jwt, NOW_MS } from "./support/fakes.ts";

const FILE = "/home/ada/.codex/auth.json";
const parse = (value: unknown): ReturnType<typeof parseAuthFile> => parseAuthFile(JSON.stringify(value), FILE);
const faultOf = (value: unknown): { code: string; message: string } => {
  try {
    parse(value);
  } catch (error) {
    if (isPlanportError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("claims of a token", () => {
  it("reads what OpenAI's tokens say", () => {
    const token = jwt({
      email: "ada@example.com",
      exp: 1_800_000_000,
      iss: "https://auth.openai.com",
      "https://api.openai.com/auth": {
        chatgpt_account_id: "acct",
        chatgpt_plan_type: "hc",
        chatgpt_user_id: "user",
        chatgpt_account_is_fedramp: true,
      },
    });
    expect(readJwtClaims(token)).toEqual({
      email: "ada@example.com",
      accountId: "acct",
      planType: "enterprise",
      userId: "user",
      fedramp: true,
      expiresAtMs: 1_800_000_000_000,
    });
  });

  it("falls back to the profile's e-mail and to user_id", () => {
    const token = jwt({
      "https://api.openai.com/profile": { email: "profile@example.com" },
      "https://api.openai.com/auth": { user_id: "u", chatgpt_plan_type: "something-new" },
    });
    expect(readJwtClaims(token)).toMatchObject({
      email: "profile@example.com",
      userId: "u",
      planType: "something-new",
    });
  });

  it.each(["", "opaque", "a.b", "a..c", "a.b.c.d", "e30.!!!!.e30", "e30.bm90IGpzb24.e30", `e30.${btoa("[1]")}.e30`])(
    "is null for %j",
    (token) => {
      expect(readJwtClaims(token)).toBeNull();
    },
  );

  it.each([1e300, 253_402_300_800, -1])("knows no expiry when exp is %d, which no calendar holds", (exp) => {
    expect(readJwtClaims(jwt({ exp }))?.expiresAtMs).toBeNull();
  });

  it("knows the last second of the year 9999", () => {
    expect(readJwtClaims(jwt({ exp: 253_402_300_799 }))?.expiresAtMs).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
  });

  it("never throws, whatever the text or the claims", () => {
    fc.assert(fc.property(fc.string(), (text) => void readJwtClaims(text)));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("exp", "email", "https://api.openai.com/auth"), fc.jsonValue()),
        (claims) => {
          expect(readJwtClaims(jwt(claims))).not.toBeNull();
        },
      ),
    );
  });
});

describe("the credential in an auth.json", () => {
  it("is a ChatGPT sign-in", () => {
    expect(parse(authJson())).toMatchObject({
      kind: "chatgpt",
      accountId: "acct-1",
      email: "ada@example.com",
      planType: "pro",
      expiresAtMs: NOW_MS + 3_600_000,
      lastRefreshAtMs: Date.UTC(2026, 10, 20, 11, 0, 0, 123),
    });
  });

  it("sends tokens.account_id, and the claim only in its absence", () => {
    expect(parse(authJson({ account_id: "chosen" }))).toMatchObject({ accountId: "chosen" });
    expect(parse(authJson({ account_id: null, access_token: accessToken(60, "claimed") }))).toMatchObject({
      accountId: "claimed",
    });
  });

  it("loads without id_token, refresh_token and last_refresh", () => {
    expect(parse({ tokens: { access_token: "opaque" } })).toMatchObject({
      kind: "chatgpt",
      refreshToken: null,
      idToken: null,
      expiresAtMs: null,
      lastRefreshAtMs: null,
      accountId: null,
    });
  });

  it.each([
    [{ personal_access_token: "at-x", OPENAI_API_KEY: "sk-x", tokens: { access_token: "a" } }, "personalAccessToken"],
    [{ OPENAI_API_KEY: "sk-x", tokens: { access_token: "a" } }, "apiKey"],
    [{ OPENAI_API_KEY: null, tokens: { access_token: "a" } }, "chatgpt"],
    [{ auth_mode: "chatgpt", OPENAI_API_KEY: "sk-x", tokens: { access_token: "a" } }, "chatgpt"],
    [{ auth_mode: "apikey", OPENAI_API_KEY: "sk-x", tokens: { access_token: "a" } }, "apiKey"],
    [{ OPENAI_API_KEY: null, personal_access_token: "at-x" }, "personalAccessToken"],
  ])("of %j is %s", (value, kind) => {
    expect(parse(value)?.kind).toBe(kind);
  });

  it.each([{}, { OPENAI_API_KEY: null }, { tokens: null }])("is null in %j", (value) => {
    expect(parse(value)).toBeNull();
  });

  it.each([
    [{ auth_mode: "agentIdentity", agent_identity: "x" }, "agent identity"],
    [{ agent_identity: "x" }, "agent identity"],
    [{ bedrock_api_key: {}, OPENAI_API_KEY: "sk-x" }, "Bedrock"],
    [{ auth_mode: "bedrockAccessKeys" }, "Bedrock"],
    [{ auth_mode: "newer" }, "does not know"],
  ])("of %j is not supported, and says so", (value, words) => {
    const fault = faultOf(value);
    expect(fault.code).toBe("credential_unsupported");
    expect(fault.message).toContain(words);
    expect(fault.message).toContain(FILE);
  });

  it.each([
    [{ auth_mode: "chatgpt" }, "`tokens`"],
    [{ tokens: "x" }, "`tokens`"],
    [{ tokens: {} }, "`tokens.access_token`"],
    [{ tokens: { access_token: 7 } }, "`tokens.access_token`"],
    [{ tokens: { access_token: "a b" } }, "`tokens.access_token`"],
    [{ tokens: { access_token: "tökén" } }, "`tokens.access_token`"],
    [{ tokens: { access_token: "a", refresh_token: "a\u200b" } }, "`tokens.refresh_token`"],
    [{ tokens: { access_token: "a", account_id: "ü" } }, "`tokens.account_id`"],
    [{ tokens: { access_token: "a", refresh_token: {} } }, "`tokens.refresh_token`"],
    [{ tokens: { access_token: "a", account_id: 5 } }, "`tokens.account_id`"],
    [{ auth_mode: "apikey" }, "`OPENAI_API_KEY`"],
    [{ auth_mode: "apikey", OPENAI_API_KEY: "at-a-plan's" }, "`OPENAI_API_KEY`"],
    [{ OPENAI_API_KEY: "eyJhbGciOiJub25lIn0" }, "`OPENAI_API_KEY`"],
    [{ OPENAI_API_KEY: "sk-" }, "`OPENAI_API_KEY`"],
    [{ personal_access_token: "nope" }, "`personal_access_token`"],
    [{ personal_access_token: "sk-proj-x" }, "`personal_access_token` holds an OpenAI API key"],
    [{ auth_mode: 1 }, "`auth_mode`"],
  ])("%j is malformed: the error names the file and %s", (value, field) => {
    const fault = faultOf(value);
    expect(fault.code).toBe("credential_malformed");
    expect(fault.message).toContain(FILE);
    expect(fault.message).toContain(field);
    expect(fault.message).toContain("`planport login`");
  });

  it("reads any JSON object as a credential, as none, or with an error of planport's", () => {
    const keys = fc.constantFrom("auth_mode", "OPENAI_API_KEY", "tokens", "personal_access_token", "last_refresh");
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (value) => {
        try {
          parse(value);
        } catch (error) {
          expect(isPlanportError(error)).toBe(true);
        }
      }),
    );
  });
});

describe("writing tokens into a document", () => {
  it("replaces only the tokens that came, and keeps every other field and the order of keys", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (top, inner) => {
          const before = JSON.parse(
            JSON.stringify({
              ...top,
              tokens: { ...inner, access_token: "old", refresh_token: "keep" },
              last_refresh: "x",
            }),
          ) as Record<string, Record<string, unknown>>;
          const issued = { accessToken: new Secret("new"), refreshToken: null, idToken: null };
          const after = applyRefresh(new CredentialDocument(before, "x"), issued, NOW_MS).reveal();
          const expected = JSON.parse(JSON.stringify(before)) as Record<string, Record<string, unknown>>;
          expected["tokens"] = { ...expected["tokens"], access_token: "new" };
          expect(JSON.stringify(after)).toBe(JSON.stringify({ ...expected, last_refresh: "2026-11-20T12:00:00.000Z" }));
          expect(before["tokens"]?.["access_token"]).toBe("old");
        },
      ),
    );
  });

  it("a new sign-in has Codex's fields in Codex's order, the account of the id token, and its provenance", () => {
    const document = newChatGptDocument({
      accessToken: new Secret(accessToken(3600, "from-access")),
      refreshToken: new Secret("rt"),
      idToken: new Secret(jwt({ "https://api.openai.com/auth": { chatgpt_account_id: "from-id" } })),
      issuer: "https://login.example.com",
      clientId: "app_x",
      loginOwnerId: "owner",
      nowMs: NOW_MS,
    });
    const raw = document.reveal();
    expect(Object.keys(raw)).toEqual(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"]);
    expect(Object.keys(raw["tokens"] as object)).toEqual([
      "id_token",
      "access_token",
      "refresh_token",
      "oauth_provenance",
      "login_owner_id",
      "account_id",
    ]);
    expect(readCredential(document)).toMatchObject({ kind: "chatgpt", accountId: "from-id" });
    expect(readProvenance(document)).toEqual({ issuer: "https://login.example.com", clientId: "app_x" });
  });

  it("a new API key is written as Codex writes it, and read back", () => {
    const document = newApiKeyDocument(new Secret("sk-synthetic"));
    expect(document.reveal()).toEqual({ auth_mode: "apikey", OPENAI_API_KEY: "sk-synthetic" });
    const credential = readCredential(document);
    expect(credential?.kind === "apiKey" && credential.key.reveal()).toBe("sk-synthetic");
  });

  it.each([
    ["at-token", "credential_unsupported"],
    ["sk-a b", "credential_malformed"],
    ["sk-ä", "credential_malformed"],
    ["", "credential_malformed"],
    ["sk-", "credential_malformed"],
    ["hello", "credential_malformed"],
  ])("an API key out of a variable is not %j", (text, code) => {
    expect(() => apiKeyCredential(new Secret(text), "$OPENAI_API_KEY")).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(/^\$OPENAI_API_KEY (?:holds|must hold)/) as unknown,
      }) as Error,
    );
  });
});
