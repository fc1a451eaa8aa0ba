/**
 * pi's `ModelRegistry`: the models that are built in, and those of `models.json`.
 * @module
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { codeOf } from "../../store/atomic-write.ts";
import type { AuthStorage } from "./auth-storage.ts";
import { resolvePiValue } from "./config-value.ts";
import { builtInModels, PLAIN_MODEL, type PiModel } from "./model.ts";
import { applyFields, type ModelDefinition, parseModelsFile, type ProviderDefinition } from "./models-json.ts";

/** What a request to a model takes. */
export interface PiModelAuth {
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The models of a ChatGPT plan, with those that `models.json` in pi's folder adds or changes.
 *
 * @example
 * ```ts
 * import { AuthStorage, ModelRegistry } from "planport";
 *
 * const modelRegistry = new ModelRegistry(new AuthStorage());
 * const model = modelRegistry.find("openai-codex", "gpt-5.5");
 * ```
 */
export class ModelRegistry {
  /** Where keys come from. */
  readonly authStorage: AuthStorage;
  readonly #file: string;
  #models: readonly PiModel[] = [];
  #providers: ReadonlyMap<string, ProviderDefinition> = new Map();
  #fault: string | undefined;

  /** @param file Default `models.json` in pi's folder. What cannot be used of it is left out, and told by `getError()`. */
  constructor(authStorage: AuthStorage, file?: string) {
    this.authStorage = authStorage;
    this.#file = file ?? path.join(authStorage.agentDir, "models.json");
    authStorage.setFallbackResolver((provider) => this.#providers.get(provider)?.settings.apiKey);
    this.refresh();
  }

  /** Reads `models.json` again. */
  refresh(): void {
    const { providers, faults } = parseModelsFile(this.#readText());
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    const all = [...faults];
    let models = builtInModels().map((model) => withProvider(model, this.#providers.get(model.provider)));
    for (const provider of providers) models = addCustom(models, provider, all);
    this.#models = models.map((model) => {
      const override = this.#providers.get(model.provider)?.overrides.get(model.id);
      return override === undefined ? model : applyFields(model, override);
    });
    this.#fault = all.length === 0 ? undefined : `Invalid models.json: ${all.join("; ")}. File: ${this.#file}`;
  }

  /** What is wrong with `models.json`; undefined when nothing is. */
  getError(): string | undefined {
    return this.#fault;
  }

  /** All models. */
  getAll(): PiModel[] {
    return [...this.#models];
  }

  /** The models for whose provider there is a key or a login. Asks no server. */
  getAvailable(): PiModel[] {
    return this.#models.filter((model) => this.authStorage.hasAuth(model.provider));
  }

  /** A model by provider and id. */
  find(provider: string, id: string): PiModel | undefined {
    return this.#models.find((model) => model.provider === provider && model.id === id);
  }

  /** The key for a model, as {@link AuthStorage.getApiKey}. */
  getApiKey(model: Pick<PiModel, "provider">): Promise<string | undefined> {
    return this.authStorage.getApiKey(model.provider);
  }

  /** The key for a provider, as {@link AuthStorage.getApiKey}. */
  getApiKeyForProvider(provider: string): Promise<string | undefined> {
    return this.authStorage.getApiKey(provider);
  }

  /** The key for a model and the headers that `models.json` sets for it, with what variables and commands in them give. */
  async getApiKeyAndHeaders(model: PiModel): Promise<PiModelAuth> {
    const apiKey = await this.getApiKey(model);
    const headers: Record<string, string> = {};
    for (const [name, text] of Object.entries(model.headers ?? {})) {
      const value = await resolvePiValue(text, this.authStorage.env);
      if (value !== undefined) headers[name] = value;
    }
    if (apiKey !== undefined && this.#providers.get(model.provider)?.settings.authHeader === true)
      headers["Authorization"] = `Bearer ${apiKey}`;
    return { apiKey, headers };
  }

  /** True when a model is used by way of a login, not a key. */
  isUsingOAuth(model: Pick<PiModel, "provider">): boolean {
    return this.authStorage.get(model.provider)?.type === "oauth";
  }

  #readText(): string {
    try {
      return readFileSync(this.#file, "utf8");
    } catch (error) {
      const code = codeOf(error);
      return code === "ENOENT" || code === "ENOTDIR" ? '{"providers":{}}' : "";
    }
  }
}

function withProvider(model: PiModel, provider: ProviderDefinition | undefined): PiModel {
  if (provider === undefined) return model;
  const { baseUrl, headers, compat } = provider.settings;
  return {
    ...model,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(headers !== undefined && { headers: { ...model.headers, ...headers } }),
    ...(compat !== undefined && { compat: { ...model.compat, ...compat } }),
  };
}

/** A model of one's own takes the place of one with its id. */
function addCustom(models: readonly PiModel[], provider: ProviderDefinition, faults: string[]): PiModel[] {
  const result = [...models];
  for (const definition of provider.models) {
    const model = customModel(definition, provider, models, faults);
    if (model === null) continue;
    const at = result.findIndex((other) => other.provider === model.provider && other.id === model.id);
    if (at < 0) result.push(model);
    else result[at] = model;
  }
  return result;
}

function customModel(
  definition: ModelDefinition,
  provider: ProviderDefinition,
  models: readonly PiModel[],
  faults: string[],
): PiModel | null {
  // What the file leaves out is as in the provider's other models.
  const sibling = models.find((model) => model.provider === provider.name);
  const base = {
    ...PLAIN_MODEL,
    id: definition.id,
    name: definition.id,
    api: provider.settings.api ?? sibling?.api ?? "",
    provider: provider.name,
    baseUrl: provider.settings.baseUrl ?? sibling?.baseUrl ?? "",
  };
  const model = applyFields(withProvider(base, provider), definition.fields);
  const missing = (["api", "baseUrl"] as const).filter((key) => model[key] === "");
  if (missing.length === 0) return model;
  faults.push(
    `\`${definition.at}\` needs ${missing.map((key) => `\`${key}\``).join(" and ")}, there or at its provider`,
  );
  return null;
}
