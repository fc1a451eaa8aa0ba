/**
 * The socket side: listens, finds the route, applies the script, answers faults.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { toPlanportError } from "../../errors.ts";
import { toErrorBody } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";
import { answerHeaders } from "../backend/answer.ts";
import { CODEX_BASES } from "../backend/routes.ts";
import { serveSocket } from "../backend/websocket.ts";
import { TOKEN_EXCHANGE } from "../oauth/token-endpoint.ts";
import { isPlatformPath, refusePlatformPath } from "../platform/routes.ts";
import type { Effect, HttpEffect } from "../script/effect.ts";
import { meetHead } from "../script/head.ts";
import type { Target } from "../script/script.ts";
import { childController } from "../script/wait.ts";
import { record, type World } from "../world.ts";
import { readBody } from "./body.ts";
import { authenticate, fieldsOf, parsePayload, type Payload, plainHeaders, type Route } from "./exchange.ts";
import { sendDetail, sendJson, sendText } from "./reply.ts";

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const UPGRADE_PATHS: ReadonlySet<string> = new Set(CODEX_BASES.map((base) => `${base}/responses`));

/** A server that does not listen yet, and its WebSocket half. */
export interface SimulatorServer {
  readonly http: Server;
  readonly websockets: WebSocketServer;
}

/** Makes the server of a simulator. */
export function createSimulatorServer(world: World, routes: readonly Route[]): SimulatorServer {
  const table = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const paths = new Set(routes.map((route) => route.path));
  const http = createServer((req, res) => {
    void serve(world, table, paths, req, res);
  });
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  websockets.on("headers", (lines, req) => {
    const headers = answerHeaders(world, authenticate(world, req), req.headers);
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  });
  http.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    void upgrade(world, websockets, req, socket, head);
  });
  return { http, websockets };
}

async function serve(
  world: World,
  table: ReadonlyMap<string, Route>,
  paths: ReadonlySet<string>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = urlOf(world, req);
  const { controller, release } = childController(world.closing);
  res.on("close", () => {
    controller.abort(new Error("The client left."));
    release();
    world.options.log?.(`${req.method} ${url.pathname} ${res.headersSent ? res.statusCode : "no answer"}`);
  });
  res.setHeader("x-request-id", world.random.uuid());
  try {
    const route = table.get(`${req.method} ${url.pathname}`);
    const payload = parsePayload(await readBody(req), req.headers["content-type"]);
    const target = route === undefined ? null : targetOf(route, payload);
    recordCall(world, req, url, payload, target);
    if (route === undefined && isPlatformPath(url.pathname))
      return refusePlatformPath(
        { world, req, res, url, payload, effects: [], signal: controller.signal },
        paths.has(url.pathname),
      );
    if (route === undefined)
      return paths.has(url.pathname) ? sendDetail(res, 405, "Method Not Allowed") : sendDetail(res, 404, "Not Found");
    const effects = target === null ? [] : takeEffects(world, target, payload);
    const head = await meetHead({ effects, signal: controller.signal, streams: target === "responses" });
    if (head === "drop") return void req.socket.destroy();
    if (head === "malformed") return sendText(res, 200, "application/json", '{"broken": ');
    if (head !== null) return sendEffect(world, req, res, head, url);
    await route.handle({ world, req, res, url, payload, effects, signal: controller.signal });
  } catch (error) {
    if (controller.signal.aborted || res.headersSent) return void res.destroy();
    const known = toPlanportError(error);
    if (known.code === "internal")
      world.options.log?.(`fault: ${error instanceof Error ? error.message : String(error)}`);
    sendJson(res, known.status, toErrorBody(known, world.nowMs()));
  }
}

function urlOf(world: World, req: IncomingMessage): URL {
  const target = req.url ?? "/";
  return new URL(target.startsWith("/") ? world.origin + target : "/", world.origin);
}

/** The API-key exchange shares the token endpoint but is a thing of its own: Codex goes on without it. */
function targetOf(route: Route, payload: Payload): Target | null {
  if (route.target === "token" && fieldsOf(payload)["grant_type"] === TOKEN_EXCHANGE) return "apiKeyExchange";
  return route.target;
}

function takeEffects(world: World, target: Target, payload: Payload): readonly Effect[] {
  const fields = fieldsOf(payload);
  return world.script.take({
    target,
    transport: "http",
    grantType: asString(fields["grant_type"]),
    model: asString(fields["model"]),
  });
}

function recordCall(world: World, req: IncomingMessage, url: URL, payload: Payload, target: Target | null): void {
  if (url.pathname.startsWith("/_simulator/")) return;
  record(world, {
    method: req.method ?? "",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: plainHeaders(req),
    body: payload.value,
    transport: "http",
    target,
  });
}

function sendEffect(world: World, req: IncomingMessage, res: ServerResponse, effect: HttpEffect, url: URL): void {
  const usual = isPlatformPath(url.pathname) ? {} : answerHeaders(world, authenticate(world, req), req.headers);
  const { type, text } = effectBody(effect);
  sendText(res, effect.status, type, text, { ...usual, ...effect.headers });
}

function effectBody(effect: HttpEffect): { readonly type: string; readonly text: string } {
  if (typeof effect.body === "string") return { type: "text/plain; charset=utf-8", text: effect.body };
  return { type: "application/json", text: effect.body === undefined ? "" : JSON.stringify(effect.body) };
}

async function upgrade(
  world: World,
  websockets: WebSocketServer,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = urlOf(world, req);
  const known = UPGRADE_PATHS.has(url.pathname);
  recordCall(
    world,
    req,
    url,
    { value: null, type: "none", problem: null, bytes: Buffer.alloc(0) },
    known ? "websocket" : null,
  );
  if (!known) return refuseUpgrade(socket, { kind: "http", status: 404, body: { detail: "Not Found" } });
  const effects = world.script.take({ target: "websocket", transport: "http" });
  const { controller, release } = childController(world.closing);
  socket.once("close", () => controller.abort(new Error("The client left.")));
  try {
    const outcome = await meetHead({ effects, signal: controller.signal, streams: false });
    if (outcome === "drop") return void socket.destroy();
    if (outcome === "malformed") return void socket.end("nonsense\r\n\r\n");
    if (outcome !== null) return refuseUpgrade(socket, outcome);
    if (authenticate(world, req) === null)
      return refuseUpgrade(socket, { kind: "http", status: 401, body: { detail: "Unauthorized" } });
    websockets.handleUpgrade(req, socket, head, (ws) => serveSocket(world, ws, req));
  } catch {
    socket.destroy(); // Only an abort ends up here: the client left, or the simulator closes.
  } finally {
    release();
  }
}

/** Before the upgrade there is no response object to write with, only the socket. */
function refuseUpgrade(socket: Duplex, effect: HttpEffect): void {
  const { type, text } = effectBody(effect);
  const headers: Record<string, string> = {
    "content-type": type,
    ...effect.headers,
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${effect.status} Refused\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}
