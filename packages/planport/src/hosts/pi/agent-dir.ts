/**
 * Where pi keeps its files.
 * @module
 */
import { homedir } from "node:os";
import { type Environment, joinPath, readFolder } from "../../environment.ts";

/** What decides about pi's folder; all may be left out. */
export interface AgentDirOptions {
  /** Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Default `process.platform`. */
  readonly platform?: string | undefined;
  /** Default: the user's home folder. */
  readonly homeDir?: string | undefined;
}

/** pi's folder: `PI_CODING_AGENT_DIR`, else `~/.pi/agent`. */
export function piAgentDir(options: AgentDirOptions = {}): string {
  const found = {
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
    homeDir: options.homeDir ?? homedir(),
  };
  return readFolder(found, "PI_CODING_AGENT_DIR") ?? joinPath(found.platform, found.homeDir, ".pi", "agent");
}

/** A file in pi's folder. */
export function piAgentFile(name: string, options: AgentDirOptions = {}): string {
  return joinPath(options.platform ?? process.platform, piAgentDir(options), name);
}
