/**
 * Where the extension finds a plan's token that was not given to it.
 * @module
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { decodeJwtPayload } from "../../../auth/jwt-claims.ts";
import { codexHome, type Environment, joinPath, readVariable } from "../../../environment.ts";
import { asString, isJsonObject, tryParseJson } from "../../../protocol/json.ts";

/** A token, and the name of its place for people. */
export interface FoundKey {
  readonly key: string;
  readonly source: string;
}

/** Reads a variable; pi has some of its own beside the process's. */
export type ReadVariable = (name: string) => string | undefined;

/** Folders and files that tokens may be in. */
export interface KeyPlaces {
  readonly env: Environment;
  readonly platform?: string | undefined;
  readonly homeDir?: string | undefined;
}

/**
 * The access token: `CODEX_ACCESS_TOKEN`, else `CODEX_PAT`, else `personal_access_token` of Codex's `auth.json`, where
 * `codex login --with-access-token` puts it. Null when there is none.
 */
export function findAccessToken(places: KeyPlaces): FoundKey | null {
  for (const name of ["CODEX_ACCESS_TOKEN", "CODEX_PAT"]) {
    const key = readVariable(places.env, name);
    if (key !== undefined) return { key, source: name };
  }
  return tokenOfCodex(places);
}

/** As {@link findAccessToken}; else what stands in `OPENAI_API_KEY`, if it is a plan's token and no API key. */
export function findPlanToken(places: KeyPlaces): FoundKey | null {
  const found = findAccessToken(places);
  if (found !== null) return found;
  const key = readVariable(places.env, "OPENAI_API_KEY");
  return key !== undefined && (key.startsWith("at-") || isPlanJwt(key)) ? { key, source: "OPENAI_API_KEY" } : null;
}

/** True for a token of an OpenAI sign-in. A JWT of anybody else's is not to be sent to OpenAI. */
function isPlanJwt(text: string): boolean {
  return isJsonObject(decodeJwtPayload(text)?.["https://api.openai.com/auth"]);
}

function tokenOfCodex({ env, platform = process.platform, homeDir = homedir() }: KeyPlaces): FoundKey | null {
  const file = joinPath(platform, codexHome({ env, platform, homeDir }).folder, "auth.json");
  const document = tryParseJson(textOf(file));
  const key = isJsonObject(document) ? asString(document["personal_access_token"])?.trim() : undefined;
  return key === undefined || key === "" ? null : { key, source: file };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Not there, or not for us to read: then it holds no token.
  }
}
