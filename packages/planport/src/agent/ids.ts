/**
 * Ids that sort by time: UUIDs of version 7 (RFC 9562 §5.7), as Codex gives them to threads, turns and items.
 * @module
 */
import { randomBytes } from "node:crypto";

let lastMs = 0;
let counter = 0;

/**
 * A new id. Ids of the same millisecond count up, so that they sort in the order in which they were made.
 * @param nowMs Milliseconds since the epoch.
 */
export function uuidv7(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = randomBytes(2).readUInt16BE() & 0x7ff; // Half of the room is left for counting.
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  const bytes = randomBytes(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a UUID in its usual form, in lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
