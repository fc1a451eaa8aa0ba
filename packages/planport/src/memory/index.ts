/**
 * What a gateway remembers between requests: responses that clients refer to, and sealed reasoning.
 * @module
 */
export { anchorsOf, type Recollection, sealedReasoning, type Turn, turnsOf, withReasoning } from "./anchors.ts";
export { type ItemPage, type PageQuery, pageOf, withIds } from "./items.ts";
export { type Memory, type MemoryOptions, type MemoryPlace, openMemory } from "./memory.ts";
export { type Resolved, resolveStored, shown } from "./resolve.ts";
export type { SqlDatabase, SqlRow, SqlSession, SqlValue } from "./sql.ts";
export {
  type Limits,
  MAX_STORED_CHARS,
  REASONING_LIMITS,
  type ReasoningMemory,
  type ReasoningTurn,
  type RecalledTurn,
  RESPONSE_LIMITS,
  type ResponseStore,
  type StoredResponse,
} from "./types.ts";
