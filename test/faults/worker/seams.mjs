/**
 * The seams of planport's store in the hands of a test: what a disk keeps when the power goes, a disk that is full, and each
 * safeguard taken away.
 */
import * as nodeFs from "node:fs";
import * as promises from "node:fs/promises";
import { createFileStore, noLock } from "../../../packages/planport/dist/store/index.js";
import { createRefreshJournal } from "../../../packages/planport/dist/store/refresh-journal.js";

const PIECES = 4;

/**
 * Opens the store of a plan. `tell` and `reach` go to the test, which knows by what it is told what a power cut leaves: of a
 * file what it held when it was synced last.
 */
export function openStore(plan, { tell, reach }) {
  const disk = createDisk(plan, tell);
  const store = createFileStore(plan.authFile, {
    fs: plan.sabotage === "rename" ? { ...disk.files, rename: inPieces(reach) } : disk.files,
    lock:
      plan.sabotage === "lock"
        ? noLock
        : { ...(plan.staleAfterMs !== undefined && { staleAfterMs: plan.staleAfterMs }), fs: disk.lockFs },
    journal: createRefreshJournal(() => store.key(), disk.journalFs),
  });
  return plan.sabotage === "reread" ? withoutReread(store) : store;
}

/** What was read first is taken for what is there. */
function withoutReread(store) {
  const read = store.read.bind(store);
  let first;
  return Object.assign(store, { read: () => (first ??= read()) });
}

function noSpace() {
  return Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
}

/** The disk as the store, the lock and the journal see it. `plan.diskFull`: for all of it, or for a new `auth.json` alone. */
function createDisk(plan, tell) {
  const isFull = plan.diskFull === "all";
  const isSynced = plan.sabotage !== "fsync";
  return {
    lockFs: { ...nodeFs, writeSync: isFull ? fail : nodeFs.writeSync },
    journalFs: journalDisk(isFull, isSynced, tell),
    files: {
      ...promises,
      open: async (path, flags, mode) => {
        const handle = await promises.open(path, flags, mode);
        return flags === "r" ? handle : toldHandle(handle, path, plan.diskFull !== undefined, isSynced, tell);
      },
      rename: async (from, to) => {
        await promises.rename(from, to);
        tell({ kind: "renamed", from, to });
      },
      unlink: async (path) => {
        await promises.unlink(path);
        tell({ kind: "gone", path });
      },
    },
  };
}

function tellSynced(path, tell) {
  tell({ kind: "synced", path, text: nodeFs.readFileSync(path, "utf8") });
}

function toldHandle(handle, path, isFull, isSynced, tell) {
  return {
    writeFile: async (data, options) => {
      if (isFull) fail();
      tell({ kind: "unsynced", path });
      await handle.writeFile(data, options);
    },
    sync: async () => {
      if (!isSynced) return;
      await handle.sync();
      tellSynced(path, tell);
    },
    close: () => handle.close(),
  };
}

function journalDisk(isFull, isSynced, tell) {
  const paths = new Map();
  const fsyncSync = (fd) => {
    if (!isSynced) return;
    nodeFs.fsyncSync(fd);
    tellSynced(paths.get(fd), tell);
  };
  return {
    ...nodeFs,
    openSync: (path, ...rest) => {
      const fd = nodeFs.openSync(path, ...rest);
      paths.set(fd, path);
      return fd;
    },
    writeSync: (fd, ...rest) => {
      if (isFull) fail();
      tell({ kind: "unsynced", path: paths.get(fd) });
      return nodeFs.writeSync(fd, ...rest);
    },
    fsyncSync,
    fsync: (fd, done) => {
      fsyncSync(fd);
      setImmediate(() => done(null));
    },
    unlinkSync: (path) => {
      nodeFs.unlinkSync(path);
      tell({ kind: "gone", path });
    },
  };
}

function fail() {
  throw noSpace();
}

/** Writes into the file itself, a piece at a time, in place of the rename. */
function inPieces(reach) {
  return async (from, to) => {
    const text = await promises.readFile(from);
    const handle = await promises.open(to, "w");
    const length = Math.ceil(text.length / PIECES);
    for (let at = 0; at < text.length; at += length) {
      await handle.write(text.subarray(at, at + length));
      if (at === 0) reach("renaming");
    }
    await handle.close();
    await promises.unlink(from);
  };
}
