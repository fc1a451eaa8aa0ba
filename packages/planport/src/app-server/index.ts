/**
 * Codex's app-server protocol, served.
 * @module
 */
export type { Client, Handlers, RequestContext } from "./handlers.ts";
export { listen, type Listening, type ListenOptions } from "./listen.ts";
export { type AppServer, type AppServerOptions, type Feature, openAppServer, type Services } from "./open-server.ts";
