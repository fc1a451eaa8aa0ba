/** The images API where a real backend is hard to bring to: short answers, slow readers, broken and endless forms. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { carrierOf } from "../../src/server/image-maker.ts";
import type { Listening } from "../../src/server/types.ts";
import type { ImagesApi } from "../../src/upstream/types.ts";
import {
  completed,
  errorOf,
  fakeClient,
  type FakeClient,
  readAnswer,
  readUntil,
  send,
  serve,
  startRequest,
} from "./kit.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");

/** A backend whose image path answers with so many images at a time. */
function withImagePath(atATime: number): FakeClient & { readonly asked: JsonObject[]; images: ImagesApi } {
  const asked: JsonObject[] = [];
  const images: ImagesApi = {
    make: async (_kind, body) => {
      asked.push(body);
      const data = Array.from({ length: atATime }, (_, index) => ({ b64_json: `QQ${asked.length}${index}` }));
      return { headers: { "x-request-id": "up-1" }, body: { data } };
    },
    pass: () => Promise.reject(new Error("not here")),
  };
  return Object.assign(fakeClient(), { images, asked });
}
const post = (at: Listening, path: string, body: unknown) => send(at, path, { body: JSON.stringify(body) });

describe("an image path that makes fewer images than asked for", () => {
  it("is asked again for the rest, which is told", async () => {
    const client = withImagePath(2);
    const { text, headers } = await post(await serve({ client }), "/v1/images/generations", { prompt: "x", n: 5 });
    expect((JSON.parse(text) as { data: unknown[] }).data).toEqual([
      { b64_json: "QQ10" },
      { b64_json: "QQ11" },
      { b64_json: "QQ20" },
      { b64_json: "QQ21" },
      { b64_json: "QQ30" },
    ]);
    expect(client.asked.map(({ n }) => n)).toEqual([5, 2, undefined]);
    expect(headers["x-planport-changes"]).toBe("n=emulated");
    expect(headers["x-planport-account"]).toBe(await client.account());
  });

  it("is asked by up to four calls at a time when it makes one at a time", async () => {
    const client = withImagePath(1);
    const make = client.images.make.bind(client.images);
    let running = 0;
    let most = 0;
    client.images = {
      pass: () => Promise.reject(new Error("not here")),
      make: async (...call) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        return await make(...call);
      },
    };
    const { text } = await post(await serve({ client }), "/v1/images/generations", { prompt: "x", n: 10 });
    expect((JSON.parse(text) as { data: unknown[] }).data).toHaveLength(10);
    expect([client.asked.length, most]).toEqual([10, 4]);
  });

  it("that makes nothing more is an error, not a shorter answer", async () => {
    const client = withImagePath(2);
    const { images } = client;
    let calls = 0;
    client.images = { ...images, make: async (...call) => (calls++ === 0 ? await images.make(...call) : null) };
    const answer = await post(await serve({ client }), "/v1/images/generations", { prompt: "x", n: 4 });
    expect([answer.status, errorOf(answer)]).toMatchObject([502, { code: "upstream_malformed" }]);
  });

  it("streams no more images than were asked for", async () => {
    const client = withImagePath(2);
    const body = { prompt: "x", n: 3, stream: true };
    const { text } = await post(await serve({ client }), "/v1/images/generations", body);
    expect(text.match(/^event: .*$/gm)).toEqual(Array.from({ length: 3 }, () => "event: image_generation.completed"));
  });
});

const partial = (chars: number): CodexEvent => ({
  type: "response.image_generation_call.partial_image",
  partial_image_index: 0,
  partial_image_b64: "A".repeat(chars),
});
const finished: CodexEvent = {
  type: "response.output_item.done",
  output_index: 0,
  item: { type: "image_generation_call", result: "QQ==" },
};

