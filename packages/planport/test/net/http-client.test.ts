import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isPlanportError, type AnyPlanportError } from "../../src/errors.ts";
import { toConnectionError } from "../../src/net/connection-error.ts";
import { createHttpClient } from "../../src/net/http-client.ts";
import { createSelfSigned } from "./self-signed.ts";
import { httpClient, listen, serve, startProxy } from "./support.ts";

async function failureOf(work: Promise<unknown>): Promise<AnyPlanportError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isPlanportError(error)) throw new Error(`expected a planport error, got ${String(error)}`);
  return error;
}

function temporaryFile(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-net-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function serveTls(...names: string[]): Promise<{ readonly port: number; readonly caPath: string }> {
  const { keyPem, certificatePem } = createSelfSigned(...names);
  const server = createTlsServer({ key: keyPem, cert: certificatePem }, (_request, response) =>
    response.end("secret tea"),
  );
  server.on("tlsClientError", () => {});
  return { port: await listen(server), caPath: temporaryFile("ca.pem", certificatePem) };
}

describe("a small exchange", () => {
  it("sends method, headers and body, and gives status, headers and body", async () => {
    let seen = "";
    const origin = await serve((request, response) => {
      request.on("data", (chunk: Buffer) => (seen += chunk.toString()));
      request.on("end", () => {
        seen += ` ${request.method} ${request.url} ${request.headers["x-a"] as string}`;
        response.writeHead(418, { etag: '"1"' }).end("short and stout");
      });
    });
    const response = await httpClient().fetch(`${origin}/a?b=c`, {
      method: "POST",
      headers: { "x-a": "1" },
      body: "{}",
    });
    expect(seen).toBe("{} POST /a?b=c 1");
    expect(response.status).toBe(418);
    expect(response.headers.get("etag")).toBe('"1"');
    await expect(response.text()).resolves.toBe("short and stout");
  });

  it("does not follow redirects, so that a bearer stays where it was sent", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests++;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const response = await httpClient().fetch(origin);
    expect(response.status).toBe(302);
    expect(requests).toBe(1);
  });

  it("gives an answer without a body as such", async () => {
    const origin = await serve((_request, response) => response.writeHead(204).end());
    const response = await httpClient().fetch(origin);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });

  it("refuses an answer that is longer than the limit", async () => {
    const origin = await serve((_request, response) => response.end("x".repeat(2000)));
    const error = await failureOf(httpClient({ maxBodyBytes: 1000 }).fetch(origin));
    expect(error.code).toBe("upstream_malformed");
  });

  it("ends within its time limit when the head never comes and when the body never ends", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/body") response.write("begun");
    });
    for (const path of ["/head", "/body"]) {
      const error = await failureOf(httpClient().fetch(origin + path, { timeoutMs: 30 }));
      expect(error.code).toBe("upstream_unreachable");
      expect(error.message).toMatch(/did not answer within 30 ms/);
    }
  });

  it("ends at once when its signal fires, and closes the connection", async () => {
    const controller = new AbortController();
    let closed: Promise<void> | undefined;
    const origin = await serve((request) => {
      closed = new Promise((resolve) => request.socket.once("close", () => resolve()));
      controller.abort();
    });
    const error = await failureOf(httpClient().fetch(origin, { signal: controller.signal }));
    expect(error.code).toBe("cancelled");
    await closed;
  });

  it("sends nothing when its signal fired before", async () => {
    let requests = 0;
    const origin = await serve(() => requests++);
    const error = await failureOf(httpClient().fetch(origin, { signal: AbortSignal.abort() }));
    expect([error.code, requests]).toEqual(["cancelled", 0]);
  });

  it("uses one connection again for the next exchange", async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = httpClient();
    await client.fetch(origin);
    await client.fetch(origin);
    expect(ports.size).toBe(1);
  });
});

