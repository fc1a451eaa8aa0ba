/**
 * A D-Bus session of its own with GNOME Keyring in it, unlocked: what a desktop has, and what no machine without one has.
 */
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cleanEnvironment, type Running, start, temporaryFolder } from "./process.ts";

const PROGRAMS = ["dbus-daemon", "gnome-keyring-daemon"] as const;

/** The programs that are missing here. */
export function missingPrograms(): readonly string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** A running session. */
export interface SecretService {
  /** Variables by which a program finds it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts the session and waits until secrets can be kept in it. */
export async function startSecretService(): Promise<SecretService> {
  const folder = temporaryFolder("session");
  const runtime = join(folder, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const own = { HOME: folder, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: join(folder, "data") };
  const bus = start("dbus-daemon", ["--session", "--nofork", "--print-address=1"], { env: cleanEnvironment(own) });
  const [address] = await bus.waitFor(/unix:\S+/);
  const env = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
  const keyring = start("gnome-keyring-daemon", ["--foreground", "--unlock", "--components=secrets"], {
    env: cleanEnvironment({ ...own, ...env }),
    input: "a password\n",
  });
  await answering(env);
  return {
    env,
    async stop(): Promise<void> {
      for (const running of [keyring, bus]) await stopped(running);
    },
  };
}

/** The daemon says nothing when it is ready, so that it is asked. */
async function answering(env: Readonly<Record<string, string>>): Promise<void> {
  const script = `
    const { AsyncEntry } = await import("@napi-rs/keyring");
    const entry = new AsyncEntry("planport test", "is it there", { linux: { store: "secret-service" } });
    await entry.setPassword("yes");
    await entry.deletePassword();`;
  for (let attempt = 0; attempt < 100; attempt++) {
    const args = ["--input-type=module", "-e", script];
    const { code } = await start(process.execPath, args, { env: cleanEnvironment(env) }).finished;
    if (code === 0) return;
    await delay(100);
  }
  throw new Error("GNOME Keyring does not answer");
}

async function stopped({ child, finished }: Running): Promise<void> {
  child.kill();
  await finished;
}
