/**
 * Which server a workspace is served by, and what it is called: asked of the backend once for each credential.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { CredentialError, isPlanportError, UpstreamError } from "../../errors.ts";
import type { HttpAnswer, HttpClient } from "../../net/types.ts";
import { isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { accountHeaders, type CallerFacts } from "../../upstream/headers.ts";
import type { WorkspaceRouting } from "../protocol/types/account.ts";

/** A workspace, as the backend tells of it. */
export interface Workspace {
  readonly routing: WorkspaceRouting;
  readonly name: string | null;
}

/** A workspace, and the bearer with which the backend told of it. */
export interface FoundWorkspace {
  readonly grant: Grant;
  readonly workspace: Workspace;
}

/** Options of {@link createWorkspaceFinder}. */
export interface WorkspaceFinderOptions {
  readonly http: HttpClient;
  readonly accountsCheckUrl: string;
  readonly caller: CallerFacts;
}

/** Finds workspaces. */
export interface WorkspaceFinder {
  /**
   * The workspace of a source's bearer; one that is refused with a 401 is replaced as often as the source can.
   * @throws {UpstreamError} `routing_failed` in the words of the protocol; and what the source throws.
   */
  find(source: TokenSource, signal?: AbortSignal): Promise<FoundWorkspace>;
  /** Forgets what was found: the next call asks again. */
  forget(): void;
}

const TIMEOUT_MS = 15_000;

/** A finder that has found nothing yet. */
export function createWorkspaceFinder(options: WorkspaceFinderOptions): WorkspaceFinder {
  let known: { readonly grant: Grant; readonly workspace: Promise<Workspace> } | null = null;
  const ask = (grant: Grant): Promise<Workspace> => {
    if (known !== null && known.grant.bearer.equals(grant.bearer) && known.grant.accountId === grant.accountId)
      return known.workspace;
    const workspace = fetchWorkspace(options, grant);
    const entry = { grant, workspace };
    known = entry;
    workspace.catch(() => {
      if (known === entry) known = null;
    });
    return workspace;
  };
  return {
    async find(source, signal) {
      let grant = await source.get({ signal });
      for (;;) {
        try {
          return { grant, workspace: await ask(grant) };
        } catch (error) {
          if (!isPlanportError(error) || error.code !== "credential_rejected") throw error;
          const next = await recover(source, grant, signal);
          if (next === null) throw failed("workspace routing discovery unauthorized (401)");
          grant = next;
        }
      }
    },
    forget() {
      known = null;
    },
  };
}

/** A parent that gives no other token leaves the refusal as it is, as in Codex. */
async function recover(source: TokenSource, refused: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
  try {
    return await source.recover(refused, { signal });
  } catch (error) {
    if (refused.kind === "external" && isPlanportError(error) && error.code !== "cancelled") return null;
    throw error;
  }
}

async function fetchWorkspace(options: WorkspaceFinderOptions, grant: Grant): Promise<Workspace> {
  const { accountId } = grant;
  if (accountId === null || accountId === "") throw failed("workspace routing requires a ChatGPT account id");
  let answer: HttpAnswer;
  let text: string;
  try {
    answer = await options.http.fetch(options.accountsCheckUrl, {
      headers: accountHeaders(grant, options.caller),
      timeoutMs: TIMEOUT_MS,
    });
    text = await answer.text();
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    throw failed("workspace routing discovery failed");
  }
  // Not told to anybody: whoever asked looks for another bearer.
  if (answer.status === 401) throw new CredentialError("credential_rejected", "The bearer was refused.");
  if (!answer.ok) throw failed("workspace routing discovery failed");
  return readWorkspace(tryParseJson(text), accountId);
}

function readWorkspace(body: unknown, accountId: string): Workspace {
  const accounts = isJsonObject(body) ? body["accounts"] : undefined;
  if (!Array.isArray(accounts)) throw failed("workspace routing discovery failed");
  const mine = accounts.filter((each): each is JsonObject => isJsonObject(each) && each["id"] === accountId);
  const [account] = mine;
  if (account === undefined) throw failed("selected workspace missing from routing discovery");
  if (mine.length > 1) throw failed("duplicate workspace in routing discovery");
  const name = account["name"];
  return {
    name: typeof name === "string" ? name : null,
    routing: {
      chatgptAccountId: accountId,
      backendOrigin: readOrigin(account["workspace_backend_origin"]),
      accountRoutingOverride: readOverride(account["account_routing_override"]),
    },
  };
}

function readOrigin(value: unknown): string {
  if (typeof value !== "string") throw failed("workspace routing discovery is missing backend origin");
  const url = URL.canParse(value) ? new URL(value) : null;
  const isOrigin =
    url?.protocol === "https:" &&
    url.username === "" &&
    url.password === "" &&
    url.pathname === "/" &&
    url.search === "";
  if (url === null || !isOrigin) throw failed("workspace backend must use an HTTPS origin without credentials");
  return url.origin;
}

function readOverride(value: unknown): WorkspaceRouting["accountRoutingOverride"] {
  if (value === "NO_CONSTRAINT" || value === "us" || value === "us_cr") return value;
  throw failed("workspace routing discovery has invalid account routing override");
}

function failed(message: string): UpstreamError<"routing_failed"> {
  return new UpstreamError("routing_failed", message);
}
