/**
 * Where the backend is, and which credential may go there.
 * @module
 */
import type { Credential } from "../auth/credential.ts";
import { ConfigError, CredentialError } from "../errors.ts";
import { isChatGptHost, isPlatformHost } from "../net/openai-hosts.ts";

/** Where ChatGPT's backend is unless told otherwise. */
export const DEFAULT_CHATGPT_BASE_URL = "https://chatgpt.com/backend-api";

/** Where OpenAI's plain API is unless told otherwise. */
const DEFAULT_PLATFORM_BASE_URL = "https://api.openai.com/v1";

/** Which server a credential speaks to: the Codex backend, for plans, or OpenAI's plain API, for API keys. */
export type BackendRoute = "codex" | "platform";

/** The route of a kind of credential. */
export function routeOf(kind: Credential["kind"]): BackendRoute {
  return kind === "apiKey" ? "platform" : "codex";
}

/** What {@link resolveEndpoints} is made from. */
export interface EndpointOptions {
  /** Default `codex`. */
  readonly route?: BackendRoute;
  /**
   * An explicit base. `https://host/backend-api/codex`, `https://host/backend-api` and `https://host` all mean the same;
   * any other path is taken as it is, as Codex takes `openai_base_url`: `<base>/responses`. On the platform route
   * `https://host` means `https://host/v1`.
   */
  readonly baseUrl?: string | null | undefined;
  /**
   * Base of the ChatGPT backend, used when there is no explicit base; and for usage and accounts next to an explicit base
   * that is no ChatGPT backend, such as `https://host/v1`. The default counts as none there.
   */
  readonly chatgptBaseUrl?: string | undefined;
}

/** The URLs of the backend. */
export interface Endpoints {
  readonly route: BackendRoute;
  /** True when the base was given outright: then no routing discovery is done. */
  readonly explicit: boolean;
  /** Base of `responses` and `models`, without a slash at its end. */
  readonly codexBase: string;
  readonly responses: string;
  /** Without the `client_version` query. */
  readonly models: string;
  /** Base of what is about the account, without a slash at its end. Null on the platform route: an API key has none. */
  readonly accountBase: string | null;
  /** Null on the platform route: an API key has no plan. */
  readonly usage: string | null;
  /** Null on the platform route: an API key has no workspace to find the server of. */
  readonly accountsCheck: string | null;
}

/** @throws {ConfigError} `config_invalid` when a base is not an http or https URL. */
export function resolveEndpoints(options: EndpointOptions): Endpoints {
  const given = options.baseUrl ?? "";
  if (options.route === "platform")
    return platformEndpoints(parseBase(given === "" ? DEFAULT_PLATFORM_BASE_URL : given), given !== "");
  if (given !== "") {
    const url = parseBase(given);
    const codexBase = explicitCodexBase(url);
    return build(codexBase, accountBaseFor(codexBase, options.chatgptBaseUrl), true);
  }
  const chatgptBase = chatgptBaseOf(parseBase(options.chatgptBaseUrl ?? DEFAULT_CHATGPT_BASE_URL));
  return build(chatgptBase + (hasBackendApi(chatgptBase) ? "/codex" : "/api/codex"), chatgptBase, false);
}

/** The same endpoints with model calls on another origin: what workspace routing asks for. */
export function moveToOrigin(endpoints: Endpoints, origin: string): Endpoints {
  const codexBase = origin + new URL(endpoints.codexBase).pathname;
  return { ...endpoints, codexBase, responses: `${codexBase}/responses`, models: `${codexBase}/models` };
}

/**
 * Refuses to send a bearer where it does not belong: it would only be answered by a 401, and would tell a secret to a
 * server that has no business with it.
 * @throws {CredentialError} `credential_wrong_route`
 */
export function assertRoute(kind: Credential["kind"], url: string): void {
  const { hostname, host, pathname } = new URL(url);
  if (kind !== "apiKey") {
    if (!isPlatformHost(hostname)) return;
    throw new CredentialError(
      "credential_wrong_route",
      `A ChatGPT plan's token is never sent to ${host}: it is good for the Codex backend alone. ` +
        "Unset CODEX_BASE_URL and OPENAI_API_BASE_URL, or use an API key there.",
    );
  }
  if (isPlatformHost(hostname) || !(isChatGptHost(hostname) || /\/(backend-api|codex)(\/|$)/.test(pathname))) return;
  throw new CredentialError(
    "credential_wrong_route",
    `An OpenAI API key (sk-…) is never sent to the Codex backend at ${host}: sign in with \`planport login\`, ` +
      "or leave the base URL out, so that the key goes to api.openai.com.",
  );
}

/**
 * Refuses a grant that does not fit the endpoints, by what they are and by where they are.
 * @throws {CredentialError} `credential_wrong_route`
 */
export function assertGrant(kind: Credential["kind"], { route, responses }: Endpoints): void {
  assertRoute(kind, responses);
  if (route !== "platform" || routeOf(kind) === "platform") return;
  throw new CredentialError(
    "credential_wrong_route",
    "A ChatGPT plan's token is good for the Codex backend alone, and this client speaks to OpenAI's plain API.",
  );
}

function build(codexBase: string, chatgptBase: string, explicit: boolean): Endpoints {
  // Bases without /backend-api have these paths elsewhere (openai/codex `codex-rs/backend-client/src/client.rs`).
  const account = hasBackendApi(chatgptBase) ? `${chatgptBase}/wham` : `${chatgptBase}/api/codex`;
  return {
    route: "codex",
    explicit,
    codexBase,
    responses: `${codexBase}/responses`,
    models: `${codexBase}/models`,
    accountBase: account,
    usage: `${account}/usage`,
    accountsCheck: `${account}/accounts/check`,
  };
}

function platformEndpoints(url: URL, explicit: boolean): Endpoints {
  const base = withoutSlash(url).replace(/\/responses$/, "");
  const codexBase = base === url.origin ? `${base}/v1` : base;
  return {
    route: "platform",
    explicit,
    codexBase,
    responses: `${codexBase}/responses`,
    models: `${codexBase}/models`,
    accountBase: null,
    usage: null,
    accountsCheck: null,
  };
}

function parseBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new ConfigError("config_invalid", "The backend's base URL must be an http or https URL without a password.");
  return url;
}

function withoutSlash(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function explicitCodexBase(url: URL): string {
  const base = withoutSlash(url).replace(/\/responses$/, "");
  const path = base.slice(url.origin.length);
  if (path === "" && !isPlatformHost(url.hostname)) return `${base}/backend-api/codex`;
  return path.endsWith("/backend-api") ? `${base}/codex` : base;
}

/** Any base but one of ChatGPT's knows model calls alone: the account is asked about at the ChatGPT base, if one is set. */
function accountBaseFor(codexBase: string, chatgptBaseUrl: string | undefined): string {
  const own = codexBase.replace(/\/(api\/)?codex$/, "");
  const knowsAccounts = own !== codexBase || hasBackendApi(codexBase);
  if (knowsAccounts || chatgptBaseUrl === undefined || chatgptBaseUrl === DEFAULT_CHATGPT_BASE_URL) return own;
  return chatgptBaseOf(parseBase(chatgptBaseUrl));
}

function chatgptBaseOf(url: URL): string {
  const base = withoutSlash(url).replace(/\/codex$/, "");
  return isChatGptHost(url.hostname) && !hasBackendApi(base) ? `${base}/backend-api` : base;
}

function hasBackendApi(base: string): boolean {
  return new URL(base).pathname.includes("/backend-api");
}
