/**
 * What environment variables mean, wherever they are read: blanks, folders, addresses.
 * @module
 */
import { posix, win32 } from "node:path";

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables, Codex's own, that move the sign-in server: what `planport status` shows is what the sign-in reads. */
export const AUTH_VARIABLES = {
  loginIssuer: "CODEX_APP_SERVER_LOGIN_ISSUER",
  loginClientId: "CODEX_APP_SERVER_LOGIN_CLIENT_ID",
  authApiBaseUrl: "CODEX_AUTHAPI_BASE_URL",
  whoamiUrl: "CODEX_WHOAMI_URL",
  refreshUrl: "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
  revokeUrl: "CODEX_REVOKE_TOKEN_URL_OVERRIDE",
} as const;

/** What decides about folders. */
export interface HomeOptions {
  readonly env: Environment;
  /** `process.platform`. */
  readonly platform: string;
  /** The user's home folder, as `os.homedir()` gives it. */
  readonly homeDir: string;
}

/** A folder, and the variable that led there; null for a default. */
export interface FoundFolder {
  readonly folder: string;
  readonly via: "PLANPORT_HOME" | "CODEX_HOME" | null;
}

/** The value of a variable; an empty or blank one counts as not set, as every shell user expects. */
export function readVariable(env: Environment, name: string): string | undefined {
  return trimmed(env[name]);
}

/** The value without blanks around it; undefined when nothing is left. */
export function trimmed(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === undefined || text === "" ? undefined : text;
}

/** Joins parts of a path by the rules of the platform that was asked for. */
export function joinPath(platform: string, ...parts: readonly string[]): string {
  return (platform === "win32" ? win32 : posix).join(...parts);
}

/** Replaces a leading `~`, which no shell has seen when the value comes from a file or a service definition. */
export function withHome(value: string, { platform, homeDir }: Omit<HomeOptions, "env">): string {
  if (value === "~") return homeDir;
  return /^~[\\/]/.test(value) ? joinPath(platform, homeDir, value.slice(2)) : value;
}

/** The folder that a variable names. */
export function readFolder(options: HomeOptions, name: string): string | undefined {
  const value = readVariable(options.env, name);
  return value === undefined ? undefined : withHome(value, options);
}

/** Codex's own folder: `CODEX_HOME`, else `~/.codex`. */
export function codexHome(options: HomeOptions): FoundFolder {
  const set = readFolder(options, "CODEX_HOME");
  if (set !== undefined) return { folder: set, via: "CODEX_HOME" };
  return { folder: joinPath(options.platform, options.homeDir, ".codex"), via: null };
}

/** planport's own folder: `PLANPORT_HOME`, else `$CODEX_HOME/planport`, else `~/.planport`. */
export function planportHome(options: HomeOptions): FoundFolder {
  const own = readFolder(options, "PLANPORT_HOME");
  if (own !== undefined) return { folder: own, via: "PLANPORT_HOME" };
  const codex = codexHome(options);
  if (codex.via !== null) return { folder: joinPath(options.platform, codex.folder, "planport"), via: codex.via };
  return { folder: joinPath(options.platform, options.homeDir, ".planport"), via: null };
}

/**
 * Checks a base URL and takes its trailing slashes off. The problem never repeats the value: people put passwords there.
 * @returns The URL, or what is wrong with it.
 */
export function parseHttpUrl(value: string): string | { readonly problem: string } {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    return { problem: "must be a URL that begins with https:// or http://" };
  if (url.username !== "" || url.password !== "") return { problem: "must not hold a user name or password" };
  if (url.hash !== "") return { problem: "must not hold a fragment (#…)" };
  return value.replace(/\/+$/, "");
}

/** What an account may be called, in words that follow "must be". */
export const ACCOUNT_NAME_RULE: string =
  "1 to 64 of the letters a to z, digits, dots, dashes and underscores, beginning with a letter or digit";

/** Windows keeps these for devices, whatever comes after the dot, and drops a dot at the end. */
const NO_FILE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|\.$/i;

/** True for a name that an account may have: it becomes the name of a folder, on any system. */
export function isAccountName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) && !NO_FILE_NAME.test(text);
}

/** Where named accounts rest: `accounts` in planport's own folder. */
export function accountsFolder(options: HomeOptions): string {
  return joinPath(options.platform, planportHome(options).folder, "accounts");
}

/** The sign-in of a named account: `accounts/<name>/auth.json` in planport's own folder. */
export function accountAuthFile(options: HomeOptions, name: string): string {
  return joinPath(options.platform, accountsFolder(options), name, "auth.json");
}
