/**
 * What a request's body says to planport and not to the model: `codex_capabilities`, the environment context, and
 * `extra_body` as it stands in documents. OpenAI's Python library merges the contents of `extra_body` into the body; a client
 * that sends the field itself means the same.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { type Capabilities, parseCapabilities } from "../../protocol/capabilities.ts";
import { checkObject } from "../../protocol/check.ts";
import { type JsonObject, isJsonObject } from "../../protocol/json.ts";
import { type RequestEnvironment, takeEnvironment } from "./environment.ts";

const EXTRA = "extra_body";
const CAPABILITIES = "codex_capabilities";

/** A body taken apart. */
export interface RequestExtras {
  /** Without what is for planport. The value itself when there is no such thing in it. */
  readonly body: unknown;
  readonly capabilities: Partial<Capabilities>;
  readonly environment: RequestEnvironment;
}

/**
 * Takes a body apart. Its argument is not altered. What is no object is left for the parser of the dialect to refuse.
 * @throws {RequestError} `request_invalid` naming the field.
 */
export function takeExtras(value: unknown): RequestExtras {
  const nothing = { values: {}, paths: [] };
  if (!isJsonObject(value)) return { body: value, capabilities: {}, environment: nothing };
  const extra = value[EXTRA] == null ? {} : checkObject(value[EXTRA], EXTRA);
  if (Object.hasOwn(extra, EXTRA))
    throw new RequestError("request_invalid", `${EXTRA}.${EXTRA}: it cannot hold another one.`, {
      cause: { param: `${EXTRA}.${EXTRA}` },
    });
  const capabilities = {
    ...parseOptional(value[CAPABILITIES], CAPABILITIES),
    ...parseOptional(extra[CAPABILITIES], `${EXTRA}.${CAPABILITIES}`),
  };
  const body: JsonObject = { ...value, ...extra };
  delete body[EXTRA];
  delete body[CAPABILITIES];
  return { body, capabilities, environment: takeEnvironment(body) };
}

function parseOptional(value: unknown, path: string): Partial<Capabilities> {
  return value == null ? {} : parseCapabilities(value, path);
}
