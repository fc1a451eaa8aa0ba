/**
 * A simulator, and a sign-in to it in a file that programs share.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../../packages/planport/src/simulator/index.ts";
import { newFolder, type Plan } from "./worker.ts";

/** A simulator, and a file that holds a sign-in to it. */
export interface World {
  readonly simulator: Simulator;
  readonly folder: string;
  readonly authFile: string;
  /** What each worker needs to know. */
  readonly plan: Pick<Plan, "authFile" | "codexBaseUrl" | "refreshUrl">;
  /** Signs in anew: what a person does when a login is lost. */
  signIn(): void;
  close(): Promise<void>;
}

/** Starts a simulator, and signs in with an access token that has expired. */
export async function openWorld(options: SimulatorOptions = {}): Promise<World> {
  const simulator = await startSimulator({ maxRecordedRequests: 10_000, ...options });
  const folder = newFolder();
  const authFile = join(folder, "auth.json");
  const signIn = (): void => {
    const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens();
    const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId };
    const document = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
    writeFileSync(authFile, JSON.stringify(document, null, 2), { mode: 0o600 });
  };
  signIn();
  ageAccessToken(authFile, -60_000);
  return {
    simulator,
    folder,
    authFile,
    plan: { authFile, codexBaseUrl: simulator.codexBaseUrl, refreshUrl: `${simulator.issuer}/oauth/token` },
    signIn,
    close: () => simulator.close(),
  };
}

/** What rests in the file; throws when that is not whole. */
export function readLogin(authFile: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(authFile, "utf8"));
  if (!isJsonObject(value)) throw new Error(`${authFile} holds no object`);
  return value;
}

/** The tokens in the file. */
export function readTokens(authFile: string): JsonObject {
  const { tokens } = readLogin(authFile);
  if (!isJsonObject(tokens)) throw new Error(`${authFile} holds no tokens`);
  return tokens;
}

/** Puts other tokens into the file, as another program would: whole or not at all. */
export function changeTokens(authFile: string, change: JsonObject): void {
  const document = { ...readLogin(authFile), tokens: { ...readTokens(authFile), ...change } };
  writeFileSync(`${authFile}.aged`, JSON.stringify(document, null, 2), { mode: 0o600 });
  renameSync(`${authFile}.aged`, authFile);
}

/**
 * Makes the access token in the file one that has so much of its life left. The simulator knows no such token: it counts
 * for what planport reads in it, and no request can succeed with it.
 */
export function ageAccessToken(authFile: string, leftMs: number): void {
  const [head, payload, signature] = String(readTokens(authFile)["access_token"]).split(".");
  const claims: unknown = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
  if (!isJsonObject(claims)) throw new Error("The access token cannot be read.");
  const aged = { ...claims, exp: Math.floor((Date.now() + leftMs) / 1000) };
  const text = Buffer.from(JSON.stringify(aged)).toString("base64url");
  changeTokens(authFile, { access_token: `${String(head)}.${text}.${String(signature)}` });
}
