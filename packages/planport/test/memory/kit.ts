/** What the tests of the memory share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type Memory, type MemoryOptions, openMemory } from "../../src/memory/index.ts";
import type { StoredResponse } from "../../src/memory/index.ts";
import type { Item } from "../../src/protocol/responses/item.ts";

const folders: string[] = [];
const memories: Memory[] = [];
afterEach(async () => {
  for (const memory of memories.splice(0)) await memory.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A place for a database that is removed after the test. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-memory-"));
  folders.push(folder);
  return join(folder, "home", "memory.db");
}

/** A memory that fails the test when it warns, unless the test takes the warnings. */
export function open(options: Partial<MemoryOptions> = {}): Memory {
  const memory = openMemory({
    place: { file: temporaryFile() },
    onWarning: (message, error) => {
      throw new Error(`Unexpected warning: ${message}`, { cause: error });
    },
    ...options,
  });
  memories.push(memory);
  return memory;
}

export const said = (role: "user" | "assistant", text: string): Item => ({
  type: "message",
  role,
  content: [{ type: role === "user" ? "input_text" : "output_text", text }],
});

export const sealed = (id: string): Item => ({
  type: "reasoning",
  id,
  summary: [],
  content: null,
  encrypted_content: `sealed ${id} äöü "\\u0000"`,
});

export const call = (id: string): Item => ({ type: "function_call", call_id: id, name: "look", arguments: "{}" });
export const result = (id: string): Item => ({ type: "function_call_output", call_id: id, output: "seen" });

export function stored(id: string, output: Item[] = [], input: Item[] = [said("user", `asked ${id}`)]): StoredResponse {
  return { model: "gpt-x", input, response: { id, object: "response", status: "completed", store: true, output } };
}
