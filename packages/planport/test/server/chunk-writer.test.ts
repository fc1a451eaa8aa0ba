import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ChunkWriter } from "../../src/server/chunk-writer.ts";
import { ask, completed, created, delta, fakeClient, rawSocket, serve, sse } from "./kit.ts";

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listen(handler: http.RequestListener): Promise<number> {
  const server = http.createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** The bodies of answers in chunked coding that follow each other on one connection (RFC 9112 §7.1). */
function bodiesOf(wire: Buffer): string[] {
  const bodies: string[] = [];
  for (let rest = wire; rest.length > 0;) {
    rest = rest.subarray(rest.indexOf("\r\n\r\n") + 4);
    const pieces: Buffer[] = [];
    for (let size = -1; size !== 0;) {
      const line = rest.indexOf("\r\n");
      size = Number.parseInt(rest.subarray(0, line).toString("latin1"), 16);
      pieces.push(rest.subarray(line + 2, line + 2 + size));
      expect(rest.subarray(line + 2 + size, line + 4 + size).toString()).toBe("\r\n");
      rest = rest.subarray(line + 4 + size);
    }
    bodies.push(Buffer.concat(pieces).toString());
  }
  return bodies;
}

function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => socket.on("close", () => resolve(Buffer.concat(chunks))));
}

/** `count` requests at once, of which the last one closes the connection. */
function pipelined(count: number, version = "1.1"): string {
  const one = (index: number) =>
    `GET /${index} HTTP/${version}\r\nHost: x\r\n${index === count - 1 ? "Connection: close\r\n" : ""}\r\n`;
  return Array.from({ length: count }, (_, index) => one(index)).join("");
}

const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => ({ text, encoding: "utf8" as const })),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => ({
      text: Buffer.from(text).toString("latin1"),
      encoding: "latin1" as const,
    })),
  ),
  { maxLength: 8 },
);

