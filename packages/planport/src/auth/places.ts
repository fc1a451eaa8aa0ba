/**
 * The places where a credential may be, in the order in which they are tried.
 * @module
 */
import path from "node:path";
import { type Environment, trimmed } from "./endpoints.ts";

/** One place to look in. Fit for messages. */
export type CredentialPlace =
  | { readonly kind: "variable"; readonly name: "CODEX_ACCESS_TOKEN" | "CODEX_PAT" }
  | {
      readonly kind: "file";
      readonly path: string;
      /** `given`: by option or flag; `planport`: its own store; `codex`: shared with the Codex CLI. */
      readonly owner: "given" | "planport" | "codex";
      /** The variable that led here; null for a default. */
      readonly via: string | null;
    };

/** What decides about the places. */
export interface PlaceOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
  /** The user's home folder, as `os.homedir()` gives it. */
  readonly homeDir: string;
  /** An `auth.json` named by option or flag: then no other place is tried. */
  readonly authFile?: string | undefined;
}

/**
 * planport's own `auth.json`: in `PLANPORT_HOME`, else in `$CODEX_HOME/planport`, else in `~/.planport`.
 */
export function planportAuthFile(options: Pick<PlaceOptions, "platform" | "env" | "homeDir">): string {
  const join = joinOf(options.platform);
  const own = folder(options, "PLANPORT_HOME");
  if (own !== undefined) return join(own, "auth.json");
  const codexHome = folder(options, "CODEX_HOME");
  return codexHome === undefined
    ? join(options.homeDir, ".planport", "auth.json")
    : join(codexHome, "planport", "auth.json");
}

/**
 * All places, first tried first: a given file alone; else `CODEX_ACCESS_TOKEN`, `CODEX_PAT`, planport's own store, and
 * Codex's `auth.json` (`OPENAI_CODEX_PATH`, a folder that holds it or, with a name in `.json`, the file; then
 * `CODEX_HOME`, by default `.codex` in the home folder, which on Windows is `%USERPROFILE%`).
 */
export function credentialPlaces(options: PlaceOptions): readonly CredentialPlace[] {
  const join = joinOf(options.platform);
  const given = trimmed(options.authFile);
  if (given !== undefined) return [{ kind: "file", path: withHome(given, options), owner: "given", via: null }];

  const places: CredentialPlace[] = [
    { kind: "variable", name: "CODEX_ACCESS_TOKEN" },
    { kind: "variable", name: "CODEX_PAT" },
    {
      kind: "file",
      path: planportAuthFile(options),
      owner: "planport",
      via: ["PLANPORT_HOME", "CODEX_HOME"].find((name) => trimmed(options.env[name]) !== undefined) ?? null,
    },
  ];
  const addCodex = (file: string, via: string | null): void => {
    if (!places.some((place) => place.kind === "file" && place.path === file))
      places.push({ kind: "file", path: file, owner: "codex", via });
  };
  const codexPath = folder(options, "OPENAI_CODEX_PATH");
  if (codexPath !== undefined)
    addCodex(/\.json$/i.test(codexPath) ? codexPath : join(codexPath, "auth.json"), "OPENAI_CODEX_PATH");
  const codexHome = folder(options, "CODEX_HOME");
  if (codexHome !== undefined) addCodex(join(codexHome, "auth.json"), "CODEX_HOME");
  else {
    const profile = options.platform === "win32" ? folder(options, "USERPROFILE") : undefined;
    if (profile !== undefined) addCodex(join(profile, ".codex", "auth.json"), "USERPROFILE");
    addCodex(join(options.homeDir, ".codex", "auth.json"), null);
  }
  return places;
}

/** A place in the words of a message: `$CODEX_PAT`, or a path with the variable that led there. */
export function placeLabel(place: CredentialPlace): string {
  if (place.kind === "variable") return `$${place.name}`;
  return place.via === null ? place.path : `${place.path} (from $${place.via})`;
}

function joinOf(platform: NodeJS.Platform): (...parts: string[]) => string {
  const rules = platform === "win32" ? path.win32 : path.posix;
  return (...parts) => rules.join(...parts);
}

function folder(options: Pick<PlaceOptions, "platform" | "env" | "homeDir">, name: string): string | undefined {
  const value = trimmed(options.env[name]);
  return value === undefined ? undefined : withHome(value, options);
}

/** Replaces a leading `~`, which no shell has seen when the value comes from a file or a service definition. */
function withHome(value: string, options: Pick<PlaceOptions, "platform" | "homeDir">): string {
  if (value === "~") return options.homeDir;
  return /^~[\\/]/.test(value) ? joinOf(options.platform)(options.homeDir, value.slice(2)) : value;
}
