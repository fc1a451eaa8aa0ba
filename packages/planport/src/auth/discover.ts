/**
 * Finds the credential to use.
 * @module
 */
import os from "node:os";
import { type Environment, readVariable, trimmed } from "../environment.ts";
import { CredentialError } from "../errors.ts";
import { asString, isJsonObject } from "../protocol/json.ts";
import { Secret } from "../secret.ts";
import { createFileStore } from "../store/file-store.ts";
import type { CredentialStore } from "../store/types.ts";
import { apiKeyCredential, isTokenText, readCredential, type StoredCredential } from "./auth-file.ts";
import type { ApiKeyCredential, Credential, PersonalAccessTokenCredential } from "./credential.ts";
import { personalAccessTokenCredential } from "./personal-access-token.ts";
import { type CredentialPlace, credentialPlaces, placeLabel, type PlaceOptions } from "./places.ts";

type VariableName = Extract<CredentialPlace, { readonly kind: "variable" }>["name"];

/** A place that was looked in, and what came of it. */
export interface TriedPlace {
  readonly place: CredentialPlace;
  /** `used`, or why not. */
  readonly outcome: "used" | "not set" | "no such file" | "holds no sign-in" | "holds no OpenAI key" | "not needed";
}

/** What won, and what else was tried. */
export interface Discovery {
  readonly credential: Credential;
  readonly place: CredentialPlace;
  /** The store the credential rests in; null for one from a variable. */
  readonly store: CredentialStore | null;
  /** Every place in order; those after the winner are `not needed`. */
  readonly tried: readonly TriedPlace[];
}

/** Options of {@link discoverCredential}. */
export interface DiscoverOptions extends Partial<PlaceOptions> {
  /** Opens the store in a file; by default {@link createFileStore}. */
  readonly openStore?: (file: string) => CredentialStore;
}

/**
 * Walks the places of {@link credentialPlaces} and takes the first credential. A place that holds a broken or unusable
 * one ends the walk with an error: going on would use another account than the one that was set up.
 * @throws {CredentialError} `credential_missing` listing every place tried; `credential_malformed`,
 * `credential_unreadable` and `credential_unsupported` naming the place at fault.
 */
export async function discoverCredential(options: DiscoverOptions = {}): Promise<Discovery> {
  const env = options.env ?? process.env;
  const places = placesOf(options);
  const openStore = options.openStore ?? createFileStore;
  const tried: TriedPlace[] = [];
  for (const [index, place] of places.entries()) {
    let credential: StoredCredential | null = null;
    let store: CredentialStore | null = null;
    let outcome: TriedPlace["outcome"];
    if (place.kind === "variable") {
      credential = readPlaceVariable(env, place.name);
      outcome =
        credential !== null ? "used" : readVariable(env, place.name) === undefined ? "not set" : "holds no OpenAI key";
    } else {
      store = openStore(place.path);
      const document = await store.read();
      credential = document === null ? null : readCredential(document);
      outcome = document === null ? "no such file" : credential === null ? "holds no sign-in" : "used";
    }
    tried.push({ place, outcome });
    if (credential === null) continue;
    if (credential.kind === "personalAccessToken" && credential.accountId === null)
      credential = { ...credential, accountId: readVariable(env, "CODEX_ACCOUNT_ID") ?? null };
    const rest = places.slice(index + 1).map((other): TriedPlace => ({ place: other, outcome: "not needed" }));
    return { credential, place, store, tried: [...tried, ...rest] };
  }
  throw missing(tried);
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

/**
 * The account of the first ChatGPT sign-in among the files that {@link discoverCredential} looks into: a guess at whose a
 * Codex access token is, for when nobody can be asked. Null when there is none; never rejects.
 */
export async function signedInAccountId(options: DiscoverOptions = {}): Promise<string | null> {
  const openStore = options.openStore ?? createFileStore;
  for (const place of placesOf(options)) {
    if (place.kind !== "file") continue;
    const document = await openStore(place.path)
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
  });
}

function missing(tried: readonly TriedPlace[]): CredentialError<"credential_missing"> {
  const list = tried.map(({ place, outcome }) => `${placeLabel(place)}: ${outcome}`).join("; ");
  return new CredentialError("credential_missing", `Not signed in. Run \`planport login\`. Tried: ${list}.`);
}
