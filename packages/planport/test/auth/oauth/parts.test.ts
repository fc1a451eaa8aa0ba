import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { challengeOf, createPkce, parsePasted } from "../../../src/auth/index.ts";
import { readCallback } from "../../../src/auth/oauth/callback.ts";
import { buildAuthorizeUrl } from "../../../src/auth/oauth/authorize-url.ts";
import { parseDevicePollResponse, parseUserCodeResponse, slowedDown } from "../../../src/auth/oauth/device-code.ts";
import { errorPage, successPage } from "../../../src/auth/oauth/pages.ts";
import { checkPastedState, readPasted } from "../../../src/auth/oauth/paste.ts";
import { buildCodeExchangeRequest, parseCodeExchangeResponse } from "../../../src/auth/oauth/token-endpoint.ts";
import { cleanServerText, readServerError } from "../../../src/auth/server-text.ts";
import { Secret } from "../../../src/secret.ts";

const answer = (status: number, body: unknown) => ({
  status,
  text: new Secret(typeof body === "string" ? body : JSON.stringify(body)),
  retryAfterMs: null,
});

describe("PKCE", () => {
  it("makes the challenge of RFC 7636 appendix B", () => {
    expect(challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
      "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
  });

  it("makes a verifier of 86 unreserved characters out of 64 bytes, new each time", () => {
    const { verifier, challenge } = createPkce();
    expect(verifier.reveal()).toMatch(/^[A-Za-z0-9_-]{86}$/);
    expect(challenge).toBe(challengeOf(verifier.reveal()));
    expect(createPkce().verifier.equals(verifier)).toBe(false);
    const counts: number[] = [];
    createPkce((count) => new Uint8Array(count).fill(counts.push(count)));
    expect(counts).toEqual([64]);
  });
});

describe("the authorize URL", () => {
  const parameters = {
    authorizeUrl: "https://auth.openai.com/oauth/authorize",
    clientId: "app_x",
    redirectUri: "http://127.0.0.1:1455/auth/callback",
    challenge: "C",
    state: "S",
    originator: "planport",
    allowedWorkspaceIds: [],
  };

  it("has Codex's parameters in Codex's order, blanks as plus signs", () => {
    expect(buildAuthorizeUrl(parameters)).toBe(
      "https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_x" +
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_challenge=C&code_challenge_method=S256" +
        "&state=S&scope=openid+profile+email+offline_access+api.connectors.read+api.connectors.invoke" +
        "&id_token_add_organizations=true&codex_cli_simplified_flow=true&originator=planport",
    );
  });

  it("names the workspaces that may be chosen in one parameter", () => {
    const url = new URL(buildAuthorizeUrl({ ...parameters, allowedWorkspaceIds: ["a", "b"] }));
    expect(url.searchParams.getAll("allowed_workspace_id")).toEqual(["a,b"]);
  });
});

describe("a request to the callback server", () => {
  const read = (target: string, rest: Partial<Parameters<typeof readCallback>[0]> = {}) =>
    readCallback(
      { method: "GET", target, host: "127.0.0.1:1455", origin: undefined, fetchSite: undefined, ...rest },
      1455,
      "STATE",
    );

  it("with the state brings the code", () => {
    const meaning = read("/auth/callback?code=c0de&state=STATE", { host: "localhost:1455" });
    expect(meaning.kind === "code" && meaning.code.reveal()).toBe("c0de");
  });

  it.each([
    ["/favicon.ico", {}, 404],
    ["/auth/callback/?code=c&state=STATE", {}, 404],
    ["//evil.example.com/auth", {}, 404],
    ["/auth/callback?code=c&state=STATE", { method: "POST" }, 405],
    ["/auth/callback?code=c&state=STATE", { method: "HEAD" }, 405],
    ["/cancel", { method: "POST" }, 405],
    ["/auth/callback?code=c&state=STATE", { host: "evil.example.com:1455" }, 403],
    ["/auth/callback?code=c&state=STATE", { host: undefined }, 403],
    ["/auth/callback?code=c&state=STATE", { host: "127.0.0.1:1457" }, 403],
    ["/cancel", { origin: "https://evil.example.com" }, 403],
    ["/cancel", { fetchSite: "cross-site" }, 403],
  ])("%s %j is stray: answered with %i, and changes nothing", (target, rest, status) => {
    expect(read(target, rest)).toMatchObject({ kind: "stray", status });
  });

  it.each([
    "/auth/callback?code=c&state=WRONG",
    "/auth/callback?code=c&state=STATE%20",
    "/auth/callback?code=c&state=",
    "/auth/callback?code=c",
    "/auth/callback?error=access_denied&state=WRONG",
    "/auth/callback?error=access_denied",
    "/auth/callback?state=WRONG&state=STATE&code=c",
  ])("%s is another sign-in's: neither its code nor its error is looked at", (target) => {
    expect(read(target)).toEqual({ kind: "otherSignIn" });
  });

  it("can cancel, when no web page is behind it", () => {
    expect(read("/cancel").kind).toBe("cancel");
    expect(read("/cancel", { fetchSite: "none" }).kind).toBe("cancel");
  });

  it.each([
    ["error=access_denied&error_description=User+said+no", "access_denied", "User said no"],
    [
      "error=access_denied&error_description=missing_codex_entitlement",
      "access_denied",
      "not enabled for this workspace",
    ],
    ["error=server_error", "server_error", "server_error"],
    ["", "missing_authorization_code", "no authorization code"],
    ["code=", "missing_authorization_code", "no authorization code"],
  ])("with %s tells why", (query, code, words) => {
    const meaning = read(`/auth/callback?state=STATE&${query}`);
    expect(meaning).toMatchObject({ kind: "refused", code });
    expect(meaning.kind === "refused" && meaning.error.message).toContain(words);
  });
});

describe("the pages", () => {
  it("escape what the server said", () => {
    const page = errorPage('<script>alert("1")</script>', "'><img src=x>");
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain("&lt;script&gt;");
  });

  it("hold whatever came in the query as text, with no way to run it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (description, error) => {
        const query = new URLSearchParams({ error, error_description: description, state: "STATE" });
        const target = `/auth/callback?${query.toString()}`;
        const request = { method: "GET", target, host: "localhost:1455", origin: undefined, fetchSite: undefined };
        const meaning = readCallback(request, 1455, "STATE");
        if (meaning.kind !== "refused") throw new Error(meaning.kind);
        const page = errorPage(meaning.error.message, meaning.code);
        // What is left between the tags that are the page's own has no tag and no quote.
        const text = page.slice(page.indexOf("<main>")).replaceAll(/<\/?(?:main|h1|p|code|body|html)>/g, "");
        expect(text).not.toMatch(/[<>"']/);
        expect(page).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }),
    );
  });

  it("load nothing from elsewhere", () => {
    expect(successPage() + errorPage("a", "b")).not.toMatch(/src=|href=|url\(|https?:/);
  });
});

