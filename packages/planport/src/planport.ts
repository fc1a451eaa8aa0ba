/**
 * The library's front door: finds the sign-in, keeps it fresh, and gives a client for the backend.
 * @module
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { type CredentialDescription, describeCredential } from "./auth/describe.ts";
import {
  type CommandLine,
  type Credential,
  type CredentialPlace,
  type DiscoverOptions,
  type Discovery,
  type ExternalOptions,
  type Grant,
  type Surface,
  type TokenCommand,
  type TokenSource,
  type TokenSourceOptions,
  type TriedPlace,
  accountCacheFile,
  createAccountCache,
  createTokenSource,
  discoverCredential,
  existingAccountFile,
  givenAccountId,
  externalCredential,
  personalAccessTokenCredential,
  resolveAuthEndpoints,
  runTokenCommand,
  signedInAccountId,
  surfaces,
  tellAccount,
  unknownAccount,
} from "./auth/index.ts";
import {
  type Environment,
  type Settings,
  type SettingsFlags,
  describeOrigin,
  resolveSettings,
} from "./config/index.ts";
import { ConfigError, CredentialError, isPlanportError } from "./errors.ts";
import { createHttpClient, type HttpClient } from "./net/index.ts";
import { type Logger, silentLogger } from "./observe/index.ts";
import { Secret } from "./secret.ts";
import { createCodexClient, type CodexClientOptions } from "./upstream/client.ts";
import { assertRoute, resolveEndpoints, routeOf } from "./upstream/endpoints.ts";
import { createIdentity } from "./upstream/identity.ts";
import { DEFAULT_RETRY_POLICY, GENTLE_RETRY_POLICY, type RetryPolicy } from "./upstream/retry.ts";
import type { CodexClient } from "./upstream/types.ts";

/** How messages name {@link PlanportOptions.accessToken}. */
const ACCESS_TOKEN_OPTION = "the accessToken option";
/** How messages name {@link PlanportOptions.tokenCommand}. */
const TOKEN_COMMAND_OPTION = "the tokenCommand option";

/** Options of {@link createPlanport}. All may be left out. */
export interface PlanportOptions {
  /** An enterprise access token (`at-…`) to use, in place of looking for a sign-in. */
  readonly accessToken?: Secret | string | undefined;
  /** An `auth.json` to use, in place of looking for a sign-in. */
  readonly authFile?: string | undefined;
  /** Tokens of a parent program, which renews them; held in memory alone. In place of looking for a sign-in. */
  readonly external?: ExternalOptions | undefined;
  /**
   * A command that prints a bearer, as a program with its arguments or as a line for the shell; run at once, and again
   * before its bearer ends. In place of looking for a sign-in.
   */
  readonly tokenCommand?: CommandLine | Omit<TokenCommand, "origin"> | undefined;
  /** Called with each renewed credential, after its tokens are safe in the store. */
  readonly onRefreshed?: ((credential: Credential) => void) | undefined;
  /** Settings that win over the environment, as a command line gives them; `account` names the account to use. */
  readonly flags?: SettingsFlags | undefined;
  /** The row of the table {@link surfaces} that says when tokens are refreshed. Default `library`. */
  readonly surface?: Surface | undefined;
  /**
   * How often failed calls are tried again, and after what waits. Default: by the surface; ten times from 5 s on for a
   * library, four times from 0.2 s on for the commands and the gateway, whose clients wait, and try again themselves.
   */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Names this program to the backend. Default `planport`. */
  readonly originator?: string | undefined;
  /** Default `planport/<version> (…)`. */
  readonly userAgent?: string | undefined;
  /**
   * The way to other servers. Default: planport's own, with the proxies and certificates that `env` names. Another one, such as
   * `createFetchClient(fetch)`, is for runtimes that do not let planport open sockets; planport's `close()` closes it.
   */
  readonly http?: HttpClient | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Default `process.platform`. */
  readonly platform?: NodeJS.Platform | undefined;
  /** Default: the user's home folder. */
  readonly homeDir?: string | undefined;
}

