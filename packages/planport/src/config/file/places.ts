/**
 * Where configuration files are looked for. Apart from the reading of them, so that a command that finds none loads no parser of YAML.
 * @module
 */
import { type HomeOptions, joinPath, planportHome, readVariable } from "../../environment.ts";

/** What decides about it. */
export interface PlaceOptions extends HomeOptions {
  /** `--config`. */
  readonly flag?: string | undefined;
  /** The current folder. */
  readonly cwd: string;
}

/** The files that count where none is named. */
export interface UsualPlaces {
  /** `planport.yaml` in the current folder. */
  readonly own: string;
  /** `config.yaml` in the current folder, which may be another program's. */
  readonly other: string;
  /** `planport.yaml` in planport's folder. */
  readonly home: string;
}

/** Paths of the usual places. */
export function usualPlaces(options: PlaceOptions): UsualPlaces {
  const { cwd, platform } = options;
  return {
    own: joinPath(platform, cwd, "planport.yaml"),
    other: joinPath(platform, cwd, "config.yaml"),
    home: joinPath(platform, planportHome(options).folder, "planport.yaml"),
  };
}

/** Which file is named, and by what; null when none is. */
export function namedFile({
  flag,
  env,
}: PlaceOptions): { readonly path: string; readonly by: "--config" | "PLANPORT_CONFIG" } | null {
  if (flag !== undefined) return { path: flag, by: "--config" };
  const variable = readVariable(env, "PLANPORT_CONFIG");
  return variable === undefined ? null : { path: variable, by: "PLANPORT_CONFIG" };
}
