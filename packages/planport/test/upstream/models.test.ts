import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import {
  answerWith,
  collect,
  COMPLETED,
  CREATED,
  delta,
  failureOf,
  startBackend,
  type TestBackend,
  testClient,
} from "./support.ts";

const ok = (response: ServerResponse): void => answerWith(response, CREATED, delta("hi"), COMPLETED);
const HELLO = { model: "m", input: "hi" };
const LEVELS = ["low", "high"].map((effort) => ({ effort, description: "" }));

/** A backend with these models, and how often its list was asked for. */
async function backendOf(...slugs: string[]): Promise<TestBackend & { list: string[]; fails: boolean; asked: number }> {
  const state = { list: slugs, fails: false, asked: 0 };
  const backend = await startBackend(
    (response) => ok(response),
    (request, response) => {
      if (request.url?.includes("/models") !== true) return false;
      state.asked += 1;
      const models = state.list.map((slug, priority) => ({ slug, priority, supported_reasoning_levels: LEVELS }));
      if (state.fails) response.writeHead(500).end();
      else response.end(JSON.stringify({ models }));
      return true;
    },
  );
  return Object.assign(state, backend);
}

describe("a call by a model's name", () => {
  it("with an effort and a tier behind it goes out as the model with both, told as model=mapped", async () => {
    const backend = await backendOf("m");
    const answer = await testClient(backend.origin).client.send({ ...HELLO, model: "m-high-fast" });
    await collect(answer.events);
    expect(backend.calls[0]?.body).toMatchObject({
      model: "m",
      reasoning: { effort: "high" },
      service_tier: "priority",
    });
    expect(answer.changes.map(({ path, action }) => `${path}=${action}`)).toContain("model=mapped");
    expect(answer.servedModel).toBe("m");
  });

  it("fits the effort behind it to what the model lists, and tells that too", async () => {
    const backend = await backendOf("m");
    const answer = await testClient(backend.origin).client.send({ ...HELLO, model: "m-xhigh" });
    answer.body.cancel();
    expect(backend.calls[0]?.body["reasoning"]).toEqual({ effort: "high" });
    expect(answer.changes.map((change) => change.path)).toEqual(expect.arrayContaining(["model", "reasoning.effort"]));
  });

  it("of one's own, and one that documents name, goes out as a listed model", async () => {
    const backend = await backendOf("m", "n");
    const { client } = testClient(backend.origin, { models: { aliases: { mine: "n" } } });
    for (const model of ["mine", "gpt-5.2-codex"]) (await client.send({ ...HELLO, model })).body.cancel();
    expect(backend.calls.map((call) => call.body["model"])).toEqual(["n", "m"]);
    expect((await client.models()).aliases).toEqual({ mine: "n" });
  });

  it("means what the rules say at the moment of the call, the client's own before the call's", async () => {
    const backend = await backendOf("m", "n");
    let aliases: Record<string, string> = { a: "m" };
    const { client } = testClient(backend.origin, { models: () => ({ aliases }) });
    const names = { aliases: { a: "nothing", b: "n" } };
    for (const model of ["a", "b"]) (await client.send({ ...HELLO, model }, { names })).body.cancel();
    aliases = { a: "n" };
    (await client.send({ ...HELLO, model: "a" })).body.cancel();
    expect(backend.calls.map((call) => call.body["model"])).toEqual(["m", "n", "n"]);
  });

  it("that is unknown is refused without a call, after a look at a fresh list when the old one is too old", async () => {
    const backend = await backendOf("m");
    let nowMs = 0;
    const { client } = testClient(backend.origin, { now: () => nowMs });
    await expect(failureOf(client.send({ ...HELLO, model: "new" }))).resolves.toMatchObject({
      code: "model_not_found",
      status: 400,
    });
    backend.list.push("new");
    nowMs = 300_000;
    (await client.send({ ...HELLO, model: "new" })).body.cancel();
    expect(backend.calls.map((call) => call.body["model"])).toEqual(["new"]);
    expect(backend.asked).toBe(2);
  });

  it("that is unknown goes out while the account's list is not to be had", async () => {
    const backend = await backendOf("m");
    backend.fails = true;
    (await testClient(backend.origin).client.send({ ...HELLO, model: "gpt-99" })).body.cancel();
    expect(backend.calls[0]?.body["model"]).toBe("gpt-99");
  });

  it("is refused when the pin leaves it out, and the pin decides what is listed", async () => {
    const backend = await backendOf("m", "n", "o");
    const { client } = testClient(backend.origin, { models: { pin: ["o", "n"] } });
    expect((await client.models()).models.map((model) => model.slug)).toEqual(["o", "n"]);
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "model_not_found" });
    (await client.send({ ...HELLO, model: "o3" })).body.cancel();
    expect(backend.calls.map((call) => call.body["model"])).toEqual(["o"]);
  });

  it("of Anthropic's goes out as the default model when the caller allows it", async () => {
    const backend = await backendOf("m");
    const { client } = testClient(backend.origin);
    const asked = { ...HELLO, model: "claude-sonnet-4-5" };
    (await client.send(asked, { names: { claudeNames: true } })).body.cancel();
    await expect(failureOf(client.send(asked))).resolves.toMatchObject({ code: "model_not_found" });
    expect(backend.calls.map((call) => call.body["model"])).toEqual(["m"]);
  });
});
