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
  return key !== undefined && isPlanToken(key) ? { key, source: "OPENAI_API_KEY" } : null;
}

/** Where the process keeps the token that was taken out of its environment, for an extension that is loaded anew. */
const KEPT: unique symbol = Symbol.for("planport.pi.token");

/**
 * The environment of the process, and its own from now on. A plan's token in `OPENAI_API_KEY` is taken out of the process: pi
 * has a provider that would send it to OpenAI's plain API, and prefers that one.
 */
export function takeEnvironment(processEnv: Record<string, string | undefined> = process.env): Environment {
  const keeper = globalThis as { [KEPT]?: string };
  const key = readVariable(processEnv, "OPENAI_API_KEY");
  if (key !== undefined && isPlanToken(key)) {
    keeper[KEPT] = key;
    delete processEnv["OPENAI_API_KEY"];
  }
  const kept = keeper[KEPT];
  return { ...(kept !== undefined && { OPENAI_API_KEY: kept }), ...processEnv };
}

function isPlanToken(text: string): boolean {
  return text.startsWith("at-") || isPlanJwt(text);
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
