/**
 * One client's conversation: initialize first, then requests that are held to the protocol and handed out.
 * @module
 */
import { createPeer, type MessageTransport, type PeerAnswer, type PeerRequest } from "../json-rpc/index.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { Client, Handlers, RequestContext } from "./handlers.ts";
import { checkNoParams, checkParams, unknownVariant } from "./protocol/check.ts";
import { PROTOCOL_METHODS } from "./protocol/method-names.ts";
import { clientMethods, type MethodSpec } from "./protocol/methods.ts";
import type { InitializeParams, InitializeResponse } from "./protocol/types/account.ts";
import { invalidRequest, rpcErrorOf } from "./rpc-errors.ts";

/** Experimental methods that do nothing but show that they are. */
const MOCK_METHOD = "mock/experimentalMethod";

/** Options of {@link openConnection}. */
export interface ConnectionOptions {
  readonly transport: MessageTransport;
  readonly id: number;
  readonly handlers: Handlers;
  /** Answers `initialize`. */
  readonly greet: (params: InitializeParams) => InitializeResponse;
  /** Told when the client has come in. */
  readonly onReady: (client: Client) => void;
  /** A line for whoever reads standard error. */
  readonly onTrouble: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A conversation that is under way. */
export interface Connection {
  /** Aborted when it is over. */
  readonly closed: AbortSignal;
  close(): void;
}

/** What every client needs that is not yet one. */
interface Guest {
  client: Client | null;
}

/** Begins a conversation over a transport. */
export function openConnection(options: ConnectionOptions): Connection {
  const guest: Guest = { client: null };
  const served = new Set(Object.keys(options.handlers));
  const peer = createPeer({
    transport: options.transport,
    onRequest: (request) => answer(request),
    onFault: (error) => {
      const said = rpcErrorOf(error);
      if (error instanceof Error && !("code" in error)) options.onTrouble(`a request failed: ${error.stack ?? ""}`);
      return said;
    },
    onUnreadable: (why) => options.onTrouble(`a message was left out: ${why}`),
    stamp: () => ({ emittedAtMs: options.now() }),
  });

  const answer = (request: PeerRequest): PeerAnswer | Promise<PeerAnswer> => {
    const { method } = request;
    const spec = clientMethods[method];
    if (method !== MOCK_METHOD && (spec === undefined || (method !== "initialize" && !served.has(method))))
      throw invalidRequest(`Invalid request: ${unknownMethod(method, served)}`);
    const params = readParams(spec, request.params);
    if (method === "initialize") return { result: initialize(params as InitializeParams) };
    const { client } = guest;
    if (client === null) throw invalidRequest("Not initialized");
    if (!client.experimental) refuseExperimental(method, spec, request.params);
    return run(method, params, client);
  };
  const initialize = (params: InitializeParams): InitializeResponse => {
    if (guest.client !== null) throw invalidRequest("Already initialized");
    const greeting = options.greet(params);
    const { capabilities } = params;
    const muted = new Set(capabilities?.optOutNotificationMethods ?? []);
    guest.client = {
      id: options.id,
      info: params.clientInfo,
      experimental: capabilities?.experimentalApi === true,
      closed: peer.closed,
      notify: (method, said) => {
        if (!muted.has(method)) peer.notify(method, said);
      },
      request: (method, asked, limits) => peer.request(method, asked, limits),
    };
    const ready = guest.client;
    // Behind the answer: nothing is told to a client that does not know yet that it is in.
    queueMicrotask(() => options.onReady(ready));
    return greeting;
  };
  const run = (method: string, params: unknown, client: Client): PeerAnswer | Promise<PeerAnswer> => {
    const handler = (options.handlers as Record<string, AnyHandler | undefined>)[method];
    if (handler === undefined) return { result: {} };
    const tasks: (() => void)[] = [];
    const after = (): void => {
      for (const task of tasks) task();
    };
    const result = handler(params, { client, afterAnswer: (task) => tasks.push(task) });
    return result instanceof Promise ? result.then((value) => ({ result: value, after })) : { result, after };
  };
  return { closed: peer.closed, close: () => peer.close() };
}

type AnyHandler = (params: unknown, context: RequestContext) => unknown;

/**
 * Methods of Codex that planport does not serve are unknown, and so the text lists those that it serves. For a name that
 * the protocol does not know the text is Codex's own.
 */
function unknownMethod(method: string, served: ReadonlySet<string>): string {
  const isKnown = PROTOCOL_METHODS.includes(method);
  const listed = isKnown
    ? PROTOCOL_METHODS.filter((name) => name === "initialize" || served.has(name))
    : PROTOCOL_METHODS;
  return unknownVariant(method, listed);
}

function readParams(spec: MethodSpec | undefined, given: unknown): unknown {
  const isMissing = given === undefined || given === null;
  if (spec === undefined || (spec.params !== null && spec.optional !== true && isMissing)) {
    if (isMissing) throw invalidRequest("Invalid request: missing field `params`");
    return given;
  }
  if (spec.params !== null && isMissing) return undefined;
  const accepted = spec.accept === undefined ? given : spec.accept(given);
  const checked = spec.params === null ? checkNoParams(accepted) : checkParams(spec.params, accepted);
  if (!checked.ok) throw invalidRequest(`Invalid request: ${checked.fault}`);
  return checked.value;
}

function refuseExperimental(method: string, spec: MethodSpec | undefined, params: unknown): void {
  const refuse = (what: string): never => {
    throw invalidRequest(`${what} requires experimentalApi capability`);
  };
  if (method === MOCK_METHOD || spec?.experimental === true) refuse(method);
  if (!isJsonObject(params)) return;
  const variant = params["type"];
  if (typeof variant === "string" && spec?.experimentalVariants?.includes(variant) === true)
    refuse(`${method}.${variant}`);
  const field = spec?.experimentalFields?.find((name) => isSet(params[name]));
  if (field !== undefined) refuse(`${method}.${field}`);
}

/** What a client that knows nothing of a field would not send. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
