import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import {
  ask,
  completed,
  created,
  errorOf,
  fakeClient,
  rawSocket,
  send,
  serve,
  startRequest,
  readAnswer,
} from "./kit.ts";

/** A backend that completes every call at once. */
const prompt = () =>
  fakeClient((call) => {
    call.events(created, completed);
    return {};
  });

const refusal = (type: string, code: string, message: string, param: string | null = null) => ({
  message,
  type,
  param,
  code,
});

describe("Host", () => {
  const statusFor = async (host: (port: number) => string, options: Parameters<typeof serve>[0] = {}) => {
    const at = await serve(options);
    return (await send(at, "/healthz", { headers: { host: host(at.port) } })).status;
  };

  it("takes loopback names with any port, as tunnels and port mappings need", async () => {
    for (const name of ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "app.localhost", "localhost."])
      for (const host of [(port: number) => `${name}:${port}`, () => `${name}:1`, () => name])
        expect([name, await statusFor(host)]).toEqual([name, 200]);
  });

  it("refuses a name that a page could have rebound, before anything else is looked at", async () => {
    const client = prompt();
    const at = await serve({ client });
    const answer = await send(at, "/v1/responses", { body: ask(false), headers: { host: `evil.example:${at.port}` } });
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toEqual(
      refusal(
        "permission_error",
        "host_forbidden",
        `The host name evil.example:${at.port} is not one this gateway answers to; add it with --allow-host if it is yours.`,
      ),
    );
    expect(client.calls).toHaveLength(0);
    for (const host of [
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "evil.example@localhost",
      "a b",
      "127.0.0.1:1:2",
    ])
      expect([host, await statusFor(() => host)]).toEqual([host, 403]);
  });

  it("takes the names it was told of, with any port or with theirs", async () => {
    expect(await statusFor(() => "box.example:99", { allowedHosts: ["Box.example"] })).toBe(200);
    expect(await statusFor(() => "box.example:99", { allowedHosts: ["box.example:99"] })).toBe(200);
    expect(await statusFor(() => "box.example:98", { allowedHosts: ["box.example:99"] })).toBe(403);
  });

  it("takes any name beyond loopback with a key, and still only loopback's on loopback with one", async () => {
    const gatewayKey = new Secret("k");
    expect(await statusFor(() => "box.example", { gatewayKey, host: "0.0.0.0" })).toBe(200);
    expect(await statusFor(() => "box.example", { gatewayKey })).toBe(403);
  });

  it("refuses a request line that names another host than Host does, and a request without any", async () => {
    const at = await serve();
    for (const head of [
      `GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost:${at.port}\r\nConnection: close\r\n\r\n`,
      "GET /healthz HTTP/1.0\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
    ]) {
      const { socket, all } = await rawSocket(at);
      socket.write(head);
      expect(await all).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*"code":"host_forbidden"/);
    }
  });
});

