/**
 * The backend, for the tokens that pi passes with its calls. Loaded with the first call.
 * @module
 */
import { homedir } from "node:os";
import { givenAccountId, signedInAccountId } from "../../../auth/discover.ts";
import { resolveAuthEndpoints } from "../../../auth/endpoints.ts";
import { readJwtClaims } from "../../../auth/jwt-claims.ts";
import { createPersonalAccessTokenSource } from "../../../auth/personal-access-token.ts";
import type { Grant, TokenSource } from "../../../auth/token-source.ts";
import { asAliases, asSlugs } from "../../../config/call-settings.ts";
import { type Environment, readVariable } from "../../../environment.ts";
import { ConfigError, CredentialError } from "../../../errors.ts";
import { createHttpClient } from "../../../net/http-client.ts";
import type { HttpClient } from "../../../net/types.ts";
import { Secret } from "../../../secret.ts";
import { createCodexClient } from "../../../upstream/client.ts";
import { resolveEndpoints } from "../../../upstream/endpoints.ts";
import type { CodexClient } from "../../../upstream/types.ts";
import { accountFile, createAccountFile } from "./account-file.ts";
import type { PiListedModel, PiStreamOptions } from "./host.ts";
import { piIdentity } from "./identity.ts";
import { DEFAULT_BASE_URL } from "./models.ts";

/** The header in which a login's workspace goes along with its token. */
export const ACCOUNT_HEADER = "chatgpt-account-id";

/** What a call needs of what pi passes. */
export interface BackendCall {
  readonly key: string;
  readonly model: PiListedModel;
  readonly options: PiStreamOptions;
  readonly env: Environment;
}

const clients = new Map<string, CodexClient>();
const warned = new Set<string>();
let pool: { readonly key: string; readonly http: HttpClient } | null = null;

/**
 * A client for a token and a base. One is kept for each pair of them, so that connections, workspaces and lists of models are, too.
 * @throws {CredentialError} `credential_wrong_route` for an API key; `credential_malformed`.
 * @throws {ConfigError} `config_invalid`, naming the variable.
 */
export function openBackend({ key, model, options, env }: BackendCall): CodexClient {
  const accountId = headerOf(options, ACCOUNT_HEADER);
  const name = JSON.stringify([key, model.baseUrl, accountId, options.env ?? null, options.maxRetries ?? 0]);
  const known = clients.get(name);
  if (known !== undefined) return known;
  const tokens = tokensOf(key, accountId, env);
  const base = model.baseUrl.replace(/\/+$/, "");
  const isUsual = base === DEFAULT_BASE_URL || `${base}/codex` === DEFAULT_BASE_URL;
  const clientVersion = readVariable(env, "CODEX_CLIENT_VERSION");
  const client = createCodexClient({
    tokens,
    http: poolFor(env),
    identity: piIdentity(env),
    // The usual base is one from which a workspace's own is found; any other one is meant as it stands.
    endpoints: resolveEndpoints(isUsual ? {} : { baseUrl: base }),
    ...(clientVersion !== undefined && { clientVersion }),
    models: { pin: setting(env, "CODEX_MODELS", asSlugs), aliases: setting(env, "PLANPORT_MODEL_ALIASES", asAliases) },
    // pi tries again by itself, where the person can see it and stop it.
    retry: { maxRetries: options.maxRetries ?? 0, baseDelayMs: 1_000 },
  });
  clients.set(name, client);
  return client;
}

function poolFor(env: Environment): HttpClient {
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const key = JSON.stringify([...names, "CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"].map((name) => env[name] ?? null));
  if (pool?.key !== key) pool = { key, http: createHttpClient({ env }) };
  return pool.http;
}

function setting<T>(
  env: Environment,
  name: string,
  read: (text: string) => { readonly value: T } | { readonly problem: string },
): T | undefined {
  const text = readVariable(env, name);
  // A list of commas alone says nothing.
  if (text === undefined || text.replaceAll(/[\s,]/g, "") === "") return undefined;
  const checked = read(text);
  if ("value" in checked) return checked.value;
  throw new ConfigError("config_invalid", `${name} ${checked.problem}.`);
}

/** A header that pi passes along; its names may be in any case. */
function headerOf({ headers }: PiStreamOptions, name: string): string | null {
  const found = Object.entries(headers ?? {}).find(([key, value]) => key.toLowerCase() === name && Boolean(value));
  return found?.[1] ?? null;
}

function tokensOf(key: string, accountId: string | null, env: Environment): TokenSource {
  if (key.startsWith("sk-"))
    throw new CredentialError(
      "credential_wrong_route",
      "This is an OpenAI API key (sk-…), which a ChatGPT plan's backend does not take: use pi's own provider `openai` " +
        "with it, or give a Codex access token (at-…) in its place.",
    );
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CredentialError("credential_malformed", "The token has blanks or other foreign characters in it.");
  if (readJwtClaims(key) !== null) return loginTokens(key, accountId);
  if (!key.startsWith("at-")) warnOnce("The token is no Codex access token (at-…); it is tried all the same.");
  const { platform } = process;
  const homeDir = homedir();
  const timeoutMs = Number(readVariable(env, "CODEX_HTTP_TIMEOUT_MS"));
  return createPersonalAccessTokenSource({
    credential: {
      kind: "personalAccessToken",
      token: new Secret(key),
      accountId: givenAccountId(env),
      fedramp: false,
      email: null,
      planType: null,
      userId: null,
    },
    place: "pi",
    http: poolFor(env),
    whoamiUrl: resolveAuthEndpoints(env).whoamiUrl,
    client: piIdentity(env),
    cache: createAccountFile(accountFile(env, homeDir)),
    fallbackAccountId: () => signedInAccountId({ env, platform, homeDir }),
    ...(timeoutMs > 0 && { timeoutMs }),
  });
}

/** A sign-in's token: pi keeps it and renews it, so that here it is what it is. */
function loginTokens(key: string, accountId: string | null): TokenSource {
  const claims = readJwtClaims(key);
  const grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret(key),
    expiresAtMs: claims?.expiresAtMs ?? null,
    accountId: accountId ?? claims?.accountId ?? null,
    fedramp: claims?.fedramp ?? false,
    email: claims?.email ?? null,
    planType: claims?.planType ?? null,
    userId: claims?.userId ?? null,
  };
  return { get: async () => grant, recover: async () => null };
}

function warnOnce(text: string): void {
  if (warned.has(text)) return;
  warned.add(text);
  process.emitWarning(text, "planport");
}
