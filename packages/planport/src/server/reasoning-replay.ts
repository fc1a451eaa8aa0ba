/**
 * Sealed reasoning for dialects that have no place for it: what a turn's answer held is put back in front of that turn in the
 * next request, so that the model goes on from its thoughts.
 * @module
 */
import { isPlanportError } from "../errors.ts";
import { anchorsOf, type Memory, sealedReasoning, turnsOf, withReasoning } from "../memory/index.ts";
import type { Logger } from "../observe/index.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import { type CodexEvent, TERMINAL_EVENT_TYPES } from "../protocol/responses/event.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";
import { createResponseFolder } from "../translate/index.ts";
import type { CodexClient, CodexResponse, SendOptions } from "../upstream/types.ts";

/** What one exchange remembers by. */
export interface ReplayOptions {
  readonly client: CodexClient;
  /** Null when nothing is remembered. */
  readonly memory: Memory | null;
  readonly logger: Logger;
  readonly requestId: string;
}

/** One request and its answer. */
export interface ReasoningReplay {
  /** Sends the request with the reasoning of its earlier turns. Errors are those of `CodexClient.send`. */
  send(request: ResponsesRequest, options: SendOptions): Promise<CodexResponse>;
  /** Takes the events of a streamed answer; deltas need not be among them. */
  onEvent(type: string, json: string): void;
  /** Keeps the reasoning of the streamed answer; null when there is none to be kept. Never rejects. */
  beforeEnd(): Promise<void> | null;
  /** Keeps the reasoning of a whole answer; null when there is none to be kept. Never rejects. */
  keep(response: ResponseObject): Promise<void> | null;
}

/** Makes one. On the platform route nothing is replayed: there, reasoning comes sealed only to those who ask for it. */
export function createReasoningReplay(options: ReplayOptions): ReasoningReplay {
  const { memory, client } = options;
  return memory === null || client.route !== "codex" ? passing(client) : new Replay(options, memory);
}

function passing(client: CodexClient): ReasoningReplay {
  return {
    send: (request, sendOptions) => client.send(request, sendOptions),
    onEvent: () => {},
    beforeEnd: () => null,
    keep: () => null,
  };
}

class Replay implements ReasoningReplay {
  readonly #options: ReplayOptions;
  readonly #memory: Memory;
  /** Whose reasoning it is, and what the answer follows on; null before the request has gone out. */
  #place: { readonly accountKey: string; readonly model: string; readonly before: Item | undefined } | null = null;
  /** Kept as text, and looked into only when the answer is whole. */
  readonly #events: string[] = [];

  constructor(options: ReplayOptions, memory: Memory) {
    this.#options = options;
    this.#memory = memory;
  }

  async send(request: ResponsesRequest, sendOptions: SendOptions): Promise<CodexResponse> {
    const { client, logger, requestId } = this.#options;
    if (typeof request.input === "string") return client.send(request, sendOptions);
    const items = request.input;
    const accountKey = await client.account({ signal: sendOptions.signal });
    this.#place = { accountKey, model: request.model, before: items.at(-1) };
    const turns = turnsOf(items);
    if (turns.length === 0) return client.send(request, sendOptions);
    const anchors = turns.flatMap((turn) => turn.anchors);
    const recalled = await this.#memory.reasoning.recall(accountKey, request.model, anchors);
    const { items: input, turnIds } = withReasoning(items, turns, recalled);
    if (turnIds.length === 0) return client.send(request, sendOptions);
    logger.debug("memory.replayed", { requestId, turns: turnIds.length });
    try {
      return await client.send({ ...request, input }, sendOptions);
    } catch (error) {
      if (!isSealBroken(error)) throw error;
      // The client knows nothing of these items, so it must not fail by them.
      logger.warn("memory.seal_refused", { requestId, turns: turnIds.length });
      await this.#memory.reasoning.forget(accountKey, turnIds);
      return await client.send(request, sendOptions);
    }
  }

  onEvent(type: string, json: string): void {
    if (type === "response.output_item.done" || TERMINAL_EVENT_TYPES.has(type)) this.#events.push(json);
  }

  beforeEnd(): Promise<void> | null {
    // Without reasoning there is nothing to look for: a word that is not there saves the parsing.
    if (!this.#events.some((json) => json.includes('"encrypted_content"'))) return null;
    const folder = createResponseFolder();
    for (const json of this.#events) {
      const event = tryParseJson(json);
      if (isJsonObject(event) && typeof event["type"] === "string") folder.push(event as CodexEvent);
    }
    return this.keep(folder.result());
  }

  keep({ status, output = [] }: ResponseObject): Promise<void> | null {
    if (this.#place === null || status === "failed") return null;
    const items = sealedReasoning(output);
    if (items.length === 0) return null;
    const anchors = anchorsOf(output, this.#place.before);
    const { accountKey, model } = this.#place;
    return anchors.length === 0 ? null : this.#memory.reasoning.remember(accountKey, model, { anchors, items });
  }
}

/** The backend cannot open what was sealed for it: by another account, or too long ago. */
function isSealBroken(error: unknown): boolean {
  if (!isPlanportError(error) || error.code !== "upstream_invalid_request") return false;
  return error.cause?.upstreamCode === "invalid_encrypted_content";
}
