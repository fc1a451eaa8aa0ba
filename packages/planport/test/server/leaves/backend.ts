/** A backend that takes anything, writes it down and answers at once; and a gateway in front of it, behind real sockets. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Grant } from "../../../src/auth/token-source.ts";
import { createHttpClient } from "../../../src/net/index.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import type { CodexEvent } from "../../../src/protocol/responses/event.ts";
import type { ModelInfo } from "../../../src/protocol/models.ts";
import { Secret } from "../../../src/secret.ts";
import { createGateway } from "../../../src/server/app.ts";
import { createCodexClient, resolveEndpoints } from "../../../src/upstream/index.ts";

const model = (slug: string, fields: Partial<ModelInfo> = {}): ModelInfo => ({
  slug,
  display_name: slug,
  visibility: "list",
  supported_in_api: true,
  priority: 1,
  supported_reasoning_levels: ["low", "medium", "high"].map((effort) => ({ effort, description: "" })),
  ...fields,
});

/** One model takes all there is, one takes its tools inside `input`, and one takes neither verbosity nor summaries. */
const MODELS = [
  model("takes-all", { supported_reasoning_levels: [] }),
  model("lite", { use_responses_lite: true }),
  model("picky", { support_verbosity: false, supports_reasoning_summaries: false }),
];
export const MODEL_NAMES: readonly string[] = MODELS.map(({ slug }) => slug);

const RESPONSE = { id: "resp_1", object: "response", status: "completed", model: "m", output: [], usage: null };
const ANSWER: readonly CodexEvent[] = ["response.created", "response.completed"].map((type) => ({
  type,
  response: RESPONSE,
}));

function toStream(events: readonly CodexEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** What came of one request. */
export interface Passage {
  readonly status: number;
  readonly answer: string;
  /** Path to action, out of `x-planport-changes`. */
  readonly told: ReadonlyMap<string, string>;
  /** What the backend got; undefined when nothing reached it. */
  readonly upstream: JsonObject | undefined;
}

/** A gateway and its backend. */
export interface Way {
  /** Of the gateway. */
  readonly url: string;
  /**
   * Sends a request through.
   * @param events What the backend answers. Default: nothing, and that this is all.
   */
  send(path: string, body: unknown, events?: readonly CodexEvent[]): Promise<Passage>;
  close(): Promise<void>;
}

/** Opens both. */
export async function openWay(): Promise<Way> {
  const received = new Map<string, JsonObject>();
  const answers = new Map<string, readonly CodexEvent[]>();
  const backend = http.createServer((request, response) => {
    if (request.method === "GET") {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ models: MODELS }));
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as JsonObject;
      const thread = String(request.headers["thread-id"]);
      received.set(thread, body);
      response.setHeader("content-type", "text/event-stream").end(toStream(answers.get(thread) ?? ANSWER));
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  const { port } = backend.address() as AddressInfo;
  const client = createCodexClient({
    tokens: { get: () => Promise.resolve(GRANT), recover: () => Promise.resolve(null) },
    http: createHttpClient({ env: {} }),
    endpoints: resolveEndpoints({ baseUrl: `http://127.0.0.1:${port}/backend-api/codex` }),
  });
  const gateway = createGateway({ client, version: "1.2.3" });
  const listening = await gateway.listen({ port: 0 });
  const agent = new http.Agent({ keepAlive: true });
  let count = 0;
  return {
    url: listening.url,
    async send(path, body, events) {
      const thread = `thread-${count++}`;
      if (events !== undefined) answers.set(thread, events);
      const headers = { "content-type": "application/json", "x-planport-changes": "full", "thread-id": thread };
      const request = http.request({ port: listening.port, host: "127.0.0.1", path, method: "POST", headers, agent });
      request.end(JSON.stringify(body));
      const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
        request.on("response", resolve).on("error", reject);
      });
      const text = (await answer.toArray()).join("");
      const upstream = received.get(thread);
      received.delete(thread);
      answers.delete(thread);
      return {
        status: answer.statusCode ?? 0,
        answer: text,
        told: toldIn(answer.headers["x-planport-changes"]),
        upstream,
      };
    },
    async close() {
      agent.destroy();
      await listening.close({ graceMs: 0 });
      await client.close();
      backend.closeAllConnections();
      await new Promise((resolve) => backend.close(resolve));
    },
  };
}

const GRANT: Grant = {
  kind: "chatgpt",
  bearer: new Secret("a-bearer"),
  accountId: "account-1",
  fedramp: false,
  email: null,
  planType: null,
  userId: null,
  expiresAtMs: null,
};

function toldIn(header: string | string[] | undefined): Map<string, string> {
  const entries = header === undefined ? [] : String(header).split(", ");
  return new Map(
    entries.map((entry) => {
      const [path = "", action = ""] = entry.split("=");
      return [decodeURIComponent(path), action];
    }),
  );
}
