/**
 * planport for pi: providers on a ChatGPT plan.
 * @module
 */
import { type Environment, readVariable } from "../../../environment.ts";
import type { PiModelCost } from "../model.ts";
import { type PiHost, type PiListedModel, type PiModelLookup, takesNativeProviders } from "./host.ts";
import { findAccessToken, findPlanToken, takeEnvironment } from "./keys.ts";
import {
  builtInEntries,
  fallbackModels,
  type ModelEntry,
  PI_PROVIDER,
  pinnedModels,
  withDocumented,
} from "./models.ts";
import { legacyProvider, nativeProvider, type ProviderSetup } from "./provider.ts";

export type { PiHost } from "./host.ts";

/** Options of {@link planportExtension}. */
export interface PiExtensionOptions {
  /** Default: that of the process. */
  readonly env?: Environment | undefined;
  /** How long pi's start may wait for the account's list of models, in milliseconds. Default 2 s. */
  readonly discoveryLimitMs?: number | undefined;
}

const DISCOVERY_LIMIT_MS = 2_000;
const TOKEN_PROVIDER = "codex-token";
const LOGIN_PROVIDER = "planport";
/** Where pi has the same models with a price. */
const PRICED = ["openai-codex", "openai", "azure-openai-responses"];

/**
 * The extension: registers `codex-token`, for access tokens, and `planport` (or what `PLANPORT_PI_PROVIDER_ID` says), for
 * sign-ins and tokens alike. It works in pi 0.58 to 1.5, imports nothing of pi's, and never throws: a pi whose extension does
 * so does not start.
 *
 * @example
 * ```ts
 * import { planportExtension } from "planport/pi";
 *
 * export default planportExtension; // a file in pi's folder `extensions`
 * ```
 */
export async function planportExtension(pi: PiHost, options: PiExtensionOptions = {}): Promise<void> {
  try {
    await register(pi, options);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error.message : "The extension could not start.", "planport");
  }
}

async function register(pi: PiHost, options: PiExtensionOptions): Promise<void> {
  const env = options.env ?? takeEnvironment();
  const prices = watchPrices(pi);
  const pinned = pinnedModels(env);
  const live = pinned === null ? await listInTime(env, options) : null;
  const shared = { env, isPinned: pinned !== null, costOf: prices };
  const id = loginProviderId(env);
  const setups: readonly ProviderSetup[] = [
    {
      ...shared,
      id: TOKEN_PROVIDER,
      name: "Codex access token",
      keyName: "Codex access token (at-…)",
      models: pinned ?? live ?? fallbackModels(),
      hasLogin: false,
      findKey: findAccessToken,
    },
    {
      ...shared,
      id,
      name: id === PI_PROVIDER ? "ChatGPT Plus/Pro (Codex Subscription)" : "ChatGPT plan (planport)",
      keyName: "Codex access token (at-…)",
      models: pinned ?? withDocumented(live ?? builtInEntries(), id),
      hasLogin: true,
      findKey: findPlanToken,
    },
  ];
  const isNative = takesNativeProviders(pi);
  for (const setup of setups) {
    if (isNative) pi.registerProvider(nativeProvider(setup));
    else pi.registerProvider(setup.id, legacyProvider(setup));
  }
}

/** The account's models, where the environment has a token to ask with and the answer comes in time. */
async function listInTime(
  env: Environment,
  { discoveryLimitMs = DISCOVERY_LIMIT_MS }: PiExtensionOptions,
): Promise<readonly ModelEntry[] | null> {
  const found = findPlanToken({ env });
  if (found === null || found.key.startsWith("sk-")) return null;
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      over.abort();
      resolve(null);
    }, discoveryLimitMs);
  });
  const listed = import("./discover.ts").then(({ discoverModels }) => discoverModels(found.key, env, over.signal));
  try {
    return await Promise.race([listed, late]);
  } finally {
    clearTimeout(timer);
  }
}

function loginProviderId(env: Environment): string {
  const id = readVariable(env, "PLANPORT_PI_PROVIDER_ID") ?? LOGIN_PROVIDER;
  if (/^[a-z0-9][a-z0-9-]*$/.test(id) && id !== TOKEN_PROVIDER) return id;
  process.emitWarning(
    `PLANPORT_PI_PROVIDER_ID must be small letters, digits and dashes, and not ${TOKEN_PROVIDER}; ${LOGIN_PROVIDER} it is.`,
    "planport",
  );
  return LOGIN_PROVIDER;
}

/** What a model costs: what its settings say, else what pi says of the same model of its own, else nothing. */
function watchPrices(pi: PiHost): (model: PiListedModel) => PiModelCost {
  let lookup: PiModelLookup | undefined;
  pi.on?.("session_start", (_event, context) => {
    lookup = context.modelRegistry;
  });
  return (model) => {
    if (model.cost.input > 0 || model.cost.output > 0) return model.cost;
    try {
      const others = PRICED.filter((provider) => provider !== model.provider);
      const costs = others.flatMap((provider) => lookup?.find(provider, model.id)?.cost ?? []);
      return costs[0] ?? model.cost;
    } catch {
      return model.cost; // A lookup of a session that is over: no answer fails for want of a price.
    }
  };
}