describe("a server that cannot be reached", () => {
  it("is named, with the reason in words and no stack", async () => {
    const probe = createTcpServer();
    const port = await new Promise<number>((resolve) =>
      probe.listen(0, "127.0.0.1", () => resolve((probe.address() as AddressInfo).port)),
    );
    await new Promise((resolve) => probe.close(resolve));
    const error = await failureOf(httpClient().fetch(`http://127.0.0.1:${port}/secret-path?key=1`));
    expect(error.code).toBe("upstream_unreachable");
    expect(error.message).toBe(
      `Could not reach 127.0.0.1:${port}: connection refused; see that something listens there.`,
    );
    expect(error.cause).toMatchObject({ systemCode: "ECONNREFUSED", status: null });
  });

  it("is told apart when it hangs up", async () => {
    const server = createTcpServer((socket) => socket.destroy());
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
    onTestFinished(() => void server.close());
    const error = await failureOf(httpClient().fetch(`http://127.0.0.1:${port}/`));
    expect(error.message).toMatch(/the connection was (closed|reset)\.$/);
  });

  it.each<[string, RegExp]>([
    ["ENOTFOUND", /the name was not found in DNS; check the name and the network\.$/],
    ["EAI_AGAIN", /DNS did not answer; check the network\.$/],
    ["ETIMEDOUT", /the connection timed out; check the network, and HTTPS_PROXY where a proxy is needed\.$/],
    [
      "UND_ERR_CONNECT_TIMEOUT",
      /the connection timed out; check the network, and HTTPS_PROXY where a proxy is needed\.$/,
    ],
    ["CERT_HAS_EXPIRED", /its certificate has expired\.$/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /set CODEX_CA_CERTIFICATE to the PEM file of its authority\.$/],
    ["ESOMETHING", /: the connection failed\.$/],
  ])("is told apart for %s, also when it is a cause or one of several tries", (code, words) => {
    const plain = Object.assign(new Error("secret detail"), { code });
    for (const error of [
      plain,
      new Error("outer", { cause: plain }),
      new AggregateError([plain, new Error("other")]),
    ]) {
      const worded = toConnectionError(error, "https://user:pw@chatgpt.com/path?q=1");
      expect(worded.message).toMatch(/^Could not reach chatgpt\.com: /);
      expect(worded.message).toMatch(words);
      expect(worded.cause?.systemCode).toBe(code);
      expect(worded.retryable, "a certificate stays what it is").toBe(!code.includes("CERT"));
    }
  });

  it("is told without the codes of libraries, and in the system's words where it has some", () => {
    const message = (code: string): string =>
      toConnectionError(Object.assign(new Error("m"), { code }), "https://chatgpt.com/").message;
    expect(message("UND_ERR_INVALID_ARG")).toBe("Could not reach chatgpt.com: the connection failed.");
    expect(message("EMFILE")).toBe("Could not reach chatgpt.com: too many open files.");
  });

  it("is told apart when it does not speak TLS", async () => {
    const origin = await serve((_request, response) => response.end());
    const error = await failureOf(httpClient().fetch(origin.replace("http:", "https:")));
    expect(error.code).toBe("upstream_unreachable");
    expect(error.message).toMatch(/TLS/);
  });
});

