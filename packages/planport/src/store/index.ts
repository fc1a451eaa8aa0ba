/**
 * Where credentials rest.
 * @module
 */
export { writeFileAtomic } from "./atomic-write.ts";
export type { AtomicWriteFs, AtomicWriteOptions } from "./atomic-write.ts";
export { isSameLogin } from "./compare.ts";
export { CredentialDocument, parseDocument } from "./document.ts";
export { createFileLock, noLock } from "./file-lock.ts";
export type { FileLock, FileLockOptions } from "./file-lock.ts";
export { createFileStore } from "./file-store.ts";
export type { FileStoreOptions } from "./file-store.ts";
export type { KeyringBinding } from "./keyring-binding.ts";
export { createAutoStore, createKeyringStore, KEYRING_SERVICE, keyringAccount } from "./keyring-store.ts";
export type { KeyringStoreOptions } from "./keyring-store.ts";
export { createMemoryStore } from "./memory-store.ts";
export { createRefreshJournal } from "./refresh-journal.ts";
export { replaceAlone } from "./replace-alone.ts";
export type { NotedAttempt, NotedTokens, OpenNote, RefreshJournal, RefreshNote } from "./refresh-journal.ts";
export type { CredentialStore, ExclusiveOptions, Hold, WriteOptions, WriteOutcome } from "./types.ts";
