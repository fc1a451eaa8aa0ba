/**
 * A command that prints a bearer: a secret manager, a company's own sign-in, `planport token` of another machine.
 * @module
 */
import type { Environment } from "../environment.ts";
import { ConfigError, CredentialError, isPlanportError, RequestError } from "../errors.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import { oneLine } from "../redact.ts";
import { Secret } from "../secret.ts";
import { isTokenText } from "./auth-file.ts";
import {
  type CommandLine,
  commandName,
  type CommandResult,
  planSpawn,
  runCommand,
  type SpawnPlan,
} from "./child-command.ts";
import type { ExternalCredential, PersonalAccessTokenCredential } from "./credential.ts";
import { readJwtClaims } from "./jwt-claims.ts";
import { TOKEN_COMMAND_VARIABLE } from "./places.ts";

/** What a command printed, read. */
export type CommandCredential = ExternalCredential | PersonalAccessTokenCredential;

/** A command that prints a bearer. */
export interface TokenCommand {
  /**
   * A program and its arguments, started as they stand; or one string, which the system's shell runs (`/bin/sh -c`,
   * `cmd.exe /c`). A string that is a JSON array of strings counts as the former.
   */
  readonly command: CommandLine;
  /** How messages name the setting: `$PLANPORT_TOKEN_COMMAND`, say. */
  readonly origin: string;
  /** How long it may run, in milliseconds; 30 s by default, since some ask a person. */
  readonly timeoutMs?: number | undefined;
  /** How long a bearer that does not say when it ends is kept, in milliseconds; five minutes by default, as Codex. */
  readonly ttlMs?: number | undefined;
}

/** Options of {@link runTokenCommand}. */
export interface RunTokenCommandOptions {
  readonly env: Environment;
  /** `process.platform`. */
  readonly platform: string;
  readonly signal?: AbortSignal | undefined;
}

/** How long a bearer that does not say when it ends is kept. */
export const TOKEN_COMMAND_TTL_MS = 300_000;
const TIMEOUT_MS = 30_000;
const MAX_STDERR_CHARS = 300;
/** Whether it may pass by itself, nobody but the command's author knows. */
const REMEDY = "Try again, or run it by hand to see what it lacks.";
/** A number below this is of seconds: as milliseconds it would name a day in January 1970. */
const SMALLEST_MS = 100_000_000_000;

/**
 * The command in the text of a variable or an option.
 * @throws {ConfigError} `config_invalid`
 */
export function parseTokenCommand(command: CommandLine, origin: string): CommandLine {
  const given = typeof command === "string" && command.trim().startsWith("[") ? tryParseJson(command) : command;
  if (typeof given === "string" && given.trim() !== "") return given;
  if (Array.isArray(given) && given.length > 0 && given.every((part) => typeof part === "string") && given[0] !== "")
    return given;
  throw new ConfigError(
    "config_invalid",
    `${origin} is not usable: it must be a command, or a JSON array of a program and its arguments, all strings.`,
  );
}

/**
 * Runs the command and reads what it printed: a JSON object with `token` (or `access_token`), and if it likes
 * `expires_at` (seconds or milliseconds since the epoch, or RFC 3339) and `account_id`; else the first line, which is the
 * bearer. A bearer of the form `at-…` is an enterprise's access token.
 * @throws {CredentialError} `refresh_unavailable` when it cannot be started, fails or takes too long;
 * `credential_malformed` for output that holds no bearer; `credential_unsupported` for an API key.
 * @throws {ConfigError} `config_invalid`
 * @throws {RequestError} `cancelled`
 */
