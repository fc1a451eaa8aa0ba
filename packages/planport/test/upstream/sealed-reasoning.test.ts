import { describe, expect, it } from "vitest";
import type { ResponsesRequest } from "../../src/protocol/responses/request.ts";
import { fitReasoning } from "../../src/upstream/sealed-reasoning.ts";

const SEALED = "reasoning.encrypted_content";

describe("what a request says of thinking", () => {
  const sealed = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed" };
  const unsealed = { type: "reasoning", id: "rs_2", summary: [] };
  const question = { type: "message", role: "user", content: "a" };

  function fit(fields: Partial<ResponsesRequest>, route: "codex" | "platform" = "platform") {
    const asked: ResponsesRequest = { model: "gpt-5.5", input: [question, sealed, unsealed], store: false, ...fields };
    const { request, leftOut } = fitReasoning(asked, route);
    return { ...request, leftOut };
  }

  it.each(["codex", "platform"] as const)("goes back under its seal alone (%s)", (route) => {
    const { input, leftOut } = fit({ input: [question, unsealed, sealed, { ...unsealed, id: "rs_3" }] }, route);
    expect(input).toEqual([question, sealed]);
    expect(leftOut).toBe(2);
    expect(fit({ input: [question, sealed] }, route).leftOut).toBe(0);
  });

  it("may go unsealed to a server that keeps it, and needs no seal from there", () => {
    const kept = fit({ store: true });
    expect(kept.input).toEqual([question, sealed, unsealed]);
    expect(kept).not.toHaveProperty("include");
    expect(kept.leftOut).toBe(0);
  });

  it("may not to the Codex backend, which keeps nothing even when it is asked to", () => {
    expect(fit({ store: true }, "codex").input).toEqual([question, sealed]);
  });

  it("asks for the seal once, beside what else is asked for", () => {
    expect(fit({}).include).toEqual([SEALED]);
    expect(fit({ include: ["other"] }).include).toEqual(["other", SEALED]);
    expect(fit({ include: [SEALED, "other"] }).include).toEqual([SEALED, "other"]);
  });

  it.each([
    ["gpt-5", true],
    ["gpt-6.1-sol", true],
    ["o3", true],
    ["o4-mini-2025-04-16", true],
    ["ft:o4-mini-2025-04-16:org::id", true],
    ["gpt-4o", false],
    ["gpt-4.1-mini", false],
    ["ft:gpt-4.1-2025-04-14:org::id", false],
    ["gpt-5-chat-latest", false],
    ["mine", false],
  ])("asks %s for the seal: %s", (model, isAsked) => {
    expect(fit({ model }).include).toEqual(isAsked ? [SEALED] : undefined);
    expect(fit({ model, reasoning: { effort: "low" } }).include).toEqual([SEALED]);
    expect(fit({ model, reasoning: { summary: "auto" } }).include).toEqual([SEALED]);
  });
});