describe("what a person pastes", () => {
  it.each([
    ["c0de-1", "c0de-1", null],
    ["  c0de-1\n", "c0de-1", null],
    ["c0de-1#STATE", "c0de-1", "STATE"],
    ["http://127.0.0.1:1455/auth/callback?code=c0de-1&state=STATE", "c0de-1", "STATE"],
    ["<http://localhost:1455/auth/callback?state=STATE&code=c0de-1#x>", "c0de-1", "STATE"],
    ['"http://127.0.0.1:1457/auth/callback?code=c0d\n  e-1&state=STATE"', "c0de-1", "STATE"],
    ["127.0.0.1:1455/auth/callback?code=c0de-1&state=STATE", "c0de-1", "STATE"],
    ["?code=c0de-1&state=STATE", "c0de-1", "STATE"],
    ["code=c0de-1&state=STATE", "c0de-1", "STATE"],
    ["state=STATE&code=a%2Bb", "a+b", "STATE"],
    ["/auth/callback?code=c0de-1", "c0de-1", null],
  ])("%j holds the code %s and the state %s", (text, code, state) => {
    const pasted = parsePasted(text);
    expect(pasted.code.reveal()).toBe(code);
    expect(pasted.state).toBe(state);
  });

  it.each(["", "#STATE", "http://127.0.0.1:1455/auth/callback", "http://x/?state=STATE", "what is this?"])(
    "%j holds no code, and that is said",
    (text) => {
      expect(() => parsePasted(text)).toThrow(expect.objectContaining({ code: "sign_in_failed" }));
    },
  );

  it("tells a refusal from a text without a code", () => {
    const found = readPasted("http://127.0.0.1:1455/auth/callback?error=access_denied&state=S");
    expect(found).toMatchObject({ kind: "refusal", state: "S", error: { code: "sign_in_failed" } });
    expect(readPasted("?error=access_denied")).toMatchObject({ kind: "refusal", state: null });
    expect(readPasted("c0de#S").kind).toBe("code");
  });

  it("tells of a refusal in the address", () => {
    expect(() => parsePasted("http://127.0.0.1:1455/auth/callback?error=access_denied&state=S")).toThrow(
      "access_denied",
    );
  });

  it("from another sign-in is refused", () => {
    const pasted = parsePasted("code=c&state=OTHER");
    expect(() => checkPastedState(pasted, "STATE")).toThrow(
      expect.objectContaining({ code: "sign_in_state_mismatch" }),
    );
    checkPastedState(parsePasted("code=c&state=STATE"), "STATE");
    checkPastedState(parsePasted("c"), "STATE");
  });

  it("never makes the parser fail in another way", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parsePasted(text).code.reveal()).not.toBe("");
        } catch (error) {
          expect(error).toMatchObject({ code: "sign_in_failed" });
        }
      }),
    );
  });
});

