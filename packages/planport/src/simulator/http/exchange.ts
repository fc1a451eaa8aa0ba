/**
 * One HTTP call on its way through the simulator.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";
import type { SimulatedAccount } from "../accounts.ts";
import type { Effect } from "../script/effect.ts";
import type { Target } from "../script/script.ts";
import type { World } from "../world.ts";

/** What a handler gets. */
export interface Exchange {
  readonly world: World;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  /** The body as a value; see {@link parsePayload}. */
  readonly payload: Payload;
  /** Effects of the script that the handler itself must play (those inside a stream). */
  readonly effects: readonly Effect[];
  /** Aborted when the client leaves or the simulator closes. */
  readonly signal: AbortSignal;
}

/** Answers a call. */
export type Handler = (exchange: Exchange) => void | Promise<void>;

/** A row of the route table. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly target: Target | null;
  readonly handle: Handler;
}

/** A decoded body. */
export interface Payload {
  /** JSON as a value, a form as an object of strings, other text as it is, null when there was no body. */
  readonly value: unknown;
  readonly type: "json" | "form" | "other" | "none";
  /** The body itself. */
  readonly bytes: Buffer;
  /** Why JSON could not be read; null when it could. */
  readonly problem: string | null;
}

/** Reads a body by its content type. */
export function parsePayload(body: Buffer, contentType: string | undefined): Payload {
  if (body.length === 0) return { value: null, type: "none", problem: null, bytes: body };
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const text = body.toString("utf8");
  if (type === "application/x-www-form-urlencoded")
    return { value: Object.fromEntries(new URLSearchParams(text)), type: "form", problem: null, bytes: body };
  if (type !== "application/json" && !type.endsWith("+json"))
    return { value: text, type: "other", problem: null, bytes: body };
  try {
    return { value: JSON.parse(text), type: "json", problem: null, bytes: body };
  } catch (error) {
    return { value: text, type: "json", problem: error instanceof Error ? error.message : "not JSON", bytes: body };
  }
}

/** The fields of a JSON object or form; an empty object for anything else. */
export function fieldsOf(payload: Payload): JsonObject {
  return payload.problem === null && isJsonObject(payload.value) ? payload.value : {};
}

/** A field when it is a string that is not empty, else null. */
export function textField(fields: JsonObject, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** Headers as an object of strings; repeated ones joined as RFC 9110 section 5.3 does. */
export function plainHeaders(req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}

/** The token of `authorization: Bearer …`, else null. */
export function bearerOf(req: IncomingMessage): string | null {
  return /^bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? null;
}

/** The account a backend call acts for; null when its bearer is not live or its account header names another one. */
export function authenticate(world: World, req: IncomingMessage): SimulatedAccount | null {
  const bearer = bearerOf(req);
  const account = bearer === null ? null : world.tokens.accountOf(bearer);
  if (account === null) return null;
  const claimed = req.headers["chatgpt-account-id"];
  return claimed === undefined || claimed === account.id ? account : null;
}
