/**
 * What an agent does, told to a person on standard error.
 * @module
 */
import type { AgentEvent, ThreadItem } from "../../agent/index.ts";
import { isJsonObject, tryParseJson } from "../../protocol/json.ts";
import { type Output, printable, withoutControls } from "../terminal.ts";

/** Longest part of a command's output that is shown, in lines. */
const MAX_LINES = 12;

/** Tells one event, if it is worth a line. */
export function tellProgress(event: AgentEvent, err: Output): void {
  const { dim, red } = err.style;
  // eslint-disable-next-line typescript/switch-exhaustiveness-check -- most events are not worth a line
  switch (event.type) {
    case "item/started":
      if (event.fields.item.type === "commandExecution")
        void err.line(dim(`$ ${printable(event.fields.item.command)}`));
      break;
    case "item/completed":
      for (const line of linesOf(event.fields.item)) void err.line(dim(line));
      break;
    case "error": {
      const { message, additionalDetails } = event.fields.error;
      const said = plain(message);
      const text = additionalDetails === null ? said : `${said} (${additionalDetails})`;
      void err.line(`${event.fields.willRetry ? dim("planport:") : red("planport:")} ${printable(text)}`);
      break;
    }
    default:
  }
}

/** The backend's refusals are JSON with their words in `detail`; programs get them whole, a person only the words. */
function plain(message: string): string {
  const body = tryParseJson(message);
  return isJsonObject(body) && typeof body["detail"] === "string" ? body["detail"] : message;
}

function linesOf(item: ThreadItem): string[] {
  switch (item.type) {
    case "commandExecution": {
      const output = withoutControls(item.aggregatedOutput ?? "").trimEnd();
      const lines = output === "" ? [] : output.split("\n");
      const hidden = lines.length - MAX_LINES;
      const shown = hidden > 0 ? [...lines.slice(0, MAX_LINES), `… ${hidden} more lines`] : lines;
      const ending = item.exitCode === null ? item.status : `exit ${item.exitCode}`;
      return [...shown.map((line) => `  ${line}`), `  (${ending})`];
    }
    case "fileChange":
      return item.changes.map(({ path, kind }) => `${kind.type} ${printable(path)} (${item.status})`);
    case "reasoning":
      return item.summary.map((text) => printable(text));
    case "dynamicToolCall":
    case "userMessage":
    case "agentMessage":
    default:
      return [];
  }
}
