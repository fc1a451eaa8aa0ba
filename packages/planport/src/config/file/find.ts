/**
 * Which configuration file is used.
 * @module
 */
import { resolve } from "node:path";
import { withHome } from "../../environment.ts";
import { ConfigError, isPlanportError } from "../../errors.ts";
import { namedFile, type PlaceOptions, usualPlaces } from "./places.ts";
import { readConfigText, unreadable } from "./read.ts";
import type { ConfigFile, FileOrigin } from "./types.ts";

/** What decides about it. */
export interface FindOptions extends PlaceOptions {
  /** The text of a file, or null when there is none. May throw when it is there but cannot be read. */
  readonly readFile: (path: string) => string | null;
}

/** The file, and what is to be told about others. */
export interface FoundFile {
  readonly file: ConfigFile | null;
  /** One sentence for each file that was there and was not used. */
  readonly notices: readonly string[];
}

/**
 * The first of these that is there: the file that `--config` names, the one that `PLANPORT_CONFIG` names, `planport.yaml`
 * and then `config.yaml` in the current folder, `planport.yaml` in planport's own. A `config.yaml` that was only found may be
 * anybody's: whatever is wrong with it as a whole is a notice, and no reason to fail.
 * @throws {ConfigError} `config_invalid` with file, line and column; or for a named file that is not there.
 */
export function findConfigFile(options: FindOptions): FoundFile {
  const named = namedFile(options);
  if (named !== null) return { file: readNamed(named.path, named.by, options), notices: [] };
  const places = usualPlaces(options);
  const notices: string[] = [];
  const own = readOwn(places.own, "current folder", options);
  if (own !== null) return { file: own, notices };
  const other = readOther(places.other, options, notices);
  if (other !== null) return { file: other, notices };
  return { file: readOwn(places.home, "planport's folder", options), notices };
}

function readNamed(given: string, found: FileOrigin, options: FindOptions): ConfigFile {
  if (given.trim() === "") throw new ConfigError("config_invalid", `${found} is not usable: it must not be empty.`);
  const path = resolve(options.cwd, withHome(given, options));
  const file = readOwn(path, found, options);
  if (file === null) throw new ConfigError("config_invalid", `${path} is not there (${found}).`);
  return file;
}

function readOwn(path: string, found: FileOrigin, options: FindOptions): ConfigFile | null {
  const text = readText(path, options);
  return text === null ? null : readConfigText(text, { ...options, path, found });
}

function readOther(path: string, options: FindOptions, notices: string[]): ConfigFile | null {
  let text: string | null;
  try {
    text = readText(path, options);
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    notices.push(`${error.message} It was left aside.`);
    return null;
  }
  if (text === null) return null;
  try {
    const file = readConfigText(text, { ...options, path, found: "current folder" });
    if (file === null)
      notices.push(`${path} is another program's (it has no backends.openai_codex), and was left aside.`);
    return file;
  } catch (error) {
    // Broken as a whole, it cannot be told whose it is; broken within what is ours, it is ours.
    if (!isPlanportError(error) || !error.message.includes(" is not valid YAML: ")) throw error;
    notices.push(`${error.message} It was left aside; name it with --config if it is meant for planport.`);
    return null;
  }
}

function readText(path: string, { readFile }: FindOptions): string | null {
  try {
    return readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
