/**
 * The head of an answer, read from a bare socket.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { FramingError } from "../stream/body.ts";

const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = "\r\n\r\n";

/**
 * Reads up to the empty line that ends a head, and gives the head in latin1 without it. What came behind it is put back:
 * the socket is paused, and gives it to whoever reads next.
 */
export function readHead(socket: Socket): Promise<string> {
  return readUntil(socket, (bytes) => {
    const end = bytes.indexOf(HEAD_END, 0, "latin1");
    if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES))
      throw new FramingError("a head without end");
    return end < 0 ? null : { value: bytes.toString("latin1", 0, end), length: end + HEAD_END.length };
  });
}

/** Reads exactly so many bytes. */
export function readBytes(socket: Socket, length: number): Promise<Buffer> {
  return readUntil(socket, (bytes) => (bytes.length < length ? null : { value: bytes.subarray(0, length), length }));
}

/** What a reader found, and how many bytes of the input that were. */
interface Found<T> {
  readonly value: T;
  readonly length: number;
}

/** Reads until `find` is content, and puts the rest back. Rejects when the socket ends before. */
function readUntil<T>(socket: Socket, find: (bytes: Buffer) => Found<T> | null): Promise<T> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
      socket.pause();
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onEnd = (): void =>
      onError(Object.assign(new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
    const onData = (chunk: Buffer): void => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      try {
        const found = find(held);
        if (found === null) return;
        stop();
        if (found.length < held.length) socket.unshift(held.subarray(found.length));
        resolve(found.value);
      } catch (error) {
        onError(error as Error);
      }
    };
    socket.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
    socket.resume();
  });
}
