/**
 * Tool calls and their results: the backend refuses a conversation in which one has not the other, and does not always say
 * which. Histories lose halves when clients cut them short, and some clients make ids anew on each turn.
 * @module
 */
import { RequestError } from "../errors.ts";
import type { Capabilities } from "../protocol/capabilities.ts";
import { asString } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { Change } from "./change.ts";

/** `refuse`: name the call that lacks its other half; `repair`: mend what can be mended, and tell; `leave`: the backend judges. */
export type PairingMode = "refuse" | "repair" | "leave";

/** What a client's capabilities mean here. */
export function pairingOf({
  bypass_tool_call_reactor: bypass,
  codex_passthrough: passthrough,
}: Capabilities): PairingMode {
  if (!bypass) return "repair";
  return passthrough ? "leave" : "refuse";
}

/** Type of a call to the type of its result. */
const RESULT_TYPES: Readonly<Record<string, string>> = {
  function_call: "function_call_output",
  custom_tool_call: "custom_tool_call_output",
};
const RESULTS: ReadonlySet<string> = new Set(Object.values(RESULT_TYPES));

/** What the model reads in place of a result that is not there. The same words as Codex has for a call that was cut off. */
const NO_RESULT = "aborted";

/**
 * Sees to it that each function call and freeform call has a result of its own type, and each result its call.
 * @param pathOf Where in the client's request the id of an item stands.
 * @returns The items; the very list when nothing was amiss.
 * @throws {RequestError} `request_invalid` naming the id, in mode `refuse`.
 */
export function pairCalls(
  items: Item[],
  mode: PairingMode,
  changes: Change[],
  pathOf: (index: number) => string = (index) => `input[${index}].call_id`,
): Item[] {
  if (mode === "leave") return items;
  const calls = new Map<string, Item>();
  const answered = new Set<string>();
  const others = new Set<string>();
  for (const item of items) {
    if (isCall(item)) calls.set(idOf(item), item);
    else if (RESULTS.has(item.type ?? "")) answered.add(idOf(item));
    else if (idOf(item) !== "") others.add(idOf(item));
  }
  if (calls.size === 0 && answered.size === 0) return items;
  const isSound = (item: Item): boolean => {
    if (isCall(item)) return answered.has(idOf(item));
    if (!RESULTS.has(item.type ?? "")) return true;
    const call = calls.get(idOf(item));
    if (call === undefined) return others.has(idOf(item));
    return RESULT_TYPES[call.type ?? ""] === item.type;
  };
  if (items.every(isSound)) return items;
  const open = [...calls.keys()].filter((id) => !answered.has(id));
  return mend({ items, calls, others, open: new Set(open), refuses: mode === "refuse", changes, pathOf });
}

interface Pairing {
  readonly items: readonly Item[];
  readonly calls: ReadonlyMap<string, Item>;
  /** Ids of items of other types, such as `local_shell_call`: Codex answers those by the results of functions, too. */
  readonly others: ReadonlySet<string>;
  /** Ids of calls that nothing answers. */
  readonly open: Set<string>;
  readonly refuses: boolean;
  readonly changes: Change[];
  readonly pathOf: (index: number) => string;
}

function isCall(item: Item): boolean {
  return Object.hasOwn(RESULT_TYPES, item.type ?? "");
}

function idOf(item: Item): string {
  return asString(item["call_id"]) ?? "";
}

function mend(pairing: Pairing): Item[] {
  const { items, calls, open } = pairing;
  const out: Item[] = [];
  /** Calls so far that nothing has answered, with their places in `out`. */
  const waiting = new Map<string, number>();
  items.forEach((item, index) => {
    const path = pairing.pathOf(index);
    if (isCall(item) && open.has(idOf(item))) waiting.set(idOf(item), out.length);
    out.push(RESULTS.has(item.type ?? "") ? mendResult(item, path, pairing, waiting) : item);
  });
  // From the last to the first, so that the places of the others stay.
  for (const [id, place] of [...waiting].toReversed()) {
    const path = pairing.pathOf(items.indexOf(out[place] as Item));
    if (pairing.refuses) throw refusal(path, `the call ${shown(id)} has no result`);
    out.splice(place + 1, 0, { type: resultTypeOf(calls.get(id)), call_id: id, output: NO_RESULT });
    tell(pairing, path, "emulated", `The call ${shown(id)} got a result, "${NO_RESULT}".`);
  }
  return out;
}

function mendResult(item: Item, path: string, pairing: Pairing, waiting: Map<string, number>): Item {
  const id = idOf(item);
  const call = pairing.calls.get(id);
  if (call !== undefined) {
    const type = resultTypeOf(call);
    if (type === item.type) return item;
    tell(pairing, path, "mapped", "The result went out under the type of its call.");
    return { ...item, type };
  }
  if (pairing.others.has(id)) return item;
  if (pairing.refuses) throw refusal(path, `the result of ${shown(id)} has no call`);
  const [wanted] = waiting.keys();
  // One call waits, and one result has come that nobody asked for: they belong together.
  if (wanted !== undefined && waiting.size === 1) {
    waiting.delete(wanted);
    tell(pairing, path, "mapped", `The result was given the id of its call, ${shown(wanted)}.`);
    return { ...item, type: resultTypeOf(pairing.calls.get(wanted)), call_id: wanted };
  }
  tell(pairing, path, "mapped", `The result of ${shown(id)} has no call here, and went as a message.`);
  return asMessage(item);
}

function resultTypeOf(call: Item | undefined): string {
  return RESULT_TYPES[call?.type ?? ""] ?? "function_call_output";
}

function tell({ changes }: Pairing, path: string, action: Change["action"], note: string): void {
  changes.push({ path, action, note });
}

/** Nothing of the result is lost: its parts are parts of a message too. */
function asMessage(item: Item): Item {
  const { output } = item;
  const parts = Array.isArray(output) ? (output as unknown[]) : [{ type: "input_text", text: asString(output) ?? "" }];
  const head = [
    { type: "input_text", text: "Result of an earlier tool call:" },
    { type: "input_text", text: idOf(item) },
  ];
  return { type: "message", role: "user", content: [...head, ...parts] };
}

function refusal(param: string, problem: string): RequestError {
  return new RequestError("request_invalid", `${param}: ${problem} in this request. Send both halves, or neither.`, {
    cause: { param },
  });
}

/** An id as it may be quoted: the client's own, cut to a length that fits a line. */
function shown(id: string): string {
  return `"${id.slice(0, 80).replaceAll(/[^\w.:|/-]/g, "?")}"`;
}
