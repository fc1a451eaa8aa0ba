/**
 * OpenAI's library on a ChatGPT plan, without a server.
 * @module
 */
export { createOpenAI, type CreateOpenAIOptions, type PlanportOpenAI } from "./client.ts";
export { type PlanportFetch, planportFetch, type PlanportFetchOptions } from "./fetch.ts";
