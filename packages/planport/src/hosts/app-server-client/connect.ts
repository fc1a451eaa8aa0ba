/**
 * An app-server that listens, over a WebSocket.
 * @module
 */
import { ConfigError } from "../../errors.ts";
import { type MessageSocket, socketTransport } from "../../json-rpc/index.ts";
import { converse } from "./client.ts";
import type { AppServerClient, AppServerEnd, ConnectOptions } from "./types.ts";

/**
 * Connects to an app-server and greets it.
 * @throws {ConfigError} `config_invalid` for a URL that is none.
 * @throws {UpstreamError} `app_server_gone` when nothing listens there or the token is wrong; `app_server_refused`.
 */
export async function connectAppServer(options: ConnectOptions): Promise<AppServerClient> {
  const { url, token } = options;
  if (!/^wss?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
    throw new ConfigError("config_invalid", `The option url is no WebSocket address (ws://127.0.0.1:PORT): ${url}`);
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    maxPayload: 64 * 1024 * 1024,
  });
  let expected = false;
  const lastLog: string[] = [];
  const ended = new Promise<AppServerEnd>((resolve) => {
    socket.on("error", (error) => lastLog.push(error.message));
    socket.once("close", () => resolve({ code: null, signal: null, lastLog, expected }));
  });
  // What is sent before it is open would be dropped.
  await Promise.race([new Promise((resolve) => socket.once("open", resolve)), ended]);
  return converse(
    {
      name: `The app-server at ${url}`,
      transport: closedIsTold(socket),
      ended,
      close() {
        expected = true;
        socket.close(1000);
        return ended;
      },
    },
    options,
  );
}

/** A socket that closed before anybody listened to it tells so all the same. */
function closedIsTold(socket: MessageSocket): ReturnType<typeof socketTransport> {
  const transport = socketTransport(socket);
  const CLOSING = 2;
  return {
    ...transport,
    open(events) {
      transport.open(events);
      if (socket.readyState >= CLOSING) queueMicrotask(() => events.onClose());
    },
  };
}
