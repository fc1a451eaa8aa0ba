/**
 * What all parts of one simulator share.
 * @module
 */
import type { Accounts } from "./accounts.ts";
import type { Catalogue } from "./backend/catalogue.ts";
import type { PromptCache } from "./backend/prompt-cache.ts";
import type { Seal } from "./backend/seal.ts";
import type { AuthorizeDesk } from "./oauth/authorize.ts";
import type { ClientList } from "./oauth/clients.ts";
import type { DeviceDesk } from "./oauth/device.ts";
import type { JwtSigner } from "./oauth/jwt.ts";
import type { TokenDesk } from "./oauth/tokens.ts";
import type { ApiKeyDesk } from "./platform/api-keys.ts";
import type { ResponseMemory } from "./platform/memory.ts";
import type { Random } from "./random.ts";
import type { ScriptQueue } from "./script/script.ts";
import type { RecordedRequest, SimulatorOptions } from "./types.ts";

/** Counts that are no concern of one part alone. */
export interface WorldCounters {
  completedResponses: number;
  openResponses: number;
}

/** The shared state of one simulator. */
export interface World {
  readonly options: SimulatorOptions;
  readonly nowMs: () => number;
  readonly random: Random;
  readonly accounts: Accounts;
  readonly signer: JwtSigner;
  readonly clients: ClientList;
  readonly tokens: TokenDesk;
  readonly authorize: AuthorizeDesk;
  readonly devices: DeviceDesk;
  readonly apiKeys: ApiKeyDesk;
  /** What OpenAI's plain API keeps; the Codex backend keeps nothing. */
  readonly memory: ResponseMemory;
  readonly catalogue: Catalogue;
  readonly promptCache: PromptCache;
  readonly seal: Seal;
  readonly script: ScriptQueue;
  readonly requests: RecordedRequest[];
  readonly counters: WorldCounters;
  /** Aborted when the simulator closes. */
  readonly closing: AbortSignal;
  /** Set once the port is known. */
  origin: string;
}

/** Keeps a call, and drops the oldest when there are too many. */
export function record(world: World, call: RecordedRequest): void {
  const { requests } = world;
  requests.push(call);
  if (requests.length > (world.options.maxRecordedRequests ?? 1000)) requests.shift();
}
