/**
 * One end of a conversation in JSON-RPC. Both ends are alike: each may ask, answer and notify.
 * @module
 */
import {
  answerText,
  idText,
  type Incoming,
  notificationText,
  readMessage,
  type RequestId,
  requestText,
  type RpcAnswer,
  type RpcError,
} from "./message.ts";
import type { MessageTransport } from "./transport.ts";

/** A request of the other side. */
export interface PeerRequest {
  readonly id: RequestId;
  readonly method: string;
  /** Undefined when there were none. */
  readonly params: unknown;
}

/** An answer of ours, and what is to be done once it is sent, in the same turn. */
export type PeerAnswer = RpcAnswer & { readonly after?: (() => void) | undefined };

/** What became of a request of ours. */
export type RequestOutcome =
  | { readonly kind: "result"; readonly result: unknown }
  /** The other side said no. */
  | { readonly kind: "error"; readonly error: RpcError }
  /** It took too long; an answer that comes later is not looked at. */
  | { readonly kind: "timeout" }
  /** Whoever asked does not want to know any more. */
  | { readonly kind: "aborted" }
  /** The other side is gone. */
  | { readonly kind: "closed" };

/** Options of {@link Peer.request}. */
export interface RequestOptions {
  /** Without it there is no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the id that the request went out with. */
  readonly onSent?: ((id: number) => void) | undefined;
}

/** Options of {@link createPeer}. */
export interface PeerOptions {
  readonly transport: MessageTransport;
  /** Answers a request. What it throws becomes the error that {@link PeerOptions.onFault} makes of it. */
  readonly onRequest: (request: PeerRequest) => PeerAnswer | Promise<PeerAnswer>;
  /** The error for what a request's handler threw. */
  readonly onFault: (error: unknown) => RpcError;
  readonly onNotification?: ((method: string, params: unknown) => void) | undefined;
  /** Something came that is no message. There is no answer to it; the conversation goes on. */
  readonly onUnreadable?: ((why: string) => void) | undefined;
  /** Members that each notification gets beside method and params. */
  readonly stamp?: (() => object) | undefined;
}

/** One end. */
export interface Peer {
  /** Asks the other side. Never rejects. */
  request(method: string, params: unknown, options?: RequestOptions): Promise<RequestOutcome>;
  notify(method: string, params?: unknown): void;
  /** Ends the conversation. */
  close(): void;
  /** Aborted when the conversation is over. */
  readonly closed: AbortSignal;
}

/** Begins a conversation. Ids of our requests are whole numbers from 0 on. */
export function createPeer(options: PeerOptions): Peer {
  const { transport } = options;
  const closed = new AbortController();
  const waiting = new Map<string, (answer: RpcAnswer | null) => void>();
  let nextId = 0;

  const answer = (id: RequestId, { after, ...said }: PeerAnswer): void => {
    transport.send(answerText(id, said));
    after?.();
  };
  const serve = (request: PeerRequest): void => {
    const fail = (error: unknown): void => answer(request.id, { error: options.onFault(error) });
    let given: PeerAnswer | Promise<PeerAnswer>;
    try {
      given = options.onRequest(request);
    } catch (error) {
      fail(error);
      return;
    }
    // An answer that is there at once is sent at once, before anything that comes later is looked at.
    if (given instanceof Promise) given.then((said) => answer(request.id, said), fail);
    else answer(request.id, given);
  };
  const take = (message: Incoming): void => {
    switch (message.kind) {
      case "request":
        serve(message);
        break;
      case "notification":
        options.onNotification?.(message.method, message.params);
        break;
      case "answer":
        waiting.get(idText(message.id))?.(message.answer);
        break;
      case "unreadable":
        options.onUnreadable?.(message.why);
        break;
    }
  };
  transport.open({
    onMessage: (text) => take(readMessage(text)),
    onUnreadable: (why) => options.onUnreadable?.(why),
    onClose: () => {
      closed.abort();
      for (const settle of waiting.values()) settle(null);
    },
  });
  return {
    request: (method, params, { timeoutMs, signal, onSent } = {}) =>
      new Promise((resolve) => {
        if (closed.signal.aborted) return resolve({ kind: "closed" });
        if (signal?.aborted === true) return resolve({ kind: "aborted" });
        const id = nextId++;
        const end = (outcome: RequestOutcome): void => {
          waiting.delete(idText(id));
          clearTimeout(timer);
          signal?.removeEventListener("abort", onAbort);
          resolve(outcome);
        };
        const onAbort = (): void => end({ kind: "aborted" });
        const timer = timeoutMs === undefined ? undefined : setTimeout(() => end({ kind: "timeout" }), timeoutMs);
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(idText(id), (said) => {
          if (said === null) end({ kind: "closed" });
          else end("error" in said ? { kind: "error", error: said.error } : { kind: "result", result: said.result });
        });
        transport.send(requestText(id, method, params));
        onSent?.(id);
      }),
    notify: (method, params) => transport.send(notificationText(method, params, options.stamp?.())),
    close: () => transport.close(),
    closed: closed.signal,
  };
}
