/**
 * Codex's `auth.json`: what its fields mean (codex-rs/login/src/auth/storage.rs), and how a sign-in or a refresh is
 * written into it without disturbing the rest.
 * @module
 */
import { CredentialError } from "../errors.ts";
import { asString, isJsonObject, type JsonObject } from "../protocol/json.ts";
import { Secret } from "../secret.ts";
import { CredentialDocument, parseDocument } from "../store/document.ts";
import type { ApiKeyCredential, ChatGptCredential, PersonalAccessTokenCredential } from "./credential.ts";
import { readJwtClaims } from "./jwt-claims.ts";

/** The kinds of credential that rest in a file. */
export type StoredCredential = ChatGptCredential | PersonalAccessTokenCredential | ApiKeyCredential;

/** Who issued the tokens of a file (`tokens.oauth_provenance`): a refresh goes to the same issuer and client. */
export interface OAuthProvenance {
  readonly issuer: string | null;
  readonly clientId: string | null;
}

/** Tokens that a server just issued. */
export interface IssuedTokens {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
  readonly idToken: Secret | null;
  /** `expires_in` of the answer, for tokens that do not say themselves when they end. Absent when it had none. */
  readonly expiresInMs?: number;
}

/** True for text that can be a token, and a header with it: printable ASCII without blanks. */
export function isTokenText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** True for text that can be an API key of the Platform. */
function isApiKeyText(text: string): boolean {
  return isTokenText(text) && text.startsWith("sk-") && text.length > "sk-".length;
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  agentIdentity: "an agent identity, which signs each request with a key of its own",
  bedrockApiKey: "an Amazon Bedrock key",
  bedrockAccessKeys: "Amazon Bedrock access keys",
  headers: "headers given by a host program",
};

/**
 * Reads the credential out of the text of an `auth.json`.
 * @throws {CredentialError} `credential_malformed`, `credential_unsupported`; see {@link readCredential}.
 */
export function parseAuthFile(text: string, path: string): StoredCredential | null {
  return readCredential(parseDocument(text, path));
}

/**
 * The credential in a stored document; null when it holds none, as after a sign-out. Without `auth_mode` the order is
 * Codex's: personal access token, Bedrock, API key, ChatGPT.
 * @throws {CredentialError} `credential_malformed` naming file and field; `credential_unsupported` for kinds of sign-in
 * that do not work with a bearer token.
 */
export function readCredential(document: CredentialDocument): StoredCredential | null {
  const raw = document.reveal();
  const mode = optionalText(document, raw, "auth_mode") ?? inferMode(raw);
  switch (mode) {
    case null:
      return null;
    case "personalAccessToken":
      return readPersonalAccessToken(document);
    case "apikey": {
      const key = optionalText(document, raw, "OPENAI_API_KEY");
      if (key === null) throw malformed(document, "OPENAI_API_KEY", "is missing, though auth_mode is `apikey`");
      // A plan's token, put there by mistake, would go to the Platform.
      if (!isApiKeyText(key))
        throw malformed(document, "OPENAI_API_KEY", "must be an API key, which starts with `sk-`");
      return { kind: "apiKey", key: new Secret(key) };
    }
    case "chatgpt":
    case "chatgptAuthTokens":
      return readChatGpt(document);
    default: {
      const what = UNSUPPORTED[mode] ?? "a kind of sign-in this version does not know";
      throw new CredentialError(
        "credential_unsupported",
        `${document.place} holds ${what} (auth_mode); planport needs a ChatGPT sign-in. Run \`planport login\`.`,
      );
    }
  }
}

function inferMode(raw: JsonObject): string | null {
  if (present(raw["personal_access_token"])) return "personalAccessToken";
  if (present(raw["bedrock_api_key"])) return "bedrockApiKey";
  if (present(raw["OPENAI_API_KEY"])) return "apikey";
  if (present(raw["tokens"])) return "chatgpt";
  if (present(raw["agent_identity"])) return "agentIdentity";
  return null;
}

function readPersonalAccessToken(document: CredentialDocument): PersonalAccessTokenCredential {
  const token = optionalText(document, document.reveal(), "personal_access_token");
  if (token === null) throw malformed(document, "personal_access_token", "is missing");
  if (token.startsWith("sk-"))
    throw malformed(
      document,
      "personal_access_token",
      "holds an OpenAI API key (sk-…), which does not work with a ChatGPT plan's backend; it must start with `at-`",
    );
  if (!token.startsWith("at-")) throw malformed(document, "personal_access_token", "must start with `at-`");
  return {
    kind: "personalAccessToken",
    token: new Secret(token),
    accountId: null,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
  };
}

function readChatGpt(document: CredentialDocument): ChatGptCredential {
  const raw = document.reveal();
  const tokens = raw["tokens"];
  if (!present(tokens)) throw malformed(document, "tokens", "is missing, though the file is of a ChatGPT sign-in");
  if (!isJsonObject(tokens)) throw malformed(document, "tokens", "must be an object");
  const field = (name: string): string | null => optionalText(document, tokens, name, "tokens.");
  const accessToken = field("access_token");
  if (accessToken === null) throw malformed(document, "tokens.access_token", "is missing");
  const refreshToken = field("refresh_token");
  const idToken = field("id_token");
  const access = readJwtClaims(accessToken);
  const id = idToken === null ? null : readJwtClaims(idToken);
  return {
    kind: "chatgpt",
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === null ? null : new Secret(refreshToken),
    idToken: idToken === null ? null : new Secret(idToken),
    // Codex sends tokens.account_id alone; hand-made files often lack it, and the claim says the same.
    accountId: field("account_id") ?? access?.accountId ?? id?.accountId ?? null,
    fedramp: id?.fedramp === true || access?.fedramp === true,
    email: id?.email ?? access?.email ?? null,
    planType: id?.planType ?? access?.planType ?? null,
    userId: id?.userId ?? access?.userId ?? null,
    expiresAtMs: access?.expiresAtMs ?? null,
    lastRefreshAtMs: parseTime(raw["last_refresh"]),
  };
}

