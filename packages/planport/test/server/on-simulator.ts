/** The real client on the simulator, with a token that can be renewed. */
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { type CodexClient, createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";

export interface ClientOnSimulator {
  readonly client: CodexClient;
  /** How often another bearer was asked for. */
  readonly recoveries: () => number;
}

/** A client with a plan's sign-in, or with an API key. */
export async function clientOf(
  simulator: Simulator,
  kind: "chatgpt" | "apiKey" = "chatgpt",
): Promise<ClientOnSimulator> {
  const isKey = kind === "apiKey";
  const issue = (): Grant => ({
    kind,
    bearer: new Secret(isKey ? simulator.issueApiKey() : simulator.issueTokens().accessToken),
    accountId: isKey ? null : simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  });
  let grant = issue();
  let recoveries = 0;
  const client = createCodexClient({
    tokens: {
      get: async () => grant,
      recover: async (rejected) => {
        recoveries += 1;
        if (rejected.bearer === grant.bearer) grant = issue();
        return isKey ? null : grant;
      },
    },
    http: createHttpClient({ env: {} }),
    endpoints: resolveEndpoints(
      isKey
        ? { route: "platform", baseUrl: simulator.platformBaseUrl }
        : { baseUrl: simulator.codexBaseUrl, chatgptBaseUrl: simulator.chatgptBaseUrl },
    ),
    sleep: () => Promise.resolve(),
  });
  return { client, recoveries: () => recoveries };
}
