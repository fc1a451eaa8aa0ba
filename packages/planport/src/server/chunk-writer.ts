/**
 * The hot end of a streamed answer: one piece becomes one HTTP/1.1 chunk (RFC 9112 §7.1) in one write to the socket.
 *
 * `ServerResponse.write` does the same in five steps (cork, size, data, line end, uncork in the next tick), at several times
 * the cost. Going round it is safe because nothing else of node:http writes between the head and the end of an answer, and
 * because this is done only while
 * - the head is out (`flushHeaders` before the first piece) and says `transfer-encoding: chunked`: not for HTTP/1.0, whose
 *   answers end with the connection, nor for HEAD or 204, which have no body;
 * - the response has its socket: one that waits behind another answer on the same connection (pipelining) gets it when its
 *   turn comes, and loses it when it has ended;
 * - the answer has not been ended, and the socket takes data.
 *
 * In every other case `ServerResponse.write` does it. What that has kept back goes to the socket in the moment in which the
 * response gets one, so both ways may take turns. `ServerResponse.end` writes the last chunk.
 * @module
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How the text of a piece becomes bytes; in a `latin1` piece each character is a byte already. */
export type PieceEncoding = "utf8" | "latin1";

/** Writes the pieces of one answer, whose head must be flushed. */
export class ChunkWriter {
  readonly #outgoing: ServerResponse;
  readonly #onDrain: () => void;
  /** The socket that is full and listened to. */
  #full: Socket | null = null;

  /** @param onDrain Called when a piece was held up and the client has caught up. */
  constructor(outgoing: ServerResponse, onDrain: () => void) {
    this.#outgoing = outgoing;
    this.#onDrain = () => {
      this.#full = null;
      onDrain();
    };
    // Where `write` itself was used, the response tells.
    outgoing.on("drain", onDrain);
    // The socket may outlive the answer.
    outgoing.on("close", () => this.#full?.off("drain", this.#onDrain));
  }

  /** False when the client does not keep up; `onDrain` is called once it does. */
  write(piece: string, encoding: PieceEncoding): boolean {
    if (piece === "") return true; // As a chunk it would be the last one.
    const outgoing = this.#outgoing;
    const { socket } = outgoing;
    if (socket === null || !socket.writable || !outgoing.chunkedEncoding || outgoing.writableEnded)
      return outgoing.write(piece, encoding);
    const size = encoding === "latin1" ? piece.length : Buffer.byteLength(piece);
    const flows = socket.write(`${size.toString(16)}\r\n${piece}\r\n`, encoding);
    if (!flows && this.#full === null) {
      this.#full = socket;
      socket.once("drain", this.#onDrain);
    }
    return flows;
  }
}
