import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Simulator } from "../../src/simulator/index.ts";
import { ask, eventsOf, itemsOf, type Json, lastResponse, post, request, start } from "./helpers.ts";
import { decodePng } from "./png.ts";

const base64Of = (value: unknown): Buffer => Buffer.from(String(value), "base64");
const make = (simulator: Simulator, path: string, body: unknown, bearer?: string): Promise<Response> =>
  fetch(`${simulator.codexBaseUrl}/images/${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${bearer ?? simulator.issueTokens().accessToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
const jsonOf = async (answer: Response): Promise<Json> => (await answer.json()) as Json;
const imagesOf = (answer: Json): Buffer[] => (answer["data"] as Json[]).map((image) => base64Of(image["b64_json"]));
const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const withTool = (tool: Json = {}, extra: Json = {}): Json =>
  request("A lighthouse", {
    tools: [{ type: "image_generation", ...tool }],
    tool_choice: { type: "image_generation" },
    ...extra,
  });

describe("the simulator's image path", () => {
  it("gives a real PNG of the size asked for, always the same for the same words", async () => {
    const simulator = await start();
    const body = { model: "gpt-image-2", prompt: "A lighthouse", size: "640x481", background: "transparent", n: 2 };
    const answer = await jsonOf(await make(simulator, "generations", body));
    expect(answer).toMatchObject({
      size: "640x481",
      quality: "medium",
      background: "transparent",
      output_format: "png",
    });
    const [one, two] = imagesOf(answer);
    const png = decodePng(one ?? Buffer.alloc(0));
    expect(png).toMatchObject({ width: 640, height: 481, transparent: true });
    expect(new Set(png.pixels).size).toBeGreaterThan(3);
    expect(sha(two ?? Buffer.alloc(0))).not.toBe(sha(one ?? Buffer.alloc(0)));
    const again = imagesOf(await jsonOf(await make(await start(), "generations", body)));
    expect(again.map(sha)).toEqual([one, two].map((bytes) => sha(bytes ?? Buffer.alloc(0))));
    const other = imagesOf(await jsonOf(await make(simulator, "generations", { ...body, prompt: "A dog" })));
    expect(other.map(sha)).not.toContain(again.map(sha)[0]);
  });

  it("edits images that are images", async () => {
    const simulator = await start();
    const [png] = imagesOf(await jsonOf(await make(simulator, "generations", { model: "m", prompt: "x" })));
    const url = `data:image/png;base64,${png?.toString("base64") ?? ""}`;
    const edited = await make(simulator, "edits", { model: "m", prompt: "x", images: [{ image_url: url }] });
    expect(edited.status).toBe(200);
    const answer = await jsonOf(edited);
    expect(answer["usage"]).toMatchObject({ input_tokens_details: { image_tokens: 323 } });
    expect(imagesOf(answer)[0]?.equals(png ?? Buffer.alloc(0))).toBe(false);
    const broken = await make(simulator, "edits", {
      prompt: "x",
      images: [{ image_url: "data:image/png;base64,AAAA" }],
    });
    expect([broken.status, await jsonOf(broken)]).toMatchObject([400, { error: { code: "invalid_image" } }]);
  });

  it.each([
    ["generations", { model: "m" }, "prompt"],
    ["generations", { prompt: 1 }, "prompt"],
    ["generations", { prompt: "x", n: 11 }, "n"],
    ["generations", { prompt: "x", size: "5000x100" }, "size"],
    ["generations", { prompt: "x", quality: "hd" }, "quality"],
    ["generations", { prompt: "x", stream: true }, "stream"],
    ["generations", { prompt: "x", images: [] }, "images"],
    ["edits", { prompt: "x" }, "images"],
    ["edits", { prompt: "x", images: [{}] }, "images[0].image_url"],
  ])("refuses by name: %s %j", async (path, body, param) => {
    const answer = await make(await start(), path, body);
    expect([answer.status, await jsonOf(answer)]).toMatchObject([400, { error: { param } }]);
  });

  it("wants a live bearer, and is not there when the backend has none", async () => {
    expect((await make(await start(), "generations", { prompt: "x" }, "no")).status).toBe(401);
    const without = await start({ imagePath: false });
    expect((await make(without, "generations", { prompt: "x" })).status).toBe(404);
    expect((await make(without, "edits", { prompt: "x" })).status).toBe(404);
  });

  it("says when the plan is used up", async () => {
    const simulator = await start();
    simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
    const answer = await make(simulator, "generations", { prompt: "x" });
    expect([answer.status, await jsonOf(answer)]).toMatchObject([429, { error: { type: "usage_limit_reached" } }]);
  });
});

describe("the simulator's image_generation tool", () => {
  it("makes the image with first sights before it, and counts what it cost", async () => {
    const events = await ask(await start(), withTool({ partial_images: 2, size: "1024x1536" }));
    const partials = events.filter((event) => event["type"] === "response.image_generation_call.partial_image");
    expect(partials.map((event) => event["partial_image_index"])).toEqual([0, 1]);
    const item = itemsOf(events).find(({ type }) => type === "image_generation_call");
    expect(item).toMatchObject({ status: "completed", size: "1024x1536", revised_prompt: "A lighthouse" });
    const pictures = [...partials.map((event) => event["partial_image_b64"]), item?.["result"]].map(base64Of);
    for (const picture of pictures) expect(decodePng(picture)).toMatchObject({ width: 1024, height: 1536 });
    expect(new Set(pictures.map(sha)).size).toBe(3);
    expect(lastResponse(events)).toMatchObject({ tool_usage: { image_gen: { output_tokens: 1584 } } });
  });

  it("is left alone unless it is forced or the prompt asks for a picture", async () => {
    const simulator = await start();
    const kinds = async (prompt: string, choice: unknown): Promise<unknown[]> => {
      const tools = [{ type: "image_generation" }];
      return itemsOf(await ask(simulator, request(prompt, { tools, tool_choice: choice }))).map(({ type }) => type);
    };
    expect(await kinds("Hello", "auto")).toEqual(["message"]);
    expect(await kinds("Draw a cat", "auto")).toEqual(["image_generation_call"]);
    expect(await kinds("Draw a cat", "none")).toEqual(["message"]);
  });

  it.each([
    [withTool({ style: "vivid" }), "tools[0].style"],
    [withTool({ output_format: "webp" }), "tools[0].output_format"],
    [withTool({ partial_images: 4 }), "tools[0].partial_images"],
    [withTool({ input_image_mask: "x" }), "tools[0].input_image_mask.image_url"],
    [withTool({}, { tools: [] }), "tool_choice"],
  ])("refuses by name: %#", async (body, param) => {
    const answer = await post(await start(), body);
    expect([answer.status, await jsonOf(answer)]).toMatchObject([400, { error: { param } }]);
  });
});

describe("the images of the simulator's plain API", () => {
  const call = (simulator: Simulator, path: string, body: FormData | Json, key?: string): Promise<Response> =>
    fetch(`${simulator.platformBaseUrl}/images/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key ?? simulator.issueApiKey()}`,
        ...(!(body instanceof FormData) && { "content-type": "application/json" }),
      },
      body: body instanceof FormData ? body : JSON.stringify(body),
    });

  it("come streamed or not, from JSON and from a form", async () => {
    const simulator = await start();
    const [png = Buffer.alloc(0)] = imagesOf(await jsonOf(await call(simulator, "generations", { prompt: "x" })));
    const form = new FormData();
    form.set("prompt", "y");
    form.set("n", "2");
    form.set("stream", "true");
    form.set("partial_images", "1");
    form.append("image[]", new Blob([new Uint8Array(png)], { type: "image/png" }), "a.png");
    const answer = await call(simulator, "edits", form);
    const types = eventsOf(await answer.text()).map(({ type }) => type);
    expect(types).toEqual(Array.from({ length: 2 }, () => ["image_edit.partial_image", "image_edit.completed"]).flat());
  });

  it("need a key, an image that is one, and no field that the image models do not know", async () => {
    const simulator = await start();
    expect((await call(simulator, "generations", { prompt: "x" }, "sk-no")).status).toBe(401);
    const unknown = await call(simulator, "generations", { prompt: "x", response_format: "url" });
    expect(await jsonOf(unknown)).toMatchObject({ error: { code: "unknown_parameter", param: "response_format" } });
    const form = new FormData();
    form.set("prompt", "y");
    form.append("image", new Blob(["text"], { type: "image/png" }), "a.png");
    expect(await jsonOf(await call(simulator, "edits", form))).toMatchObject({ error: { code: "invalid_image_file" } });
  });
});
