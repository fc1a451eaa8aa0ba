import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { socketTransport, streamTransport } from "../../src/json-rpc/index.ts";

const MAX_BACKLOG_BYTES = 1000;

test("who does not read what comes over a stream is left, and nothing more piles up", () => {
  const output = new Writable({ write: () => {} });
  const told: string[] = [];
  const transport = streamTransport(new PassThrough(), output, { maxBacklogBytes: MAX_BACKLOG_BYTES });
  transport.open({ onMessage: () => {}, onUnreadable: (why) => told.push(why), onClose: () => told.push("closed") });
  for (let sent = 0; sent < 100; sent++) transport.send("x".repeat(99));
  expect(told).toEqual(["the other side has left more than 1000 bytes unread, and is left", "closed"]);
  expect(output.destroyed).toBe(true);
  expect(output.writableLength).toBeLessThanOrEqual(MAX_BACKLOG_BYTES + 100);
});

test("who does not read what comes over a WebSocket is left, and nothing more piles up", () => {
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    on: () => {},
    send(text: string) {
      this.bufferedAmount += text.length;
    },
    close: () => {},
    terminate() {
      this.readyState = 3;
    },
  };
  const told: string[] = [];
  const transport = socketTransport(socket, MAX_BACKLOG_BYTES);
  transport.open({ onMessage: () => {}, onUnreadable: (why) => told.push(why), onClose: () => {} });
  for (let sent = 0; sent < 100; sent++) transport.send("x".repeat(100));
  expect(told).toEqual(["the other side has left more than 1000 bytes unread, and is left"]);
  expect(socket).toMatchObject({ readyState: 3, bufferedAmount: 1100 });
});
