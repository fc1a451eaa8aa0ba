/**
 * A turn as a stream of its notifications.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type { AppServerClient, Notification, TurnOptions } from "./types.ts";

/** See {@link AppServerClient.streamTurn}. */
export async function* streamTurn(
  client: AppServerClient,
  options: TurnOptions,
): AsyncGenerator<Notification, void, void> {
  const { threadId, input, more, signal } = options;
  const queue: Notification[] = [];
  let wake = (): void => {};
  let isOver = false;
  // Heard from before the start: the first notifications come right behind the answer.
  const unlisten = client.onAny((notification) => {
    queue.push(notification);
    wake();
  });
  void client.ended.then(() => {
    isOver = true;
    wake();
  });
  let turnId: string | null = null;
  const interrupt = (): void => {
    if (turnId !== null) void client.request("turn/interrupt", { threadId, turnId }).catch(() => {}); // It may have ended.
  };
  signal?.addEventListener("abort", interrupt, { once: true });
  let completed = false;
  try {
    const started = await client.request(
      "turn/start",
      {
        ...more,
        threadId,
        input: typeof input === "string" ? [{ type: "text", text: input, text_elements: [] }] : input,
      },
      { signal },
    );
    turnId = started.turn.id;
    if (signal?.aborted === true) interrupt();
    for (;;) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (!belongsTo(next.params, threadId, turnId)) continue;
        completed = next.method === "turn/completed";
        yield next;
        if (completed) return;
      }
      if (isOver) throw new UpstreamError("app_server_gone", "The app-server ended in the middle of a turn.");
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || isOver) resolve();
      });
    }
  } finally {
    unlisten();
    signal?.removeEventListener("abort", interrupt);
    if (!completed && !isOver) interrupt();
  }
}

/** Notifications of the turn itself, and those of its thread that name no turn. */
function belongsTo(params: unknown, threadId: string, turnId: string): boolean {
  if (!isJsonObject(params) || params["threadId"] !== threadId) return false;
  const turn = params["turn"];
  const named = params["turnId"] ?? (isJsonObject(turn) ? turn["id"] : undefined);
  return named === undefined || named === turnId;
}
