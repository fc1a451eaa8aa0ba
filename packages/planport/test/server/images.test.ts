/** The images API from OpenAI's own SDK to the simulator and back, by all three ways: image path, tool, plain API. */
import OpenAI, { toFile } from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Listening } from "../../src/server/types.ts";
import { failed, type Simulator, startSimulator, usageLimit } from "../../src/simulator/index.ts";
import { createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import { errorOf, readUntil, send, serve, startRequest } from "./kit.ts";
import { decodePng } from "../simulator/png.ts";

let simulator: Simulator;
let http: HttpClient;
beforeAll(async () => {
  simulator = await startSimulator({ seed: "images" });
  http = createHttpClient({ env: {} });
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await http.close();
  await simulator.close();
});

function grantOf(kind: "chatgpt" | "apiKey"): Grant {
  const bearer = kind === "apiKey" ? simulator.issueApiKey() : simulator.issueTokens().accessToken;
  return {
    kind,
    bearer: new Secret(bearer),
    accountId: kind === "apiKey" ? null : simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
}

async function gateway(kind: "chatgpt" | "apiKey" = "chatgpt", now: () => number = Date.now): Promise<Listening> {
  const grant = grantOf(kind);
  const endpoints =
    kind === "apiKey"
      ? resolveEndpoints({ route: "platform", baseUrl: simulator.platformBaseUrl })
      : resolveEndpoints({ baseUrl: simulator.codexBaseUrl });
  const tokens = { get: () => Promise.resolve(grant), recover: () => Promise.resolve(null) };
  return serve({ client: createCodexClient({ tokens, http, endpoints, now, sleep: () => Promise.resolve() }) });
}
const sdk = (at: Listening) => new OpenAI({ baseURL: `${at.url}/v1`, apiKey: "anything", maxRetries: 0 });
const pathsOf = () => simulator.requests.map(({ path }) => path.replace(/^\/(?:backend-api\/codex|v1)/, ""));
const bodiesOf = (path: string) =>
  simulator.requests
    .filter((request) => request.path.endsWith(path))
    .map(({ body }) => body as Record<string, unknown>);
const noImagePath = () =>
  simulator.script.always("images", { kind: "http", status: 404, body: { detail: "Not Found" } });
const bytesOf = (base64: string | undefined): Buffer => Buffer.from(base64 ?? "", "base64");
const cat = "A cat on a mat";
const picture = async (): Promise<Buffer> => {
  const { data } = await sdk(await gateway()).images.generate({ prompt: "a picture to start from" });
  simulator.reset();
  return bytesOf(data?.[0]?.b64_json);
};

describe("images from words", () => {
  it("come by the backend's own image path, in the size and with the facts that it tells", async () => {
    const openai = sdk(await gateway());
    const { data: answer, response } = await openai.images
      .generate({ model: "gpt-image-2", prompt: cat, size: "1536x1024", quality: "low", background: "transparent" })
      .withResponse();
    expect(answer).toMatchObject({
      created: expect.any(Number) as number,
      size: "1536x1024",
      quality: "low",
      background: "transparent",
      output_format: "png",
      usage: { input_tokens: 4, output_tokens: 408, total_tokens: 412 },
    });
    const png = decodePng(bytesOf(answer.data?.[0]?.b64_json));
    expect(png).toMatchObject({ width: 1536, height: 1024, transparent: true });
    expect(pathsOf()).toEqual(["/images/generations"]);
    expect(bodiesOf("/images/generations")).toEqual([
      { model: "gpt-image-2", prompt: cat, size: "1536x1024", quality: "low", background: "transparent" },
    ]);
    expect(response.headers.get("x-planport-changes")).toBeNull();
    expect(response.headers.get("x-codex-primary-used-percent")).toBe("8");
  });

  it("come by the tool of a model of the plan where there is no image path, and that is asked for once an hour", async () => {
    noImagePath();
    let nowMs = 1_800_000_000_000;
    const openai = sdk(await gateway("chatgpt", () => nowMs));
    const make = () => openai.images.generate({ prompt: cat, size: "1024x1536" }).withResponse();
    const first = await make();
    await make();
    expect(pathsOf().filter((path) => path !== "/models")).toEqual(["/images/generations", "/responses", "/responses"]);
    expect(decodePng(bytesOf(first.data.data?.[0]?.b64_json))).toMatchObject({ width: 1024, height: 1536 });
    expect(first.data).toMatchObject({
      size: "1024x1536",
      output_format: "png",
      data: [{ revised_prompt: cat }],
      usage: { output_tokens_details: { image_tokens: 1584 } },
    });
    expect(first.response.headers.get("x-planport-changes")).toBe("prompt=mapped");
    const [call] = bodiesOf("/responses");
    expect(call).toMatchObject({
      tools: [{ type: "image_generation", size: "1024x1536" }],
      tool_choice: { type: "image_generation" },
      input: [{ role: "user", content: [{ type: "input_text", text: cat }] }],
    });
    nowMs += 60 * 60_000;
    await make();
    expect(pathsOf().filter((path) => path === "/images/generations")).toHaveLength(2);
  });

  it("are as many as were asked for, by several calls of the tool", async () => {
    noImagePath();
    const { data: answer, response } = await sdk(await gateway())
      .images.generate({ prompt: cat, n: 5 })
      .withResponse();
    expect(answer.data).toHaveLength(5);
    expect(bodiesOf("/responses")).toHaveLength(5);
    expect(answer.usage?.output_tokens).toBe(5 * 1056);
    expect(response.headers.get("x-planport-changes")).toBe("prompt=mapped, n=emulated");
  });

  it("are as many as were asked for by one call of the image path that makes them all", async () => {
    const { data: answer, response } = await sdk(await gateway())
      .images.generate({ prompt: cat, n: 3 })
      .withResponse();
    expect(new Set(answer.data?.map((image) => image.b64_json)).size).toBe(3);
    expect(bodiesOf("/images/generations")).toMatchObject([{ n: 3 }]);
    expect(response.headers.get("x-planport-changes")).toBeNull();
  });

  it("go by the tool for what the image path does not take, and by the model that is named", async () => {
    const openai = sdk(await gateway());
    await openai.images.generate({ prompt: cat, moderation: "low" });
    await openai.images.generate({ prompt: cat, model: "gpt-5.5", output_format: "png" });
    expect(pathsOf().filter((path) => path !== "/models")).toEqual(["/responses", "/responses"]);
    expect(bodiesOf("/responses")).toMatchObject([
      { tools: [{ type: "image_generation", moderation: "low" }] },
      { model: "gpt-5.5", tools: [{ type: "image_generation", output_format: "png" }] },
    ]);
  });

  it("come as data: URLs when URLs are asked for, and DALL·E's words are put into today's, all told", async () => {
    const { data: answer, response } = await sdk(await gateway())
      .images.generate({
        prompt: cat,
        model: "dall-e-3",
        quality: "hd",
        style: "vivid",
        response_format: "url",
        user: "",
      })
      .withResponse();
    const url = answer.data?.[0]?.url ?? "";
    expect(url).toMatch(/^data:image\/png;base64,/);
    expect(decodePng(bytesOf(url.split(",")[1])).width).toBe(1024);
    expect(bodiesOf("/images/generations")).toEqual([{ model: "gpt-image-2", prompt: cat, quality: "high" }]);
    const told = (response.headers.get("x-planport-changes") ?? "").split(", ");
    expect(told).toEqual(
      expect.arrayContaining(["style=dropped", "model=mapped", "quality=mapped", "response_format=emulated"]),
    );
  });
});

describe("streamed images", () => {
  it("show first sights and then the image, with its cost", async () => {
    const openai = sdk(await gateway());
    const events = [];
    for await (const event of await openai.images.generate({ prompt: cat, stream: true, partial_images: 2 }))
      events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      "image_generation.partial_image",
      "image_generation.partial_image",
      "image_generation.completed",
    ]);
    expect(events).toMatchObject([
      { partial_image_index: 0, size: "1024x1024", created_at: expect.any(Number) as number },
      { partial_image_index: 1 },
      { usage: { total_tokens: 1060 }, quality: "medium" },
    ]);
    expect(new Set(events.map((event) => event.b64_json)).size).toBe(3);
    expect(bodiesOf("/responses")).toMatchObject([{ tools: [{ partial_images: 2 }] }]);
  });

  it("without first sights come by the image path, one event for each", async () => {
    const types: string[] = [];
    for await (const event of await sdk(await gateway()).images.generate({ prompt: cat, stream: true, n: 2 }))
      types.push(event.type);
    expect(types).toEqual(["image_generation.completed", "image_generation.completed"]);
    expect(pathsOf()).toEqual(["/images/generations"]);
  });

  it("with first sights are made one after the other, so that each is known by its place", async () => {
    const seen: string[] = [];
    const stream = await sdk(await gateway()).images.generate({ prompt: cat, stream: true, n: 3, partial_images: 1 });
    for await (const event of stream) seen.push(event.type.split(".")[1] ?? "");
    expect(seen).toEqual(["partial_image", "completed", "partial_image", "completed", "partial_image", "completed"]);
  });

  it("that fail in the middle end in an error that the SDK throws", async () => {
    simulator.script.push("responses", failed("moderation_blocked", "Blocked.", 9));
    const stream = await sdk(await gateway()).images.generate({ prompt: cat, stream: true, partial_images: 2 });
    const types: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of stream) types.push(event.type);
    };
    await expect(read()).rejects.toMatchObject({ code: "content_refused", message: "Blocked." });
    expect(types).toHaveLength(2);
  });

  it("that fail before they begin are answered with a status", async () => {
    simulator.script.push("images", usageLimit({ resetsInSeconds: 60 }));
    await expect(sdk(await gateway()).images.generate({ prompt: cat, stream: true })).rejects.toMatchObject({
      status: 429,
      code: "usage_limit_reached",
    });
  });
});

