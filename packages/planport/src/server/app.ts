/**
 * The gateway: who may come in, which route answers, and what a failure looks like.
 * @module
 */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { RequestError } from "../errors.ts";
import { silentLogger } from "../observe/index.ts";
import { createKeyCheck, type KeyCheck } from "./admission/gateway-key.ts";
import { checkHost } from "./admission/host.ts";
import { answerPreflight, checkOrigin } from "./admission/origin.ts";
import type { Exchange } from "./exchange.ts";
import { listen } from "./listen.ts";
import { chatCompletions } from "./routes/chat.ts";
import type { GatewayContext, Route } from "./routes/context.ts";
import { health } from "./routes/health.ts";
import { getModel, listModels } from "./routes/models.ts";
import { responses } from "./routes/responses.ts";
import { notFound, sendError } from "./send-error.ts";
import type { Gateway, GatewayOptions } from "./types.ts";
import { createWebExchange } from "./web-exchange.ts";

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_KEEP_ALIVE_MS = 15_000;
const DEFAULT_COMMIT_AFTER_MS = 45_000;
const DEFAULT_UNREAD_LIMIT_MS = 600_000;
/** Routing needs a URL; the real authority has been checked by then and is of no concern to it. */
const ROUTING_BASE = "http://gateway.invalid";
const HEALTH_PATH = "/healthz";

/** The router carries an exchange through; what it returns says only that the route has run. */
type Router = Hono<{ Bindings: { exchange: Exchange } }>;

/** Answers one exchange and never throws. */
export type Handler = (exchange: Exchange) => Promise<void>;

/** Makes a gateway. Nothing listens yet. */
export function createGateway(options: GatewayOptions): Gateway {
  const context = toContext(options);
  const handle = createHandler(options, context);
  return {
    fetch: async (request) => {
      const { exchange, response } = createWebExchange(request, context.newId, (exchange) => log(exchange, context));
      await handle(exchange);
      return await response;
    },
    listen: (listenOptions) =>
      listen({
        ...listenOptions,
        handle,
        keyed: options.gatewayKey !== undefined,
        newId: context.newId,
        logger: context.logger,
        onClose: (exchange, complete, durationMs) => log(exchange, context, { complete, durationMs }),
      }),
  };
}

function toContext(options: GatewayOptions): GatewayContext {
  const now = options.now ?? Date.now;
  return {
    client: options.client,
    version: options.version,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    logger: options.logger ?? silentLogger,
    now,
    newId: options.newId ?? randomUUID,
    keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
    commitAfterMs: options.commitAfterMs ?? DEFAULT_COMMIT_AFTER_MS,
    unreadLimitMs: options.unreadLimitMs ?? DEFAULT_UNREAD_LIMIT_MS,
    startedAtMs: now(),
  };
}

function createHandler(options: GatewayOptions, context: GatewayContext): Handler {
  const router = createRouter(context);
  const admit = createAdmission(options);
  return async (exchange) => {
    try {
      if (admit(exchange) === "answered") return;
      const url = new URL(exchange.path, ROUTING_BASE);
      await router.fetch(new Request(url, { method: exchange.method }), { exchange });
    } catch (error) {
      sendError(exchange, error, context);
    }
  };
}

function createAdmission(options: GatewayOptions): (exchange: Exchange) => "answered" | "admitted" {
  const hostRule = { allowedHosts: options.allowedHosts ?? [], keyed: options.gatewayKey !== undefined };
  const allowedOrigins = options.allowedOrigins ?? [];
  const checkKey: KeyCheck = createKeyCheck(options.gatewayKey);
  return (exchange) => {
    checkHost(exchange, hostRule);
    checkOrigin(exchange, allowedOrigins);
    if (answerPreflight(exchange)) return "answered";
    // A container's health check has no key, and learns nothing that a closed port would not tell.
    if (exchange.path !== HEALTH_PATH) checkKey(exchange);
    if (!exchange.path.startsWith("/")) throw new RequestError("request_malformed", "The request has no usable path.");
    if (exchange.headers["upgrade"]?.toLowerCase() === "websocket") refuseWebSocket(exchange);
    if (!ROUTABLE.has(exchange.method)) refuseMethod(exchange, ["GET", "HEAD", "POST"]);
    return "admitted";
  };
}

/** What a `Request` can be made of; TRACE and CONNECT it refuses. */
const ROUTABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function createRouter(context: GatewayContext): Router {
  const router: Router = new Hono();
  const done = new Response(null);
  const add = (method: "GET" | "POST", path: string, route: Route): void => {
    router.on(method, path, async (c) => {
      await route(c.env.exchange, context, c.req.param());
      return done;
    });
    router.all(path, (c) => refuseMethod(c.env.exchange, method === "GET" ? ["GET", "HEAD"] : [method]));
  };
  add("GET", HEALTH_PATH, health);
  add("GET", "/v1/models", listModels);
  add("GET", "/v1/models/:id{.+}", getModel);
  add("POST", "/v1/responses", responses);
  add("POST", "/v1/chat/completions", chatCompletions);
  router.notFound((c) => refusePath(c.env.exchange));
  router.onError((error) => {
    throw error;
  });
  return router;
}

function refuseMethod(exchange: Exchange, allowed: readonly string[]): never {
  exchange.reply.headers["allow"] = allowed.join(", ");
  throw new RequestError(
    "method_not_allowed",
    `${shown(exchange.method)} is not possible on ${shown(exchange.path)}; use ${allowed.join(" or ")}.`,
  );
}

/**
 * Codex tries a WebSocket first; 426 is the one answer after which it goes over to HTTP at once and for good
 * (openai/codex `codex-rs/core/src/client.rs`).
 */
function refuseWebSocket(exchange: Exchange): never {
  exchange.reply.headers["connection"] = "close";
  throw new RequestError("not_supported", "This gateway takes no WebSocket; send the request as POST.", {
    status: 426,
  });
}

const WITHOUT_PREFIX = /^\/(?:chat\/completions|responses|models(?:\/.+)?)$/;

function refusePath(exchange: Exchange): never {
  const { path } = exchange;
  if (WITHOUT_PREFIX.test(path))
    throw notFound(`There is no ${shown(path)} here; did you mean /v1${shown(path)}? Base URLs end in /v1.`);
  if (path.startsWith("/v1/v1/"))
    throw notFound(`There is no ${shown(path)} here; did you mean ${shown(path.slice(3))}?`);
  throw notFound(`There is no ${shown(path)} here.`);
}

/** A path as it may be mirrored: what is not usual in one could be meant for a log or a terminal. */
function shown(text: string): string {
  return text.slice(0, 200).replaceAll(/[^\w.:/%~-]/g, "?");
}

interface Outcome {
  readonly complete: boolean;
  readonly durationMs: number;
}

function log(exchange: Exchange, context: GatewayContext, outcome?: Outcome): void {
  context.logger.info("http.request", {
    method: exchange.method,
    path: exchange.path,
    status: exchange.reply.status,
    ...(outcome && { durationMs: Math.round(outcome.durationMs) }),
    ...(outcome?.complete === false && { aborted: true }),
    requestId: exchange.requestId,
    ...exchange.notes,
  });
}
