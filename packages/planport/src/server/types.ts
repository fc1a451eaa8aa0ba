/**
 * What a gateway is made of, and what it gives.
 * @module
 */
import type { Memory } from "../memory/index.ts";
import type { Logger } from "../observe/index.ts";
import type { Secret } from "../secret.ts";
import type { Change } from "../translate/index.ts";
import type { CodexClient } from "../upstream/types.ts";
import type { BearersOf } from "./admission/gateway-key.ts";
import type { GatewayProfiles } from "./profiles.ts";

/** Further accounts of the one person that a gateway works for. */
export interface GatewayAccounts {
  /**
   * The client of an account, by the name that stands in the header `x-planport-account`, as it came.
   * @throws {RequestError} `request_invalid` for a name that is none, or that no account has.
   */
  client(name: string): Promise<CodexClient>;
}

/** Options of `createGateway`. */
export interface GatewayOptions {
  /** Answers the model calls. */
  readonly client: CodexClient;
  /** Answers the calls that name an account. Without it such a call is refused. */
  readonly accounts?: GatewayAccounts | undefined;
  /**
   * Keeps responses, for `previous_response_id` and `GET /v1/responses/{id}`, and sealed reasoning, for chat clients. The
   * caller closes it, after the gateway. Without it nothing is remembered between requests.
   */
  readonly memory?: Memory | undefined;
  /** planport's version, for `GET /healthz`. */
  readonly version: string;
  /** What is set about requests. Asked for anew by each, so that it may change meanwhile. Default: the defaults hold. */
  readonly profiles?: (() => GatewayProfiles) | undefined;
  /** What clients must show; without one any key is taken and ignored, and only loopback may be listened on. */
  readonly gatewayKey?: Secret | undefined;
  /**
   * Bearers of the gateway's own sign-in, taken in place of its key in `Authorization`: Codex brings what `planport token` prints.
   * Never rejects. Without it only keys are taken.
   */
  readonly ownBearers?: BearersOf | undefined;
  /**
   * Whose credential goes with calls to `/backend-api/…`, which are passed on as they come: planport's (`own`, the default),
   * or the one they bring (`passthrough`). With the latter the gateway's key must come in `x-planport-key` there.
   */
  readonly credentials?: "own" | "passthrough" | undefined;
  /** Largest request body, after decompression. Default 64 MiB: images are normal traffic. */
  readonly maxBodyBytes?: number | undefined;
  /** Origins of web pages that may call, as `https://host[:port]` in lower case, beside the loopback ones. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Names in the Host header that are taken beside the loopback ones, as `name` or `name:port`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Gets what was altered of each request that was served, with the reasons: all that `x-planport-changes` names. */
  readonly onChanges?: ((changes: readonly Change[]) => void) | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Makes request ids and the ids of answers. Default: a UUID. */
  readonly newId?: (() => string) | undefined;
  /** Silence after which a stream gets a comment. Default 15 s. */
  readonly keepAliveMs?: number | undefined;
  /**
   * How long a streaming answer waits for the backend's first event before it begins with status 200 and keep-alive
   * comments. Until then a failure becomes a real HTTP status; a proxy in between would cut a longer silence. Default 45 s.
   */
  readonly commitAfterMs?: number | undefined;
  /** How long a client may leave a stream unread before it is cut off and the backend freed. Default 10 min. */
  readonly unreadLimitMs?: number | undefined;
}

/** Options of {@link Gateway.listen}. */
export interface ListenOptions {
  /** Default `127.0.0.1`. Anything beyond loopback needs a gateway key. */
  readonly host?: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
}

/** Options of {@link Listening.close}. */
export interface CloseOptions {
  /** How long running answers may go on before they are cut. Default 10 s. */
  readonly graceMs?: number | undefined;
}

/** A gateway that takes connections. */
export interface Listening {
  /** Base of the API without `/v1`, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
  /** Stops taking connections, lets running answers end, then cuts them. Safe to call twice. */
  close(options?: CloseOptions): Promise<void>;
}

/** The HTTP edge. */
export interface Gateway {
  /** Answers one request in process: for programs that have a server of their own. The Host and Origin checks hold here too. */
  fetch(request: Request): Promise<Response>;
  /**
   * @throws {ConfigError} `listen_refused` beyond loopback without a gateway key or for an address that cannot be had,
   * `port_in_use` when another program has the port.
   */
  listen(options: ListenOptions): Promise<Listening>;
}
