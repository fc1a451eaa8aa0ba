/**
 * The configuration file of the gateway: found, told of, and read again when it changes.
 * @module
 */
import { lstatSync, readFileSync } from "node:fs";
import type { ConfigFile, FileRequests, FoundFile } from "../config/file/index.ts";
import { namedFile, usualPlaces } from "../config/file/places.ts";
import type { Settings } from "../config/index.ts";
import { ConfigError, isPlanportError } from "../errors.ts";
import type { GatewayProfiles } from "../server/index.ts";
import type { CommandContext } from "./context.ts";
import type { Session } from "./session.ts";
import { printable } from "./terminal.ts";

/**
 * Finds and reads the file.
 * @param flag `--config`.
 * @throws {ConfigError} `config_invalid` with file, line and column.
 */
export async function loadConfigFile(context: CommandContext, flag: string | undefined): Promise<FoundFile> {
  const options = { ...context, flag, readFile: readIfThere };
  if (namedFile(options) === null && !Object.values(usualPlaces(options)).some(isThere))
    return { file: null, notices: [] };
  const { findConfigFile } = await import("../config/file/index.ts");
  return findConfigFile(options);
}

/** True also for what cannot be looked at: then the reading says why. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return !isAbsence(error);
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** Says which files were left aside, and which keys of the one in use. */
export async function tellLeftAside({ file, notices }: FoundFile, { terminal }: CommandContext): Promise<void> {
  const { err } = terminal;
  for (const notice of notices) await err.line(err.style.dim(`planport: ${printable(notice)}`));
  if (file === null || file.ignored.length === 0) return;
  const keys = printable(file.ignored.join(", "));
  await err.line(
    err.style.dim(`planport: of ${printable(file.path)} these are another program's, and not used: ${keys}`),
  );
}

/** What is set about requests, as the file says now. */
export interface LiveConfig {
  /** For the gateway; undefined without a file. */
  readonly profiles: (() => GatewayProfiles) | undefined;
  /** Ends the watching. */
  stop(): void;
}

/** Follows the file in use. A change that is broken is told, and what was set before stays. */
export async function followConfigFile(
  file: ConfigFile | null,
  context: CommandContext,
  { logger, settings }: Pick<Session, "logger" | "settings">,
): Promise<LiveConfig> {
  if (file === null) return { profiles: undefined, stop: () => {} };
  const { watchConfigFile } = await import("../config/file/index.ts");
  let current = file;
  let text = readIfThere(file.path);
  const stop = watchConfigFile(file.path, () => void onChange());
  const { err } = context.terminal;
  async function onChange(): Promise<void> {
    try {
      const now = readIfThere(current.path);
      if (now === text) return;
      text = now;
      const next = await readAgain(now, current, context);
      const later = settingsThatWait(file as ConfigFile, next);
      current = next;
      logger.info("config.reloaded", { path: next.path });
      const wait = later.length === 0 ? "" : `; for ${later.join(", ")} planport must be started again`;
      await err.line(err.style.dim(`planport: ${printable(next.path)} was read again${wait}`));
    } catch (error) {
      logger.error("config.not_reloaded", { error });
      const reason = isPlanportError(error) ? error.message : `${current.path} cannot be read.`;
      await err.line(err.style.yellow(`planport: ${printable(reason)} What was set before stays.`));
    }
  }
  return { profiles: () => behindVariables(current, settings), stop };
}

const behind = new WeakMap<ConfigFile, FileRequests>();

/** What the file says where no variable says otherwise: those go before it. */
function behindVariables(file: ConfigFile, { idleTimeoutMs, modelAliases }: Settings): FileRequests {
  const known = behind.get(file);
  if (known !== undefined) return known;
  const { requests } = file;
  const isSet = idleTimeoutMs.origin.kind === "environment" || idleTimeoutMs.origin.kind === "flag";
  const aliases = Object.entries(requests.aliases).filter(([name]) => !Object.hasOwn(modelAliases.value, name));
  const own = {
    ...requests,
    aliases: Object.fromEntries(aliases),
    idleTimeoutMs: isSet ? null : requests.idleTimeoutMs,
  };
  behind.set(file, own);
  return own;
}

async function readAgain(
  text: string | null,
  { path, found }: ConfigFile,
  context: CommandContext,
): Promise<ConfigFile> {
  const { readConfigText } = await import("../config/file/index.ts");
  if (text === null) throw new ConfigError("config_invalid", `${path} is gone.`);
  const next = readConfigText(text, { ...context, path, found });
  if (next === null) throw new ConfigError("config_invalid", `${path} has no backends.openai_codex any more.`);
  return next;
}

/** Settings that differ from those the gateway was started with: it listens already. */
function settingsThatWait(before: ConfigFile, after: ConfigFile): string[] {
  const names = Object.keys({ ...before.settings, ...after.settings }) as (keyof ConfigFile["settings"])[];
  return names.filter((name) => valueOf(before, name) !== valueOf(after, name));
}

function valueOf({ settings }: ConfigFile, name: keyof ConfigFile["settings"]): string {
  const value = settings[name];
  return typeof value === "object" && "reveal" in value ? value.reveal() : JSON.stringify(value ?? null);
}
