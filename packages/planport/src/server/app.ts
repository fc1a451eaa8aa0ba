/**
 * The gateway: who may come in, which route answers, and what a failure looks like.
 * @module
 */
import { randomUUID } from "node:crypto";
import { TrieRouter } from "hono/router/trie-router";
import { RequestError } from "../errors.ts";
import { silentLogger } from "../observe/index.ts";
import { createKeyCheck, type KeyCheck } from "./admission/gateway-key.ts";
import { checkAllowedHosts, checkHost } from "./admission/host.ts";
import { answerPreflight, checkAllowedOrigins, checkOrigin } from "./admission/origin.ts";
import type { Exchange } from "./exchange.ts";
import { listen } from "./listen.ts";
import { isBackendPath, passOn } from "./routes/backend.ts";
import { chatCompletions } from "./routes/chat.ts";
import { compact } from "./routes/compact.ts";
import { completions } from "./routes/completions.ts";
import type { GatewayContext, Route } from "./routes/context.ts";
import { health } from "./routes/health.ts";
import { countTokens, messages } from "./routes/messages.ts";
import { imageEdits, imageGenerations, imageVariations } from "./routes/images.ts";
import { getModel, listModels } from "./routes/models.ts";
import { responses } from "./routes/responses.ts";
import { deleteResponse, getResponse, listInputItems } from "./routes/stored-responses.ts";
import { unsupportedReason } from "./routes/unsupported.ts";
import { usage } from "./routes/usage.ts";
import { MESSAGES_PATH, notFound, sendError } from "./send-error.ts";
import { NO_PROFILES, profileKeys, withoutBase } from "./profiles.ts";
import type { Gateway, GatewayAccounts, GatewayOptions } from "./types.ts";
import { ACCOUNT_HEADER, watchedClient } from "./watched-client.ts";
import { createWebExchange } from "./web-exchange.ts";

const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_KEEP_ALIVE_MS = 15_000;
const DEFAULT_COMMIT_AFTER_MS = 45_000;
const DEFAULT_UNREAD_LIMIT_MS = 600_000;
const HEALTH_PATH = "/healthz";

/** What a path is for. */
type Entry = Readonly<Partial<Record<"GET" | "POST" | "DELETE", Route>>>;

/** What is passed on is so whatever its method. */
const ANY_METHOD = ["any", {}] as const;

/** Answers one exchange and never throws. */
export type Handler = (exchange: Exchange) => Promise<void>;

/**
 * Makes a gateway. Nothing listens yet.
 * @throws {ConfigError} `config_invalid` for allowed hosts and origins that could never match.
 */
