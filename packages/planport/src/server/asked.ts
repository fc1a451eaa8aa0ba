/**
 * What a client asks for, taken apart: the request itself, and how it is to be shaped.
 * @module
 */
import { RequestError } from "../errors.ts";
import { type Capabilities, DEFAULT_CAPABILITIES, type Protocol } from "../protocol/capabilities.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import { type Change } from "../translate/index.ts";
import { type PairingMode, pairingOf } from "../translate/pair-calls.ts";
import { type RequestEnvironment, withEnvironment } from "../translate/shaping/environment.ts";
import { takeExtras } from "../translate/shaping/extras.ts";
import { type ModelName, parseModelName, withModelOptions } from "../translate/shaping/model-name.ts";
import type { CodexClient, CodexResponse, SendOptions } from "../upstream/types.ts";
import { readJsonBody } from "./admission/json-body.ts";
import { cacheKeyOf, cacheKeyOfPrefix } from "./cache-key.ts";
import type { Exchange } from "./exchange.ts";
import { type GatewayProfiles, profileOf } from "./profiles.ts";
import { type GatewayContext, threadIdOf } from "./routes/context.ts";
import { withToolText } from "./tool-text.ts";

/** The endpoints that are asked for answers. Those which `protocol` can name are called as there. */
export type AskedEndpoint = Exclude<Protocol, "any"> | "openai-completions" | "anthropic-messages";

const PATHS: Readonly<Record<Exclude<Protocol, "any">, string>> = {
  "openai-chat": "/v1/chat/completions",
  "openai-responses": "/v1/responses",
};

/** One request. */
export interface Asked {
  /** For the parser of the dialect: without what was for planport, and with the name of the model that is meant. */
  readonly body: unknown;
  /** The route's context, whose client shapes what it sends as this request wants it. */
  readonly context: GatewayContext;
  /** For translations that pair calls themselves. */
  readonly pairing: PairingMode;
  /** Tells which names of tools were shortened, so that calls that become text have their own. */
  readonly nameTools: (names: ReadonlyMap<string, string>) => void;
}

/**
 * Reads a request and settles how it is shaped: by itself, else by its client's profile, else by what is set for all, else by
 * the defaults.
 * @throws {RequestError} as `readJsonBody`; `request_invalid` naming the field, also for an endpoint that `protocol` excludes.
 */
export async function readAsked(exchange: Exchange, context: GatewayContext, endpoint: AskedEndpoint): Promise<Asked> {
  const { body, capabilities: own, environment } = takeExtras(await readJsonBody(exchange, context.maxBodyBytes));
  const profiles = context.profiles();
  const profile = profileOf(exchange, profiles);
  if (profile !== null) exchange.notes.profile = profile.name;
  const capabilities: Capabilities = {
    ...DEFAULT_CAPABILITIES,
    ...profiles.capabilities,
    ...profile?.capabilities,
    ...own,
  };
  const isOwn = own.protocol !== undefined;
  checkProtocol(capabilities.protocol, endpoint, isOwn ? null : profiles.origin);
  const asked = isJsonObject(body) && typeof body["model"] === "string" ? body["model"] : "";
  const model = meantModel(asked, profiles);
  const changes: Change[] = [];
  if (model.slug !== asked)
    changes.push({ path: "model", action: "mapped", note: `It names the model ${model.slug}.` });
  const { idleTimeoutMs } = profiles;
  const cacheKey = sessionKeyOf(exchange, endpoint);
  const shape = { capabilities, environment, model, changes, idleTimeoutMs, cacheKey };
  const client = new ShapingClient(context.client, shape);
  return {
    body: model.slug === asked || !isJsonObject(body) ? body : { ...body, model: model.slug },
    context: { ...context, client },
    pairing: pairingOf(capabilities),
    nameTools: (names) => {
      client.toolNames = names;
    },
  };
}

