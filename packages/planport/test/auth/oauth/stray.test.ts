/** Whatever else knocks at the callback's port is answered, and the sign-in goes on. */
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { login } from "../../../src/auth/index.ts";
import { CALLBACK_PORTS, type CallbackServer, startCallbackServer } from "../../../src/auth/oauth/callback-server.ts";
import type { SignInError } from "../../../src/errors.ts";
import { fakeHttp } from "../support/fakes.ts";
import { common, follow, TOKENS } from "../support/flow.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

interface Visit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function visit(port: number, path: string, { method = "GET", headers = {}, body }: Visit = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends bytes as they are and gives the first line of the answer; empty when the connection was just closed. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
  });
}

interface Waiting {
  readonly server: CallbackServer;
  readonly codes: string[];
  readonly ends: SignInError[];
}

async function waiting(): Promise<Waiting> {
  const codes: string[] = [];
  const ends: SignInError[] = [];
  const server = await startCallbackServer([0], "STATE", {
    onCode: (code) => codes.push(code.reveal()),
    onEnd: (error) => ends.push(error),
  });
  if (server === null) throw new Error("no port");
  return { server, codes, ends };
}

describe("a stray request", () => {
  const own = "/auth/callback?code=c0de&state=STATE";
  const strays: [string, string, Visit, number][] = [
    ["for an icon", "/favicon.ico", {}, 404],
    ["for another path", "/", {}, 404],
    ["for Codex's success page", "/success?id_token=x", {}, 404],
    ["for a path that climbs", "/auth/../cancel/../auth/callback/x", {}, 404],
    ["with another state", "/auth/callback?code=c0de&state=OTHER", {}, 400],
    ["without a state", "/auth/callback?code=c0de", {}, 400],
    ["with another sign-in's error", "/auth/callback?error=access_denied&state=OTHER", {}, 400],
    ["by HEAD", own, { method: "HEAD" }, 405],
    ["by POST", own, { method: "POST", body: "x=".repeat(1000) }, 405],
    ["by OPTIONS from a page", own, { method: "OPTIONS", headers: { origin: "https://evil.example.com" } }, 405],
    ["under a name of its own", own, { headers: { host: "evil.example.com" } }, 403],
    ["under a name that begins like ours", own, { headers: { host: "127.0.0.1.evil.example.com:1455" } }, 403],
    ["with a user in the name", own, { headers: { host: "127.0.0.1:1@evil.example.com" } }, 403],
    ["for another port", own, { headers: { host: "127.0.0.1:1" } }, 403],
    ["to cancel, from a page", "/cancel", { headers: { "sec-fetch-site": "cross-site" } }, 403],
    ["of one megabyte", `/auth/callback?code=${"x".repeat(1_000_000)}&state=STATE`, {}, 431],
  ];

  it.each(strays)("%s is answered and ends nothing", async (_name, path, options, status) => {
    const { server, codes, ends } = await waiting();
    try {
      const answer = await visit(server.port, path, options).catch((error: unknown) => error as NodeJS.ErrnoException);
      // The system may drop an answer that was sent while the rest of a huge request still came in.
      if ("status" in answer) expect(answer.status).toBe(status);
      else expect([status, ["ECONNRESET", "EPIPE"].includes(answer.code ?? "")]).toEqual([431, true]);
      expect([codes, ends]).toEqual([[], []]);
      const page = visit(server.port, own);
      await expect.poll(() => codes).toEqual(["c0de"]);
      server.succeed();
      expect(await page).toMatchObject({ status: 200 });
    } finally {
      await server.close();
    }
  });

  it.each([
    "\r\n\r\n",
    "nonsense\r\n\r\n",
    "CONNECT evil:443 HTTP/1.1\r\nhost: evil\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000",
  ])("of bytes that are no request, %j, is cut off and ends nothing", async (bytes) => {
    const { server, codes, ends } = await waiting();
    try {
      const answered = sendRaw(server.port, bytes);
      const page = visit(server.port, own);
      await expect.poll(() => codes).toEqual(["c0de"]);
      server.succeed();
      expect((await page).status).toBe(200);
      expect(ends).toEqual([]);
      await server.close();
      expect(await answered).not.toContain("200");
    } finally {
      await server.close();
    }
  });

  it("of another sign-in gets a page that says so, with nothing of the request in it", async () => {
    const { server } = await waiting();
    const answer = await visit(server.port, "/auth/callback?code=%3Cscript%3E&state=%3Cscript%3Ealert(1)");
    await server.close();
    expect(answer.text).toContain("This page belongs to another sign-in.");
    expect(answer.text).not.toContain("alert");
    expect(answer.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "x-frame-options": "DENY" });
  });

  it("by another method is told which one there is", async () => {
    const { server } = await waiting();
    const { headers } = await visit(server.port, "/auth/callback", { method: "PUT" });
    await server.close();
    expect(headers["allow"]).toBe("GET");
  });
});