describe("edits", () => {
  it("take uploads as a form, and hand them on as data: URLs", async () => {
    const start = await picture();
    const openai = sdk(await gateway());
    const image = [await toFile(start, "a.png", { type: "image/png" }), await toFile(start, "b.png")];
    const answer = await openai.images.edit({ image, prompt: "Make it blue: \u{1F535} ß", quality: "high", n: 2 });
    expect(answer.data).toHaveLength(2);
    const url = `data:image/png;base64,${start.toString("base64")}`;
    expect(bodiesOf("/images/edits")).toEqual([
      {
        model: "gpt-image-2",
        prompt: "Make it blue: \u{1F535} ß",
        images: [{ image_url: url }, { image_url: url }],
        n: 2,
        quality: "high",
      },
    ]);
  });

  it("with a mask go by the tool, streamed too", async () => {
    const start = await picture();
    const openai = sdk(await gateway());
    const file = await toFile(start, "a.png", { type: "image/png" });
    const types: string[] = [];
    const stream = await openai.images.edit({
      image: file,
      mask: file,
      prompt: "A hat",
      stream: true,
      partial_images: 1,
    });
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual(["image_edit.partial_image", "image_edit.completed"]);
    const url = `data:image/png;base64,${start.toString("base64")}`;
    expect(bodiesOf("/responses")).toMatchObject([
      {
        tools: [{ type: "image_generation", input_image_mask: { image_url: url }, partial_images: 1 }],
        input: [{ content: [{ text: "A hat" }, { type: "input_image", image_url: url }] }],
      },
    ]);
  });

  it("take JSON with URLs", async () => {
    const at = await gateway();
    const body = JSON.stringify({ prompt: "A hat", images: [{ image_url: "https://example.com/a.png" }] });
    const { status, text } = await send(at, "/v1/images/edits", { body });
    expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([200, expect.arrayContaining(["data", "usage"])]);
    expect(bodiesOf("/images/edits")).toMatchObject([{ images: [{ image_url: "https://example.com/a.png" }] }]);
  });

  it("of other kinds are for API keys", async () => {
    const image = await toFile(await picture(), "a.png");
    await expect(sdk(await gateway()).images.createVariation({ image })).rejects.toMatchObject({
      status: 501,
      code: "not_supported",
    });
  });
});

