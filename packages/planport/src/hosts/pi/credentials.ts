/**
 * What pi keeps in its `auth.json`: one entry for each provider.
 * @module
 */
import { CredentialError } from "../../errors.ts";
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { CredentialDocument, parseDocument, serializeDocument } from "../../store/document.ts";

/** The one OAuth provider that planport signs in to, by pi's name for it. */
export const OPENAI_CODEX = "openai-codex";

/** A sign-in: tokens that expire and rotate. Fields that are not named here are kept. */
export interface PiOAuthCredential {
  readonly type: "oauth";
  readonly access: string;
  readonly refresh: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly accountId?: string;
  readonly [field: string]: unknown;
}

/** A key: as it stands, or where to get it from (`$NAME`, `!command`). */
export interface PiApiKeyCredential {
  readonly type: "api_key";
  readonly key: string;
  /** Variables that go with it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** An entry of pi's `auth.json`. Narrow on `type`. */
export type PiCredential = PiOAuthCredential | PiApiKeyCredential;

/** The entries of a file by provider; those of unknown shape, too. */
export type PiEntries = Readonly<Record<string, unknown>>;

/**
 * Reads the text of pi's `auth.json`. An empty one holds nothing: pi itself makes such files.
 * @throws {CredentialError} `credential_malformed`, with line and column.
 */
export function parsePiEntries(text: string, file: string): PiEntries {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (body.trim() === "") return {};
  const value = tryParseJson(body);
  if (isJsonObject(value)) return value;
  try {
    parseDocument(body, file);
  } catch (error) {
    if (error instanceof CredentialError) throw withNextStep(error);
    throw error;
  }
  throw new CredentialError("credential_malformed", `${file} must hold a JSON object.`);
}

function withNextStep(error: CredentialError): CredentialError {
  const what = error.message.replace(/\. Correct it, or run `planport login`\.$/, "");
  return new CredentialError(
    "credential_malformed",
    `${what}. Correct it; nothing is written to it before, so that no login in it is lost.`,
  );
}

/**
 * The text with one entry put in or taken out (`undefined`). All else is kept, in its order, to the digit.
 * @throws {CredentialError} `credential_malformed` as {@link parsePiEntries}.
 */
export function withPiEntry(text: string, file: string, provider: string, entry: PiCredential | undefined): string {
  const isEmpty = Object.keys(parsePiEntries(text, file)).length === 0;
  const entries: JsonObject = isEmpty ? {} : { ...parseDocument(text, file).reveal() };
  const next = Object.entries(entries).filter(([name]) => name !== provider || entry !== undefined);
  const kept = next.map(([name, value]): [string, unknown] => [name, name === provider ? entry : value]);
  if (entry !== undefined && !Object.hasOwn(entries, provider)) kept.push([provider, entry]);
  return serializeDocument(new CredentialDocument(Object.fromEntries(kept), file));
}

/** The entry of a provider when it has one of the two known shapes; else undefined. */
export function piEntry(entries: PiEntries, provider: string): PiCredential | undefined {
  const entry = Object.hasOwn(entries, provider) ? entries[provider] : undefined;
  if (!isJsonObject(entry)) return undefined;
  if (entry["type"] === "api_key") {
    const key = asString(entry["key"]);
    return key === undefined ? undefined : { ...entry, type: "api_key", key };
  }
  const [access, refresh, expires] = [
    asString(entry["access"]),
    asString(entry["refresh"]),
    asNumber(entry["expires"]),
  ];
  if (entry["type"] !== "oauth" || access === undefined || refresh === undefined || expires === undefined)
    return undefined;
  return { ...entry, type: "oauth", access, refresh, expires };
}
