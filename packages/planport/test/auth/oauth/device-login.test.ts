import { describe, expect, it } from "vitest";
import { deviceLogin } from "../../../src/auth/index.ts";
import { fakeHttp, NOW_MS } from "../support/fakes.ts";
import { common, follow, TOKENS } from "../support/flow.ts";

describe("signing in with a device code", () => {
  const CODE = { device_auth_id: "dev-1", user_code: "ABCD-1234", interval: "5" };

  it("polls until the code was typed, then exchanges with the server's own verifier", async () => {
    const http = fakeHttp();
    http.reply(200, CODE);
    http.reply(403, {});
    http.reply(404, {});
    http.reply(200, { authorization_code: "c0de", code_verifier: "v", code_challenge: "x" });
    http.reply(200, TOKENS);
    const waits: number[] = [];
    const flow = follow(deviceLogin({ ...common(http), sleep: async (ms) => void waits.push(ms) }));
    const { credential } = await flow.result();
    expect(credential.accountId).toBe("acct-1");
    expect(waits).toEqual([5000, 5000, 5000]);
    expect(flow.steps[0]).toEqual({
      type: "device-code",
      verificationUrl: "https://auth.openai.com/codex/device",
      userCode: "ABCD-1234",
      expiresAtMs: NOW_MS + 900_000,
    });
    expect(http.sent.map(({ url }) => new URL(url).pathname)).toEqual([
      "/api/accounts/deviceauth/usercode",
      "/api/accounts/deviceauth/token",
      "/api/accounts/deviceauth/token",
      "/api/accounts/deviceauth/token",
      "/oauth/token",
    ]);
    expect(http.sent[0]?.json).toEqual({ client_id: "app_EMoamEEZ73f0CkXaXp7hrann" });
    expect(http.sent[1]?.json).toEqual({ device_auth_id: "dev-1", user_code: "ABCD-1234" });
    const form = new URLSearchParams(String(http.sent[4]?.options.body));
    expect(form.get("redirect_uri")).toBe("https://auth.openai.com/deviceauth/callback");
    expect(form.get("code_verifier")).toBe("v");
  });

  it("asks less often from the moment it is told to slow down", async () => {
    const http = fakeHttp();
    http.reply(200, CODE);
    http.reply(403, { error: { code: "deviceauth_authorization_pending" } });
    http.reply(400, { error: "slow_down" });
    http.reply(429, {}, { "retry-after": "20" });
    http.reply(403, {});
    http.reply(400, { error: { code: "access_denied", message: "no" } });
    const waits: number[] = [];
    const flow = follow(deviceLogin({ ...common(http), sleep: async (ms) => void waits.push(ms) }));
    await expect(flow.result()).rejects.toMatchObject({
      code: "sign_in_failed",
      message: expect.stringContaining("denied on the page") as unknown,
    });
    expect(waits).toEqual([5000, 5000, 10_000, 20_000, 20_000]);
  });

  it("that runs out says what to do when the page asks for an administrator", async () => {
    const http = fakeHttp();
    http.reply(200, CODE);
    http.reply(400, { error: { code: "expired_token", message: "The code has expired." } });
    const flow = follow(deviceLogin({ ...common(http), sleep: async () => {} }));
    await expect(flow.result()).rejects.toMatchObject({
      code: "sign_in_timeout",
      message: expect.stringMatching(/--device-auth.*administrator/) as unknown,
    });
  });

  it("gives up after fifteen minutes", async () => {
    const http = fakeHttp();
    http.reply(200, CODE);
    for (let poll = 0; poll < 179; poll++) http.reply(403, {});
    let nowMs = NOW_MS;
    const clock = { now: () => nowMs, sleep: async (ms: number) => void (nowMs += ms) };
    await expect(follow(deviceLogin({ ...common(http), ...clock })).result()).rejects.toMatchObject({
      code: "sign_in_timeout",
    });
    expect(http.sent).toHaveLength(180);
  });

  it("puts up with a server in trouble for a while, and with a refusal not at all", async () => {
    const sleep = async (): Promise<void> => {};
    const http = fakeHttp();
    http.reply(200, CODE);
    for (let poll = 0; poll < 6; poll++) http.reply(503, {});
    await expect(follow(deviceLogin({ ...common(http), sleep })).result()).rejects.toMatchObject({
      code: "sign_in_unavailable",
    });
    expect(http.sent).toHaveLength(7);
    const refused = fakeHttp();
    refused.reply(200, CODE);
    refused.reply(400, { error: "denied" });
    await expect(follow(deviceLogin({ ...common(refused), sleep })).result()).rejects.toMatchObject({
      code: "sign_in_failed",
      message: expect.stringContaining("denied") as unknown,
    });
  });

  it("ends at an abort between polls", async () => {
    const http = fakeHttp();
    http.reply(200, CODE);
    const abort = new AbortController();
    const flow = follow(deviceLogin({ ...common(http), signal: abort.signal }));
    await flow.next();
    await flow.next();
    const end = flow.result();
    abort.abort();
    await expect(end).rejects.toMatchObject({ code: "sign_in_cancelled" });
    expect(http.sent).toHaveLength(1);
  });
});
