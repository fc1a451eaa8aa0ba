/**
 * How the backend says no.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";

/** A refusal, ready to be sent. */
export interface Refusal {
  readonly status: number;
  readonly body: JsonObject;
}

/** `{"detail": …}`. */
export function detail(text: string, status = 400): Refusal {
  return { status, body: { detail: text } };
}

/** `{"error": {…}}` of type `invalid_request_error`. */
export function invalid(message: string, param: string | null, code: string | null = null, status = 400): Refusal {
  return { status, body: { error: { message, type: "invalid_request_error", param, code } } };
}

/** A value outside its list: `invalid_value`, or with a model `unsupported_value` (that other models may take). */
export function unsupportedValue(
  value: unknown,
  allowed: readonly unknown[],
  param: string,
  model: string | null = null,
): Refusal {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  const list = allowed.map((one) => `'${String(one)}'`);
  const last = list.pop() ?? "";
  const supported = `Supported values are: ${list.length === 0 ? last : `${list.join(", ")} and ${last}`}.`;
  return model === null
    ? invalid(`Invalid value: '${shown}'. ${supported}`, param, "invalid_value")
    : invalid(
        `Unsupported value: '${shown}' is not supported with the '${model}' model. ${supported}`,
        param,
        "unsupported_value",
      );
}
