/**
 * The answer to a body that is too large.
 * @module
 */
import { RequestError } from "../../errors.ts";

/** The refusal of a body of more than `maxBytes`. */
export function bodyTooLarge(maxBytes: number): RequestError<"body_too_large"> {
  return new RequestError(
    "body_too_large",
    `The request body is larger than ${maxBytes} bytes, the most this gateway takes.`,
  );
}