/** Who issued the tokens of a document, as far as it says. */
export function readProvenance(document: CredentialDocument): OAuthProvenance {
  const tokens = document.reveal()["tokens"];
  const provenance = isJsonObject(tokens) ? tokens["oauth_provenance"] : undefined;
  if (!isJsonObject(provenance)) return { issuer: null, clientId: null };
  return { issuer: asString(provenance["issuer"]) || null, clientId: asString(provenance["client_id"]) || null };
}

/**
 * The document after a refresh: tokens that came replace their predecessors, everything else stays, in the same order.
 * `account_id` stays as well: it names the workspace that was signed in to.
 * @param nowMs Becomes `last_refresh`.
 */
export function applyRefresh(document: CredentialDocument, issued: IssuedTokens, nowMs: number): CredentialDocument {
  const raw = document.reveal();
  const tokens: JsonObject = { ...(isJsonObject(raw["tokens"]) ? raw["tokens"] : {}) };
  if (issued.idToken !== null) tokens["id_token"] = issued.idToken.reveal();
  if (issued.accessToken !== null) tokens["access_token"] = issued.accessToken.reveal();
  if (issued.refreshToken !== null) tokens["refresh_token"] = issued.refreshToken.reveal();
  return new CredentialDocument({ ...raw, tokens, last_refresh: new Date(nowMs).toISOString() }, document.place);
}

/** What {@link newChatGptDocument} takes. */
export interface NewSignIn {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly idToken: Secret;
  readonly issuer: string;
  readonly clientId: string;
  /** Names this sign-in: 43 characters of base64url, new for each. */
  readonly loginOwnerId: string;
  readonly nowMs: number;
}

/** The document of a new ChatGPT sign-in, with the fields and their order as Codex writes them. */
export function newChatGptDocument(signIn: NewSignIn): CredentialDocument {
  const id = readJwtClaims(signIn.idToken.reveal());
  const access = readJwtClaims(signIn.accessToken.reveal());
  return new CredentialDocument(
    {
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        id_token: signIn.idToken.reveal(),
        access_token: signIn.accessToken.reveal(),
        refresh_token: signIn.refreshToken.reveal(),
        oauth_provenance: { issuer: signIn.issuer, client_id: signIn.clientId },
        login_owner_id: signIn.loginOwnerId,
        account_id: id?.accountId ?? access?.accountId ?? null,
      },
      last_refresh: new Date(signIn.nowMs).toISOString(),
    },
    "new sign-in",
  );
}

/** The document for a personal access token: without `auth_mode`, so that older builds of Codex can read it, too. */
export function newPersonalAccessTokenDocument(token: Secret): CredentialDocument {
  return new CredentialDocument(
    { OPENAI_API_KEY: null, personal_access_token: token.reveal() },
    "new personal access token",
  );
}

/**
 * The credential for an OpenAI API key out of an environment variable or a prompt.
 * @param origin Where the key came from, for messages: `$OPENAI_API_KEY`, say, or `standard input`.
 * @throws {CredentialError} `credential_unsupported` when it is a Codex access token; `credential_malformed` when it
 * cannot be a key at all.
 */
export function apiKeyCredential(key: Secret, origin: string): ApiKeyCredential {
  const text = key.reveal();
  const place = origin.charAt(0).toUpperCase() + origin.slice(1);
  if (text.startsWith("at-"))
    throw new CredentialError(
      "credential_unsupported",
      `${place} holds a Codex access token (at-…), which is no API key: put it into CODEX_ACCESS_TOKEN, or run ` +
        "`planport login --with-access-token`.",
    );
  if (!isTokenText(text))
    throw new CredentialError(
      "credential_malformed",
      `${place} holds an OpenAI API key that has blanks or other foreign characters in it.`,
    );
  if (!isApiKeyText(text))
    throw new CredentialError(
      "credential_malformed",
      `${place} must hold an OpenAI API key, which starts with \`sk-\` and has more behind it.`,
    );
  return { kind: "apiKey", key };
}

/** The document for an OpenAI API key, as `codex login --with-api-key` writes it. */
export function newApiKeyDocument(key: Secret): CredentialDocument {
  return new CredentialDocument({ auth_mode: "apikey", OPENAI_API_KEY: key.reveal() }, "new API key");
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function optionalText(document: CredentialDocument, from: JsonObject, key: string, prefix = ""): string | null {
  const value = from[key];
  if (!present(value)) return null;
  if (typeof value !== "string") throw malformed(document, prefix + key, "must be a string");
  // What is inside ends up in a header; blanks around it came from an editor.
  const text = value.trim();
  if (text === "") return null;
  if (!isTokenText(text)) throw malformed(document, prefix + key, "must hold printable ASCII alone, without blanks");
  return text;
}

/** RFC 3339 with up to nine digits of a second, as Codex writes it; Date reads the first three. */
function parseTime(value: unknown): number | null {
  const timeMs = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

function malformed(document: CredentialDocument, field: string, fault: string): CredentialError {
  return new CredentialError(
    "credential_malformed",
    `${document.place}: field \`${field}\` ${fault}. Correct it, or run \`planport login\`.`,
  );
}
