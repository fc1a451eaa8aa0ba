/** Nothing is lost on the way: whatever a client sends arrives, or its path is told. Over real sockets, with the real client. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unaccounted } from "./leaves/account.ts";
import { MODEL_NAMES, openWay, type Way } from "./leaves/backend.ts";
import { CHAT_WORDS, chatRequests } from "./leaves/chat.ts";
import { distinct } from "./leaves/json.ts";

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

describe("every leaf arrives upstream, or its path stands in x-planport-changes:", () => {
  it("of 2,000 chat requests", () => prove("/v1/chat/completions", chatRequests(MODEL_NAMES), CHAT_WORDS, 2000));
});
