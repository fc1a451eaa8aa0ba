import { describe, expect, it } from "vitest";
import {
  IMAGE_EDIT_FIELDS,
  IMAGE_FIELDS,
  parseImageEditRequest,
  parseImageRequest,
} from "../../src/protocol/images/parse.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { addUsage } from "../../src/translate/images/answer.ts";
import {
  createImageReader,
  type ImageJob,
  readImagePathAnswer,
  toCompletedEvent,
  toImageJob,
  toImagePathBody,
  toImagesResponse,
  toPartialEvent,
  toToolRequest,
} from "../../src/translate/images/index.ts";
import { IMAGE_EDIT_PARAMETERS, IMAGE_PARAMETERS } from "../../src/translate/images/parameters.ts";
import type { Parameter } from "../../src/translate/parameters.ts";

const no = () => false;
const jobOf = (extra: JsonObject = {}): ImageJob =>
  toImageJob(parseImageRequest({ prompt: "A cat", ...extra }), "generations", no);
const editOf = (extra: JsonObject = {}): ImageJob =>
  toImageJob(
    parseImageEditRequest({ prompt: "A hat", images: [{ image_url: "https://x.test/a.png" }], ...extra }),
    "edits",
    no,
  );
const told = (job: ImageJob): string[] => job.changes.map(({ path, action }) => `${path}=${action}`);
const toolOf = (job: ImageJob): unknown => toToolRequest(job, "gpt-x").tools?.[0];

/** For each parameter a value that asks for something, and what is told of it. */
const SAMPLES: Readonly<Record<string, readonly [value: unknown, told: string | null]>> = {
  model: ["dall-e-3", "mapped"],
  n: [2, null],
  size: ["1536x1024", null],
  quality: ["hd", "mapped"],
  background: ["transparent", null],
  output_format: ["webp", null],
  output_compression: [50, null],
  moderation: ["low", null],
  partial_images: [2, "dropped"],
  stream: [true, null],
  response_format: ["url", "emulated"],
  style: ["vivid", "dropped"],
  user: ["me", "dropped"],
  input_fidelity: ["high", null],
  mask: [{ image_url: "https://x.test/m.png" }, null],
};

describe("the tables of the images API", () => {
  it("say what becomes of every parameter that is checked", () => {
    expect(Object.keys(IMAGE_FIELDS).filter((name) => !(name in IMAGE_PARAMETERS))).toEqual([]);
    expect(Object.keys(IMAGE_EDIT_FIELDS).filter((name) => !(name in IMAGE_EDIT_PARAMETERS))).toEqual([]);
    const untested = Object.keys(IMAGE_EDIT_PARAMETERS).filter((name) => !(name in SAMPLES));
    expect(untested).toEqual(["images", "image", "prompt"]);
  });

  it.each(Object.entries(SAMPLES))("are kept for %s", (name, [value, change]) => {
    const { fate } = IMAGE_EDIT_PARAMETERS[name] as Parameter;
    const job = editOf({ [name]: value });
    expect(told(job)).toEqual(change === null ? [] : [`${name}=${change}`]);
    const sent = [...Object.keys(toImagePathBody(job, job.n)), ...Object.keys(toolOf(job) as object)];
    if (fate === "passed") expect(toolOf(job)).toMatchObject({ [name]: value });
    if (fate === "dropped") expect(sent).not.toContain(name);
  });

  it("let through what they do not name, on both ways", () => {
    const job = jobOf({ new_option: { a: 1 } });
    expect(toImagePathBody(job, 1)).toEqual({ model: "gpt-image-2", prompt: "A cat", new_option: { a: 1 } });
    expect(toolOf(job)).toEqual({ type: "image_generation", new_option: { a: 1 } });
  });

  it("say nothing of null and of what happens anyway", () => {
    const job = jobOf({
      n: null,
      style: null,
      size: null,
      response_format: "b64_json",
      partial_images: 0,
      stream: null,
    });
    expect(told(job)).toEqual([]);
    expect(job).toMatchObject({ n: 1, stream: false, needsTool: false, options: {} });
  });
});

