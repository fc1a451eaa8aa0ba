/**
 * Errors that the AI SDK knows: planport's own, with the fields and marks by which that library tells them.
 * @module
 */
import {
  type AnyPlanportError,
  type ErrorCode,
  isPlanportError,
  type PlanportError,
  type PlanportErrorOptions,
  RequestError,
  retryOf,
  toPlanportError,
} from "../../errors.ts";
import { type OpenAIErrorBody, toErrorBody } from "../../protocol/error-body.ts";

/** What the AI SDK's `APICallError` has beside an error's own fields. Holds nothing of the prompt. */
export interface ApiCallFields {
  /** Names the call; nobody can go there. */
  readonly url: string;
  readonly requestBodyValues: { readonly model: string };
  readonly statusCode: number;
  /** What is known of the backend's answer, and for how long to wait. */
  readonly responseHeaders: Record<string, string>;
  /** The error in OpenAI's form, as JSON text. */
  readonly responseBody: string;
  /** True when the same call may succeed later: what the AI SDK's own retries go by. */
  readonly isRetryable: boolean;
  readonly data: OpenAIErrorBody;
}

/** An error of planport's that `APICallError.isInstance` says yes to. */
export type PlanportApiCallError = AnyPlanportError & ApiCallFields;

/** How the AI SDK marks its errors, so that copies of it know each other's. */
const mark = (name: string): symbol => Symbol.for(`vercel.ai.error${name === "" ? "" : `.${name}`}`);

/**
 * The same error for the AI SDK, as a new object: others may hold the one that was thrown. An abort is the signal's reason, as
 * it is for `fetch`.
 */
export function toApiCallError(thrown: unknown, modelId: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true && (!isPlanportError(thrown) || thrown.code === "cancelled")) return signal.reason;
  const error = toPlanportError(thrown);
  const data = toErrorBody(error, Date.now());
  const fields: ApiCallFields = {
    url: "planport:/v1/responses",
    requestBodyValues: { model: modelId },
    statusCode: error.status,
    responseHeaders: headersOf(error),
    responseBody: JSON.stringify(data),
    isRetryable: error.retryable,
    data,
  };
  return Object.assign(copyOf(error), fields, { [mark("")]: true, [mark("AI_APICallError")]: true });
}

/** Says that there is no model of this kind, as the AI SDK says it. */
export function noSuchModel(
  modelId: string,
  modelType: "embeddingModel" | "imageModel",
): RequestError<"not_supported"> {
  const what = modelType === "imageModel" ? "images are made by the tool imageGeneration" : "a ChatGPT plan has none";
  const error = new RequestError("not_supported", `There is no ${modelType} ${JSON.stringify(modelId)}: ${what}.`);
  return Object.assign(error, { modelId, modelType, [mark("")]: true, [mark("AI_NoSuchModelError")]: true });
}

function copyOf(error: AnyPlanportError): PlanportError {
  const { code, message, cause, status, stack } = error;
  type Make = new (code: ErrorCode, message: string, options: PlanportErrorOptions<ErrorCode>) => PlanportError;
  const copy = new (error.constructor as Make)(code, message, {
    ...retryOf(error),
    status,
    ...(cause !== undefined && { cause }),
  });
  if (stack !== undefined) copy.stack = stack;
  return copy;
}

function headersOf({ cause, retryAfterMs }: AnyPlanportError): Record<string, string> {
  const known = typeof cause === "object" && cause !== null ? cause : {};
  const { requestId, cfRay } = known as { requestId?: unknown; cfRay?: unknown };
  return {
    ...(typeof requestId === "string" && { "x-request-id": requestId }),
    ...(typeof cfRay === "string" && { "cf-ray": cfRay }),
    ...(retryAfterMs !== null && {
      "retry-after": String(Math.ceil(retryAfterMs / 1000)),
      "retry-after-ms": String(retryAfterMs),
    }),
  };
}
