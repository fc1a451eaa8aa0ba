import { randomBytes } from "node:crypto";
import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import fc from "fast-check";
import { onTestFinished, describe, expect, it } from "vitest";
import { createGateway } from "../../src/server/index.ts";
import { Tunnel } from "../../src/server/tunnel.ts";
import type { Listening } from "../../src/server/types.ts";
import { type Backend, gatewayTo, startBackend, until } from "./backend-kit.ts";
import { send } from "./kit.ts";

const PATH = "/backend-api/codex/responses";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Answer: yes\r\n\r\n";

/** The head of a handshake as Codex writes it. */
function handshake(lines: readonly string[] = [], path = PATH): string {
  const own = ["host: 127.0.0.1", "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13"];
  const key = `sec-websocket-key: ${Buffer.alloc(16, 7).toString("base64")}`;
  return [`GET ${path} HTTP/1.1`, ...own, key, ...lines, "", ""].join("\r\n");
}

interface Client {
  readonly socket: Socket;
  /** Everything that has come so far. */
  bytes(): Buffer;
  readonly ended: Promise<void>;
}

async function connect(at: Listening, text: string): Promise<Client> {
  const socket = net.connect({ port: at.port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let held = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
  });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    socket.on("end", resolve).on("close", () => resolve());
  });
  socket.write(text, "latin1");
  return { socket, bytes: () => held, ended };
}

/** A session that has begun: both ends, and the head that the client got. */
async function session(backend: Backend, at: Listening, lines: readonly string[] = []) {
  const peer = new Promise<Socket>((resolve) => {
    backend.upgrade = (_request, socket) => {
      socket.write(SWITCH);
      resolve(socket);
    };
  });
  const client = await connect(at, handshake(lines));
  const backendSocket = await peer;
  await until(() => client.bytes().includes("\r\n\r\n"));
  const end = client.bytes().indexOf("\r\n\r\n") + 4;
  const head = client.bytes().toString("latin1", 0, end);
  return { client, peer: backendSocket, head, received: () => client.bytes().subarray(end) };
}

/** Resolves when the other end sends no more. */
function hungUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("end", resolve).on("close", () => resolve());
    socket.resume();
  });
}

describe("a WebSocket that is passed on", () => {
  it("begins with a handshake that has planport's credential, and the backend's answer to it", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    const lines = ["authorization: Bearer theirs", "Sec-WebSocket-Extensions: permessage-deflate", "x-planport-key: k"];
    const { head } = await session(backend, at, lines);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toMatch(/\r\nconnection: Upgrade\r\n/i);
    expect(head).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(head).toMatch(/\r\nx-answer: yes\r\n/i);
    expect(head).toMatch(/\r\nx-request-id: /i);
    const { headers, url } = backend.seen[0] ?? {};
    expect(url).toBe(PATH);
    expect(headers).toEqual({
      host: new URL(backend.origin).host,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16, 7).toString("base64"),
      "sec-websocket-extensions": "permessage-deflate",
      authorization: "Bearer own-1",
      "chatgpt-account-id": "account-own",
    });
  });

  it("carries any bytes both ways, cut anywhere", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, pieces, async (up, down) => {
        const { client, peer, received } = await session(backend, at);
        let arrived = Buffer.alloc(0);
        peer.on("data", (chunk: Buffer) => {
          arrived = Buffer.concat([arrived, chunk]);
        });
        const [wantedUp, wantedDown] = [Buffer.concat(up), Buffer.concat(down)];
        for (const piece of up) client.socket.write(piece);
        for (const piece of down) peer.write(piece);
        await until(() => arrived.length >= wantedUp.length && received().length >= wantedDown.length);
        expect(arrived.equals(wantedUp)).toBe(true);
        expect(received().equals(wantedDown)).toBe(true);
        client.socket.destroy();
      }),
      { numRuns: 40 },
    );
  });

  it("loses nothing of a megabyte that ends with the connection", async () => {
    const backend = await startBackend();
    const { client, peer, received } = await session(backend, await gatewayTo(backend));
    const bytes = randomBytes(1024 * 1024);
    peer.end(bytes);
    await client.ended;
    expect(received().equals(bytes)).toBe(true);
  });

  it("keeps what either side sends right behind its head", async () => {
    const backend = await startBackend();
    backend.upgrade = (_request, socket, head) => {
      socket.write(Buffer.concat([Buffer.from(SWITCH), Buffer.from("first")]));
      let text = head.toString();
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text === "early") socket.write("got early");
      });
    };
    const client = await connect(await gatewayTo(backend), `${handshake()}early`);
    await until(() => client.bytes().includes("got early"));
    expect(client.bytes().toString()).toMatch(/\r\n\r\nfirstgot early$/);
  });

  it("ends at the backend when its client leaves, and for the client when the backend does", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    const one = await session(backend, at);
    const left = hungUp(one.peer);
    one.client.socket.destroy();
    await left;
    one.peer.destroy();
    const other = await session(backend, at);
    other.peer.destroy();
    await other.client.ended;
    await until(() => backend.sockets.size === 0);
  });

  it("is given up at the backend when its client leaves before it has begun", async () => {
    const backend = await startBackend();
    const asked = new Promise<Socket>((resolve) => {
      backend.upgrade = (_request, socket) => resolve(socket);
    });
    const client = await connect(await gatewayTo(backend), handshake());
    const socket = await asked;
    const left = hungUp(socket);
    client.socket.end();
    await left;
  });
});

