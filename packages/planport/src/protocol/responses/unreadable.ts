/**
 * What to think of an event whose data is not JSON: nothing, or that a piece of the answer is gone.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import { tryParseJson } from "../json.ts";

/** `nothing`: there was nothing to read; `notice`: something beside the answer; `answer`: perhaps a part of the answer. */
export type Loss = "nothing" | "notice" | "answer";

/** Events that hold no part of an answer. */
const BESIDE = /^(?:response\.(?:created|queued|in_progress|metadata)$|codex\.|responsesapi\.|keepalive$|ping$)/;
const TYPE_IN_FRONT = /^\s*\{\s*"type"\s*:\s*"([^"\\]+)"/;

/**
 * What is lost with an event that cannot be read.
 * @param name Of its `event:` line; "" or undefined when it has none.
 * @param data As it came.
 */
export function lossOf(name: string | undefined, data: string): Loss {
  const text = data.trim();
  if (text === "" || text === "[DONE]" || tryParseJson(data) !== undefined) return "nothing";
  const type = TYPE_IN_FRONT.exec(data)?.[1] ?? name ?? "";
  return BESIDE.test(type) ? "notice" : "answer";
}

/** The end of a stream of which a part could not be read. */
export function unreadableEvent(): UpstreamError<"upstream_malformed"> {
  return new UpstreamError(
    "upstream_malformed",
    "The backend sent an event that is not JSON, so a part of its answer is missing.",
  );
}
