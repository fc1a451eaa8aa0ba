/**
 * Everything that can be set, resolved once: flag > environment > configuration file > Codex's config.toml > default. Each setting remembers
 * where it came from.
 * @module
 */
import {
  ACCOUNT_NAME_RULE,
  AUTH_VARIABLES,
  type Environment,
  type HomeOptions,
  isAccountName,
  joinPath,
  parseHttpUrl,
  readVariable,
  withHome,
} from "../environment.ts";
import { ConfigError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { asAliases, asSlugs, asWait } from "./call-settings.ts";
import { type CodexConfig, parseCodexConfig } from "./codex-config.ts";
import type { ConfigFile, FileSettings } from "./file/types.ts";
import { type Paths, resolvePaths } from "./paths.ts";
import { type Candidate, type Setting, type SettingOrigin, firstOf } from "./setting.ts";

/** How much the log says, from little to much. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What may be set on a command line, as it was typed; undefined means that the flag was not given. */
export interface SettingsFlags {
  /** The name of the account to use. */
  readonly account?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  /** The gateway key. */
  readonly key?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly model?: string | undefined;
  readonly memory?: string | undefined;
  readonly credentials?: string | undefined;
  readonly idleTimeout?: string | undefined;
  readonly timeout?: string | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly allowHost?: readonly string[] | undefined;
  /** The configuration file in use, already read. */
  readonly file?: ConfigFile | undefined;
}

/** All that {@link resolveSettings} looks at. */
export interface SettingsInput extends HomeOptions {
  readonly flags?: SettingsFlags;
  /** The text of a file, or null when there is none. May throw when it is there but cannot be read. */
  readonly readFile: (path: string) => string | null;
}

/** The resolved settings. URLs have no trailing slash; null means "not set: work it out". */
export interface Settings {
  readonly codexHome: Setting<string>;
  readonly planportHome: Setting<string>;
  /** The named account that is used in place of looking for a sign-in. */
  readonly account: Setting<string | null>;
  /** An explicit base of the backend. Null: found by workspace routing under {@link Settings.chatgptBaseUrl}. */
  readonly backendBaseUrl: Setting<string | null>;
  readonly chatgptBaseUrl: Setting<string>;
  readonly loginIssuer: Setting<string | null>;
  readonly loginClientId: Setting<string | null>;
  readonly authApiBaseUrl: Setting<string | null>;
  readonly whoamiUrl: Setting<string | null>;
  readonly refreshUrl: Setting<string | null>;
  readonly revokeUrl: Setting<string | null>;
  /** Sent as `client_version` in place of the built-in one. */
  readonly clientVersion: Setting<string | null>;
  /** Path of a PEM file with more root certificates. */
  readonly caCertificate: Setting<string | null>;
  /** May hold a password, so it is a secret. */
  readonly httpsProxy: Setting<Secret | null>;
  readonly noProxy: Setting<string | null>;
  readonly forcedLoginMethod: Setting<"chatgpt" | "api" | null>;
  /** Empty: any workspace will do. */
  readonly forcedWorkspaceIds: Setting<readonly string[]>;
  /** `file`, `keyring`, `auto` or `ephemeral`: where Codex keeps its login; or what a newer Codex knows. */
  readonly codexCredentialsStore: Setting<string>;
  /** Where planport keeps its own sign-in. */
  readonly credentialsStore: Setting<CredentialsStore>;
  /** A command that prints a bearer. Its arguments may hold a password, so it is a secret. */
  readonly tokenCommand: Setting<Secret | null>;
  readonly model: Setting<string | null>;
  /** The models that may be used, and no others, the first of them the default. Empty: all of the account's. */
  readonly modelPin: Setting<readonly string[]>;
  /** Own names for models, each with the one that it stands for. */
  readonly modelAliases: Setting<Readonly<Record<string, string>>>;
  /** Longest silence of the backend, in milliseconds. */
  readonly idleTimeoutMs: Setting<number>;
  /** How long a whole call may take, in milliseconds; null for as long as it takes. */
  readonly timeoutMs: Setting<number | null>;
  readonly host: Setting<string>;
  readonly port: Setting<number>;
  readonly gatewayKey: Setting<Secret | null>;
  readonly logLevel: Setting<LogLevel>;
  /** Whose credential goes with calls that the gateway passes on to the backend as they come. */
  readonly credentials: Setting<RelayedCredentials>;
  /** Origins of web pages that may call the gateway. */
  readonly allowedOrigins: Setting<readonly string[]>;
  /** Names in the Host header that the gateway takes. */
  readonly allowedHosts: Setting<readonly string[]>;
  /** Where the gateway remembers: `off`, `memory` (until it ends), or the path of a file. */
  readonly memory: Setting<string>;
}

/** Where planport can keep its own sign-in: `auto` is the system's keyring, and a file where there is none. */
export const CREDENTIALS_STORES = ["file", "keyring", "auto"] as const;
/** One of {@link CREDENTIALS_STORES}. */
export type CredentialsStore = (typeof CREDENTIALS_STORES)[number];

/** `own`: planport's; `passthrough`: the one that a call brings. */
export const RELAYED_CREDENTIALS = ["own", "passthrough"] as const;
/** One of {@link RELAYED_CREDENTIALS}. */
export type RelayedCredentials = (typeof RELAYED_CREDENTIALS)[number];

/** Where the gateway listens unless told otherwise. */
export const DEFAULT_PORT = 9107;
/** As in Codex. */
const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_CHATGPT_BASE_URL = "https://chatgpt.com/backend-api";

/**
 * Resolves the settings. Pure but for `readFile`, which is asked for `config.toml` alone.
 * @throws {ConfigError} `config_invalid` naming the flag, the variable, or the file with line and column.
 */
export function resolveSettings(input: SettingsInput): Settings {
  const { env } = input;
  for (const name of ["PLANPORT_ORIGINATOR", "PLANPORT_USER_AGENT"])
    applyCheck({ value: env[name], origin: { kind: "environment", name } }, name, asHeaderText);
  const flags = input.flags ?? {};
  const paths = resolvePaths(input);
  const codex = parseCodexConfig(readConfigFile(input, paths), paths.codexConfigPath);
  const file = <T>(key: string, value: T | undefined): Candidate<T> => ({
    value,
    origin: { kind: "file", path: paths.codexConfigPath, key },
  });
  const text = (name: string): Setting<string | null> => firstOf<string | null>([fromEnvironment(env, name)], null);
  const url = (name: string): Setting<string | null> => firstOf<string | null>([checked(env, name, asUrl)], null);
  return {
    codexHome: paths.codexHome,
    planportHome: paths.planportHome,
    account: firstOf<string | null>(
      [
        checkedFlag("--account", flags.account, asAccount),
        checked(env, "PLANPORT_ACCOUNT", asAccount),
        inFile(flags, "account"),
      ],
      null,
    ),
    backendBaseUrl: backendBaseUrl(flags, env, file("openai_base_url", codex.openaiBaseUrl)),
    chatgptBaseUrl: firstOf([file("chatgpt_base_url", codex.chatgptBaseUrl)], DEFAULT_CHATGPT_BASE_URL),
    loginIssuer: url(AUTH_VARIABLES.loginIssuer),
    loginClientId: text(AUTH_VARIABLES.loginClientId),
    authApiBaseUrl: url(AUTH_VARIABLES.authApiBaseUrl),
    whoamiUrl: url(AUTH_VARIABLES.whoamiUrl),
    refreshUrl: url(AUTH_VARIABLES.refreshUrl),
    revokeUrl: url(AUTH_VARIABLES.revokeUrl),
    clientVersion: firstOf<string | null>([checked(env, "CODEX_CLIENT_VERSION", asVersion)], null),
    caCertificate: text("CODEX_CA_CERTIFICATE"),
    httpsProxy: firstOf<Secret | null>([proxy(env, "https_proxy"), proxy(env, "HTTPS_PROXY")], null),
    noProxy: firstOf<string | null>([fromEnvironment(env, "no_proxy"), fromEnvironment(env, "NO_PROXY")], null),
    ...codexRestrictions(codex, file),
    credentialsStore: firstOf<CredentialsStore>([checked(env, "PLANPORT_CREDENTIALS_STORE", asStore)], "file"),
    tokenCommand: firstOf<Secret | null>([secretOf(fromEnvironment(env, "PLANPORT_TOKEN_COMMAND"))], null),
    model: firstOf<string | null>(
      [fromFlag("--model", flags.model), inFile(flags, "model"), file("model", codex.model)],
      null,
    ),
    ...callSettings(flags, env),
    ...gatewaySettings(flags, env),
    memory: memorySetting(input, paths),
  };
}

function codexRestrictions(
  codex: CodexConfig,
  file: <T>(key: string, value: T | undefined) => Candidate<T>,
): Pick<Settings, "forcedLoginMethod" | "forcedWorkspaceIds" | "codexCredentialsStore"> {
  return {
    forcedLoginMethod: firstOf<"chatgpt" | "api" | null>([file("forced_login_method", codex.forcedLoginMethod)], null),
    forcedWorkspaceIds: firstOf<readonly string[]>([file("forced_chatgpt_workspace_id", codex.forcedWorkspaceIds)], []),
    codexCredentialsStore: firstOf([file("cli_auth_credentials_store", codex.credentialsStore)], "file"),
  };
}

function callSettings(
  flags: SettingsFlags,
  env: Environment,
): Pick<Settings, "modelPin" | "modelAliases" | "idleTimeoutMs" | "timeoutMs"> {
  return {
    modelPin: firstOf<readonly string[]>([checked(env, "CODEX_MODELS", asSlugs)], []),
    modelAliases: firstOf<Readonly<Record<string, string>>>([checked(env, "PLANPORT_MODEL_ALIASES", asAliases)], {}),
    idleTimeoutMs: firstOf(
      [
        checkedFlag("--idle-timeout", flags.idleTimeout, asWait),
        checked(env, "PLANPORT_IDLE_TIMEOUT", asWait),
        {
          value: flags.file?.requests.idleTimeoutMs ?? undefined,
          origin: { kind: "file", path: flags.file?.path ?? "", key: flags.file?.idleTimeoutKey ?? "" },
        },
      ],
      DEFAULT_IDLE_TIMEOUT_MS,
    ),
    timeoutMs: firstOf<number | null>(
      [
        checkedFlag("--timeout", flags.timeout, asWait),
        checked(env, "PLANPORT_TIMEOUT", asWait),
        inFile<number>(flags, "timeoutMs"),
      ],
      null,
    ),
  };
}

function gatewaySettings(
  flags: SettingsFlags,
  env: Environment,
): Pick<Settings, "host" | "port" | "gatewayKey" | "logLevel" | "credentials" | "allowedOrigins" | "allowedHosts"> {
  return {
    host: firstOf([fromFlag("--host", flags.host), inFile(flags, "host")], DEFAULT_HOST),
    port: firstOf(
      [checkedFlag("--port", flags.port, asPort), checked(env, "PLANPORT_PORT", asPort), inFile<number>(flags, "port")],
      DEFAULT_PORT,
    ),
    gatewayKey: firstOf<Secret | null>(
      [
        secretOf(fromFlag("--key", flags.key)),
        secretOf(fromEnvironment(env, "PLANPORT_KEY")),
        inFile<Secret>(flags, "keyEnv"),
      ],
      null,
    ),
    logLevel: firstOf(
      [
        checkedFlag("--log-level", flags.logLevel, asLogLevel),
        checked(env, "PLANPORT_LOG", asLogLevel),
        inFile<LogLevel>(flags, "logLevel"),
      ],
      "warn",
    ),
    credentials: firstOf<RelayedCredentials>(
      [
        checkedFlag("--credentials", flags.credentials, oneOf(RELAYED_CREDENTIALS)),
        checked(env, "PLANPORT_CREDENTIALS", oneOf(RELAYED_CREDENTIALS)),
        inFile<RelayedCredentials>(flags, "credentials"),
      ],
      "own",
    ),
    allowedOrigins: firstOf<readonly string[]>(
      [
        { value: flags.allowOrigin, origin: { kind: "flag", name: "--allow-origin" } },
        inFile<readonly string[]>(flags, "allowOrigins"),
      ],
      [],
    ),
    allowedHosts: firstOf<readonly string[]>(
      [
        { value: flags.allowHost, origin: { kind: "flag", name: "--allow-host" } },
        inFile<readonly string[]>(flags, "allowHosts"),
      ],
      [],
    ),
  };
}

function memorySetting(input: SettingsInput, { planportHome }: Paths): Setting<string> {
  const place: Check<string> = (value) => {
    const word = value.toLowerCase();
    return { value: word === "off" || word === "memory" ? word : withHome(value, input) };
  };
  return firstOf(
    [
      checkedFlag("--memory", input.flags?.memory, place),
      checked(input.env, "PLANPORT_MEMORY", place),
      inFile(input.flags ?? {}, "memory"),
    ],
    joinPath(input.platform, planportHome.value, "memory.db"),
  );
}

function backendBaseUrl(flags: SettingsFlags, env: Environment, file: Candidate<string>): Setting<string | null> {
  return firstOf<string | null>(
    [
      checkedFlag("--base-url", flags.baseUrl, asUrl),
      checked(env, "CODEX_BASE_URL", asUrl),
      checked(env, "OPENAI_API_BASE_URL", asUrl),
      inFile(flags, "baseUrl"),
      file,
    ],
    null,
  );
}

/**
 * What `CODEX_BASE_URL` says, for the app-server, which goes by no other setting of planport's own.
 * @throws {ConfigError} `config_invalid` for what is no URL.
 */
export function codexBaseUrlOf(env: Environment): string | null {
  return firstOf<string | null>([checked(env, "CODEX_BASE_URL", asUrl)], null).value;
}

function readConfigFile(input: SettingsInput, paths: Paths): string | null {
  try {
    return input.readFile(paths.codexConfigPath);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new ConfigError("config_invalid", `${paths.codexConfigPath} cannot be read${reason}.`, { cause });
  }
}

/** What the configuration file says: it was checked when it was read. */
function inFile<T = string>({ file }: SettingsFlags, key: keyof FileSettings): Candidate<T> {
  return {
    value: file?.settings[key] as T | undefined,
    origin: { kind: "file", path: file?.path ?? "", key: key === "timeoutMs" ? "timeoutSeconds" : key },
  };
}

/** An empty flag is a mistake worth telling (`--key "$UNSET"`), unlike an empty variable. */
function fromFlag(name: string, value: string | undefined): Candidate<string> {
  if (value?.trim() === "") throw new ConfigError("config_invalid", `${name} is not usable: it must not be empty.`);
  return { value, origin: { kind: "flag", name } };
}

function fromEnvironment(env: Environment, name: string): Candidate<string> {
  return { value: readVariable(env, name), origin: { kind: "environment", name } };
}

function secretOf({ value, origin }: Candidate<string>): Candidate<Secret> {
  return { value: value === undefined ? undefined : new Secret(value), origin };
}

/** Proxies are checked where they are used, which knows the schemes it can speak. */
function proxy(env: Environment, name: string): Candidate<Secret> {
  return secretOf(fromEnvironment(env, name));
}

type Check<T> = (value: string) => { readonly value: T } | { readonly problem: string };

function checked<T>(env: Environment, name: string, check: Check<T>): Candidate<T> {
  return applyCheck(fromEnvironment(env, name), name, check);
}

function checkedFlag<T>(name: string, value: string | undefined, check: Check<T>): Candidate<T> {
  return applyCheck(fromFlag(name, value), name, check);
}

function applyCheck<T>(candidate: Candidate<string>, name: string, check: Check<T>): Candidate<T> {
  const origin: SettingOrigin = candidate.origin;
  if (candidate.value === undefined) return { value: undefined, origin };
  const result = check(candidate.value);
  // The value itself stays out of the message: it may be a secret that was put into the wrong variable.
  if ("problem" in result) throw new ConfigError("config_invalid", `${name} is not usable: it ${result.problem}.`);
  return { value: result.value, origin };
}

const asUrl: Check<string> = (value) => {
  const url = parseHttpUrl(value);
  return typeof url === "string" ? { value: url } : url;
};

const asAccount: Check<string> = (value) =>
  isAccountName(value.trim()) ? { value: value.trim() } : { problem: `must be ${ACCOUNT_NAME_RULE}` };

const asPort: Check<number> = (value) => {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  return port <= 65_535 ? { value: port } : { problem: "must be a port number from 0 (any free one) to 65535" };
};

const asVersion: Check<string> = (value) =>
  /^\d+\.\d+\.\d+$/.test(value) ? { value } : { problem: "must be a version such as 1.2.3" };

/** A control character in a header is at best an accident, at worst somebody's attempt to add another header. */
const asHeaderText: Check<string> = (value) =>
  /\p{Cc}/u.test(value) ? { problem: "must not contain control characters" } : { value };

function oneOf<T extends string>(words: readonly T[]): Check<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value.toLowerCase());
    return word === undefined ? { problem: `must be one of ${words.join(", ")}` } : { value: word };
  };
}

const asStore: Check<CredentialsStore> = oneOf(CREDENTIALS_STORES);
const asLogLevel: Check<LogLevel> = oneOf(LOG_LEVELS);