describe("a stream", () => {
  const models = { catalogue: async () => ({ models: [{ slug: "gpt-x", priority: 1 }] as never }) };
  const body = JSON.stringify({ prompt: "x", stream: true, partial_images: 1 });

  it("begins in time and stays awake while the image is being made", async () => {
    const client = Object.assign(fakeClient(), models);
    const at = await serve({ client, commitAfterMs: 20, keepAliveMs: 20 });
    const { head } = startRequest(at, "/v1/images/generations", { body });
    const message = await head;
    expect(message.statusCode).toBe(200);
    await readUntil(message, (text) => (text.match(/^: keep-alive/gm) ?? []).length >= 3);
    const call = await client.call();
    call.events(partial(4), finished, completed);
    const rest = await readUntil(message, (text) => text.includes("image_generation.completed"));
    expect(rest).toContain("image_generation.partial_image");
  });

  it("that fails after it began says so in an event", async () => {
    const client = Object.assign(fakeClient(), models);
    const at = await serve({ client, commitAfterMs: 5 });
    const { head } = startRequest(at, "/v1/images/generations", { body });
    const message = await head;
    (await client.call()).events({ type: "response.failed", response: { error: { code: "x", message: "No." } } });
    const text = await readUntil(message, (soFar) => soFar.includes("event: error"));
    expect(text).toContain('"type":"error"');
  });

  it("that nobody reads waits, and is whole once it is read", async () => {
    const client = Object.assign(fakeClient(), models);
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/images/generations", { body });
    const call = await client.call();
    call.events(partial(8 * 1024 * 1024));
    const message = await head;
    message.pause();
    call.events(partial(8 * 1024 * 1024), partial(8 * 1024 * 1024), finished, completed);
    const { text, complete } = await readAnswer(message);
    expect(complete).toBe(true);
    expect(text.match(/^event: .*$/gm)).toHaveLength(4);
  });

  it("that nobody reads while several calls make an image at once is whole, too", async () => {
    const client = withImagePath(1);
    const big = "A".repeat(8 * 1024 * 1024);
    let first = true;
    client.images = {
      ...client.images,
      make: async () => {
        if (first) first = false;
        else await new Promise(setImmediate);
        return { headers: {}, body: { data: [{ b64_json: big }] } };
      },
    };
    const several = JSON.stringify({ prompt: "x", n: 5, stream: true });
    const { head } = startRequest(await serve({ client }), "/v1/images/generations", { body: several });
    const message = await head;
    message.pause();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const { text, complete } = await readAnswer(message);
    expect(complete).toBe(true);
    expect(text.match(/^event: image_generation.completed$/gm)).toHaveLength(5);
  });

  it("that nobody reads for long is cut", async () => {
    const client = Object.assign(fakeClient(), models);
    const at = await serve({ client, unreadLimitMs: 30 });
    const { head } = startRequest(at, "/v1/images/generations", { body });
    const call = await client.call();
    call.events(partial(8 * 1024 * 1024));
    const message = await head;
    message.pause();
    await call.stopped;
  });
});

describe("the model that works the tool", () => {
  const model = (slug: string, priority: number, extra: JsonObject = {}) => ({ slug, priority, ...extra }) as never;
  it("is the first of the list that takes its tools in the usual way", () => {
    const lite = model("lite", 1, { use_responses_lite: true, visibility: "list" });
    const usual = model("usual", 2, { visibility: "list" });
    const hidden = model("hidden", 0, { visibility: "hide" });
    expect(carrierOf([usual, lite, hidden])).toBe("usual");
    expect(carrierOf([lite, hidden])).toBe("lite");
    expect(carrierOf([hidden])).toBe("hidden");
    expect(carrierOf([])).toBeNull();
  });
});

