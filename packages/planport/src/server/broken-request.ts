/**
 * What a client gets that does not speak HTTP as it should: nothing of a request can be relied on then, not even that
 * there is one, so the answer is written to the bare socket.
 * @module
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { OpenAIErrorBody } from "../protocol/error-body.ts";

interface Refusal {
  readonly status: string;
  readonly message: string;
}

const MALFORMED: Refusal = { status: "400 Bad Request", message: "The request is not valid HTTP." };
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: "431 Request Header Fields Too Large", message: "The request headers are too large." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: "408 Request Timeout", message: "The request did not arrive in time." },
};

/** Answers where that is still possible, and closes the socket. */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  underWay: ServerResponse | undefined,
): void {
  const midAnswer = underWay !== undefined && underWay.headersSent && !underWay.writableFinished;
  if (error.code === "ECONNRESET" || !socket.writable || midAnswer) {
    socket.destroy();
    return;
  }
  const { status, message } = REFUSALS[error.code ?? ""] ?? MALFORMED;
  const body: OpenAIErrorBody = {
    error: { message, type: "invalid_request_error", param: null, code: "request_malformed" },
  };
  const json = JSON.stringify(body);
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(json)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + json, () => socket.destroy());
}