describe("certificates", () => {
  it("refuses a self-signed server and says which variable cures it", async () => {
    const { port } = await serveTls("localhost");
    const error = await failureOf(httpClient().fetch(`https://localhost:${port}/`));
    expect(error.code).toBe("upstream_unreachable");
    expect(error.message).toMatch(/its certificate is self-signed.*CODEX_CA_CERTIFICATE/);
  });

  it.each(["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"])("trusts the authority that %s names", async (name) => {
    const { port, caPath } = await serveTls("localhost");
    const response = await httpClient({ env: { [name]: caPath } }).fetch(`https://localhost:${port}/`);
    await expect(response.text()).resolves.toBe("secret tea");
  });

  it("prefers CODEX_CA_CERTIFICATE to SSL_CERT_FILE, and takes an empty one as not set", async () => {
    const { port, caPath } = await serveTls("localhost");
    const other = temporaryFile("other.pem", createSelfSigned("other.test").certificatePem);
    const url = `https://localhost:${port}/`;
    const wrong = httpClient({ env: { CODEX_CA_CERTIFICATE: other, SSL_CERT_FILE: caPath } });
    await expect(failureOf(wrong.fetch(url))).resolves.toMatchObject({ code: "upstream_unreachable" });
    const right = httpClient({ env: { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: caPath } });
    await expect(right.fetch(url)).resolves.toMatchObject({ status: 200 });
  });

  it("keeps the authorities of NODE_EXTRA_CA_CERTS when it adds its own", async () => {
    const { port, caPath } = await serveTls("localhost");
    const other = temporaryFile("other.pem", createSelfSigned("other.test").certificatePem);
    const { getCACertificates } = (await import("node:tls")) as { getCACertificates?: unknown };
    if (getCACertificates !== undefined) return; // Node reads the variable itself, once, when it starts.
    const client = httpClient({ env: { CODEX_CA_CERTIFICATE: other, NODE_EXTRA_CA_CERTS: caPath } });
    await expect(client.fetch(`https://localhost:${port}/`)).resolves.toMatchObject({ status: 200 });
  });

  it.each<[string, string | null, RegExp]>([
    ["is not there", null, /cannot be read \(ENOENT\)/],
    ["holds no certificate", "hello", /holds no PEM certificate/],
    [
      "holds a damaged one",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /certificate 1 is damaged/,
    ],
  ])("names variable and path when the file %s", (_case, text, reason) => {
    const path = text === null ? join(tmpdir(), "planport-no-such-file.pem") : temporaryFile("ca.pem", text);
    try {
      createHttpClient({ env: { CODEX_CA_CERTIFICATE: path } });
      expect.unreachable();
    } catch (error) {
      expect(isPlanportError(error) && error.code).toBe("config_invalid");
      expect((error as Error).message).toContain(`CODEX_CA_CERTIFICATE names ${path}`);
      expect((error as Error).message).toMatch(reason);
    }
  });
});

describe("proxies", () => {
  it("tunnels https through HTTPS_PROXY, with the proxy's user and password", async () => {
    const { port, caPath } = await serveTls("backend.test");
    const proxy = await startProxy(port);
    const env = { HTTPS_PROXY: `http://me:pa%20ss@127.0.0.1:${proxy.port}`, CODEX_CA_CERTIFICATE: caPath };
    const response = await httpClient({ env }).fetch("https://backend.test/");
    await expect(response.text()).resolves.toBe("secret tea");
    expect(proxy.lines).toEqual(["CONNECT backend.test:443"]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from("me:pa ss").toString("base64")}`]);
  });

  it("forwards plain http in absolute form", async () => {
    const proxy = await startProxy(1);
    const response = await httpClient({ env: { http_proxy: `http://127.0.0.1:${proxy.port}` } }).fetch(
      "http://backend.test/a?b",
    );
    await expect(response.text()).resolves.toBe("forwarded");
    expect(proxy.lines).toEqual(["GET http://backend.test/a?b"]);
  });

  it("goes past the proxy for hosts in NO_PROXY and for loopback", async () => {
    const proxy = await startProxy(1);
    const origin = await serve((_request, response) => response.end("direct"));
    const url = `http://127.0.0.1:${proxy.port}`;
    const response = await httpClient({ env: { HTTP_PROXY: url, HTTPS_PROXY: url } }).fetch(origin);
    await expect(response.text()).resolves.toBe("direct");
    // 0.0.0.0 is no loopback address, yet leads here on most systems; where it does not, it must fail by itself.
    const elsewhere = origin.replace("127.0.0.1", "0.0.0.0");
    const bypassing = httpClient({ env: { HTTP_PROXY: url, NO_PROXY: "0.0.0.0" } });
    await bypassing.fetch(elsewhere).catch((error: unknown) => expect(isPlanportError(error)).toBe(true));
    expect(proxy.lines).toEqual([]);
    await httpClient({ env: { HTTP_PROXY: url } }).fetch(elsewhere);
    expect(proxy.lines).toEqual([`GET ${elsewhere}/`]);
  });

  it.each([
    [403, /through the proxy 127\.0\.0\.1:\d+: the proxy refused the connection \(HTTP 403\)/],
    [407, /the proxy asks for a user name and password \(HTTP 407\)/],
  ])("says that the proxy refused with %i, without its password", async (status, words) => {
    const proxy = await startProxy(1, status);
    const env = { HTTPS_PROXY: `http://me:hunter2@127.0.0.1:${proxy.port}` };
    const error = await failureOf(httpClient({ env }).fetch("https://backend.test/"));
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain("hunter2");
    expect(error.retryable).toBe(status !== 407);
  });
});