/** What is known about the sign-in in use, and where it came from. Holds no secret. */
export interface PlanportDescription extends CredentialDescription {
  /** Where it was found; null when it was given as an option. */
  readonly place: CredentialPlace | null;
  /** Every place in the order of search. */
  readonly tried: readonly TriedPlace[];
}

/** A signed-in planport. */
export interface Planport {
  /** Bearers that work now. */
  readonly tokens: TokenSource;
  /** The backend. */
  readonly client: CodexClient;
  readonly settings: Settings;
  /** Whose sign-in is in use, as it was found. Asks no server. */
  readonly describe: () => PlanportDescription;
  /**
   * Waits for a refresh of the sign-in that is under way (35 s at most), so that the token it brings is kept, and closes
   * idle connections. Running calls go on. Await it before the process ends.
   */
  close(): Promise<void>;
}

/**
 * Finds the sign-in (option, `CODEX_ACCESS_TOKEN`, `CODEX_PAT`, `PLANPORT_TOKEN_COMMAND`, planport's own, the Codex
 * CLI's, and last the API key in `OPENAI_API_KEY`) and opens the backend with it; where an account is named
 * (`flags.account`, `PLANPORT_ACCOUNT`), its sign-in alone. No server is asked before the first call.
 *
 * @example
 * ```ts
 * import { createPlanport } from "planport";
 *
 * const planport = await createPlanport();
 * const answer = await planport.client.send({ model: "gpt-5.5", input: "Why is the sky blue?" });
 * for await (const event of answer.events)
 *   if (event.type === "response.output_text.delta") process.stdout.write(String(event["delta"]));
 * await planport.close();
 * ```
 * @throws {ConfigError} `config_invalid` naming the variable or file at fault.
 * @throws {CredentialError} `credential_missing` listing the places tried, `credential_malformed`,
 * `credential_unreadable`, `credential_unsupported`, `workspace_forbidden`.
 */
export async function createPlanport(options: PlanportOptions = {}): Promise<Planport> {
  const env = options.env ?? process.env;
  const settings = loadSettings(options);
  const { credential, store, place, tried, command } = await findCredential(options, settings);
  const account = accountInUse(options, settings);
  const endpoints = resolveEndpoints({
    route: routeOf(credential.kind),
    baseUrl: settings.backendBaseUrl.value,
    chatgptBaseUrl: settings.chatgptBaseUrl.value,
  });
  // At once, not at the first call: an API key next to a plan's backend is a mistake in the setup.
  assertRoute(credential.kind, endpoints.responses);
  const http = options.http ?? createHttpClient({ env });
  const identity = createIdentity({ originator: options.originator, userAgent: options.userAgent, env });
  const logger = options.logger ?? silentLogger;
  const tokens = restrict(
    await createTokenSource({
      credential,
      store,
      place: place ?? command?.origin ?? ACCESS_TOKEN_OPTION,
      http,
      endpoints: resolveAuthEndpoints(env),
      client: identity,
      accounts: accountLookup(options, account),
      ...(store !== null && { refreshEarlyMs: surfaces[options.surface ?? "library"].refreshEarlyMs }),
      onWarning: (error) => logger.warn("auth.warning", { error }),
      onStep: (step) => logger.debug("auth.refresh", { step, ...(account !== null && { account }) }),
      onRefreshed: options.onRefreshed,
      allowedWorkspaceIds: settings.forcedWorkspaceIds.value,
      external: options.external,
      tokenCommand: command,
      system: { env, platform: options.platform ?? process.platform },
    }),
    settings,
    account,
  );
  const clientVersion = settings.clientVersion.value;
  const client = nameAccount(
    createCodexClient({
      tokens,
      http,
      endpoints,
      identity,
      ...(clientVersion !== null && { clientVersion }),
      ...callOptions(options, settings),
    }),
    account,
  );
  return {
    tokens,
    client,
    settings,
    describe: () => ({ ...describeCredential({ credential, ...(place !== null && { place }) }), place, tried }),
    async close(): Promise<void> {
      await tokens.settled?.();
      await client.close();
    },
  };
}

