import { createServer, request as httpRequest, type Server } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { login, type LoginOptions } from "../../../src/auth/index.ts";
import { challengeOf } from "../../../src/auth/oauth/pkce.ts";
import { type FakeHttp, fakeHttp } from "../support/fakes.ts";
import { common, type Flow, follow, TOKENS } from "../support/flow.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

function start(http: FakeHttp, options: Partial<LoginOptions> = {}): Flow {
  return follow(login({ ...common(http), ports: [0], ...options }));
}

interface Opened {
  readonly state: string;
  readonly port: number;
  readonly url: URL;
}
async function opened(flow: Flow): Promise<Opened> {
  const step = await flow.next();
  if (step?.type !== "open-url") throw new Error("expected open-url");
  expect((await flow.next())?.type).toBe("waiting");
  const url = new URL(step.url);
  return { state: url.searchParams.get("state") ?? "", port: step.port ?? 0, url };
}

/** The browser: a plain request that does not follow redirects. */
function visit(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    request.on("error", reject);
    request.end();
  });
}

async function occupied(): Promise<{ port: number; server: Server; visits: () => number }> {
  let visits = 0;
  const server = createServer((_request, response) => {
    visits++;
    response.end("somebody else");
  });
  servers.push(server);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, server, visits: () => visits };
}

describe("signing in with a browser", () => {
  it("exchanges the code that the browser brings, with the verifier of the challenge it sent", async () => {
    const http = fakeHttp();
    const flow = start(http);
    const { state, port, url } = await opened(flow);
    http.reply(200, TOKENS);
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    const { credential, document } = await flow.result();
    expect(flow.steps.map((step) => step.type)).toEqual(["open-url", "waiting", "exchanging", "done"]);
    expect(await page).toMatchObject({ status: 200, text: expect.stringContaining("You are signed in") as unknown });
    expect((await page).headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });

    const form = new URLSearchParams(String(http.sent[0]?.options.body));
    expect(form.get("code")).toBe("c0de");
    expect(form.get("redirect_uri")).toBe(url.searchParams.get("redirect_uri"));
    expect(challengeOf(form.get("code_verifier") ?? "")).toBe(url.searchParams.get("code_challenge"));
    expect(state).toMatch(/^[A-Za-z0-9_-]{43}$/);

    expect(credential).toMatchObject({ kind: "chatgpt", accountId: "acct-1", email: "ada@example.com" });
    expect(document.reveal()).toMatchObject({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        ...TOKENS,
        account_id: "acct-1",
        oauth_provenance: { issuer: "https://auth.openai.com", client_id: "app_EMoamEEZ73f0CkXaXp7hrann" },
        login_owner_id: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as unknown,
      },
      last_refresh: "2026-11-20T12:00:00.000Z",
    });
  });

  it("answers stray requests and goes on waiting", async () => {
    const http = fakeHttp();
    const flow = start(http);
    const { state, port } = await opened(flow);
    expect(await visit(port, "/favicon.ico")).toMatchObject({ status: 404 });
    expect(await visit(port, "/auth/callback?code=x&state=wrong")).toMatchObject({
      status: 400,
      text: expect.stringContaining("another sign-in") as unknown,
    });
    expect(await visit(port, `/auth/callback?code=x&state=${state}`, { host: "evil.example.com" })).toMatchObject({
      status: 403,
    });
    http.reply(200, TOKENS);
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    await flow.result();
    expect((await page).status).toBe(200);
    expect(http.sent).toHaveLength(1);
  });

  it("stores before the browser is told that it worked, and tells it when storing fails", async () => {
    const http = fakeHttp();
    const fault = new Error("disk full of synthetic-secret");
    const flow = start(http, { save: () => Promise.reject(fault) });
    const { state, port } = await opened(flow);
    http.reply(200, TOKENS);
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    await expect(flow.result()).rejects.toBe(fault);
    expect(await page).toMatchObject({ status: 400, text: expect.stringContaining("Sign-in failed") as unknown });
    expect((await page).text).not.toContain("synthetic");
  });

  it("shows the browser why the exchange failed, escaped", async () => {
    const http = fakeHttp();
    const flow = start(http);
    const { state, port } = await opened(flow);
    http.reply(400, { error: "invalid_grant", error_description: "<b>too late</b>" });
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    await expect(flow.result()).rejects.toMatchObject({ code: "sign_in_failed" });
    expect((await page).text).toContain("&lt;b&gt;too late&lt;/b&gt;");
  });

  it("ends when the user says no on the page", async () => {
    const flow = start(fakeHttp());
    const { state, port } = await opened(flow);
    const page = visit(port, `/auth/callback?state=${state}&error=access_denied&error_description=No+thanks`);
    await expect(flow.result()).rejects.toMatchObject({ code: "sign_in_failed", message: "Sign-in failed: No thanks" });
    expect((await page).text).toContain("access_denied");
  });

  it("ends at /cancel, at an abort, and when its time is over", async () => {
    const cancelled = start(fakeHttp());
    const { port } = await opened(cancelled);
    const page = visit(port, "/cancel");
    await expect(cancelled.result()).rejects.toMatchObject({ code: "sign_in_cancelled" });
    expect(await page).toMatchObject({ status: 200, text: "Login cancelled" });

    const abort = new AbortController();
    const aborted = start(fakeHttp(), { signal: abort.signal });
    await opened(aborted);
    abort.abort();
    await expect(aborted.result()).rejects.toMatchObject({ code: "sign_in_cancelled" });

    const waits: number[] = [];
    const late = start(fakeHttp(), { sleep: async (ms) => void waits.push(ms), timeoutMs: 120_000 });
    await opened(late);
    await expect(late.result()).rejects.toMatchObject({ code: "sign_in_timeout" });
    expect(waits).toEqual([120_000]);
  });

  it("frees the port at once when it is left early, with an idle connection still open", async () => {
    const flow = start(fakeHttp());
    const { port } = await opened(flow);
    const idle = connect(port, "127.0.0.1");
    await new Promise((done) => idle.once("connect", done));
    const closed = new Promise((done) => idle.once("close", done));
    await flow.stop();
    await closed;
    const again = start(fakeHttp(), { ports: [port] });
    expect((await opened(again)).port).toBe(port);
    await again.stop();
  });

  it("refuses a workspace that is not allowed, and revokes the tokens that came", async () => {
    const http = fakeHttp();
    const flow = start(http, { allowedWorkspaceIds: ["acct-other"] });
    const { state, port, url } = await opened(flow);
    expect(url.searchParams.get("allowed_workspace_id")).toBe("acct-other");
    http.reply(200, TOKENS);
    http.reply(200, {});
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    await expect(flow.result()).rejects.toMatchObject({ message: expect.stringContaining("acct-other") as unknown });
    expect((await page).status).toBe(400);
    expect(http.sent.slice(1)).toMatchObject([
      { url: "https://auth.openai.com/oauth/revoke", json: { token: TOKENS.refresh_token } },
    ]);
  });
});

