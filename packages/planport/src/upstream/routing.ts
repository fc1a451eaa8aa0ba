/**
 * Workspace routing: which origin serves an account's model calls (openai/codex `codex-rs/backend-client/src/client.rs`).
 * @module
 */
import { createHash } from "node:crypto";
import type { Grant } from "../auth/token-source.ts";
import { type AnyPlanportError, UpstreamError, type UpstreamFailure } from "../errors.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { RoutingOverride } from "./headers.ts";

/** Where an account's model calls go. */
export interface Route {
  /** Null: the configured base is right. */
  readonly origin: string | null;
  /** Goes out as `x-openai-account-routing-override`; null: no such header. */
  readonly override: RoutingOverride | null;
}

/** The route of calls whose base URL was given outright. */
export const DIRECT_ROUTE: Route = { origin: null, override: null };

/** Finds routes, once per account. */
export interface RouteFinder {
  /** @throws {UpstreamError} `routing_failed` with what was wrong; not remembered, so that the next call asks again. */
  find(grant: Grant): Promise<Route>;
}

/** Fetches the text of the accounts answer with a grant; throws typed errors for anything but a 2xx. */
export type FetchAccounts = (grant: Grant) => Promise<string>;

/** Callers whose own credentials are passed on choose what they are known by: the oldest gives way to the newest. */
const MAX_ROUTES = 1000;

/** Makes a finder. Calls that come while the answer is on its way share it. */
export function createRouteFinder(fetchAccounts: FetchAccounts): RouteFinder {
  const routes = new Map<string, Promise<Route>>();
  return {
    find(grant) {
      const key = keyOf(grant);
      const known = routes.get(key);
      if (known !== undefined) return known;
      const fresh = fetchAccounts(grant).then((text) => readRoute(text, grant.accountId));
      const [oldest] = routes.keys();
      if (routes.size >= MAX_ROUTES && oldest !== undefined) routes.delete(oldest);
      routes.set(key, fresh);
      fresh.catch(() => {
        if (routes.get(key) === fresh) routes.delete(key);
      });
      return fresh;
    },
  };
}

/** Where nothing says whose a bearer is, only the same one has the same route. */
function keyOf({ accountId, userId, bearer }: Grant): string {
  if (accountId !== null || userId !== null) return `${accountId ?? ""}|${userId ?? ""}`;
  return createHash("sha256").update(bearer.reveal(), "utf8").digest("hex");
}

/**
 * Reads the answer of `accounts/check`.
 * @throws {UpstreamError} `routing_failed`
 */
export function readRoute(text: string, accountId: string | null): Route {
  const body = tryParseJson(text);
  const accounts = isJsonObject(body) ? body["accounts"] : undefined;
  if (!isJsonObject(body) || !Array.isArray(accounts)) throw failed("the answer has no list of accounts");
  const wanted = accountId ?? body["default_account_id"];
  const matches = accounts.filter((account) => isJsonObject(account) && account["id"] === wanted);
  const [account] = matches;
  if (!isJsonObject(account)) throw failed("the account of this credential is not in the answer");
  if (matches.length > 1) throw failed("the account of this credential is in the answer more than once");
  return {
    origin: readOrigin(account["workspace_backend_origin"]),
    override: readOverride(account["account_routing_override"]),
  };
}

function readOrigin(value: unknown): string | null {
  if (value === "NO_CONSTRAINT") return null;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url === null) throw failed("workspace_backend_origin is missing or no URL");
  // Whatever else it holds, it would be where a bearer goes: only an https origin will do.
  const isOrigin = url.protocol === "https:" && url.pathname === "/" && url.search === "" && url.hash === "";
  if (!isOrigin || url.username !== "" || url.password !== "")
    throw failed("workspace_backend_origin is not an https origin");
  return url.origin;
}

function readOverride(value: unknown): RoutingOverride | null {
  if (value === "NO_CONSTRAINT") return null;
  if (value === "us" || value === "us_cr") return value;
  throw failed("account_routing_override is missing or has a value that this planport does not know");
}

function failed(reason: string): UpstreamError<"routing_failed"> {
  return new UpstreamError(
    "routing_failed",
    `Could not find out which server serves this workspace: ${reason}. An explicit base URL (CODEX_BASE_URL) skips this step.`,
  );
}

/** The `routing_failed` that stands for a failed call of `accounts/check`. */
export function routingFailure(error: AnyPlanportError): UpstreamError<"routing_failed"> {
  const facts = error.cause as UpstreamFailure | undefined;
  return new UpstreamError(
    "routing_failed",
    `Could not find out which server serves this workspace: ${error.message}`,
    {
      ...(facts !== undefined && { cause: facts }),
      ...(error.retryAfterMs !== null && { retryAfterMs: error.retryAfterMs }),
    },
  );
}
