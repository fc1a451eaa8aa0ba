/**
 * planport as a provider of the AI SDK.
 * @module
 */
import type { Planport, PlanportOptions } from "../../planport.ts";
import type { CodexClient } from "../../upstream/types.ts";
import { openPlanport } from "../open-planport.ts";
import { noSuchModel } from "./api-call-error.ts";
import { createModel } from "./model.ts";
import { PROVIDER } from "./own-metadata.ts";
import { type PlanportTools, planportTools } from "./tools.ts";
import type { PlanportLanguageModel } from "./types.ts";

/** Options of {@link createPlanport}. All may be left out. */
export interface PlanportProviderOptions extends PlanportOptions {
  /**
   * A planport that is open already, in place of one that the first call opens. Whoever opened it closes it, and the options
   * about the sign-in and the backend are its own.
   */
  readonly planport?: Pick<Planport, "client"> | undefined;
}

/** A provider of the AI SDK (specification version 3: `ai` 6 and 7). */
export interface PlanportProvider {
  /** The model of a name. Names are looked up at the call. */
  (modelId: string): PlanportLanguageModel;
  readonly specificationVersion: "v3";
  /** As calling the provider. */
  languageModel(modelId: string): PlanportLanguageModel;
  /** @throws {RequestError} `not_supported`, which is the AI SDK's `NoSuchModelError` as well: a plan has none. */
  embeddingModel(modelId: string): never;
  /** @throws {RequestError} `not_supported`, which is the AI SDK's `NoSuchModelError` as well: pictures are made by a tool. */
  imageModel(modelId: string): never;
  /** The backend's own tools. */
  readonly tools: PlanportTools;
  /**
   * Waits for a refresh of the sign-in that is under way, and closes idle connections. Running answers go on. A later call
   * opens everything anew.
   */
  close(): Promise<void>;
}

/**
 * Makes a provider for the AI SDK whose models are those of the plan, in process: no server and no port. Nothing is loaded, read or
 * sent before the first call; the sign-in is found as the library finds it.
 *
 * @example
 * ```ts
 * import { generateText } from "ai";
 * import { createPlanport } from "planport/ai-sdk";
 *
 * const planport = createPlanport();
 * const { text } = await generateText({ model: planport("gpt-5.5"), prompt: "Why is the sky blue?" });
 * await planport.close();
 * ```
 */
export function createPlanport(options: PlanportProviderOptions = {}): PlanportProvider {
  let opened: Promise<Pick<Planport, "client"> & Partial<Planport>> | null = null;
  const open = async (): Promise<CodexClient> => {
    if (options.planport !== undefined) return options.planport.client;
    // A sign-in that is missing now may be there at the next call.
    opened ??= openPlanport(options).catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return (await opened).client;
  };
  const languageModel = (modelId: string): PlanportLanguageModel => createModel(modelId, PROVIDER, open);
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: "v3" as const,
    languageModel,
    embeddingModel(modelId: string): never {
      throw noSuchModel(modelId, "embeddingModel");
    },
    imageModel(modelId: string): never {
      throw noSuchModel(modelId, "imageModel");
    },
    tools: planportTools,
    async close(): Promise<void> {
      const closing = opened;
      opened = null;
      await (await closing?.catch(() => null))?.close?.();
    },
  });
}
