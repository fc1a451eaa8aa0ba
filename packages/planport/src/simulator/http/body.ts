/**
 * Request bodies: read within a bound, decoded, parsed.
 * @module
 */
import type { IncomingMessage } from "node:http";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Decompress } from "fzstd";
import { RequestError } from "../../errors.ts";

const MAX_BODY_BYTES = 128 * 1024 * 1024;

/**
 * The whole body, with `content-encoding` undone.
 * @throws {RequestError} `body_too_large`, `content_type_unsupported` (an encoding nobody knows), `request_malformed`.
 */
export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks, total), req.headers["content-encoding"]);
}

function tooLarge(): RequestError<"body_too_large"> {
  return new RequestError("body_too_large", `The request body is larger than ${MAX_BODY_BYTES} bytes.`);
}

function decode(raw: Buffer, encoding: string | undefined): Buffer {
  const limits = { maxOutputLength: MAX_BODY_BYTES };
  try {
    switch (encoding?.trim().toLowerCase()) {
      case undefined:
      case "":
      case "identity":
        return raw;
      case "zstd":
        return unzstd(raw);
      case "gzip":
        return gunzipSync(raw, limits);
      case "deflate":
        return inflateSync(raw, limits);
      case "br":
        return brotliDecompressSync(raw, limits);
      default:
    }
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError("request_malformed", `The request body is not valid ${encoding}.`);
  }
  throw new RequestError("content_type_unsupported", `Unsupported content-encoding: ${encoding}.`);
}

/** Streamed, so that a frame that claims to be huge cannot make us allocate what it claims (RFC 8878 section 3.1.1.1.4). */
function unzstd(raw: Buffer): Buffer {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = new Decompress((chunk) => {
    total += chunk.length;
    if (total > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  });
  stream.push(raw, true);
  return Buffer.concat(chunks, total);
}
