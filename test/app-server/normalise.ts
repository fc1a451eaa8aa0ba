/**
 * What two servers said, in a form that can be compared: who spoke, the method, and the fields that a client acts on. Masked are
 * ids, times, ports and paths, and nothing else.
 */
import type { Driver, Message } from "./driver.ts";

/** What of a conversation is compared. */
export interface Transcript {
  /** Notifications and requests of the server, in order; a run of deltas of one kind is one line. */
  readonly told: readonly string[];
  /** Answers, by the order of the questions. */
  readonly answered: readonly string[];
}

/**
 * What the real one tells of things that planport does not have (MCP servers, skills, remote control, hooks, plug-ins) or whenever
 * it gets round to it.
 */
const LEFT_OUT = new Set([
  "mcpServer/startupStatus/updated",
  "skills/changed",
  "remoteControl/status/changed",
  "configWarning",
  "warning",
  "deprecationNotice",
  "app/list/updated",
  "thread/settings/updated",
  "thread/name/updated",
  "thread/prediction/updated",
  "hook/started",
  "hook/completed",
  "account/gatewayOAuth/changed",
]);

/** Results of which every field is compared; of the others, which fields there are. */
const COMPARED_WHOLE = new Set([
  "account/read",
  "account/login/start",
  "account/login/cancel",
  "account/logout",
  "account/rateLimits/read",
  "getAuthStatus",
  "turn/interrupt",
  "thread/archive",
  "thread/name/set",
  "thread/unsubscribe",
  "thread/loaded/list",
]);

/** The paths of one run. */
export interface Places {
  readonly home: string;
  readonly cwd: string;
}

/** The transcript of what a driver kept. */
export function transcriptOf(driver: Driver, places: Places): Transcript {
  const mask = (value: unknown): string => maskText(JSON.stringify(sorted(value)), places);
  const told: string[] = [];
  let before: Message = {};
  for (const message of driver.told) {
    const method = String(message["method"]);
    if (LEFT_OUT.has(method)) continue;
    if (saysAgain(before, message)) continue;
    before = message;
    const asks = message["id"] === undefined ? "tells" : "asks";
    const line = `${asks} ${method} ${mask(keyFields(method, message["params"] as Message))}`;
    if (/delta$/i.test(method) && told.at(-1) === line) continue;
    told.push(line);
  }
  placeEndOfWaiting(told);
  const answered = driver.answered.map(({ id, method, answer }) => {
    if (answer.silence === true) return `${id} ${method}: nothing`;
    if (answer.error !== undefined) return `${id} ${method}: error ${mask(answer.error)}`;
    const { result } = answer;
    return `${id} ${method}: ${
      COMPARED_WHOLE.has(method)
        ? mask(result)
        : Object.keys(result ?? {})
            .sort()
            .join(",")
    }`;
  });
  return { told, answered };
}

const NO_LONGER_WAITING = 'tells thread/status/changed {"activeFlags":[],"type":"active"}';

/**
 * Codex tells that a thread waits no more from a task of its own (the guard of app-server/src/thread_status.rs), so that the end
 * of the item that was asked about comes before it or behind it, as it happens. Here it stands right behind the settled question.
 */
function placeEndOfWaiting(told: string[]): void {
  for (let at = 0; at < told.length; at++) {
    if (!told[at]!.startsWith("tells serverRequest/resolved ")) continue;
    if (told[at + 1]?.startsWith("tells item/completed ") !== true || told[at + 2] !== NO_LONGER_WAITING) continue;
    told.splice(at + 1, 2, NO_LONGER_WAITING, told[at + 1]!);
  }
}

/**
 * True for a thread's status that was told just before. When Codex ends a thread, the end itself and whoever asked for it (both by
 * `remove_thread` of app-server/src/thread_status.rs) may each tell that it is not loaded any more, as it happens.
 */
function saysAgain(before: Message, message: Message): boolean {
  const what = ({ method, params }: Message): string => JSON.stringify([method, params]); // Not when: `emittedAtMs`.
  return message["method"] === "thread/status/changed" && what(before) === what(message);
}

type Pick = (params: Message) => unknown;

const errorFields = (error: unknown): unknown =>
  error == null ? null : pick(error as Message, ["message", "codexErrorInfo", "additionalDetails"]);

/** What clients act on, by method; of the others, which fields there are. */
const KEY_FIELDS: Readonly<Record<string, Pick>> = {
  "account/login/completed": (params) => params,
  "account/updated": (params) => params,
  "account/chatgptAuthTokens/refresh": (params) => params,
  "thread/started": ({ thread }) => pick(thread as Message, ["status", "preview", "ephemeral", "modelProvider"]),
  "thread/status/changed": ({ status }) => status,
  "turn/started": turnFields,
  "turn/completed": turnFields,
  "turn/diff/updated": ({ diff }) => diff,
  error: ({ error, willRetry }) => ({ error: errorFields(error), willRetry }),
  "item/started": itemFields,
  "item/completed": itemFields,
  "item/agentMessage/delta": () => "",
  "item/reasoning/summaryTextDelta": () => "",
  "item/reasoning/textDelta": () => "",
  "item/commandExecution/requestApproval": (params) =>
    pick(params, [
      "kind",
      "reason",
      "command",
      "commandActions",
      "cwd",
      "availableDecisions",
      "proposedExecpolicyAmendment",
    ]),
  "item/fileChange/requestApproval": (params) => pick(params, ["reason", "grantRoot"]),
  "item/tool/call": (params) => pick(params, ["tool", "arguments", "namespace"]),
};

function turnFields({ turn }: Message): unknown {
  const { status, error } = turn as Message;
  return { status, error: errorFields(error) };
}

function itemFields({ item }: Message): unknown {
  return pick(item as Message, [
    "type",
    "status",
    "text",
    "content",
    "command",
    "commandActions",
    "cwd",
    "exitCode",
    "aggregatedOutput",
    "changes",
    "tool",
    "arguments",
    "contentItems",
    "success",
  ]);
}

function keyFields(method: string, params: Message): unknown {
  const known = KEY_FIELDS[method];
  // The moment at which it was sent stands in every message of newer versions.
  return known === undefined
    ? Object.keys(params)
        .filter((key) => key !== "emittedAtMs")
        .sort()
    : known(params);
}

function pick(from: Message, keys: readonly string[]): Message {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}

/** Keys in the order of the alphabet: in which order an object is written says nothing. */
function sorted(value: unknown, key = ""): unknown {
  if (Array.isArray(value))
    return key === "" ? [...value].map((item) => sorted(item)) : value.map((item) => sorted(item));
  if (typeof value === "number" && value > 1_000_000_000) return "<time>";
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([name]) => name !== "emittedAtMs");
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner, name)]));
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

function maskText(text: string, { home, cwd }: Places): string {
  return text
    .replaceAll(cwd, "<cwd>")
    .replaceAll(home, "<home>")
    .replaceAll(JWT, "<token>")
    .replaceAll(UUID, "<id>")
    .replaceAll(/(?:127\.0\.0\.1|localhost)(?::|%3A)\d+/g, "<server>")
    .replaceAll(/\b(?:req_|resp_|msg_|call_|rs_|fc_|user-)[\w-]+/g, "<id>")
    .replaceAll(/\b[0-9A-Z]{4}-[0-9A-Z]{4,5}\b/g, "<code>")
    .replaceAll(/(state|code_challenge|id_token_hint|originator)=[^&"]+/g, "$1=<id>")
    .replaceAll(/index [0-9a-f]{40}\.\.[0-9a-f]{40}/g, "index <id>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/try again (?:at|in) [^."]*/gi, "try again <time>");
}
