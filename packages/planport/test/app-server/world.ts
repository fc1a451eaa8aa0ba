/** A server on a simulator, and what its clients do most. */
import type { Simulator } from "../../src/simulator/index.ts";
import { start } from "../simulator/helpers.ts";
import { openServer, type TestClient, type TestServer, type TestServerOptions } from "./kit.ts";

/** A server that speaks to a simulator, and a client that has come in. */
export async function world(
  options: TestServerOptions & { readonly simulator?: Parameters<typeof start>[0] } = {},
): Promise<{ simulator: Simulator; server: TestServer; client: TestClient }> {
  const simulator = await start(options.simulator ?? { autoApprove: true, anyRedirectPort: true });
  const server = await openServer({
    ...options,
    config: `${options.config ?? ""}\n${simulator.codexConfig}`,
    env: {
      CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
      CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/revoke`,
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
      ...options.env,
    },
  });
  return { simulator, server, client: await server.client() };
}

/** Fresh tokens of an account, as a client pushes them. */
export function tokensOf(simulator: Simulator, accountId = simulator.accounts.default.id): Record<string, string> {
  const { accessToken } = simulator.issueTokens({ accountId });
  return { accessToken, chatgptAccountId: accountId };
}

/** The params that push tokens. */
export const login = (tokens: object): object => ({ type: "chatgptAuthTokens", ...tokens });

/** Pushes tokens, and waits until the server says who is signed in. */
export async function push(client: TestClient, tokens: object): Promise<void> {
  const before = client.log.filter(({ method }) => method === "account/updated").length;
  await client.ask("account/login/start", login(tokens));
  await client.told("account/updated", before + 1);
}
