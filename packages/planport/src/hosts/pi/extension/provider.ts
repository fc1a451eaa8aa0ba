/**
 * A provider for pi, in the two forms that pi has had.
 * @module
 */
import type { Environment } from "../../../environment.ts";
import type { PiModelCost } from "../model.ts";
import { AnswerStream } from "./event-stream.ts";
import type {
  PiAssistantMessage,
  PiInteraction,
  PiKeyAuth,
  PiLegacyCallbacks,
  PiLegacyProvider,
  PiListedModel,
  PiNativeProvider,
  PiOAuth,
  PiRefreshModels,
  PiStored,
  PiStream,
} from "./host.ts";
import type { FoundKey, KeyPlaces } from "./keys.ts";
import { baseUrlOf, DEFAULT_BASE_URL, type ModelEntry, PI_API, PI_PROVIDER, withDocumented } from "./models.ts";

/** What a provider is made of. */
export interface ProviderSetup {
  readonly id: string;
  readonly name: string;
  /** What `/login` calls a key for it. */
  readonly keyName: string;
  readonly env: Environment;
  /** As they are shown. */
  readonly models: readonly ModelEntry[];
  /** True when the person chose the models: then no list takes their place. */
  readonly isPinned: boolean;
  /** Can a person sign in? */
  readonly hasLogin: boolean;
  readonly findKey: (places: KeyPlaces) => FoundKey | null;
  readonly costOf: (model: PiListedModel) => PiModelCost;
}

/** A key that says: there is one, but it is yours to find. A variable's name it is not, which early versions of pi would look up. */
const KEY_TO_BE_FOUND = "planport-finds-the-token";
/** How long the backend may take to list models when pi asks for a newer list. */
const LIST_LIMIT_MS = 5_000;

/** The form that pi has since 0.81. */
export function nativeProvider(setup: ProviderSetup): PiNativeProvider {
  const baseUrl = baseUrlOf(setup.env);
  const complete = (models: readonly ModelEntry[]): readonly PiListedModel[] =>
    models.map((model) => ({ ...model, provider: setup.id, api: PI_API, baseUrl }));
  let models = complete(setup.models);
  const stream = streamOf(setup);
  return {
    id: setup.id,
    name: setup.name,
    baseUrl,
    auth: { apiKey: keyAuth(setup), ...(setup.hasLogin && { oauth: oauth(setup) }) },
    getModels: () => models,
    refreshModels: async (context) => {
      const newer = await newerModels(setup, context);
      if (newer === null) return;
      await context.publish({
        persist: { models: complete(newer), checkedAt: Date.now() },
        update: () => {
          models = complete(withDocumented(newer, setup.id));
        },
      });
    },
    stream,
    streamSimple: stream,
  };
}

/** The form that pi had before. There each way to speak is set for all of pi, so that it has a name of its own. */
export function legacyProvider(setup: ProviderSetup): PiLegacyProvider {
  const { id, name, env, models } = setup;
  const key = setup.hasLogin && setup.findKey({ env }) === null ? null : KEY_TO_BE_FOUND;
  return {
    name,
    baseUrl: baseUrlOf(env),
    api: id === PI_PROVIDER ? PI_API : `${id}-responses`,
    ...(key !== null && { apiKey: key }),
    ...(setup.hasLogin && {
      oauth: {
        name,
        login: async (callbacks: PiLegacyCallbacks) => signIn(setup, interactionOf(callbacks)),
        refreshToken: async (credential: PiStored, signal?: AbortSignal) => renew(setup, credential, signal),
        getApiKey: (credential: PiStored) => credential.access ?? "",
      },
    }),
    models,
    streamSimple: streamOf(setup),
  };
}

function streamOf({ env, findKey, costOf }: ProviderSetup): PiStream {
  return (model, context, options = {}) => {
    const stream = new AnswerStream();
    const whole = options.env === undefined ? env : { ...env, ...options.env };
    const given = options.apiKey?.trim();
    const isGiven = given !== undefined && given !== "" && given !== KEY_TO_BE_FOUND;
    const key = isGiven ? given : (findKey({ env: whole })?.key ?? null);
    const withBase = model.baseUrl ? model : { ...model, baseUrl: DEFAULT_BASE_URL };
    import("./stream.ts")
      .then(({ answerInto }) => answerInto(stream, withBase, context, options, { env: whole, key, costOf }))
      // The package may have been replaced or removed under a running pi, which a rejection would end.
      .catch(() => stream.push({ type: "error", reason: "error", error: notLoaded(model) }));
    return stream;
  };
}

