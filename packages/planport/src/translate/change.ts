/**
 * What a translation could not carry over as it was, told to the client instead of hidden from it.
 * @module
 */

/**
 * `dropped`: not sent; `mapped`: sent under another name or value; `emulated`: done on this side; `default`: not sent, since
 * it asks for nothing beyond what happens anyway.
 */
export type ChangeAction = "dropped" | "mapped" | "emulated" | "default";

/** One thing that a translation left out or altered. */
export interface Change {
  /** Path in the client's request, such as `temperature` or `messages[2].content[0].cache_control`. */
  readonly path: string;
  readonly action: ChangeAction;
  /** One sentence for a person. */
  readonly note: string;
}

/**
 * What a translation named anew, so that changes made after it can be told in the client's words. An empty name: the client
 * asked for no such thing, so nothing of it is to be told.
 */
export type Renames = ReadonlyMap<string, string>;

/** Changes in the words of the client whose request was translated: each path by the longest name in front of it. */
export function inClientWords(changes: readonly Change[], renames: Renames | undefined): readonly Change[] {
  if (renames === undefined || renames.size === 0) return changes;
  return changes.flatMap((change) => {
    const path = clientPath(change.path, renames);
    if (path === change.path) return [change];
    return path === "" ? [] : [{ ...change, path }];
  });
}

function clientPath(path: string, renames: Renames): string {
  for (let end = path.length; end > 0; end = Math.max(path.lastIndexOf(".", end - 1), path.lastIndexOf("[", end - 1))) {
    const name = renames.get(path.slice(0, end));
    if (name !== undefined) return name + path.slice(end);
  }
  return path;
}
