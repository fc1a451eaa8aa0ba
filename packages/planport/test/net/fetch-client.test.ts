/**
 * The way out by a given `fetch`, here Node's own, against a real server.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Dispatcher } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetchClient } from "../../src/net/fetch-client.ts";

const client = createFetchClient((url, init) => fetch(url, init));
let server: Server;
let origin: string;
/** Bytes that the server could write before its peer stopped taking them. */
let written = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = "" } = request;
    if (url === "/redirect") response.writeHead(302, { location: "/elsewhere" }).end();
    else if (url === "/silent") response.flushHeaders();
    else if (url === "/gzip") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("packed"));
    else if (url === "/cut") response.writeHead(200).write("half", () => response.destroy());
    else if (url === "/flood") flood(response.writeHead(200));
    else request.pipe(response.writeHead(200, { "x-method": request.method ?? "", "content-type": "text/plain" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, "x");
  const more = (): void => {
    for (let isOpen = true; isOpen && written < 64 * 1024 * 1024; written += piece.length)
      isOpen = response.write(piece);
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

interface Heard {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  ended: boolean;
  error: Error | null;
  controller: Dispatcher.DispatchController | null;
}

/** One call for a stream; resolves when it is over. */
function dispatch(
  path: string,
  onData: (heard: Heard) => void = () => {},
): { readonly heard: Heard; readonly over: Promise<void> } {
  const heard: Heard = { status: 0, headers: {}, text: "", ended: false, error: null, controller: null };
  const over = new Promise<void>((resolve) => {
    client.dispatcher.dispatchStream(
      { origin, path, method: "POST", headers: { "x-many": ["1", "2"] }, body: "sent", repeatable: true },
      {
        onRequestStart: (controller) => void (heard.controller = controller),
        onResponseStart: (_controller, status, headers) => void Object.assign(heard, { status, headers }),
        onResponseData: (_controller, chunk) => {
          heard.text += chunk.toString();
          onData(heard);
        },
        onResponseEnd: () => {
          heard.ended = true;
          resolve();
        },
        onResponseError: (_controller, error) => {
          heard.error = error;
          resolve();
        },
      },
    );
  });
  return { heard, over };
}

describe("a whole exchange", () => {
  it("brings status, headers and text", async () => {
    const answer = await client.fetch(`${origin}/echo`, { method: "POST", body: '{"a":1}', headers: { "x-a": "b" } });
    expect([answer.status, answer.ok, answer.headers.get("X-Method")]).toEqual([200, true, "POST"]);
    expect(await answer.json()).toEqual({ a: 1 });
  });

  it("follows no redirect", async () => {
    expect((await client.fetch(`${origin}/redirect`)).status).toBe(302);
  });

  it("ends by its time limit and by its signal", async () => {
    const slow = client.fetch(`${origin}/silent`, { timeoutMs: 50 });
    await expect(slow).rejects.toMatchObject({ code: "upstream_unreachable", cause: { systemCode: "ETIMEDOUT" } });
    const abort = new AbortController();
    const call = client.fetch(`${origin}/silent`, { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
  });

  it("tells a server that is not there by its reason", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const call = client.fetch(`http://127.0.0.1:${port}/`);
    await expect(call).rejects.toMatchObject({ code: "upstream_unreachable", cause: { systemCode: "ECONNREFUSED" } });
  });

  it("shows a watcher the sending and the whole body", async () => {
    const steps: string[] = [];
    await client.fetch(`${origin}/echo`, {
      method: "POST",
      body: "x",
      watch: {
        onSending: () => void steps.push("sending"),
        onSent: () => void steps.push("sent"),
        onBody: (status, body) => void steps.push(`${status} ${Buffer.from(body).toString()}`),
      },
    });
    expect(steps).toEqual(["sending", "sent", "200 x"]);
  });

  it("has no WebSockets", async () => {
    await expect(client.upgrade({ origin, path: "/", headers: {} })).rejects.toMatchObject({
      code: "upstream_unreachable",
    });
  });
});

describe("a stream", () => {
  it("comes to its end", async () => {
    const { heard, over } = dispatch("/echo");
    await over;
    expect(heard).toMatchObject({ status: 200, text: "sent", ended: true, error: null });
    expect(heard.headers).toMatchObject({ "x-method": "POST" });
  });

  it("that came packed names no encoding, since it is unpacked by now", async () => {
    const { heard, over } = dispatch("/gzip");
    await over;
    expect(heard.text).toBe("packed");
    expect(heard.headers).not.toHaveProperty("content-encoding");
  });

  it("that is cut off is an error, after what came", async () => {
    const { heard, over } = dispatch("/cut");
    await over;
    expect([heard.text, heard.ended, heard.error instanceof Error]).toEqual(["half", false, true]);
  });

  it("can be stopped, and the server waits; and can be ended while it is stopped", async () => {
    const { heard, over } = dispatch("/flood", ({ controller }) => controller?.pause());
    await expect.poll(() => heard.text.length).toBeGreaterThan(0);
    let before = -1;
    await expect.poll(() => before === (before = written), { interval: 200 }).toBe(true);
    expect(written).toBeLessThan(64 * 1024 * 1024);
    expect(heard.controller?.paused).toBe(true);
    heard.controller?.abort(new Error("enough"));
    await over;
    expect([heard.error?.message, heard.controller?.aborted]).toEqual(["enough", true]);
  });
});
