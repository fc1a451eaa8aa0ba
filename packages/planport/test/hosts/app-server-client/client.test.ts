import { describe, expect, test } from "vitest";
import { connectAppServer, spawnAppServer } from "../../../src/hosts/app-server-client/index.ts";
import { fakeServer } from "./fake-server.ts";

const clientInfo = { name: "test", version: "1" };
const node = (script: string): readonly string[] => [process.execPath, "-e", script];

describe("a conversation", () => {
  test("begins with initialize and the experimental capability, and tells that it is initialized", async () => {
    const server = await fakeServer({ "account/read": () => ({ account: null }) });
    await server.client.request("account/read", {});
    expect(server.asked.map(({ method }) => method)).toEqual(["initialize", "account/read"]);
    expect(server.asked[0]?.params).toEqual({ clientInfo, capabilities: { experimentalApi: true } });
    expect(server.notified).toEqual(["initialized"]);
    expect(server.client.server.codexHome).toBe("/home");
  });

  test("turns the server's no into an error with its words and its code", async () => {
    const { client } = await fakeServer();
    await expect(client.request("account/read", {})).rejects.toMatchObject({
      code: "app_server_refused",
      message: "The app-server (fake) refused account/read: no account/read here",
      cause: { upstreamCode: "-32600" },
    });
  });

  test("gives up an answer that does not come, and one that is not wanted any more", async () => {
    const { client } = await fakeServer({ "account/read": () => new Promise(() => {}) });
    await expect(client.request("account/read", {}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "app_server_gone",
      message: "The app-server (fake) did not answer account/read within 0.02 s.",
    });
    const controller = new AbortController();
    const asked = client.request("account/read", {}, { signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: "cancelled" });
  });

  test("tells every request that waits of a crash, with the exit code and the last words", async () => {
    const server = await fakeServer({ "account/read": () => new Promise(() => {}) });
    const asked = server.client.request("account/read", {});
    server.crash({ code: 101, lastLog: ["first", "thread main panicked"] });
    await expect(asked).rejects.toMatchObject({
      code: "app_server_gone",
      message: "The app-server (fake) ended with exit code 101: thread main panicked",
    });
    await expect(server.client.request("account/read", {})).rejects.toMatchObject({ code: "app_server_gone" });
    expect(await server.client.ended).toMatchObject({ code: 101, expected: false });
  });

  test("hears notifications, all and by method, until it is tired of them; a listener that throws hurts nobody", async () => {
    const server = await fakeServer();
    const heard: string[] = [];
    server.client.on("account/updated", () => {
      throw new Error("a bug of the listener");
    });
    const unlisten = server.client.onAny(({ method }) => heard.push(method));
    const updated = new Promise((resolve) => server.client.on("account/updated", resolve));
    server.notify("some/news", { a: 1 });
    server.notify("account/updated", { authMode: null, planType: null });
    expect(await updated).toEqual({ authMode: null, planType: null });
    unlisten();
    const again = new Promise<void>((resolve) => server.client.on("warning", () => resolve()));
    server.notify("warning", {});
    await again;
    expect(heard).toEqual(["some/news", "account/updated"]);
    expect(server.warnings.map(({ message }) => message)).toEqual(["a bug of the listener"]);
  });

  test("answers the server's requests by the newest handler, and says no where there is none or it throws", async () => {
    const server = await fakeServer();
    expect(await server.request("item/tool/call", {})).toEqual({
      kind: "error",
      error: { code: -32601, message: "this client does not answer item/tool/call" },
    });
    server.client.handle("item/tool/call", () => ({ contentItems: [], success: false }));
    const unhandle = server.client.handle("item/tool/call", () => ({ contentItems: [], success: true }));
    expect(await server.request("item/tool/call", {})).toMatchObject({ result: { success: true } });
    unhandle();
    expect(await server.request("item/tool/call", {})).toMatchObject({ result: { success: false } });
    server.client.handle("item/tool/call", () => {
      throw new Error("not today");
    });
    expect(await server.request("item/tool/call", {})).toMatchObject({ error: { message: "not today" } });
  });
});

