/**
 * The places where a credential may be, in the order in which they are tried.
 * @module
 */
import { codexHome, type HomeOptions, joinPath, planportHome, readFolder, trimmed, withHome } from "../environment.ts";

/** One place to look in. Fit for messages. */
export type CredentialPlace =
  | { readonly kind: "variable"; readonly name: "CODEX_ACCESS_TOKEN" | "CODEX_PAT" | "OPENAI_API_KEY" }
  | { readonly kind: "command"; readonly name: typeof TOKEN_COMMAND_VARIABLE }
  | {
      readonly kind: "file";
      readonly path: string;
      /** `given`: by option or flag; `planport`: its own store; `codex`: shared with the Codex CLI. */
      readonly owner: "given" | "planport" | "codex";
      /** The variable that led here; null for a default. */
      readonly via: string | null;
    }
  | {
      /** The entry of the file's folder in the system's keyring; with `orFile`, the file where there is none. */
      readonly kind: "keyring";
      /** The file that would hold it otherwise. */
      readonly path: string;
      readonly orFile: boolean;
      readonly owner: "planport" | "codex";
      readonly via: string | null;
    }
  | {
      /** Codex's `ephemeral`: its login is in the memory of a running Codex, out of everybody's reach. */
      readonly kind: "memory";
      readonly path: string;
      readonly owner: "codex";
      readonly via: string | null;
    };

/** The variable that holds a command which prints a bearer. */
export const TOKEN_COMMAND_VARIABLE = "PLANPORT_TOKEN_COMMAND";

/** What decides about the places. */
export interface PlaceOptions extends HomeOptions {
  /** An `auth.json` named by option or flag: then no other place is tried. */
  readonly authFile?: string | undefined;
  /** Where planport keeps its own sign-in: `file` (the default), `keyring` or `auto`. */
  readonly planportStore?: string | undefined;
  /**
   * Where Codex keeps its login (`cli_auth_credentials_store` in its `config.toml`): `file` (the default), `keyring`,
   * `auto` or `ephemeral`. Anything else counts as `file`.
   */
  readonly codexStore?: string | undefined;
}

/**
 * planport's own `auth.json`: in `PLANPORT_HOME`, else in `$CODEX_HOME/planport`, else in `~/.planport`.
 */
export function planportAuthFile(options: HomeOptions): string {
  return joinPath(options.platform, planportHome(options).folder, "auth.json");
}

/** planport's own place. */
export function planportPlace(options: PlaceOptions): CredentialPlace {
  const { via } = planportHome(options);
  return storedPlace({ path: planportAuthFile(options), owner: "planport", via }, options.planportStore);
}

function storedPlace(
  at: { readonly path: string; readonly owner: "planport" | "codex"; readonly via: string | null },
  store: string | undefined,
): CredentialPlace {
  if (store === "keyring" || store === "auto") return { kind: "keyring", orFile: store === "auto", ...at };
  if (store === "ephemeral" && at.owner === "codex") return { kind: "memory", ...at, owner: "codex" };
  return { kind: "file", ...at };
}

/**
 * All places, first tried first: a given file alone; else `CODEX_ACCESS_TOKEN`, `CODEX_PAT`, the command in
 * `PLANPORT_TOKEN_COMMAND`, planport's own store, and Codex's `auth.json` (`OPENAI_CODEX_PATH`, a folder that holds it or, with a name in `.json`, the file; then
 * `CODEX_HOME`, by default `.codex` in the home folder, which on Windows is `%USERPROFILE%`). Last comes `OPENAI_API_KEY`:
 * many have it set for other programs, and what it pays for is billed, so a plan goes first.
 */
export function credentialPlaces(options: PlaceOptions): readonly CredentialPlace[] {
  const { platform } = options;
  const given = trimmed(options.authFile);
  if (given !== undefined) return [{ kind: "file", path: withHome(given, options), owner: "given", via: null }];

  const places: CredentialPlace[] = [
    { kind: "variable", name: "CODEX_ACCESS_TOKEN" },
    { kind: "variable", name: "CODEX_PAT" },
    { kind: "command", name: TOKEN_COMMAND_VARIABLE },
    planportPlace(options),
  ];
  // A file that is named by a variable is a file; what is in Codex's own folder is where Codex was told to put it.
  const addCodex = (file: string, via: string | null, store?: string): void => {
    if (!places.some((place) => "path" in place && place.path === file))
      places.push(storedPlace({ path: file, owner: "codex", via }, store));
  };
  const codexPath = readFolder(options, "OPENAI_CODEX_PATH");
  if (codexPath !== undefined)
    addCodex(/\.json$/i.test(codexPath) ? codexPath : joinPath(platform, codexPath, "auth.json"), "OPENAI_CODEX_PATH");
  const { folder, via } = codexHome(options);
  if (via === null) {
    const profile = platform === "win32" ? readFolder(options, "USERPROFILE") : undefined;
    if (profile !== undefined)
      addCodex(joinPath(platform, profile, ".codex", "auth.json"), "USERPROFILE", options.codexStore);
  }
  addCodex(joinPath(platform, folder, "auth.json"), via, options.codexStore);
  places.push({ kind: "variable", name: "OPENAI_API_KEY" });
  return places;
}

/** A place in the words of a message: `$CODEX_PAT`, or a path with the variable that led there. */
export function placeLabel(place: CredentialPlace): string {
  if (place.kind === "variable" || place.kind === "command") return `$${place.name}`;
  const path = place.via === null ? place.path : `${place.path} (from $${place.via})`;
  if (place.kind === "file") return path;
  if (place.kind === "memory") return `the memory of a running Codex (in place of ${path})`;
  return `the system's keyring (${place.orFile ? "or else" : "in place of"} ${path})`;
}
