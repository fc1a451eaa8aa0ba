/**
 * The parent's side of an app-server: Codex's, or planport's. Importing this starts nothing and loads little.
 * @module
 */
import type { AppServerClient, ConnectOptions, SpawnOptions } from "./types.ts";

export type {
  AccountOptions,
  AppServerClient,
  AppServerEnd,
  ConnectedAccount,
  ConnectOptions,
  ConversationOptions,
  Notification,
  NotificationMethod,
  RequestLimits,
  RequestMethod,
  ServerRequestMethod,
  SpawnOptions,
  TurnOptions,
} from "./types.ts";
export type { ClientMethods, ServerNotifications, ServerRequests } from "../../app-server/protocol/types/methods.ts";

/**
 * Starts an app-server as a child process and greets it.
 * @throws {ConfigError} `config_invalid` for a command that is none.
 * @throws {UpstreamError} `app_server_gone` when it cannot be started, ends or does not answer; `app_server_refused`.
 */
export async function spawnAppServer(options: SpawnOptions): Promise<AppServerClient> {
  return (await import("./spawn.ts")).spawnAppServer(options);
}

/**
 * Connects to an app-server that listens on a WebSocket, and greets it.
 * @throws {ConfigError} `config_invalid` for a URL that is none.
 * @throws {UpstreamError} `app_server_gone` when nothing listens there or the token is wrong; `app_server_refused`.
 */
export async function connectAppServer(options: ConnectOptions): Promise<AppServerClient> {
  return (await import("./connect.ts")).connectAppServer(options);
}
