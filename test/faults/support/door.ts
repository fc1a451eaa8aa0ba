/**
 * A door in front of a simulator's token endpoint: it lets a test decide when a call goes in, when its answer comes out, and
 * how much of it.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";

/** A call that stands before the door. */
export interface Caller {
  /** The header of that name. */
  readonly originator: string;
}

/** What the door does with a call. All it leaves out it does not do. */
export interface Doorman {
  /** Before the server hears of it. */
  readonly before?: (caller: Caller) => Promise<void>;
  /** Cuts the line before the server has heard of it. */
  readonly cutBefore?: boolean;
  /** When the server has answered. */
  readonly after?: (caller: Caller) => Promise<void>;
  /** When the answer has been handed over. */
  readonly answered?: (caller: Caller) => void;
  /** Cuts the line when the server has answered, with nothing of the answer sent, or half of it. */
  readonly cutAfter?: "head" | "half";
  /** Sends this in place of what the server has answered. */
  readonly insteadOfAnswer?: string;
}

/** A token endpoint with a door. */
export interface Door {
  /** What `CODEX_REFRESH_TOKEN_URL_OVERRIDE` takes. */
  readonly url: string;
  /** Who called, in this order. */
  readonly callers: readonly Caller[];
  doorman: Doorman;
  close(): Promise<void>;
}

/** Puts a door before the token endpoint of a simulator. */
export async function openDoor(simulator: Simulator): Promise<Door> {
  const callers: Caller[] = [];
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = await readAll(request);
      const caller = { originator: String(request.headers["originator"]) };
      callers.push(caller);
      const { before, cutBefore, after, answered, cutAfter, insteadOfAnswer } = door.doorman;
      await before?.(caller);
      if (cutBefore === true) return void request.socket.destroy();
      const headers = { "content-type": request.headers["content-type"] ?? "application/json" };
      const answer = await fetch(`${simulator.issuer}/oauth/token`, { method: "POST", headers, body });
      const given = await answer.text();
      const text = insteadOfAnswer ?? given;
      await after?.(caller);
      if (cutAfter === "head") return void request.socket.destroy();
      response.writeHead(answer.status, { "content-type": "application/json", "content-length": text.length });
      if (cutAfter === undefined) return void response.end(text, () => answered?.(caller));
      response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
    };
    pass().catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const door: Door = {
    url: `http://127.0.0.1:${String(port)}/oauth/token`,
    callers,
    doorman: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return door;
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

/** Lets those who come wait until `count` of them are there, then in, one after the other, `first` before the others. */
export function meeting(count: number, first: string): (caller: Caller) => Promise<void> {
  const waiting: { readonly caller: Caller; readonly enter: () => void }[] = [];
  return (caller) =>
    new Promise((resolve) => {
      waiting.push({ caller, enter: resolve });
      if (waiting.length < count) return;
      waiting.sort((a, b) => Number(b.caller.originator === first) - Number(a.caller.originator === first));
      for (const { enter } of waiting.splice(0)) enter();
    });
}
