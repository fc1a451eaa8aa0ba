/**
 * Where credentials rest.
 * @module
 */
export { writeFileAtomic } from "./atomic-write.ts";
export type { AtomicWriteFs, AtomicWriteOptions } from "./atomic-write.ts";
export { isSameLogin } from "./compare.ts";
export { CredentialDocument, parseDocument } from "./document.ts";
export { createFileStore } from "./file-store.ts";
export { createMemoryStore } from "./memory-store.ts";
export type { CredentialStore, WriteOutcome } from "./types.ts";
