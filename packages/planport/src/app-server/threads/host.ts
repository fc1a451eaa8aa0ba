/**
 * Between the engine and the clients that listen to its threads.
 * @module
 */
import type {
  AgentEventFields,
  AgentEventType,
  AgentHost,
  ApprovalOutcome,
  ApprovalRequest,
  DynamicToolAnswer,
  DynamicToolCall,
  EmitEvent,
  QuestionPlace,
} from "../../agent/index.ts";
import type { RequestOutcome } from "../../json-rpc/index.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type { UsageSnapshot, UsageWindow } from "../../protocol/usage.ts";
import type { Client, NotificationMethod, ServerRequestMethod } from "../handlers.ts";
import { checkAnswer } from "../protocol/check-answer.ts";
import type { RateLimitSnapshot } from "../protocol/types/account.ts";
import type { ServerNotifications, ServerRequests } from "../protocol/types/methods.ts";

/** Who listens to which thread. */
export class ThreadAudience {
  readonly #listeners = new Map<string, Set<Client>>();
  /** Clients whose leaving is watched for. */
  readonly #watched = new WeakSet<Client>();

  /** A client hears a thread from now on, until it is gone or does not want to any more. */
  add(threadId: string, client: Client): void {
    const listeners = this.#listeners.get(threadId) ?? new Set();
    this.#listeners.set(threadId, listeners);
    listeners.add(client);
    if (this.#watched.has(client)) return;
    this.#watched.add(client);
    client.closed.addEventListener("abort", () => this.#forget(client), { once: true });
  }

  #forget(client: Client): void {
    for (const threadId of this.#listeners.keys()) this.remove(threadId, client);
  }

  /** True when the client had listened. */
  remove(threadId: string, client: Client): boolean {
    const listeners = this.#listeners.get(threadId);
    const had = listeners?.delete(client) === true;
    if (listeners?.size === 0) this.#listeners.delete(threadId);
    return had;
  }

  /** The first that came is asked first. */
  of(threadId: string): readonly Client[] {
    return [...(this.#listeners.get(threadId) ?? [])];
  }
}

/** Options of {@link createThreadHost}. */
export interface ThreadHostOptions {
  readonly audience: ThreadAudience;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Makes the engine's host: it tells the clients of a thread what happens, and asks the first of them. */
export function createThreadHost({ audience, now }: ThreadHostOptions): AgentHost {
  /** Questions that their turn outlived or ended: they are called settled after the turn's end. */
  const late = new Map<string, number[]>();

  const tell = <M extends NotificationMethod>(threadId: string, method: M, params: ServerNotifications[M]): void => {
    for (const client of audience.of(threadId)) client.notify(method, params);
  };
  const ask = async <M extends ServerRequestMethod>(
    method: M,
    params: ServerRequests[M]["params"],
    place: QuestionPlace,
    signal: AbortSignal,
  ): Promise<Asked> => {
    const [client] = audience.of(place.threadId);
    if (client === undefined) return { outcome: { kind: "closed" }, requestId: null };
    let requestId: number | null = null;
    const onSent = (id: number): void => {
      requestId = id;
    };
    const outcome = await client.request(method, params, { signal, onSent });
    return { outcome, requestId };
  };
  const resolve = (threadId: string, requestId: number | null, ended: boolean): void => {
    if (requestId === null) return;
    if (ended) late.set(threadId, [...(late.get(threadId) ?? []), requestId]);
    else tell(threadId, "serverRequest/resolved", { threadId, requestId });
  };
  const emit: EmitEvent = (type, fields) => {
    tell(fields.threadId, type, toNotification(type, fields) as never);
    if (type !== "turn/completed") return;
    for (const requestId of late.get(fields.threadId) ?? [])
      tell(fields.threadId, "serverRequest/resolved", { threadId: fields.threadId, requestId });
    late.delete(fields.threadId);
  };
  return {
    emit,
    approve: async (request, place, signal) => {
      const [method, params] = question(request, place, now());
      const { outcome, requestId } = await ask(method, params, place, signal);
      resolve(place.threadId, requestId, signal.aborted);
      return decisionOf(method, outcome);
    },
    callTool: async (call, signal) => {
      const { outcome } = await ask("item/tool/call", toolParams(call), call, signal);
      const answer = outcome.kind === "result" ? checkAnswer("item/tool/call", outcome.result) : null;
      return answer as DynamicToolAnswer | null;
    },
  };
}

interface Asked {
  readonly outcome: RequestOutcome;
  readonly requestId: number | null;
}

function toolParams({ threadId, turnId, callId, namespace, tool, arguments: given }: DynamicToolCall): DynamicToolCall {
  return { threadId, turnId, callId, namespace, tool, arguments: given };
}

type Question =
  | [
      method: "item/commandExecution/requestApproval",
      params: ServerRequests["item/commandExecution/requestApproval"]["params"],
    ]
  | [method: "item/fileChange/requestApproval", params: ServerRequests["item/fileChange/requestApproval"]["params"]];

function question(request: ApprovalRequest, { threadId, turnId }: QuestionPlace, startedAtMs: number): Question {
  const place = { threadId, turnId, itemId: request.item.id, startedAtMs, reason: request.reason };
  if (request.kind === "fileChange")
    return ["item/fileChange/requestApproval", { ...place, grantRoot: request.grantRoot }];
  const { item, commandActions, proposedExecpolicyAmendment: amendment, availableDecisions } = request;
  return [
    "item/commandExecution/requestApproval",
    {
      ...place,
      kind: "command",
      environmentId: "local",
      command: item.command,
      cwd: item.cwd,
      commandActions,
      proposedExecpolicyAmendment: amendment,
      availableDecisions,
    },
  ];
}

function decisionOf(method: Question[0], outcome: RequestOutcome): ApprovalOutcome {
  if (outcome.kind !== "result") return "failed";
  const answer = checkAnswer(method, outcome.result);
  return isJsonObject(answer) ? (answer["decision"] as ApprovalOutcome) : "failed";
}

/** The protocol's form of an event. */
function toNotification<T extends AgentEventType>(type: T, fields: AgentEventFields[T]): object {
  if (type !== "account/rateLimits/updated") return fields;
  const { limits } = fields as AgentEventFields["account/rateLimits/updated"];
  return { rateLimits: toRateLimits(limits) };
}

function toRateLimits(limits: UsageSnapshot | null): RateLimitSnapshot {
  const credits = limits?.credits ?? null;
  return {
    limitId: limits?.limitId ?? "codex",
    limitName: null,
    normalModelSlug: null,
    primary: toWindow(limits?.primary ?? null),
    secondary: toWindow(limits?.secondary ?? null),
    credits,
    individualLimit: null,
    spendControlReached: null,
    planType: null,
    rateLimitReachedType: null,
  };
}

function toWindow(window: UsageWindow | null): RateLimitSnapshot["primary"] {
  if (window === null) return null;
  return {
    usedPercent: Math.round(window.usedPercent),
    windowDurationMins: window.windowMinutes,
    resetsAt: window.resetsAtMs === null ? null : Math.floor(window.resetsAtMs / 1000),
  };
}
