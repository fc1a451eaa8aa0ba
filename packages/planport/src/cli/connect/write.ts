/**
 * Writing settings into a client's file.
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";
import { codeOf, writeFileAtomic } from "../../store/atomic-write.ts";
import { editText } from "./edit-text.ts";
import type { FileSetting } from "./types.ts";

/** What was done. */
export interface Written {
  readonly file: string;
  /** `unchanged`: it was all there. */
  readonly result: "created" | "changed" | "unchanged";
  /** Where the text of before rests; null when there was none. */
  readonly backup: string | null;
  /** What was repaired in it, as sentences. */
  readonly said: readonly string[];
}

/**
 * Merges settings into a file, whole or not at all. What was there is kept beside it first.
 * @throws {ConfigError} `config_invalid` when the file cannot be read or edited; then nothing was written.
 */
export async function writeSetting(setting: FileSetting, nowMs: number): Promise<Written> {
  const { file } = setting;
  const before = await read(file);
  const edit = editText(before?.text ?? null, setting);
  if ("refusal" in edit)
    throw new ConfigError(
      "config_invalid",
      `${file} ${edit.refusal}: nothing was written. Without --write the settings are printed, to put in by hand.`,
    );
  const said = edit.said ?? [];
  if (before !== null && edit.text === before.text) return { file, result: "unchanged", backup: null, said };
  try {
    if (before === null) {
      await writeFileAtomic(file, edit.text);
      return { file, result: "created", backup: null, said };
    }
    const backup = `${file}.${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "")}.bak`;
    await writeFileAtomic(backup, before.text, { mode: before.mode });
    await writeFileAtomic(file, edit.text, { mode: before.mode });
    return { file, result: "changed", backup, said };
  } catch (error) {
    throw new ConfigError("config_invalid", `${file} cannot be written (${codeOf(error) ?? "unknown fault"}).`);
  }
}

async function read(file: string): Promise<{ readonly text: string; readonly mode: number } | null> {
  try {
    return { text: await readFile(file, "utf8"), mode: (await stat(file)).mode & 0o777 };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new ConfigError("config_invalid", `${file} cannot be read (${codeOf(error) ?? "unknown fault"}).`);
  }
}