function notLoaded({ api, provider, id }: PiListedModel): PiAssistantMessage {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  return {
    role: "assistant",
    content: [],
    api,
    provider,
    model: id,
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, totalTokens: 0, cost },
    stopReason: "error",
    errorMessage:
      "planport's own files could not be loaded; start pi anew, and install pi-planport again if it stays so.",
    timestamp: Date.now(),
  };
}

function keyAuth({ keyName, env, findKey }: ProviderSetup): PiKeyAuth {
  return {
    name: keyName,
    login: async (interaction: PiInteraction) => ({
      type: "api_key",
      key: (await interaction.prompt({ type: "secret", message: `Paste the ${keyName}:` })).trim(),
    }),
    resolve: async ({ credential }) => {
      const stored = credential?.key?.trim();
      const own = credential?.env;
      const isStored = stored !== undefined && stored !== "";
      const found = isStored ? { key: stored, source: "stored token" } : findKey({ env: { ...env, ...own } });
      if (found === null) return undefined;
      return { auth: { apiKey: found.key }, source: found.source, ...(own !== undefined && { env: own }) };
    },
  };
}

function oauth(setup: ProviderSetup): PiOAuth {
  return {
    name: setup.name,
    isSubscription: true,
    loginLabel: "Sign in with your ChatGPT account",
    login: async (interaction) => signIn(setup, interaction),
    refresh: async (credential, signal) => renew(setup, credential, signal),
    toAuth: async ({ access = "", accountId }) => ({
      apiKey: access,
      ...(accountId !== undefined && { headers: { "chatgpt-account-id": accountId } }),
    }),
  };
}

async function signIn(setup: ProviderSetup, interaction: PiInteraction): Promise<PiStored> {
  const steps = await import("./sign-in.ts");
  return steps.signIn(interaction, setup);
}

async function renew(setup: ProviderSetup, credential: PiStored, signal?: AbortSignal): Promise<PiStored> {
  const steps = await import("./sign-in.ts");
  return steps.renewLogin(credential, setup, signal);
}

/** The older way to ask a person, as the newer one. Where nothing can be selected, the browser it is. */
function interactionOf(callbacks: PiLegacyCallbacks): PiInteraction {
  return {
    ...(callbacks.signal !== undefined && { signal: callbacks.signal }),
    prompt: async ({ type, message, options = [] }) => {
      if (type === "select" && callbacks.onSelect !== undefined)
        return (await callbacks.onSelect({ message, options })) ?? "";
      if (type === "select") return options[0]?.id ?? "";
      // Not by `onManualCodeInput`, which gives its one answer to every question, and none where pi shows no field for it.
      return callbacks.onPrompt({ message });
    },
    notify: (event) => {
      if (event.type === "auth_url") callbacks.onAuth(event);
      else if (event.type === "device_code") {
        if (callbacks.onDeviceCode !== undefined) callbacks.onDeviceCode(event);
        else callbacks.onAuth({ url: event.verificationUri, instructions: `Type this code there: ${event.userCode}` });
      } else callbacks.onProgress?.(event.message);
    },
  };
}

/** A list that is newer than what is shown: the backend's, where it may be asked, else the one that pi kept. */
async function newerModels(setup: ProviderSetup, context: PiRefreshModels): Promise<readonly ModelEntry[] | null> {
  if (setup.isPinned) return null;
  const { credential, allowNetwork, stored } = context;
  const env = { ...setup.env, ...credential?.env };
  const key = credential?.access ?? credential?.key ?? setup.findKey({ env })?.key;
  if (allowNetwork && key !== undefined && !key.startsWith("sk-")) {
    const { discoverModels } = await import("./discover.ts");
    const limit = AbortSignal.timeout(LIST_LIMIT_MS);
    const signal = context.signal === undefined ? limit : AbortSignal.any([context.signal, limit]);
    const live = await discoverModels(key, env, signal, credential?.accountId ?? null);
    if (live !== null) return live;
  }
  // What a token in the environment was just asked for is newer than what is kept of an earlier login.
  const isKept = credential !== undefined && (stored?.models.length ?? 0) > 0;
  return isKept ? (stored?.models ?? null) : null;
}
