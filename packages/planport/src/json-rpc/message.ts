/**
 * The messages of JSON-RPC as Codex's app-server writes them: JSON objects without a `jsonrpc` member.
 * @module
 */
import { isJsonObject } from "../protocol/json.ts";

/** Names a request. A number is a whole one; one beyond what JavaScript holds exactly is a bigint. */
export type RequestId = string | number | bigint;

/** Why a request failed. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** What is said to a request. */
export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcError };

/** A message that came in. */
export type Incoming =
  | { readonly kind: "request"; readonly id: RequestId; readonly method: string; readonly params: unknown }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown }
  | { readonly kind: "answer"; readonly id: RequestId; readonly answer: RpcAnswer }
  | { readonly kind: "unreadable"; readonly why: string };

/** Ids are 64 bits wide. */
const MAX_ID = 2n ** 63n;

/**
 * Reads one message. Whatever has a method and no usable id is a notification, as in Codex: an id that is null, a
 * fraction or an object gets no answer.
 */
export function readMessage(text: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's words quote the text, which may hold a token.
    return { kind: "unreadable", why: text.trim() === "" ? "an empty line" : jsonFault(error) };
  }
  if (!isJsonObject(value)) return { kind: "unreadable", why: "it is no object" };
  const id = readId(value["id"], text);
  const { method } = value;
  if (typeof method === "string") {
    const params = value["params"];
    return id === null ? { kind: "notification", method, params } : { kind: "request", id, method, params };
  }
  if (id !== null && Object.hasOwn(value, "result")) return { kind: "answer", id, answer: { result: value["result"] } };
  const error = value["error"];
  if (id !== null && isJsonObject(error) && typeof error["code"] === "number" && typeof error["message"] === "string")
    return { kind: "answer", id, answer: { error: { code: error["code"], message: error["message"] } } };
  return { kind: "unreadable", why: "it is no request, notification or answer" };
}

function readId(value: unknown, text: string): RequestId | null {
  if (typeof value === "string") return value;
  if (typeof value !== "number" || !Number.isInteger(value)) return null;
  if (Number.isSafeInteger(value)) return value;
  // The parser has rounded it: what was written must come back in the answer. Members of that name further in hold
  // strings or nothing that long.
  const written = /"id"\s*:\s*(-?\d+)\s*[,}]/.exec(text)?.[1];
  const exact = written === undefined ? null : BigInt(written);
  return exact === null || exact >= MAX_ID || exact < -MAX_ID ? null : exact;
}

function jsonFault(error: unknown): string {
  const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  return at === undefined ? "it is no JSON" : `it is no JSON (character ${at})`;
}

/** The text of a request. */
export function requestText(id: RequestId, method: string, params: unknown): string {
  return `{"method":${JSON.stringify(method)},"id":${idText(id)},"params":${JSON.stringify(params ?? null)}}`;
}

/** The text of a notification. `extra` are members beside method and params. */
export function notificationText(method: string, params: unknown, extra: object = {}): string {
  return JSON.stringify({ method, ...(params !== undefined && { params }), ...extra });
}

/** The text of an answer. */
export function answerText(id: RequestId, answer: RpcAnswer): string {
  return "error" in answer
    ? `{"id":${idText(id)},"error":${JSON.stringify(answer.error)}}`
    : `{"id":${idText(id)},"result":${JSON.stringify(answer.result ?? null)}}`;
}

/** An id as it stands in JSON; also tells ids apart: `1` is not `"1"`. */
export function idText(id: RequestId): string {
  return typeof id === "bigint" ? id.toString() : JSON.stringify(id);
}
