/**
 * OpenAI's library, ready to use.
 * @module
 */
import type { ClientOptions, OpenAI } from "openai";
import { ConfigError } from "../../errors.ts";
import { type PlanportFetch, type PlanportFetchOptions, planportFetch } from "./fetch.ts";

/** Options of {@link createOpenAI}. All may be left out. */
export interface CreateOpenAIOptions extends PlanportFetchOptions {
  /** The library's own options, but for those that say whom it speaks to. */
  readonly client?: Omit<ClientOptions, "apiKey" | "baseURL" | "fetch"> | undefined;
}

/** OpenAI's client, on planport. */
export type PlanportOpenAI = OpenAI & {
  /** What answers its calls; `planport.close()` when nothing more is to be asked. */
  readonly planport: PlanportFetch;
};

/** It is never sent anywhere; the library insists on one. */
const UNUSED_KEY = "unused";
/** The name is never looked up. */
const BASE_URL = "http://planport/v1";

/**
 * Makes a client of OpenAI's library that is answered by planport, in process. The package `openai` (6 or 7) is loaded now,
 * and the sign-in is looked for at its first call.
 *
 * @example
 * ```ts
 * import { createOpenAI } from "planport/openai";
 *
 * const openai = await createOpenAI();
 * const response = await openai.responses.create({ model: "gpt-5.5", input: "Why is the sky blue?" });
 * console.log(response.output_text);
 * await openai.planport.close();
 * ```
 * @throws {ConfigError} `config_invalid` when the package is not installed.
 */
export async function createOpenAI(options: CreateOpenAIOptions = {}): Promise<PlanportOpenAI> {
  const { client, ...own } = options;
  const { OpenAI: Client } = await loadLibrary();
  const planport = planportFetch(own);
  // The environment's organization and project belong to a key that is not used here.
  const openai = new Client({
    organization: null,
    project: null,
    ...client,
    apiKey: UNUSED_KEY,
    baseURL: BASE_URL,
    fetch: planport,
  });
  return Object.assign(openai, { planport });
}

async function loadLibrary(): Promise<{ readonly OpenAI: typeof OpenAI }> {
  try {
    return await import("openai");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new ConfigError("config_invalid", "createOpenAI() needs the package openai: npm install openai", {
      cause: error,
    });
  }
}
