/**
 * The text of a configuration file to what it says: planport's own form, or llm-interactive-proxy's.
 * @module
 */
import { dirname, isAbsolute, resolve, win32 } from "node:path";
import { type Environment, type HomeOptions, parseHttpUrl, readVariable, withHome } from "../../environment.ts";
import { ConfigError } from "../../errors.ts";
import { type Capabilities, CAPABILITY_NAMES } from "../../protocol/capabilities.ts";
import { Secret } from "../../secret.ts";
import { checkShape, type Path } from "./shape.ts";
import { PLANPORT_SHAPE, PROXY_BACKEND_SHAPE, PROXY_FOREIGN_KEYS } from "./table.ts";
import type { ConfigFile, FileOrigin, FileProfile, FileRequests, FileSettings } from "./types.ts";
import { parseYaml, type YamlText } from "./yaml-text.ts";

/** What a file is read with. */
export interface ReadFileOptions extends HomeOptions {
  readonly path: string;
  readonly found: FileOrigin;
}

type Fields = Readonly<Record<string, unknown>>;

/** Names of the backend in the other program's file. */
const BACKENDS = ["openai_codex", "openai-codex"] as const;

/**
 * Reads a text.
 * @returns Null for a `config.yaml` that is another program's: it is only taken when it has a backend for Codex in it.
 * @throws {ConfigError} `config_invalid` with file, line and column.
 */
export function readConfigText(text: string, options: ReadFileOptions): ConfigFile | null {
  const yaml = parseYaml(text, options.path);
  const value = yaml.value ?? {};
  const backends = isFields(value) ? value["backends"] : undefined;
  const backend = BACKENDS.find((name) => isFields(backends) && Object.hasOwn(backends, name));
  const isOther = /(^|[\\/])config\.ya?ml$/i.test(options.path);
  if (backend !== undefined) return readProxyFile(yaml, value as Fields, backend, options);
  if (options.found === "current folder" && isOther) return null;
  if (isFields(value) && Object.hasOwn(value, "backends"))
    return yaml.refuse(["backends"], "has no openai_codex in it, the one backend that planport has", "key");
  checkShape(value, PLANPORT_SHAPE, [], yaml.refuse);
  return readOwnFile(yaml, withoutNulls(value as Fields), options);
}

function readProxyFile(yaml: YamlText, value: Fields, name: string, { path, found }: ReadFileOptions): ConfigFile {
  const backends = value["backends"] as Fields;
  const ignored = [
    ...Object.keys(value).filter((key) => key !== "backends"),
    ...Object.keys(backends).flatMap((key) => (key === name ? [] : [`backends.${key}`])),
  ];
  const at: Path = ["backends", name];
  const backend = withoutForeign(backends[name] ?? {}, "", `backends.${name}`, ignored);
  checkShape(backend, PROXY_BACKEND_SHAPE, at, yaml.refuse);
  const { timeout, extra } = backend as { timeout?: number | null; extra?: { codex?: Fields | null } | null };
  const capabilities = (extra?.codex?.["default_capabilities"] ?? {}) as Fields;
  return {
    path,
    found,
    settings: {},
    requests: {
      origin: fileName(path),
      capabilities: capabilitiesOf(capabilities),
      profiles: [],
      aliases: {},
      idleTimeoutMs: timeout == null ? null : timeout * 1000,
    },
    idleTimeoutKey: `backends.${name}.timeout`,
    ignored,
  };
}

/** A copy without the keys that the other program has for itself, here and further in. */
function withoutForeign(value: unknown, place: string, shown: string, ignored: string[]): unknown {
  if (!isFields(value)) return value;
  const foreign = PROXY_FOREIGN_KEYS[place] ?? [];
  const kept = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (foreign.includes(key)) {
      ignored.push(`${shown}.${key}`);
      return [];
    }
    const further = place === "" ? key : `${place}.${key}`;
    const next = Object.hasOwn(PROXY_FOREIGN_KEYS, further)
      ? withoutForeign(inner, further, `${shown}.${key}`, ignored)
      : inner;
    return [[key, next]];
  });
  return Object.fromEntries(kept);
}

function readOwnFile(yaml: YamlText, value: Fields, options: ReadFileOptions): ConfigFile {
  const { path, found, env } = options;
  if (found === "current folder") refuseTrusted(yaml, value);
  const aliases = (value["aliases"] ?? {}) as Readonly<Record<string, string>>;
  for (const [name, target] of Object.entries(aliases)) {
    const slug = target.split("?", 1)[0] ?? "";
    if (Object.hasOwn(aliases, slug) && slug !== name)
      yaml.refuse(["aliases", name], "stands for a name that is itself one of these", "value");
  }
  const idle = value["idleTimeoutSeconds"] as number | undefined;
  const requests: FileRequests = {
    origin: fileName(path),
    capabilities: capabilitiesOf((value["capabilities"] ?? {}) as Fields),
    profiles: readProfiles((value["profiles"] ?? {}) as Fields, yaml, env),
    aliases,
    idleTimeoutMs: idle === undefined ? null : idle * 1000,
  };
  const settings = readSettings(value, yaml, options);
  return { path, found, settings, requests, idleTimeoutKey: "idleTimeoutSeconds", ignored: [] };
}