export function createGateway(options: GatewayOptions): Gateway {
  checkAllowedHosts(options.allowedHosts ?? []);
  checkAllowedOrigins(options.allowedOrigins ?? []);
  const context = toContext(options);
  const handle = createHandler(options, context);
  return {
    fetch: async (request) => {
      const startedAtMs = performance.now();
      const { exchange, response } = createWebExchange(request, context.newId, (exchange, complete) =>
        log(exchange, context, { complete, durationMs: performance.now() - startedAtMs }),
      );
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
    memory: options.memory ?? null,
    version: options.version,
    credentials: options.credentials ?? "own",
    profiles: options.profiles ?? (() => NO_PROFILES),
    gatewayKey: options.gatewayKey ?? null,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    logger: options.logger ?? silentLogger,
    onChanges: options.onChanges,
    now,
    newId: options.newId ?? randomUUID,
    keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
    commitAfterMs: options.commitAfterMs ?? DEFAULT_COMMIT_AFTER_MS,
    unreadLimitMs: options.unreadLimitMs ?? DEFAULT_UNREAD_LIMIT_MS,
    startedAtMs: now(),
  };
}

function createHandler(options: GatewayOptions, context: GatewayContext): Handler {
  const router = createRouter(context, options.accounts);
  const admit = createAdmission(options, context);
  return async (asked) => {
    const exchange = withoutBase(asked, context.profiles());
    try {
      if ((await admit(exchange)) === "admitted") await router(exchange);
    } catch (error) {
      sendError(exchange, error, context);
    }
  };
}

function createAdmission(
  options: GatewayOptions,
  context: GatewayContext,
): (exchange: Exchange) => Promise<"answered" | "admitted"> {
  const hostRule = { allowedHosts: options.allowedHosts ?? [], keyed: options.gatewayKey !== undefined };
  const allowedOrigins = options.allowedOrigins ?? [];
  const checkKey: KeyCheck = createKeyCheck(
    options.gatewayKey,
    () => profileKeys(context.profiles()),
    options.ownBearers,
  );
  return async (exchange) => {
    checkHost(exchange, hostRule);
    checkOrigin(exchange, allowedOrigins);
    if (answerPreflight(exchange)) return "answered";
    // A container's health check has no key, and learns nothing that a closed port would not tell.
    const isBackend = isBackendPath(exchange.path);
    if (exchange.path !== HEALTH_PATH) await checkKey(exchange, isBackend && options.credentials === "passthrough");
    if (!exchange.path.startsWith("/")) throw new RequestError("request_malformed", "The request has no usable path.");
    const asksForWebSocket = exchange.headers["upgrade"]?.trim().toLowerCase() === "websocket";
    const isPassed = isBackend && exchange.upgrade !== null;
    if (asksForWebSocket && !isPassed && unsupportedReason(exchange.path) === null) refuseWebSocket(exchange);
    return "admitted";
  };
}

/** hono's router alone: its `Request` and `Context` would cost more than everything else that a call needs. */
function createRouter(context: GatewayContext, accounts: GatewayAccounts | undefined): Handler {
  const router = new TrieRouter<Entry>();
  const add = (path: string, entry: Entry): void => router.add("ALL", path, entry);
  add(HEALTH_PATH, { GET: health });
  add("/v1/models", { GET: listModels });
  add("/v1/models/:id{.+}", { GET: getModel });
  add("/v1/responses", { POST: responses });
  add("/v1/responses/compact", { POST: compact });
  add("/v1/usage", { GET: usage });
  add("/v1/responses/:id", { GET: getResponse, DELETE: deleteResponse });
  add("/v1/responses/:id/input_items", { GET: listInputItems });
  add("/v1/chat/completions", { POST: chatCompletions });
  add("/v1/completions", { POST: completions });
  add("/v1/images/generations", { POST: imageGenerations });
  add("/v1/images/edits", { POST: imageEdits });
  add("/v1/images/variations", { POST: imageVariations });
  add(MESSAGES_PATH, { POST: messages });
  add(`${MESSAGES_PATH}/count_tokens`, { POST: countTokens });
  return async (exchange) => {
    const [match] = router.match("ALL", exchange.path)[0];
    const [entry, params] = match ?? (isBackendPath(exchange.path) ? ANY_METHOD : refusePath(exchange));
    const route = entry === "any" ? passOn : (routeFor(exchange.method, entry) ?? refuseMethod(exchange, entry));
    const account = route === health ? undefined : exchange.headers[ACCOUNT_HEADER];
    const chosen = account === undefined ? context : await contextOf(account, exchange, context, accounts);
    const own = route === health ? context : { ...chosen, client: watchedClient(exchange, chosen) };
    await route(exchange, own, decoded(params as Record<string, string>));
  };
}

/**
 * The context of the account that a request names. It is the request's choice alone: nothing here goes from one account
 * to another by itself.
 */
async function contextOf(
  account: string,
  exchange: Exchange,
  context: GatewayContext,
  accounts: GatewayAccounts | undefined,
): Promise<GatewayContext> {
  if (accounts === undefined)
    throw new RequestError("request_invalid", `This gateway has one account: leave the header ${ACCOUNT_HEADER} out.`, {
      cause: { param: ACCOUNT_HEADER },
    });
  const client = await accounts.client(account);
  exchange.notes.account = account;
  exchange.reply.headers[ACCOUNT_HEADER] = account;
  return { ...context, client };
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodePart(value)]));
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray `%`: it is taken as it came, and found nowhere.
  }
}

function routeFor(method: string, entry: Entry): Route | undefined {
  const name = method === "HEAD" ? "GET" : method;
  return name === "GET" || name === "POST" || name === "DELETE" ? entry[name] : undefined;
}

function refuseMethod(exchange: Exchange, entry: Entry): never {
  // `input_tokens` stands where the id of a response can stand.
  const reason = unsupportedReason(exchange.path);
  if (reason !== null) throw new RequestError("not_supported", reason);
  const allowed = Object.keys(entry).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
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
  throw new RequestError("not_supported", "No WebSocket is taken here; send the request as POST.", {
    status: 426,
  });
}

const WITHOUT_PREFIX =
  /^\/(?:(?:chat\/)?completions|responses|messages|images\/(?:generations|edits)|models(?:\/.+)?)$/;

function refusePath(exchange: Exchange): never {
  const { path } = exchange;
  const reason = unsupportedReason(path);
  if (reason !== null) throw new RequestError("not_supported", reason);
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

/** One line for each request. The error's code stands in it whatever went wrong, and however the answer went out. */
function log(exchange: Exchange, context: GatewayContext, { complete, durationMs }: Outcome): void {
  const { changes, ...notes } = exchange.notes;
  if (changes !== undefined) context.onChanges?.(changes);
  context.logger.info("http.request", {
    method: exchange.method,
    path: exchange.path,
    status: exchange.reply.status,
    durationMs: Math.round(durationMs),
    // The call hears of it only after this line.
    ...(!complete && { aborted: true, errorCode: "cancelled" }),
    requestId: exchange.requestId,
    ...notes,
  });
}