describe("a job", () => {
  it.each([
    [{}, false],
    [{ output_format: "png", moderation: "auto", background: "opaque", n: 10 }, false],
    [{ stream: true }, false],
    [{ partial_images: 3 }, false],
    [{ stream: true, partial_images: 1 }, true],
    [{ output_format: "jpeg" }, true],
    [{ output_compression: 0 }, true],
    [{ moderation: "low" }, true],
  ])("needs the tool for what the image path has no field for: %j", (extra, needsTool) => {
    expect(jobOf(extra).needsTool).toBe(needsTool);
  });

  it("knows models that draw from models of the plan", () => {
    const parse = (model: string) =>
      toImageJob(parseImageRequest({ prompt: "x", model }), "generations", (name) => name.startsWith("gpt-"));
    expect(parse("gpt-5.5")).toMatchObject({ carrier: "gpt-5.5", imageModel: null, needsTool: true });
    expect(parse("gpt-image-1-mini")).toMatchObject({
      carrier: null,
      imageModel: "gpt-image-1-mini",
      needsTool: false,
    });
    expect(parse("chatgpt-image-latest")).toMatchObject({ imageModel: "chatgpt-image-latest" });
    expect(parse("brand-new")).toMatchObject({ imageModel: "brand-new", carrier: null });
    expect(toolOf(parse("gpt-image-1-mini"))).toEqual({ type: "image_generation", model: "gpt-image-1-mini" });
  });

  it("goes to the image path in the fields that it has", () => {
    const options = { size: "1024x1024", quality: "low", background: "opaque" };
    expect(toImagePathBody(jobOf({ ...options, output_format: "png", moderation: "auto" }), 3)).toEqual({
      model: "gpt-image-2",
      prompt: "A cat",
      n: 3,
      ...options,
    });
    expect(toImagePathBody(editOf(), 1)).toEqual({
      model: "gpt-image-2",
      prompt: "A hat",
      images: [{ image_url: "https://x.test/a.png" }],
    });
  });

  it("goes to the tool with its images in the message and its prompt word for word", () => {
    const request = toToolRequest(editOf({ mask: "https://x.test/m.png", size: "auto" }), "gpt-x");
    expect(request).toMatchObject({
      model: "gpt-x",
      store: false,
      parallel_tool_calls: false,
      tool_choice: { type: "image_generation" },
      tools: [{ type: "image_generation", size: "auto", input_image_mask: { image_url: "https://x.test/m.png" } }],
    });
    expect(request.input).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "A hat" },
          { type: "input_image", image_url: "https://x.test/a.png", detail: "auto" },
        ],
      },
    ]);
  });
});

describe("the images of an edit", () => {
  const url = "data:image/png;base64,AAAA";
  it.each([[{ image: url }], [{ image: [url] }], [{ images: [{ image_url: url }] }], [{ images: [url] }]])(
    "are taken in the form %j",
    (images) => {
      expect(parseImageEditRequest({ prompt: "x", ...images }).images).toEqual([{ image_url: url }]);
    },
  );

  it.each([
    [{}, "images"],
    [{ images: [] }, "images"],
    [{ images: Array.from({ length: 17 }, () => url) }, "images"],
    [{ image: url, images: [url] }, "image"],
    [{ image: 3 }, "image"],
    [{ image: [url, ""] }, "image[1]"],
    [{ images: [{ file_id: "file-1" }] }, "images[0].file_id"],
    [{ images: [{ image_url: "file:///etc/passwd" }] }, "images[0].image_url"],
    [{ image: url, mask: "data:text/plain,x" }, "mask"],
  ])("are refused by name: %#", (images, param) => {
    const parse = () => parseImageEditRequest({ prompt: "x", ...images });
    expect(parse).toThrow(expect.objectContaining({ code: "request_invalid", cause: { param } }));
  });

  it("are asked for by both names when there are none", () => {
    expect(() => parseImageEditRequest({ prompt: "x" })).toThrow(
      "images: expected 1 to 16 images, here or in image, got",
    );
  });
});

const item = (extra: JsonObject): CodexEvent => ({
  type: "response.output_item.done",
  output_index: 0,
  item: extra as never,
});
const cost = (output: number) => ({
  input_tokens: 1,
  input_tokens_details: { text_tokens: 1, image_tokens: 0 },
  output_tokens: output,
  total_tokens: output + 1,
});

