/**
 * The operating system's keyring, by way of the optional package `@napi-rs/keyring`.
 * @module
 */
import { CredentialError } from "../errors.ts";

/** What is asked of a keyring. A test gives its own. */
export interface KeyringBinding {
  /** The secret of an entry; null when there is no such entry. */
  get(service: string, account: string): Promise<string | null>;
  set(service: string, account: string, secret: string): Promise<void>;
  /** False when there was no such entry. */
  remove(service: string, account: string): Promise<boolean>;
}

/** The part of `@napi-rs/keyring` that is used. Its own types would bind everybody who has not installed it. */
export interface KeyringPackage {
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options?: { readonly linux?: { readonly store?: "secret-service" } },
  ) => {
    getPassword(): Promise<string | null | undefined>;
    setPassword(secret: string): Promise<void>;
    deletePassword(): Promise<boolean>;
  };
}

const PACKAGE = "@napi-rs/keyring";

/**
 * Loads the binding when it is first needed. On Linux it speaks to the Secret Service and to nothing else: the package
 * would otherwise fall back to the kernel's keyring, which is empty after a restart and where Codex does not look.
 * @throws {CredentialError} `keyring_unavailable` when the package is not installed or does not run here.
 */
export async function loadKeyring(
  load: () => Promise<KeyringPackage> = () => import("@napi-rs/keyring"),
): Promise<KeyringBinding> {
  let binding: KeyringPackage;
  try {
    binding = await load();
  } catch (error) {
    throw new CredentialError(
      "keyring_unavailable",
      `The package ${PACKAGE}, which opens the system's keyring, is not installed or does not run on this system. ` +
        `Install it (npm install ${PACKAGE}), or keep the sign-in in a file.`,
      { cause: error },
    );
  }
  const { AsyncEntry } = binding;
  const entry = (service: string, account: string): InstanceType<KeyringPackage["AsyncEntry"]> =>
    new AsyncEntry(service, account, { linux: { store: "secret-service" } });
  return {
    get: async (service, account) => (await entry(service, account).getPassword()) ?? null,
    set: async (service, account, secret) => entry(service, account).setPassword(secret),
    remove: async (service, account) => entry(service, account).deletePassword(),
  };
}

/** The words of {@link keyringFault} for a Linux machine on which nobody keeps secrets begin with this. */
export const NO_SECRET_SERVICE = "there is no secret service to speak to";

/** Why the system refused, in words that help. The system's own message holds no secret, but may be of many lines. */
export function keyringFault(error: unknown, platform: string): string {
  const said = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").slice(0, 200) : "";
  if (platform === "linux" && /d-?bus|freedesktop/i.test(said) && !/lock/i.test(said))
    return (
      `${NO_SECRET_SERVICE}: it needs a D-Bus session (DBUS_SESSION_BUS_ADDRESS) and a keyring program such as GNOME ` +
      "Keyring or KWallet, which machines without a desktop often lack"
    );
  if (/no result found/i.test(said)) return "there is no unlocked keyring in it; unlock the login keyring, or make one";
  if (/lock/i.test(said)) return "it is locked; unlock it and try again";
  if (/too long|longer than|exceeds|TooLong/i.test(said))
    return "the sign-in is longer than an entry of it may be, which is 2560 bytes on Windows; keep it in a file";
  return said === "" ? "the system did not say why" : `the system says: ${said}`;
}
