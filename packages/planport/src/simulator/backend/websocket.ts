/**
 * `GET /codex/responses` with an upgrade: many model calls over one WebSocket
 * (openai/codex `codex-rs/codex-api/src/endpoint/responses_websocket.rs`).
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asString, tryParseJson } from "../../protocol/json.ts";
import { authenticate, plainHeaders } from "../http/exchange.ts";
import { meetHead } from "../script/head.ts";
import type { FrameSink } from "../script/play.ts";
import type { Target } from "../script/script.ts";
import { childController } from "../script/wait.ts";
import { record, type World } from "../world.ts";
import { answer, answerHeaders, judge, saysLite } from "./answer.ts";
import { limitEvent, limitRefusal } from "./headers.ts";
import { detail, invalid, type Refusal } from "./refusal.ts";

/** What a later call may go on from. */
interface Finished {
  readonly responseId: string;
  readonly items: readonly Item[];
}

interface Running {
  readonly responseId: string;
  readonly controller: AbortController;
  interrupted: boolean;
}

const MAX_BUFFERED_BYTES = 1024 * 1024;

/** Serves one connection until it closes or the simulator does. */
export function serveSocket(world: World, ws: WebSocket, req: IncomingMessage): void {
  const connection = new Connection(world, ws, req);
  // "drop" effects and leaving clients end a socket at any time; what is in flight ends by its signal.
  ws.on("error", () => ws.terminate());
  ws.on("message", (data, isBinary) => connection.receive(isBinary || !Buffer.isBuffer(data) ? null : data.toString()));
  ws.on("close", () => connection.close());
}

