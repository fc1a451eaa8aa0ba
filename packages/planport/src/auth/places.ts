/**
 * The places where a credential may be, in the order in which they are tried.
 * @module
 */
import { codexHome, type HomeOptions, joinPath, planportHome, readFolder, trimmed, withHome } from "../environment.ts";

/** One place to look in. Fit for messages. */
export type CredentialPlace =
  | { readonly kind: "variable"; readonly name: "CODEX_ACCESS_TOKEN" | "CODEX_PAT" | "OPENAI_API_KEY" }
  | {
      readonly kind: "file";
      readonly path: string;
      /** `given`: by option or flag; `planport`: its own store; `codex`: shared with the Codex CLI. */
      readonly owner: "given" | "planport" | "codex";
      /** The variable that led here; null for a default. */
      readonly via: string | null;
    };

/** What decides about the places. */
export interface PlaceOptions extends HomeOptions {
  /** An `auth.json` named by option or flag: then no other place is tried. */
  readonly authFile?: string | undefined;
}

/**
 * planport's own `auth.json`: in `PLANPORT_HOME`, else in `$CODEX_HOME/planport`, else in `~/.planport`.
 */
export function planportAuthFile(options: HomeOptions): string {
  return joinPath(options.platform, planportHome(options).folder, "auth.json");
}

/**
 * All places, first tried first: a given file alone; else `CODEX_ACCESS_TOKEN`, `CODEX_PAT`, planport's own store, and
 * Codex's `auth.json` (`OPENAI_CODEX_PATH`, a folder that holds it or, with a name in `.json`, the file; then
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
    { kind: "file", path: planportAuthFile(options), owner: "planport", via: planportHome(options).via },
  ];
  const addCodex = (file: string, via: string | null): void => {
    if (!places.some((place) => place.kind === "file" && place.path === file))
      places.push({ kind: "file", path: file, owner: "codex", via });
  };
  const codexPath = readFolder(options, "OPENAI_CODEX_PATH");
  if (codexPath !== undefined)
    addCodex(/\.json$/i.test(codexPath) ? codexPath : joinPath(platform, codexPath, "auth.json"), "OPENAI_CODEX_PATH");
  const { folder, via } = codexHome(options);
  if (via === null) {
    const profile = platform === "win32" ? readFolder(options, "USERPROFILE") : undefined;
    if (profile !== undefined) addCodex(joinPath(platform, profile, ".codex", "auth.json"), "USERPROFILE");
  }
  addCodex(joinPath(platform, folder, "auth.json"), via);
  places.push({ kind: "variable", name: "OPENAI_API_KEY" });
  return places;
}

/** A place in the words of a message: `$CODEX_PAT`, or a path with the variable that led there. */
export function placeLabel(place: CredentialPlace): string {
  if (place.kind === "variable") return `$${place.name}`;
  return place.via === null ? place.path : `${place.path} (from $${place.via})`;
}