describe("a WebSocket that is refused", () => {
  it.each([
    [426, "Upgrade Required", '{"detail":"use http"}'],
    [429, "Too Many", '{"error":{"type":"usage_limit_reached","resets_at":1}}'],
    [503, "Down", ""],
  ])("is told %i with the backend's headers and body", async (status, reason, body) => {
    const backend = await startBackend();
    backend.upgrade = (_request, socket) => {
      const lines = [`HTTP/1.1 ${status} ${reason}`, "content-type: application/json", "x-codex-plan-type: plus"];
      // Chunked, and in two pieces.
      const chunked = body === "" ? "0\r\n\r\n" : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      socket.write([...lines, "transfer-encoding: chunked", "", ""].join("\r\n"));
      setImmediate(() => socket.end(chunked));
    };
    const client = await connect(await gatewayTo(backend), handshake());
    await client.ended;
    const text = client.bytes().toString();
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toMatch(/\r\nx-codex-plan-type: plus\r\n/);
    expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toBe(body);
    expect(text).toContain(`content-length: ${body.length}`);
  });

  it("is asked for once more with a renewed bearer after a 401, and no more than once", async () => {
    const backend = await startBackend();
    const bearers: (string | undefined)[] = [];
    backend.upgrade = ({ headers }, socket) => {
      bearers.push(headers.authorization);
      socket.end(headers.authorization === "Bearer own-2" ? SWITCH : "HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno");
    };
    const at = await gatewayTo(backend, { renewals: ["own-2"] });
    const client = await connect(at, handshake());
    await until(() => client.bytes().includes("\r\n\r\n"));
    expect(client.bytes().toString()).toMatch(/^HTTP\/1\.1 101 /);
    expect(bearers).toEqual(["Bearer own-1", "Bearer own-2"]);
    const hopeless = await gatewayTo(backend);
    const refused = await connect(hopeless, handshake());
    await refused.ended;
    expect(refused.bytes().toString()).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\n\r\nno$/);
  });

  it("is not held open by a client that never closes", async () => {
    const kept = new Promise<Socket>((resolve) => {
      const server = http.createServer().on("upgrade", (request, stream, head) => {
        const socket = stream as Socket;
        const outgoing = new http.ServerResponse(request);
        outgoing.assignSocket(socket);
        new Tunnel(socket, head, outgoing, 20).stop(60_000);
        outgoing.writeHead(426).end("no");
        resolve(socket);
      });
      onTestFinished(() => void server.close());
      server.listen(0, "127.0.0.1", () => {
        void connect({ port: (server.address() as AddressInfo).port } as Listening, handshake());
      });
    });
    const socket = await kept;
    if (!socket.destroyed) await new Promise((resolve) => socket.on("close", resolve));
    expect(socket.destroyed).toBe(true);
  });

  it("is none where something other than a GET asks for it: that is answered like any other", async () => {
    const backend = await startBackend();
    backend.answer = (seen, response) => response.end(`${seen.method} ${seen.body.toString()}`);
    const asked = handshake(["content-length: 5"]).replace(/^GET/, "POST");
    const client = await connect(await gatewayTo(backend), `${asked}hello`);
    await until(() => client.bytes().includes("POST hello"));
    expect(backend.seen.map(({ method, headers }) => [method, headers.upgrade])).toEqual([["POST", undefined]]);
  });

  it("is planport's own refusal elsewhere: 426 on /v1, an error body for a backend that is away", async () => {
    const at = await gatewayTo({ origin: "http://127.0.0.1:1" });
    const elsewhere = await connect(at, handshake([], "/v1/responses"));
    await elsewhere.ended;
    expect(elsewhere.bytes().toString()).toMatch(/^HTTP\/1\.1 426 [\s\S]*"not_supported"/);
    const away = await connect(at, handshake());
    await away.ended;
    expect(away.bytes().toString()).toMatch(/^HTTP\/1\.1 502 [\s\S]*"upstream_unreachable"/);
  });
});

