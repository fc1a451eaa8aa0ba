/**
 * The client as one exchange uses it.
 * @module
 */
import type { Relay, RelayCall, RelayOptions } from "../upstream/index.ts";
import type { CodexClient, ImageOptions, ImagesApi } from "../upstream/types.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayContext } from "./routes/context.ts";

/** Names the account to use, in place of the usual one; in an answer, the account that was used. */
export const ACCOUNT_HEADER = "x-planport-account";

/**
 * A client whose answers, good or bad, say whom a call was for: by the name that the request gave, else by the account's id,
 * else by the kind of the credential. What is tried again is told to the log.
 */
export function watchedClient(exchange: Exchange, { client, logger }: GatewayContext): CodexClient {
  const { requestId, reply } = exchange;
  const onAccount = (account: string): void => {
    if (/^[\w.@:-]{1,200}$/.test(account)) reply.headers[ACCOUNT_HEADER] ??= account;
  };
  return {
    route: client.route,
    relay: client.relay && watchedRelay(client, client.relay, onAccount),
    images: client.images && watchedImages(client, client.images, onAccount),
    account: (options) => client.account(options),
    send: (request, options) =>
      client.send(request, {
        ...options,
        onAccount,
        onRetry: (error, delayMs) => {
          logger.info("http.retry", { requestId, errorCode: error.code, delayMs });
          options?.onRetry?.(error, delayMs);
        },
      }),
    async models(options) {
      onAccount(nameOf(await client.account(options)));
      return client.models(options);
    },
    async usage(options) {
      onAccount(nameOf(await client.account(options)));
      return client.usage(options);
    },
    close: () => client.close(),
  };
}

function watchedImages(client: CodexClient, images: ImagesApi, onAccount: (account: string) => void): ImagesApi {
  const tell = async (options: ImageOptions | undefined): Promise<void> =>
    onAccount(nameOf(await client.account(options)));
  return {
    async make(kind, body, options) {
      await tell(options);
      return images.make(kind, body, options);
    },
    async pass(kind, call, options) {
      await tell(options);
      return images.pass(kind, call, options);
    },
  };
}

/** Of what is passed on with the caller's own credential nobody here knows whose it is. */
function watchedRelay(client: CodexClient, relay: Relay, onAccount: (account: string) => void): Relay {
  const tell = async (call: RelayCall, options: RelayOptions | undefined): Promise<void> => {
    if (call.credential === "own") onAccount(nameOf(await client.account(options)));
  };
  return {
    async send(call, options) {
      await tell(call, options);
      return relay.send(call, options);
    },
    async connect(call, options) {
      await tell(call, options);
      return relay.connect(call, options);
    },
  };
}

/** An account's key begins with its kind where it has no id, and goes on with what only tells keys apart. */
function nameOf(key: string): string {
  return key.split(":", 1)[0] ?? key;
}
