/**
 * One call of pi's: request, answer, and whatever goes wrong, all told as events.
 * @module
 */
import type { Environment } from "../../../environment.ts";
import { CredentialError } from "../../../errors.ts";
import { DEFAULT_CAPABILITIES } from "../../../protocol/capabilities.ts";
import { isJsonObject } from "../../../protocol/json.ts";
import type { ResponsesRequest } from "../../../protocol/responses/request.ts";
import type { PiModelCost } from "../model.ts";
import { AnswerBuilder, emptyMessage } from "./answer.ts";
import { ACCOUNT_HEADER, openBackend } from "./backend.ts";
import type { AnswerStream } from "./event-stream.ts";
import { failureText } from "./failure-text.ts";
import type { PiContext, PiListedModel, PiStreamOptions } from "./host.ts";
import { toRequest } from "./request.ts";

/** What a call is made with, beside what pi passes. */
export interface CallSetup {
  readonly env: Environment;
  /** The token; null when there is none. */
  readonly key: string | null;
  /** What a model's tokens cost. */
  readonly costOf: (model: PiListedModel) => PiModelCost;
}

/** Makes the call and fills the stream. Never rejects: a failure is the stream's last event. */
export async function answerInto(
  stream: AnswerStream,
  model: PiListedModel,
  context: PiContext,
  options: PiStreamOptions,
  { env, key, costOf }: CallSetup,
): Promise<void> {
  const message = emptyMessage(model, Date.now());
  const { signal } = options;
  try {
    if (key === null) throw noToken();
    const client = openBackend({ key, model, options, env });
    const request = await asPiWants(toRequest(model, context, options), model, options);
    const answer = await client.send(request, {
      signal,
      threadId: options.sessionId,
      headers: extraHeaders(options),
      // A result whose call was cut out of the conversation goes on as a message, and a call without one gets one.
      capabilities: { ...DEFAULT_CAPABILITIES, bypass_tool_call_reactor: false },
      ...(options.timeoutMs !== undefined && options.timeoutMs > 0 && { idleTimeoutMs: options.timeoutMs }),
    });
    await options.onResponse?.({ status: answer.status, headers: { ...answer.headers } }, model);
    if (answer.servedModel !== null && answer.servedModel !== model.id) message.responseModel = answer.servedModel;
    const builder = new AnswerBuilder(message, costOf(model), (event) => stream.push(event));
    stream.push({ type: "start", partial: message });
    for await (const event of answer.events) builder.take(event);
    if (message.stopReason === "error") return stream.push({ type: "error", reason: "error", error: message });
    const reason = message.stopReason === "length" ? "length" : builder.hasCalls ? "toolUse" : "stop";
    stream.push({ type: "done", reason, message });
  } catch (error) {
    const reason = signal?.aborted === true ? "aborted" : "error";
    message.stopReason = reason;
    message.errorMessage = reason === "aborted" ? "Request was aborted" : failureText(error, model.provider);
    stream.push({ type: "error", reason, error: message });
  }
}

/** Other extensions may look at what is sent, and send something else. */
async function asPiWants(
  request: ResponsesRequest,
  model: PiListedModel,
  { onPayload }: PiStreamOptions,
): Promise<ResponsesRequest> {
  const other: unknown = await onPayload?.(request, model);
  return isJsonObject(other) ? (other as ResponsesRequest) : request;
}

function extraHeaders({ headers }: PiStreamOptions): Record<string, string> {
  const extra: Record<string, string> = { "openai-beta": "responses=experimental" };
  for (const [name, value] of Object.entries(headers ?? {})) {
    const lower = name.toLowerCase();
    if (lower === ACCOUNT_HEADER) continue; // Goes out with the token, if it is a sign-in's.
    if (value === null) delete extra[lower];
    else extra[lower] = value;
  }
  return extra;
}

function noToken(): CredentialError<"credential_missing"> {
  return new CredentialError(
    "credential_missing",
    "No Codex PAT found. Set CODEX_ACCESS_TOKEN, configure the provider's apiKey, or run `codex login --with-access-token`.",
  );
}
