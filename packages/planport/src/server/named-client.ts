/**
 * A client whose tools may have names of any length.
 * @module
 */
import { fitNames } from "../translate/response-names.ts";
import type { CodexClient } from "../upstream/types.ts";

/** A client, and what became of names in what it sent. */
export interface NamedClient {
  readonly client: CodexClient;
  /** Name sent to name of the request, for those that were shortened. Grows with what is sent. */
  readonly originals: ReadonlyMap<string, string>;
}

/** Makes one. What it sends has names that the backend takes; its answers have those too. */
export function namedClient(client: CodexClient): NamedClient {
  const originals = new Map<string, string>();
  return {
    originals,
    client: {
      route: client.route,
      relay: client.relay,
      images: client.images,
      account: (options) => client.account(options),
      async send(asked, options) {
        const { request, changes, originals: names } = fitNames(asked);
        for (const [short, original] of names) originals.set(short, original);
        const response = await client.send(request, options);
        return changes.length === 0 ? response : { ...response, changes: [...changes, ...response.changes] };
      },
      models: (options) => client.models(options),
      usage: (options) => client.usage(options),
      close: () => client.close(),
    },
  };
}
