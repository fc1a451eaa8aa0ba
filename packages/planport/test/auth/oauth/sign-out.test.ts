import { describe, expect, it } from "vitest";
import { resolveAuthEndpoints, signOut } from "../../../src/auth/index.ts";
import { createMemoryStore } from "../../../src/store/index.ts";
import { authJson, fakeHttp } from "../support/fakes.ts";

describe("signing out", () => {
  const client = { originator: "planport", userAgent: "planport/0.1.0" };
  const endpoints = resolveAuthEndpoints({});

  it("revokes the refresh token as Codex does, and empties the store", async () => {
    const http = fakeHttp();
    http.reply(200, {});
    const store = createMemoryStore(authJson());
    expect(await signOut(store, { http, endpoints, client })).toEqual({ revoked: "revoked", removed: true });
    expect(http.sent[0]?.url).toBe("https://auth.openai.com/oauth/revoke");
    expect(http.sent[0]?.options.body).toBe(
      '{"token":"rt-first","token_type_hint":"refresh_token","client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}',
    );
    expect(await store.read()).toBeNull();
  });

  it("revokes the access token when there is no other", async () => {
    const http = fakeHttp();
    http.reply(200, {});
    await signOut(createMemoryStore(authJson({ refresh_token: null, access_token: "a" })), { http, endpoints, client });
    expect(http.sent[0]?.options.body).toBe('{"token":"a","token_type_hint":"access_token"}');
  });

  it("empties the store also when the server refuses or cannot be reached", async () => {
    const http = fakeHttp();
    http.reply(500, {});
    http.replyWith(() => Promise.reject(new Error("offline")));
    for (let round = 0; round < 2; round++) {
      const store = createMemoryStore(authJson());
      expect(await signOut(store, { http, endpoints, client })).toEqual({ revoked: "failed", removed: true });
      expect(await store.read()).toBeNull();
    }
  });

  it("sends nothing for a personal access token, and nothing when nobody is signed in", async () => {
    const http = fakeHttp();
    const store = createMemoryStore({ personal_access_token: "at-x" });
    expect(await signOut(store, { http, endpoints, client })).toEqual({ revoked: "not needed", removed: true });
    expect(await signOut(store, { http, endpoints, client })).toEqual({ revoked: "not needed", removed: false });
    expect(http.sent).toEqual([]);
  });
});
