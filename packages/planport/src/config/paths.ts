/**
 * The folders planport reads and writes.
 * @module
 */
import { posix, win32 } from "node:path";
import { type Setting, firstOf } from "./setting.ts";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What decides the folders. */
export interface PathsInput {
  readonly env: Environment;
  /** `process.platform`. */
  readonly platform: string;
  /** The user's home folder. */
  readonly homeDir: string;
}

/** The folders. */
export interface Paths {
  /** Codex's own folder: `CODEX_HOME`, else `~/.codex`. planport reads there and only ever renews tokens in its auth.json. */
  readonly codexHome: Setting<string>;
  /** planport's own folder: `PLANPORT_HOME`, else `$CODEX_HOME/planport`, else `~/.planport`. */
  readonly planportHome: Setting<string>;
  /** Codex's configuration: `config.toml` in its folder. */
  readonly codexConfigPath: string;
}

/** The value of a variable; an empty or blank one counts as not set, as every shell user expects. */
export function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === "" ? undefined : value;
}

/**
 * Resolves the folders. Pure: nothing is looked up on disk. A leading `~` is the home folder, for values that no shell
 * has seen (a service definition, an `.env` file).
 */
export function resolvePaths({ env, platform, homeDir }: PathsInput): Paths {
  const path = platform === "win32" ? win32 : posix;
  const folder = (name: string): string | undefined => {
    const value = readVariable(env, name);
    if (value === "~") return homeDir;
    return value !== undefined && /^~[\\/]/.test(value) ? path.join(homeDir, value.slice(2)) : value;
  };
  const codexVariable = folder("CODEX_HOME");
  const codexHome = firstOf(
    [{ value: codexVariable, origin: { kind: "environment", name: "CODEX_HOME" } }],
    path.join(homeDir, ".codex"),
  );
  const planportHome = firstOf(
    [
      { value: folder("PLANPORT_HOME"), origin: { kind: "environment", name: "PLANPORT_HOME" } },
      {
        value: codexVariable === undefined ? undefined : path.join(codexVariable, "planport"),
        origin: { kind: "environment", name: "CODEX_HOME" },
      },
    ],
    path.join(homeDir, ".planport"),
  );
  return { codexHome, planportHome, codexConfigPath: path.join(codexHome.value, "config.toml") };
}
