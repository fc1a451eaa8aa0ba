/**
 * Where the simulator's ids and keys come from.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";

/** A source of bytes: the system's, or one that a seed decides. */
export interface Random {
  /** The next `count` bytes. */
  bytes(count: number): Buffer;
  /** `<prefix>` and `count` random bytes in hex. */
  hex(prefix: string, count: number): string;
  /** `<prefix>` and `count` random bytes in base64url. */
  token(prefix: string, count: number): string;
  /** A version 4 UUID (RFC 9562 section 5.4). */
  uuid(): string;
}

/** Makes a source. With a seed the same sequence comes every time (SHA-256 in counter mode); not for real secrets. */
export function createRandom(seed?: string): Random {
  const bytes = seed === undefined ? randomBytes : seededBytes(seed);
  return {
    bytes,
    hex: (prefix, count) => prefix + bytes(count).toString("hex"),
    token: (prefix, count) => prefix + bytes(count).toString("base64url"),
    uuid() {
      const raw = bytes(16);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      const hex = raw.toString("hex");
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    },
  };
}

function seededBytes(seed: string): (count: number) => Buffer {
  let counter = 0;
  return (count) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < count; have += 32)
      blocks.push(createHash("sha256").update(`${seed}:${counter++}`).digest());
    return Buffer.concat(blocks).subarray(0, count);
  };
}