describe("with an API key", () => {
  it("requests and answers are passed on as they are, forms and streams too", async () => {
    const start = await picture();
    const openai = sdk(await gateway("apiKey"));
    const answer = await openai.images.generate({ prompt: cat, n: 2, moderation: "low" });
    expect(answer.data).toHaveLength(2);
    const edited = await openai.images.edit({
      image: await toFile(start, "a.png", { type: "image/png" }),
      prompt: "A hat",
    });
    expect(edited.usage?.input_tokens_details.image_tokens).toBe(323);
    const types: string[] = [];
    for await (const event of await openai.images.generate({ prompt: cat, stream: true, partial_images: 1 }))
      types.push(event.type);
    expect(types).toEqual(["image_generation.partial_image", "image_generation.completed"]);
    expect(new Set(simulator.requests.map(({ path }) => path))).toEqual(
      new Set(["/v1/images/generations", "/v1/images/edits"]),
    );
    await expect(openai.images.generate({ prompt: cat, response_format: "url" })).rejects.toMatchObject({
      status: 400,
      code: "unknown_parameter",
    });
    await expect(openai.images.createVariation({ image: await toFile(start, "a.png") })).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("what goes wrong", () => {
  it("is told when the model answers in words", async () => {
    noImagePath();
    simulator.script.push("responses", { kind: "text", text: "I would rather not." });
    await expect(sdk(await gateway()).images.generate({ prompt: cat })).rejects.toMatchObject({
      status: 400,
      code: "content_refused",
      message: expect.stringContaining("I would rather not.") as string,
    });
  });

  it("ends the other calls when one of several fails", async () => {
    noImagePath();
    simulator.script.push("responses", { kind: "stall", afterEvents: 3 });
    simulator.script.push("responses", {
      kind: "http",
      status: 400,
      body: { error: { message: "No.", code: "invalid_image" } },
    });
    await expect(sdk(await gateway()).images.generate({ prompt: cat, n: 2 })).rejects.toMatchObject({ status: 400 });
    await expect.poll(() => simulator.openResponses).toBe(0);
  });

  it("is not asked for again when an image may have been made", async () => {
    simulator.script.always("images", { kind: "http", status: 500, body: { error: { message: "Oops." } } });
    await expect(sdk(await gateway()).images.generate({ prompt: cat })).rejects.toMatchObject({ status: 502 });
    expect(pathsOf()).toEqual(["/images/generations"]);
  });

  it("ends the call to the backend when the client leaves", async () => {
    const at = await gateway();
    simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const body = JSON.stringify({ prompt: cat, stream: true, partial_images: 1 });
    const { request, head } = startRequest(at, "/v1/images/generations", { body });
    await readUntil(await head, (text) => text.includes("partial_image"));
    expect(simulator.openResponses).toBe(1);
    request.destroy();
    await expect.poll(() => simulator.openResponses).toBe(0);
  });

  it.each([
    [{}, "prompt"],
    [{ prompt: "x", n: 11 }, "n"],
    [{ prompt: "x", size: "big" }, "size"],
    [{ prompt: "x", output_format: "gif" }, "output_format"],
    [{ prompt: "x", partial_images: 4 }, "partial_images"],
    [{ prompt: "x", output_compression: -1 }, "output_compression"],
    [{ prompt: "x", stream: "yes" }, "stream"],
  ])("is named before anything is sent: %j", async (body, param) => {
    const answer = await send(await gateway(), "/v1/images/generations", { body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: "request_invalid", param });
    expect(simulator.requests).toEqual([]);
  });

  it("includes a form where none is taken", async () => {
    const form = new FormData();
    form.set("prompt", cat);
    const at = await gateway();
    for (const path of ["/v1/images/generations", "/v1/chat/completions", "/v1/responses"])
      expect((await fetch(at.url + path, { method: "POST", body: form })).status).toBe(415);
  });
});
