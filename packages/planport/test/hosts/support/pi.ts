/** A folder of pi's, and what is in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AuthStorage, type AuthStorageOptions } from "../../../src/hosts/pi/auth-storage.ts";
import type { FakeHttp } from "../../auth/support/fakes.ts";
import { accessToken, NOW_MS } from "../../auth/support/fakes.ts";

export { default as properLockfile } from "proper-lockfile";

export interface PiFolder {
  readonly dir: string;
  readonly authFile: string;
  readonly modelsFile: string;
  write(entries: unknown): void;
  read(): Record<string, Record<string, unknown>>;
  text(): string;
  storage(options?: AuthStorageOptions): AuthStorage;
  remove(): void;
}

export function piFolder(): PiFolder {
  const dir = mkdtempSync(path.join(tmpdir(), "planport-pi-"));
  const authFile = path.join(dir, "auth.json");
  return {
    dir,
    authFile,
    modelsFile: path.join(dir, "models.json"),
    write: (entries) =>
      writeFileSync(authFile, typeof entries === "string" ? entries : JSON.stringify(entries), { mode: 0o600 }),
    read: () => JSON.parse(readFileSync(authFile, "utf8")) as Record<string, Record<string, unknown>>,
    text: () => readFileSync(authFile, "utf8"),
    storage: (options = {}) =>
      new AuthStorage(undefined, { now: () => NOW_MS, ...options, env: { PI_CODING_AGENT_DIR: dir, ...options.env } }),
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** An entry whose access token ends in so many seconds. */
export function oauthEntry(inSeconds: number, refresh = "rt-first"): Record<string, unknown> {
  return {
    type: "oauth",
    access: accessToken(inSeconds),
    refresh,
    expires: NOW_MS + inSeconds * 1000,
    accountId: "acct-1",
  };
}

/** The answer of a server that refreshed. */
export function refreshed(refresh = "rt-second", inSeconds = 3600): Record<string, unknown> {
  return {
    access_token: accessToken(inSeconds, "acct-1", { jti: refresh }),
    refresh_token: refresh,
    expires_in: inSeconds,
  };
}

/** Options by which a storage asks a stand-in. */
export function asking(http: FakeHttp, others: AuthStorageOptions = {}): AuthStorageOptions {
  return { http, client: { originator: "planport", userAgent: "planport/0.1.0" }, ...others };
}
