import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import net, { type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSelfSigned } from "./self-signed.ts";
import { httpClient, listen, startProxy } from "./support.ts";

const NAME = "backend.planport.test";
const ECHO = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

/** A server that speaks an echo protocol after a handshake. */
function echoing<T extends Server>(server: T): T {
  server.on("upgrade", (_request, socket: Socket) => {
    socket.on("error", () => {});
    socket.write(ECHO);
    socket.pipe(socket);
  });
  return server;
}

interface SecureBackend {
  readonly port: number;
  /** A PEM file of the authority that signed for it. */
  readonly authority: string;
}

async function secureBackend(): Promise<SecureBackend> {
  const { keyPem, certificatePem } = createSelfSigned(NAME);
  const folder = mkdtempSync(join(tmpdir(), "planport-upgrade-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = join(folder, "ca.pem");
  writeFileSync(authority, certificatePem);
  return { port: await listen(echoing(createTlsServer({ key: keyPem, cert: certificatePem }))), authority };
}

/** Sends a text through an upgraded connection, and gives what comes back. */
async function echoThrough(env: Record<string, string>, origin: string): Promise<string> {
  const client = httpClient({ env });
  const answer = await client.upgrade({ origin, path: "/echo", headers: { upgrade: "echo" } });
  expect(answer.status).toBe(101);
  expect(answer.headers["upgrade"]).toBe("echo");
  const socket = answer.socket as Socket;
  onTestFinished(() => void socket.destroy());
  const echoed = new Promise<string>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => resolve(chunk.toString())).on("error", reject);
  });
  socket.resume();
  socket.write("ping");
  return echoed;
}

/** A SOCKS 5 proxy (RFC 1928) that leads every name to `targetPort`; with `user`, it asks for a password (RFC 1929). */
async function startSocks(targetPort: number, user?: string): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    let step = user === undefined ? 2 : 0;
    socket.once("data", (greeting: Buffer) => {
      const method = user === undefined ? 0 : 2;
      expect([...greeting]).toEqual([5, 1, method]);
      socket.write(Buffer.from([5, method]));
      const onData = (chunk: Buffer): void => {
        if (step === 0) {
          step = 2;
          asked.push(chunk.toString("latin1", 2, 2 + (chunk[1] ?? 0)));
          socket.write(Buffer.from([1, chunk.includes(`${user}`) ? 0 : 1]));
          return;
        }
        socket.off("data", onData);
        const length = chunk[4] ?? 0;
        asked.push(`${chunk.toString("latin1", 5, 5 + length)}:${chunk.readUInt16BE(5 + length)}`);
        const target = net.connect(targetPort, "127.0.0.1", () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]));
          target.pipe(socket).pipe(target);
        });
        target.on("error", () => socket.destroy());
      };
      socket.on("data", onData);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

describe("a connection for another protocol", () => {
  it("is made directly, over TCP and over TLS that the named authority vouches for", async () => {
    const port = await listen(echoing(createHttpServer()));
    expect(await echoThrough({}, `http://127.0.0.1:${port}`)).toBe("ping");
    const secure = await secureBackend();
    const env = { CODEX_CA_CERTIFICATE: secure.authority };
    expect(await echoThrough(env, `https://127.0.0.1:${secure.port}`)).toBe("ping");
  });

  it("is refused where nobody vouches for the server", async () => {
    const { port } = await secureBackend();
    const request = { origin: `https://127.0.0.1:${port}`, path: "/", headers: {} };
    await expect(httpClient().upgrade(request)).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: expect.stringContaining("CODEX_CA_CERTIFICATE"),
    });
  });

  it("goes through the proxy for its server, by CONNECT and with the proxy's password, TLS inside", async () => {
    const { port, authority } = await secureBackend();
    const proxy = await startProxy(port);
    const env = { CODEX_CA_CERTIFICATE: authority, HTTPS_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}` };
    expect(await echoThrough(env, `https://${NAME}`)).toBe("ping");
    expect(proxy.lines).toEqual([`CONNECT ${NAME}:443`]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  it("says what a proxy answered that lets nothing through", async () => {
    for (const [status, words] of [
      [407, "asks for a user name and password"],
      [403, "the proxy refused the connection (HTTP 403)"],
    ] as const) {
      const proxy = await startProxy(1, status);
      const client = httpClient({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
      const asked = client.upgrade({ origin: `https://${NAME}`, path: "/", headers: {} });
      await expect(asked).rejects.toMatchObject({
        code: "upstream_unreachable",
        message: expect.stringContaining(words),
      });
    }
  });

  it("goes through a SOCKS proxy, which resolves the name, with and without a password", async () => {
    const { port, authority } = await secureBackend();
    const open = await startSocks(port);
    const env = { CODEX_CA_CERTIFICATE: authority };
    expect(await echoThrough({ ...env, ALL_PROXY: `socks5://127.0.0.1:${open.port}` }, `https://${NAME}`)).toBe("ping");
    expect(open.asked).toEqual([`${NAME}:443`]);
    const kept = await startSocks(port, "me");
    const proxy = `socks5://me:pass@127.0.0.1:${kept.port}`;
    expect(await echoThrough({ ...env, ALL_PROXY: proxy }, `https://${NAME}`)).toBe("ping");
    expect(kept.asked).toEqual(["me", `${NAME}:443`]);
  });

  it("gives a refusal with all of its body, however it is framed and cut", async () => {
    for (const text of [
      "HTTP/1.1 403 No\r\ncontent-length: 4\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\nnope",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n2\r\npe\r\n0\r\n\r\n",
      "HTTP/1.1 403 No\r\n\r\nnope",
    ]) {
      const server = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => {
          const [char = "", ...rest] = text;
          const next = (one: string): void => {
            socket.write(one, () => {
              const following = rest.shift();
              if (following === undefined) socket.end();
              else next(following);
            });
          };
          next(char);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const answer = await httpClient().upgrade({ origin, path: "/", headers: {} });
      expect([answer.status, answer.socket, Buffer.from(answer.body).toString()]).toEqual([403, null, "nope"]);
    }
  });

  it("is not waited for beyond its time, and not when it is called off", async () => {
    const silent = net.createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const origin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const late = httpClient({ headersTimeoutMs: 30 }).upgrade({ origin, path: "/", headers: {} });
    await expect(late).rejects.toMatchObject({ code: "upstream_unreachable" });
    const calledOff = new AbortController();
    const asked = httpClient().upgrade({ origin, path: "/", headers: {}, signal: calledOff.signal });
    calledOff.abort();
    await expect(asked).rejects.toMatchObject({ code: "cancelled" });
  });
});
