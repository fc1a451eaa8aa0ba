/**
 * Tokens that the client owns: it pushes them, and is asked for others when the backend refuses them. They are in memory
 * alone.
 * @module
 */
import { readJwtClaims } from "../../auth/jwt-claims.ts";
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { ConfigError, CredentialError, RequestError } from "../../errors.ts";
import type { RequestOutcome } from "../../json-rpc/index.ts";
import { Secret } from "../../secret.ts";
import { check } from "../protocol/check.ts";
import { serverRequests } from "../protocol/methods.ts";
import type { ChatgptAuthTokensRefreshResponse } from "../protocol/types/account.ts";
import type { Auth } from "./auth.ts";
import { jwtFault } from "./jwt-shape.ts";

/** How long a client may take to answer, as in Codex. */
const ANSWER_LIMIT_MS = 10_000;
const METHOD = "account/chatgptAuthTokens/refresh";

/** What a client hands over. */
export type ExternalTokens = ChatgptAuthTokensRefreshResponse;

/** Asks the client that pushed the tokens for others. */
export type AskForTokens = (
  previousAccountId: string | null,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
) => Promise<RequestOutcome>;

/** A sign-in whose tokens the client owns. */
export interface ExternalAuth extends Auth {
  readonly mode: "chatgptAuthTokens";
  /** New tokens; they win over those of an answer that is still awaited. */
  push(tokens: ExternalTokens, ask: AskForTokens): void;
  /** Resolves when no question is open. */
  settled(): Promise<void>;
}

/**
 * Begins with the tokens of a client.
 * @param workspaceIds Workspaces that are allowed; empty for any.
 * @throws {ConfigError} `internal` with the words of the protocol, when the token is no JWT.
 */
export function createExternalAuth(
  tokens: ExternalTokens,
  ask: AskForTokens,
  workspaceIds: readonly string[],
): ExternalAuth {
  return new External(tokens, ask, workspaceIds);
}

class External implements ExternalAuth {
  readonly mode = "chatgptAuthTokens";
  readonly source: TokenSource;
  readonly #workspaceIds: readonly string[];
  /** Grants that an answer brought: when they are refused as well, there is nothing more to ask for. */
  readonly #answered = new WeakSet<Grant>();
  #held: Grant;
  #ask: AskForTokens;
  /** Tells a push from the tokens before. */
  #pushes = 0;
  #lane: Promise<unknown> = Promise.resolve();

  constructor(tokens: ExternalTokens, ask: AskForTokens, workspaceIds: readonly string[]) {
    this.#workspaceIds = workspaceIds;
    this.#ask = ask;
    this.#held = grantOf(tokens);
    this.source = {
      get: async () => ({ ...this.#held }),
      recover: (rejected, { signal } = {}) => this.#recover(rejected, signal),
      settled: () => this.settled(),
    };
  }

  push(tokens: ExternalTokens, ask: AskForTokens): void {
    this.#held = grantOf(tokens);
    this.#ask = ask;
    this.#pushes++;
  }

  async settled(): Promise<void> {
    await this.#lane;
  }

  /** One question after the other, each for a refusal of its own: Codex does not merge them, either. */
  async #recover(rejected: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
    if (this.#answered.has(rejected)) return null;
    const before = this.#lane;
    const turn = (async () => {
      await before;
      return this.#question(signal);
    })();
    this.#lane = turn.catch(() => {});
    return turn;
  }

  async #question(signal: AbortSignal | undefined): Promise<Grant> {
    const pushes = this.#pushes;
    const outcome = await this.#ask(this.#held.accountId, { timeoutMs: ANSWER_LIMIT_MS, signal });
    if (pushes === this.#pushes) this.#held = this.#read(outcome);
    const grant = { ...this.#held };
    this.#answered.add(grant);
    return grant;
  }

  #read(outcome: RequestOutcome): Grant {
    if (outcome.kind === "result") return this.#take(outcome.result);
    if (outcome.kind === "aborted") throw new RequestError("cancelled", "The request was cancelled.");
    if (outcome.kind === "timeout")
      throw unavailable(`auth refresh request timed out after ${ANSWER_LIMIT_MS / 1000}s`);
    const why = outcome.kind === "error" ? `code=${outcome.error.code}` : "the client is gone";
    throw unavailable(`auth refresh request failed: ${why}`);
  }

  #take(answer: unknown): Grant {
    const spec = serverRequests[METHOD];
    const checked = spec === undefined ? null : check(spec.result, spec.accept?.(answer) ?? answer);
    if (checked?.ok !== true) throw unavailable("invalid auth refresh response");
    const tokens = checked.value as ExternalTokens;
    if (jwtFault(tokens.accessToken) !== null) throw unavailable("auth refresh returned invalid credentials");
    const allowed = this.#workspaceIds;
    if (allowed.length > 0 && !allowed.includes(tokens.chatgptAccountId))
      throw unavailable(
        `Login is restricted to workspace(s) ${allowed.join(", ")}, but current credentials belong to ${tokens.chatgptAccountId}`,
      );
    return grantOf(tokens);
  }
}

function unavailable(message: string): CredentialError<"refresh_unavailable"> {
  return new CredentialError("refresh_unavailable", message);
}

function grantOf({ accessToken, chatgptAccountId, chatgptPlanType }: ExternalTokens): Grant {
  const fault = jwtFault(accessToken);
  if (fault !== null) throw new ConfigError("internal", `failed to set external auth: ${fault}`);
  const claims = readJwtClaims(accessToken);
  return {
    kind: "external",
    bearer: new Secret(accessToken),
    expiresAtMs: claims?.expiresAtMs ?? null,
    accountId: chatgptAccountId,
    fedramp: claims?.fedramp === true,
    email: claims?.email ?? null,
    planType: chatgptPlanType ?? claims?.planType ?? null,
    userId: claims?.userId ?? null,
  };
}