describe("the token endpoint", () => {
  it("is asked form-encoded, in Codex's order", () => {
    const request = buildCodeExchangeRequest({
      tokenUrl: "https://auth.openai.com/oauth/token",
      clientId: "app_x",
      code: new Secret("c/+ &"),
      redirectUri: "http://127.0.0.1:1455/auth/callback",
      verifier: new Secret("v"),
    });
    expect(request.headers).toEqual({ "content-type": "application/x-www-form-urlencoded" });
    expect(request.body?.reveal()).toBe(
      "grant_type=authorization_code&client_id=app_x&code=c%2F%2B+%26" +
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_verifier=v",
    );
  });

  it.each([
    [400, { error: "invalid_grant", error_description: "Code expired" }, "sign_in_failed", "400: Code expired"],
    [400, { error: { code: "x", message: "Bad code" } }, "sign_in_failed", "Bad code"],
    [403, "plain words", "sign_in_failed", "plain words"],
    [502, "<html>proxy</html>", "sign_in_unavailable", "(502)"],
    [429, {}, "sign_in_unavailable", "429"],
    [200, { access_token: "a" }, "sign_in_failed", "`refresh_token` and `id_token`"],
    [200, "nonsense", "sign_in_failed", "`access_token`"],
  ])("answering %i %j is %s: %s", (status, body, code, words) => {
    expect(() => parseCodeExchangeResponse(answer(status, body))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as unknown }),
    );
  });
});

describe("what a server says", () => {
  it.each([
    "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeW50aGV0aWMifQ.c2lnbmF0dXJl here",
    "your at-synthetic0secret",
    "sk-proj-synthetic0secret was bad",
    "rt_synthetic0secret",
    "Bearer synthetic0secret",
    "c3ludGhldGljc2VjcmV0c3ludGhldGljc2VjcmV0 synthetic0secretsynthetic0secretsynthetic",
  ])("loses everything like a token: %s", (text) => {
    expect(cleanServerText(text)).not.toMatch(/synthetic|eyJ|c3lu/);
    expect(cleanServerText(text)).toContain("[redacted]");
  });

  it("is one printable line of bounded length, whatever came", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
        const line = cleanServerText(text);
        expect(line.length).toBeLessThanOrEqual(301);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      }),
    );
  });

  it("has a code only where a short word stands", () => {
    expect(readServerError('{"error":"invalid_grant"}').code).toBe("invalid_grant");
    expect(readServerError('{"error":{"code":"Refresh_Token_Reused","message":"m"}}')).toEqual({
      code: "refresh_token_reused",
      message: "m",
    });
    expect(readServerError('{"code":"c","message":"m"}')).toEqual({ code: "c", message: "m" });
    expect(readServerError('{"error":"unsupported_country_region_territory"}').code).toBe(
      "unsupported_country_region_territory",
    );
    for (const token of ["at-synthetic0secret", "rt_syntheticsecretsecret", "eyJhbGciOiJSUzI1NiJ9", "0a1b".repeat(10)])
      expect(readServerError(JSON.stringify({ error: token })).code).toBeNull();
    expect(readServerError("<html>")).toEqual({ code: null, message: null });
  });
});

