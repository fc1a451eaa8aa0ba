/**
 * Looks whether a configuration file has changed.
 * @module
 */
import { unwatchFile, watchFile } from "node:fs";

/** How often it is looked, in milliseconds. By path and not by what the system notices: editors put a new file in place. */
const INTERVAL_MS = 250;
/** How long a file must stay as it is before it is read: an editor may write it in pieces. */
const QUIET_MS = 100;

/**
 * Calls `onChange` whenever the file has changed and come to rest. Does not keep the process alive.
 * @returns Ends the watching.
 */
export function watchConfigFile(path: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const notice = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS).unref();
  };
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, notice);
  return () => {
    clearTimeout(timer);
    unwatchFile(path, notice);
  };
}
