/**
 * What the scripts here share.
 * @module
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Absolute path of the main package. */
export const packageRoot = path.join(repoRoot, "packages", "planport");

/** Absolute paths of all published packages. */
export const packageRoots = [packageRoot, path.join(repoRoot, "packages", "opencode-planport")];

/**
 * Settings that an outer `npm run` hands down and that would send an inner npm to the wrong folder. Everything else,
 * such as the registry or the cache, stays.
 */
const handedDown = /^npm_config_(local_prefix|prefix|global|workspaces?|include_workspace_root|package|call)$/i;

/** The environment for an npm that works in a folder of its own. */
export function npmEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !handedDown.test(name)));
}

/**
 * Runs npm to its end. Under `npm run` it is the same npm, started through node, so that no shell is needed on Windows.
 * @param {string[]} args
 * @param {string} cwd
 * @returns {{ ok: boolean, text: string }} text: what npm wrote, both streams
 */
export function runNpm(args, cwd) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith(".js") ? [process.execPath, [cli]] : ["npm", []];
  const result = spawnSync(command, [...first, ...args], {
    cwd,
    env: npmEnvironment(),
    encoding: "utf8",
    shell: command === "npm" && process.platform === "win32",
  });
  const text = [result.error?.message, result.stdout, result.stderr].filter(Boolean).join("\n").trim();
  return { ok: result.status === 0, text };
}
