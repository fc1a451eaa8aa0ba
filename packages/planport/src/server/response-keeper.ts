/**
 * `store` and `previous_response_id`, done by the gateway: the backend keeps no responses.
 * @module
 */
import { MAX_STORED_CHARS, type Memory, resolveStored } from "../memory/index.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";
import { type Change, type ResponseTruth, withTruth } from "../translate/index.ts";
import type { CodexClient, CodexResponse, SendOptions } from "../upstream/types.ts";

/** One request of `/v1/responses` and its answer. */
export interface ResponseKeeper {
  /** What the answer must say of itself; null when the backend's own words hold. */
  readonly truth: ResponseTruth | null;
  /** What was done in the backend's place; complete once `send` has answered. */
  readonly changes: readonly Change[];
  /**
   * Sends the request, with what it refers to in its place.
   * @throws {RequestError} `previous_response_not_found`, `request_invalid`; and as `CodexClient.send`.
   */
  send(options: SendOptions): Promise<CodexResponse>;
  /** What the client is to get of a whole answer. */
  amend(response: ResponseObject): ResponseObject;
  /** Keeps an answer that was amended, if it is to be kept; null when not. Never rejects. */
  keep(response: JsonObject): Promise<void> | null;
}

/** Makes one. OpenAI's plain API keeps responses itself, and without a memory nobody does. */
export function createResponseKeeper(
  request: ResponsesRequest,
  client: CodexClient,
  memory: Memory | null,
): ResponseKeeper {
  if (memory !== null && client.route === "codex") return new Keeper(request, client, memory);
  return {
    truth: null,
    changes: [],
    send: (options) => client.send(request, options),
    amend: (response) => response,
    keep: () => null,
  };
}

class Keeper implements ResponseKeeper {
  readonly truth: ResponseTruth | null;
  readonly changes: Change[] = [];
  readonly #request: ResponsesRequest;
  readonly #client: CodexClient;
  readonly #memory: Memory;
  /** What belongs to the response; null before the request was resolved, and when the response is not to be kept. */
  #kept: { readonly accountKey: string; readonly input: readonly Item[] } | null = null;

  constructor(request: ResponsesRequest, client: CodexClient, memory: Memory) {
    this.#request = request;
    this.#client = client;
    this.#memory = memory;
    const store = request.store !== false;
    const previousId = request.previous_response_id ?? null;
    this.truth = store || previousId !== null ? { store, previous_response_id: previousId } : null;
  }

  async send(options: SendOptions): Promise<CodexResponse> {
    const asked = this.#request;
    if (this.truth === null && !hasReferences(asked)) return this.#client.send(asked, options);
    const accountKey = await this.#client.account({ signal: options.signal });
    const { request, references } = await resolveStored(asked, this.#memory.responses, accountKey);
    if (asked.previous_response_id != null)
      this.#tell("previous_response_id", "emulated", "The earlier response was put in front of input.");
    for (const index of references) this.#tell(`input[${index}]`, "emulated", "The item was put in its place.");
    if (this.truth?.store === true) this.#prepareToKeep(accountKey, request.input, this.truth);
    return this.#client.send({ ...request, store: false }, options);
  }

  amend(response: ResponseObject): ResponseObject {
    return this.truth === null ? response : withTruth(response, this.truth);
  }

  keep(response: JsonObject): Promise<void> | null {
    if (this.#kept === null || response["store"] !== true || typeof response["id"] !== "string") return null;
    const { accountKey, input } = this.#kept;
    return this.#memory.responses.put(accountKey, {
      model: this.#request.model,
      response: response as ResponseObject,
      input,
    });
  }

  #prepareToKeep(accountKey: string, input: readonly Item[], truth: ResponseTruth): void {
    const explicit = this.#request.store === true;
    if (isTooLong(input)) {
      truth.store = false;
      if (explicit) this.#tell("store", "dropped", "The input is too long to be kept.");
      return;
    }
    this.#kept = { accountKey, input };
    if (explicit) this.#tell("store", "emulated", "The response is kept by this gateway.");
  }

  #tell(path: string, action: Change["action"], note: string): void {
    this.changes.push({ path, action, note });
  }
}

function hasReferences({ input }: ResponsesRequest): boolean {
  return typeof input !== "string" && input.some(({ type }) => type === "item_reference");
}

/** Counts what can be long: the texts, wherever they stand. */
function isTooLong(value: readonly unknown[]): boolean {
  let left = MAX_STORED_CHARS;
  const walk = (part: unknown): void => {
    if (typeof part === "string") left -= part.length;
    else if (typeof part === "object" && part !== null) for (const inner of Object.values(part)) walk(inner);
  };
  walk(value);
  return left < 0;
}
