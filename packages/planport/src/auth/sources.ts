/**
 * Makes the token source that fits a credential.
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import type { CredentialStore } from "../store/types.ts";
import { readCredential } from "./auth-file.ts";
import { createChatGptSource } from "./chatgpt-source.ts";
import type { Credential, PersonalAccessTokenCredential } from "./credential.ts";
import type { AuthEndpoints } from "./endpoints.ts";
import { createExternalSource, type ExternalOptions, type ExternalSourceOptions } from "./external-source.ts";
import type { ClientIdentity } from "./http.ts";
import { createPersonalAccessTokenSource, type PersonalAccessTokenSourceOptions } from "./personal-access-token.ts";
import { createSendRefresh } from "./refresh.ts";
import { type CredentialPlace, placeLabel } from "./places.ts";
import { notifyRefreshed } from "./on-refreshed.ts";
import type { OnRefreshStep } from "./refresh-step.ts";
import { surfaces } from "./surfaces.ts";
import { createTokenCommandSource } from "./token-command-source.ts";
import {
  type RunTokenCommandOptions,
  runTokenCommand,
  TOKEN_COMMAND_TTL_MS,
  type TokenCommand,
} from "./token-command.ts";
import { guardGrants, guardRefresh } from "./workspace-guard.ts";
import type { Grant, TokenSource } from "./token-source.ts";

/** Options of {@link createTokenSource}. */
export interface TokenSourceOptions {
  /** A credential that was found; a {@link Discovery} fits. Without it the store is read. */
  readonly credential?: Credential;
  /** Where the credential rests; needed for a ChatGPT sign-in, null for one from a variable. */
  readonly store: CredentialStore | null;
  /** Where the credential was found, for messages; a text that completes "from …" fits as well. */
  readonly place?: CredentialPlace | string;
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  /** Says who is asking; by default `planport`. */
  readonly client?: ClientIdentity;
  /** Milliseconds since the epoch; by default `Date.now`. */
  readonly now?: () => number;
  /** Refresh when this much of the access token's life is left; five minutes by default, as Codex. */
  readonly refreshEarlyMs?: number;
  /** Where the account of a Codex access token may be known without asking its server. Default: nowhere. */
  readonly accounts?: Pick<PersonalAccessTokenSourceOptions, "cache" | "fallbackAccountId">;
  /** Told of trouble that did not stop a request. Its messages hold no secret. */
  readonly onWarning?: (error: Error) => void;
  /** Told of each step of a refresh, synchronously. */
  readonly onStep?: OnRefreshStep | undefined;
  /**
   * Called with each renewed credential, after its tokens are safe in the store; right away for one that no store holds.
   * What it throws is told as a warning.
   */
  readonly onRefreshed?: ((credential: Credential) => void) | undefined;
  /** Workspaces that tokens may be of; empty or absent for any. Tokens of others are never put into the store. */
  readonly allowedWorkspaceIds?: readonly string[] | undefined;
  /** Tokens of a parent program: then there is no credential to be found, and no store. */
  readonly external?: ExternalOptions | undefined;
  /** A command that prints a bearer. With a credential, that is what it printed a moment ago. */
  readonly tokenCommand?: TokenCommand | undefined;
  /** For the command: its environment and `process.platform`; by default this process's. */
  readonly system?: Pick<RunTokenCommandOptions, "env" | "platform"> | undefined;
}

const DEFAULT_CLIENT: ClientIdentity = { originator: "planport", userAgent: "planport" };

/** Tokens that somebody else renews are asked for shortly before they end, as a transport would. */
const FOREIGN_REFRESH_EARLY_MS: number = surfaces.transport.refreshEarlyMs;

/**
 * The token source for a credential: refreshing for a ChatGPT sign-in, asking for a parent program's tokens and for what
 * a command prints, fixed for the others.
 * @throws {CredentialError} `credential_missing`, and what reading the store throws. Its calls throw `workspace_forbidden`
 * besides.
 */
export async function createTokenSource(options: TokenSourceOptions): Promise<TokenSource> {
  return guardGrants(await openSource(options), options.allowedWorkspaceIds ?? []);
}