describe("a turn as a stream", () => {
  const turn = { id: "turn-1", status: "inProgress", items: [], error: null };
  const threadId = "thread-1";

  test("gives the turn's own notifications up to its end, and those that came right behind the answer", async () => {
    const server = await fakeServer({
      "turn/start": (_params, { notify }) => {
        setTimeout(() => {
          notify("turn/started", { threadId: "other", turn });
          notify("turn/started", { threadId, turn });
          notify("item/agentMessage/delta", { threadId, turnId: "turn-0", itemId: "i", delta: "old" });
          notify("item/agentMessage/delta", { threadId, turnId: "turn-1", itemId: "i", delta: "hi" });
          notify("thread/status/changed", { threadId, status: { type: "idle" } });
          notify("turn/completed", { threadId, turn: { ...turn, status: "completed" } });
          notify("thread/closed", { threadId });
        });
        return { turn };
      },
    });
    const methods: string[] = [];
    for await (const { method } of server.client.streamTurn({ threadId, input: "hello" })) methods.push(method);
    expect(methods).toEqual(["turn/started", "item/agentMessage/delta", "thread/status/changed", "turn/completed"]);
    expect(server.asked.at(-1)?.params).toEqual({
      threadId,
      input: [{ type: "text", text: "hello", text_elements: [] }],
    });
  });

  test("interrupts the turn of whoever leaves early, or aborts", async () => {
    const interrupted: unknown[] = [];
    const server = await fakeServer({
      "turn/start": (_params, { notify }) => {
        setTimeout(() => notify("turn/started", { threadId, turn }));
        return { turn };
      },
      "turn/interrupt": (params, { notify }) => {
        interrupted.push(params);
        notify("turn/completed", { threadId, turn: { ...turn, status: "interrupted" } });
        return {};
      },
    });
    for await (const notification of server.client.streamTurn({ threadId, input: "hello" }))
      if (notification.method === "turn/started") break;
    const controller = new AbortController();
    let last: unknown;
    for await (const notification of server.client.streamTurn({
      threadId,
      input: "hello",
      signal: controller.signal,
    })) {
      controller.abort();
      last = notification;
    }
    expect(last).toMatchObject({ params: { turn: { status: "interrupted" } } });
    expect(interrupted).toEqual([
      { threadId, turnId: "turn-1" },
      { threadId, turnId: "turn-1" },
    ]);
  });

  test("ends with an error when the server does", async () => {
    const server = await fakeServer({ "turn/start": () => ({ turn }) });
    const reading = (async () => {
      for await (const _ of server.client.streamTurn({ threadId, input: "hello" }));
    })();
    while (server.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    server.crash();
    await expect(reading).rejects.toMatchObject({ code: "app_server_gone" });
  });
});

describe("a server that is started", () => {
  test("and cannot be is told by its command", async () => {
    await expect(spawnAppServer({ clientInfo, command: ["/nonexistent/codex", "app-server"] })).rejects.toMatchObject({
      code: "app_server_gone",
      message: expect.stringMatching(/^The app-server \(\/nonexistent\/codex app-server\) .*ENOENT/) as string,
    });
    await expect(spawnAppServer({ clientInfo, command: [] })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test("and ends before it answers is told with its exit code and its last words, without tokens in them", async () => {
    const command = node(
      "console.error('no home'); console.error('bad token at-0123456789abcdefghijklmnop'); process.exit(3)",
    );
    await expect(spawnAppServer({ clientInfo, command })).rejects.toMatchObject({
      code: "app_server_gone",
      message: expect.stringMatching(/ended with exit code 3: bad token (?!at-)/) as string,
    });
  });

  test("and does not answer is given up and ended", async () => {
    const command = node("process.stdin.resume(); setInterval(() => {}, 1000)");
    await expect(spawnAppServer({ clientInfo, command, startTimeoutMs: 100 })).rejects.toMatchObject({
      code: "app_server_gone",
    });
  }, 30_000);

  test("passes on what it logs, and is waited for when it is closed", async () => {
    const script =
      "process.stderr.write('hello log at-0123456789abcdefghijklmnop\\n'); process.stdin.on('data', d => { for (const l of String(d).trim().split('\\n')) " +
      "{ const m = JSON.parse(l); if (m.id !== undefined) console.log(JSON.stringify({ id: m.id, result: {} })); } })";
    const log: string[] = [];
    const client = await spawnAppServer({ clientInfo, command: node(script), onLog: (line) => log.push(line) });
    expect(await client.close()).toMatchObject({ code: 0, expected: true, lastLog: log });
    expect(log).toEqual([expect.stringMatching(/^hello log (?!at-)/)]);
  });
});

describe("a server that listens", () => {
  test("nowhere is told as gone, and an address that is none as such", async () => {
    await expect(connectAppServer({ clientInfo, url: "http://127.0.0.1:1" })).rejects.toMatchObject({
      code: "config_invalid",
    });
    await expect(connectAppServer({ clientInfo, url: "ws://127.0.0.1:1" })).rejects.toMatchObject({
      code: "app_server_gone",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });

  test("is talked to over a WebSocket with the token", async () => {
    const { WebSocketServer } = await import("ws");
    const { socketTransport, createPeer } = await import("../../../src/json-rpc/index.ts");
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    let authorization: string | undefined;
    server.on("connection", (socket, request) => {
      ({ authorization } = request.headers);
      createPeer({
        transport: socketTransport(socket),
        onRequest: () => ({ result: { userAgent: "ws" } }),
        onFault: () => ({ code: 1, message: "" }),
      });
    });
    const { port } = server.address() as { port: number };
    const client = await connectAppServer({ clientInfo, url: `ws://127.0.0.1:${port}`, token: "capability" });
    expect(client.server.userAgent).toBe("ws");
    expect(authorization).toBe("Bearer capability");
    await client.close();
    server.close();
  });
});
