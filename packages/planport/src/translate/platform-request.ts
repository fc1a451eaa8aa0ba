/**
 * A client's Responses request to the request that OpenAI's plain API takes: the same one.
 * @module
 */
import { type Capabilities, DEFAULT_CAPABILITIES } from "../protocol/capabilities.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";
import { shapeTools } from "./shaping/tools.ts";

/**
 * Asks for a stream, which is how planport reads every answer; all else is the client's and OpenAI's business, unless the
 * client wants Codex's tools. The argument is not altered.
 * @param changes Gets what was altered.
 */
export function toPlatformRequest(
  request: ResponsesRequest,
  capabilities: Capabilities = DEFAULT_CAPABILITIES,
  changes: Change[] = [],
): ResponsesRequest & { readonly stream: true } {
  const result = { ...request, stream: true } as const;
  shapeTools(result, null, capabilities.tool_schema_mode, changes);
  return result;
}