function checkProtocol(protocol: Protocol, endpoint: AskedEndpoint, origin: string | null): void {
  if (protocol === "any" || protocol === endpoint) return;
  const where = origin === null ? "by the request itself" : `in ${origin}`;
  throw new RequestError(
    "request_invalid",
    `codex_capabilities.protocol: it is set to ${protocol} ${where}, which is POST ${PATHS[protocol]}, and this is another endpoint. ` +
      "Ask there, or set it to any.",
    { cause: { param: "codex_capabilities.protocol" } },
  );
}

function meantModel(asked: string, { aliases }: GatewayProfiles): ModelName {
  // An own name may look like anything, so it is looked for as it stands first.
  const whole = Object.hasOwn(aliases, asked) ? aliases[asked] : undefined;
  if (whole !== undefined) return parseModelName(whole);
  const name = parseModelName(asked);
  const target = Object.hasOwn(aliases, name.slug) ? aliases[name.slug] : undefined;
  if (target === undefined) return name;
  const { slug, options } = parseModelName(target);
  return { slug, options: { ...options, ...name.options } };
}

/**
 * The key by the client's own words. `POST /v1/responses` is Codex's endpoint, and there the conversation that its headers
 * name is the key itself, as it is for Codex.
 */
function sessionKeyOf(exchange: Exchange, endpoint: AskedEndpoint): string | undefined {
  return endpoint === "openai-responses" && threadIdOf(exchange) !== undefined ? undefined : cacheKeyOf(exchange);
}

interface Shape {
  readonly capabilities: Capabilities;
  readonly environment: RequestEnvironment;
  readonly model: ModelName;
  /** Made before the call. */
  readonly changes: readonly Change[];
  readonly idleTimeoutMs: number | null;
  /** For a request without a key. */
  readonly cacheKey: string | undefined;
}

/** A client that shapes what it sends. Everything else is the client's behind it. */
class ShapingClient implements CodexClient {
  readonly route: CodexClient["route"];
  readonly relay: CodexClient["relay"];
  toolNames: ReadonlyMap<string, string> = new Map();
  readonly #client: CodexClient;
  readonly #shape: Shape;

  constructor(client: CodexClient, shape: Shape) {
    this.route = client.route;
    this.relay = client.relay;
    this.#client = client;
    this.#shape = shape;
  }

  async send(request: ResponsesRequest, options: SendOptions = {}): Promise<CodexResponse> {
    const { capabilities, environment, model, idleTimeoutMs } = this.#shape;
    const changes = [...this.#shape.changes];
    const named = this.#keyed(withModelOptions(request, model.options, changes), options);
    const response = await this.#client.send(
      withEnvironment(named, environment, capabilities.include_environment_context, changes),
      { ...options, capabilities, ...(idleTimeoutMs !== null && { idleTimeoutMs }) },
    );
    const told = changes.length === 0 ? response : { ...response, changes: [...changes, ...response.changes] };
    const { tool_text_format: format } = capabilities;
    return format === "none" ? told : withToolText(told, format, this.toolNames);
  }

  /** A plan is drained by cache misses, and few clients name a key. */
  #keyed(request: ResponsesRequest, { threadId }: SendOptions): ResponsesRequest {
    const { capabilities, cacheKey } = this.#shape;
    if (request.prompt_cache_key != null || this.route !== "codex" || capabilities.codex_passthrough) return request;
    const key = cacheKey ?? (threadId === undefined ? cacheKeyOfPrefix(request) : undefined);
    return key === undefined ? request : { ...request, prompt_cache_key: key };
  }

  account(options?: Parameters<CodexClient["account"]>[0]): ReturnType<CodexClient["account"]> {
    return this.#client.account(options);
  }
  models(options?: Parameters<CodexClient["models"]>[0]): ReturnType<CodexClient["models"]> {
    return this.#client.models(options);
  }
  usage(options?: Parameters<CodexClient["usage"]>[0]): ReturnType<CodexClient["usage"]> {
    return this.#client.usage(options);
  }
  close(): Promise<void> {
    return this.#client.close();
  }
}
