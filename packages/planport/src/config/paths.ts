/**
 * The folders planport reads and writes.
 * @module
 */
import { codexHome, type FoundFolder, type HomeOptions, joinPath, planportHome } from "../environment.ts";
import type { Setting } from "./setting.ts";

/** The folders. */
export interface Paths {
  /** Codex's own folder. planport reads there and only ever renews tokens in its auth.json. */
  readonly codexHome: Setting<string>;
  /** planport's own folder. */
  readonly planportHome: Setting<string>;
  /** Codex's configuration: `config.toml` in its folder. */
  readonly codexConfigPath: string;
}

/** Resolves the folders. Pure: nothing is looked up on disk. */
export function resolvePaths(options: HomeOptions): Paths {
  const codex = codexHome(options);
  return {
    codexHome: settingOf(codex),
    planportHome: settingOf(planportHome(options)),
    codexConfigPath: joinPath(options.platform, codex.folder, "config.toml"),
  };
}

function settingOf({ folder, via }: FoundFolder): Setting<string> {
  return { value: folder, origin: via === null ? { kind: "default" } : { kind: "environment", name: via } };
}
