/**
 * Named accounts: several sign-ins of one person, each in a file of its own.
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { accountAuthFile, accountsFolder, type HomeOptions, isAccountName } from "../environment.ts";
import { CredentialError, isPlanportError } from "../errors.ts";

export { ACCOUNT_NAME_RULE, accountAuthFile, isAccountName } from "../environment.ts";

/** A named account. */
export interface NamedAccount {
  readonly name: string;
  /** Its `auth.json`. */
  readonly file: string;
}

/**
 * The accounts that have a file, by name. What is in the files is not looked at.
 * @throws {CredentialError} `credential_unreadable` when the system refuses to list them.
 */
export async function listAccounts(options: HomeOptions): Promise<readonly NamedAccount[]> {
  const names = await entriesOf(accountsFolder(options));
  const found = await Promise.all(
    names.filter(isAccountName).map(async (name): Promise<NamedAccount | null> => {
      const file = accountAuthFile(options, name);
      return (await isThere(file)) ? { name, file } : null;
    }),
  );
  return found.filter((account) => account !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new CredentialError("credential_unreadable", `${folder} cannot be read (${code}).`, { cause: error });
  }
}

/** One that the system will not show is there too: reading it then says what is wrong. */
async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => !["ENOENT", "ENOTDIR"].includes(codeOf(error)),
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

/**
 * The file of an account that must be there.
 * @throws {CredentialError} `credential_missing` listing the accounts that are there and the command that signs in.
 */
export async function existingAccountFile(name: string, options: HomeOptions): Promise<string> {
  const file = accountAuthFile(options, name);
  if (await isThere(file)) return file;
  throw await unknownAccount(name, options);
}

/** The error of an account that holds no sign-in. */
export async function unknownAccount(
  name: string,
  options: HomeOptions,
): Promise<CredentialError<"credential_missing">> {
  const others = (await listAccounts(options)).map((account) => account.name).filter((other) => other !== name);
  const known = others.length === 0 ? "There are no other accounts." : `The others are: ${others.join(", ")}.`;
  return new CredentialError(
    "credential_missing",
    `There is no sign-in for the account "${name}". ${known} Run \`planport login --account ${name}\` to sign in to it.`,
  );
}

/**
 * Makes an error name the command that signs in to the account in use; messages deep down know of none.
 * @returns The error that was given.
 */
export function tellAccount(error: unknown, account: string): unknown {
  if (isPlanportError(error))
    error.message = error.message.replaceAll(/`planport login(?! --account)/g, `\`planport login --account ${account}`);
  return error;
}