describe("when the port is taken", () => {
  it("leaves the other program alone and takes the next port, in the redirect, too", async () => {
    const other = await occupied();
    const flow = start(fakeHttp(), { ports: [other.port, 0] });
    const { port, url } = await opened(flow);
    expect(port).not.toBe(other.port);
    expect(url.searchParams.get("redirect_uri")).toBe(`http://127.0.0.1:${port}/auth/callback`);
    expect(other.visits()).toBe(0);
    await flow.stop();
  });

  it("with none free, says so unless something can be pasted", async () => {
    const other = await occupied();
    await expect(start(fakeHttp(), { ports: [other.port] }).next()).rejects.toMatchObject({
      code: "sign_in_port_in_use",
      message: expect.stringMatching(
        new RegExp(`^Port ${other.port} already in use: .*planport login --device-auth`),
      ) as unknown,
    });
    const nothingToPaste = start(fakeHttp(), { ports: [other.port], pasted: lines() });
    await nothingToPaste.next();
    await expect(nothingToPaste.result()).rejects.toMatchObject({ code: "sign_in_port_in_use" });
  });
});

async function* lines(...given: string[]): AsyncGenerator<string> {
  yield* given;
}

describe("pasting", () => {
  it("works without any port, and the redirect is one the server knows", async () => {
    const http = fakeHttp();
    http.reply(200, TOKENS);
    const flow = start(http, { ports: [], pasted: lines("c0de") });
    const first = await flow.next();
    expect(first).toMatchObject({ type: "open-url", port: null, redirectUri: "http://127.0.0.1:1455/auth/callback" });
    expect((await flow.result()).credential.accountId).toBe("acct-1");
  });

  it("of something useless, of another sign-in's address, or of a dead code is told, and the sign-in goes on", async () => {
    const http = fakeHttp();
    http.reply(400, { error: "invalid_grant" });
    http.reply(200, TOKENS);
    const pasted = lines("", "what is this?", "code=c&state=other", "dead-code", "good-code");
    const flow = start(http, { pasted });
    await flow.result();
    expect(flow.steps.map((step) => (step.type === "rejected" ? step.error.code : step.type))).toEqual([
      "open-url",
      "waiting",
      "sign_in_failed",
      "sign_in_state_mismatch",
      "exchanging",
      "sign_in_failed",
      "exchanging",
      "done",
    ]);
  });

  it("of this sign-in's refusal ends it, of another one's does not", async () => {
    const http = fakeHttp();
    http.reply(200, TOKENS);
    const other = start(http, { ports: [], pasted: lines("?error=access_denied&state=other", "good-code") });
    await other.result();
    expect(other.steps.map((step) => step.type)).toContain("rejected");
    const own = start(fakeHttp(), { ports: [], pasted: lines("?error=access_denied&error_description=Not+today") });
    await expect(own.result()).rejects.toMatchObject({ code: "sign_in_failed", message: "Sign-in failed: Not today" });
  });

  it("that ends does not end a sign-in whose browser can still come back", async () => {
    const http = fakeHttp();
    const flow = start(http, { pasted: lines() });
    const { state, port } = await opened(flow);
    http.reply(200, TOKENS);
    const page = visit(port, `/auth/callback?code=c0de&state=${state}`);
    await flow.result();
    expect((await page).status).toBe(200);
  });
});
