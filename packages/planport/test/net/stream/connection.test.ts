import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { toConnectionError } from "../../../src/net/connection-error.ts";
import { httpClient } from "../support.ts";
import { call, chunked, failure, serveRaw, sized, until } from "./wire.ts";

/** The sockets that this process opens from now on, servers' ends not included. */
function clientSockets(): Socket[] {
  const sockets: Socket[] = [];
  const see = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe("net.client.socket", see);
  onTestFinished(() => void unsubscribe("net.client.socket", see));
  return sockets;
}

/** Listeners of all events, one number for each event. */
function listeners(socket: Socket | undefined): Record<string, number> {
  const names = socket?.eventNames() ?? [];
  return Object.fromEntries(names.map((name) => [String(name), socket?.listenerCount(name) ?? 0]));
}

describe("a call over an own connection", () => {
  it("sends one request with host, length in bytes and body, and gives status, headers and body", async () => {
    const server = await serveRaw((socket) => socket.write(chunked("data: a\n\n", "data: b\n\n")));
    const heard = call(httpClient(), server.origin, { path: "/x?y=z", headers: { "x-a": "1" }, body: '"Grüße 🫖"' });
    await expect(heard.over).resolves.toBe("end");
    expect([heard.status, heard.body, heard.starts]).toEqual([200, "data: a\n\ndata: b\n\n", 1]);
    expect(heard.headers["transfer-encoding"]).toBe("chunked");
    const body = Buffer.from('"Grüße 🫖"');
    const host = new URL(server.origin).host;
    expect(server.requests).toEqual([
      `POST /x?y=z HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\nx-a: 1\r\ncontent-length: ${body.length}\r\n\r\n${body.toString("latin1")}`,
    ]);
  });

  it("takes an answer that comes byte by byte, after others that only inform", async () => {
    const answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${chunked("ab", "c")}`;
    const server = await serveRaw((socket) => {
      socket.setNoDelay(true);
      const bytes = answer.split("");
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
    });
    const heard = call(httpClient(), server.origin);
    await expect(heard.over).resolves.toBe("end");
    expect([heard.starts, heard.status, heard.body]).toEqual([1, 200, "abc"]);
  });

  it("goes to the address that answers when a name has several", async () => {
    const server = await serveRaw((socket) => socket.write(sized("found")));
    const heard = call(httpClient(), server.origin.replace("127.0.0.1", "localhost"));
    await expect(heard.over).resolves.toBe("end");
    expect(heard.body).toBe("found");
  });

  it("keeps many streams apart that share the buffer for reads", async () => {
    const server = await serveRaw((socket, index) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      let left = 40;
      const next = (): void => {
        const piece = `${index};`.repeat(1 + ((left * 997 * (index + 1)) % 3000));
        socket.write(left-- > 0 ? `${piece.length.toString(16)}\r\n${piece}\r\n` : "0\r\n\r\n");
        if (left >= 0) setImmediate(next);
      };
      next();
    });
    const client = httpClient();
    const calls = Array.from({ length: 20 }, () => call(client, server.origin));
    await Promise.all(calls.map((one) => one.over));
    const seen = calls.map((one) => new Set(one.body.slice(0, -1).split(";")));
    expect(seen.map((ids) => ids.size)).toEqual(calls.map(() => 1));
    expect(new Set(seen.flatMap((ids) => [...ids])).size).toBe(calls.length);
  });

  it("fails, and only once, when its handler throws", async () => {
    const server = await serveRaw((socket) => socket.write(chunked("a", "b")));
    const heard = call(httpClient(), server.origin, {
      onPiece: () => {
        throw new Error("from the handler");
      },
    });
    await expect(failure(heard)).resolves.toMatchObject({ message: "from the handler" });
    await until(() => server.sockets[0]?.destroyed === true);
  });
});

describe("a connection", () => {
  it("carries a thousand calls one after the other, without another connection or listener", async () => {
    const sockets = clientSockets();
    const server = await serveRaw((socket, index) => socket.write(index % 2 === 0 ? chunked("a") : sized("b")));
    const client = httpClient();
    await call(client, server.origin).over;
    const before = listeners(sockets[0]);
    for (let i = 1; i < 1000; i++) await expect(call(client, server.origin).over).resolves.toBe("end");
    expect([server.sockets.length, server.requests.length]).toEqual([1, 1000]);
    expect(listeners(sockets[0])).toEqual(before);
  });

  it("is there for the next call when the last one hears of its end", async () => {
    const server = await serveRaw((socket) => socket.write(sized("a")));
    const client = httpClient();
    const first = call(client, server.origin);
    const second = first.over.then(() => call(client, server.origin).over);
    await expect(second).resolves.toBe("end");
    expect(server.sockets.length).toBe(1);
  });

  it("is one for each stream that runs at the same time, and those are used again", async () => {
    const waiting: Socket[] = [];
    const server = await serveRaw((socket) => void waiting.push(socket));
    const client = httpClient();
    for (let round = 0; round < 2; round++) {
      const calls = Array.from({ length: 50 }, () => call(client, server.origin));
      await until(() => waiting.length === 50);
      for (const socket of waiting.splice(0)) socket.write(sized("x"));
      await Promise.all(calls.map((one) => one.over));
    }
    expect(server.sockets.length).toBe(50);
  });

  it.each([
    ["says close", sized("a", "connection: close\r\n")],
    ["speaks HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na"],
    ["sent more than it should", `${sized("a")}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb`],
    ["gives it no time", sized("a", "keep-alive: timeout=1\r\n")],
  ])("is not used again when the server %s", async (_case, answer) => {
    const server = await serveRaw((socket) => socket.write(answer));
    const client = httpClient();
    for (let i = 0; i < 2; i++) {
      const heard = call(client, server.origin);
      await expect(heard.over).resolves.toBe("end");
      expect(heard.body).toBe("a");
    }
    expect(server.sockets.length).toBe(2);
    await until(() => server.sockets.every((socket) => socket.destroyed));
  });

  it("is closed when bytes come that nobody asked for", async () => {
    const server = await serveRaw((socket) => {
      socket.write(sized("a"));
      setTimeout(() => socket.write(sized("smuggled")), 20);
    });
    const client = httpClient();
    await call(client, server.origin).over;
    await until(() => server.sockets[0]?.destroyed === true);
    const heard = call(client, server.origin);
    await heard.over;
    expect([heard.body, server.sockets.length]).toEqual(["a", 2]);
  });

  it("is closed before the server would close it", async () => {
    const server = await serveRaw((socket) => socket.write(sized("a", "keep-alive: timeout=2\r\n")));
    await call(httpClient(), server.origin).over;
    await until(() => server.sockets[0]?.destroyed === true);
  });

  it("is closed with the client when it is idle, and after its stream when it is not", async () => {
    const waiting: Socket[] = [];
    const server = await serveRaw((socket, index) => {
      if (index === 0) socket.write(sized("a"));
      else waiting.push(socket);
    });
    const client = httpClient();
    await call(client, server.origin).over;
    const [running, other] = [call(client, server.origin), call(client, server.origin)];
    await until(() => waiting.length === 2);
    waiting[1]?.write(sized("idle"));
    await other.over;
    void client.close();
    await until(() => waiting[1]?.destroyed === true);
    expect(waiting[0]?.destroyed).toBe(false);
    waiting[0]?.write(sized("late"));
    await expect(running.over).resolves.toBe("end");
    expect(running.body).toBe("late");
    await until(() => server.sockets.every((socket) => socket.destroyed));
    await expect(failure(call(client, server.origin))).resolves.toBeInstanceOf(Error);
    expect(server.requests.length).toBe(3);
  });
});

describe("a call that must not reach the server twice", () => {
  it("goes over a connection of its own from the start, though a kept one is there", async () => {
    const server = await serveRaw((socket) => socket.write(sized("a")));
    const client = httpClient();
    await call(client, server.origin).over;
    await expect(call(client, server.origin, { repeatable: false }).over).resolves.toBe("end");
    expect(server.sockets.length).toBe(2);
  });

  it("is not sent again when its connection closes before an answer", async () => {
    const server = await serveRaw((socket) => socket.destroy());
    await expect(failure(call(httpClient(), server.origin, { repeatable: false }))).resolves.toBeInstanceOf(Error);
    expect(server.requests.length).toBe(1);
  });
});

describe("a connection that was used before and closes before an answer", () => {
  it("is replaced by a new one, once", async () => {
    const server = await serveRaw((socket, index) => {
      if (index === 1) socket.destroy();
      else socket.write(sized(`answer ${index}`));
    });
    const client = httpClient();
    await call(client, server.origin).over;
    const heard = call(client, server.origin);
    await expect(heard.over).resolves.toBe("end");
    expect([heard.body, server.requests.length, server.sockets.length]).toEqual(["answer 2", 3, 2]);
  });

  it("is a failure when the new one closes as well", async () => {
    const server = await serveRaw((socket, index) => (index === 0 ? socket.write(sized("a")) : socket.destroy()));
    const client = httpClient();
    await call(client, server.origin).over;
    await failure(call(client, server.origin));
    expect(server.requests.length).toBe(3);
  });

  it("is a failure when it was new", async () => {
    const server = await serveRaw((socket) => socket.destroy());
    await failure(call(httpClient(), server.origin));
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ["half a status line", "HTTP/1."],
    ["an answer that only informs", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["a head", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"],
  ])("is a failure when %s had come: the server has begun to work on it", async (_case, beginning) => {
    const server = await serveRaw((socket, index) => {
      if (index === 0) socket.write(sized("a"));
      else socket.end(beginning);
    });
    const client = httpClient();
    await call(client, server.origin).over;
    await failure(call(client, server.origin));
    expect(server.requests.length).toBe(2);
  });
});

describe("a broken answer", () => {
  it.each([
    ["nothing", ""],
    ["half a head", "HTTP/1.1 200 OK\r\ncontent-le"],
    ["half of a body with a length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"],
    ["a chunked body without its end", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ["a chunked body without its last line", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"],
  ])("is a closed connection after %s", async (_case, text) => {
    const server = await serveRaw((socket) => socket.end(text));
    const error = await failure(call(httpClient(), server.origin));
    expect(toConnectionError(error, server.origin).message).toMatch(/the connection was (closed|reset)\.$/);
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n"],
    ["two framings", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a folded header", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"],
    ["a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
    ["an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["a head without end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}`],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(40_000)}`],
  ])("ends the call, in words, and its connection: %s", async (_case, text) => {
    const server = await serveRaw((socket) => socket.write(text));
    const error = await failure(call(httpClient(), server.origin));
    expect(toConnectionError(error, server.origin).message).toMatch(/not valid HTTP\.$/);
    await until(() => server.sockets[0]?.destroyed === true);
  });

  it("is none when a body without frame ends with its connection", async () => {
    const server = await serveRaw((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    const heard = call(httpClient(), server.origin);
    await expect(heard.over).resolves.toBe("end");
    expect(heard.body).toBe("all of it");
  });

  it("is one that never comes", async () => {
    const server = await serveRaw(() => {});
    const error = await failure(call(httpClient({ headersTimeoutMs: 30 }), server.origin));
    expect(toConnectionError(error, server.origin).message).toMatch(/no answer came in time\.$/);
    await until(() => server.sockets[0]?.destroyed === true);
  });
});

describe("an aborted call", () => {
  const reason = new Error("enough");

  it.each<[string, Parameters<typeof call>[2]]>([
    ["before it is sent", { onStart: (heard) => heard.controller.abort(reason) }],
    ["when the head comes", { onHead: (heard) => heard.controller.abort(reason) }],
    ["within the body", { onPiece: (heard) => heard.controller.abort(reason) }],
  ])("hears of it once and of nothing else, and its connection closes: %s", async (_case, hooks) => {
    const server = await serveRaw((socket) => socket.write(chunked("a", "b", "c")));
    const heard = call(httpClient(), server.origin, hooks);
    await expect(failure(heard)).resolves.toBe(reason);
    expect(heard.pieces).toBeLessThanOrEqual(1);
    expect([heard.controller.aborted, heard.controller.reason]).toEqual([true, reason]);
    heard.controller.abort(new Error("again"));
    heard.controller.pause();
    heard.controller.resume();
    await until(() => server.sockets.every((socket) => socket.destroyed));
  });

  it("closes a connection that is still being made, and sends nothing over it", async () => {
    const sockets = clientSockets();
    const server = await serveRaw(() => {});
    const heard = call(httpClient(), server.origin);
    heard.controller.abort(reason);
    await expect(failure(heard)).resolves.toBe(reason);
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true]);
    const next = call(httpClient(), server.origin);
    await until(() => server.requests.length > 0);
    next.controller.abort(reason);
    expect(server.requests.length).toBe(1);
  });

  it("does not touch a connection that another call has by then", async () => {
    const waiting: Socket[] = [];
    const server = await serveRaw((socket, index) => (index === 0 ? socket.write(sized("a")) : waiting.push(socket)));
    const client = httpClient();
    const first = call(client, server.origin);
    await first.over;
    const second = call(client, server.origin);
    await until(() => waiting.length === 1);
    first.controller.pause();
    first.controller.abort(reason);
    waiting[0]?.write(sized("b"));
    await expect(second.over).resolves.toBe("end");
    expect([second.body, server.sockets.length]).toEqual(["b", 1]);
  });
});
