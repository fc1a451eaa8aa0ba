/**
 * The small calls beside model calls: models, usage, accounts.
 * @module
 */
import type { Grant } from "../auth/token-source.ts";
import { UpstreamError, isPlanportError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { UsageBody } from "../protocol/usage.ts";
import { type FetchedCatalogue, parseCatalogue } from "./catalogue.ts";
import { type Endpoints, assertRoute } from "./endpoints.ts";
import { failureFromHttp } from "./failure.ts";
import { type CallerFacts, accountHeaders } from "./headers.ts";
import { joinSignals } from "./join-signals.ts";
import { parsePlatformModels } from "./platform-models.ts";
import { routingFailure } from "./routing.ts";

/** What the small calls share. */
export interface AccountCallContext extends CallerFacts {
  readonly http: HttpClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ends every call: fires when the client is closed. */
  readonly closing: AbortSignal;
}

const TIMEOUT_MS = 15_000;

interface TextAnswer {
  readonly text: string;
  readonly etag: string | null;
}

/** Fetches the model list of a grant's account, or of an API key. */
export async function fetchCatalogue(
  context: AccountCallContext,
  endpoints: Endpoints,
  grant: Grant,
): Promise<FetchedCatalogue> {
  const isPlatform = endpoints.route === "platform";
  const query = isPlatform ? "" : `?client_version=${encodeURIComponent(context.clientVersion)}`;
  const { text, etag } = await getText(context, endpoints.models + query, grant, undefined);
  const catalogue = isPlatform ? parsePlatformModels(text) : parseCatalogue(text);
  if (catalogue === null) throw malformed("The backend's model list holds no models.");
  return { catalogue, etag };
}

/** Fetches the plan's limits. */
export async function fetchUsage(
  context: AccountCallContext,
  url: string,
  grant: Grant,
  signal: AbortSignal | undefined,
): Promise<UsageBody> {
  const body = tryParseJson((await getText(context, url, grant, signal)).text);
  if (!isJsonObject(body)) throw malformed("The backend's answer about usage is not a JSON object.");
  return body;
}

/**
 * Fetches the text of `accounts/check`.
 * @throws {UpstreamError} `routing_failed`; `upstream_unreachable` as it is, since it names host and reason already.
 * @throws {CredentialError} `credential_rejected` on a 401.
 */
export async function fetchAccounts(context: AccountCallContext, url: string, grant: Grant): Promise<string> {
  try {
    return (await getText(context, url, grant, undefined)).text;
  } catch (error) {
    const stands = isPlanportError(error) && KEPT_BY_ROUTING.has(error.code);
    throw stands || !isPlanportError(error) ? error : routingFailure(error);
  }
}

const KEPT_BY_ROUTING: ReadonlySet<string> = new Set([
  "credential_rejected",
  "access_denied",
  "credential_wrong_route",
  "upstream_unreachable",
  "upstream_challenged",
]);

async function getText(
  context: AccountCallContext,
  url: string,
  grant: Grant,
  signal: AbortSignal | undefined,
): Promise<TextAnswer> {
  assertRoute(grant.kind, url);
  const joined = joinSignals(signal, context.closing);
  const response = await context.http
    .fetch(url, { headers: accountHeaders(grant, context), timeoutMs: TIMEOUT_MS, signal: joined.signal })
    .finally(joined.release);
  const text = await response.text();
  if (response.ok) return { text, etag: response.headers.get("etag") };
  const { host, pathname } = new URL(url);
  throw failureFromHttp(
    { status: response.status, headers: Object.fromEntries(response.headers), body: text },
    { nowMs: context.now(), kind: grant.kind, model: null, knownModels: [], place: host + pathname },
  );
}

function malformed(message: string): UpstreamError<"upstream_malformed"> {
  return new UpstreamError("upstream_malformed", message);
}
