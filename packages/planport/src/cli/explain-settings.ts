/**
 * Where each setting comes from, for `planport status --explain`.
 * @module
 */
import type { ConfigFile, FoundFile } from "../config/file/index.ts";
import { type Setting, describeOrigin } from "../config/index.ts";
import { CAPABILITY_NAMES, DEFAULT_CAPABILITIES } from "../protocol/capabilities.ts";
import { redactText } from "../redact.ts";
import { type Output, printable } from "./terminal.ts";

/** A setting as it is shown. */
export interface ShownSetting {
  /** In JSON. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  readonly setting: Setting<unknown>;
}

/** Prints all settings with what set them, and what the configuration file says about requests. */
export async function printSettings(
  settings: readonly ShownSetting[],
  found: FoundFile,
  show: (value: unknown) => string,
  out: Output,
): Promise<void> {
  const { dim } = out.style;
  const line = (text: string): Promise<void> => out.line(redactText(text));
  await out.line();
  await out.line(
    "Settings of `planport serve`; a flag goes before a variable, that before the file, that before the default:",
  );
  for (const { name, setting } of settings)
    await line(`  ${name}: ${show(setting.value)}  ${dim(`(${printable(describeOrigin(setting.origin))})`)}`);
  await out.line();
  const { file, notices } = found;
  await out.line(
    file === null
      ? "Configuration file: none."
      : `Configuration file: ${printable(file.path)}  ${dim(`(${file.found})`)}`,
  );
  for (const notice of notices) await out.line(`  ${printable(notice)}`);
  if (file !== null && file.ignored.length > 0)
    await out.line(`  left aside: ${printable(file.ignored.join(", "))} (another program's)`);
  for (const name of CAPABILITY_NAMES) {
    const set = file?.requests.capabilities[name];
    const from = set === undefined ? "default" : (file?.requests.origin ?? "");
    await out.line(`  ${name}: ${String(set ?? DEFAULT_CAPABILITIES[name])}  ${dim(`(${printable(from)})`)}`);
  }
  if (file === null) return;
  const { profiles, aliases } = file.requests;
  for (const [name, target] of Object.entries(aliases))
    await out.line(`  model ${printable(name)}: ${printable(target)}`);
  for (const { name, match, capabilities } of profiles) {
    const when = [
      ...(match.path === undefined ? [] : [`path ${match.path}`]),
      ...(match.userAgent === undefined ? [] : [`User-Agent with ${match.userAgent.join(" or ")}`]),
      ...(match.key === undefined ? [] : ["its key"]),
    ];
    const own = Object.entries(capabilities).map(([key, value]) => `${key} ${String(value)}`);
    await line(
      `  profile ${name}, for ${printable(when.join(" and ") || "requests that name it")}: ${own.join(", ") || "nothing of its own"}`,
    );
  }
}

/** The file for JSON; null when there is none. */
export function configToJson(file: ConfigFile | null): Record<string, unknown> | null {
  if (file === null) return null;
  const { capabilities, aliases, idleTimeoutMs, profiles } = file.requests;
  return {
    path: file.path,
    found: file.found,
    ignored: file.ignored,
    capabilities: { ...DEFAULT_CAPABILITIES, ...capabilities },
    idleTimeoutSeconds: idleTimeoutMs === null ? null : idleTimeoutMs / 1000,
    aliases,
    profiles: profiles.map(({ name, match, capabilities: own }) => ({
      name,
      when: { userAgent: match.userAgent ?? null, path: match.path ?? null, key: match.key !== undefined },
      capabilities: own,
    })),
  };
}
