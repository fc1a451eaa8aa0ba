import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { listen } from "../../src/app-server/index.ts";
import { createPeer, type Peer, socketTransport } from "../../src/json-rpc/index.ts";
import { openServer } from "./kit.ts";

const TOKEN = "the-token";

async function listening(): Promise<string> {
  const { server } = await openServer();
  const tokenSha256 = createHash("sha256").update(TOKEN).digest("hex");
  const { url, close } = await listen(server, { host: "127.0.0.1", port: 0, tokenSha256 });
  onTestFinished(close);
  return url;
}

async function connect(url: string): Promise<Peer> {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  await once(socket, "open");
  onTestFinished(() => socket.terminate());
  return createPeer({
    transport: socketTransport(socket),
    onRequest: () => ({ result: null }),
    onFault: () => ({ code: -1, message: "" }),
  });
}

/** The status with which an upgrade is refused. */
async function refusal(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const socket = new WebSocket(url, { headers });
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

describe("over a WebSocket", () => {
  test("clients with the token are served, each in a conversation of its own", async () => {
    const url = await listening();
    const [a, b] = [await connect(url), await connect(url)];
    const params = { clientInfo: { name: "n", version: "1" } };
    expect(await a.request("initialize", params)).toMatchObject({ kind: "result" });
    expect(await b.request("account/read", {})).toEqual({
      kind: "error",
      error: { code: -32600, message: "Not initialized" },
    });
    expect(await a.request("account/read", {})).toMatchObject({ kind: "result", result: { account: null } });
  });

  test("others are not, and pages of the web not even with it", async () => {
    const url = await listening();
    expect(await refusal(url, {})).toBe(401);
    expect(await refusal(url, { authorization: "Bearer another" })).toBe(401);
    expect(await refusal(url, { authorization: `Bearer ${TOKEN}`, origin: "http://127.0.0.1" })).toBe(403);
  });

  test("whoever watches over the server can ask whether it is there", async () => {
    const url = (await listening()).replace("ws:", "http:");
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/x`)).status).toBe(400);
  });

  test("a port that is taken is told by its number", async () => {
    const url = new URL(await listening());
    const { server } = await openServer();
    const options = { host: "127.0.0.1", port: Number(url.port), tokenSha256: "00" };
    await expect(listen(server, options)).rejects.toMatchObject({ code: "port_in_use" });
  });
});
