import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { CredentialError } from "../../src/errors.ts";
import { createSendRefresh } from "../../src/auth/refresh.ts";
import { Secret } from "../../src/secret.ts";
import { httpClient, listen, serve, startProxy } from "./support.ts";

const client = { originator: "planport", userAgent: "planport/test" };
const post = { method: "POST", body: "hello" };

describe("watching an exchange", () => {
  it.each(["directly", "through a proxy"])("tells what happens, in order, %s", async (how) => {
    const seen: string[] = [];
    const port = await listen(
      createServer((request, response) => {
        request.resume().on("end", () => {
          seen.push("received");
          response.write("one ");
          setTimeout(() => response.end("two"), 20);
        });
      }),
    );
    const proxy = await startProxy(port);
    // A plain proxy answers itself; only through a tunnel the server does, and that is for https alone.
    const env = how === "directly" ? {} : { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    const host = how === "directly" ? "127.0.0.1" : "server.example";
    await httpClient({ env }).fetch(`http://${host}:${port}/`, {
      ...post,
      watch: {
        onSending: () => seen.push("sending"),
        onSent: () => seen.push("sent"),
        onBody: (status, soFar) => seen.push(`${status} ${Buffer.from(soFar).toString()}`),
      },
    });
    const answer = how === "directly" ? ["received", "200 one ", "200 one two"] : ["200 forwarded"];
    expect(seen).toEqual(["sending", "sent", ...answer]);
  });

  it.each(["directly", "through a proxy"])("calls it off before anything is sent, %s", async (how) => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.end();
    });
    const proxy = await startProxy(Number(new URL(origin).port));
    const env = how === "directly" ? {} : { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    const url = how === "directly" ? origin : "http://server.example/";
    const watch = {
      onSending: () => {
        throw new Error("not now");
      },
    };
    await expect(httpClient({ env }).fetch(url, { ...post, watch })).rejects.toMatchObject({
      code: "upstream_unreachable",
    });
    expect(requests).toBe(0);
    expect(proxy.lines).toEqual([]);
  });
});

describe("sending a refresh", () => {
  const send = (url: string, watch: Parameters<ReturnType<typeof createSendRefresh>>[4] = {}): Promise<unknown> =>
    createSendRefresh(httpClient(), client, { retryDelaysMs: [5, 5] })(
      { url, clientId: "app" },
      new Secret("rt-first"),
      "forced",
      "/h/auth.json",
      watch,
    );
  const body = JSON.stringify({ access_token: "new-access", refresh_token: "new-refresh" });

  it("keeps tokens that came whole though the connection broke off behind them", async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write(body);
      setTimeout(() => response.destroy(), 20);
    });
    const told: unknown[] = [];
    const issued = await send(origin, { onIssued: (tokens) => told.push(tokens), onFailed: (fate) => told.push(fate) });
    expect(told).toEqual([issued]);
    expect((issued as { refreshToken: Secret }).refreshToken.reveal()).toBe("new-refresh");
  });

  it("says that the token is in doubt when the answer broke off before that", async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write(body.slice(0, -5));
      setTimeout(() => response.destroy(), 20);
    });
    const told: unknown[] = [];
    await expect(send(origin, { onFailed: (fate) => told.push(fate) })).rejects.toMatchObject({
      code: "refresh_unavailable",
    });
    expect(told).toEqual(["in doubt"]);
  });

  it.each([
    [true, 3],
    [false, 1],
  ])("tries again where no connection was made, if patient: %s", async (isPatient, tries) => {
    const origin = await serve((_request, response) => response.end());
    const port = Number(new URL(origin).port);
    // A port that was free a moment ago.
    const closed = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
      });
    });
    const told: unknown[] = [];
    let asked = 0;
    const http = httpClient();
    const counting = { ...http, fetch: (...args: Parameters<typeof http.fetch>) => (asked++, http.fetch(...args)) };
    await expect(
      createSendRefresh(counting, client, { retryDelaysMs: [5, 5] })(
        { url: `http://127.0.0.1:${closed}/oauth/token`, clientId: "app" },
        new Secret("rt-first"),
        "forced",
        "/h/auth.json",
        { isPatient, onFailed: (fate) => told.push(fate) },
      ),
    ).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(asked).toBe(tries);
    expect(told).toEqual(["kept"]);
  });

  it("never sends it again once it was on its way", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.destroy();
    });
    await expect(send(origin, { isPatient: true })).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(requests).toBe(1);
  });

  it("gives its caller the reason for which it was called off", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.end(body);
    });
    const reason = new CredentialError("refresh_unavailable", "another one has the turn");
    const onSending = (): void => {
      throw reason;
    };
    await expect(send(origin, { onSending })).rejects.toBe(reason);
    expect(requests).toBe(0);
  });
});
