/**
 * The simulator as its users see it.
 * @module
 */
import type { JsonObject, ModelInfo } from "../protocol/index.ts";
import type { Accounts } from "./accounts.ts";
import type { IssuedTokens } from "./oauth/tokens.ts";
import type { Script, Target } from "./script/script.ts";

/** A model of the catalogue: only the slug is needed, the rest gets the values of a classic model. */
export type ModelOptions = Partial<ModelInfo> & { readonly slug: string };

/** Options of {@link startSimulator}. */
export interface SimulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default one hour. */
  readonly accessTokenTtlMs?: number;
  /**
   * What a refresh token that comes twice does. `endsFamily` (default): it is refused, and all tokens of its sign-in end with it
   * (RFC 9700 section 4.14.2). `refused`: it is refused, and what the first use gave stays good. People who run two Codex
   * CLIs report the latter (openai/codex discussions of `refresh_token_reused`: a restart helps, without a new sign-in).
   */
  readonly refreshTokenReuse?: "endsFamily" | "refused";
  /**
   * The backend has an image path of its own (`/codex/images/…`), as it has for the Codex CLI. Default true; without it
   * images are made by the tool `image_generation` alone.
   */
  readonly imagePath?: boolean;
  /** Pause before each event of a model answer. Default 0. */
  readonly deltaDelayMs?: number;
  /** `/oauth/authorize` says yes without a page, and device codes are approved at the first poll. Default false. */
  readonly autoApprove?: boolean;
  /** Device codes are approved at this poll. Default: 1 with `autoApprove`, else only by {@link Simulator.approveDevice} or the page. */
  readonly autoApproveDeviceAfterPolls?: number;
  /** OAuth clients that may sign in beside the Codex CLI's own, at any loopback port (RFC 8252 section 7.3). */
  readonly clientIds?: readonly string[];
  /**
   * The Codex CLI's OAuth client may come back at any loopback port. Default false: at 1455 and 1457 alone, which are
   * what is registered for it. For tests on machines where those ports are taken.
   */
  readonly anyRedirectPort?: boolean;
  /** What the device flow asks its client to wait between polls. Default 5. */
  readonly deviceIntervalSeconds?: number;
  /**
   * `workspace_backend_origin` of the accounts: `NO_CONSTRAINT` or an https origin. Default `https://chatgpt.com`, since
   * the Codex CLI refuses `NO_CONSTRAINT` over plain http. With different host names in its `chatgpt_base_url` and
   * `openai_base_url` (`localhost` and `127.0.0.1`) it keeps the latter; planport never leaves a loopback base.
   */
  readonly backendOrigin?: string;
  /** Replaces the catalogue. */
  readonly models?: readonly ModelOptions[];
  /** The time in milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Gets one line per call: method, path and status; never a token. */
  readonly log?: (line: string) => void;
  /** Makes ids and tokens the same in each run. */
  readonly seed?: string;
  /** How many of the newest calls {@link Simulator.requests} keeps. Default 1000. */
  readonly maxRecordedRequests?: number;
}

/** One call, as it came in. A test instrument: it holds tokens and prompts. */
export interface RecordedRequest {
  /** `SEND` for a WebSocket message. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names. Of a WebSocket message: those of its handshake. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded: JSON as a value, a form as an object of strings, other text as it is, null when there was none. */
  readonly body: unknown;
  readonly transport: "http" | "websocket";
  /** What the call was for; null for pages, control calls and unknown paths. */
  readonly target: Target | null;
}

/** A sign-in's result and when its access token ends. */
export interface SimulatedLogin extends IssuedTokens {}

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:PORT`. The same server also answers for `localhost:PORT`. */
  readonly origin: string;
  /** The OAuth issuer; the origin. */
  readonly issuer: string;
  /** What `CODEX_AUTHAPI_BASE_URL` takes. */
  readonly authApiBaseUrl: string;
  /** What Codex's `chatgpt_base_url` takes. */
  readonly chatgptBaseUrl: string;
  /** What Codex's `openai_base_url` takes. */
  readonly codexBaseUrl: string;
  /** The stand-in for `https://api.openai.com/v1`, for API keys. */
  readonly platformBaseUrl: string;
  /**
   * Lines for a `config.toml` that points the Codex CLI here. The two bases differ in host, or it would leave for
   * {@link SimulatorOptions.backendOrigin}.
   */
  readonly codexConfig: string;
  readonly accounts: Accounts;
  /** The result of a sign-in, without the dance. */
  issueTokens(options?: { readonly accountId?: string; readonly accessTokenTtlMs?: number }): SimulatedLogin;
  /** A live personal access token, `at-…`. */
  issuePersonalAccessToken(options?: { readonly accountId?: string }): string;
  /** A live API key, `sk-…`: good for {@link Simulator.platformBaseUrl} alone. */
  issueApiKey(): string;
  /** An API key answers 401 from now on. False when it is unknown. */
  revokeApiKey(key: string): boolean;
  /** All outstanding access tokens answer 401 from now on; refreshing still works. */
  expireAccessTokens(): void;
  /** All outstanding refresh tokens are refused as `refresh_token_expired` from now on. */
  expireRefreshTokens(): void;
  /**
   * Approves a device code for an account (default: the default account).
   * @throws {RequestError} `request_invalid` when the code is unknown or expired.
   */
  approveDevice(userCode: string, accountId?: string): void;
  /** Denies a device code: its next poll fails. */
  denyDevice(userCode: string): void;
  readonly script: Script;
  /** The newest calls, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Refreshes that succeeded. */
  readonly refreshes: number;
  /** Refresh tokens that came a second time. */
  readonly reusedRefreshTokens: number;
  /** Tokens withdrawn. */
  readonly revoked: number;
  /** Model answers that reached their end. */
  readonly completedResponses: number;
  /** Model answers that are being streamed now. */
  readonly openResponses: number;
  /** The state as `GET /_simulator/state` shows it: no tokens, no prompts. */
  state(): JsonObject;
  /** Forgets recorded calls, scripts and counters; keeps accounts and tokens. */
  reset(): void;
  /** Ends all streams and stops listening. Safe to call twice. */
  close(): Promise<void>;
}
