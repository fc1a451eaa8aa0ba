/**
 * A form with uploads (RFC 7578), held in memory and within bounds: nothing is written to a disk.
 * @module
 */
import { Buffer } from "node:buffer";
import { Busboy, type BusboyHeaders, type BusboyInstance } from "@fastify/busboy";
import { RequestError } from "../../errors.ts";
import { MAX_INPUT_IMAGES } from "../../protocol/images/parse.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Exchange } from "../exchange.ts";
import { decompress } from "./decompress.ts";

const FORM_TYPE = /^multipart\/form-data[ \t]*;/i;
const MAX_FIELDS = 64;
/** The images and a mask. */
const MAX_FILES = MAX_INPUT_IMAGES + 1;
/** A prompt has 32,000 characters at most; in UTF-8 none takes more than four bytes. */
const MAX_FIELD_BYTES = 128 * 1024;
const MAX_NAME_BYTES = 200;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 32;

/** An uploaded file. */
export interface FormFile {
  readonly bytes: Buffer;
  /** As the client named it, such as `image/png`; else `application/octet-stream`. */
  readonly type: string;
}

/** What came for a name: each field and each file in order. */
export interface Form {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly files: ReadonlyMap<string, readonly FormFile[]>;
}

/** True when the body says that it is such a form. */
export function isForm({ headers }: Exchange): boolean {
  return FORM_TYPE.test(headers["content-type"]?.trim() ?? "");
}

/**
 * Reads and parses the body. `name[]` and `name[0]` are the name alone.
 * @throws {RequestError} `body_too_large`, `request_malformed`, `request_invalid` when there is too much of something,
 * `content_type_unsupported` for an encoding nobody knows, `cancelled` when the client left.
 */
export async function readForm(exchange: Exchange, maxBodyBytes: number): Promise<Form> {
  const { headers } = exchange;
  const bytes = await decompress(await exchange.readBody(maxBodyBytes), headers["content-encoding"], maxBodyBytes);
  if (bytes.byteLength === 0) throw malformed("has no body");
  return await parseForm(bytes, headers["content-type"] ?? "");
}

function parseForm(bytes: Uint8Array, contentType: string): Promise<Form> {
  const fields = new Map<string, string[]>();
  const files = new Map<string, FormFile[]>();
  return new Promise((resolve, reject) => {
    const parser = openParser(contentType);
    const fail = (error: RequestError): void => {
      reject(error);
      parser.removeAllListeners("finish");
    };
    parser.on("field", (name, value, nameCut, valueCut) => {
      if (nameCut || valueCut) fail(tooMuch(`a field of more than ${MAX_FIELD_BYTES} bytes`));
      else add(fields, plainName(name), value);
    });
    parser.on("file", (name, stream, _fileName, _encoding, type) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => add(files, plainName(name), { bytes: Buffer.concat(chunks), type }));
      stream.on("error", () => fail(malformed("ends in the middle of a file")));
    });
    parser.on("partsLimit", () => fail(tooMuch(`more than ${MAX_FIELDS + MAX_FILES} parts`)));
    parser.on("fieldsLimit", () => fail(tooMuch(`more than ${MAX_FIELDS} fields`)));
    parser.on("filesLimit", () => fail(tooMuch(`more than ${MAX_FILES} files`)));
    parser.on("error", () => fail(malformed("is no valid form")));
    parser.on("finish", () => resolve({ fields, files }));
    parser.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}

function openParser(contentType: string): BusboyInstance {
  const headers: BusboyHeaders = { "content-type": contentType };
  const limits = {
    fieldNameSize: MAX_NAME_BYTES,
    fieldSize: MAX_FIELD_BYTES,
    fields: MAX_FIELDS,
    files: MAX_FILES,
    parts: MAX_FIELDS + MAX_FILES,
    headerPairs: MAX_HEADERS,
    headerSize: MAX_HEADER_BYTES,
  };
  try {
    return new Busboy({ headers, limits });
  } catch {
    throw malformed("has no boundary in its Content-Type");
  }
}

function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

function plainName(name: string): string {
  return name.replace(/\[\d{0,3}\]$/, "");
}

function malformed(what: string): RequestError<"request_malformed"> {
  return new RequestError("request_malformed", `The request's form ${what}; send multipart/form-data.`);
}

function tooMuch(what: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `The request's form has ${what}, which is more than is taken here.`);
}

/** Which fields of a form, whose values are all text, stand for something else. */
const NUMBERS: ReadonlySet<string> = new Set(["n", "output_compression", "partial_images"]);
const FLAGS: ReadonlySet<string> = new Set(["stream"]);

/**
 * The form as the JSON request would be: numbers and flags by what they stand for, files as `data:` URLs.
 * @throws {RequestError} `request_invalid` for a field that came twice, and for a file that is no image.
 */
export function formToRequest({ fields, files }: Form): JsonObject {
  const request: JsonObject = {};
  for (const [name, values] of fields) {
    const [value = ""] = values;
    // An image that is elsewhere may be named by its URL.
    if (name === "image" || name === "images") request[name] = [...values];
    else if (values.length > 1) throw invalidField(name, "it is there more than once");
    else request[name] = valueOf(name, value);
  }
  for (const [name, uploads] of files) {
    if (name === "mask" && uploads.length > 1) throw invalidField(name, "it is there more than once");
    const urls = uploads.map((upload, index) => toDataUrl(upload, uploads.length > 1 ? `${name}[${index}]` : name));
    const before = Array.isArray(request[name]) ? (request[name] as string[]) : [];
    request[name] = name === "mask" ? urls[0] : [...before, ...urls];
  }
  return request;
}

function valueOf(name: string, text: string): unknown {
  if (NUMBERS.has(name) && /^-?\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text);
  if (FLAGS.has(name) && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** Files by their first bytes: what a client says of a file's type is often nothing. */
const SIGNATURES: readonly (readonly [type: string, test: (bytes: Buffer) => boolean])[] = [
  ["image/png", (bytes) => bytes.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"))],
  ["image/jpeg", (bytes) => bytes.subarray(0, 3).equals(Buffer.from("ffd8ff", "hex"))],
  ["image/webp", (bytes) => bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP"],
  ["image/gif", (bytes) => bytes.toString("latin1", 0, 4) === "GIF8"],
];

function toDataUrl({ bytes, type }: FormFile, name: string): string {
  if (bytes.length === 0) throw invalidField(name, "the file is empty");
  const found = SIGNATURES.find(([, test]) => test(bytes))?.[0] ?? (/^image\/[\w.+-]+$/.test(type) ? type : undefined);
  if (found === undefined) throw invalidField(name, "the file is no PNG, JPEG, WebP or GIF");
  return `data:${found};base64,${bytes.toString("base64")}`;
}

function invalidField(param: string, problem: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param}: ${problem}.`, { cause: { param } });
}
