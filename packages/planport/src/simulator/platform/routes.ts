/**
 * OpenAI's plain API (`api.openai.com/v1`), for API keys: models, responses and images.
 * @module
 */
import type { JsonObject, ModelInfo } from "../../protocol/index.ts";
import { bearerOf, type Exchange, type Handler, type Route } from "../http/exchange.ts";
import { sendJson } from "../http/reply.ts";
import type { World } from "../world.ts";
import { platformImages } from "./images.ts";
import { keyRefusal, pathRefusal } from "./refusals.ts";
import { handlePlatformResponses, sendRefusal } from "./responses.ts";

/** 2025-01-01: the models here have no birthday of their own, and clients sort by this. */
const CREATED_SECONDS = 1_735_689_600;

/** True for paths of OpenAI's plain API. */
export function isPlatformPath(path: string): boolean {
  return path === "/v1" || path.startsWith("/v1/");
}

/** All routes of the plain API, one for each model among them. */
export function platformRoutes({ catalogue }: World): readonly Route[] {
  return [
    { method: "POST", path: "/v1/responses", target: "responses", handle: withKey(handlePlatformResponses) },
    {
      method: "POST",
      path: "/v1/images/generations",
      target: "images",
      handle: withKey(platformImages("generations")),
    },
    { method: "POST", path: "/v1/images/edits", target: "images", handle: withKey(platformImages("edits")) },
    { method: "GET", path: "/v1/models", target: "models", handle: withKey(handleModels) },
    ...catalogue.models.map((model): Route => ({
      method: "GET",
      path: `/v1/models/${model.slug}`,
      target: "models",
      handle: withKey(({ res }) => sendJson(res, 200, toEntry(model))),
    })),
  ];
}

/** Answers a path or method that there is not. */
export function refusePlatformPath({ world, req, res, url }: Exchange, isPath: boolean): void {
  const refusal = refuseKey(world, bearerOf(req)) ?? pathRefusal(req.method ?? "", url.pathname, isPath);
  sendRefusal(res, refusal);
}

function withKey(handle: Handler): Handler {
  return (exchange) => {
    const { world, req, res } = exchange;
    res.setHeader("openai-version", "2020-10-01");
    const refusal = refuseKey(world, bearerOf(req));
    return refusal === null ? handle(exchange) : sendRefusal(res, refusal);
  };
}

/** A plan's token is no key here, however live it is. */
function refuseKey(world: World, key: string | null): ReturnType<typeof keyRefusal> | null {
  return key !== null && world.apiKeys.isLive(key) ? null : keyRefusal(key);
}

function handleModels({ world, res }: Exchange): void {
  sendJson(res, 200, { object: "list", data: world.catalogue.models.map(toEntry) });
}

function toEntry({ slug }: ModelInfo): JsonObject {
  return { id: slug, object: "model", created: CREATED_SECONDS, owned_by: "openai" };
}
