/**
 * The server: the clients that are connected, and what serves them.
 * @module
 */
import type { MessageTransport } from "../json-rpc/index.ts";
import { type Connection, openConnection } from "./connection.ts";
import type { Audience, Client, Handlers } from "./handlers.ts";
import type { ClientInfo, InitializeResponse } from "./protocol/types/account.ts";

/** The clients that have come in. */
export interface Clients extends Audience {
  /** Whoever has come in and is not gone, the first one first. */
  all(): readonly Client[];
  add(client: Client): void;
}

/** A room without clients. */
export function createClients(): Clients {
  const inside = new Set<Client>();
  return {
    all: () => [...inside],
    add(client) {
      if (client.closed.aborted) return;
      inside.add(client);
      client.closed.addEventListener("abort", () => inside.delete(client), { once: true });
    },
    broadcast(method, params) {
      for (const client of inside) client.notify(method, params);
    },
  };
}

/** Options of {@link createServer}. */
export interface ServerOptions {
  readonly clients: Clients;
  readonly handlers: Handlers;
  /** Answers `initialize`; throws for names that cannot be used. */
  readonly greet: (info: ClientInfo) => InitializeResponse;
  /** Told of each client that has come in. */
  readonly onClient: (client: Client) => void;
  /** A line for whoever reads standard error. */
  readonly onTrouble: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A server that can be reached over any transport. */
export interface Server {
  /** Begins a conversation. */
  connect(transport: MessageTransport): Connection;
  /** Ends all conversations. */
  close(): void;
}

/** Makes a server. */
export function createServer(options: ServerOptions): Server {
  const connections = new Set<Connection>();
  let nextId = 1;
  return {
    connect(transport) {
      const connection = openConnection({
        ...options,
        transport,
        id: nextId++,
        greet: ({ clientInfo }) => options.greet(clientInfo),
        onReady: (client) => {
          options.clients.add(client);
          options.onClient(client);
        },
      });
      connections.add(connection);
      connection.closed.addEventListener("abort", () => connections.delete(connection), { once: true });
      return connection;
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
