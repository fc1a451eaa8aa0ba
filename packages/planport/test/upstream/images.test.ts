/** The backend's image path as the client calls it: who asks, what is asked again, and when it counts as absent. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import { type Effect, type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import type { ImagesApi } from "../../src/upstream/types.ts";

const lines: string[] = [];
let simulator: Simulator;
let http: HttpClient;
beforeAll(async () => {
  simulator = await startSimulator({ seed: "image path", log: (line) => void lines.push(line) });
  http = createHttpClient({ env: {} });
});
afterEach(() => {
  simulator.reset();
  lines.length = 0;
});
afterAll(async () => {
  await http.close();
  await simulator.close();
});

interface Person {
  readonly images: ImagesApi;
  /** In milliseconds. */
  readonly waits: number[];
}

/** A client of a new account, whose bearer is renewed when it is refused. */
function person(now: () => number = Date.now): Person {
  const accountId = simulator.accounts.addAccount().id;
  const grant = (): Grant => ({
    kind: "chatgpt",
    bearer: new Secret(simulator.issueTokens({ accountId }).accessToken),
    accountId,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  });
  let current = grant();
  const recover = async () => (current = grant());
  const waits: number[] = [];
  const client = createCodexClient({
    tokens: { get: async () => current, recover },
    http,
    endpoints: resolveEndpoints({ baseUrl: simulator.codexBaseUrl }),
    now,
    sleep: async (delayMs) => void waits.push(delayMs),
  });
  return { images: client.images as ImagesApi, waits };
}
const body = { model: "gpt-image-2", prompt: "A cat" };
const status = (code: number, error: object = {}, headers: Record<string, string> = {}): Effect => ({
  kind: "http",
  status: code,
  body: { error: { message: "No.", ...error } },
  headers,
});

describe("the image path", () => {
  it("is asked in the name of the account, with planport's own identity", async () => {
    const { images } = person();
    const answer = await images.make("generations", body, { threadId: "thread-1" });
    expect(answer?.body["data"]).toHaveLength(1);
    expect(answer?.headers["x-codex-primary-used-percent"]).toBe("8");
    const [request] = simulator.requests;
    expect(request?.path).toBe("/backend-api/codex/images/generations");
    expect(request?.body).toEqual(body);
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "chatgpt-account-id": simulator.accounts.all.at(-1)?.id,
      originator: "planport",
      "session-id": "thread-1",
    });
  });

  it("is asked again with a renewed bearer when the first is refused", async () => {
    const { images } = person();
    simulator.expireAccessTokens();
    expect(await images.make("generations", body)).not.toBeNull();
    expect(simulator.requests).toHaveLength(2);
  });

  it("is asked again after a rate limit and an overload, as long as the backend asks to wait", async () => {
    const { images, waits } = person();
    simulator.script.push("images", status(429, { type: "rate_limit_error" }, { "retry-after": "2" }));
    simulator.script.push("images", status(503, { code: "server_is_overloaded" }, { "retry-after": "3" }));
    expect(await images.make("generations", body)).not.toBeNull();
    expect(waits).toEqual([2000, 3000]);
  });

  it.each<[string, Effect, string]>([
    ["a failure of the server", status(500), "upstream_failed"],
    ["a connection that broke", { kind: "drop" }, "upstream_unreachable"],
    ["an answer that is no JSON", { kind: "malformed" }, "upstream_malformed"],
    ["a refused prompt", status(400, { code: "moderation_blocked" }), "content_refused"],
    ["a model that is not there", status(404, { code: "model_not_found" }), "model_not_found"],
  ])("is not asked again after %s: an image may have been made, or never will be", async (_what, effect, code) => {
    const { images, waits } = person();
    simulator.script.push("images", effect);
    await expect(images.make("generations", body)).rejects.toMatchObject({ code });
    expect([simulator.requests.length, waits.length]).toEqual([1, 0]);
  });

  it.each([404, 405])("counts as absent after a %i for an hour, for that account and kind alone", async (code) => {
    let nowMs = 1_800_000_000_000;
    const { images } = person(() => nowMs);
    const made = async (kind: "generations" | "edits", by: ImagesApi = images): Promise<string> => {
      const before = simulator.requests.length;
      const url = "https://x.test/a.png";
      const all = kind === "edits" ? { ...body, images: [{ image_url: url }] } : body;
      const answer = await by.make(kind, all);
      return `${answer === null ? "absent" : "made"} after ${simulator.requests.length - before}`;
    };
    simulator.script.push("images", { kind: "http", status: code, body: { detail: "Not Found" } });
    expect(await made("generations")).toBe("absent after 1");
    expect(await made("generations")).toBe("absent after 0");
    expect(await made("edits")).toBe("made after 1");
    expect(await made("generations", person(() => nowMs).images)).toBe("made after 1");
    nowMs += 60 * 60_000;
    expect(await made("generations")).toBe("made after 1");
  });

  it("is left at once when the caller gives up", async () => {
    const { images } = person();
    simulator.script.push("images", { kind: "stall" });
    const giveUp = new AbortController();
    const call = images.make("generations", body, { signal: giveUp.signal });
    await expect.poll(() => simulator.requests.length).toBe(1);
    giveUp.abort();
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => lines).toContain("POST /backend-api/codex/images/generations no answer");
  });
});