async function openSource(options: TokenSourceOptions): Promise<TokenSource> {
  const { store, external, tokenCommand, allowedWorkspaceIds: allowed = [], onWarning = () => {} } = options;
  if (external !== undefined) return externalSource(external, options);
  if (tokenCommand !== undefined) return commandSource(tokenCommand, options);
  const credential = options.credential ?? (await readStore(store));
  if (credential.kind === "chatgpt" && store !== null)
    return createChatGptSource({
      store,
      endpoints: options.endpoints,
      sendRefresh: guardRefresh(createSendRefresh(options.http, options.client ?? DEFAULT_CLIENT), allowed),
      now: options.now ?? Date.now,
      refreshEarlyMs: options.refreshEarlyMs ?? surfaces.library.refreshEarlyMs,
      onWarning,
      onStep: options.onStep ?? (() => {}),
      onRefreshed: (renewed) => notifyRefreshed(options.onRefreshed, renewed, onWarning),
      allowedWorkspaceIds: allowed,
    });
  if (credential.kind === "personalAccessToken") return personalSource(credential, options);
  return createStaticTokenSource(grantOfCredential(credential));
}

function personalSource(credential: PersonalAccessTokenCredential, options: TokenSourceOptions): TokenSource {
  return createPersonalAccessTokenSource({
    credential,
    place: labelOf(options.place) ?? options.store?.place ?? "the environment",
    http: options.http,
    whoamiUrl: options.endpoints.whoamiUrl,
    client: options.client ?? DEFAULT_CLIENT,
    now: options.now,
    ...options.accounts,
  });
}

/** What both kinds of foreign tokens need. */
function foreign(options: TokenSourceOptions): Pick<ExternalSourceOptions, "now" | "refreshEarlyMs" | "onWarning"> {
  return {
    now: options.now ?? Date.now,
    refreshEarlyMs: options.refreshEarlyMs ?? FOREIGN_REFRESH_EARLY_MS,
    onWarning: options.onWarning ?? (() => {}),
  };
}

function externalSource(external: ExternalOptions, options: TokenSourceOptions): TokenSource {
  return createExternalSource({
    ...external,
    ...foreign(options),
    allowedWorkspaceIds: options.allowedWorkspaceIds,
    onRefreshed: ({ bearer, expiresAtMs, accountId, fedramp, email, planType, userId }) =>
      options.onRefreshed?.({
        kind: "external",
        accessToken: bearer,
        expiresAtMs,
        accountId,
        fedramp,
        email,
        planType,
        userId,
      }),
  });
}

function commandSource(command: TokenCommand, options: TokenSourceOptions): TokenSource {
  const { env, platform } = options.system ?? { env: process.env, platform: process.platform };
  const common = foreign(options);
  const { credential } = options;
  return createTokenCommandSource({
    ...common,
    async run(signal) {
      const printed = await runTokenCommand(command, { env, platform, signal });
      notifyRefreshed(options.onRefreshed, printed, common.onWarning);
      return printed;
    },
    initial: credential?.kind === "external" || credential?.kind === "personalAccessToken" ? credential : undefined,
    personalSource: (printed) => personalSource(printed, { ...options, place: options.place ?? command.origin }),
    ttlMs: command.ttlMs ?? TOKEN_COMMAND_TTL_MS,
  });
}

function labelOf(place: CredentialPlace | string | undefined): string | undefined {
  return place === undefined || typeof place === "string" ? place : placeLabel(place);
}

async function readStore(store: CredentialStore | null): Promise<Credential> {
  const document = (await store?.read()) ?? null;
  const credential = document === null ? null : readCredential(document);
  if (credential !== null) return credential;
  const where = store === null ? "" : ` ${store.place} holds no sign-in.`;
  throw new CredentialError("credential_missing", `Not signed in.${where} Run \`planport login\`.`);
}

/** A source that always gives the same bearer. `recover` is always null: a 401 stands. */
export function createStaticTokenSource(grant: Grant): TokenSource {
  return { get: async () => grant, recover: async () => null };
}

/** The grant of a credential as it stands, neither refreshed nor looked up. */
function grantOfCredential(credential: Credential): Grant {
  if (credential.kind === "apiKey") {
    const { kind, key } = credential;
    return {
      kind,
      bearer: key,
      expiresAtMs: null,
      accountId: null,
      fedramp: false,
      email: null,
      planType: null,
      userId: null,
    };
  }
  const { kind, accountId, fedramp, email, planType, userId } = credential;
  return {
    kind,
    bearer: credential.kind === "personalAccessToken" ? credential.token : credential.accessToken,
    expiresAtMs: credential.kind === "personalAccessToken" ? null : credential.expiresAtMs,
    accountId,
    fedramp,
    email,
    planType,
    userId,
  };
}
