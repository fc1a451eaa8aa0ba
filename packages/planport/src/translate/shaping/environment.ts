/**
 * The environment context: what a client says of its own surroundings, as a message to the model. Nothing of the machine
 * that planport runs on is in it, ever: the client may be anywhere.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { checkFields, checkObject, either, type Fields, FLAG, TEXT } from "../../protocol/check.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";

/** The field that holds it as a whole. */
const WHOLE = "codex_environment_context";

/** What can be said, in the order in which it is. */
const FIELDS: Fields = {
  cwd: TEXT,
  approval_policy: TEXT,
  sandbox_mode: TEXT,
  network_access: either(FLAG, TEXT),
  shell: TEXT,
};

/** Fields of a request's top level that say it one by one, with what they say. */
const FLAT: ReadonlyMap<string, string> = new Map([
  ["project_dir", "cwd"],
  ...Object.keys(FIELDS).map((name) => [name, name] as const),
]);

/** What a request says of its environment. */
export interface RequestEnvironment {
  readonly values: Readonly<Record<string, string>>;
  /** The fields of the request that said it. */
  readonly paths: readonly string[];
}

/**
 * Takes what a request says of its environment out of it: the backend has no such fields.
 * @param body Is altered.
 * @throws {RequestError} `request_invalid` for fields of another kind, and for unknown ones within `codex_environment_context`.
 */
export function takeEnvironment(body: JsonObject): RequestEnvironment {
  const values: Record<string, string> = {};
  const paths: string[] = [];
  const flat: JsonObject = {};
  for (const [name, meaning] of FLAT) {
    if (!Object.hasOwn(body, name)) continue;
    checkFields(body, { [name]: FIELDS[meaning] ?? TEXT }, "");
    if (body[name] != null) {
      flat[meaning] = body[name];
      paths.push(name);
    }
    delete body[name];
  }
  const whole = body[WHOLE] == null ? {} : checkObject(body[WHOLE], WHOLE);
  delete body[WHOLE];
  for (const name of Object.keys(whole)) if (!Object.hasOwn(FIELDS, name)) refuseField(name);
  checkFields(whole, FIELDS, WHOLE);
  if (Object.keys(whole).length > 0) paths.push(WHOLE);
  const said: JsonObject = { ...flat, ...whole };
  for (const name of Object.keys(FIELDS)) {
    const value = said[name];
    if (typeof value === "string" && value !== "") values[name] = value;
    if (typeof value === "boolean") values[name] = value ? "enabled" : "restricted";
  }
  return { values, paths };
}

function refuseField(name: string): never {
  const param = `${WHOLE}.${/^[\w.-]{1,40}$/.test(name) ? name : "?"}`;
  throw new RequestError(
    "request_invalid",
    `${param}: there is no such field; there are ${Object.keys(FIELDS).join(", ")}.`,
    { cause: { param } },
  );
}

/**
 * A request with the context in front of its first user message, or, with `included` false, as it is. Tells of the fields
 * in either case. The argument is not altered.
 */
export function withEnvironment(
  request: ResponsesRequest,
  { values, paths }: RequestEnvironment,
  included: boolean,
  changes: Change[],
): ResponsesRequest {
  const note = included
    ? "It went to the model in the environment context."
    : "The environment context is switched off (include_environment_context).";
  for (const path of paths) changes.push({ path, action: included ? "mapped" : "dropped", note });
  if (!included || Object.keys(values).length === 0) return request;
  const input: Item[] =
    typeof request.input === "string"
      ? [{ type: "message", role: "user", content: [{ type: "input_text", text: request.input }] }]
      : [...request.input];
  const first = input.findIndex((item) => item["role"] === "user");
  input.splice(first === -1 ? 0 : first, 0, {
    type: "message",
    role: "user",
    content: [{ type: "input_text", text: toText(values) }],
  });
  return { ...request, input };
}

/** The form in which Codex's models are used to read it (openai/codex `codex-rs/core/src/environment_context.rs`). */
function toText(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([name, value]) => `  <${name}>${escapeXml(value)}</${name}>`);
  return ["<environment_context>", ...lines, "</environment_context>"].join("\n");
}

/** A text as the content of an XML element. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
