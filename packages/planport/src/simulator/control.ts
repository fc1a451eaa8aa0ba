/**
 * `/_simulator/…`: the simulator's own controls over HTTP, for when it runs as a program. Answers this machine only.
 * @module
 */
import { RequestError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../protocol/index.ts";
import { type Exchange, type Handler, type Route } from "./http/exchange.ts";
import { sendJson } from "./http/reply.ts";
import { parseScriptEntry } from "./script/parse.ts";
import type { Simulator } from "./types.ts";

/** The controls of a simulator. */
export function controlRoutes(simulator: () => Simulator): readonly Route[] {
  const route = (method: string, name: string, act: (fields: JsonObject) => unknown): Route => ({
    method,
    path: `/_simulator/${name}`,
    target: null,
    handle: guarded(act),
  });
  return [
    route("GET", "state", () => simulator().state()),
    route("POST", "expire-tokens", (fields) => {
      const kind = optional(fields, "kind", ["access", "refresh", "all"]) ?? "access";
      if (kind !== "refresh") simulator().expireAccessTokens();
      if (kind !== "access") simulator().expireRefreshTokens();
      return { ok: true };
    }),
    route("POST", "approve-device", (fields) => {
      const userCode = text(fields, "userCode");
      if (optional(fields, "decision", ["approve", "deny"]) === "deny") simulator().denyDevice(userCode);
      else simulator().approveDevice(userCode, optionalText(fields, "accountId"));
      return { ok: true };
    }),
    route("POST", "issue-tokens", (fields) => {
      const accountId = optionalText(fields, "accountId");
      const accessTokenTtlMs = optionalNumber(fields, "accessTokenTtlMs");
      return simulator().issueTokens({
        ...(accountId === undefined ? {} : { accountId }),
        ...(accessTokenTtlMs === undefined ? {} : { accessTokenTtlMs }),
      });
    }),
    route("POST", "issue-pat", (fields) => {
      const accountId = optionalText(fields, "accountId");
      return { token: simulator().issuePersonalAccessToken(accountId === undefined ? {} : { accountId }) };
    }),
    route("POST", "issue-api-key", () => ({ key: simulator().issueApiKey() })),
    route("POST", "set-usage", (fields) => {
      const { accounts } = simulator();
      const accountId = optionalText(fields, "accountId");
      const account = accountId === undefined ? accounts.default : accounts.get(accountId);
      const usedPercent = optionalNumber(fields, "usedPercent");
      if (usedPercent === undefined) throw missing("usedPercent", "a number");
      const window = account.usage.primary ?? { usedPercent, windowMinutes: 300, resetsAtMs: null };
      accounts.setUsage({ primary: { ...window, usedPercent } }, account.id);
      return { ok: true };
    }),
    route("POST", "script", (fields) => {
      const { match, effects, always } = parseScriptEntry(fields);
      if (always) simulator().script.always(match, ...effects);
      else simulator().script.push(match, ...effects);
      return { ok: true };
    }),
    route("POST", "reset", () => {
      simulator().reset();
      return { ok: true };
    }),
  ];
}

function guarded(act: (fields: JsonObject) => unknown): Handler {
  return (exchange) => {
    checkCaller(exchange);
    sendJson(exchange.res, 200, act(controlFields(exchange)));
  };
}

/** This machine only, and by a name of its own: a page elsewhere can make a browser here ask, with its name in Host or Origin. */
function checkCaller({ req }: Exchange): void {
  const name = hostName(`http://${req.headers.host ?? ""}`);
  if (!isLoopback(req.socket.remoteAddress ?? "") || name === null || !isLoopback(name))
    throw new RequestError("host_forbidden", "The simulator is controlled from this machine only, by a loopback name.");
  const { origin } = req.headers;
  if (origin === undefined) return;
  const page = hostName(origin);
  if (page === null || !isLoopback(page))
    throw new RequestError("origin_forbidden", "The simulator is not controlled by pages from elsewhere.");
}

function hostName(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.replaceAll(/^\[|\]$/g, "") : null;
}

function isLoopback(nameOrAddress: string): boolean {
  return (
    nameOrAddress === "localhost" || nameOrAddress === "::1" || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(nameOrAddress)
  );
}

/** The fields of a call. Only JSON: a page elsewhere cannot send that without asking first (Fetch standard, CORS-safelisted content types). */
function controlFields({ req, payload }: Exchange): JsonObject {
  if (req.method === "GET") return {};
  const type = req.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json" && payload.type === "none") return {};
  if (type === "application/json" && payload.problem !== null)
    throw new RequestError("request_malformed", "The body is not valid JSON.");
  if (type === "application/json" && isJsonObject(payload.value)) return payload.value;
  throw new RequestError(
    "content_type_unsupported",
    "Send content-type: application/json, and a JSON object or no body at all.",
  );
}

function missing(param: string, what: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param} must be ${what}.`, { cause: { param } });
}

function text(fields: JsonObject, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined || value === "") throw missing(name, "a text");
  return value;
}

function optionalText(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === "string") return value;
  throw missing(name, "a text");
}

function optionalNumber(fields: JsonObject, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
  throw missing(name, "a number");
}

function optional(fields: JsonObject, name: string, allowed: readonly string[]): string | undefined {
  const value = optionalText(fields, name);
  if (value === undefined || allowed.includes(value)) return value;
  throw missing(name, `one of ${allowed.join(", ")}`);
}