describe("Origin", () => {
  it("lets a loopback page and a listed origin in, and tells the browser so", async () => {
    const at = await serve({ allowedOrigins: ["https://app.example", "app://obsidian.md"] });
    for (const origin of [
      "http://localhost:3000",
      "https://127.0.0.1",
      "http://[::1]:5173",
      "https://app.example",
      "app://obsidian.md",
    ]) {
      const answer = await send(at, "/healthz", { headers: { origin } });
      expect([origin, answer.status, answer.headers["access-control-allow-origin"]]).toEqual([origin, 200, origin]);
      expect(answer.headers["vary"]).toBe("Origin");
    }
    expect((await send(at, "/healthz")).headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("refuses every other page, without telling its browser that it may read the refusal", async () => {
    const client = prompt();
    const at = await serve({ client, allowedOrigins: ["https://app.example"] });
    const answer = await send(at, "/v1/responses", { body: ask(false), headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(errorOf(answer)).toEqual(
      refusal(
        "permission_error",
        "origin_forbidden",
        "Web pages of https://evil.example may not use this gateway; allow them with --allow-origin if they are yours.",
      ),
    );
    for (const origin of [
      "null",
      "",
      "http://localhost.evil.example",
      "https://app.example.evil",
      "file://",
      "http://localhost@evil.example",
    ])
      expect([origin, (await send(at, "/healthz", { headers: { origin } })).status]).toEqual([origin, 403]);
    expect(client.calls).toHaveLength(0);
  });

  it("answers a preflight of an allowed origin alone, without a key", async () => {
    const at = await serve({ gatewayKey: new Secret("k") });
    const headers = {
      origin: "http://localhost:3000",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-stainless-os",
      "access-control-request-private-network": "true",
    };
    const answer = await send(at, "/v1/chat/completions", { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "http://localhost:3000",
      "access-control-allow-methods": "GET, HEAD, POST, DELETE",
      "access-control-allow-headers": "authorization,content-type,x-stainless-os",
      "access-control-allow-private-network": "true",
    });
    const evil = await send(at, "/v1/responses", {
      method: "OPTIONS",
      headers: { ...headers, origin: "https://evil.example" },
    });
    expect([evil.status, evil.headers["access-control-allow-methods"]]).toEqual([403, undefined]);
  });
});

describe("gateway key", () => {
  const key = "pp-4f2d";

  it("is taken as a bearer, x-api-key or x-planport-key, and never sent on", async () => {
    const client = prompt();
    const at = await serve({ client, gatewayKey: new Secret(key) });
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer  ${key} ` },
      { "x-api-key": key },
      { "x-planport-key": key },
      { authorization: "Bearer other", "x-planport-key": key },
    ])
      expect((await send(at, "/v1/responses", { body: ask(false), headers })).status).toBe(200);
    expect(
      JSON.stringify(client.calls.map(({ request, options }) => [request, { ...options, signal: null }])),
    ).not.toContain(key);
  });

  it("has a substitute in a bearer of the gateway's own sign-in, which is looked for only when something like one came", async () => {
    const own = `at-${"x".repeat(30)}`;
    let looked = 0;
    const ownBearers = async () => {
      looked += 1;
      return [new Secret(own)];
    };
    const at = await serve({ client: prompt(), gatewayKey: new Secret(key), ownBearers });
    const statusOf = async (bearer: string): Promise<number> =>
      (await send(at, "/v1/responses", { body: ask(false), headers: { authorization: `Bearer ${bearer}` } })).status;
    expect([await statusOf(key), await statusOf("a-guess"), looked]).toEqual([200, 401, 0]);
    expect([await statusOf(own), await statusOf(`${own}y`), looked]).toEqual([200, 401, 2]);
  });

  it("has no substitute on paths that keep the caller's own credential", async () => {
    const own = `at-${"x".repeat(30)}`;
    const ownBearers = async () => [new Secret(own)];
    const at = await serve({ gatewayKey: new Secret(key), ownBearers, credentials: "passthrough" });
    const headers = { authorization: `Bearer ${own}` };
    expect((await send(at, "/backend-api/codex/models", { headers })).status).toBe(401);
  });

  it("refuses a wrong or missing key on every path but the health check", async () => {
    const at = await serve({ gatewayKey: new Secret(key) });
    const missing = await send(at, "/v1/models");
    expect(missing.status).toBe(401);
    expect(missing.headers["www-authenticate"]).toBe('Bearer realm="planport"');
    expect(errorOf(missing)).toEqual(
      refusal(
        "authentication_error",
        "gateway_key_invalid",
        "This gateway needs its key: send it as Authorization: Bearer <key>.",
      ),
    );
    const wrong = await send(at, "/nowhere", { headers: { authorization: `Bearer ${key}x` } });
    expect(errorOf(wrong)).toEqual(
      refusal("authentication_error", "gateway_key_invalid", "The key is not the key of this gateway."),
    );
    for (const authorization of ["Bearer", `Basic ${key}`, key, `Bearer ${key.slice(0, -1)}`])
      expect((await send(at, "/v1/models", { headers: { authorization } })).status).toBe(401);
    expect((await send(at, "/healthz")).status).toBe(200);
  });

  it("is not asked for when there is none, whatever the client sends", async () => {
    const at = await serve({ client: prompt() });
    expect(
      (await send(at, "/v1/responses", { body: ask(false), headers: { authorization: "Bearer sk-anything" } })).status,
    ).toBe(200);
  });
});

describe("body", () => {
  const post = async (
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    options: Parameters<typeof serve>[0] = {},
  ) => send(await serve({ client: prompt(), ...options }), "/v1/responses", { body, headers });

  it("must be declared as JSON: a page's form or text post gets nowhere", async () => {
    for (const type of [
      "text/plain",
      "text/plain; charset=application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "",
    ]) {
      const answer = await post(ask(false), { "content-type": type });
      expect([type, answer.status]).toEqual([type, 415]);
      expect(errorOf(answer)).toEqual(
        refusal(
          "invalid_request_error",
          "content_type_unsupported",
          "The Content-Type of the request is not supported; send application/json.",
        ),
      );
    }
    const at = await serve({ client: prompt() });
    const { request, head } = startRequest(at, "/v1/responses", { method: "POST" });
    request.end();
    expect(errorOf(await readAnswer(await head))).toMatchObject({
      message: "The request has no Content-Type; send application/json.",
    });
    for (const type of [
      "application/json",
      "Application/JSON; charset=utf-8",
      "application/vnd.api+json",
      "application/json ;x=y",
    ])
      expect([type, (await post(ask(false), { "content-type": type })).status]).toEqual([type, 200]);
  });

  it("must be JSON: the refusal names the place and quotes nothing", async () => {
    const answer = await post('{"model": "gpt-x",\n "input": private}');
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toEqual(
      refusal(
        "invalid_request_error",
        "request_malformed",
        "The request body is not valid JSON: unexpected character at line 2, column 11 (offset 29).",
      ),
    );
    expect(errorOf(await post('{"model":'))).toMatchObject({
      message: "The request body is not valid JSON: it ends too early, at line 1, column 10 (offset 9).",
    });
  });

  it("must not be empty, must be UTF-8, and may begin with a byte order mark", async () => {
    expect(errorOf(await post(""))).toEqual(
      refusal("invalid_request_error", "request_malformed", "The request has no body; send a JSON object."),
    );
    expect(errorOf(await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])))).toEqual(
      refusal("invalid_request_error", "request_malformed", "The request body is not valid UTF-8."),
    );
    expect((await post(`\uFEFF${ask(false)}`)).status).toBe(200);
  });

  it("must be a request: the refusal names the field", async () => {
    const answer = await post('{"input":"hi"}');
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", code: "request_invalid", param: "model" });
  });

  it("may be compressed", async () => {
    expect((await post(gzipSync(ask(false)), { "content-encoding": "gzip" })).status).toBe(200);
    expect(errorOf(await post(ask(false), { "content-encoding": "gzip" }))).toMatchObject({
      message: "The request body is not valid gzip data.",
    });
    expect(errorOf(await post(ask(false), { "content-encoding": "zstd" }))).toMatchObject({
      message: "The request body is not valid zstd data.",
    });
    expect((await post(ask(false), { "content-encoding": "lzma" })).status).toBe(415);
    // "{}" and blanks, as one raw zstd block: magic, single segment of 8 bytes, last raw block of 8 bytes.
    const zstd = (text: string) =>
      Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length, 1 + text.length * 8, (text.length * 8) >> 8, 0]),
        Buffer.from(text),
      ]);
    expect((await post(zstd(ask(false)), { "content-encoding": "zstd" })).status).toBe(200);
    expect((await post(zstd(ask(false)), { "content-encoding": "zstd" }, { maxBodyBytes: 40 })).status).toBe(413);
  });

  it("is refused as too large by its declared length, by its true one, and by what it unpacks to", async () => {
    const big = JSON.stringify({ model: "gpt-x", input: "x".repeat(5000), stream: false });
    const maxBodyBytes = 1000;
    const declared = await post(big, {}, { maxBodyBytes });
    expect(declared.status).toBe(413);
    expect(errorOf(declared)).toEqual(
      refusal(
        "invalid_request_error",
        "body_too_large",
        "The request body is larger than 1000 bytes, the most this gateway takes.",
      ),
    );
    expect((await post(big, { "transfer-encoding": "chunked" }, { maxBodyBytes })).status).toBe(413);
    expect((await post(gzipSync(big), { "content-encoding": "gzip" }, { maxBodyBytes })).status).toBe(413);
    expect((await post(big, {}, { maxBodyBytes: big.length })).status).toBe(200);
  });

  it("lets a client that is still sending read its refusal, and closes the connection", async () => {
    const at = await serve({ maxBodyBytes: 1000 });
    const { socket, all } = await rawSocket(at);
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nHost: localhost:${at.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const piece = "x".repeat(64 * 1024);
    for (let i = 0; i < 50; i += 1) socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    socket.write("0\r\n\r\n");
    expect(await all).toMatch(
      /^HTTP\/1\.1 413 Payload Too Large\r\n[^]*connection: close\r\n[^]*"code":"body_too_large"[^]*\}$/i,
    );
  });

  it("is not asked for when the request is refused anyway", async () => {
    const at = await serve({ maxBodyBytes: 1000 });
    const head = (length: number, host: string) =>
      `POST /v1/responses HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
    const refused = await rawSocket(at);
    refused.socket.write(head(5000, `localhost:${at.port}`));
    expect(await refused.all).toMatch(/^HTTP\/1\.1 413 /);
    const body = ask(false);
    const client = prompt();
    const welcome = await serve({ client });
    const { socket } = await rawSocket(welcome);
    socket.write(head(body.length, `localhost:${welcome.port}`));
    await new Promise<void>((resolve) =>
      socket.once("data", (chunk: Buffer) => (expect(chunk.toString()).toMatch(/^HTTP\/1\.1 100 Continue/), resolve())),
    );
    socket.write(body);
    expect((await client.call()).request.model).toBe("gpt-x");
  });

  it("that stops halfway reaches nobody and leaves nothing behind", async () => {
    const client = prompt();
    const at = await serve({ client });
    const { socket } = await rawSocket(at);
    socket.write(
      `POST /v1/responses HTTP/1.1\r\nHost: localhost:${at.port}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"model":`,
    );
    await new Promise((resolve) => socket.write("", resolve));
    socket.destroy();
    expect((await send(at, "/healthz")).status).toBe(200);
    expect(client.calls).toHaveLength(0);
  });
});
