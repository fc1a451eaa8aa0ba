/**
 * Threads and turns for an app-server: the engine, its model providers, and what is served of them.
 * @module
 */
import {
  Agent,
  commandEnvironment,
  type CreateToolbox,
  defaultSettings,
  type ModelAuth,
  providerSettings,
  sandboxFrom,
} from "../../agent/index.ts";
import type { ClientIdentity } from "../../auth/http.ts";
import type { CodexAgentConfig } from "../../config/index.ts";
import type { HttpClient } from "../../net/types.ts";
import { snapshotCatalogue } from "../../upstream/snapshot.ts";
import { createModelProvider, type ModelProvider, type ModelProviderOptions } from "../../upstream/provider/index.ts";
import type { Handlers } from "../handlers.ts";
import { createThreadHandlers } from "./handlers.ts";
import { createThreadHost, ThreadAudience } from "./host.ts";

/** Options of {@link createThreadService}. */
export interface ThreadServiceOptions {
  readonly config: CodexAgentConfig;
  /** Codex's home folder. */
  readonly home: string;
  /** Where threads work that are told nothing else; absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly http: HttpClient;
  /** Names the program to the servers; asked when a provider is first called. */
  readonly identity: () => ClientIdentity;
  /** The account that is signed in, for a provider. */
  readonly authFor: (provider: string) => ModelAuth;
  /** See {@link ModelProviderOptions.findRoute}. */
  readonly findRoute?: ModelProviderOptions["findRoute"];
  readonly createToolbox: CreateToolbox;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly cliVersion: string;
  /** A line for whoever reads standard error. */
  readonly onTrouble: (line: string) => void;
}

/** What serves threads and turns. */
export interface ThreadService {
  readonly handlers: Handlers;
  /** Ends what runs. */
  close(): Promise<void>;
}

/** Makes the service. Nothing is sent or written before a turn starts. */
export function createThreadService(options: ThreadServiceOptions): ThreadService {
  const { config, env, now, authFor } = options;
  const audience = new ThreadAudience();
  const providers = new Map<string, ModelProvider>();
  const providerOf = (id: string): ModelProvider => {
    const known = providers.get(id);
    if (known !== undefined) return known;
    const made = createModelProvider({
      settings: providerSettings(config, id, env),
      http: options.http,
      identity: options.identity(),
      chatgptBaseUrl: config.chatgptBaseUrl,
      findRoute: options.findRoute,
      now,
    });
    providers.set(id, made);
    return made;
  };
  const agent = new Agent({
    home: options.home,
    source: "vscode",
    cliVersion: options.cliVersion,
    host: createThreadHost({ audience, now }),
    callerOf: (id) => ({
      provider: providerOf(id),
      auth: authFor(id),
      now,
      random: Math.random,
      contextWindow: config.contextWindow,
    }),
    createToolbox: options.createToolbox,
    env: commandEnvironment(config, env),
    now,
    onWarning: options.onTrouble,
  });
  const fallback = { model: snapshotCatalogue().models[0]?.slug ?? "gpt-5.5", approvalPolicy: "on-request" } as const;
  const handlers = createThreadHandlers({
    agent,
    audience,
    defaults: () => defaultSettings(config, options.cwd, fallback),
    sandboxOfMode: (mode) => sandboxFrom(config, mode),
    checkProvider: (name) => void providerSettings(config, name, env),
  });
  return { handlers, close: () => agent.close() };
}
