/**
 * Times and lengths as people read them.
 * @module
 */

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 1440;

/** A length of time: `5 hours`, `7 days`, `90 minutes`. */
export function formatMinutes(minutes: number): string {
  for (const [unit, size] of [
    ["day", DAY_MINUTES],
    ["hour", HOUR_MINUTES],
  ] as const)
    if (minutes >= size && minutes % size === 0) return plural(minutes / size, unit);
  return plural(Math.round(minutes), "minute");
}

/** A length of time: `90 seconds`, `15 minutes`, `2 hours`. */
export function formatDuration(timeMs: number): string {
  const seconds = Math.round(timeMs / 1000);
  return seconds % 60 === 0 ? formatMinutes(seconds / 60) : plural(seconds, "second");
}

/** A moment, with how far off it is: `2026-11-21 14:05 (in 3 hours)`, in local time. */
export function formatTime(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return "at an unknown time";
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())} (${distance(timeMs - nowMs)})`;
}

function distance(differenceMs: number): string {
  const minutes = Math.round(Math.abs(differenceMs) / MINUTE_MS);
  if (minutes === 0) return "now";
  const [count, unit] =
    minutes >= 2 * DAY_MINUTES
      ? [Math.round(minutes / DAY_MINUTES), "day"]
      : minutes >= 2 * HOUR_MINUTES
        ? [Math.round(minutes / HOUR_MINUTES), "hour"]
        : [minutes, "minute"];
  return differenceMs > 0 ? `in ${plural(count, unit)}` : `${plural(count, unit)} ago`;
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
