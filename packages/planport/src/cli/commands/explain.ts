/**
 * `planport explain`: what would be sent for a request, and why. The request goes through the gateway's own code up to the
 * point at which it would leave, so that this cannot say one thing while the gateway does another.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError, RequestError } from "../../errors.ts";
import { openMemory } from "../../memory/index.ts";
import { loadSettings } from "../../planport.ts";
import { asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/index.ts";
import { createGateway } from "../../server/index.ts";
import type { Change, ChangeAction } from "../../translate/index.ts";
import { type ModelList, snapshotCatalogue } from "../../upstream/index.ts";
import { createRehearsal, type RehearsedCall } from "../../upstream/rehearsal.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { followConfigFile, loadConfigFile } from "../gateway-config.ts";
import { readAll } from "../input.ts";
import { type BackendOptions, openLogger, withSession } from "../session.ts";
import { type Output, printable } from "../terminal.ts";

/** Options of {@link explain}. */
export interface ExplainOptions extends BackendOptions {
  /** One of {@link DIALECTS}. */
  readonly as?: string;
  readonly config?: string;
  readonly profile?: string;
  /** As for an OpenAI API key. */
  readonly apiKey?: boolean;
  /** Looks the model up in the account's own list. */
  readonly live?: boolean;
  readonly json?: boolean;
}

const PATHS = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
  messages: "/v1/messages",
  completions: "/v1/completions",
} as const;

type Dialect = keyof typeof PATHS;

/** What `--as` takes. */
const DIALECTS: readonly string[] = Object.keys(PATHS);

/** Runs the command. */
export async function explain(context: CommandContext, file: string, options: ExplainOptions): Promise<ExitCode> {
  const { text, name } = await readRequest(context, file);
  const { dialect, guessed } = dialectOf(text, name, options.as);
  const list = await findModels(context, options);
  const { body, changes: before } = withoutEarlier(text, dialect);
  const told: Change[] = [...before];
  const call = await rehearse(context, options, { path: PATHS[dialect], body, name, list, told });
  const explained: Explained = { name, dialect, guessed, asked: modelIn(text), list, call, changes: told };
  const { out } = context.terminal;
  if (options.json === true) await out.line(JSON.stringify(toJson(explained), null, 2));
  else await print(explained, out);
  return EXIT.ok;
}

interface Explained {
  readonly name: string;
  readonly dialect: Dialect;
  readonly guessed: boolean;
  readonly asked: string;
  readonly list: ModelList;
  readonly call: RehearsedCall;
  readonly changes: readonly Change[];
}

async function readRequest(context: CommandContext, file: string): Promise<{ text: string; name: string }> {
  if (file === "-") return { text: await readAll(context), name: "standard input" };
  try {
    return { text: await readFile(resolve(file), "utf8"), name: file };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : "it cannot be read";
    throw new ConfigError("config_invalid", `${file}: ${why}.`);
  }
}

function dialectOf(text: string, name: string, as: string | undefined): { dialect: Dialect; guessed: boolean } {
  if (as !== undefined) {
    const dialect = (Object.keys(PATHS) as Dialect[]).find((known) => known === as);
    if (dialect === undefined)
      throw new RequestError("request_invalid", `--as ${printable(as)}: expected one of ${DIALECTS.join(", ")}.`);
    return { dialect, guessed: false };
  }
  const body = tryParseJson(text);
  // What is no JSON is refused further on, with its line.
  if (body === undefined) return { dialect: "chat", guessed: true };
  const dialect = isJsonObject(body) ? guess(body) : null;
  if (dialect !== null) return { dialect, guessed: true };
  const what = isJsonObject(body) ? "it has none of messages, input and prompt" : "it is no object";
  throw new RequestError("request_invalid", `${name}: ${what}. Say what it is: --as ${DIALECTS.join("|")}.`);
}

/** Fields that only Anthropic's API has at the top of a request. */
const MESSAGES_ONLY = ["system", "thinking", "stop_sequences", "output_config", "anthropic_version", "mcp_servers"];
const BLOCK = /^(?:tool_use|tool_result|thinking|redacted_thinking|image|document)$/;

function guess(body: JsonObject): Dialect | null {
  const { messages, tools } = body;
  if (!Array.isArray(messages))
    return body["input"] !== undefined ? "responses" : body["prompt"] !== undefined ? "completions" : null;
  if (MESSAGES_ONLY.some((name) => body[name] !== undefined)) return "messages";
  if (Array.isArray(tools) && tools.some((tool) => isJsonObject(tool) && tool["input_schema"] !== undefined))
    return "messages";
  const blocks = messages.flatMap((message): unknown => (isJsonObject(message) ? message["content"] : []));
  return blocks.some((block) => isJsonObject(block) && BLOCK.test(asString(block["type"]) ?? "")) ? "messages" : "chat";
}

