/**
 * What a process has cost so far, read from Linux's /proc (proc(5)). Nothing runs inside of the measured process.
 */
import { readFileSync, readdirSync } from "node:fs";

/** False elsewhere: macOS and Windows have no /proc. */
export const canMeasureProcesses = process.platform === "linux";

/**
 * CPU time of all threads, user and system, in microseconds.
 *
 * `utime + stime` of /proc/PID/stat is the same sum, but in ticks of 10 ms, which is as much as nginx needs for a
 * thousand events. /proc/PID/task/TID/schedstat tells it in nanoseconds. Its sum leaves out threads that have ended,
 * and Node and nginx keep theirs; where the kernel was built without it, the ticks must do.
 */
export function readCpuUs(pid) {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
    return ns / 1000;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return readTicks(pid) * 10_000;
  }
}

function readTicks(pid) {
  const fields = readStat(pid);
  return Number(fields[11]) + Number(fields[12]);
}

/** The fields after the command's name, which may hold blanks and brackets itself. */
function readStat(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The most memory that the process ever had resident, in MB (2^20 bytes). */
export function readPeakMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Ids of the processes that `parent` started. */
export function childrenOf(parent) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(readStat(pid)[1]) === parent;
      } catch {
        return false; // It ended between the listing and the look.
      }
    });
}