describe("the browser", () => {
  it.each(["127.0.0.1", "localhost", "LOCALHOST"])("may come back to %s", async (name) => {
    const { server, codes } = await waiting();
    const headers = { host: `${name}:${server.port}` };
    const page = visit(server.port, "/auth/callback?code=c0de&state=STATE", { headers });
    await expect.poll(() => codes).toEqual(["c0de"]);
    server.succeed();
    expect((await page).status).toBe(200);
    await server.close();
  });

  it("that comes twice brings one code, and both visits get the same page", async () => {
    const { server, codes } = await waiting();
    const pages = [1, 2].map(() => visit(server.port, "/auth/callback?code=c0de&state=STATE"));
    await expect.poll(() => codes).toEqual(["c0de"]);
    // The second visit is there once a third, which is answered at once, has been.
    await visit(server.port, "/favicon.ico");
    server.succeed();
    for (const page of await Promise.all(pages)) expect(page.text).toContain("You are signed in");
    expect(codes).toHaveLength(1);
    await server.close();
  });

  it("is shown a hostile error as text, on a page that runs no script", async () => {
    const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e</p>&lt;b&gt;`;
    const flow = follow(login({ ...common(fakeHttp()), ports: [0] }));
    const step = await flow.next();
    if (step?.type !== "open-url") throw new Error("expected open-url");
    const state = new URL(step.url).searchParams.get("state") ?? "";
    const query = new URLSearchParams({ state, error: hostile, error_description: hostile }).toString();
    const page = visit(step.port ?? 0, `/auth/callback?${query}`);
    const failure = expect(flow.result()).rejects.toMatchObject({ code: "sign_in_failed" });
    const { text, headers } = await page;
    await failure;
    expect(text).not.toMatch(/<(?:img|script)|onerror="|\u202e/);
    expect(text).toContain("&lt;script&gt;");
    expect(text).toContain("&amp;lt;b&amp;gt;");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).not.toContain("script-src");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });
});

describe("the ports", () => {
  it("are those that the sign-in server knows, in Codex's order", () => {
    expect(CALLBACK_PORTS).toEqual([1455, 1457]);
  });

  it("are left to others: the redirect names the next one, and only this machine is listened to", async () => {
    const first = await waiting();
    const flow = follow(login({ ...common(fakeHttp()), ports: [first.server.port, 0] }));
    const step = await flow.next();
    if (step?.type !== "open-url") throw new Error("expected open-url");
    expect(step.port).not.toBe(first.server.port);
    expect(step.redirectUri).toBe(`http://127.0.0.1:${step.port}/auth/callback`);
    expect(first.ends).toEqual([]);
    await flow.stop();
    await first.server.close();
  });

  it("all taken, a pasted code completes the sign-in", async () => {
    const first = await waiting();
    const http = fakeHttp();
    http.reply(200, TOKENS);
    async function* pasted(): AsyncGenerator<string> {
      yield "c0de";
    }
    const flow = follow(login({ ...common(http), ports: [first.server.port], pasted: pasted() }));
    expect(await flow.next()).toMatchObject({ type: "open-url", port: null });
    expect((await flow.result()).credential.accountId).toBe("acct-1");
    await first.server.close();
  });
});
