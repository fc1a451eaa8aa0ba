/**
 * Finds the credential to use.
 * @module
 */
import os from "node:os";
import { type Environment, readVariable, trimmed } from "../environment.ts";
import { CredentialError, isPlanportError } from "../errors.ts";
import { asString, isJsonObject } from "../protocol/json.ts";
import { Secret } from "../secret.ts";
import type { CredentialDocument } from "../store/document.ts";
import type { CredentialStore } from "../store/types.ts";
import { apiKeyCredential, isTokenText, readCredential } from "./auth-file.ts";
import type { ApiKeyCredential, Credential, PersonalAccessTokenCredential } from "./credential.ts";
import { isStored, openPlace, type OpenPlaceOptions, type StoredPlace } from "./open-store.ts";
import { personalAccessTokenCredential } from "./personal-access-token.ts";
import { type CredentialPlace, credentialPlaces, placeLabel, type PlaceOptions } from "./places.ts";
import { runTokenCommand, type TokenCommand } from "./token-command.ts";

type VariableName = Extract<CredentialPlace, { readonly kind: "variable" }>["name"];

/** A place that was looked in, and what came of it. */
export interface TriedPlace {
  readonly place: CredentialPlace;
  /** `used`, or why not. */
  readonly outcome:
    | "used"
    | "not set"
    | "no such file"
    | "no such entry"
    | "out of reach"
    | "holds no sign-in"
    | "holds no OpenAI key"
    | "not needed";
}

/** What won, and what else was tried. */
export interface Discovery {
  readonly credential: Credential;
  readonly place: CredentialPlace;
  /** The store the credential rests in; null for one from a variable. */
  readonly store: CredentialStore | null;
  /** The command that printed the credential, and prints the next one. */
  readonly command?: TokenCommand;
  /** Every place in order; those after the winner are `not needed`. */
  readonly tried: readonly TriedPlace[];
}

/** Options of {@link discoverCredential}. */
export interface DiscoverOptions extends Partial<PlaceOptions> {
  /** Opens the store in a file; by default `createFileStore`. */
  readonly openStore?: (file: string) => CredentialStore;
  /** Opens the keyring; by default `@napi-rs/keyring` is loaded. */
  readonly openKeyring?: OpenPlaceOptions["openKeyring"];
}

/**
 * Walks the places of {@link credentialPlaces} and takes the first credential. A place that holds a broken or unusable
 * one ends the walk with an error: going on would use another account than the one that was set up. A token command is
 * run when its turn comes.
 * @throws {CredentialError} `credential_missing` listing every place tried; `credential_malformed`,
 * `credential_unreadable`, `credential_unsupported` and `keyring_unavailable` naming the place at fault; what
 * {@link runTokenCommand} throws.
 */
export async function discoverCredential(options: DiscoverOptions = {}): Promise<Discovery> {
  const env = options.env ?? process.env;
  const places = placesOf(options);
  const tried: TriedPlace[] = [];
  for (const [index, place] of places.entries()) {
    const found = await lookInto(place, options);
    if (typeof found === "string") {
      tried.push({ place, outcome: found });
      continue;
    }
    tried.push({ place, outcome: "used" });
    let { credential } = found;
    if (credential.kind === "personalAccessToken" && credential.accountId === null)
      credential = { ...credential, accountId: givenAccountId(env) };
    const rest = places.slice(index + 1).map((other): TriedPlace => ({ place: other, outcome: "not needed" }));
    return { ...found, credential, place, tried: [...tried, ...rest] };
  }
  throw missing(tried);
}

type Found = Pick<Discovery, "credential" | "store" | "command">;