describe("ChunkWriter", () => {
  it("writes what ServerResponse.write writes, on one connection after the other answer and for pipelined requests", async () => {
    let answers: { readonly text: string; readonly encoding: "utf8" | "latin1" }[][] = [];
    const port = await listen((request, response) => {
      response.writeHead(200).flushHeaders();
      const writer = new ChunkWriter(response, () => undefined);
      const index = Number(request.url?.slice(1));
      // Those whose turn has not come yet write into the void as far as the socket is concerned.
      for (const { text, encoding } of answers[index] ?? []) writer.write(text, encoding);
      setImmediate(() => {
        for (const { text, encoding } of answers[index] ?? []) writer.write(text, encoding);
        response.end();
      });
    });
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { minLength: 1, maxLength: 4 }), async (made) => {
        answers = made;
        const socket = net.connect(port, "127.0.0.1");
        const all = collect(socket);
        socket.write(pipelined(made.length));
        const expected = made.map((answer) =>
          Buffer.concat(answer.map(({ text, encoding }) => Buffer.from(text, encoding)))
            .toString()
            .repeat(2),
        );
        expect(bodiesOf(await all)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves a client of HTTP/1.0 a body without chunks, and HEAD one without a body", async () => {
    const port = await listen((_request, response) => {
      response.writeHead(200).flushHeaders();
      const writer = new ChunkWriter(response, () => undefined);
      writer.write("é", "utf8");
      writer.write("Ã©", "latin1");
      response.end();
    });
    for (const [request, body] of [
      [pipelined(1, "1.0"), "éé"],
      ["HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", ""],
    ] as const) {
      const socket = net.connect(port, "127.0.0.1");
      const all = collect(socket);
      socket.write(request);
      expect((await all).toString()).toMatch(new RegExp(`^HTTP/1.1 200 OK\r\n[^]*\r\n\r\n${body}$`));
    }
  });

  it("tells when a slow client has caught up, once, and leaves no listener on the connection", async () => {
    let [drained, left] = [0, -1];
    const port = await listen((_request, response) => {
      const { socket } = response;
      const before = socket?.listenerCount("drain") ?? 0;
      response.writeHead(200).flushHeaders();
      const writer = new ChunkWriter(response, () => {
        drained += 1;
        response.end();
      });
      const piece = "x".repeat(1 << 20);
      while (writer.write(piece, "latin1"));
      for (let more = 0; more < 3; more += 1) expect(writer.write(piece, "latin1")).toBe(false);
      expect(socket?.listenerCount("drain")).toBe(before + 1);
      response.on("finish", () => (left = (socket?.listenerCount("drain") ?? 0) - before));
    });
    const socket = net.connect(port, "127.0.0.1");
    const all = collect(socket);
    socket.write(pipelined(1));
    const [body = ""] = bodiesOf(await all);
    expect(body.length).toBeGreaterThanOrEqual(4 << 20);
    expect([drained, left]).toEqual([1, 0]);
  });

  it("takes its listener off a connection that outlives the answer", async () => {
    let left = -1;
    const port = await listen((_request, response) => {
      const { socket } = response;
      const before = socket?.listenerCount("drain") ?? 0;
      response.writeHead(200).flushHeaders();
      const writer = new ChunkWriter(response, () => undefined);
      while (writer.write("x".repeat(1 << 20), "latin1"));
      response.on("close", () => (left = (socket?.listenerCount("drain") ?? 0) - before));
      response.end();
    });
    const socket = net.connect(port, "127.0.0.1");
    const all = collect(socket);
    socket.write(pipelined(1));
    expect(bodiesOf(await all)).toHaveLength(1);
    expect(left).toBe(0);
  });

  it("does no harm after the end, nor when the client is gone", async () => {
    let written: () => void = () => {};
    const done = new Promise<void>((resolve) => (written = resolve));
    const port = await listen((_request, response) => {
      response.on("error", () => undefined);
      response.writeHead(200).flushHeaders();
      const writer = new ChunkWriter(response, () => undefined);
      response.on("close", () => {
        writer.write("late", "latin1");
        written();
      });
      writer.write("a", "latin1");
      response.end();
      writer.write("late", "latin1");
    });
    const socket = net.connect(port, "127.0.0.1");
    const all = collect(socket);
    socket.write(pipelined(1));
    expect(bodiesOf(await all)).toEqual(["a"]);
    await done;
  });
});

describe("streams on one connection", () => {
  const post = (port: number, last: boolean): string => {
    const body = ask(true);
    return `POST /v1/responses HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${last ? "Connection: close\r\n" : ""}\r\n${body}`;
  };
  const answer = sse(created) + sse(delta("é")) + sse(delta("😀")) + sse(completed);

  it("follow each other, each whole", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { socket } = await rawSocket(at);
    const all = collect(socket);
    for (const index of [0, 1]) {
      socket.write(post(at.port, index === 1));
      const call = await client.call(index);
      call.events(created);
      call.events(delta("é"));
      call.events(delta("😀"));
      call.events(completed);
    }
    expect(bodiesOf(await all)).toEqual([answer, answer]);
  });

  it("wait for their turn when pipelined, whichever the backend answers first", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { socket } = await rawSocket(at);
    const all = collect(socket);
    socket.write(post(at.port, false) + post(at.port, true));
    const [first, second] = [await client.call(0), await client.call(1)];
    second.events(created);
    second.events(delta("é"));
    await new Promise((resolve) => setImmediate(resolve));
    for (const event of [created, delta("é"), delta("😀"), completed]) first.events(event);
    await new Promise((resolve) => setImmediate(resolve));
    second.events(delta("😀"));
    second.events(completed);
    expect(bodiesOf(await all)).toEqual([answer, answer]);
  });

  it("cost one call of the system for the head and the first piece, for each piece, and for the last one and the end", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { socket } = await rawSocket(at);
    const all = collect(socket);
    const calls = [vi.spyOn(net.Socket.prototype, "_write"), vi.spyOn(net.Socket.prototype, "_writev")] as const;
    onTestFinished(() => calls.forEach((call) => call.mockRestore()));
    const written = (): Socket[] => calls.flatMap((call) => call.mock.contexts as Socket[]);
    let ours: Socket | undefined;
    socket.write(post(at.port, true));
    const call = await client.call();
    for (const [index, event] of [created, delta("é"), delta("😀"), completed].entries()) {
      const arrived = new Promise((resolve) => socket.once("data", resolve));
      call.events(event);
      await arrived;
      ours ??= written().find(({ localPort }) => localPort === at.port);
      expect(written().filter((other) => other === ours)).toHaveLength(index + 1);
    }
    expect(bodiesOf(await all)).toEqual([answer]);
  });
});
