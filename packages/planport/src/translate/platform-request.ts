/**
 * A client's Responses request to the request that OpenAI's plain API takes: the same one.
 * @module
 */
import type { ResponsesRequest } from "../protocol/responses/request.ts";

/**
 * Asks for a stream, which is how planport reads every answer; all else is the client's and OpenAI's business. The
 * argument is not altered.
 */
export function toPlatformRequest(request: ResponsesRequest): ResponsesRequest & { readonly stream: true } {
  return { ...request, stream: true };
}
