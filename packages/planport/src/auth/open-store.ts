/**
 * Opens the store of a place: a file, the system's keyring, or the one that works of both.
 * @module
 */
import { dirname } from "node:path";
import { createFileStore } from "../store/file-store.ts";
import type { KeyringBinding } from "../store/keyring-binding.ts";
import { createAutoStore, createKeyringStore } from "../store/keyring-store.ts";
import type { CredentialStore } from "../store/types.ts";
import { type CredentialPlace, type PlaceOptions, planportAuthFile, planportPlace } from "./places.ts";

/** planport's own entries in a keyring: Codex's are another program's. */
const OWN_SERVICE = "planport";

/** The place of a sign-in that rests in a store. */
export type StoredPlace = Extract<CredentialPlace, { readonly kind: "file" | "keyring" }>;

/** Options of {@link openPlace}. */
export interface OpenPlaceOptions {
  /** Opens a file; by default {@link createFileStore}. */
  readonly openFile?: ((file: string) => CredentialStore) | undefined;
  /** Opens the keyring; by default `@napi-rs/keyring` is loaded. */
  readonly openKeyring?: (() => Promise<KeyringBinding>) | undefined;
}

/** True for places that have a store. */
export function isStored(place: CredentialPlace): place is StoredPlace {
  return place.kind === "file" || place.kind === "keyring";
}

/** The store of a place. Nothing is touched before the first call. */
export function openPlace(place: StoredPlace, options: OpenPlaceOptions = {}): CredentialStore {
  const file = (options.openFile ?? createFileStore)(place.path);
  if (place.kind === "file") return file;
  const keyring = createKeyringStore(dirname(place.path), {
    file,
    open: options.openKeyring,
    ...(place.owner === "planport" && { service: OWN_SERVICE }),
  });
  return place.orFile ? createAutoStore(keyring, file) : keyring;
}

/** planport's own store, where the settings say that it is. */
export function openPlanportStore(options: PlaceOptions & OpenPlaceOptions): CredentialStore {
  const place = planportPlace(options);
  return isStored(place) ? openPlace(place, options) : createFileStore(planportAuthFile(options));
}
