/**
 * `GET /v1/models`: one answer that both OpenAI's SDKs (`data`) and Codex (`models`) can read.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import { asNumber, asString } from "../../protocol/json.ts";
import type { ModelInfo, OpenAIModel } from "../../protocol/models.ts";
import { findModelName } from "../../translate/model-names.ts";
import type { ModelList } from "../../upstream/types.ts";
import type { Exchange } from "../exchange.ts";
import { type GatewayContext, sendJson } from "./context.ts";

/** The whole catalogue. Models that the backend hides are usable, but not offered in `data`. */
export async function listModels(exchange: Exchange, context: GatewayContext): Promise<void> {
  const list = await fetchModels(exchange, context);
  const offered = list.models.filter((model) => model.visibility !== "hide").map(toOpenAIModel);
  const own = ownNames(list, context).flatMap((name) => toAlias(name, list, context) ?? []);
  sendJson(exchange, { object: "list", data: [...offered, ...own], models: list.models });
}

/** Names that a person gave. Those that are also a model's are in the list already. */
function ownNames({ models, aliases }: ModelList, context: GatewayContext): string[] {
  const names = new Set([...Object.keys(aliases ?? {}), ...Object.keys(context.profiles().aliases)]);
  return [...names].filter((name) => !models.some((model) => model.slug === name));
}

/** The list, and a word to client and log when it is not the account's own. */
async function fetchModels(exchange: Exchange, context: GatewayContext): Promise<ModelList> {
  const list = await context.client.models({ signal: exchange.signal });
  if (!list.live) {
    exchange.reply.headers["x-planport-models"] = "built-in";
    const { requestId } = exchange;
    context.logger.warn("http.models_built_in", { requestId, errorCode: list.error?.code, error: list.error });
  }
  return list;
}

/**
 * One model, hidden ones too, by any name that it may be used by.
 * @throws {UpstreamError} `model_not_found` with status 404, as OpenAI answers.
 */
export async function getModel(
  exchange: Exchange,
  context: GatewayContext,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const id = params["id"] ?? "";
  const list = await fetchModels(exchange, context);
  const found = list.models.find((candidate) => candidate.slug === id);
  const model = found === undefined ? toAlias(id, list, context) : toOpenAIModel(found);
  if (model === null)
    throw new UpstreamError(
      "model_not_found",
      `The model ${JSON.stringify(id.slice(0, 200))} is not in your ${context.client.route === "platform" ? "API key" : "plan"}'s catalogue; GET /v1/models lists what is.`,
      { status: 404 },
    );
  sendJson(exchange, model);
}

/** The model that a name stands for, under that name; `root` tells which it is. Null for a name that means none. */
function toAlias(name: string, list: ModelList, context: GatewayContext): OpenAIModel | null {
  const own = context.profiles().aliases;
  // What stands behind a `?` are options, and no part of a model's name.
  const aliases = Object.fromEntries(Object.entries(own).map(([from, to]) => [from, to.split("?", 1)[0] ?? to]));
  const model = findModelName(name, list, { aliases: { ...aliases, ...list.aliases } })?.model ?? null;
  return model === null ? null : { ...toOpenAIModel(model), id: name, root: model.slug };
}

/** `created` is 0 where the catalogue has no dates, as a plan's has none: an invented one would be believed. */
function toOpenAIModel(model: ModelInfo): OpenAIModel {
  return {
    id: model.slug,
    object: "model",
    created: asNumber(model["created"]) ?? 0,
    owned_by: asString(model["owned_by"]) ?? "openai",
  };
}
