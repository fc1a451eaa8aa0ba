/** A thousand people at once. */
import { Agent, request as httpRequest } from "node:http";
import type { ServerResponse } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { begin, COMPLETED, CREATED, delta, sse, startBackend, testClient } from "../upstream/support.ts";
import { serve } from "./kit.ts";

const STREAMS = 1_000;
/** For client, gateway and backend together, which are all in this process. */
const MAX_BYTES_PER_STREAM = 200 * 1024;

const usedBytes = (): number => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};

it("a thousand streams are open at once, each comes whole and in order, and none costs much memory", async () => {
  const open: ServerResponse[] = [];
  const backend = await startBackend((response) => {
    begin(response, CREATED, delta("begun "));
    open.push(response);
  });
  const { client } = testClient(backend.origin);
  const at = await serve({ client });
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  onTestFinished(() => agent.destroy());

  const before = usedBytes();
  let begun = 0;
  const ask = (index: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: `I am ${index}` }] });
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const asked = httpRequest({
        host: "127.0.0.1",
        port: at.port,
        path: "/v1/chat/completions",
        method: "POST",
        headers,
        agent,
      });
      asked.on("error", reject).on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          if (text === "") begun += 1;
          text += piece;
        });
        response.on("end", () => resolve(text)).on("error", reject);
      });
      asked.end(body);
    });
  const answers = Array.from({ length: STREAMS }, (_, index) => ask(index));
  await expect.poll(() => Math.min(begun, open.length), { timeout: 50_000 }).toBe(STREAMS);
  const perStream = (usedBytes() - before) / STREAMS;

  for (let round = 0; round < 5; round++) {
    for (const response of open) response.write(sse(delta(`${round} `)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const response of open) response.end(sse(COMPLETED));
  const texts = await Promise.all(answers);

  const contents = texts.map((text) =>
    [...text.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content).join(""),
  );
  expect(new Set(contents)).toEqual(new Set(["begun 0 1 2 3 4 "]));
  expect(texts.every((text) => text.endsWith("data: [DONE]\n\n"))).toBe(true);
  const asked = backend.calls.map(({ body }) => JSON.stringify(body["input"]).match(/I am (\d+)/)?.[1]);
  expect(new Set(asked).size).toBe(STREAMS);
  expect(perStream).toBeLessThan(MAX_BYTES_PER_STREAM);
}, 60_000);