describe("what the backend made", () => {
  it("is read from the events of a model call, whatever else they hold", () => {
    const reader = createImageReader();
    expect(reader.push({ type: "response.created", response: {} })).toBeNull();
    expect(reader.push(item({ type: "reasoning", id: "rs_1" }))).toBeNull();
    const partial = {
      type: "response.image_generation_call.partial_image",
      partial_image_index: 1,
      partial_image_b64: "QQ==",
    };
    expect(reader.push({ ...partial, size: "auto" })).toEqual({ base64: "QQ==", index: 1, facts: { size: "auto" } });
    expect(reader.push({ ...partial, partial_image_b64: undefined })).toBeNull();
    reader.push(
      item({ type: "image_generation_call", result: "Qg==", revised_prompt: "B", size: "1x1", quality: "low" }),
    );
    reader.push(item({ type: "message", content: [{ type: "output_text", text: "Here it is." }] }));
    reader.push({ type: "response.completed", response: { tool_usage: { image_gen: cost(7) }, usage: cost(99) } });
    expect(reader.result()).toEqual({
      images: [{ base64: "Qg==", revisedPrompt: "B", facts: { size: "1x1", quality: "low" } }],
      usage: cost(7),
    });
  });

  it("is an error by name when there is no image in it", () => {
    expect(() => createImageReader().result()).toThrow(expect.objectContaining({ code: "upstream_malformed" }));
    const reader = createImageReader();
    reader.push(item({ type: "image_generation_call", status: "failed", result: null }));
    reader.push(item({ type: "message", content: [{ type: "refusal", refusal: "I will not." }] }));
    expect(() => reader.result()).toThrow(
      expect.objectContaining({ code: "content_refused", message: expect.stringContaining("I will not.") as string }),
    );
    expect(() => readImagePathAnswer({ data: [{ url: "x" }, {}] })).toThrow(
      expect.objectContaining({ code: "upstream_malformed" }),
    );
  });

  it("is told in the words of the images API, never more of it than was asked for", () => {
    const made = readImagePathAnswer({
      data: [{ b64_json: "QQ==" }, { b64_json: "/9j/" }],
      size: "2x2",
      usage: cost(4),
    });
    expect(toImagesResponse(jobOf({ n: 2 }), [made], 5)).toEqual({
      created: 5,
      size: "2x2",
      data: [{ b64_json: "QQ==" }, { b64_json: "/9j/" }],
      usage: cost(4),
    });
    expect(toImagesResponse(jobOf({ n: 1 }), [made], 5).data).toHaveLength(1);
    expect(toImagesResponse(jobOf({ n: 2, response_format: "url" }), [made], 5).data).toEqual([
      { url: "data:image/png;base64,QQ==" },
      { url: "data:image/jpeg;base64,/9j/" },
    ]);
  });

  it("is told as events of the endpoint that was called", () => {
    const partial = { base64: "QQ==", index: 2, facts: { size: "2x2" } };
    expect(toPartialEvent(editOf({ quality: "low" }), partial, 5)).toEqual({
      type: "image_edit.partial_image",
      b64_json: "QQ==",
      created_at: 5,
      background: "auto",
      output_format: "png",
      quality: "low",
      size: "2x2",
      partial_image_index: 2,
    });
    const image = { base64: "QQ==", revisedPrompt: "A", facts: { output_format: "png" } };
    expect(toCompletedEvent(jobOf(), image, cost(1), 5)).toEqual({
      type: "image_generation.completed",
      b64_json: "QQ==",
      revised_prompt: "A",
      created_at: 5,
      output_format: "png",
      usage: cost(1),
    });
  });

  it("costs what all calls cost together, and nothing is said when one did not say", () => {
    expect(addUsage([cost(1), cost(2)])).toEqual({
      input_tokens: 2,
      input_tokens_details: { text_tokens: 2, image_tokens: 0 },
      output_tokens: 3,
      total_tokens: 5,
    });
    expect(addUsage([cost(1), null])).toBeNull();
    expect(addUsage([])).toBeNull();
  });
});