describe("the device code", () => {
  it.each([
    ["5", 5000],
    [7, 7000],
    ["0", 100],
    ["100000", 60_000],
    [undefined, 5000],
    ["soon", 5000],
    [-1, 5000],
  ])("with an interval of %j is asked for every %i ms", (interval, intervalMs) => {
    const body = { device_auth_id: "d", usercode: "ABCD-1234", ...(interval === undefined ? {} : { interval }) };
    expect(parseUserCodeResponse(answer(200, body))).toMatchObject({ userCode: "ABCD-1234", intervalMs });
  });

  it.each([
    [404, {}, "sign_in_failed", "switched off"],
    [
      400,
      { error: "bad_client" },
      "sign_in_failed",
      "(bad_client) when asking for a device code. Run `planport login`",
    ],
    [500, {}, "sign_in_unavailable", "500 when asking for a device code. Try again in a moment."],
    [200, {}, "sign_in_failed", "lacks"],
  ])("refused with %i %j is %s: %s", (status, body, code, words) => {
    expect(() => parseUserCodeResponse(answer(status, body))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as unknown }),
    );
  });

  const admin = "Please contact your workspace admin to enable device code authentication";

  it.each([
    [403, {}, "pending"],
    [404, {}, "pending"],
    [403, { error: { code: "deviceauth_authorization_pending", message: "Try again." } }, "pending"],
    [400, { error: "authorization_pending" }, "pending"],
    [403, { error: "slow_down" }, "slowDown"],
    [400, { error: { code: "slow_down" } }, "slowDown"],
    [429, {}, "slowDown"],
    [400, {}, "failed"],
    [410, {}, "failed"],
    [400, { error: "expired_token" }, "failed"],
    [403, { error: "access_denied" }, "failed"],
    [403, { error: { code: "forbidden", message: admin } }, "failed"],
    [503, {}, "unavailable"],
    [200, {}, "failed"],
    [200, { authorization_code: "c", code_verifier: "v", code_challenge: "x" }, "approved"],
  ])("polled with the answer %i %j is %s", (status, body, kind) => {
    expect(parseDevicePollResponse(answer(status, body)).kind).toBe(kind);
  });

  it.each([
    [400, { error: "expired_token" }, "sign_in_timeout", "planport login --device-auth"],
    [400, { error: "access_denied" }, "sign_in_failed", "denied on the page"],
    [403, { error: { code: "access_denied", message: admin } }, "sign_in_failed", "administrator must allow it"],
    [400, { error: "device_code_disabled" }, "sign_in_failed", "switched off for this account or workspace"],
  ])("ended by %i %j is %s, and says %s", (status, body, code, words) => {
    const poll = parseDevicePollResponse(answer(status, body));
    expect(poll.kind === "failed" && poll.error).toMatchObject({
      code,
      message: expect.stringContaining(words) as unknown,
    });
  });

  it("refused to a workspace whose administrator has not allowed it says who can, whatever the status", () => {
    for (const status of [400, 403, 404])
      expect(() => parseUserCodeResponse(answer(status, { error: { message: admin } }))).toThrow(
        expect.objectContaining({
          code: "sign_in_failed",
          message: expect.stringMatching(/Settings → Security.*administrator.*planport login/) as unknown,
        }),
      );
  });

  it("is polled 5 seconds less often after each request to slow down, and never less than once a minute", () => {
    expect(slowedDown(5000, null)).toBe(10_000);
    expect(slowedDown(5000, 30_000)).toBe(30_000);
    expect(slowedDown(58_000, null)).toBe(60_000);
    expect(slowedDown(5000, 3_600_000)).toBe(60_000);
  });
});
