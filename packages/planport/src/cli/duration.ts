/**
 * Lengths of time as they are typed.
 * @module
 */
import { ConfigError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { "": 1_000, s: 1_000, m: 60_000, h: 3_600_000 };
const MAX_MS = 24 * 3_600_000;

/**
 * Reads `90s`, `10m`, `1h`, or a bare number of seconds. Gives milliseconds.
 * @param flag Names it in messages.
 * @throws {ConfigError} `config_invalid`
 */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d{1,6})([smh]?)$/.exec(text.trim());
  const timeMs = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
  if (timeMs > 0 && timeMs <= MAX_MS) return timeMs;
  throw new ConfigError(
    "config_invalid",
    `${flag} is not usable: it must be a time from 1s to 24h, such as 90s, 10m or 1h.`,
  );
}
