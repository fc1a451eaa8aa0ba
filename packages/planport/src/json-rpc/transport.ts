/**
 * How messages travel: as lines over a pair of streams, or as texts of a WebSocket.
 * @module
 */
import type { Readable, Writable } from "node:stream";
import { LineCutter } from "./lines.ts";

/** Longer than any message that a program sends on purpose; a picture in a message is some megabytes. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024 * 1024;
/** Who has so much to read still, and does not, is left: what is sent to it would pile up in this process's memory. */
const MAX_BACKLOG_BYTES: number = 64 * 1024 * 1024;

/** What a transport tells. */
export interface TransportEvents {
  /** The text of one message. */
  onMessage(text: string): void;
  /** Something came that can be no message. */
  onUnreadable(why: string): void;
  /** Nothing comes any more, and nothing can be sent. Told once. */
  onClose(): void;
}

/** Carries texts to the other side and back. */
export interface MessageTransport {
  /** Begins to hand over what comes. Called once. */
  open(events: TransportEvents): void;
  /** Sends one text; after the end nothing happens. It is the end when the other side has left too much unread. */
  send(text: string): void;
  /** Ends both directions. */
  close(): void;
}

/** Options of {@link streamTransport}. */
export interface StreamTransportOptions {
  readonly maxMessageBytes?: number;
  readonly maxBacklogBytes?: number;
}

/** One message a line over two streams, such as those of a process. The end of `input` is the end. */
export function streamTransport(
  input: Readable,
  output: Writable,
  options: StreamTransportOptions = {},
): MessageTransport {
  const limit = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  const maxBacklogBytes = options.maxBacklogBytes ?? MAX_BACKLOG_BYTES;
  let isClosed = false;
  let onData = (_chunk: Buffer | string): void => {};
  let close = (): void => {};
  let giveUp = (): void => {};
  return {
    open(events) {
      const cutter = new LineCutter(
        {
          onLine: (line) => events.onMessage(line),
          onTooLong: () => events.onUnreadable(`it is longer than ${limit} bytes`),
        },
        limit,
      );
      onData = (chunk) => cutter.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      close = () => {
        if (isClosed) return;
        isClosed = true;
        input.off("data", onData);
        input.pause();
        events.onClose();
      };
      giveUp = () => {
        events.onUnreadable(unread(maxBacklogBytes));
        close();
        output.destroy();
      };
      input.on("data", onData);
      input.once("end", () => {
        cutter.end();
        close();
      });
      input.once("close", () => close());
      // A side that breaks is a side that is gone; there is nobody to tell more.
      input.on("error", () => close());
      output.on("error", () => close());
      output.once("close", () => close());
    },
    send(text) {
      if (isClosed || !output.writable) return;
      if (output.writableLength > maxBacklogBytes) giveUp();
      else output.write(`${text}\n`);
    },
    close() {
      if (output.writable) output.end();
      close();
    },
  };
}

function unread(maxBytes: number): string {
  return `the other side has left more than ${maxBytes} bytes unread, and is left`;
}

/** The part of a WebSocket (of the package `ws`) that carrying messages needs. */
export interface MessageSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
  send(text: string): void;
  close(code?: number): void;
  terminate(): void;
}

const OPEN = 1;

/** One message a text of a WebSocket. The socket bounds the length of what comes. */
export function socketTransport(socket: MessageSocket, maxBacklogBytes: number = MAX_BACKLOG_BYTES): MessageTransport {
  let onLeft = (): void => {};
  return {
    open(events) {
      let isClosed = false;
      onLeft = () => events.onUnreadable(unread(maxBacklogBytes));
      socket.on("message", (data, isBinary) => {
        if (isBinary) events.onUnreadable("it is binary");
        else events.onMessage(textOf(data));
      });
      socket.on("close", () => {
        if (isClosed) return;
        isClosed = true;
        events.onClose();
      });
      socket.on("error", () => socket.close());
    },
    send(text) {
      if (socket.readyState !== OPEN) return;
      if (socket.bufferedAmount <= maxBacklogBytes) return socket.send(text);
      onLeft();
      socket.terminate();
    },
    close: () => socket.close(1000),
  };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8");
}
