/** Nothing is lost on the way: whatever a client sends arrives, or its path is told. Over real sockets, with the real client. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unaccounted } from "./leaves/account.ts";
import { MODEL_NAMES, openWay, type Way } from "./leaves/backend.ts";
import { CHAT_WORDS, chatRequests } from "./leaves/chat.ts";
import { distinct } from "./leaves/json.ts";
import { MESSAGES_WORDS, messagesRequests, sealedTurn } from "./leaves/messages.ts";
import { RESPONSES_WORDS, responsesRequests } from "./leaves/responses.ts";

let way: Way;
beforeAll(async () => {
  way = await openWay();
});
afterAll(() => way.close());

async function prove(
  path: string,
  requests: fc.Arbitrary<Record<string, unknown>>,
  words: RegExp,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(requests, async (any) => {
      const request = distinct(any);
      const passage = await way.send(path, request);
      expect(passage.status, passage.answer.slice(0, 500)).toBe(200);
      expect([...passage.told.keys()].filter((entry) => entry.startsWith("+"))).toEqual([]);
      expect(unaccounted(request, passage, words)).toEqual([]);
    }),
    { numRuns },
  );
}

describe("every leaf arrives upstream, or its path stands in x-planport-changes:", { timeout: 180_000 }, () => {
  it("of 2,000 chat requests", () => prove("/v1/chat/completions", chatRequests(MODEL_NAMES), CHAT_WORDS, 2000));
  it("of 500 requests of /v1/responses", () =>
    prove("/v1/responses", responsesRequests(MODEL_NAMES), RESPONSES_WORDS, 500));
  it("of 500 requests of /v1/messages", () =>
    prove("/v1/messages", messagesRequests(MODEL_NAMES), MESSAGES_WORDS, 500));

  it("and so does sealed thinking that a client of /v1/messages brings back", async () => {
    const turns = [0, 1].map(sealedTurn);
    const messages = turns.flatMap(({ turn }) => [{ role: "user", content: "And?" }, turn]);
    const { upstream } = await way.send("/v1/messages", { model: "takes-all", max_tokens: 9, messages });
    const input = upstream?.["input"] as { type: string }[];
    expect(input.filter(({ type }) => type === "reasoning")).toEqual(turns.map(({ item }) => item));
  });
});