/** Whoever made a folder decides what is in its files, and planport may be started in any: these need to be asked for. */
const TRUSTED: Readonly<Record<string, string>> = {
  baseUrl: "says where your credentials go",
  host: "says who can reach your plan",
  allowOrigins: "says which web pages may use your plan",
  allowHosts: "says by which names your plan can be reached",
  memory: "says where your conversations go",
};

/** @throws {ConfigError} `config_invalid` */
function refuseTrusted(yaml: YamlText, value: Fields): void {
  for (const [name, says] of Object.entries(TRUSTED)) {
    const given = value[name];
    const isHarmless =
      given === undefined ||
      (name === "host" && /^(?:localhost|127\.0\.0\.1|\[?::1\]?)$/i.test(given as string)) ||
      (name === "memory" && /^(?:off|memory)$/i.test(given as string));
    if (isHarmless) continue;
    const why = `${says}, so it does not count in a file that was only found in the current folder`;
    yaml.refuse([name], `${why}: name the file with --config`, "key");
  }
}

function readSettings(value: Fields, yaml: YamlText, options: ReadFileOptions): FileSettings {
  const text = (name: string): string | undefined => value[name] as string | undefined;
  const keyEnv = text("keyEnv");
  const memory = text("memory");
  const seconds = value["timeoutSeconds"] as number | undefined;
  return {
    host: text("host"),
    port: value["port"] as number | undefined,
    keyEnv: keyEnv === undefined ? undefined : secretIn(keyEnv, ["keyEnv"], yaml, options.env),
    account: text("account"),
    baseUrl: baseUrlOf(text("baseUrl")),
    model: text("model"),
    logLevel: text("logLevel"),
    memory: memory === undefined ? undefined : memoryPlace(memory, options),
    credentials: text("credentials"),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    allowOrigins: listOf(value["allowOrigins"]),
    allowHosts: listOf(value["allowHosts"]),
  };
}

/** It was checked by the table. */
function baseUrlOf(value: string | undefined): string | undefined {
  const url = value === undefined ? undefined : parseHttpUrl(value);
  return typeof url === "string" ? url : undefined;
}

function readProfiles(profiles: Fields, yaml: YamlText, env: Environment): FileProfile[] {
  return Object.entries(profiles).map(([name, profile]) => {
    const { when, capabilities } = (profile ?? {}) as { when?: Fields | null; capabilities?: Fields | null };
    const keyEnv = when?.["keyEnv"] as string | undefined | null;
    const path = when?.["path"] as string | undefined | null;
    return {
      name,
      match: {
        userAgent: listOf(when?.["userAgent"]),
        key: keyEnv == null ? undefined : secretIn(keyEnv, ["profiles", name, "when", "keyEnv"], yaml, env),
        path: path ?? undefined,
      },
      capabilities: capabilitiesOf(capabilities ?? {}),
    };
  });
}

function secretIn(variable: string, path: Path, yaml: YamlText, env: Environment): Secret {
  const value = readVariable(env, variable);
  if (value !== undefined) return new Secret(value);
  // The name stands in the file; a key that somebody wrote in its place is no name, and was refused before.
  return yaml.refuse(path, "names a variable that is not set", "value");
}

/** A file's own paths begin at its folder. */
function memoryPlace(place: string, options: ReadFileOptions): string {
  const word = place.toLowerCase();
  if (word === "off" || word === "memory") return word;
  const path = withHome(place, options);
  const isWhole = options.platform === "win32" ? win32.isAbsolute(path) : isAbsolute(path);
  return isWhole ? path : resolve(dirname(options.path), path);
}

function capabilitiesOf(value: Fields): Partial<Capabilities> {
  return Object.fromEntries(CAPABILITY_NAMES.flatMap((name) => (value[name] == null ? [] : [[name, value[name]]])));
}

function listOf(value: unknown): readonly string[] | undefined {
  if (value == null) return undefined;
  return typeof value === "string" ? [value] : (value as string[]);
}

function withoutNulls(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The error for a file that cannot be read. */
export function unreadable(path: string, cause: unknown): ConfigError<"config_invalid"> {
  const reason = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new ConfigError("config_invalid", `${path} cannot be read${reason}.`, { cause });
}
