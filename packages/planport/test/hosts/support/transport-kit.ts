/**
 * A transport on a fetch that answers as told.
 */
import {
  CodexTransport,
  type CodexTransportOptions,
  type IterationEnd,
  type Message,
  type TransportEvent,
} from "../../../src/hosts/transport/index.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { type Answer, created, events, type FakeFetch, fakeFetch } from "./answers.ts";

export const NOW_MS: number = 1_800_000_000_000;
export const BASE: string = "https://chatgpt.example/backend-api/codex";
export const HELLO: Message[] = [{ role: "user", content: "hello" }];
const LATER = String(NOW_MS / 1000 + 3600);

export interface Built {
  readonly transport: CodexTransport;
  readonly fetch: FakeFetch;
  readonly warnings: string[];
}

export function build(answers: readonly Answer[], options: CodexTransportOptions = {}): Built {
  const fetch = fakeFetch(...answers);
  const warnings: string[] = [];
  const transport = new CodexTransport({
    apiKey: "access-1",
    refreshToken: "refresh-1",
    expiresAt: LATER,
    accountId: "acc-1",
    baseUrl: BASE,
    fetch,
    env: {},
    retryBaseDelayMs: 0,
    now: () => NOW_MS,
    onWarning: (error) => warnings.push(error.message),
    ...options,
  });
  return { transport, fetch, warnings };
}

export async function all(stream: AsyncIterable<TransportEvent>): Promise<TransportEvent[]> {
  const list: TransportEvent[] = [];
  for await (const event of stream) list.push(event);
  return list;
}

/** What one answer becomes. */
export async function told(...list: readonly JsonObject[]): Promise<TransportEvent[]> {
  return all(build([events(created, ...list)]).transport.stream(HELLO));
}

export const endOf = (list: readonly TransportEvent[]): IterationEnd => list.at(-1) as IterationEnd;