/** What a place holds, or why it is not to be used. */
async function lookInto(place: CredentialPlace, options: DiscoverOptions): Promise<Found | TriedPlace["outcome"]> {
  const env = options.env ?? process.env;
  if (place.kind === "memory") return "out of reach";
  if (place.kind === "variable") {
    const credential = readPlaceVariable(env, place.name);
    if (credential !== null) return { credential, store: null };
    return readVariable(env, place.name) === undefined ? "not set" : "holds no OpenAI key";
  }
  if (place.kind === "command") {
    const line = readVariable(env, place.name);
    if (line === undefined) return "not set";
    const command: TokenCommand = { command: line, origin: `$${place.name}` };
    const platform = options.platform ?? process.platform;
    return { credential: await runTokenCommand(command, { env, platform }), store: null, command };
  }
  const store = open(place, options);
  const document = await readPlace(store, place);
  if (document === null) return place.kind === "file" ? "no such file" : "no such entry";
  const credential = readCredential(document);
  return credential === null ? "holds no sign-in" : { credential, store };
}

function open(place: StoredPlace, { openStore, openKeyring }: DiscoverOptions): CredentialStore {
  return openPlace(place, { openFile: openStore, openKeyring });
}

async function readPlace(store: CredentialStore, place: StoredPlace): Promise<CredentialDocument | null> {
  try {
    return await store.read();
  } catch (error) {
    if (place.kind !== "keyring" || !isPlanportError(error) || error.code !== "keyring_unavailable") throw error;
    const remedy =
      place.owner === "codex"
        ? "Codex is set to keep its login there (`cli_auth_credentials_store`). Run `planport login` for one of planport's own"
        : "PLANPORT_CREDENTIALS_STORE is set to keep planport's sign-in there. Set it to `file` and run `planport login`";
    throw new CredentialError("keyring_unavailable", `${error.message} ${remedy}.`, { cause: error.cause });
  }
}

/**
 * The credential in a variable; null when there is none. What stands in `OPENAI_API_KEY` and is no key of OpenAI's is for
 * another program: clients of a gateway have a made-up one there.
 */
function readPlaceVariable(
  env: Environment,
  name: VariableName,
): PersonalAccessTokenCredential | ApiKeyCredential | null {
  const value = readVariable(env, name);
  if (value === undefined) return null;
  if (name !== "OPENAI_API_KEY") return personalAccessTokenCredential(new Secret(value), `$${name}`);
  return value.startsWith("sk-") ? apiKeyCredential(new Secret(value), `$${name}`) : null;
}

/** The account that was set by hand for an access token (`CODEX_ACCOUNT_ID`); null when none was. */
export function givenAccountId(env: Environment): string | null {
  return readVariable(env, "CODEX_ACCOUNT_ID") ?? null;
}

/**
 * The account of the first ChatGPT sign-in among the files that {@link discoverCredential} looks into: a guess at whose a
 * Codex access token is, for when nobody can be asked. Null when there is none; never rejects.
 */
export async function signedInAccountId(options: DiscoverOptions = {}): Promise<string | null> {
  for (const place of placesOf(options)) {
    if (!isStored(place)) continue;
    const document = await open(place, options)
      .read()
      .catch(() => null);
    const tokens = document?.reveal()["tokens"];
    const accountId = isJsonObject(tokens) ? trimmed(asString(tokens["account_id"])) : undefined;
    if (accountId !== undefined && isTokenText(accountId)) return accountId;
  }
  return null;
}

function placesOf(options: DiscoverOptions): readonly CredentialPlace[] {
  return credentialPlaces({
    platform: options.platform ?? process.platform,
    env: options.env ?? process.env,
    homeDir: options.homeDir ?? os.homedir(),
    authFile: options.authFile,
    planportStore: options.planportStore,
    codexStore: options.codexStore,
  });
}

function missing(tried: readonly TriedPlace[]): CredentialError<"credential_missing"> {
  const list = tried.map(({ place, outcome }) => `${placeLabel(place)}: ${outcome}`).join("; ");
  return new CredentialError("credential_missing", `Not signed in. Run \`planport login\`. Tried: ${list}.`);
}