class Connection {
  readonly #world: World;
  readonly #ws: WebSocket;
  readonly #req: IncomingMessage;
  readonly #life: ReturnType<typeof childController>;
  #last: Finished | null = null;
  #running: Running | null = null;
  /** Calls are answered one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(world: World, ws: WebSocket, req: IncomingMessage) {
    this.#world = world;
    this.#ws = ws;
    this.#req = req;
    this.#life = childController(world.closing);
  }

  close(): void {
    this.#life.controller.abort(new Error("The WebSocket was closed."));
    this.#life.release();
  }

  receive(text: string | null): void {
    const message = text === null ? undefined : tryParseJson(text);
    if (!isJsonObject(message)) return this.#refuse(detail("Messages must be JSON objects"));
    switch (message["type"]) {
      case "response.create":
        this.#queue = this.#queue.then(() => this.#create(message)).catch((error: unknown) => this.#fault(error));
        return undefined;
      case "response.interrupt":
        return this.#interrupt(message["response_id"]);
      default:
        return this.#refuse(invalid(`Unknown message type: ${String(message["type"])}`, "type"));
    }
  }

  #fault(error: unknown): void {
    if (this.#life.controller.signal.aborted) return;
    this.#world.options.log?.(`websocket fault: ${error instanceof Error ? error.message : String(error)}`);
    this.#ws.close(1011);
  }

  #interrupt(responseId: unknown): void {
    const running = this.#running;
    if (running === null || running.responseId !== responseId) return;
    running.interrupted = true;
    running.controller.abort(new Error("The response was interrupted."));
  }

  async #create(message: JsonObject): Promise<void> {
    const world = this.#world;
    const { type: _type, ...rest } = message;
    // A WebSocket always streams, so a client need not say it.
    const body: JsonObject = { stream: true, ...rest };
    const target = body["generate"] === false ? "prewarm" : "responses";
    this.#record(message, target);
    const { signal } = this.#life.controller;
    const model = asString(body["model"]);
    const effects = world.script.take({ target, transport: "websocket", model });
    const head = await meetHead({ effects, signal, streams: true });
    if (head === "drop") return this.#ws.terminate();
    if (head !== null && head !== "malformed")
      return this.#sendError(
        head.status,
        isJsonObject(head.body) ? head.body : { detail: String(head.body) },
        head.headers,
      );
    const account = authenticate(world, this.#req);
    if (account === null) return this.#refuse(detail("Unauthorized", 401));
    const previous = body["previous_response_id"] ?? null;
    if (previous !== null && previous !== this.#last?.responseId) return this.#refuse(previousNotFound(previous));
    const before = previous === null ? [] : (this.#last?.items ?? []);
    const facts = {
      body,
      transport: "websocket" as const,
      liteHeader: saysLite(this.#req.headers, body),
      seal: world.seal,
      findModel: world.catalogue.find,
    };
    const verdict = limitRefusal(account, world.nowMs()) ?? judge(facts, before);
    if ("status" in verdict) return this.#refuse(verdict);
    this.#ws.send(JSON.stringify(limitEvent(account, world.nowMs())));
    await this.#answer({ world, account, body, items: verdict.items, effects });
  }

  async #answer(
    call: Pick<Parameters<typeof answer>[0], "world" | "account" | "body" | "items" | "effects">,
  ): Promise<void> {
    const { controller, release } = childController(this.#life.controller.signal);
    const running: Running = { responseId: this.#world.random.hex("resp_", 24), controller, interrupted: false };
    const output: JsonObject[] = [];
    const { responseId } = running;
    const sink = new SocketSink(this.#ws, controller.signal);
    this.#running = running;
    try {
      await answer({ ...call, responseId, sink, signal: controller.signal, onItem: (item) => output.push(item) });
    } catch (error) {
      if (!running.interrupted) throw error;
      this.#ws.send(interruptedEvent(responseId, sink.written));
    } finally {
      this.#running = null;
      release();
    }
    this.#last = { responseId, items: [...call.items, ...(output as Item[])] };
  }

  #record(body: JsonObject, target: Target): void {
    const path = (this.#req.url ?? "").split("?", 1)[0] ?? "";
    record(this.#world, {
      method: "SEND",
      path,
      query: {},
      headers: plainHeaders(this.#req),
      body,
      transport: "websocket",
      target,
    });
  }

  #refuse(refusal: Refusal): void {
    this.#sendError(refusal.status, refusal.body);
  }

  #sendError(status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): void {
    const error = isJsonObject(body["error"])
      ? body["error"]
      : { type: "invalid_request_error", code: null, message: String(body["detail"]), param: null };
    const all = { ...answerHeaders(this.#world, authenticate(this.#world, this.#req), this.#req.headers), ...headers };
    this.#ws.send(JSON.stringify({ type: "error", status, error, headers: all }));
  }
}

class SocketSink implements FrameSink {
  readonly #ws: WebSocket;
  readonly #signal: AbortSignal;
  /** How many events went out. */
  written = 0;

  constructor(ws: WebSocket, signal: AbortSignal) {
    this.#ws = ws;
    this.#signal = signal;
  }

  write(frame: { readonly json: string }): Promise<void> | undefined {
    this.written += 1;
    if (this.#ws.bufferedAmount < MAX_BUFFERED_BYTES) {
      this.#ws.send(frame.json);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new Error("The reader left."));
      this.#signal.addEventListener("abort", onAbort, { once: true });
      this.#ws.send(frame.json, () => {
        this.#signal.removeEventListener("abort", onAbort);
        resolve();
      });
    });
  }

  writeRaw(text: string): void {
    this.#ws.send(text);
  }

  end(cut?: { readonly closeCode: number }): void {
    if (cut !== undefined) this.#ws.close(cut.closeCode);
  }

  drop(): void {
    this.#ws.terminate();
  }
}

function previousNotFound(id: unknown): Refusal {
  return invalid(
    `Previous response with id '${String(id)}' not found.`,
    "previous_response_id",
    "previous_response_not_found",
  );
}

function interruptedEvent(id: string, sequenceNumber: number): string {
  const response = {
    id,
    object: "response",
    status: "incomplete",
    incomplete_details: { reason: "interrupted" },
    output: [],
    usage: null,
  };
  return JSON.stringify({ type: "response.incomplete", sequence_number: sequenceNumber, response });
}
