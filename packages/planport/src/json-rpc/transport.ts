/**
 * How messages travel: as lines over a pair of streams, or as texts of a WebSocket.
 * @module
 */
import type { Readable, Writable } from "node:stream";
import { LineCutter } from "./lines.ts";

/** Longer than any message that a program sends on purpose; a picture in a message is some megabytes. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024 * 1024;

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
  /** Sends one text; after the end nothing happens. */
  send(text: string): void;
  /** Resolves when what was sent is out of this process's memory, or never will be: wait for it between many messages. */
  drained(): Promise<void>;
  /** Ends both directions. */
  close(): void;
}

/** Options of {@link streamTransport}. */
export interface StreamTransportOptions {
  readonly maxMessageBytes?: number;
}

/** One message a line over two streams, such as those of a process. The end of `input` is the end. */
export function streamTransport(
  input: Readable,
  output: Writable,
  options: StreamTransportOptions = {},
): MessageTransport {
  const limit = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  let isClosed = false;
  let wake: (() => void)[] = [];
  let onData = (_chunk: Buffer | string): void => {};
  let close = (): void => {};
  const release = (): void => {
    const waiting = wake;
    wake = [];
    for (const each of waiting) each();
  };
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
        release();
        events.onClose();
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
      output.on("drain", release);
      output.once("close", () => close());
    },
    send(text) {
      if (!isClosed && output.writable) output.write(`${text}\n`);
    },
    async drained() {
      if (isClosed || !output.writableNeedDrain) return;
      await new Promise<void>((resolve) => wake.push(resolve));
    },
    close() {
      if (output.writable) output.end();
      close();
    },
  };
}

/** The part of a WebSocket (of the package `ws`) that carrying messages needs. */
export interface MessageSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
  send(text: string, sent: () => void): void;
  close(code?: number): void;
}

const OPEN = 1;
const HIGH_WATER_BYTES = 1024 * 1024;

/** One message a text of a WebSocket. The socket bounds the length of what comes. */
export function socketTransport(socket: MessageSocket): MessageTransport {
  let wake: (() => void)[] = [];
  const release = (): void => {
    if (socket.readyState === OPEN && socket.bufferedAmount > HIGH_WATER_BYTES) return;
    const waiting = wake;
    wake = [];
    for (const each of waiting) each();
  };
  return {
    open(events) {
      let isClosed = false;
      socket.on("message", (data, isBinary) => {
        if (isBinary) events.onUnreadable("it is binary");
        else events.onMessage(textOf(data));
      });
      socket.on("close", () => {
        if (isClosed) return;
        isClosed = true;
        release();
        events.onClose();
      });
      socket.on("error", () => socket.close());
    },
    send(text) {
      if (socket.readyState === OPEN) socket.send(text, release);
    },
    async drained() {
      if (socket.readyState !== OPEN || socket.bufferedAmount <= HIGH_WATER_BYTES) return;
      await new Promise<void>((resolve) => wake.push(resolve));
    },
    close: () => socket.close(1000),
  };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8");
}