/** Kept responses are the gateway's, which may not be running: what they would add is told, and left out. */
function withoutEarlier(text: string, dialect: Dialect): { body: string; changes: readonly Change[] } {
  const body = dialect === "responses" ? tryParseJson(text) : undefined;
  if (!isJsonObject(body) || typeof body["previous_response_id"] !== "string") return { body: text, changes: [] };
  const { previous_response_id: _id, ...rest } = body;
  const note = "The gateway puts the input and output of the kept response in front of input; they are not shown here.";
  return { body: JSON.stringify(rest), changes: [{ path: "previous_response_id", action: "emulated", note }] };
}

async function findModels(context: CommandContext, options: ExplainOptions): Promise<ModelList> {
  if (options.live !== true) return { ...snapshotCatalogue(), live: false, error: null };
  return withSession(context, options, ({ client }) => client.models({ signal: context.signal }));
}

function modelIn(text: string): string {
  const body = tryParseJson(text);
  return (isJsonObject(body) ? asString(body["model"]) : undefined) ?? "";
}

interface Rehearsed {
  readonly path: string;
  readonly body: string;
  readonly name: string;
  readonly list: ModelList;
  /** Gets what is altered. */
  readonly told: Change[];
}

async function rehearse(context: CommandContext, options: ExplainOptions, asked: Rehearsed): Promise<RehearsedCall> {
  const { file } = await loadConfigFile(context, options.config);
  const settings = loadSettings({ ...context, flags: { ...options, ...(file !== null && { file }) } });
  const config = await followConfigFile(file, context, { settings, logger: openLogger(context, options) });
  config.stop();
  const { client, calls } = createRehearsal({
    route: options.apiKey === true ? "platform" : "codex",
    models: asked.list,
    rules: { pin: settings.modelPin.value, aliases: settings.modelAliases.value, defaultModel: settings.model.value },
  });
  const memory = settings.memory.value === "off" ? undefined : openMemory({ place: "process" });
  const gateway = createGateway({
    client,
    memory,
    version: context.version,
    profiles: config.profiles,
    onChanges: (changes) => asked.told.push(...changes),
  });
  const headers = {
    "content-type": "application/json",
    ...(options.profile !== undefined && { "x-planport-profile": options.profile }),
  };
  const request = new Request(`http://127.0.0.1${asked.path}`, { method: "POST", headers, body: asked.body });
  const response = await gateway.fetch(request);
  const answer = await response.text();
  await memory?.close();
  const [call] = calls;
  if (!response.ok || call === undefined) throw refusal(asked.name, answer);
  return call;
}

/** What a client would be answered, with the file it is about. */
function refusal(name: string, answer: string): RequestError<"request_invalid"> {
  const body = tryParseJson(answer);
  const error = isJsonObject(body) && isJsonObject(body["error"]) ? body["error"] : {};
  const param = asString(error["param"]) ?? null;
  return new RequestError("request_invalid", `${name}: ${asString(error["message"]) ?? "it would be refused."}`, {
    cause: { param },
  });
}

function toJson({ name, dialect, guessed, asked, list, call, changes }: Explained): JsonObject {
  return {
    request: name,
    dialect,
    guessed,
    endpoint: PATHS[dialect],
    model: { asked, slug: call.request.model, list: list.live ? "live" : "built-in", entry: call.model },
    responses_lite: call.lite,
    changes,
    body: call.request,
  };
}

const LABELS: Readonly<Record<ChangeAction, string>> = {
  dropped: "lost: not sent",
  mapped: "sent under another name or value",
  emulated: "done by planport in the backend's place",
  default: "not sent, and nothing lost: it is what happens anyway",
};

async function print({ name, dialect, guessed, asked, list, call, changes }: Explained, out: Output): Promise<void> {
  const { bold, dim } = out.style;
  const how = guessed
    ? dim(` (by its fields; --as ${DIALECTS.filter((one) => one !== dialect).join("|")} says otherwise)`)
    : "";
  await out.line(`${bold(printable(name))} is a request of POST ${PATHS[dialect]}${how}`);
  const { model } = call.request;
  const meant = model === asked ? bold(printable(model)) : `${printable(asked)}, which means ${bold(printable(model))}`;
  const entry = call.model === null ? "no entry for it" : "its entry";
  const where = list.live ? "your plan's list" : "planport's built-in list (--live asks for your plan's)";
  await out.line(`model: ${meant}; ${entry} in ${where}${call.lite ? "; Responses-Lite shape" : ""}`);
  for (const action of Object.keys(LABELS) as ChangeAction[]) {
    const some = changes.filter((change) => change.action === action);
    if (some.length === 0) continue;
    await out.line();
    await out.line(bold(`${action} — ${LABELS[action]}`));
    const width = Math.min(40, Math.max(...some.map(({ path }) => printable(path).length)));
    for (const { path, note } of some) await out.line(`  ${printable(path).padEnd(width)}  ${dim(printable(note))}`);
  }
  await out.line();
  const rest = changes.length === 0 ? "All of it goes out as it is." : "All else goes out as it is.";
  await out.line(dim(`${rest} --json prints the body that would be sent.`));
}
