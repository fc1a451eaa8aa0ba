/**
 * Script entries that come in as JSON.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";
import { type Effect, EFFECT_KINDS } from "./effect.ts";
import { type Match, type Target, TARGETS } from "./script.ts";

/** An entry, checked. */
export interface ScriptEntry {
  readonly match: Match;
  readonly effects: readonly Effect[];
  /** A rule that stays, not an entry that is used up. */
  readonly always: boolean;
}

type Check = "count" | "status" | "text" | "object" | "event";

const REQUIRED: Readonly<Record<Effect["kind"], Readonly<Record<string, Check>>>> = {
  http: { status: "status" },
  delay: { ms: "count" },
  slow: { delayMs: "count" },
  stall: {},
  drop: {},
  end: { afterEvents: "count" },
  fail: {},
  inject: { afterEvents: "count", event: "event" },
  malformed: {},
  text: { text: "text" },
};

const OPTIONAL: Readonly<Record<string, Check>> = {
  afterEvents: "count",
  closeCode: "count",
  reason: "text",
  headers: "object",
};

/**
 * Reads `{"match": "responses" | {...}, "effects": [{...}], "always"?: true}`.
 * @throws {RequestError} `request_invalid` that names the field.
 */
export function parseScriptEntry(fields: JsonObject): ScriptEntry {
  const match = parseMatch(fields["match"]);
  const { effects, always } = fields;
  if (!Array.isArray(effects) || effects.length === 0) throw invalidField("effects", "a list with at least one effect");
  if (always !== undefined && typeof always !== "boolean") throw invalidField("always", "true or false");
  return {
    match,
    effects: effects.map((effect, index) => parseEffect(effect, `effects[${index}]`)),
    always: always === true,
  };
}

function parseMatch(value: unknown): Match {
  const fields: JsonObject = isJsonObject(value) ? value : { target: value };
  const { target, grantType, model, transport } = fields;
  const targetField = isJsonObject(value) ? "match.target" : "match";
  if (!TARGETS.includes(target as Target)) throw invalidField(targetField, `one of ${TARGETS.join(", ")}`);
  if (transport !== undefined && transport !== "http" && transport !== "websocket")
    throw invalidField("match.transport", "http or websocket");
  if (grantType !== undefined && typeof grantType !== "string") throw invalidField("match.grantType", "a text");
  if (model !== undefined && typeof model !== "string") throw invalidField("match.model", "a text");
  return {
    target: target as Target,
    ...(grantType === undefined ? {} : { grantType }),
    ...(model === undefined ? {} : { model }),
    ...(transport === undefined ? {} : { transport }),
  };
}

function parseEffect(value: unknown, at: string): Effect {
  if (!isJsonObject(value)) throw invalidField(at, "an object");
  const kind = EFFECT_KINDS.find((one) => one === value["kind"]);
  if (kind === undefined) throw invalidField(`${at}.kind`, `one of ${EFFECT_KINDS.join(", ")}`);
  const required = REQUIRED[kind];
  for (const [name, check] of Object.entries({ ...OPTIONAL, ...required })) {
    if (value[name] === undefined && !(name in required)) continue;
    const [fits, what] = CHECKS[check];
    if (!fits(value[name])) throw invalidField(`${at}.${name}`, what);
  }
  // Checked field by field above; what else the object holds is never read.
  return value as unknown as Effect;
}

const CHECKS: Readonly<Record<Check, readonly [fits: (value: unknown) => boolean, what: string]>> = {
  count: [(value) => Number.isInteger(value) && Number(value) >= 0, "a whole number from 0"],
  status: [
    (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
    "an HTTP status from 200 to 599",
  ],
  text: [(value) => typeof value === "string", "a text"],
  object: [
    (value) => isJsonObject(value) && Object.values(value).every((one) => typeof one === "string"),
    "an object of texts",
  ],
  event: [(value) => isJsonObject(value) && typeof value["type"] === "string", "an object with a type"],
};

function invalidField(param: string, what: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param} must be ${what}.`, { cause: { param } });
}
