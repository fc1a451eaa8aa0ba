/**
 * Compressed request bodies, with the size limit held while they grow.
 * @module
 */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { RequestError } from "../../errors.ts";
import { bodyTooLarge } from "./body-limit.ts";

type Inflater = (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array>;

/** Codex compresses with zstd (openai/codex `codex-rs/codex-client/src/request.rs`); the rest is what HTTP libraries offer. */
const INFLATERS: ReadonlyMap<string, Inflater> = new Map<string, Inflater>([
  ["gzip", viaZlib(promisify(gunzip))],
  ["x-gzip", viaZlib(promisify(gunzip))],
  ["deflate", viaZlib(promisify(inflate))],
  ["br", viaZlib(promisify(brotliDecompress))],
  ["zstd", unzstd],
]);

/**
 * Undoes one `content-encoding` (RFC 9110 §8.4).
 * @throws {RequestError} `content_type_unsupported`, `request_malformed`, or `body_too_large` when it outgrows `maxBytes`.
 */
export async function decompress(
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return bytes;
  const inflater = INFLATERS.get(name);
  if (inflater === undefined)
    throw new RequestError(
      "content_type_unsupported",
      "The Content-Encoding of the request is not supported; send zstd, gzip, br, deflate, or none.",
    );
  try {
    return await inflater(bytes, maxBytes);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    if (error instanceof RangeError || (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw bodyTooLarge(maxBytes);
    throw new RequestError("request_malformed", `The request body is not valid ${name} data.`);
  }
}

function viaZlib(inflateOne: (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>): Inflater {
  return (bytes, maxBytes) => inflateOne(bytes, { maxOutputLength: maxBytes });
}

async function unzstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { Decompress } = await import("fzstd"); // Only here and only for Codex: most gateways never load it.
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const stream = new Decompress((chunk, final) => {
    size += chunk.byteLength;
    if (size > maxBytes) throw bodyTooLarge(maxBytes);
    chunks.push(chunk);
    ended ||= final === true;
  });
  stream.push(bytes, true);
  if (!ended) throw new RequestError("request_malformed", "The request body is not valid zstd data.");
  return Buffer.concat(chunks);
}