export async function runTokenCommand(
  command: TokenCommand,
  options: RunTokenCommandOptions,
): Promise<CommandCredential> {
  const { env, platform, signal } = options;
  const { origin } = command;
  const line = parseTokenCommand(command.command, origin);
  const label = `\`${commandName(line)}\` (${origin})`;
  const timeoutMs = command.timeoutMs ?? TIMEOUT_MS;
  const plan: SpawnPlan = planSpawn(line, { env, platform, origin });
  let result: CommandResult;
  try {
    // Without the variable itself: a command that asks planport for a token must not start itself again.
    const childEnv = { ...env, [TOKEN_COMMAND_VARIABLE]: undefined };
    result = await runCommand(plan, { env: childEnv, platform, timeoutMs, signal });
  } catch (error) {
    if (isPlanportError(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    const why = code === "ENOENT" ? "there is no such program (ENOENT)" : code;
    // Without the system's error as a cause: it quotes the arguments.
    throw new CredentialError("refresh_unavailable", `The command ${label} could not be started: ${why}. ${REMEDY}`);
  }
  const fault = faultOf(result, timeoutMs);
  if (result.killed === "aborted") throw new RequestError("cancelled", "The request was cancelled.");
  if (fault !== null) {
    const said = oneLine(result.stderr, MAX_STDERR_CHARS, { opaque: true });
    const stderr = said === "" ? "It wrote nothing to standard error." : `It said: ${sentence(said)}`;
    throw new CredentialError("refresh_unavailable", `The command ${label} ${fault}. ${stderr} ${REMEDY}`);
  }
  return readOutput(result.stdout, label, env);
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function faultOf({ code, signal, killed }: CommandResult, timeoutMs: number): string | null {
  if (killed === "timeout") return `did not end within ${timeoutMs / 1000} s and was stopped`;
  if (killed === "too much output") return "wrote more than a token can be and was stopped";
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? null : `failed with exit code ${code}`;
}

function readOutput(stdout: string, label: string, env: Environment): CommandCredential {
  const text = stdout.replace(/^\uFEFF/, "").trim();
  const json = text.startsWith("{") ? tryParseJson(text) : undefined;
  const fields = isJsonObject(json) ? json : null;
  if (fields === null && text.startsWith("{")) throw malformed(label, "printed JSON that cannot be read");
  const field = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const value = fields?.[name];
      if (value === undefined || value === null || value === "") continue;
      if (typeof value !== "string") throw malformed(label, `printed JSON whose field \`${name}\` is no string`);
      return value.trim();
    }
    return null;
  };
  const token = fields === null ? (text.split(/\r?\n/, 1)[0] ?? "").trim() : field("token", "access_token");
  if (token === null) throw malformed(label, "printed JSON without the field `token`");
  if (token === "") throw malformed(label, "printed nothing to standard output");
  if (!isTokenText(token) || token === "at-")
    throw malformed(label, "printed a first line that cannot be a token: it has blanks or foreign characters in it");
  if (token.startsWith("sk-"))
    throw new CredentialError(
      "credential_unsupported",
      `The command ${label} printed an OpenAI API key (sk-…), not the token of a ChatGPT plan.`,
    );
  const claims = readJwtClaims(token);
  const accountId = field("account_id", "accountId") ?? claims?.accountId ?? env["CODEX_ACCOUNT_ID"]?.trim() ?? "";
  if (accountId !== "" && !isTokenText(accountId))
    throw malformed(label, "printed an `account_id` that is no plain text");
  const identity = {
    accountId: accountId === "" ? null : accountId,
    fedramp: claims?.fedramp === true,
    email: claims?.email ?? null,
    planType: claims?.planType ?? null,
    userId: claims?.userId ?? null,
  };
  const secret = new Secret(token);
  const expiresAtMs = readExpiry(fields, label) ?? claims?.expiresAtMs ?? null;
  if (token.startsWith("at-")) return { kind: "personalAccessToken", token: secret, ...identity };
  return { kind: "external", accessToken: secret, expiresAtMs, ...identity };
}

function readExpiry(fields: Readonly<Record<string, unknown>> | null, label: string): number | null {
  const value = fields?.["expires_at"] ?? fields?.["expiresAt"] ?? null;
  if (value === null) return null;
  const text = typeof value === "string" ? value.trim() : "";
  const number = typeof value === "number" ? value : /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
  const timeMs = number === null ? Date.parse(text) : number < SMALLEST_MS ? number * 1000 : number;
  if (!Number.isFinite(timeMs)) throw malformed(label, "printed JSON whose field `expires_at` is no time");
  return timeMs;
}

function malformed(label: string, what: string): CredentialError<"credential_malformed"> {
  return new CredentialError("credential_malformed", `The command ${label} ${what}.`);
}
