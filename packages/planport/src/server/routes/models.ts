/**
 * `GET /v1/models`: one answer that both OpenAI's SDKs (`data`) and Codex (`models`) can read.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import { asNumber, asString } from "../../protocol/json.ts";
import type { ModelInfo, OpenAIModel } from "../../protocol/models.ts";
import type { ModelList } from "../../upstream/types.ts";
import type { Exchange } from "../exchange.ts";
import { type GatewayContext, sendJson } from "./context.ts";

/** The whole catalogue. Models that the backend hides are usable, but not offered in `data`. */
export async function listModels(exchange: Exchange, context: GatewayContext): Promise<void> {
  const { models } = await fetchModels(exchange, context);
  const offered = models.filter((model) => model.visibility !== "hide");
  sendJson(exchange, { object: "list", data: offered.map(toOpenAIModel), models });
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
 * One model, hidden ones too.
 * @throws {UpstreamError} `model_not_found` with status 404, as OpenAI answers.
 */
export async function getModel(
  exchange: Exchange,
  context: GatewayContext,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const id = params["id"] ?? "";
  const { models } = await fetchModels(exchange, context);
  const model = models.find((candidate) => candidate.slug === id);
  if (model === undefined)
    throw new UpstreamError(
      "model_not_found",
      `The model ${JSON.stringify(id.slice(0, 200))} is not in your ${context.client.route === "platform" ? "API key" : "plan"}'s catalogue; GET /v1/models lists what is.`,
      { status: 404 },
    );
  sendJson(exchange, toOpenAIModel(model));
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
