/**
 * The engine for a person at a terminal: their configuration, their sign-in, their machine.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  Agent,
  type AgentHost,
  authOfTokens,
  commandEnvironment,
  defaultSettings,
  type ModelAuth,
  type ModelCaller,
  providerSettings,
  type SandboxMode,
  sandboxFrom,
  type ThreadSettings,
} from "../../agent/index.ts";
import { localToolboxes } from "../../agent/tools/toolbox.ts";
import { planportAuthFile } from "../../auth/places.ts";
import { createTokenSource, resolveAuthEndpoints, type TokenSource } from "../../auth/index.ts";
import { apiKeyCredential } from "../../auth/auth-file.ts";
import { type CodexAgentConfig, parseCodexAgentConfig } from "../../config/index.ts";
import { codexHome, joinPath, readVariable } from "../../environment.ts";
import { ConfigError } from "../../errors.ts";
import { createHttpClient, type HttpClient } from "../../net/index.ts";
import { Secret } from "../../secret.ts";
import { CODEX_CLIENT_VERSION, createIdentity, resolveEndpoints } from "../../upstream/index.ts";
import { createModelProvider } from "../../upstream/provider/index.ts";
import { DIRECT_ROUTE } from "../../upstream/routing.ts";
import { snapshotCatalogue } from "../../upstream/snapshot.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "../terminal.ts";
import { closeSoon, openSession, type Session } from "../session.ts";

/** What the command line says of how to work. */
export interface AgentFlags {
  readonly model?: string;
  readonly sandbox?: SandboxMode;
  /** The folder to work in. */
  readonly cd?: string;
  /** `key=value`, as in Codex's `config.toml`. */
  readonly config?: readonly string[];
  /** Folders beside the working folder that may be written in. */
  readonly addDir?: readonly string[];
  readonly account?: string;
}

/** An engine that is ready. */
export interface LocalAgent {
  readonly agent: Agent;
  /** What a new thread is set to. */
  readonly settings: ThreadSettings;
  /** What the command line sets a resumed thread to. */
  readonly changes: Partial<ThreadSettings>;
  close(): Promise<void>;
}

/** Options of {@link openAgent}. */
export interface OpenAgentOptions {
  readonly flags: AgentFlags;
  readonly host: AgentHost;
  readonly source: "exec" | "cli";
  /** When tools ask, where neither the configuration nor the command line says. */
  readonly approvalPolicy: ThreadSettings["approvalPolicy"];
}

/**
 * Opens the engine with the sign-in that planport finds, where the model's provider asks for one; a key in `CODEX_API_KEY` goes
 * before it.
 * @throws {ConfigError | CredentialError}
 */
export async function openAgent(context: CommandContext, options: OpenAgentOptions): Promise<LocalAgent> {
  const { env, platform } = context;
  const { flags } = options;
  const home = codexHome(context).folder;
  const path = joinPath(platform, home, "config.toml");
  const config = parseCodexAgentConfig(await readConfig(path), path, flags.config);
  const http = createHttpClient({ env });
  const needsSignIn = providerSettings(config, config.provider.id, env).usesSignIn;
  const session =
    needsSignIn && readVariable(env, "CODEX_API_KEY") === undefined
      ? await openSession(context, accountOf(flags))
      : null;
  const auth = needsSignIn ? authOfTokens(session?.tokens ?? (await keySource(context, http))) : NOBODY;
  const agent = new Agent({
    home,
    source: options.source,
    cliVersion: CODEX_CLIENT_VERSION,
    host: options.host,
    callerOf: callers(config, context, http, auth, session, givenBase(flags, session)),
    createToolbox: localToolboxes({ hidden: [joinPath(platform, home, "auth.json"), planportAuthFile(context)] }),
    env: commandEnvironment(config, env),
    now: Date.now,
    onWarning: (message) => void context.terminal.err.line(`planport: ${printable(message)}`),
  });
  const fallback = { model: usualModel(session), approvalPolicy: options.approvalPolicy };
  const settings = defaultSettings(config, resolve(context.cwd, flags.cd ?? "."), fallback);
  const changes = changesOf(flags, config, settings);
  return {
    agent,
    settings: { ...settings, ...changes },
    changes,
    close: async () => {
      await agent.close();
      if (session !== null) await closeSoon(session, context);
      await http.close();
    },
  };
}

const NOBODY: ModelAuth = { get: () => Promise.resolve(null), recover: () => Promise.resolve(null) };

function accountOf({ account }: AgentFlags): { account?: string } {
  return account === undefined ? {} : { account };
}

async function keySource({ env }: CommandContext, http: HttpClient): Promise<TokenSource> {
  const key = new Secret(readVariable(env, "CODEX_API_KEY") ?? "");
  const credential = apiKeyCredential(key, "CODEX_API_KEY");
  return createTokenSource({ credential, store: null, http, endpoints: resolveAuthEndpoints(env) });
}

function callers(
  config: CodexAgentConfig,
  { env }: CommandContext,
  http: HttpClient,
  auth: ModelAuth,
  session: Session | null,
  base: string | null,
): (id: string) => ModelCaller {
  const made = new Map<string, ModelCaller>();
  return (id) => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const settings = providerSettings(config, id, env);
    // Where planport's own settings name the backend outright, no workspace is asked about, as in every other command.
    const isGiven = id === "openai" && base !== null;
    const provider = createModelProvider({
      settings: isGiven ? { ...settings, baseUrl: base } : settings,
      http,
      identity: createIdentity({ env }),
      chatgptBaseUrl: config.chatgptBaseUrl ?? session?.settings.chatgptBaseUrl.value,
      ...(isGiven && { findRoute: () => Promise.resolve(DIRECT_ROUTE) }),
    });
    const caller = { provider, auth, now: Date.now, random: Math.random, contextWindow: config.contextWindow };
    made.set(id, caller);
    return caller;
  };
}

/** The base of model calls, where planport's own settings or the environment say it; `-c` goes before, Codex's file behind them. */
function givenBase({ config = [] }: AgentFlags, session: Session | null): string | null {
  if (session === null || config.some((each) => each.trim().startsWith("openai_base_url"))) return null;
  const { value, origin } = session.settings.backendBaseUrl;
  if (value === null || (origin.kind === "file" && origin.key === "openai_base_url")) return null;
  return resolveEndpoints({ baseUrl: value, route: session.client.route }).codexBase;
}

function usualModel(session: Session | null): string {
  const named = session?.settings.model.value;
  return named ?? snapshotCatalogue().models[0]?.slug ?? "gpt-5.5";
}

function changesOf(flags: AgentFlags, config: CodexAgentConfig, settings: ThreadSettings): Partial<ThreadSettings> {
  const sandbox = flags.sandbox === undefined ? settings.sandbox : sandboxFrom(config, flags.sandbox);
  const extra = (flags.addDir ?? []).map((folder) => resolve(settings.cwd, folder));
  const isWidened = sandbox.type === "workspaceWrite" && extra.length > 0;
  const widened = isWidened ? { ...sandbox, writableRoots: [...sandbox.writableRoots, ...extra] } : sandbox;
  return {
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.cd !== undefined && { cwd: settings.cwd }),
    // Never what the thread was set to when it was written: who goes on with it may not know what it was allowed then.
    sandbox: widened,
    approvalPolicy: settings.approvalPolicy,
  };
}

async function readConfig(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new ConfigError("config_invalid", `${path} cannot be read: ${code ?? "unknown reason"}.`);
  }
}
