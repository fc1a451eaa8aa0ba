/**
 * Puts the server together: configuration, account, methods.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolveAuthEndpoints } from "../auth/endpoints.ts";
import { openPlace, openPlanportStore } from "../auth/open-store.ts";
import { type CodexAgentConfig, codexBaseUrlOf, parseCodexAgentConfig, withOpenaiBaseUrl } from "../config/index.ts";
import { codexHome, type HomeOptions, joinPath, readVariable } from "../environment.ts";
import { ConfigError, isPlanportError } from "../errors.ts";
import { createHttpClient, type HttpClient } from "../net/index.ts";
import { createMemoryStore } from "../store/index.ts";
import type { CredentialStore } from "../store/types.ts";
import { fetchCatalogue } from "../upstream/account-calls.ts";
import { CODEX_CLIENT_VERSION, DEFAULT_CHATGPT_BASE_URL, type Endpoints, resolveEndpoints } from "../upstream/index.ts";
import type { CallerFacts } from "../upstream/headers.ts";
import { type Account, createAccount } from "./account/account.ts";
import { accountHandlers } from "./account/handlers.ts";
import { createWorkspaceFinder } from "./account/workspace.ts";
import { configHandlers } from "./config-read.ts";
import type { Handlers } from "./handlers.ts";
import { createServerIdentity, type ServerIdentity } from "./identity.ts";
import { type FindModels, modelHandlers } from "./models.ts";
import type { ClientInfo, InitializeResponse } from "./protocol/types/account.ts";
import { threadFeature } from "./threads/feature.ts";
import { type Clients, createClients, createServer, type Server } from "./server.ts";

/** What the methods of a server are made of. */
export interface Services {
  readonly config: CodexAgentConfig;
  /** Where the account is asked about; model calls may go elsewhere. */
  readonly accountEndpoints: Endpoints;
  /** Model calls go where `CODEX_BASE_URL` says: which server serves a workspace does not matter to them. */
  readonly isBaseGiven: boolean;
  /** Codex's folder, absolute. */
  readonly codexHome: string;
  readonly account: Account;
  readonly clients: Clients;
  readonly http: HttpClient;
  readonly identity: ServerIdentity;
  readonly env: HomeOptions["env"];
  readonly platform: string;
  readonly homeDir: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line for whoever reads standard error. */
  readonly onTrouble: (line: string) => void;
  /** Runs a task when the server ends. */
  readonly onEnd: (task: () => Promise<void>) => void;
}

/** Adds methods to a server. */
export type Feature = (services: Services) => Handlers;

/** Options of {@link openAppServer}. */
export interface AppServerOptions extends HomeOptions {
  /** A line for whoever reads standard error. Never holds a secret. */
  readonly onTrouble: (line: string) => void;
  /** Methods beside those of the account, of models and of the configuration. */
  readonly features?: readonly Feature[];
  /** Ports for a browser to come back to after a sign-in; by default 1455 and 1457, which the sign-in server knows. */
  readonly callbackPorts?: readonly number[] | undefined;
  /** Milliseconds since the epoch; by default `Date.now`. */
  readonly now?: () => number;
}

/** A server that is ready for clients. */
export interface AppServer extends Server {
  readonly services: Services;
  /** Ends all conversations, and resolves when no token is on its way any more. */
  end(): Promise<void>;
}

/**
 * Opens a server. Its workspace is looked for in the background.
 * @throws {ConfigError} `config_invalid` for a `config.toml` or variable that cannot be used.
 */
export async function openAppServer(options: AppServerOptions): Promise<AppServer> {
  const endings: (() => Promise<void>)[] = [];
  const services: Services = { ...(await makeServices(options)), onEnd: (task) => void endings.push(task) };
  const { account, identity } = services;
  const home = services.codexHome;
  const features = [coreFeature(options, home), threadFeature, ...(options.features ?? [])];
  const handlers: Handlers = Object.assign({}, ...features.map((feature) => feature(services)));
  // Before anybody can ask: who asks early must not hear that nobody is signed in.
  await account.open();
  const server = createServer({
    ...services,
    handlers,
    greet: (info) => greeting(info, identity, home, options.platform),
    onClient: (client) => account.welcome(client),
  });
  account.start().catch((error: unknown) => services.onTrouble(`the workspace was not found: ${textOf(error)}`));
  return {
    ...server,
    services,
    async end() {
      server.close();
      await Promise.all(endings.map((task) => task()));
      await account.signIns.stop("not completed");
      await account.settled();
    },
  };
}