/** How long calls wait and try again: a person, or a gateway's client, waits less than a program that calls a function. */
function callOptions(
  { surface, retry }: PlanportOptions,
  { idleTimeoutMs, timeoutMs, modelPin, modelAliases, model }: Settings,
): Pick<CodexClientOptions, "retry" | "idleTimeoutMs" | "timeoutMs" | "models"> {
  const isGentle = surface === "cli" || surface === "gateway" || surface === "app-server";
  return {
    retry: { ...(isGentle ? GENTLE_RETRY_POLICY : DEFAULT_RETRY_POLICY), ...retry },
    idleTimeoutMs: idleTimeoutMs.value,
    timeoutMs: timeoutMs.value ?? undefined,
    models: { pin: modelPin.value, aliases: modelAliases.value, defaultModel: model.value },
  };
}

/**
 * The settings that {@link createPlanport} would use.
 * @throws {ConfigError} `config_invalid` naming the variable or file at fault.
 */
export function loadSettings(options: Pick<PlanportOptions, "env" | "platform" | "homeDir" | "flags"> = {}): Settings {
  return resolveSettings({
    flags: options.flags ?? {},
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
    homeDir: options.homeDir ?? homedir(),
    readFile: readIfThere,
  });
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

async function findCredential(
  options: PlanportOptions,
  settings: Settings,
): Promise<Omit<Discovery, "place"> & { readonly place: CredentialPlace | null }> {
  const { accessToken, external } = options;
  assertOneCredential(options);
  if (external !== undefined)
    return { credential: externalCredential(external.initial), store: null, place: null, tried: [] };
  if (options.tokenCommand !== undefined) return printedCredential(options.tokenCommand, options);
  if (accessToken !== undefined) {
    const token = typeof accessToken === "string" ? new Secret(accessToken) : accessToken;
    const accountId = givenAccountId(options.env ?? process.env);
    return {
      credential: personalAccessTokenCredential(token, ACCESS_TOKEN_OPTION, accountId),
      store: null,
      place: null,
      tried: [],
    };
  }
  const home = {
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
    homeDir: options.homeDir ?? homedir(),
  };
  const account = accountInUse(options, settings);
  try {
    const authFile = account === null ? options.authFile : await existingAccountFile(account, home);
    // The workspace in the environment is that of the token in the environment.
    const env = account === null ? home.env : { ...home.env, CODEX_ACCOUNT_ID: undefined };
    return await discoverCredential({ ...home, env, authFile, ...storesOf(settings) });
  } catch (error) {
    if (account !== null) {
      // The file is there, but somebody has signed out of what it held.
      if (isPlanportError(error) && error.code === "credential_missing") throw await unknownAccount(account, home);
      throw tellAccount(error, account);
    }
    throw error;
  }
}

/** Where planport and Codex keep their sign-ins, for {@link discoverCredential} and `credentialPlaces`. */
export function storesOf(settings: Settings): Pick<DiscoverOptions, "planportStore" | "codexStore"> {
  return { planportStore: settings.credentialsStore.value, codexStore: settings.codexCredentialsStore.value };
}

/** Two options that each name the credential to use contradict each other; guessing would use the wrong account. */
function assertOneCredential(options: PlanportOptions): void {
  const given = (["accessToken", "authFile", "external", "tokenCommand"] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (given.length > 1)
    throw new ConfigError("config_invalid", `Of the options ${given.join(" and ")}, only one can be given.`);
}

async function printedCredential(
  given: NonNullable<PlanportOptions["tokenCommand"]>,
  options: PlanportOptions,
): Promise<Omit<Discovery, "place"> & { readonly place: null }> {
  const isLine = typeof given === "string" || Array.isArray(given);
  const command: TokenCommand = {
    ...(isLine ? { command: given as CommandLine } : (given as TokenCommand)),
    origin: TOKEN_COMMAND_OPTION,
  };
  const credential = await runTokenCommand(command, {
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
  });
  return { credential, store: null, place: null, tried: [], command };
}

/** Where the account of an access token may be known without asking its server. */
function accountLookup(options: PlanportOptions, account: string | null): NonNullable<TokenSourceOptions["accounts"]> {
  const home = {
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
    homeDir: options.homeDir ?? homedir(),
  };
  return {
    cache: createAccountCache(accountCacheFile(home)),
    // Another sign-in of this person's says nothing about a named account.
    fallbackAccountId: async () => (account === null ? signedInAccountId(home) : null),
  };
}

/** The named account to use; null when a credential is given or looked for. */
function accountInUse(options: PlanportOptions, settings: Settings): string | null {
  const { accessToken, authFile, external, tokenCommand } = options;
  const isGiven = [accessToken, authFile, external, tokenCommand].some((option) => option !== undefined);
  return isGiven ? null : settings.account.value;
}

/** Makes the errors of a call name the command that signs in to the account. */
async function told<T>(account: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw tellAccount(error, account);
  }
}

function nameAccount(client: CodexClient, account: string | null): CodexClient {
  if (account === null) return client;
  const { relay } = client;
  return {
    route: client.route,
    relay: relay && {
      send: (call, options) => told(account, relay.send(call, options)),
      connect: (call, options) => told(account, relay.connect(call, options)),
    },
    account: (options) => told(account, client.account(options)),
    send: (request, options) => told(account, client.send(request, options)),
    models: (options) => told(account, client.models(options)),
    usage: (options) => told(account, client.usage(options)),
    close: () => client.close(),
  };
}

/**
 * Holds a sign-in to what Codex's configuration allows (`forced_login_method`, `forced_chatgpt_workspace_id`). The
 * workspace is checked with each bearer: an access token's is known only once its server was asked.
 */
function restrict(tokens: TokenSource, settings: Settings, account: string | null): TokenSource {
  const check = <T extends Grant | null>(grant: T): T => {
    if (grant !== null) assertAllowed(grant, settings);
    return grant;
  };
  const tell = <T>(call: Promise<T>): Promise<T> => (account === null ? call : told(account, call));
  return {
    get: (options) => tell(tokens.get(options).then(check)),
    recover: (rejected, options) => tell(tokens.recover(rejected, options).then(check)),
    explain: async (refusal, refused, options) =>
      tell(tokens.explain?.(refusal, refused, options) ?? Promise.resolve(refusal)),
    keepFresh: (options) => tokens.keepFresh?.(options) ?? ((): void => {}),
    settled: async () => tokens.settled?.(),
  };
}

/**
 * Holds one bearer to what Codex's configuration allows.
 * @throws {CredentialError} `workspace_forbidden`
 */
export function assertAllowed(grant: Pick<Grant, "kind" | "accountId">, settings: Settings): void {
  const { forcedLoginMethod: method, forcedWorkspaceIds: workspaces } = settings;
  const isPlan = grant.kind !== "apiKey";
  if ((method.value === "chatgpt" && !isPlan) || (method.value === "api" && isPlan))
    throw new CredentialError(
      "workspace_forbidden",
      `${describeOrigin(method.origin)} allows ${isPlan ? "API keys" : "ChatGPT sign-ins"} alone.`,
    );
  if (!isPlan || workspaces.value.length === 0) return;
  if (grant.accountId === null || !workspaces.value.includes(grant.accountId))
    throw new CredentialError(
      "workspace_forbidden",
      `The sign-in belongs to workspace ${grant.accountId ?? "(unknown)"}; ${describeOrigin(workspaces.origin)} allows ` +
        `only ${workspaces.value.join(", ")}. Run \`planport login\` with that workspace.`,
    );
}
