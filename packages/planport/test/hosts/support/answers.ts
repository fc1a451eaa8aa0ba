/**
 * A `fetch` that answers a transport as a test wants it, and keeps what it was asked.
 */
import { isJsonObject, type JsonObject } from "../../../src/protocol/json.ts";

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly signal: AbortSignal | null;
}

/** Makes the answer to a call. */
export type Answer = (asked: Asked) => Response | Promise<Response>;

export interface FakeFetch {
  (url: string, init: RequestInit): Promise<Response>;
  /** Every call but those for the list of models. */
  readonly asked: Asked[];
  /** Calls for the list of models. */
  readonly listed: Asked[];
  models: Answer;
}

/** The answers come in order; the last one again and again. */
export function fakeFetch(...answers: readonly Answer[]): FakeFetch {
  const asked: Asked[] = [];
  const listed: Asked[] = [];
  const fake = Object.assign(
    async (url: string, init: RequestInit) => {
      const body: unknown = typeof init.body === "string" ? parse(init.body) : {};
      const call: Asked = {
        url,
        method: init.method ?? "GET",
        headers: new Headers(init.headers),
        body: isJsonObject(body) ? body : {},
        signal: init.signal ?? null,
      };
      if (/\/models\b/.test(url)) {
        listed.push(call);
        return fake.models(call);
      }
      asked.push(call);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === undefined) throw new Error(`nobody answers ${url}`);
      return answer(call);
    },
    { asked, listed, models: (): Response => new Response("not here", { status: 404 }) },
  ) as FakeFetch;
  return fake;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** An answer with these events, in pieces that end anywhere. */
export function events(...list: readonly JsonObject[]): Answer {
  return () =>
    stream(list.map((event) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
}

/** An answer with this text for a stream. */
export function stream(text: string, pieceChars = 37): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += pieceChars)));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** An answer that is no stream. */
export function plain(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return () =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

export const created: JsonObject = { type: "response.created", response: { id: "resp_1", output: [] } };

export const text = (delta: string): JsonObject => ({ type: "response.output_text.delta", output_index: 0, delta });

export function completed(fields: JsonObject = {}): JsonObject {
  return { type: "response.completed", response: { id: "resp_1", status: "completed", output: [], ...fields } };
}

/** The events of one call of a tool. */
export function call(index: number, callId: string, name: string, ...pieces: readonly string[]): JsonObject[] {
  const id = `fc_${callId}`;
  const item = { type: "function_call", id, call_id: callId, name, status: "in_progress" };
  const whole = { ...item, arguments: pieces.join(""), status: "completed" };
  return [
    { type: "response.output_item.added", output_index: index, item: { ...item, arguments: "" } },
    ...pieces.map((delta) => ({
      type: "response.function_call_arguments.delta",
      item_id: id,
      output_index: index,
      delta,
    })),
    { type: "response.function_call_arguments.done", item_id: id, output_index: index, arguments: whole.arguments },
    { type: "response.output_item.done", output_index: index, item: whole },
  ];
}
