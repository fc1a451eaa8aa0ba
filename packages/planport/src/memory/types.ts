/**
 * What is remembered between requests.
 * @module
 */
import type { Item } from "../protocol/responses/item.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";

/** A response that is kept. */
export interface StoredResponse {
  readonly model: string;
  /** As the client got it. */
  readonly response: ResponseObject;
  /** All that the model was given beside instructions and tools: with the items of earlier responses. */
  readonly input: readonly Item[];
}

/** Responses by their ids. Those of one account are not there for another. */
export interface ResponseStore {
  /** Keeps a response. Resolves when a killed process would not lose it any more. */
  put(accountKey: string, stored: StoredResponse): Promise<void>;
  /** Null when there is none, or no more. */
  get(accountKey: string, responseId: string): Promise<StoredResponse | null>;
  /** Forgets a response; false when there was none. */
  delete(accountKey: string, responseId: string): Promise<boolean>;
  /** Items of the outputs of kept responses, by their ids; those that are not there are left out. */
  findItems(accountKey: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>>;
}

/** The sealed reasoning of one assistant turn. */
export interface ReasoningTurn {
  /** What the turn is found by, as `anchors.ts` makes it. */
  readonly anchors: readonly string[];
  /** In their order, exactly as the backend gave them. */
  readonly items: readonly Item[];
}

/** A turn that was found. */
export interface RecalledTurn {
  readonly turnId: string;
  readonly items: readonly Item[];
}

/** Sealed reasoning, for clients whose dialect has no place for it. One account's and one model's is of no use to another. */
export interface ReasoningMemory {
  /** Keeps a turn. Resolves when a killed process would not lose it any more. */
  remember(accountKey: string, model: string, turn: ReasoningTurn): Promise<void>;
  /** Turns by the anchors that lead to them. */
  recall(accountKey: string, model: string, anchors: readonly string[]): Promise<ReadonlyMap<string, RecalledTurn>>;
  /** Forgets turns. */
  forget(accountKey: string, turnIds: readonly string[]): Promise<void>;
}

/** How much is kept, and how long. */
export interface Limits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly ttlMs: number;
}

/** What a pair of stores needs beside its place. */
export interface StoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly responseLimits: Limits;
  readonly reasoningLimits: Limits;
}

/** A pair of stores in one place. */
export interface Stores {
  readonly responses: ResponseStore;
  readonly reasoning: ReasoningMemory;
  /** Waits for writes and closes. */
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MIB = 1024 * 1024;

/** 30 days, as OpenAI keeps responses (platform.openai.com/docs/guides/your-data). */
export const RESPONSE_LIMITS: Limits = { maxCount: 10_000, maxBytes: 512 * MIB, ttlMs: 30 * DAY_MS };
/** A turn's reasoning is of use as long as somebody goes on with its conversation. */
export const REASONING_LIMITS: Limits = { maxCount: 50_000, maxBytes: 128 * MIB, ttlMs: 30 * DAY_MS };
/** Of each, in a process that has no file: its heap is for the calls. */
export const PROCESS_MAX_BYTES: number = 64 * MIB;
/** A response whose input is longer (as JSON, in UTF-16 units) is not kept: it would push out all others. */
export const MAX_STORED_CHARS: number = 32 * MIB;