async function makeServices(options: AppServerOptions): Promise<Omit<Services, "onEnd">> {
  const { env, platform, homeDir, onTrouble } = options;
  const now = options.now ?? Date.now;
  const home = codexHome(options).folder;
  const configPath = joinPath(platform, home, "config.toml");
  const file = parseCodexAgentConfig(await readIfThere(configPath), configPath);
  const baseUrl = codexBaseUrlOf(env);
  const endpoints = resolveEndpoints({ baseUrl, chatgptBaseUrl: file.chatgptBaseUrl });
  const config = baseUrl === null ? file : withOpenaiBaseUrl(file, endpoints.codexBase);
  const http = createHttpClient({ env });
  const identity = createServerIdentity(readVariable(env, "CODEX_INTERNAL_ORIGINATOR_OVERRIDE"));
  const caller: CallerFacts = { identity, clientVersion: CODEX_CLIENT_VERSION };
  const clients = createClients();
  const account = createAccount({
    store: openCodexStore(config, joinPath(platform, home, "auth.json")),
    lender: openPlanportStore({ ...options, planportStore: readVariable(env, "PLANPORT_CREDENTIALS_STORE") }),
    http,
    endpoints: resolveAuthEndpoints(env),
    client: identity,
    clients,
    workspaces: createWorkspaceFinder({ http, caller, accountsCheckUrl: endpoints.accountsCheck ?? "" }),
    isBaseGiven: baseUrl !== null,
    workspaceIds: config.forcedWorkspaceIds ?? [],
    forcedLoginMethod: config.forcedLoginMethod,
    requiresOpenaiAuth: config.provider.requiresOpenaiAuth,
    accessToken: readVariable(env, "CODEX_ACCESS_TOKEN"),
    callbackPorts: options.callbackPorts,
    now,
    onWarning: (error) => onTrouble(error.message),
  });
  const facts = { config, accountEndpoints: endpoints, isBaseGiven: baseUrl !== null, codexHome: home };
  return { ...facts, account, clients, http, identity, env, platform, homeDir, now, onTrouble };
}

/** Methods that every server has. */
function coreFeature({ platform }: AppServerOptions, home: string): Feature {
  return (services) => {
    const { config, account, accountEndpoints, http, identity } = services;
    const caller: CallerFacts = { identity, clientVersion: CODEX_CLIENT_VERSION };
    const accountBase = accountEndpoints.accountBase ?? DEFAULT_CHATGPT_BASE_URL;
    return {
      ...accountHandlers(account, { http, caller, accountBase }),
      ...modelHandlers(config, liveModels(services)),
      ...configHandlers(config, joinPath(platform, home, "config.toml")),
    };
  };
}

/** The models of a ChatGPT account, from where the model calls go. Other sign-ins and providers have no such list. */
function liveModels({ account, config, http, identity, now }: Services): FindModels {
  return async () => {
    const auth = account.current();
    if (auth === null || auth.mode === "apikey" || !config.provider.requiresOpenaiAuth) return null;
    try {
      const endpoints = resolveEndpoints({
        baseUrl: config.provider.baseUrl ?? null,
        chatgptBaseUrl: config.chatgptBaseUrl,
      });
      const context = {
        http,
        identity,
        clientVersion: CODEX_CLIENT_VERSION,
        now,
        closing: new AbortController().signal,
      };
      return (await fetchCatalogue(context, endpoints, await auth.source.get())).catalogue.models;
    } catch (error) {
      if (!isPlanportError(error)) throw error;
      return null; // There is a built-in list.
    }
  };
}

function openCodexStore({ credentialsStore }: CodexAgentConfig, path: string): CredentialStore {
  const at = { path, owner: "codex", via: null } as const;
  if (credentialsStore === "ephemeral") return createMemoryStore();
  if (credentialsStore === "keyring" || credentialsStore === "auto")
    return openPlace({ kind: "keyring", orFile: credentialsStore === "auto", ...at });
  return openPlace({ kind: "file", ...at });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new ConfigError("config_invalid", `${path} cannot be read: ${code ?? "unknown reason"}.`);
  }
}

function greeting(info: ClientInfo, identity: ServerIdentity, home: string, platform: string): InitializeResponse {
  return {
    userAgent: identity.introduce(info),
    codexHome: home,
    platformFamily: platform === "win32" ? "windows" : "unix",
    platformOs: platform === "win32" ? "windows" : platform === "darwin" ? "macos" : platform,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
