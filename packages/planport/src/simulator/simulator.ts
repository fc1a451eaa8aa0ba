/**
 * Puts the parts of a simulator together and starts it.
 * @module
 */
import type { AddressInfo } from "node:net";
import { ConfigError, RequestError } from "../errors.ts";
import type { JsonObject } from "../protocol/index.ts";
import { createAccounts } from "./accounts.ts";
import { createCatalogue } from "./backend/catalogue.ts";
import { createPromptCache } from "./backend/prompt-cache.ts";
import { backendRoutes } from "./backend/routes.ts";
import { createSeal } from "./backend/seal.ts";
import { controlRoutes } from "./control.ts";
import { createSimulatorServer, type SimulatorServer } from "./http/server.ts";
import { createAuthorizeDesk } from "./oauth/authorize.ts";
import { createClientList } from "./oauth/clients.ts";
import { createDeviceDesk } from "./oauth/device.ts";
import { createJwtSigner } from "./oauth/jwt.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { createTokenDesk } from "./oauth/tokens.ts";
import { createApiKeyDesk } from "./platform/api-keys.ts";
import { createResponseMemory } from "./platform/memory.ts";
import { platformRoutes } from "./platform/routes.ts";
import { createRandom } from "./random.ts";
import { createScript } from "./script/script.ts";
import type { Simulator, SimulatorOptions } from "./types.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3_600_000;

/**
 * Starts a stand-in for OpenAI's sign-in server, the Codex backend and OpenAI's plain API, all on one port.
 * @throws {ConfigError} `port_in_use` or `listen_refused`.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const closing = new AbortController();
  const world = await createWorld(options, closing.signal);
  let simulator: Simulator | undefined;
  const control = controlRoutes(() => {
    if (simulator === undefined) throw new ConfigError("internal", "The simulator has not started yet.");
    return simulator;
  });
  const server = createSimulatorServer(world, [...oauthRoutes, ...backendRoutes, ...platformRoutes(world), ...control]);
  world.origin = await listen(server, options.host ?? "127.0.0.1", options.port ?? 0);
  simulator = createHandle(world, server, closing);
  return simulator;
}

async function createWorld(options: SimulatorOptions, closing: AbortSignal): Promise<World> {
  const nowMs = options.clock ?? Date.now;
  const random = createRandom(options.seed);
  const accounts = createAccounts(random, options.backendOrigin ?? "https://chatgpt.com");
  const clients = createClientList(options);
  const authorize = createAuthorizeDesk(random, nowMs, clients);
  const signer = await createJwtSigner();
  const world: World = {
    options,
    nowMs,
    random,
    accounts,
    signer,
    clients,
    authorize,
    tokens: createTokenDesk({
      accounts,
      signer,
      random,
      nowMs,
      issuer: () => world.origin,
      accessTokenTtlMs: options.accessTokenTtlMs ?? HOUR_MS,
      reuseEndsFamily: options.refreshTokenReuse !== "refused",
    }),
    devices: createDeviceDesk({
      random,
      authorize,
      nowMs,
      approveAtPoll: options.autoApproveDeviceAfterPolls ?? (options.autoApprove === true ? 1 : null),
      defaultAccountId: () => accounts.default.id,
    }),
    apiKeys: createApiKeyDesk(random),
    memory: createResponseMemory(),
    catalogue: createCatalogue(options.models),
    promptCache: createPromptCache(),
    seal: createSeal(random.bytes(32)),
    script: createScript(),
    requests: [],
    counters: { completedResponses: 0, openResponses: 0 },
    closing,
    origin: "",
  };
  return world;
}

function listen(server: SimulatorServer, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.http.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      const text = inUse
        ? `Port ${port} is in use; choose another one for the simulator.`
        : `The simulator cannot listen on ${host}:${port} (${error.code ?? "unknown"}).`;
      reject(new ConfigError(inUse ? "port_in_use" : "listen_refused", text, { cause: error }));
    });
    server.http.listen(port, host, () => {
      const address = server.http.address() as AddressInfo;
      const everywhere = address.address === "0.0.0.0" || address.address === "::";
      const name = everywhere ? "127.0.0.1" : address.family === "IPv6" ? `[${address.address}]` : address.address;
      resolve(`http://${name}:${address.port}`);
    });
  });
}

function createHandle(world: World, server: SimulatorServer, closing: AbortController): Simulator {
  const { origin, accounts, tokens, script, counters } = world;
  let closed: Promise<void> | undefined;
  return {
    origin,
    issuer: origin,
    authApiBaseUrl: `${origin}/api/accounts`,
    chatgptBaseUrl: `${origin}/backend-api`,
    codexBaseUrl: `${origin}/backend-api/codex`,
    platformBaseUrl: `${origin}/v1`,
    codexConfig: codexConfig(origin),
    accounts,
    script,
    requests: world.requests,
    issueTokens: (options = {}) => tokens.issue(options),
    issuePersonalAccessToken: (options = {}) => tokens.issuePersonal(options.accountId),
    issueApiKey: () => world.apiKeys.issue(),
    revokeApiKey: (key) => world.apiKeys.revoke(key),
    expireAccessTokens: () => tokens.expireAccessTokens(),
    expireRefreshTokens: () => tokens.expireRefreshTokens(),
    approveDevice(userCode, accountId) {
      if (!world.devices.approve(userCode, accounts.get(accountId ?? accounts.default.id).id)) throw unknownCode();
    },
    denyDevice(userCode) {
      if (!world.devices.deny(userCode)) throw unknownCode();
    },
    get refreshes() {
      return tokens.counters.refreshes;
    },
    get reusedRefreshTokens() {
      return tokens.counters.reusedRefreshTokens;
    },
    get revoked() {
      return tokens.counters.revoked;
    },
    get completedResponses() {
      return counters.completedResponses;
    },
    get openResponses() {
      return counters.openResponses;
    },
    state: () => stateOf(world),
    reset() {
      world.requests.length = 0;
      script.clear();
      counters.completedResponses = 0;
      Object.assign(tokens.counters, { refreshes: 0, reusedRefreshTokens: 0, revoked: 0 });
    },
    close: () => (closed ??= close(server, closing)),
  };
}

function codexConfig(origin: string): string {
  const lines = [
    `chatgpt_base_url = "${origin.replace("127.0.0.1", "localhost")}/backend-api"`,
    `openai_base_url = "${origin}/backend-api/codex"`,
    `cli_auth_credentials_store = "file"`,
  ];
  return `${lines.join("\n")}\n`;
}

function unknownCode(): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", "No device waits with that code, or it is too old.", {
    cause: { param: "userCode" },
  });
}

function stateOf(world: World): JsonObject {
  return {
    origin: world.origin,
    accounts: world.accounts.all.map(({ id, email, planType, fedramp, usage }) => ({
      id,
      email,
      planType,
      fedramp,
      usage,
    })),
    models: world.catalogue.models.map((model) => model.slug),
    waitingDevices: world.devices.waiting,
    scriptPending: world.script.pending,
    recordedRequests: world.requests.length,
    ...world.tokens.counters,
    ...world.counters,
  };
}

async function close(server: SimulatorServer, closing: AbortController): Promise<void> {
  closing.abort(new Error("The simulator closes."));
  for (const ws of server.websockets.clients) ws.terminate();
  server.websockets.close();
  await new Promise<void>((resolve) => {
    server.http.close(() => resolve());
    server.http.closeAllConnections();
  });
}