describe("a gateway that stops", () => {
  it("says goodbye to sessions in which nothing is under way, and waits for the others", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    const idle = await session(backend, at);
    const busy = await session(backend, at);
    busy.client.socket.write("a question");
    await until(() => busy.peer.bytesRead > 0 || backend.sockets.size < 2);
    await new Promise<void>((resolve) => busy.peer.once("data", () => resolve()).resume());
    const closed = at.close({ graceMs: 30_000 });
    await idle.client.ended;
    expect(idle.received().toString("hex")).toBe("880203e9"); // A close frame: 1001.
    idle.client.socket.end();
    busy.peer.write("the answer");
    await until(() => busy.received().length > 0);
    expect(busy.received().toString()).toBe("the answer");
    await busy.client.ended;
    busy.client.socket.end();
    await closed;
  });

  it("cuts sessions that are still busy when its patience ends", async () => {
    const backend = await startBackend();
    const at = await gatewayTo(backend);
    const { client, peer } = await session(backend, at);
    client.socket.write("a question");
    await new Promise<void>((resolve) => peer.once("data", () => resolve()).resume());
    await at.close({ graceMs: 50 });
    await client.ended;
    expect(client.bytes().toString()).not.toContain("\u0088");
  });
});

describe("a request that offers another protocol", () => {
  it("is answered as if it had not, with its body, and the connection goes on", async () => {
    const backend = await startBackend();
    backend.answer = (seen, response) => response.end(`got ${seen.body.toString()}`);
    const offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];
    const head = [`POST ${PATH} HTTP/1.1`, "Host: 127.0.0.1", ...offer, "Content-Length: 10", "", ""].join("\r\n");
    const client = await connect(await gatewayTo(backend), `${head}hello`);
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write("world");
    await until(() => client.bytes().includes("got helloworld"));
    client.socket.write(`GET ${PATH}?last HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    await client.ended;
    expect(
      client
        .bytes()
        .toString()
        .match(/HTTP\/1\.1 200 /g),
    ).toHaveLength(2);
    expect(backend.seen.map(({ method }) => method)).toEqual(["POST", "GET"]);
    expect(backend.seen[0]?.headers["upgrade"]).toBeUndefined();
    expect(backend.seen[0]?.headers["http2-settings"]).toBeUndefined();
  });

  it("is answered like any other where it has no body", async () => {
    const at = await gatewayTo(await startBackend());
    expect((await send(at, "/healthz", { headers: { connection: "Upgrade", upgrade: "h2c" } })).status).toBe(200);
  });
});

describe("a TRACE", () => {
  it("is not passed on, since its answer would tell planport's credential", async () => {
    const backend = await startBackend();
    const answer = await send(await gatewayTo(backend), PATH, { method: "TRACE" });
    expect([answer.status, answer.headers["allow"]]).toEqual([405, expect.not.stringContaining("TRACE")]);
    expect(answer.text).toContain('"method_not_allowed"');
    expect(backend.seen).toEqual([]);
  });
});

describe("a gateway without a server of its own", () => {
  it("refuses a WebSocket, which no Response can carry, and passes everything else on", async () => {
    const backend = await startBackend();
    const cookies = ["set-cookie", "a=1", "set-cookie", "b=2"];
    backend.answer = (_seen, response) => response.writeHead(204, cookies).end();
    const { client } = await gatewayTo(backend);
    const gateway = createGateway({ client, version: "1.2.3" });
    const url = `http://127.0.0.1${PATH}`;
    expect((await gateway.fetch(new Request(url, { headers: { upgrade: "websocket" } }))).status).toBe(426);
    const answer = await gateway.fetch(new Request(url, { method: "DELETE" }));
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, ["a=1", "b=2"]]);
  });
});
