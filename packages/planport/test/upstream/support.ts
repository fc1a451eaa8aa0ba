import type { IncomingMessage, ServerResponse } from "node:http";
import type { Grant, TokenSource } from "../../src/auth/token-source.ts";
import { type AnyPlanportError, isPlanportError } from "../../src/errors.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { Secret } from "../../src/secret.ts";
import { type CodexClientOptions, createCodexClient } from "../../src/upstream/client.ts";
import { resolveEndpoints } from "../../src/upstream/endpoints.ts";
import { GENTLE_RETRY_POLICY } from "../../src/upstream/retry.ts";
import type { ByteSink, CodexClient } from "../../src/upstream/types.ts";
import { httpClient, serve } from "../net/support.ts";

/** A plan's grant, with the given fields in place of the usual ones. */
export function grant(fields: Partial<Grant> = {}): Grant {
  return {
    kind: "chatgpt",
    bearer: new Secret("token-1"),
    accountId: "account-1",
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
    ...fields,
  };
}

/** A token source that counts; `recovered` is what a rejected bearer is replaced by. */
export function tokenSource(
  first: Grant = grant(),
  recovered: Grant | null = null,
): TokenSource & { readonly rejected: Grant[] } {
  let current = first;
  const rejected: Grant[] = [];
  return {
    rejected,
    get: () => Promise.resolve(current),
    recover: (old) => {
      rejected.push(old);
      if (recovered !== null) current = recovered;
      return Promise.resolve(recovered);
    },
  };
}

/** A model call that reached the backend. */
export interface SeenCall {
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** Answers one model call. `index` counts from 0. */
export type AnswerCall = (response: ServerResponse, index: number, request: IncomingMessage) => void;

/** A backend under the test's control. */
export interface TestBackend {
  readonly origin: string;
  readonly calls: SeenCall[];
  /** Method and path of every request. */
  readonly lines: string[];
}

/** Serves `{"models":[m]}` and leaves model calls to `answer`. Other paths go to `other`, else 404. */
export async function startBackend(
  answer: AnswerCall,
  other: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<TestBackend> {
  const calls: SeenCall[] = [];
  const lines: string[] = [];
  const origin = await serve((request, response) => {
    lines.push(`${request.method} ${request.url}`);
    if (request.method === "POST") {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      request.on("end", () => {
        calls.push({ headers: request.headers, body: JSON.parse(text) as Record<string, unknown> });
        answer(response, calls.length - 1, request);
      });
    } else if (!other(request, response)) {
      if (request.url?.includes("/models") === true) response.end('{"models":[{"slug":"m","priority":1}]}');
      else response.writeHead(404).end();
    }
  });
  return { origin, calls, lines };
}

/** A client of a test backend that neither sleeps nor rolls dice; the delays it would have slept are in `delays`. */
export function testClient(
  origin: string,
  options: Partial<CodexClientOptions> = {},
): { readonly client: CodexClient; readonly delays: number[] } {
  const delays: number[] = [];
  const client = createCodexClient({
    tokens: tokenSource(),
    http: httpClient(),
    endpoints: resolveEndpoints({ baseUrl: origin }),
    identity: { originator: "o", userAgent: "u" },
    retry: GENTLE_RETRY_POLICY,
    random: () => 0.5,
    sleep: (delayMs) => {
      delays.push(delayMs);
      return Promise.resolve();
    },
    ...options,
  });
  return { client, delays };
}

/** `data:` lines of events. */
export function sse(...events: CodexEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export const CREATED: CodexEvent = { type: "response.created", response: { id: "r" } };
export const COMPLETED: CodexEvent = {
  type: "response.completed",
  response: { id: "r", status: "completed", output: [] },
};

/** A text delta. */
export function delta(text: string): CodexEvent {
  return { type: "response.output_text.delta", delta: text };
}

/** Writes the head of a stream and some events, and leaves it open. */
export function begin(response: ServerResponse, ...events: CodexEvent[]): void {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req-1" });
  response.write(sse(...events));
}

/** Writes a whole stream. */
export function answerWith(response: ServerResponse, ...events: CodexEvent[]): void {
  begin(response, ...events);
  response.end();
}

/** Writes a JSON failure. */
export function failWith(
  response: ServerResponse,
  status: number,
  error: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(error));
}

/** The planport error that a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<AnyPlanportError> {
  const thrown: unknown = await work.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  if (!isPlanportError(thrown)) throw thrown;
  return thrown;
}

/** All events of a stream. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A sink that writes down what it hears. */
export function recorder(): ByteSink & { text: string; ends: string[] } {
  const decoder = new TextDecoder();
  return {
    text: "",
    ends: [],
    onBytes(chunk) {
      this.text += decoder.decode(chunk, { stream: true });
    },
    onEnd() {
      this.ends.push("end");
    },
    onError(error) {
      this.ends.push(error.message);
    },
  };
}