const LINE = "\r\n";
interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly head?: string;
}
/** A form, byte for byte. */
function formOf(parts: readonly Part[], boundary = "xx"): Buffer {
  const pieces = parts.flatMap(({ name, value, head }) => [
    Buffer.from(`--${boundary}${LINE}content-disposition: form-data; name="${name}"${head ?? ""}${LINE}${LINE}`),
    Buffer.from(value),
    Buffer.from(LINE),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${LINE}`)]);
}
const file = (name: string, value: Buffer | string): Part => ({
  name,
  value,
  head: `; filename="a.png"${LINE}content-type: application/octet-stream`,
});
const FORM = { "content-type": "multipart/form-data; boundary=xx" };

describe("a form", () => {
  const edit = async (body: Buffer, headers: Record<string, string> = FORM, maxBodyBytes = 4 * 1024 * 1024) => {
    const client = withImagePath(1);
    const answer = await send(await serve({ client, maxBodyBytes }), "/v1/images/edits", { body, headers });
    return { ...answer, asked: client.asked };
  };
  const usual = [{ name: "prompt", value: "x" }, file("image", PNG)];

  it("is read whatever bytes its files hold, its files known by their own first bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ minLength: 1 }), async (bytes, text) => {
        const content = Buffer.concat([PNG, bytes]);
        fc.pre(!content.includes("--xx"));
        // A form's text cannot hold a lone surrogate, nor end a line otherwise than by CRLF without being the same.
        const prompt = Buffer.from(`p${text}`, "utf8").toString("utf8");
        fc.pre(!prompt.includes("--xx"));
        const { status, asked } = await edit(formOf([{ name: "prompt", value: prompt }, file("image[]", content)]));
        expect(status).toBe(200);
        const images = [{ image_url: `data:image/png;base64,${content.toString("base64")}` }];
        expect(asked).toEqual([{ model: "gpt-image-2", prompt, images }]);
      }),
      { numRuns: 40 },
    );
  });

  it("may be compressed, and may name images by URL", async () => {
    const zipped = gzipSync(formOf([...usual, { name: "image", value: "https://x.test/a.png" }]));
    const { status, asked } = await edit(zipped, { ...FORM, "content-encoding": "gzip" });
    expect(status).toBe(200);
    expect(asked[0]?.["images"]).toHaveLength(2);
  });

  it.each([
    ["an image that is none", [{ name: "prompt", value: "x" }, file("image", "text")], "image"],
    ["an empty image", [{ name: "prompt", value: "x" }, file("image", "")], "image"],
    ["two masks", [...usual, file("mask", PNG), file("mask", PNG)], "mask"],
    ["a field that came twice", [...usual, { name: "prompt", value: "y" }], "prompt"],
    ["no image", [{ name: "prompt", value: "x" }], "images"],
    ["a number that is none", [...usual, { name: "n", value: "two" }], "n"],
    ["too many images", [...usual, ...Array.from({ length: 17 }, () => file("image", PNG))], null],
    ["too many fields", Array.from({ length: 80 }, (_, index) => ({ name: `f${index}`, value: "x" })), null],
    ["a field that is too long", [{ name: "prompt", value: "x".repeat(200_000) }], null],
  ])("is refused by name: %s", async (_what, parts, param) => {
    const answer = await edit(formOf(parts));
    expect([answer.status, errorOf(answer)]).toMatchObject([400, { code: "request_invalid", param }]);
    expect(answer.asked).toEqual([]);
  });

  it("is refused when it is larger than bodies may be, compressed or not", async () => {
    const large = formOf([...usual, file("image", Buffer.concat([PNG, Buffer.alloc(100_000)]))]);
    expect((await edit(large, FORM, 50_000)).status).toBe(413);
    expect((await edit(gzipSync(large), { ...FORM, "content-encoding": "gzip" }, 50_000)).status).toBe(413);
  });

  it.each([
    ["that breaks off", formOf(usual).subarray(0, -20), FORM],
    ["that breaks off in a head", Buffer.from(`--xx${LINE}content-dispo`), FORM],
    ["without a boundary", formOf(usual), { "content-type": "multipart/form-data; charset=utf-8" }],
    ["with another boundary", formOf(usual, "yy"), FORM],
    ["that is empty", Buffer.alloc(0), FORM],
  ])("%s is refused", async (_what, body, headers) => {
    const answer = await edit(body, headers);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: expect.stringMatching(/^request_(malformed|invalid)$/) as string });
    expect(answer.asked).toEqual([]);
  });

  it("leaves nothing behind when random bytes come in its place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 500 }), async (bytes) => {
        const { status } = await edit(Buffer.concat([Buffer.from(`--xx${LINE}`), Buffer.from(bytes)]));
        expect(status).toBe(400);
      }),
      { numRuns: 40 },
    );
  });
});
