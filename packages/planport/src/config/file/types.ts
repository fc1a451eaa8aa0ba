/**
 * What a configuration file says, checked and in the program's own terms.
 * @module
 */
import type { Capabilities } from "../../protocol/capabilities.ts";
import type { Secret } from "../../secret.ts";

/** Settings of the gateway that take effect when it starts; undefined where the file says nothing. */
export interface FileSettings {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly keyEnv?: Secret | undefined;
  readonly account?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly model?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly memory?: string | undefined;
  readonly credentials?: string | undefined;
  /** How long a whole call may take. */
  readonly timeoutMs?: number | undefined;
  readonly allowOrigins?: readonly string[] | undefined;
  readonly allowHosts?: readonly string[] | undefined;
}

/** Which clients a profile is for. */
export interface FileMatch {
  readonly userAgent?: readonly string[] | undefined;
  readonly key?: Secret | undefined;
  readonly path?: string | undefined;
}

/** One profile. */
export interface FileProfile {
  readonly name: string;
  readonly match: FileMatch;
  readonly capabilities: Partial<Capabilities>;
}

/** What is set about requests: it takes effect whenever the file changes. */
export interface FileRequests {
  /** The file's name, without its folder: clients are told of it. */
  readonly origin: string;
  readonly capabilities: Partial<Capabilities>;
  readonly profiles: readonly FileProfile[];
  readonly aliases: Readonly<Record<string, string>>;
  /** Longest silence of the backend; null where the file says nothing. */
  readonly idleTimeoutMs: number | null;
}

/** How a file came to be used. */
export type FileOrigin = "--config" | "PLANPORT_CONFIG" | "current folder" | "planport's folder";

/** A file that is in use. */
export interface ConfigFile {
  readonly path: string;
  readonly found: FileOrigin;
  readonly settings: FileSettings;
  readonly requests: FileRequests;
  /** What `idleTimeoutMs` is called in the file. */
  readonly idleTimeoutKey: string;
  /** Keys of another program's that were left aside, such as `backends.anthropic`. */
  readonly ignored: readonly string[];
}
