// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { c as ConfigError, f as UpstreamError, g as toPlanportError, h as retryOf, l as CredentialError, m as isPlanportError, n as createIdentity, p as errorTable, r as headerSafe, s as Secret, t as piIdentity, u as RequestError } from "./identity.mjs";
import { d as readVariable, f as trimmed, i as tryParseJson, l as planportHome, n as asString, o as codexHome, p as withHome, r as isJsonObject, s as joinPath, t as asNumber, u as readFolder } from "./json.mjs";
import { C as sendAuthRequest, S as identityHeaders, a as replaceFile, b as shareCall, c as resolveAuthEndpoints, g as serializeDocument, h as parseDocument, i as realTarget, m as CredentialDocument, o as writeFileAtomic, r as codeOf, t as createRefreshJournal, u as isTokenText, v as readServerError, x as connectionFault, y as isCancelled } from "./refresh-journal.mjs";
import { n as readJwtClaims } from "./jwt-claims.mjs";
import { i as toConnectionError, r as isLoopback, t as createHttpClient } from "./http-client.mjs";
import { _ as Catalogue, a as DIRECT_ROUTE, c as responsesHeaders, d as usageFromHeaders, f as looksLikeHtml, g as resolveEndpoints, h as moveToOrigin, i as fetchUsage, l as failureFromEvent, m as assertRoute, n as fetchAccounts, o as createRouteFinder, p as assertGrant, r as fetchCatalogue, s as accountHeaders, t as CODEX_CLIENT_VERSION, u as failureFromHttp, v as visibleSlugs } from "./client-version.mjs";
import { t as DEFAULT_BASE_URL } from "./models.mjs";
import path, { dirname } from "node:path";
import * as fs$1 from "node:fs";
import os, { homedir } from "node:os";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Buffer as Buffer$1 } from "node:buffer";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import * as fs from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { createParser } from "eventsource-parser";

// packages/planport/src/protocol/check.ts
function oneOf(words) {
	return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
const isText = (value) => typeof value === "string";
/** A boolean. */
const FLAG = {
	expected: "true or false",
	test: (value) => typeof value === "boolean"
};
/** Any whole number. */
const INTEGER = {
	expected: "a whole number",
	test: Number.isInteger,
	numeric: true
};
/** A list of anything. */
const LIST = {
	expected: "a list",
	test: Array.isArray
};
/** A list of text. */
const TEXT_LIST = {
	expected: "a list of text",
	test: isListOf(isText)
};
/** One of these words. */
function choice(...words) {
	return {
		expected: oneOf(words),
		test: (value) => isText(value) && words.includes(value),
		words
	};
}
function isListOf(test) {
	return (value) => Array.isArray(value) && value.every(test);
}

// packages/planport/src/protocol/capabilities.ts
/** The table. docs/profiles.md shows it, and the JSON Schema of planport.yaml is made of it. */
const CAPABILITY_TABLE = {
	protocol: {
		kind: choice("any", "openai-chat", "openai-responses"),
		standard: "any",
		effects: {
			any: "Requests may come in by every endpoint.",
			"openai-chat": "Only `POST /v1/chat/completions` is served; a request by another endpoint is a 400.",
			"openai-responses": "Only `POST /v1/responses` is served; a request by another endpoint is a 400."
		}
	},
	codex_passthrough: {
		kind: FLAG,
		standard: false,
		effects: {
			false: "What the model's catalogue entry does not list is fitted to it or left out (effort, summary, verbosity), a missing `prompt_cache_key` is derived, and calls without results are refused here, with their id.",
			true: "These go to the backend as the client wrote them, and the backend judges. Only what it refuses from everybody is still left out or renamed."
		}
	},
	prompt_mode: {
		kind: choice("codex_default", "merge_custom", "custom_only", "passthrough"),
		standard: "codex_default",
		effects: {
			codex_default: "A request that brings no instructions and no system or developer message gets the model's own from the live catalogue, else a short neutral line. One that brings some keeps them, and gets nothing else.",
			merge_custom: "The model's own instructions go first, those of the request after them.",
			custom_only: "The request's instructions alone; where it has none, the short neutral line.",
			passthrough: "The request's instructions as they are. Where it has none, none are sent, and the backend judges."
		}
	},
	tool_schema_mode: {
		kind: choice("codex_default", "merge_custom", "custom_only"),
		standard: "custom_only",
		effects: {
			codex_default: "Codex's tools in place of the client's: `shell_command`, `update_plan`, and by the model's catalogue entry `apply_patch` and `view_image`. Their calls go to the client; nothing is run here.",
			merge_custom: "The client's tools, and those of Codex whose names the client does not use.",
			custom_only: "The client's tools alone."
		}
	},
	tool_text_format: {
		kind: choice("none", "xml", "markdown", "summary"),
		standard: "none",
		effects: {
			none: "Tool calls come back as tool calls.",
			xml: "They come back as text: an element named after the tool with one element for each argument.",
			markdown: "They come back as text: the tool's name in bold and its arguments in a fenced block.",
			summary: "They come back as text: one line with the tool's name and its arguments, each cut to 80 characters."
		}
	},
	bypass_tool_call_reactor: {
		kind: FLAG,
		standard: true,
		effects: {
			true: "A conversation in which a tool call lacks its result, or a result its call, is refused with the id.",
			false: "It is repaired, and `x-planport-changes` tells how."
		}
	},
	include_environment_context: {
		kind: FLAG,
		standard: false,
		effects: {
			false: "Nothing is said about anybody's environment.",
			true: "What the request says of its own environment (`codex_environment_context`, `cwd`, …) goes in front of the first user message. Of the machine that planport runs on nothing is sent."
		}
	}
};
/** Their names, in the table's order. */
const CAPABILITY_NAMES = Object.keys(CAPABILITY_TABLE);
/** The defaults: a transparent proxy for the client's own tools. */
const DEFAULT_CAPABILITIES = Object.freeze(Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, CAPABILITY_TABLE[name].standard])));
const FIELDS = Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, CAPABILITY_TABLE[name].kind]));

// packages/planport/src/protocol/responses/event.ts
/** Narrows an event by its type. */
function isEvent(event, type) {
	return event.type === type;
}
/** The types after which a stream is over. */
const TERMINAL_EVENT_TYPES = /* @__PURE__ */ new Set([
	"response.completed",
	"response.failed",
	"response.incomplete"
]);

// packages/planport/src/protocol/responses/item.ts
/** Narrows an item by its type. */
function isItem(item, type) {
	return item["type"] === type;
}

// packages/planport/src/hosts/pi/extension/failure-text.ts
/**
* What pi is told of a failure. pi goes by the words alone: some make it try again, some make it shorten the conversation.
* @module
*/
/**
* What pi takes for trouble that passes (pi-ai, `utils/retry`), wherever it stands in the text, and what to say in its place
* of trouble that does not.
*/
const TRANSIENT = [
	[/\s*\((?:HTTP )?\d{3}\)/g, ""],
	[/\d*(?:429|500|502|503|504|520|524)\d*/g, "…"],
	[/overloaded/gi, "too busy"],
	[/high demand/gi, "much asked for"],
	[/rate.?limit/gi, "limit of requests"],
	[/too many requests/gi, "more requests than it takes"],
	[/service.?unavailable/gi, "not there"],
	[/(?:server|internal|network|connection).?error/gi, "fault"],
	[/provider.?returned.?error/gi, "fault of the provider"],
	[/connection.?(?:refused|lost)/gi, "no connection"],
	[/time(?:d )?.?out/gi, "took too long"],
	[/fetch failed|socket hang up|terminated|other side closed/gi, "broken off"],
	[/retry delay/gi, "wait"],
	[/getaddrinfo|ENOTFOUND|EAI_AGAIN/g, "no such host"],
	[/websocket.?(?:closed|error)/gi, "fault"],
	[/stream ended|ended without|reset before headers|upstream.?connect/gi, "broken off"]
];
/** Words by which pi knows that it may try again. */
const PASSING = "server error";
/** Words by which pi knows that the conversation has to become shorter. */
const TOO_LONG$1 = "The input exceeds the context window of this model.";
/** The text for a failure, and whether it was the person who ended the call. */
function failureText(thrown, providerId) {
	const error = toPlanportError(thrown);
	const text = marked(withNextStep(error, providerId), error);
	if (error.code === "context_length_exceeded") return `${TOO_LONG$1} ${lasting(text)}`;
	if (error.retryable) return isPassing(text) ? text : `${text} (${PASSING})`;
	return lasting(text);
}
/** The text for an answer that the backend broke off, though nothing failed. To ask again would end in the same way. */
function incompleteText(reason) {
	return lasting(`The backend did not bring this answer to its end: ${reason === "content_filter" ? "its content filter stopped it" : `it says ${reason}`}.`);
}
function isPassing(text) {
	return /429|5(?:00|02|03|04)|overloaded|rate.?limit|server.?error|timeout|timed out/i.test(text);
}
function lasting(text) {
	return TRANSIENT.reduce((said, [pattern, instead]) => said.replaceAll(pattern, instead), text);
}
/** In pi one signs in otherwise than on the command line. */
function withNextStep({ message }, providerId) {
	return message.replaceAll(/run `planport login`/g, `run \`/login ${providerId}\` in pi`).replaceAll(/Run `planport login`( again)?/g, `Run \`/login ${providerId}\` in pi$1`);
}
/** What a refusal of a token means stands in front, as pi-codex-token has it. */
function marked(text, error) {
	const tag = {
		rejected: "provider_auth_invalid",
		accepted: "provider_access_denied",
		unknown: "provider_auth_undetermined"
	};
	const verdict = isJsonObject(error.cause) ? error.cause["tokenVerdict"] : void 0;
	return typeof verdict === "string" && verdict in tag ? `[${tag[verdict]}] ${text}` : text;
}

// packages/planport/src/hosts/pi/extension/partial-json.ts
/**
* JSON that is still on its way.
* @module
*/
/** The object that a text begins, with what is open in it closed; undefined while that makes no sense. */
function readPartialJson(text) {
	const closers = [];
	let isInText = false;
	for (let index = 0; index < text.length; index++) {
		const char = text.charAt(index);
		if (isInText) {
			if (char === "\\") index++;
			else if (char === "\"") isInText = false;
		} else if (char === "\"") isInText = true;
		else if (char === "{") closers.push("}");
		else if (char === "[") closers.push("]");
		else if (char === "}" || char === "]") closers.pop();
	}
	const end = closers.toReversed().join("");
	const body = isInText ? `${text.replace(/\\(?:u[\da-f]{0,3})?$/i, "")}"` : text;
	for (const whole of [
		body + end,
		`${body}:null${end}`,
		`${body}null${end}`,
		body.replace(/,\s*$/, "") + end
	]) {
		const value = tryParseJson(whole);
		if (isJsonObject(value)) return value;
	}
}

// packages/planport/src/hosts/pi/extension/answer.ts
/**
* What the backend streams, as pi's events and pi's message.
* @module
*/
/** Why an answer is cut that grew too long; one that is cut without a reason is taken for that, too. */
const TOO_LONG = /* @__PURE__ */ new Set(["max_output_tokens", "max_tokens"]);
/** An empty message of a model's. */
function emptyMessage(model, nowMs) {
	return {
		role: "assistant",
		content: [],
		api: model.api,
		provider: model.provider,
		model: model.id,
		usage: usageOf({}, model.cost),
		stopReason: "stop",
		timestamp: nowMs
	};
}
/** Builds up a message, and says of each step what pi is to be told. */
var AnswerBuilder = class {
	#message;
	#cost;
	#push;
	/** By the place among all that the model puts out. */
	#open = /* @__PURE__ */ new Map();
	constructor(message, cost, push) {
		this.#message = message;
		this.#cost = cost;
		this.#push = push;
	}
	/** Takes an event of the backend's; those that say nothing to pi are passed over. */
	take(event) {
		if (isEvent(event, "response.output_item.added")) this.#begin(event.item, event.output_index);
		else if (isEvent(event, "response.output_item.done")) this.#end(event.item, event.output_index);
		else if (isEvent(event, "response.output_text.delta") || isEvent(event, "response.refusal.delta")) this.#grow(event.output_index ?? 0, "text", event.delta);
		else if (isEvent(event, "response.reasoning_summary_part.added")) {
			if ((event.summary_index ?? 0) > 0) this.#grow(event.output_index ?? 0, "thinking", "\n\n");
		} else if (isEvent(event, "response.reasoning_summary_text.delta")) this.#grow(event.output_index ?? 0, "thinking", event.delta);
		else if (isEvent(event, "response.reasoning_text.delta")) this.#grow(asNumber(event["output_index"]) ?? 0, "thinking", event.delta);
		else if (isEvent(event, "response.function_call_arguments.delta")) this.#grow(event.output_index ?? 0, "toolCall", event.delta);
		else if (isEvent(event, "response.completed") || isEvent(event, "response.incomplete")) this.#finish(event.response);
	}
	/** True when the model wants tools to be used. */
	get hasCalls() {
		return this.#message.content.some((block) => block.type === "toolCall");
	}
	#begin(item, at) {
		const block = blockOf(item);
		if (block === null || this.#open.has(at)) return this.#open.get(at) ?? null;
		const open = {
			index: this.#message.content.length,
			block,
			json: "",
			readAgainAt: 0
		};
		this.#message.content.push(block);
		this.#open.set(at, open);
		this.#push({
			type: `${eventName(block)}_start`,
			contentIndex: open.index,
			partial: this.#message
		});
		return open;
	}
	#grow(at, type, delta) {
		const open = this.#open.get(at) ?? this.#begin(stubOf(type), at);
		if (open === null || open.block.type !== type || delta === "") return;
		const { block } = open;
		if (block.type === "text") block.text += delta;
		else if (block.type === "thinking") block.thinking += delta;
		else this.#growCall(open, block, delta);
		this.#push({
			type: `${eventName(block)}_delta`,
			contentIndex: open.index,
			delta,
			partial: this.#message
		});
	}
	/** What has come of the arguments is shown while the rest is on its way, but not read anew at every piece. */
	#growCall(open, block, delta) {
		open.json += delta;
		if (open.json.length < open.readAgainAt) return;
		block.arguments = readPartialJson(open.json) ?? block.arguments;
		open.readAgainAt = open.json.length + Math.max(16, open.json.length / 8);
	}
	/** A finished item says all; whatever the pieces before it left out is told now. */
	#end(item, at) {
		const open = this.#open.get(at) ?? this.#begin(item, at);
		if (open === null) return;
		const { block, index } = open;
		this.#open.delete(at);
		const partial = this.#message;
		if (block.type === "toolCall" && isItem(item, "function_call")) {
			block.id = idOf$1(item);
			block.name = item.name;
			const value = tryParseJson(item.arguments);
			block.arguments = isJsonObject(value) ? value : {};
			return this.#push({
				type: "toolcall_end",
				contentIndex: index,
				toolCall: block,
				partial
			});
		}
		const told = block.type === "text" ? block.text : block.type === "thinking" ? block.thinking : "";
		const content = wholeText(item) || told;
		const rest = content.startsWith(told) ? content.slice(told.length) : "";
		if (block.type === "text") {
			block.text = content;
			block.textSignature = JSON.stringify({
				v: 1,
				id: item["id"] ?? "",
				phase: item["phase"]
			});
		} else if (block.type === "thinking") {
			block.thinking = content;
			block.thinkingSignature = JSON.stringify(item);
		} else return;
		const name = block.type;
		if (rest !== "") this.#push({
			type: `${name}_delta`,
			contentIndex: index,
			delta: rest,
			partial
		});
		this.#push({
			type: `${name}_end`,
			contentIndex: index,
			content,
			partial
		});
	}
	#finish(response) {
		const message = this.#message;
		message.usage = usageOf(response, this.#cost);
		if (typeof response.id === "string") message.responseId = response.id;
		const isCut = response.status === "incomplete";
		message.stopReason = isCut ? "length" : this.hasCalls ? "toolUse" : "stop";
		const reason = asString(response.incomplete_details?.reason);
		if (!isCut || reason === void 0 || TOO_LONG.has(reason)) return;
		message.stopReason = "error";
		message.errorMessage = incompleteText(reason);
	}
};
function eventName({ type }) {
	return type === "toolCall" ? "toolcall" : type;
}
function blockOf(item) {
	if (item.type === "message") return {
		type: "text",
		text: ""
	};
	if (item.type === "reasoning") return {
		type: "thinking",
		thinking: ""
	};
	if (!isItem(item, "function_call")) return null;
	return {
		type: "toolCall",
		id: idOf$1(item),
		name: item.name,
		arguments: {}
	};
}
/** Stands for an item whose beginning was not told. */
function stubOf(type) {
	if (type === "toolCall") return {
		type: "function_call",
		call_id: "",
		name: "",
		arguments: ""
	};
	return { type: type === "text" ? "message" : "reasoning" };
}
function idOf$1(item) {
	return item.id === void 0 ? item.call_id : `${item.call_id}|${item.id}`;
}
function wholeText(item) {
	if (isItem(item, "reasoning")) return thoughtsOf(item);
	return (Array.isArray(item["content"]) ? item["content"] : []).map((part) => isJsonObject(part) ? asString(part["text"]) ?? asString(part["refusal"]) ?? "" : "").join("");
}
function thoughtsOf({ summary, content }) {
	return (Array.isArray(summary) && summary.length > 0 ? summary : content ?? []).map(({ text }) => text).join("\n\n");
}
function usageOf({ usage }, cost) {
	const all = isJsonObject(usage) ? usage : {};
	const count = (holder, field) => isJsonObject(holder) ? asNumber(holder[field]) ?? 0 : 0;
	const cacheRead = count(all["input_tokens_details"], "cached_tokens");
	const cacheWrite = count(all["input_tokens_details"], "cache_write_tokens");
	const input = Math.max(0, count(all, "input_tokens") - cacheRead - cacheWrite);
	const output = count(all, "output_tokens");
	const price = (tokens, dollars) => tokens * dollars / 1e6;
	const costs = {
		input: price(input, cost.input),
		output: price(output, cost.output),
		cacheRead: price(cacheRead, cost.cacheRead),
		cacheWrite: price(cacheWrite, cost.cacheWrite)
	};
	return {
		input,
		output,
		cacheRead,
		cacheWrite,
		reasoning: count(all["output_tokens_details"], "reasoning_tokens"),
		totalTokens: input + output + cacheRead + cacheWrite,
		cost: {
			...costs,
			total: costs.input + costs.output + costs.cacheRead + costs.cacheWrite
		}
	};
}

// packages/planport/src/store/compare.ts
/**
* When two stored documents are the same sign-in, and how a change made to one is carried over to another.
* @module
*/
const LOGIN_FIELDS = [
	"auth_mode",
	"OPENAI_API_KEY",
	"personal_access_token",
	"agent_identity"
];
const TOKEN_FIELDS = [
	"access_token",
	"refresh_token",
	"id_token",
	"account_id"
];
/**
* True when both hold the same tokens. `last_refresh` and fields nobody here knows do not count: Codex, too, commits
* a refresh over a file that differs from the one it read in no more than these.
*/
function isSameLogin(a, b) {
	if (a === null || b === null) return a === b;
	const [left, right] = [a.reveal(), b.reveal()];
	const [leftTokens, rightTokens] = [tokensOf$1(left), tokensOf$1(right)];
	return LOGIN_FIELDS.every((key) => isDeepStrictEqual(left[key] ?? null, right[key] ?? null)) && TOKEN_FIELDS.every((key) => isDeepStrictEqual(leftTokens[key] ?? null, rightTokens[key] ?? null));
}
function tokensOf$1(document) {
	return isJsonObject(document["tokens"]) ? document["tokens"] : {};
}
/**
* Carries the change from `previous` to `next` over to `current`, so that a field which another program added to the
* file meanwhile survives. Key order is that of `current`; new keys follow in the order of `next`.
*/
function rebase(previous, next, current) {
	const entries = [];
	for (const [key, theirs] of Object.entries(current)) {
		if (!Object.hasOwn(next, key)) {
			if (!Object.hasOwn(previous, key)) entries.push([key, theirs]);
			continue;
		}
		const before = Object.hasOwn(previous, key) ? previous[key] : void 0;
		const ours = next[key];
		if (isJsonObject(ours) && isJsonObject(theirs)) entries.push([key, rebase(isJsonObject(before) ? before : {}, ours, theirs)]);
		else entries.push([key, isDeepStrictEqual(before, ours) ? theirs : ours]);
	}
	for (const [key, ours] of Object.entries(next)) {
		if (Object.hasOwn(current, key)) continue;
		const before = Object.hasOwn(previous, key) ? previous[key] : void 0;
		if (before === void 0 || !isDeepStrictEqual(before, ours)) entries.push([key, ours]);
	}
	return Object.fromEntries(entries);
}

// packages/planport/src/store/lock-holder.ts
/**
* Who holds a lock file, as it says itself, and whether that process can still be alive.
* @module
*/
/** This process. */
function thisProcess() {
	const host = os.hostname().slice(0, 200);
	return {
		pid: process.pid,
		host,
		machine: machineOf(host),
		started: startOf(process.pid)
	};
}
/** A new name for a hold. */
function newNonce() {
	return randomBytes(9).toString("hex");
}
/**
* True when the holder is known to be dead: a process of this very machine whose number is free, or is another
* process's by now. What cannot be known is false.
*/
function isKnownDead(holder, self) {
	if (holder.machine !== self.machine) return false;
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "ESRCH";
	}
	const started = startOf(holder.pid);
	return started !== null && holder.started !== null && started !== holder.started;
}
/** The text of a lock file. */
function writeRecord(record) {
	return `${JSON.stringify(record).padEnd(1023)}\n`;
}
/** Reads it; null for anything else, such as a file that was made and not yet written. */
function readRecord(text) {
	const value = tryParseJson(text);
	if (!isJsonObject(value)) return null;
	const { nonce, pid, host, machine, started, sinceMs, state, patienceMs, beat } = value;
	if (typeof nonce !== "string" || !/^[0-9a-f]{1,64}$/.test(nonce)) return null;
	if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return null;
	if (typeof host !== "string" || typeof machine !== "string") return null;
	return {
		nonce,
		pid,
		host,
		machine,
		started: typeof started === "string" ? started : null,
		sinceMs: typeof sinceMs === "number" ? sinceMs : 0,
		state: state === "free" ? "free" : "held",
		patienceMs: typeof patienceMs === "number" ? patienceMs : 0,
		beat: typeof beat === "number" ? beat : 0
	};
}
/** Two containers may have one host name and one process number each; on Linux the kernel tells them apart. */
function machineOf(host) {
	const parts = [
		host,
		readQuietly("/proc/sys/kernel/random/boot_id"),
		linkQuietly("/proc/self/ns/pid")
	];
	return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}
/** Field 22 of `/proc/<pid>/stat` (proc(5)); the second field may itself hold blanks and parentheses. */
function startOf(pid) {
	const text = readQuietly(`/proc/${pid}/stat`);
	return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}
function readQuietly(file) {
	if (process.platform !== "linux") return "";
	try {
		return fs$1.readFileSync(file, "utf8");
	} catch {
		return "";
	}
}
function linkQuietly(file) {
	if (process.platform !== "linux") return "";
	try {
		return fs$1.readlinkSync(file);
	} catch {
		return "";
	}
}

// packages/planport/src/store/lock-file.ts
/**
* A lock file: making it, showing signs of life in it, and taking it over from a holder that shows none. All of it runs
* synchronously: between a look and the deed that relies on it there is nothing else of this process.
*
* The file stays where it is when nobody holds the lock: removing it could hit the file of the next holder. A hold ends by
* writing `free` through the holder's own descriptor, which can never reach another holder's file, since a take-over puts
* a new file in place of the old one.
* @module
*/
/** Each claim but the first follows one that was left lying: more of them are never seen. A bound all the same. */
const MAX_CLAIMS = 8;
/** A hold on the lock, before anybody is told. */
var LockHandle = class {
	#io;
	#path;
	#fd;
	#record;
	#closed = false;
	constructor(io, path, fd, record) {
		this.#io = io;
		this.#path = path;
		this.#fd = fd;
		this.#record = record;
	}
	get nonce() {
		return this.#record.nonce;
	}
	/** False once somebody has taken over. */
	isOurs() {
		try {
			return readRecord(this.#io.readFileSync(this.#path, "utf8"))?.nonce === this.#record.nonce;
		} catch {
			return false;
		}
	}
	/** Shows a sign of life. @param patienceMs How long to be left alone without the next one. */
	beat(patienceMs = this.#record.patienceMs) {
		this.#write({
			...this.#record,
			patienceMs,
			beat: this.#record.beat + 1
		});
	}
	/** Lets go. The file stays. */
	release() {
		if (this.#closed) return;
		this.#write({
			...this.#record,
			state: "free",
			beat: this.#record.beat + 1
		});
		this.#closed = true;
		this.#io.closeSync(this.#fd);
	}
	/** Into the file that was ours from the start, wherever it is now. */
	#write(record) {
		if (this.#closed) return;
		this.#record = record;
		try {
			this.#io.writeSync(this.#fd, writeRecord(record), 0);
		} catch {}
	}
};
/** One lock file and this process's dealings with it. */
var LockFile = class {
	path;
	#io;
	#self;
	constructor(path, self, io = fs$1) {
		this.path = path;
		this.#self = self;
		this.#io = io;
	}
	/**
	* Makes the file; null when it is there already.
	* @throws The system's error when it cannot be made. Then nothing is left behind.
	*/
	create() {
		let fd;
		try {
			fd = this.#io.openSync(this.path, "wx", 384);
		} catch (error) {
			if (codeOf(error) === "EEXIST") return null;
			throw error;
		}
		return this.#begin(fd, this.path);
	}
	/** Looks at the file; null when there is none. */
	look() {
		const text = this.#text();
		if (text === null) return null;
		const record = readRecord(text);
		const base = this.#base(text, record);
		let claims = MAX_CLAIMS;
		while (claims > 0 && !this.#io.existsSync(`${base}.${claims}`)) claims--;
		return {
			text,
			record,
			claims
		};
	}
	/**
	* Takes the lock over from the holder that was seen; null when somebody else does, or when the holder lives after all.
	*
	* Who wants to take over makes a claim, a file named after the hold that is to end, and so at most one does. When it
	* dies or stops in the middle of this, others make the next claim, number two, and remove what the first would put in
	* place: its rename fails then. A claim holds only as long as the same hold stands in the lock file.
	* @throws The system's error when no file can be made.
	*/
	takeOver(seen) {
		const base = this.#base(seen.text, seen.record);
		const number = seen.claims + 1;
		const claim = `${base}.${number}`;
		if (number > MAX_CLAIMS || !this.#make(claim)) return null;
		const fresh = `${claim}.new`;
		let handle = null;
		try {
			for (let earlier = 1; earlier < number; earlier++) this.#remove(`${base}.${earlier}.new`);
			if (this.#text() !== seen.text) return null;
			handle = this.#begin(this.#io.openSync(fresh, "wx", 384), fresh);
			if (this.#io.existsSync(`${base}.${number + 1}`) || this.#text() !== seen.text) return this.#giveUp(handle, fresh);
			try {
				this.#io.renameSync(fresh, this.path);
			} catch {
				return this.#giveUp(handle, fresh);
			}
			for (let earlier = 1; earlier < number; earlier++) this.#remove(`${base}.${earlier}`);
			return handle;
		} finally {
			this.#remove(claim);
		}
	}
	/**
	* Removes the claims on former holds, which mean nothing any more and whose makers were killed in the middle of a
	* take-over. @param nonce Of the hold that stands; claims on it are left alone.
	*/
	sweep(nonce) {
		const own = `${path.basename(this.path)}.`;
		const folder = path.dirname(this.path);
		try {
			for (const name of this.#io.readdirSync(folder)) if (name.startsWith(own) && !name.startsWith(`${own}${nonce}.`)) this.#remove(path.join(folder, name));
		} catch {}
	}
	#giveUp(handle, fresh) {
		handle.release();
		this.#remove(fresh);
		return null;
	}
	#begin(fd, path) {
		const record = {
			...this.#self,
			nonce: newNonce(),
			sinceMs: Date.now(),
			state: "held",
			patienceMs: 0,
			beat: 0
		};
		try {
			this.#io.writeSync(fd, writeRecord(record), 0);
		} catch (error) {
			this.#io.closeSync(fd);
			this.#remove(path);
			throw error;
		}
		return new LockHandle(this.#io, this.path, fd, record);
	}
	#make(path) {
		try {
			this.#io.closeSync(this.#io.openSync(path, "wx", 384));
			return true;
		} catch (error) {
			if (codeOf(error) === "EEXIST") return false;
			throw error;
		}
	}
	#remove(path) {
		try {
			this.#io.unlinkSync(path);
		} catch {}
	}
	/** Of a file that another user made and nobody else may read, the time of its last change shows the signs of life. */
	#text() {
		try {
			return this.#io.readFileSync(this.path, "utf8");
		} catch (error) {
			if (codeOf(error) === "ENOENT") return null;
		}
		try {
			const { ino, mtimeMs, size } = this.#io.statSync(this.path);
			return `${ino} ${mtimeMs} ${size}`;
		} catch (error) {
			if (codeOf(error) === "ENOENT") return null;
			throw error;
		}
	}
	/** What the names of claims on a hold begin with. */
	#base(text, record) {
		const name = record?.nonce ?? createHash("sha256").update(text).digest("hex").slice(0, 18);
		return `${this.path}.${name}`;
	}
};

// packages/planport/src/store/lock-place.ts
/**
* Where a lock file goes when it cannot be beside the file it is for.
* @module
*/
/**
* A path in the system's folder for temporary files, the same for all processes of this user; null when there is no such
* place that nobody else can write to.
* @param file The real path of the file.
*/
function fallbackLockPath(file, root = os.tmpdir()) {
	const uid = process.getuid?.() ?? null;
	const folder = path.join(root, uid === null ? "planport-locks" : `planport-locks-${uid}`);
	try {
		fs$1.mkdirSync(folder, {
			recursive: true,
			mode: 448
		});
		const stats = fs$1.lstatSync(folder);
		if (!stats.isDirectory() || uid !== null && (stats.uid !== uid || (stats.mode & 18) !== 0)) return null;
	} catch {
		return null;
	}
	return path.join(folder, `${createHash("sha256").update(path.resolve(file)).digest("hex").slice(0, 32)}.lock`);
}

// packages/planport/src/store/system-reason.ts
/**
* The system's reasons in words.
* @module
*/
/** Why the system refused, for the end of a sentence: words, and the code in brackets. */
function systemReason(code) {
	switch (code ?? "") {
		case "EACCES":
		case "EPERM": return `permission denied (${code}); check who owns the file and its folder`;
		case "ENOENT": return "there is no such file or folder (ENOENT)";
		case "ENOTDIR": return "a part of its path is no folder (ENOTDIR)";
		case "EEXIST": return "a file is in the way (EEXIST)";
		case "EISDIR": return "it is a folder, not a file (EISDIR)";
		case "ELOOP": return "its symbolic links lead in a circle (ELOOP)";
		case "ENAMETOOLONG": return "its path is too long (ENAMETOOLONG)";
		case "EMFILE":
		case "ENFILE": return `too many files are open (${code})`;
		case "EIO": return "the disk reports a fault (EIO)";
		case "EROFS": return "the file system is read-only (EROFS)";
		case "ENOSPC": return "the disk is full (ENOSPC)";
		default: return code ?? "unknown reason";
	}
}

// packages/planport/src/store/file-lock.ts
/**
* One process at a time for one file, by a lock file of our own beside it. Codex's locks (`auth.lock`, `auth.json.lock`)
* are flocks, which Node has not, and are left alone.
* @module
*/
/** Of our own name: what other programs lock is theirs. */
const LOCK_SUFFIX = ".planport-lock";
/** Codes that say that no file can be made in a place, whoever tries. */
const NO_PLACE = /* @__PURE__ */ new Set([
	"EACCES",
	"EPERM",
	"EROFS",
	"ENOTDIR",
	"ENOENT",
	"ENOTSUP",
	"EINVAL",
	"ENAMETOOLONG"
]);
/**
* Codes that may pass: Windows has them for a file that somebody is just removing or a scanner holds open. To move to the
* other place for that would leave two locks, and two holders.
*/
const BRIEF = /* @__PURE__ */ new Set([
	"EACCES",
	"EPERM",
	"EBUSY"
]);
/** So often in a row, they do not. */
const MAX_REFUSALS = 4;
/** The hold of who has no rivals. */
function loneHold() {
	return {
		isOurs: () => true,
		allowSilence: () => {},
		nonce: newNonce()
	};
}
/** The lock that `createFileStore` uses by default. */
function createFileLock(options = {}) {
	const lock = new WaitingLock(options);
	return { run: (task, given) => lock.run(task, given) };
}
var WaitingLock = class {
	#staleAfterMs;
	#waitLimitMs;
	#pollMs;
	#fs;
	#monotonicMs;
	#sleep;
	#self;
	constructor(options) {
		this.#staleAfterMs = options.staleAfterMs ?? 1e4;
		this.#waitLimitMs = options.waitLimitMs ?? 6e4;
		this.#pollMs = options.pollMs ?? 25;
		this.#fs = options.fs ?? fs$1;
		this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
		this.#sleep = options.sleep ?? ((ms, signal) => setTimeout$1(ms, void 0, { signal }));
		this.#self = options.self ?? thisProcess();
	}
	async run(task, options) {
		const handle = await this.#acquire(options);
		if (handle === null) return task(loneHold());
		const beat = setInterval(() => handle.beat(), Math.max(20, this.#staleAfterMs / 4));
		beat.unref();
		try {
			return await task({
				nonce: handle.nonce,
				isOurs: () => handle.isOurs(),
				allowSilence: (ms) => handle.beat(ms)
			});
		} finally {
			clearInterval(beat);
			handle.release();
		}
	}
	/** Null when there is no place where a lock file could be. */
	async #acquire(options) {
		const beside = new LockFile(options.file + LOCK_SUFFIX, this.#self, this.#fs);
		try {
			return await this.#wait(beside, options);
		} catch (error) {
			if (!NO_PLACE.has(codeOf(error) ?? "")) throw told(beside.path, error);
		}
		const elsewhere = fallbackLockPath(options.file);
		if (elsewhere === null) return null;
		const fallback = new LockFile(elsewhere, this.#self, this.#fs);
		try {
			return await this.#wait(fallback, options);
		} catch (error) {
			if (NO_PLACE.has(codeOf(error) ?? "")) return null;
			throw told(fallback.path, error);
		}
	}
	async #wait(lock, options) {
		const { signal, waitLimitMs = this.#waitLimitMs } = options;
		const watch = new Watch();
		let lastMs = this.#monotonicMs();
		let waitedMs = 0;
		let refusals = 0;
		for (;;) {
			if (signal?.aborted === true) throw cancelled$1();
			const nowMs = this.#monotonicMs();
			const stepMs = Math.min(nowMs - lastMs, 4 * this.#pollMs);
			lastMs = nowMs;
			waitedMs += stepMs;
			try {
				const seen = lock.look();
				const handle = seen === null ? lock.create() : this.#canTakeOver(seen, watch, stepMs) ? lock.takeOver(seen) : null;
				if (handle !== null) {
					lock.sweep(handle.nonce);
					this.#cleanUp(options.file, seen);
					return handle;
				}
				refusals = 0;
				if (seen !== null && waitedMs >= waitLimitMs) throw heldTooLong(lock.path, seen, waitLimitMs);
			} catch (error) {
				if (!BRIEF.has(codeOf(error) ?? "") || ++refusals >= MAX_REFUSALS) throw error;
			}
			await this.#sleep(this.#pollMs * (.5 + Math.random()), signal).catch(() => {});
		}
	}
	#canTakeOver(seen, watch, stepMs) {
		const unchangedMs = watch.look(seen, stepMs);
		const { record } = seen;
		if (seen.claims > 0 && watch.claimedMs < this.#staleAfterMs) return false;
		if (record !== null && (record.state === "free" || isKnownDead(record, this.#self))) return true;
		return unchangedMs >= Math.max(this.#staleAfterMs, record?.patienceMs ?? 0);
	}
	/** What the last holder was about to put in place, should it still be there: now it cannot do that any more. */
	#cleanUp(file, seen) {
		if (seen?.record === null || seen === null) return;
		try {
			this.#fs.unlinkSync(temporaryFile(file, seen.record.nonce));
		} catch {}
	}
};
/** The temporary file of a hold. Its name is known to whoever takes over, and removing it stops the former holder. */
function temporaryFile(file, nonce) {
	return path.join(path.dirname(file), `.auth-${nonce}.tmp`);
}
/** How long the same was seen. */
var Watch = class {
	#text = null;
	#claims = 0;
	#unchangedMs = 0;
	claimedMs = 0;
	look(seen, stepMs) {
		const isSame = seen.text === this.#text;
		this.#unchangedMs = isSame ? this.#unchangedMs + stepMs : 0;
		this.claimedMs = isSame && seen.claims === this.#claims ? this.claimedMs + stepMs : 0;
		this.#text = seen.text;
		this.#claims = seen.claims;
		return this.#unchangedMs;
	}
};
function heldTooLong(lockPath, { record }, limitMs) {
	const holder = record === null ? "another process" : `process ${record.pid} on ${record.host}`;
	return new CredentialError("refresh_unavailable", `The sign-in could not be refreshed: ${holder} has been holding ${lockPath} for more than ${Math.round(limitMs / 1e3)} s. Try again, or end that process if it hangs.`);
}
function told(lockPath, error) {
	const code = codeOf(error);
	if (code === void 0 || error instanceof CredentialError || error instanceof RequestError) return error;
	return new CredentialError("refresh_unavailable", `The sign-in could not be refreshed: ${lockPath} cannot be made: ${systemReason(code)}.`, { cause: error });
}
function cancelled$1() {
	return new RequestError("cancelled", "The request was cancelled.");
}

// packages/planport/src/store/file-store.ts
/** No sign-in comes near; a larger file is something else. */
const MAX_FILE_BYTES = 1048576;
/** A file is read again after these times when it holds nothing that can be read: somebody may be writing it in place. */
const BROKEN_DELAYS_MS = [50, 250];
/** Others write once in a while; so often in a row means that something is wrong. */
const MAX_ROUNDS = 5;
/** A store in the file at `file`. Nothing is touched before the first call. */
function createFileStore(file, options = {}) {
	return new FileStore(file, options);
}
var FileStore = class {
	place;
	journal;
	#options;
	#lock;
	constructor(file, options) {
		const { lock, journal } = options;
		this.place = file;
		this.#options = options;
		this.#lock = lock !== void 0 && "run" in lock ? lock : createFileLock(lock);
		this.journal = journal === void 0 ? createRefreshJournal(this.key) : journal;
	}
	key = () => realTarget(fs, path.resolve(this.place)).catch(() => path.resolve(this.place));
	exclusive = async (task, given) => this.#lock.run((hold) => task(hold ?? loneHold()), {
		...given,
		file: await this.key()
	});
	read = async () => {
		const text = await readText(this.place);
		return text === null ? null : parseDocument(text, this.place);
	};
	write = async (previous, next, given = {}) => {
		const { hold } = given;
		for (let round = 0; round < MAX_ROUNDS; round++) {
			const { text, document: current } = await this.#readPatiently(previous);
			if (hold?.isOurs() === false || !isSameLogin(previous, current)) return {
				written: false,
				document: current
			};
			const merged = previous === null || current === null ? next : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), this.place);
			const stored = await this.#save(merged, given, async () => {
				return await readText(this.place) === text && hold?.isOurs() !== false;
			});
			if (stored !== null) return {
				written: true,
				document: stored
			};
		}
		throw new CredentialError("store_write_failed", `planport cannot write the sign-in to ${this.place}: another program keeps changing it.`);
	};
	replace = async (next) => {
		const stored = await this.#save(next, {}, async () => true);
		await this.journal?.remove();
		return stored ?? next;
	};
	remove = async () => {
		try {
			await this.journal?.remove();
			const removed = await unlinkIfThere(await this.key());
			return await unlinkIfThere(this.place) || removed;
		} catch (error) {
			throw writeFailed(`cannot remove ${this.place}`, error);
		}
	};
	/**
	* What is there now. Text that stays unreadable is taken for `previous`, with its last change gone wrong: what is about
	* to be written is then the only sign-in left, and has to be kept.
	*/
	async #readPatiently(previous) {
		for (const delayMs of [...BROKEN_DELAYS_MS, null]) {
			const text = await readText(this.place);
			try {
				return {
					text,
					document: text === null ? null : parseDocument(text, this.place)
				};
			} catch (error) {
				if (previous === null) throw error;
				if (delayMs === null) return {
					text,
					document: previous
				};
				await setTimeout$1(delayMs);
			}
		}
		throw new Error("unreachable");
	}
	/** Null when it was not wanted any more. */
	async #save(document, { hold, onStep }, isStillWanted) {
		const stored = new CredentialDocument(document.reveal(), this.place);
		try {
			const target = await realTarget(this.#options.fs ?? fs, path.resolve(this.place));
			return await replaceFile(target, serializeDocument(stored), {
				...this.#options,
				onStep,
				isStillWanted,
				temporary: hold && ((real) => temporaryFile(real, hold.nonce))
			}) ? stored : null;
		} catch (error) {
			if (hold?.isOurs() === false) return null;
			throw writeFailed(`cannot write the sign-in to ${this.place}`, error);
		}
	}
};
async function unlinkIfThere(file) {
	try {
		await fs.unlink(file);
		return true;
	} catch (error) {
		if (isAbsent(codeOf(error))) return false;
		throw error;
	}
}
async function readText(file) {
	let bytes;
	try {
		bytes = await readSmallFile(file);
	} catch (error) {
		if (error instanceof CredentialError) throw error;
		const code = codeOf(error);
		if (isAbsent(code)) return null;
		throw new CredentialError("credential_unreadable", `${file} cannot be read: ${systemReason(code)}.`, { cause: error });
	}
	if (bytes === null) throw new CredentialError("credential_malformed", `${file} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB: that is no sign-in. Run \`planport login\` to sign in again.`);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		throw new CredentialError("credential_malformed", `${file} is not UTF-8. Save it as UTF-8, or run \`planport login\` to sign in again.`);
	}
}
/** Reads a regular file; null when it is too large. Anything else could make the reader wait for ever, or never end. */
async function readSmallFile(file) {
	assertRegular(file, await fs.stat(file));
	const handle = await fs.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
	try {
		assertRegular(file, await handle.stat());
		const buffer = Buffer.alloc(1048577);
		let length = 0;
		while (length < buffer.length) {
			const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
			if (bytesRead === 0) return buffer.subarray(0, length);
			length += bytesRead;
		}
		return null;
	} finally {
		await handle.close();
	}
}
function assertRegular(file, stats) {
	if (stats.isFile()) return;
	const what = stats.isDirectory() ? "a folder" : stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device";
	throw new CredentialError("credential_unreadable", `${file} cannot be read: it is ${what}, not a file.`);
}
function isAbsent(code) {
	return code === "ENOENT" || code === "ENOTDIR";
}
function writeFailed(what, error) {
	return new CredentialError("store_write_failed", `planport ${what}: ${systemReason(codeOf(error))}.`, { cause: error });
}

// packages/planport/src/store/keyring-binding.ts
/**
* The operating system's keyring, by way of the optional package `@napi-rs/keyring`.
* @module
*/
const PACKAGE = "@napi-rs/keyring";
/**
* Loads the binding when it is first needed. On Linux it speaks to the Secret Service and to nothing else: the package
* would otherwise fall back to the kernel's keyring, which is empty after a restart and where Codex does not look.
* @throws {CredentialError} `keyring_unavailable` when the package is not installed or does not run here.
*/
async function loadKeyring(load = () => import("@napi-rs/keyring")) {
	let binding;
	try {
		binding = await load();
	} catch (error) {
		throw new CredentialError("keyring_unavailable", `The package ${PACKAGE}, which opens the system's keyring, is not installed or does not run on this system. Install it (npm install ${PACKAGE}), or keep the sign-in in a file.`, { cause: error });
	}
	const { AsyncEntry } = binding;
	const entry = (service, account) => new AsyncEntry(service, account, { linux: { store: "secret-service" } });
	return {
		get: async (service, account) => await entry(service, account).getPassword() ?? null,
		set: async (service, account, secret) => entry(service, account).setPassword(secret),
		remove: async (service, account) => entry(service, account).deletePassword()
	};
}
/** The words of {@link keyringFault} for a Linux machine on which nobody keeps secrets begin with this. */
const NO_SECRET_SERVICE = "there is no secret service to speak to";
/** Why the system refused, in words that help. The system's own message holds no secret, but may be of many lines. */
function keyringFault(error, platform) {
	const said = error instanceof Error ? error.message.replaceAll(/\s+/g, " ").slice(0, 200) : "";
	if (platform === "linux" && /d-?bus|freedesktop/i.test(said) && !/lock/i.test(said)) return `${NO_SECRET_SERVICE}: it needs a D-Bus session (DBUS_SESSION_BUS_ADDRESS) and a keyring program such as GNOME Keyring or KWallet, which machines without a desktop often lack`;
	if (/no result found/i.test(said)) return "there is no unlocked keyring in it; unlock the login keyring, or make one";
	if (/lock/i.test(said)) return "it is locked; unlock it and try again";
	if (/too long|longer than|exceeds|TooLong/i.test(said)) return "the sign-in is longer than an entry of it may be, which is 2560 bytes on Windows; keep it in a file";
	return said === "" ? "the system did not say why" : `the system says: ${said}`;
}

// packages/planport/src/store/keyring-store.ts
/**
* A sign-in in the operating system's keyring, in the entry that Codex uses (codex-rs/login/src/auth/storage.rs).
* @module
*/
/** The service of Codex's entries. */
const KEYRING_SERVICE = "Codex Auth";
const TIMEOUT_MS = 6e4;
/**
* The account of Codex's entry for a folder: `cli|` and 16 hexadecimal digits of the SHA-256 of its canonical path. A
* folder that is not there counts as it is written.
*/
async function keyringAccount(folder, platform = process.platform) {
	const canonical = await fs.realpath(folder).then((real) => verbatim(real, platform), () => folder);
	return `cli|${createHash("sha256").update(canonical).digest("hex").slice(0, 16)}`;
}
/** Rust's canonical paths on Windows: `\\?\C:\…`, and `\\?\UNC\server\share\…`. */
function verbatim(real, platform) {
	if (platform !== "win32" || real.startsWith("\\\\?\\")) return real;
	return real.startsWith("\\\\") ? `\\\\?\\UNC\\${real.slice(2)}` : `\\\\?\\${real}`;
}
/**
* The store in the keyring entry of a folder, `CODEX_HOME` or planport's own. Nothing is touched before the first call.
* The store throws CredentialError `keyring_unavailable` when there is no keyring to speak to.
*/
function createKeyringStore(folder, options) {
	const platform = options.platform ?? process.platform;
	const service = options.service ?? "Codex Auth";
	const place = `the system's keyring (${service}, for ${folder})`;
	let opened;
	async function use(code, what, task) {
		const keyring = await (opened ??= (options.open ?? loadKeyring)());
		const account = await keyringAccount(folder, platform);
		try {
			return await within(options.timeoutMs ?? TIMEOUT_MS, task(keyring, account));
		} catch (error) {
			const why = keyringFault(error, platform);
			const isMissing = why.startsWith(NO_SECRET_SERVICE);
			throw new CredentialError(isMissing ? "keyring_unavailable" : code, `planport cannot ${what} ${place}: ${why}.`);
		}
	}
	async function read() {
		const text = await use("credential_unreadable", "read", (keyring, account) => keyring.get(service, account));
		return text === null ? null : parseDocument(text, place);
	}
	async function save(document) {
		const stored = new CredentialDocument(document.reveal(), place);
		await use("store_write_failed", "write the sign-in to", (keyring, account) => keyring.set(service, account, serializeDocument(stored, "compact")));
		return stored;
	}
	const { file } = options;
	return {
		place,
		...sharedWith(file),
		read,
		async write(previous, next, { hold, onStep } = {}) {
			const current = await read();
			if (!isSameLogin(previous, current)) return {
				written: false,
				document: current
			};
			const merged = previous === null || current === null ? next : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), place);
			onStep?.("syncing");
			onStep?.("renaming");
			if (hold?.isOurs() === false) return {
				written: false,
				document: await read()
			};
			return {
				written: true,
				document: await save(merged)
			};
		},
		async replace(next) {
			const stored = await save(next);
			await file.remove();
			return stored;
		},
		async remove() {
			await file.journal?.remove();
			return use("store_write_failed", "remove the sign-in from", (keyring, account) => keyring.remove(service, account));
		}
	};
}
/** The lock and the notes on a refresh lie beside the file: a folder's keyring entry and its file are one sign-in. */
function sharedWith(file) {
	return {
		key: async () => await file.key?.() ?? file.place,
		...file.exclusive !== void 0 && { exclusive: file.exclusive.bind(file) },
		...file.journal !== void 0 && { journal: file.journal }
	};
}
/** A desktop's question to unlock a keyring may stand on a screen that nobody looks at. */
async function within(limitMs, work) {
	let timer;
	const limit = new Promise((_resolve, reject) => {
		timer = setTimeout(() => reject(/* @__PURE__ */ new Error(`no answer within ${limitMs / 1e3} s`)), limitMs);
	});
	try {
		return await Promise.race([work, limit]);
	} finally {
		clearTimeout(timer);
	}
}
/**
* The keyring where it works, else the file: Codex's `auto`. What is in the keyring wins; a sign-in that rests in the
* file is renewed there, and a new one goes to the keyring when that can be reached.
*/
function createAutoStore(keyring, file) {
	async function read() {
		return await unlessUnavailable(() => keyring.read()) ?? file.read();
	}
	return {
		place: `${keyring.place} or ${file.place}`,
		...sharedWith(file),
		read,
		async write(previous, next, options) {
			return ((previous ?? await read())?.place === keyring.place ? keyring : file).write(previous, next, options);
		},
		async replace(next) {
			const stored = await unlessUnavailable(() => keyring.replace(next));
			if (stored !== void 0) return stored;
			const document = await file.replace(next);
			await keyring.remove().catch(() => {});
			return document;
		},
		async remove() {
			const fromKeyring = await unlessUnavailable(() => keyring.remove());
			return await file.remove() || fromKeyring === true;
		}
	};
}
/** Undefined when the keyring is out of reach; a keyring that holds something broken is a fault like any other. */
async function unlessUnavailable(task) {
	try {
		return await task();
	} catch (error) {
		if (!isPlanportError(error) || error.code === "credential_malformed") throw error;
		return;
	}
}

// packages/planport/src/auth/places.ts
/**
* The places where a credential may be, in the order in which they are tried.
* @module
*/
/** The variable that holds a command which prints a bearer. */
const TOKEN_COMMAND_VARIABLE = "PLANPORT_TOKEN_COMMAND";
/**
* planport's own `auth.json`: in `PLANPORT_HOME`, else in `$CODEX_HOME/planport`, else in `~/.planport`.
*/
function planportAuthFile(options) {
	return joinPath(options.platform, planportHome(options).folder, "auth.json");
}
/** planport's own place. */
function planportPlace(options) {
	const { via } = planportHome(options);
	return storedPlace({
		path: planportAuthFile(options),
		owner: "planport",
		via
	}, options.planportStore);
}
function storedPlace(at, store) {
	if (store === "keyring" || store === "auto") return {
		kind: "keyring",
		orFile: store === "auto",
		...at
	};
	if (store === "ephemeral" && at.owner === "codex") return {
		kind: "memory",
		...at,
		owner: "codex"
	};
	return {
		kind: "file",
		...at
	};
}
/**
* All places, first tried first: a given file alone; else `CODEX_ACCESS_TOKEN`, `CODEX_PAT`, the command in
* `PLANPORT_TOKEN_COMMAND`, planport's own store, and Codex's `auth.json` (`OPENAI_CODEX_PATH`, a folder that holds it or, with a name in `.json`, the file; then
* `CODEX_HOME`, by default `.codex` in the home folder, which on Windows is `%USERPROFILE%`). Last comes `OPENAI_API_KEY`:
* many have it set for other programs, and what it pays for is billed, so a plan goes first.
*/
function credentialPlaces(options) {
	const { platform } = options;
	const given = trimmed(options.authFile);
	if (given !== void 0) return [{
		kind: "file",
		path: withHome(given, options),
		owner: "given",
		via: null
	}];
	const places = [
		{
			kind: "variable",
			name: "CODEX_ACCESS_TOKEN"
		},
		{
			kind: "variable",
			name: "CODEX_PAT"
		},
		{
			kind: "command",
			name: TOKEN_COMMAND_VARIABLE
		},
		planportPlace(options)
	];
	const addCodex = (file, via, store) => {
		if (!places.some((place) => "path" in place && place.path === file)) places.push(storedPlace({
			path: file,
			owner: "codex",
			via
		}, store));
	};
	const codexPath = readFolder(options, "OPENAI_CODEX_PATH");
	if (codexPath !== void 0) addCodex(/\.json$/i.test(codexPath) ? codexPath : joinPath(platform, codexPath, "auth.json"), "OPENAI_CODEX_PATH");
	const { folder, via } = codexHome(options);
	if (via === null) {
		const profile = platform === "win32" ? readFolder(options, "USERPROFILE") : void 0;
		if (profile !== void 0) addCodex(joinPath(platform, profile, ".codex", "auth.json"), "USERPROFILE", options.codexStore);
	}
	addCodex(joinPath(platform, folder, "auth.json"), via, options.codexStore);
	places.push({
		kind: "variable",
		name: "OPENAI_API_KEY"
	});
	return places;
}

// packages/planport/src/auth/open-store.ts
/**
* Opens the store of a place: a file, the system's keyring, or the one that works of both.
* @module
*/
/** planport's own entries in a keyring: Codex's are another program's. */
const OWN_SERVICE = "planport";
/** True for places that have a store. */
function isStored(place) {
	return place.kind === "file" || place.kind === "keyring";
}
/** The store of a place. Nothing is touched before the first call. */
function openPlace(place, options = {}) {
	const file = (options.openFile ?? createFileStore)(place.path);
	if (place.kind === "file") return file;
	const keyring = createKeyringStore(dirname(place.path), {
		file,
		open: options.openKeyring,
		...place.owner === "planport" && { service: OWN_SERVICE }
	});
	return place.orFile ? createAutoStore(keyring, file) : keyring;
}

// packages/planport/src/auth/personal-access-token-refusal.ts
/**
* What it means that the backend refused a Codex access token. Such a token cannot be renewed, so all that helps is to
* know whose business it is: the holder's, who mints a new one, or an administrator's.
* @module
*/
/**
* Makes an explainer. It asks the server that knows the token: when that refuses it too, a new one has to be minted
* (`credential_rejected`); when it accepts it, minting does not help (`access_denied`); when it cannot be asked, the
* refusal keeps its code and its message says so.
*/
function createRefusalExplainer(options) {
	return async (refusal, refused, signal) => {
		const answer = await options.ask(signal);
		const status = statusOf(refusal);
		const because = (tokenVerdict) => ({ cause: {
			...isJsonObject(refusal.cause) && refusal.cause,
			tokenVerdict
		} });
		const head = `The backend refused the Codex access token from ${options.place} (HTTP ${status})`;
		if (answer.kind === "rejected") {
			await options.forget();
			return new CredentialError("credential_rejected", `${head}, and so does the server that knows it (HTTP ${answer.status}): it is revoked or expired. Mint a new token in the workspace's settings and put it there.`, because("rejected"));
		}
		if (answer.kind === "unknown") return new CredentialError(refusal.code, `${head}, and whether the token itself is still good is unknown: ${answer.why} Try again; if it stays so, ask the workspace's administrator before you mint a new token.`, because("unknown"));
		await options.remember(answer.identity);
		return new CredentialError("access_denied", accepted(head, answer.identity, refused, options), because("accepted"));
	};
}
/** The token is good, so the account or the workspace is at fault. */
function accepted(head, owner, refused, { givenAccountId }) {
	if (refused.accountId === null || refused.accountId === owner.accountId) {
		const who = owner.email === null ? "" : ` of ${owner.email}`;
		return `${head}, though the token is good: minting a new one will not help. Access is denied to workspace ${owner.accountId}${who}: ask its administrator to allow Codex for it.`;
	}
	const mistake = `${head}: it belongs to workspace ${owner.accountId}, not to ${refused.accountId}`;
	return givenAccountId === null ? `${mistake}, as was remembered; that is corrected now. Try again.` : `${mistake}, which CODEX_ACCOUNT_ID names. Correct that variable or unset it; minting a new token will not help.`;
}
function statusOf(refusal) {
	const { cause } = refusal;
	const status = typeof cause === "object" && cause !== null && "status" in cause ? cause.status : null;
	return typeof status === "number" ? status : refusal.status;
}

// packages/planport/src/auth/whoami.ts
/**
* Asking whose a Codex access token is (codex-rs/login/src/auth/personal_access_token.rs).
* @module
*/
const WHOAMI_TIMEOUT_MS = 1e4;
/**
* Asks once.
* @throws {CredentialError} `credential_wrong_route` when the address is one that no token of a plan may go to; and the
* reason of `signal` when it was aborted.
*/
async function askWhoami(options, token, signal) {
	const { http, whoamiUrl, client } = options;
	const request = {
		method: "GET",
		url: whoamiUrl,
		headers: identityHeaders(client),
		body: null,
		bearer: token
	};
	try {
		const { status, text, retryAfterMs } = await sendAuthRequest(http, request, {
			signal,
			timeoutMs: options.timeoutMs ?? WHOAMI_TIMEOUT_MS
		});
		return readWhoami(status, text.reveal(), retryAfterMs);
	} catch (error) {
		if (isCancelled(error) || error instanceof CredentialError) throw error;
		return {
			kind: "unknown",
			why: connectionFault(whoamiUrl, error),
			retryAfterMs: null,
			cause: error
		};
	}
}
/**
* Reads an answer: `{email, chatgpt_user_id, chatgpt_account_id, chatgpt_plan_type, chatgpt_account_is_fedramp}`, of which
* only the account (`account_id` in older answers) is needed to make requests.
*/
function readWhoami(status, text, retryAfterMs) {
	const unknown = (why) => ({
		kind: "unknown",
		why,
		retryAfterMs,
		cause: void 0
	});
	const body = tryParseJson(text);
	if (status === 401 || status === 403) {
		if (/^\s*</.test(text)) return unknown(`a web page came in place of its answer (HTTP ${status}).`);
		return {
			kind: "rejected",
			status
		};
	}
	if (status < 200 || status > 299) {
		const { message } = readServerError(text);
		return unknown(`its server answered with HTTP ${status}${message === null ? "" : `: ${message.replace(/\.$/, "")}`}.`);
	}
	if (!isJsonObject(body)) return unknown(`its server's answer (HTTP ${status}) is not a JSON object.`);
	const field = (key) => asString(body[key])?.trim() || null;
	const accountId = field("chatgpt_account_id") ?? field("account_id");
	if (accountId === null) return unknown("its server's answer lacks the field `chatgpt_account_id`.");
	return {
		kind: "accepted",
		identity: {
			accountId,
			fedramp: body["chatgpt_account_is_fedramp"] === true,
			email: field("email"),
			planType: field("chatgpt_plan_type"),
			userId: field("chatgpt_user_id")
		}
	};
}

// packages/planport/src/auth/personal-access-token.ts
/**
* An enterprise's Codex access token (`at-…`): what counts as one, and a source of it.
* (codex-rs/login/src/auth/personal_access_token.rs)
* @module
*/
/** So long a guessed account is used before its server is asked again: a server that is away must not hold up each call. */
const GUESS_TTL_MS = 6e4;
/**
* A source of a Codex access token. Its account is the one that was set (`CODEX_ACCOUNT_ID`), else the one in memory, else
* in the cache, else what its server says, else, when that cannot be asked, the account of the sign-in on this machine.
* Such a token cannot be renewed: `recover` is always null, and `explain` finds out what a refusal means.
*/
function createPersonalAccessTokenSource(options) {
	const { credential, place, cache } = options;
	const { token } = credential;
	const now = options.now ?? Date.now;
	let known = credential.accountId === null ? null : grantOf(token, credential);
	let guess = null;
	const remember = async (identity) => {
		const grant = grantOf(token, identity);
		if (credential.accountId === null) {
			known = grant;
			guess = null;
			await cache?.set(token, identity);
		}
		return grant;
	};
	const forget = async () => {
		if (credential.accountId !== null) return;
		known = null;
		await cache?.forget(token);
	};
	const lookUp = shareCall(async (signal) => {
		const cached = await cache?.get(token) ?? null;
		if (cached !== null) return known = grantOf(token, cached);
		const first = await askWhoami(options, token, signal);
		const answer = first.kind === "rejected" ? await askWhoami(options, token, signal) : first;
		if (answer.kind === "accepted") return remember(answer.identity);
		if (first.kind === "rejected") {
			await forget();
			throw refused$1(first.status, answer, place);
		}
		const accountId = await options.fallbackAccountId?.() ?? null;
		if (accountId === null) throw notFound(answer, place);
		const grant = grantOf(token, {
			...credential,
			accountId
		});
		guess = {
			grant,
			untilMs: now() + GUESS_TTL_MS
		};
		return grant;
	});
	const explain = createRefusalExplainer({
		place,
		givenAccountId: credential.accountId,
		ask: shareCall((signal) => askWhoami(options, token, signal)),
		remember: async (identity) => void await remember(identity),
		forget
	});
	return {
		get: async ({ signal } = {}) => {
			if (known !== null) return known;
			return guess !== null && now() < guess.untilMs ? guess.grant : lookUp(signal);
		},
		recover: async () => null,
		explain: (refusal, rejected, { signal } = {}) => explain(refusal, rejected, signal)
	};
}
function grantOf(token, { accountId, fedramp, email, planType, userId }) {
	return {
		kind: "personalAccessToken",
		bearer: token,
		expiresAtMs: null,
		accountId,
		fedramp,
		email,
		planType,
		userId
	};
}
/** Refused at first, and then again or not answered. */
function refused$1(status, second, place) {
	const head = `The Codex access token from ${place} was refused (${status})`;
	return new CredentialError("credential_rejected", second.kind === "rejected" ? `${head}: it is revoked or expired. Mint a new token in the workspace's settings and put it there.` : `${head}, and then its server could not be asked again: ${second.why} Whether it is revoked is unknown: try again, and mint a new token in the workspace's settings if it stays so.`);
}
function notFound(answer, place) {
	const { why, retryAfterMs, cause } = answer.kind === "unknown" ? answer : {
		why: `refused (${answer.status}).`,
		retryAfterMs: null,
		cause: void 0
	};
	const hints = {
		...retryOf(cause),
		...retryAfterMs !== null && { retryAfterMs }
	};
	return new CredentialError("refresh_unavailable", `The owner of the Codex access token from ${place} could not be looked up: ${why} ${hints.retryable === false ? "Set" : "Try again, or set"} CODEX_ACCOUNT_ID to skip the look-up.`, {
		...hints,
		...cause !== void 0 && { cause }
	});
}

// packages/planport/src/auth/discover.ts
/**
* Finds the credential to use.
* @module
*/
function open(place, { openStore, openKeyring }) {
	return openPlace(place, {
		openFile: openStore,
		openKeyring
	});
}
/** The account that was set by hand for an access token (`CODEX_ACCOUNT_ID`); null when none was. */
function givenAccountId(env) {
	return readVariable(env, "CODEX_ACCOUNT_ID") ?? null;
}
/**
* The account of the first ChatGPT sign-in among the files that {@link discoverCredential} looks into: a guess at whose a
* Codex access token is, for when nobody can be asked. Null when there is none; never rejects.
*/
async function signedInAccountId(options = {}) {
	for (const place of placesOf(options)) {
		if (!isStored(place)) continue;
		const tokens = (await open(place, options).read().catch(() => null))?.reveal()["tokens"];
		const accountId = isJsonObject(tokens) ? trimmed(asString(tokens["account_id"])) : void 0;
		if (accountId !== void 0 && isTokenText(accountId)) return accountId;
	}
	return null;
}
function placesOf(options) {
	return credentialPlaces({
		platform: options.platform ?? process.platform,
		env: options.env ?? process.env,
		homeDir: options.homeDir ?? os.homedir(),
		authFile: options.authFile,
		planportStore: options.planportStore,
		codexStore: options.codexStore
	});
}

// packages/planport/src/config/call-settings.ts
const SLUG = /^[\w.:/@+-]{1,200}$/;
/** Reads `a, b, c`. */
function asSlugs(text) {
	const slugs = partsOf$1(text);
	return slugs.length > 0 && slugs.every((slug) => SLUG.test(slug)) ? { value: [...new Set(slugs)] } : { problem: "must be names of models with commas between them" };
}
/** Reads `a=b, c=d`: each name with the one that it stands for. */
function asAliases(text) {
	const pairs = partsOf$1(text).map((part) => part.split("=").map((name) => name.trim()));
	if (!(pairs.length > 0 && pairs.every((pair) => pair.length === 2 && pair.every((name) => SLUG.test(name))))) return { problem: "must be pairs name=model with commas between them, such as quick=gpt-6-luna-low" };
	const aliases = Object.assign(Object.create(null), Object.fromEntries(pairs));
	return pairs.length === Object.keys(aliases).length ? { value: aliases } : { problem: "names a model twice" };
}
function partsOf$1(text) {
	return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

// packages/planport/src/translate/model-names.ts
/**
* What a client calls a model, and which one that is: listed models, their names with an effort or a speed behind, a
* person's own names, and names of models that there are no more.
* @module
*/
/** Endings of a name that ask for an effort. */
const EFFORT_SUFFIXES = [
	"none",
	"minimal",
	"low",
	"medium",
	"high",
	"xhigh",
	"max",
	"ultra"
];
/** Endings of a name that ask for a service tier, with what that is called on the wire. */
const TIER_SUFFIXES = {
	fast: "priority",
	priority: "priority",
	flex: "flex"
};
/**
* Names that other programs' documents use and that the plan has no model for any more. The small ones stand for the
* plan's small model, the others for its default one.
*/
const BUILT_IN_ALIASES = {
	"gpt-5.4": "default",
	"gpt-5.2-codex": "default",
	"gpt-5.1-codex": "default",
	"gpt-5-preview": "default",
	"gpt-5-64k": "default",
	"gpt-4.5-vision-preview": "default",
	"gpt-4.1": "default",
	"gpt-4.1-mini": "small",
	"gpt-4.1-nano": "small",
	"gpt-4o": "default",
	"gpt-4o-mini": "small",
	"o1-pro": "default",
	o3: "default",
	"o3-mini": "small",
	"o4-mini": "small"
};
const SMALL = /-(?:luna|mini|nano)\b/;
const CLAUDE = /^(?:anthropic[/.:])?claude-/;
/**
* The model that a name means. In this order: an own name, a listed model (hidden ones too), a name with an effort or a tier
* behind it (`gpt-6-sol-high`, `gpt-6-sol-xhigh-fast`; what comes before may be any of these), a built-in alias.
* @throws {UpstreamError} `model_not_found`, listing what there is.
*/
function resolveModel(asked, known, rules = {}) {
	const list = pinModels(known, rules.pin);
	const found = findModelName(asked, list, rules) ?? standIn(asked, list, rules);
	if (found !== null) return found;
	if (known.live === false && !isPinned(rules)) return {
		slug: asked,
		model: null,
		effort: null,
		serviceTier: null
	};
	throw unknownModel(asked, list, rules);
}
/** As {@link resolveModel}, but null for a name that means nothing here. Names of Anthropic's models do not. */
function findModelName(asked, known, rules = {}) {
	return find(asked, pinModels(known, rules.pin), rules, /* @__PURE__ */ new Set());
}
/** The list as a pin leaves it: those models and no others, in the pin's order, none of them hidden. */
function pinModels(known, pin) {
	if (pin === void 0 || pin.length === 0) return known;
	const bySlug = new Map(known.models.map((model) => [model.slug, model]));
	const models = [...new Set(pin)].map((slug, priority) => {
		return {
			...bySlug.get(slug) ?? {
				slug,
				display_name: slug,
				supported_in_api: true,
				supported_reasoning_levels: []
			},
			visibility: "list",
			priority
		};
	});
	return {
		...known,
		models
	};
}
/** The first of a list by its `priority`; a hidden one only when there is no other. Null: it is empty. */
function firstModel({ models }) {
	const sorted = models.toSorted((a, b) => a.priority - b.priority);
	return sorted.find((model) => model.visibility === "list") ?? sorted[0] ?? null;
}
/**
* The request for the model that its name means. What a name asks for wins over the request's own fields: programs send those
* with every request, and who writes `-high` means it.
*/
function applyModel(request, resolved) {
	const { slug, effort, serviceTier } = resolved;
	if (slug === request.model && effort === null && serviceTier === null) return {
		request,
		changes: []
	};
	const asks = [effort === null ? "" : ` with the effort ${effort}`, serviceTier === null ? "" : ` as ${serviceTier}`];
	const changes = [{
		path: "model",
		action: "mapped",
		note: `${request.model} means ${slug}${asks.join("")}.`
	}];
	const next = {
		...request,
		model: slug
	};
	if (effort !== null) {
		const reasoning = isJsonObject(request.reasoning) ? request.reasoning : {};
		const given = reasoning["effort"] ?? effort;
		if (given !== effort) changes.push(overruled("reasoning.effort", given, effort));
		next.reasoning = {
			...reasoning,
			effort
		};
	}
	if (serviceTier !== null) {
		const given = request.service_tier ?? serviceTier;
		if (given !== serviceTier && TIER_SUFFIXES[given] !== serviceTier) changes.push(overruled("service_tier", given, serviceTier));
		next.service_tier = serviceTier;
	}
	return {
		request: next,
		changes
	};
}
function overruled(path, given, sent) {
	return {
		path,
		action: "mapped",
		note: `The model's name asks for ${sent}, and ${String(given)} was not sent.`
	};
}
function find(asked, list, rules, seen) {
	const own = ownName(asked, rules);
	if (own !== void 0 && !seen.has(asked)) return find(own, list, rules, seen.add(asked));
	const model = list.models.find(({ slug }) => slug === asked);
	if (model !== void 0) return {
		slug: asked,
		model,
		effort: null,
		serviceTier: null
	};
	return findWithSuffix(asked, list, rules, seen) ?? builtIn(asked, list, rules);
}
function ownName(asked, { aliases = {} }) {
	return Object.hasOwn(aliases, asked) ? aliases[asked] : void 0;
}
function findWithSuffix(asked, list, rules, seen) {
	const dash = asked.lastIndexOf("-");
	const word = asked.slice(dash + 1);
	const isEffort = EFFORT_SUFFIXES.includes(word);
	if (dash < 1 || !(isEffort || Object.hasOwn(TIER_SUFFIXES, word))) return null;
	const base = find(asked.slice(0, dash), list, rules, seen);
	if (base === null) return null;
	return isEffort ? {
		...base,
		effort: word
	} : {
		...base,
		serviceTier: TIER_SUFFIXES[word] ?? null
	};
}
function builtIn(asked, list, rules) {
	if (!Object.hasOwn(BUILT_IN_ALIASES, asked)) return null;
	const visible = list.models.filter((model) => model.visibility === "list" && SMALL.test(model.slug));
	const small = BUILT_IN_ALIASES[asked] === "small" ? firstModel({ models: visible }) : null;
	return small === null ? theDefault(list, rules) : {
		slug: small.slug,
		model: small,
		effort: null,
		serviceTier: null
	};
}
function standIn(asked, list, rules) {
	return rules.claudeNames === true && CLAUDE.test(asked) ? theDefault(list, rules) : null;
}
function theDefault(list, { defaultModel }) {
	const model = list.models.find(({ slug }) => slug === defaultModel) ?? firstModel(list);
	return model === null ? null : {
		slug: model.slug,
		model,
		effort: null,
		serviceTier: null
	};
}
function isPinned({ pin = [] }) {
	return pin.length > 0;
}
const MAX_NAMES = 40;
function unknownModel(asked, list, rules) {
	const names = [...list.models.filter((model) => model.visibility === "list").toSorted((a, b) => a.priority - b.priority).map((model) => model.slug), ...Object.keys(rules.aliases ?? {})];
	const more = names.length > MAX_NAMES ? ", …" : "";
	const where = isPinned(rules) ? "among those that CODEX_MODELS allows" : "in this account's list";
	const known = names.length === 0 ? "There are none." : `Valid: ${names.slice(0, MAX_NAMES).join(", ")}${more}`;
	const suffixes = names.length === 0 ? "" : "; each also with -low, -medium, -high, -xhigh or -fast behind it.";
	return new UpstreamError("model_not_found", `The model ${JSON.stringify(asked.slice(0, 200))} is not ${where}. ${known}${suffixes}`);
}

// packages/planport/src/upstream/byte-stream.ts
/**
* The body of an answer in push style: bytes go from the socket to the sink in one call, without a promise or a copy.
* @module
*/
/** How much may wait for its reader before the socket is paused. */
const MAX_HELD_BYTES = 65536;
/** How long a reader who has all it wants waits for the backend to end the answer, so that the connection can be used again. */
const DRAIN_LIMIT_MS = 1e3;
const DEVNULL = {
	onBytes: () => {},
	onEnd: () => {},
	onError: () => {}
};
/** Producer calls `push`, `end` and `fail`; consumer has the {@link ByteStream} side. */
var BodyStream = class {
	#source;
	#idle;
	#sink = null;
	/** True while a chunk can go straight to the sink. */
	#flowing = false;
	#paused = false;
	#sourcePaused = false;
	#touchOnBytes = true;
	#held = [];
	#heldBytes = 0;
	/** How the source ended, while the sink does not know yet. */
	#ending = null;
	#over = false;
	#drainTimer = null;
	constructor(source, idle, held) {
		this.#source = source;
		this.#idle = idle;
		this.#held = held;
		for (const chunk of held) this.#heldBytes += chunk.length;
	}
	/** Producer: the next bytes, lent for this call alone. */
	push(bytes) {
		if (this.#touchOnBytes) this.#idle.touch();
		if (this.#flowing) {
			this.#sink.onBytes(bytes);
			return;
		}
		if (this.#over) return;
		this.#held.push(bytes.slice());
		this.#heldBytes += bytes.length;
		if (this.#heldBytes >= MAX_HELD_BYTES) this.#pauseSource();
	}
	/** Producer: the answer is complete. */
	end() {
		this.#finish({ error: null });
	}
	/** Producer: the answer was cut off. */
	fail(error) {
		this.#finish({ error });
	}
	pipe(sink) {
		if (this.#sink !== null || this.#over) throw new ConfigError("internal", "The body of an answer can be used once: take `events` or `body`, not both.");
		this.#sink = sink;
		this.#flush();
	}
	/** Like `pipe`, but silence is measured between calls of {@link BodyStream.touch}: comments do not count as life. */
	pipeEvents(sink) {
		this.#touchOnBytes = false;
		this.pipe(sink);
	}
	/** See {@link BodyStream.pipeEvents}. */
	touch() {
		this.#idle.touch();
	}
	pause() {
		if (this.#paused || this.#over) return;
		this.#paused = true;
		this.#flowing = false;
		this.#idle.suspend();
		this.#pauseSource();
	}
	resume() {
		if (!this.#paused || this.#over) return;
		this.#paused = false;
		this.#idle.resume();
		this.#flush();
	}
	cancel() {
		if (this.#over) return;
		this.#close();
		this.#source.abort();
	}
	/** The reader has all it wants: what is left is thrown away, for a short time, then the connection is closed. */
	finish() {
		if (this.#over) return;
		this.#sink = DEVNULL;
		this.#paused = false;
		this.#drainTimer = setTimeout(() => this.cancel(), DRAIN_LIMIT_MS);
		this.#drainTimer.unref();
		this.#flush();
	}
	#flush() {
		if (this.#sink === null) return;
		while (!this.#paused && this.#sink !== null) {
			const chunk = this.#held.shift();
			if (chunk === void 0) break;
			this.#heldBytes -= chunk.length;
			this.#sink.onBytes(chunk);
		}
		if (this.#over || this.#paused) return;
		if (this.#ending !== null) {
			this.#deliverEnd(this.#ending);
			return;
		}
		this.#flowing = true;
		if (!this.#sourcePaused) return;
		this.#sourcePaused = false;
		this.#source.resume();
	}
	#pauseSource() {
		if (this.#sourcePaused) return;
		this.#sourcePaused = true;
		this.#source.pause();
	}
	#finish(ending) {
		if (this.#over || this.#ending !== null) return;
		this.#ending = ending;
		this.#idle.stop();
		this.#source.released();
		if (this.#sink === null || this.#paused || this.#held.length > 0) return;
		this.#deliverEnd(ending);
	}
	#deliverEnd(ending) {
		const sink = this.#sink;
		this.#close();
		if (ending.error === null) sink?.onEnd();
		else sink?.onError(ending.error);
	}
	#close() {
		this.#over = true;
		this.#flowing = false;
		this.#sink = null;
		this.#held = [];
		this.#idle.stop();
		if (this.#drainTimer !== null) clearTimeout(this.#drainTimer);
		if (this.#ending === null) this.#source.released();
	}
};

// packages/planport/src/sse/utf8.ts
/**
* Bytes to text, piece by piece.
* @module
*/
const NOTHING = /* @__PURE__ */ new Uint8Array(0);
const BYTE_ORDER_MARK = 65279;
/**
* Makes a decoder of one stream: give it the bytes, cut anywhere, and get the text that is whole by then. Bytes that are no
* UTF-8 become replacement characters. A byte order mark at the start is left out.
*
* Not `TextDecoder`'s own `stream` mode: in Node 20 that goes through ICU, costs three times as much, and gives strings of
* two bytes per character, which slow down all that is done with them. So the first bytes of a cut character wait here.
*/
function createUtf8Decoder() {
	const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
	let held = NOTHING;
	let atStart = true;
	return (bytes) => {
		const whole = held.length === 0 ? bytes : joined(held, bytes);
		const end = whole.length - cutCharacterLength(whole);
		held = end === whole.length ? NOTHING : whole.slice(end);
		const text = decoder.decode(end === whole.length ? whole : whole.subarray(0, end));
		if (!atStart || text === "") return text;
		atStart = false;
		return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
	};
}
/** How many bytes at the end are the beginning of a character whose rest has not come (RFC 3629 §3). */
function cutCharacterLength(bytes) {
	for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
		const byte = bytes[bytes.length - back] ?? 0;
		if (byte < 128) return 0;
		if (byte < 192) continue;
		return back < (byte >= 240 ? 4 : byte >= 224 ? 3 : 2) ? back : 0;
	}
	return 0;
}
function joined(a, b) {
	const whole = new Uint8Array(a.length + b.length);
	whole.set(a);
	whole.set(b, a.length);
	return whole;
}

// packages/planport/src/sse/decode.ts
/**
* Bytes of a `text/event-stream` to events, in push style: what is fed comes out through a callback in the same
* call, so a hot path has no promise and no stream hop per event.
* Rules: WHATWG HTML §9.2.6 (event stream interpretation).
* @module
*/
const DEFAULT_MAX_EVENT_CHARS = 67108864;
const LF = 10;
const CR = 13;
/** Makes a decoder. Any way of cutting the bytes gives the same events. */
function createSseDecoder(options) {
	return new Decoder(options);
}
var Decoder = class {
	betweenEvents = false;
	#maxEventChars;
	#decode = createUtf8Decoder();
	#parser;
	#overflow = false;
	#lastByte = 0;
	constructor(options) {
		this.#maxEventChars = options.maxEventChars ?? DEFAULT_MAX_EVENT_CHARS;
		this.#parser = createParser({
			maxBufferSize: this.#maxEventChars,
			onEvent: options.onEvent,
			...options.onComment && { onComment: options.onComment },
			onError: (error) => {
				if (error.type === "max-buffer-size-exceeded") this.#overflow = true;
			}
		});
	}
	feed(bytes) {
		const { length } = bytes;
		if (length === 0) return;
		const byteBefore = length === 1 ? this.#lastByte : bytes[length - 2];
		this.#lastByte = bytes[length - 1] ?? 0;
		this.betweenEvents = this.#lastByte === LF && byteBefore === LF;
		this.#parser.feed(this.#decode(bytes));
		if (this.#overflow) throw new UpstreamError("upstream_malformed", `The backend sent one event of more than ${this.#maxEventChars} characters.`);
	}
	end() {
		if (this.#lastByte === CR) this.#parser.feed("\n");
	}
};

// packages/planport/src/upstream/first-event.ts
/**
* Looks into the beginning of a stream for a failure that a 200 hides.
* @module
*/
/**
* Events that come before the backend has decided anything: an overload is told after them. Vendor events such as
* `codex.rate_limits` say nothing about the answer either.
*/
const PREAMBLE = /^(response\.(created|queued|in_progress|metadata)|codex\..*|responsesapi\..*)$/;
/** Events that only keep a connection from being cut. */
const KEEP_ALIVE = /^(keepalive|ping)$/;
/** Makes a probe. Data that is not JSON is passed over, as in Codex. */
function createFirstEventProbe() {
	let found = null;
	let progress = 0;
	const decoder = createSseDecoder({ onEvent: ({ data }) => {
		if (found !== null) return;
		const event = parseEvent(data);
		if (event === null || KEEP_ALIVE.test(event.type)) return;
		progress++;
		if (!PREAMBLE.test(event.type)) found = event;
	} });
	return {
		get progress() {
			return progress;
		},
		feed(bytes) {
			decoder.feed(bytes);
			return found;
		}
	};
}
/** The event in one `data:` field; null for anything that is no JSON object with a type, such as `[DONE]`. */
function parseEvent(data) {
	const value = tryParseJson(data);
	return isJsonObject(value) && asString(value["type"]) !== void 0 ? value : null;
}

// packages/planport/src/upstream/idle-timer.ts
/**
* Notices silence at the price of one clock reading per chunk.
* @module
*/
/**
* Calls `onIdle` once when nothing was heard for `limitMs`. One timer for the whole life: when it fires early, because
* something was heard since, it is set again for what is left. {@link IdleTimer.touch} touches no timer at all.
*/
var IdleTimer = class {
	#limitMs;
	#onIdle;
	#lastMs = performance.now();
	#timer = null;
	#suspended = false;
	constructor(limitMs, onIdle) {
		this.#limitMs = limitMs;
		this.#onIdle = onIdle;
		this.#arm(limitMs);
	}
	/** Something was heard. */
	touch() {
		this.#lastMs = performance.now();
	}
	/** From here on the silence is our own doing (the reader paused the stream) and does not count. */
	suspend() {
		this.#suspended = true;
	}
	/** Silence counts again, from now. */
	resume() {
		if (!this.#suspended) return;
		this.#suspended = false;
		this.touch();
		if (this.#timer === null) this.#arm(this.#limitMs);
	}
	/** The end; `onIdle` will not be called. */
	stop() {
		this.#suspended = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
	}
	#arm(delayMs) {
		this.#timer = setTimeout(() => this.#check(), delayMs);
		this.#timer.unref();
	}
	#check() {
		this.#timer = null;
		if (this.#suspended) return;
		const leftMs = this.#limitMs - (performance.now() - this.#lastMs);
		if (leftMs > 0) this.#arm(Math.ceil(leftMs));
		else this.#onIdle();
	}
};

// packages/planport/src/upstream/retry.ts
/**
* Whether and when a failed call is tried again: the one policy, in one place.
* @module
*/
/**
* The library's, and that of transports: 5, 10, 20, 40 s and then a minute each, ten times. A program that calls a function
* waits as long as it takes, and nobody behind it tries again.
*/
const DEFAULT_RETRY_POLICY = {
	maxRetries: 10,
	baseDelayMs: 5e3,
	maxDelayMs: 6e4,
	maxRetryAfterMs: 3e5
};
/** The least wait after a 429 that asks for none: a series that begins with 0.2 s would only add to what it is about. */
const MIN_RATE_LIMIT_WAIT_MS = 1e3;
/**
* The wait before the next try in milliseconds, or null when the error is final. Tried again is what passes by itself: a rate
* limit, an overload, a 5xx, a connection that failed or broke. Plan limits, refusals, certificate faults, redirects and web
* pages are final; so is the call's own time limit, and whatever auth reports, which has tried enough by itself.
* @param attempt Retries made so far: 0 after the first failure.
* @param random Uniform in [0, 1).
*/
function decideRetry(error, attempt, policy, random) {
	if (!error.retryable || errorTable[error.code].family !== "upstream" || attempt >= policy.maxRetries) return null;
	if (error.retryAfterMs !== null) return error.retryAfterMs <= policy.maxRetryAfterMs ? error.retryAfterMs : null;
	const leastMs = error.code === "rate_limited" && error.cause?.status === 429 ? MIN_RATE_LIMIT_WAIT_MS : 0;
	const backoffMs = Math.min(policy.maxDelayMs, Math.max(policy.baseDelayMs, leastMs) * 2 ** attempt);
	return Math.round(backoffMs * (.9 + .2 * random()));
}
/**
* Waits on a timer that leaves nothing behind.
* @throws {RequestError} `cancelled`
*/
const sleep = (delayMs, signal) => new Promise((resolve, reject) => {
	if (signal?.aborted === true) {
		reject(cancelled());
		return;
	}
	const onAbort = () => {
		clearTimeout(timer);
		reject(cancelled());
	};
	const timer = setTimeout(() => {
		signal?.removeEventListener("abort", onAbort);
		resolve();
	}, delayMs);
	signal?.addEventListener("abort", onAbort, { once: true });
});
/** What every stage throws when the caller's signal fires. */
function cancelled() {
	return new RequestError("cancelled", "The request was cancelled.");
}
/**
* A promise that gives up at once when the signal fires. The work behind it goes on: others may share it.
* @throws {RequestError} `cancelled`
*/
function abortable(work, signal) {
	if (signal === void 0) return work;
	return new Promise((resolve, reject) => {
		const onAbort = () => reject(cancelled());
		if (signal.aborted) onAbort();
		else signal.addEventListener("abort", onAbort, { once: true });
		work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
	});
}

// packages/planport/src/upstream/attempt.ts
/**
* One HTTP request for a stream, up to its first meaningful event.
* @module
*/
/** An error's body is read so far, and then the connection is closed. */
const MAX_ERROR_BYTES$1 = 65536;
/** What may come before the first meaningful event. It is high: the events that say that work began repeat the request. */
const MAX_PREAMBLE_BYTES = 8388608;
/** System codes as they end a stream, in words. */
const CUT_REASONS = {
	ECONNRESET: " (the connection was reset)",
	EPIPE: " (the connection was closed)",
	ETIMEDOUT: " (the connection timed out)",
	UND_ERR_SOCKET: " (the connection was closed)"
};
/**
* Sends, and waits until the stream shows its first event beyond the preamble. The bytes read so far are replayed.
* @throws {UpstreamError | CredentialError} typed by what the backend answered, also inside of a 200.
* @throws {RequestError} `cancelled`
*/
function openStream(request) {
	return new Promise((resolve, reject) => {
		if (request.signal?.aborted === true) {
			reject(cancelled());
			return;
		}
		new Attempt(request, resolve, reject).start();
	});
}
/** The handler of undici's dispatch interface. `#phase` says who gets the bytes. */
var Attempt = class {
	#request;
	#resolve;
	#reject;
	#idle;
	#phase = "head";
	#controller = null;
	#status = 0;
	#headers = {};
	#chunks = [];
	#bytes = 0;
	#probe = createFirstEventProbe();
	#stream = null;
	#onAbort = null;
	#abortReason = null;
	#limit;
	constructor(request, resolve, reject) {
		this.#request = request;
		this.#resolve = resolve;
		this.#reject = reject;
		this.#idle = new IdleTimer(request.idleTimeoutMs, () => this.#stop(this.#silence()));
	}
	start() {
		const { dispatcher, signal, headers, body } = this.#request;
		if (signal !== void 0) {
			this.#onAbort = () => this.#stop(cancelled());
			signal.addEventListener("abort", this.#onAbort, { once: true });
		}
		const { total } = this.#request;
		if (total !== null) this.#limit = setTimeout(() => this.#stop(this.#tooLong(total)), Math.max(0, total.leftMs));
		const url = new URL(this.#request.url);
		try {
			const path = url.pathname + url.search;
			dispatcher.dispatchStream({
				origin: url.origin,
				path,
				method: "POST",
				headers,
				body,
				repeatable: true
			}, this);
		} catch (error) {
			this.#stop(toConnectionError(error, this.#request.url, dispatcher));
		}
	}
	onRequestStart(controller) {
		this.#controller = controller;
		if (this.#abortReason !== null) controller.abort(this.#abortReason);
	}
	onResponseStart(_controller, status, headers) {
		if (status < 200 || this.#phase !== "head") return;
		this.#idle.touch();
		this.#status = status;
		this.#headers = flatten$1(headers);
		const type = this.#headers["content-type"] ?? "";
		const encoding = this.#headers["content-encoding"] ?? "identity";
		if (status < 300 && !/^\s*identity\s*$/i.test(encoding)) {
			this.#stop(this.#unexpected(`answered in the encoding "${encoding.slice(0, 40)}", which was not asked for`));
			return;
		}
		const streams = status < 300 && !/^\s*(text\/html|application\/json)/i.test(type);
		this.#phase = streams ? "probing" : "failing";
	}
	onResponseData(_controller, chunk) {
		if (this.#phase === "streaming") {
			this.#stream.push(chunk);
			return;
		}
		if (this.#phase === "over") return;
		if (this.#phase === "failing") this.#idle.touch();
		this.#chunks.push(Buffer$1.from(chunk));
		this.#bytes += chunk.length;
		if (this.#phase === "probing") this.#probeChunk(chunk);
		else if (this.#bytes > MAX_ERROR_BYTES$1) this.#stop(this.#httpFailure());
	}
	onResponseEnd() {
		if (this.#phase === "streaming") this.#stream?.end();
		else if (this.#phase === "failing") this.#fail(this.#httpFailure());
		else this.#fail(this.#cutOff("ended its stream before it had answered", null));
	}
	onResponseError(_controller, error) {
		if (this.#phase === "over") return;
		const cause = toConnectionError(error, this.#request.url, this.#request.dispatcher);
		if (this.#phase === "head") this.#fail(cause);
		else if (this.#phase === "failing") this.#fail(this.#httpFailure());
		else if (this.#phase === "probing") this.#fail(this.#cutOff("cut its stream off before it had answered", cause));
		else this.#stream?.fail(this.#cutOff("cut its stream off", cause));
	}
	pause() {
		this.#controller?.pause();
	}
	resume() {
		this.#controller?.resume();
	}
	abort() {
		this.#destroy(cancelled());
	}
	released() {
		this.#phase = "over";
		this.#idle.stop();
		clearTimeout(this.#limit);
		if (this.#onAbort !== null) this.#request.signal?.removeEventListener("abort", this.#onAbort);
		this.#onAbort = null;
	}
	#probeChunk(chunk) {
		const { progress } = this.#probe;
		let event;
		try {
			event = this.#probe.feed(chunk);
		} catch (error) {
			this.#stop(error);
			return;
		}
		if (this.#probe.progress !== progress) this.#idle.touch();
		if (event === null) {
			if (this.#bytes > MAX_PREAMBLE_BYTES) this.#stop(this.#unexpected(`sent ${MAX_PREAMBLE_BYTES / 1024 / 1024} MiB without beginning its answer`));
			return;
		}
		const failure = failureFromEvent(event, this.#headers, this.#request.failureContext);
		if (failure !== null) {
			this.#stop(failure);
			return;
		}
		this.#phase = "streaming";
		this.#stream = new BodyStream(this, this.#idle, this.#chunks);
		this.#chunks = [];
		this.#resolve({
			status: this.#status,
			headers: this.#headers,
			body: this.#stream
		});
	}
	/** Ends everything from this side, wherever it stands. */
	#stop(reason) {
		const stream = this.#stream;
		if (this.#phase === "over") return;
		if (stream === null) this.#fail(reason);
		else stream.fail(reason);
		this.#destroy(reason);
	}
	#fail(error) {
		this.released();
		this.#reject(error);
	}
	#destroy(reason) {
		this.#abortReason = reason;
		this.#controller?.abort(reason);
	}
	#httpFailure() {
		const body = Buffer$1.concat(this.#chunks).toString("utf8");
		const context = this.#request.failureContext();
		if (this.#status >= 300 && this.#status < 400) return this.#unexpected(`answered with a redirect (HTTP ${this.#status}), which is not followed`);
		if (this.#status < 300 && looksLikeHtml(body)) return this.#unexpected("answered with a web page: a captive portal or a wrong base URL may be in the way");
		return failureFromHttp({
			status: this.#status,
			headers: this.#headers,
			body
		}, context);
	}
	/** A redirect or a page in the answer's place stays what it is. */
	#unexpected(what) {
		return new UpstreamError("upstream_malformed", `${this.#request.failureContext().place} ${what}.`, {
			retryable: false,
			cause: {
				...this.#facts(),
				status: this.#status
			}
		});
	}
	#cutOff(what, cause) {
		const systemCode = cause?.cause?.systemCode ?? null;
		const why = systemCode === null ? "" : CUT_REASONS[systemCode] ?? "";
		return new UpstreamError("stream_interrupted", `The backend ${what}${why}.`, { cause: {
			...this.#facts(),
			systemCode
		} });
	}
	#silence() {
		const seconds = this.#request.idleTimeoutMs / 1e3;
		return new UpstreamError("stream_idle", `The backend was silent for ${seconds} s.`, { cause: this.#facts() });
	}
	#tooLong({ limitMs }) {
		const text = `The answer was not complete after ${limitMs / 1e3} s, the time limit of the call.`;
		return new UpstreamError("upstream_timeout", text, { cause: this.#facts() });
	}
	#facts() {
		return {
			status: null,
			upstreamCode: null,
			requestId: this.#headers["x-request-id"] ?? this.#headers["x-oai-request-id"] ?? null,
			cfRay: this.#headers["cf-ray"] ?? null,
			systemCode: null
		};
	}
};
/** One string per name. Cookies stay here: they are Cloudflare's and the backend's, not the client's. */
function flatten$1(headers) {
	const flat = {};
	for (const [name, value] of Object.entries(headers)) {
		if (value === void 0 || name === "set-cookie") continue;
		flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
	}
	return flat;
}

// packages/planport/src/upstream/authorized.ts
/**
* Runs `call` with a fresh bearer. When the backend rejects it (`credential_rejected`), asks once for another and runs
* `call` again at once; when there is none, the rejection stands, in the words of whoever knows more about it.
* @throws {CredentialError} from the token source, or the rejection.
*/
async function authorized(tokens, budget, signal, call) {
	let grant = await abortable(tokens.get({ signal }), signal);
	for (;;) try {
		return await call(grant);
	} catch (error) {
		if (!isRefusal(error)) throw error;
		let next = null;
		if (error.code === "credential_rejected" && !budget.spent) {
			budget.spent = true;
			next = await abortable(tokens.recover(grant, { signal }), signal);
		}
		if (next === null) throw await explained(tokens, error, grant, signal);
		grant = next;
	}
}
/** A refusal in the words of the token source, where that knows more. */
async function explained(tokens, refusal, refused, signal) {
	if (tokens.explain === void 0) return refusal;
	return await abortable(tokens.explain(refusal, refused, { signal }), signal);
}
/** What the backend says of a bearer, by a 401 or a 403. */
function isRefusal(error) {
	return isPlanportError(error) && (error.code === "credential_rejected" || error.code === "access_denied");
}

// packages/planport/src/protocol/responses/unreadable.ts
/**
* What to think of an event whose data is not JSON: nothing, or that a piece of the answer is gone.
* @module
*/
/** Events that hold no part of an answer. */
const BESIDE = /^(?:response\.(?:created|queued|in_progress|metadata)$|codex\.|responsesapi\.|keepalive$|ping$)/;
const TYPE_IN_FRONT = /^\s*\{\s*"type"\s*:\s*"([^"\\]+)"/;
/**
* What is lost with an event that cannot be read.
* @param name Of its `event:` line; "" or undefined when it has none.
* @param data As it came.
*/
function lossOf(name, data) {
	const text = data.trim();
	if (text === "" || text === "[DONE]" || tryParseJson(data) !== void 0) return "nothing";
	const type = TYPE_IN_FRONT.exec(data)?.[1] ?? name ?? "";
	return BESIDE.test(type) ? "notice" : "answer";
}
/** The end of a stream of which a part could not be read. */
function unreadableEvent() {
	return new UpstreamError("upstream_malformed", "The backend sent an event that is not JSON, so a part of its answer is missing.");
}

// packages/planport/src/upstream/event-stream.ts
/**
* The decoded events of a body, for readers that want objects. Pulled, with a bounded queue in between.
* @module
*/
/** Queue length at which the socket is paused, and at which it goes on. */
const HIGH_WATER_EVENTS = 256;
const LOW_WATER_EVENTS = 32;
/**
* The events of `body`. Ends after the terminal event; throws for `response.failed` and `error` events, for data that is
* not JSON and may have been a part of the answer, for a cut-off, and for silence. Leaving the loop early ends the call to the backend.
*/
function eventsOf(body, readFailure) {
	return { [Symbol.asyncIterator]: () => new EventReader(body, readFailure) };
}
var EventReader = class {
	#body;
	#readFailure;
	#decoder;
	#queue = [];
	#next = 0;
	#waiters = [];
	#paused = false;
	/** Set when no event will follow those in the queue. */
	#ending = null;
	constructor(body, readFailure) {
		this.#body = body;
		this.#readFailure = readFailure;
		this.#decoder = createSseDecoder({ onEvent: (event) => this.#onEvent(event) });
		body.pipeEvents(this);
	}
	next() {
		const event = this.#take();
		if (event !== void 0) return Promise.resolve({
			done: false,
			value: event
		});
		if (this.#ending === null) return new Promise((resolve, reject) => this.#waiters.push({
			resolve,
			reject
		}));
		const { error } = this.#ending;
		this.#ending = { error: null };
		return error === null ? Promise.resolve({
			done: true,
			value: void 0
		}) : Promise.reject(error);
	}
	return() {
		this.#body.cancel();
		this.#queue = [];
		this.#settle(null);
		return Promise.resolve({
			done: true,
			value: void 0
		});
	}
	onBytes(bytes) {
		if (this.#ending !== null) return;
		try {
			this.#decoder.feed(bytes);
		} catch (error) {
			this.#body.cancel();
			this.#settle(error);
			return;
		}
		if (this.#queue.length - this.#next < HIGH_WATER_EVENTS || this.#ending !== null) return;
		this.#paused = true;
		this.#body.pause();
	}
	onEnd() {
		this.#decoder.end();
		this.#settle(new UpstreamError("stream_interrupted", "The backend ended its stream without finishing the answer."));
	}
	onError(error) {
		this.#settle(error);
	}
	#onEvent({ event: name, data }) {
		if (this.#ending !== null) return;
		const event = parseEvent(data);
		if (event === null) {
			if (lossOf(name, data) !== "answer") return;
			this.#settle(unreadableEvent());
			this.#body.cancel();
			return;
		}
		this.#body.touch();
		const failure = this.#readFailure(event);
		if (failure === null) this.#give(event);
		if (failure === null && !TERMINAL_EVENT_TYPES.has(event.type)) return;
		this.#settle(failure);
		this.#body.finish();
	}
	#give(event) {
		const waiter = this.#waiters.shift();
		if (waiter === void 0) this.#queue.push(event);
		else waiter.resolve({
			done: false,
			value: event
		});
	}
	#take() {
		const event = this.#queue[this.#next];
		if (event === void 0) return void 0;
		this.#next++;
		if (this.#next === this.#queue.length) {
			this.#queue = [];
			this.#next = 0;
		}
		if (this.#paused && this.#queue.length - this.#next <= LOW_WATER_EVENTS) {
			this.#paused = false;
			this.#body.resume();
		}
		return event;
	}
	/** The first ending counts. */
	#settle(error) {
		if (this.#ending !== null) return;
		const waiters = this.#waiters;
		this.#waiters = [];
		this.#ending = { error: waiters.length > 0 ? null : error };
		waiters.forEach((waiter, index) => {
			if (index === 0 && error !== null) waiter.reject(error);
			else waiter.resolve({
				done: true,
				value: void 0
			});
		});
	}
};

// packages/planport/src/upstream/relay/headers.ts
/** For this connection alone (RFC 9110 §7.6.1 and §7.8, RFC 9112 §6.1), beside what `connection` names. */
const HOP_BY_HOP = /* @__PURE__ */ new Set([
	"connection",
	"http2-settings",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade"
]);
/** Set by whoever writes the request; and `expect`, which was met when the body was read. */
const OF_THE_MESSAGE = /* @__PURE__ */ new Set([
	"host",
	"content-length",
	"expect"
]);
/** Whose the call is. */
const OF_THE_CREDENTIAL = /* @__PURE__ */ new Set([
	"authorization",
	"chatgpt-account-id",
	"x-openai-fedramp",
	"x-openai-account-routing-override"
]);
/** For this gateway. Its clients send it whatever key they have, and the backend reads none there. */
const GATEWAY_KEY = "x-api-key";
/** The end-to-end headers of a request, by name as it was first written. What is planport's own business stays here. */
function requestHeaders(lines) {
	const named = namedByConnection(lines.filter(([name]) => name.toLowerCase() === "connection").map(([, value]) => value));
	const result = Object.create(null);
	const written = /* @__PURE__ */ new Map();
	for (const [name, value] of lines) {
		const lower = name.toLowerCase();
		if (HOP_BY_HOP.has(lower) || OF_THE_MESSAGE.has(lower) || named.has(lower)) continue;
		if (lower === GATEWAY_KEY || lower.startsWith("x-planport-")) continue;
		const first = written.get(lower) ?? name;
		written.set(lower, first);
		const before = result[first];
		result[first] = before === void 0 ? value : [before, value].flat();
	}
	return result;
}
/** The same with planport's credential in place of the caller's. */
function withGrant(headers, grant, route) {
	const result = Object.create(null);
	for (const [name, value] of Object.entries(headers)) if (!OF_THE_CREDENTIAL.has(name.toLowerCase())) result[name] = value;
	result["authorization"] = `Bearer ${grant.bearer.reveal()}`;
	if (grant.accountId !== null) result["chatgpt-account-id"] = headerSafe(grant.accountId);
	if (grant.fedramp) result["x-openai-fedramp"] = "true";
	if (route.override !== null) result["x-openai-account-routing-override"] = route.override;
	return result;
}
/** The end-to-end headers of an answer. */
function answerHeaders(headers) {
	const named = namedByConnection([headers["connection"] ?? []].flat());
	const result = {};
	for (const [name, value] of Object.entries(headers)) {
		const lower = name.toLowerCase();
		if (value === void 0 || HOP_BY_HOP.has(lower) || named.has(lower)) continue;
		result[lower] = typeof value === "string" ? value : [...value];
	}
	return result;
}
/** One value of a request's header; undefined when there is none. */
function headerOf$1(headers, wanted) {
	for (const [name, value] of Object.entries(headers)) if (name.toLowerCase() === wanted) return typeof value === "string" ? value : value[0];
}
function namedByConnection(values) {
	return new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()));
}

// packages/planport/src/upstream/relay/open.ts
/**
* Sends, and waits for the head of the answer.
* @throws {UpstreamError} `upstream_unreachable`, `stream_idle`
* @throws {RequestError} `cancelled`
*/
function openRelay(request) {
	return new Promise((resolve, reject) => {
		if (request.signal?.aborted === true) reject(cancelled());
		else new RelayAttempt(request, resolve, reject).start();
	});
}
var RelayAttempt = class {
	#request;
	#resolve;
	#reject;
	#idle;
	#controller = null;
	#stream = null;
	#over = false;
	#abortReason = null;
	constructor(request, resolve, reject) {
		this.#request = request;
		this.#resolve = resolve;
		this.#reject = reject;
		this.#idle = new IdleTimer(request.idleTimeoutMs, () => this.#stop(this.#silence()));
	}
	start() {
		const { dispatcher, signal, origin, path, method, headers, body, repeatable } = this.#request;
		signal?.addEventListener("abort", this.#onAbort, { once: true });
		try {
			dispatcher.dispatchStream({
				origin,
				path,
				method,
				headers,
				body,
				repeatable
			}, this);
		} catch (error) {
			this.#stop(toConnectionError(error, origin, dispatcher));
		}
	}
	onRequestStart(controller) {
		this.#controller = controller;
		if (this.#abortReason !== null) controller.abort(this.#abortReason);
	}
	onResponseStart(_controller, status, headers) {
		if (status < 200 || this.#over || this.#stream !== null) return;
		this.#idle.touch();
		this.#stream = new BodyStream(this, this.#idle, []);
		this.#resolve({
			status,
			headers: answerHeaders(headers),
			body: this.#stream
		});
	}
	onResponseData(_controller, chunk) {
		this.#stream?.push(chunk);
	}
	onResponseEnd() {
		this.#stream?.end();
	}
	onResponseError(_controller, error) {
		if (!this.#over) this.#fail(toConnectionError(error, this.#request.origin, this.#request.dispatcher));
	}
	pause() {
		this.#controller?.pause();
	}
	resume() {
		this.#controller?.resume();
	}
	abort() {
		this.#destroy(cancelled());
	}
	released() {
		this.#over = true;
		this.#idle.stop();
		this.#request.signal?.removeEventListener("abort", this.#onAbort);
	}
	#onAbort = () => this.#stop(cancelled());
	/** Ends everything from this side, wherever it stands. */
	#stop(reason) {
		if (this.#over) return;
		this.#fail(reason);
		this.#destroy(reason);
	}
	#fail(error) {
		if (this.#stream !== null) {
			this.#stream.fail(error);
			return;
		}
		this.released();
		this.#reject(error);
	}
	#destroy(reason) {
		this.#abortReason = reason;
		this.#controller?.abort(reason);
	}
	#silence() {
		return new UpstreamError("stream_idle", `The backend was silent for ${this.#request.idleTimeoutMs / 1e3} s.`);
	}
};

// packages/planport/src/upstream/relay/whole-body.ts
/**
* Bodies that are at hand as a whole.
* @module
*/
/** A body of these bytes. */
function streamOf(bytes) {
	return new WholeBody(bytes);
}
var WholeBody = class {
	#sink = null;
	/** Null once they are handed over. */
	#bytes;
	#paused = false;
	constructor(bytes) {
		this.#bytes = bytes.length > 0 ? bytes : null;
	}
	pipe(sink) {
		this.#sink = sink;
		this.#flow();
	}
	pause() {
		this.#paused = true;
	}
	resume() {
		this.#paused = false;
		this.#flow();
	}
	cancel() {
		this.#sink = null;
	}
	/** The sink may pause or cancel from within `onBytes`. */
	#flow() {
		if (this.#paused) return;
		const bytes = this.#bytes;
		this.#bytes = this.#sink === null ? bytes : null;
		if (bytes !== null) this.#sink?.onBytes(bytes);
		if (this.#paused) return;
		const sink = this.#sink;
		this.#sink = null;
		sink?.onEnd();
	}
};
/**
* Reads a body to its end.
* @throws {UpstreamError} `upstream_malformed` when it is longer than `maxBytes`; what ended it otherwise.
*/
function bytesOf(body, maxBytes) {
	return new Promise((resolve, reject) => {
		const chunks = [];
		let size = 0;
		body.pipe({
			onBytes(bytes) {
				size += bytes.length;
				chunks.push(Buffer$1.from(bytes));
				if (size <= maxBytes) return;
				body.cancel();
				reject(new UpstreamError("upstream_malformed", `The backend's answer has more than ${maxBytes} bytes.`));
			},
			onEnd: () => resolve(Buffer$1.concat(chunks, size)),
			onError: reject
		});
	});
}

// packages/planport/src/upstream/images.ts
/**
* The backend's images API: on the Codex backend where it has one (openai/codex `codex-rs/codex-api/src/endpoint/images.rs`),
* and on OpenAI's plain API, where calls are passed on as they are.
* @module
*/
/** Ten images in base64, and room to spare. */
const MAX_ANSWER_BYTES = 268435456;
const MAX_ERROR_BYTES = 1048576;
/** How long it is believed that there is no image path: a gateway runs for weeks, and the backend may get one. */
const ABSENT_FOR_MS = 36e5;
const MAX_REMEMBERED = 100;
/** Makes it. Nothing is sent before the first call. */
function createImagesApi(setup) {
	return new Images(setup);
}
var Images = class {
	#setup;
	/** Until when, in milliseconds since the epoch, an account's image path counts as absent; by account and URL. */
	#absentUntilMs = /* @__PURE__ */ new Map();
	constructor(setup) {
		this.#setup = setup;
	}
	async make(kind, body, { signal, threadId } = {}) {
		const { tokens, retry, random, sleep } = this.#setup;
		const bytes = Buffer$1.from(JSON.stringify(body), "utf8");
		const model = typeof body["model"] === "string" ? body["model"] : null;
		const thread = headerSafe(threadId ?? randomUUID()).slice(0, 200);
		const budget = { spent: false };
		for (let attempt = 0;; attempt++) try {
			return await authorized(tokens, budget, signal, (grant) => this.#make(kind, {
				bytes,
				model,
				thread,
				signal
			}, grant));
		} catch (thrown) {
			const error = toPlanportError(thrown);
			const delayMs = madeNothing(error) ? decideRetry(error, attempt, retry, random) : null;
			if (delayMs === null) throw error;
			await sleep(delayMs, signal);
		}
	}
	async pass(kind, call, { signal } = {}) {
		const { tokens, endpoints, caller } = this.#setup;
		return await authorized(tokens, { spent: false }, signal, async (grant) => {
			assertGrant(grant.kind, endpoints);
			const url = `${endpoints.codexBase}/images/${kind}`;
			const headers = {
				...accountHeaders(grant, caller),
				"accept-encoding": "identity",
				"content-type": call.contentType,
				...call.accept !== null && { accept: headerSafe(call.accept) }
			};
			const answer = await this.#post({
				url,
				headers,
				body: call.body,
				signal
			});
			if (answer.status === 401) throw await this.#failure(answer, url, grant, null);
			return answer;
		});
	}
	async #make(kind, call, grant) {
		const { locate, caller, now } = this.#setup;
		const { endpoints, route } = await locate(grant, call.signal);
		const url = `${endpoints.codexBase}/images/${kind}`;
		const place = `${grant.accountId ?? ""}|${url}`;
		if ((this.#absentUntilMs.get(place) ?? 0) > now()) return null;
		const headers = {
			...accountHeaders(grant, caller),
			"accept-encoding": "identity",
			"content-type": "application/json",
			"session-id": call.thread,
			"x-client-request-id": call.thread,
			...route.override !== null && { "x-openai-account-routing-override": route.override }
		};
		const answer = await this.#post({
			url,
			headers,
			body: call.bytes,
			signal: call.signal
		});
		if (answer.status >= 200 && answer.status < 300) return await readAnswer(answer);
		const failure = await this.#failure(answer, url, grant, call.model);
		if (!isAbsence(answer.status, failure)) throw failure;
		this.#remember(place);
		return null;
	}
	#post({ url, headers, body, signal }) {
		const { http, idleTimeoutMs } = this.#setup;
		const { origin, pathname, search } = new URL(url);
		return openRelay({
			dispatcher: http.dispatcher,
			origin,
			path: pathname + search,
			method: "POST",
			headers,
			body,
			repeatable: false,
			idleTimeoutMs,
			signal
		});
	}
	async #failure(answer, url, grant, model) {
		const { host, pathname } = new URL(url);
		const body = Buffer$1.from(await bytesOf(answer.body, MAX_ERROR_BYTES)).toString("utf8");
		return failureFromHttp({
			status: answer.status,
			headers: flatten(answer.headers),
			body
		}, {
			nowMs: this.#setup.now(),
			kind: grant.kind,
			model,
			knownModels: [],
			place: host + pathname
		});
	}
	#remember(place) {
		const [oldest] = this.#absentUntilMs.keys();
		if (this.#absentUntilMs.size >= MAX_REMEMBERED && oldest !== void 0) this.#absentUntilMs.delete(oldest);
		this.#absentUntilMs.set(place, this.#setup.now() + ABSENT_FOR_MS);
	}
};
const NEVER_REACHED = /* @__PURE__ */ new Set([
	"ECONNREFUSED",
	"ENOTFOUND",
	"EAI_AGAIN"
]);
/** An image that was made twice is paid twice: a call is made again only when it is certain that nothing came of it. */
function madeNothing(error) {
	if (error.code === "upstream_unreachable") return NEVER_REACHED.has(error.cause?.systemCode ?? null);
	return error.code === "rate_limited" || error.code === "upstream_overloaded" || error.code === "routing_failed";
}
/** A 404 can also be about the model: then there is a path that knows so. */
function isAbsence(status, failure) {
	return status === 405 || status === 404 && !(isPlanportError(failure) && failure.code === "model_not_found");
}
async function readAnswer(answer) {
	const text = Buffer$1.from(await bytesOf(answer.body, MAX_ANSWER_BYTES)).toString("utf8");
	const body = tryParseJson(text);
	if (!isJsonObject(body)) throw new UpstreamError("upstream_malformed", "The backend's answer to a request for an image is no JSON object.", {
		retryable: false,
		cause: {
			status: answer.status,
			upstreamCode: null,
			requestId: null,
			cfRay: null,
			systemCode: null
		}
	});
	return {
		headers: flatten(answer.headers),
		body
	};
}
function flatten(headers) {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "set-cookie").map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")]));
}

// packages/planport/src/upstream/model-choice.ts
/**
* Which model of the account a name means.
* @module
*/
/** For OpenAI's plain API, whose list says nothing of how to send a request: any name may be good. */
const NO_LIST = {
	models: [],
	live: false
};
/**
* Looks a name up in the account's list. A list that has got old is good enough for a name that is in it, and no reason to
* refuse one that is not: then the new one is waited for.
* @throws {UpstreamError} `model_not_found`
*/
async function chooseModel(catalogue, caller, asked, rules) {
	const known = toKnown(await catalogue.known(caller));
	return findModelName(asked, known, rules) ?? resolveModel(asked, toKnown(await catalogue.get(caller)), rules);
}
function toKnown({ catalogue, live }) {
	return {
		models: catalogue.models,
		live
	};
}
/** The rules of one call on top of the client's own, which win: whoever runs planport has the last word. */
function mergeRules(call, own) {
	if (call === void 0) return own;
	return {
		...own,
		aliases: {
			...call.aliases,
			...own.aliases
		},
		claudeNames: call.claudeNames ?? own.claudeNames,
		defaultModel: own.defaultModel ?? call.defaultModel
	};
}

// packages/planport/src/translate/effort.ts
/**
* How hard a model may be asked to think.
* @module
*/
/** From the least to the most. A word that is not here is the backend's to judge. */
const EFFORTS = [
	"none",
	"minimal",
	"low",
	"medium",
	"high",
	"xhigh",
	"max"
];
/**
* Brings an effort within what the model's catalogue entry lists: the next lower one there, else the lowest. `ultra`, which
* never goes on the wire, becomes what Codex sends for it. Without a list everything stays.
*/
function fitEffort(reasoning, model, changes) {
	const asked = asString(reasoning["effort"]);
	if (asked === void 0) return reasoning;
	const effort = fit(asked === "ultra" ? ultraEffort(model) : asked, model);
	if (effort === asked) return reasoning;
	const note = asked === "ultra" ? `ultra went out as ${effort}.` : `${model?.slug ?? "The model"} has no ${asked}; it went out as ${effort}.`;
	changes.push({
		path: "reasoning.effort",
		action: "mapped",
		note
	});
	return {
		...reasoning,
		effort
	};
}
function fit(effort, model) {
	const rank = EFFORTS.indexOf(effort);
	const levels = (model?.supported_reasoning_levels ?? []).map((level) => level.effort);
	const standIn = standInOf(model);
	if (standIn !== void 0 && levels.length > 0) levels.push(standIn);
	const known = levels.filter((level) => EFFORTS.includes(level)).sort((a, b) => EFFORTS.indexOf(a) - EFFORTS.indexOf(b));
	const [lowest] = known;
	if (rank === -1 || lowest === void 0 || levels.includes(effort)) return effort;
	return known.findLast((level) => EFFORTS.indexOf(level) < rank) ?? lowest;
}
/** Codex sends the catalogue's stand-in, else `max`, else `xhigh` where there is no `max`. */
function ultraEffort(model) {
	const standIn = standInOf(model);
	if (standIn !== void 0) return standIn;
	return model?.supported_reasoning_levels?.some((level) => level.effort === "max") === true ? "max" : "xhigh";
}
function standInOf(model) {
	const standIn = asString(model?.["multi_agent_reasoning_effort"]);
	return standIn === "ultra" ? void 0 : standIn;
}

// packages/planport/src/translate/lite-request.ts
/** Brings `request` (whose top level and `input` list the caller owns) into Responses-Lite shape, in place. */
function toLiteShape(request, changes) {
	const toolsAt = placeTools(request.input, request.tools ?? []);
	delete request.tools;
	if (request.instructions != null) request.input.splice(toolsAt + 1, 0, {
		type: "message",
		role: "developer",
		content: [{
			type: "input_text",
			text: request.instructions
		}]
	});
	delete request.instructions;
	if (request.parallel_tool_calls === true) changes.push({
		path: "parallel_tool_calls",
		action: "mapped",
		note: "This model is asked without parallel tool calls; it was sent as false."
	});
	request.parallel_tool_calls = false;
	if (typeof request.reasoning?.context !== "string") request.reasoning = {
		...request.reasoning,
		context: "all_turns"
	};
}
/** Puts the tools into the `additional_tools` item; gives that item's index, or -1 when there is none. */
function placeTools(input, tools) {
	const at = input.findIndex((item) => item.type === "additional_tools");
	const item = input[at];
	if (item === void 0) {
		if (tools.length === 0) return -1;
		input.unshift({
			type: "additional_tools",
			role: "developer",
			tools
		});
		return 0;
	}
	if (tools.length > 0) {
		const existing = Array.isArray(item["tools"]) ? item["tools"] : [];
		input[at] = {
			...item,
			tools: [...existing, ...tools]
		};
	}
	return at;
}

// packages/planport/src/translate/pair-calls.ts
/**
* Tool calls and their results: the backend refuses a conversation in which one has not the other, and does not always say
* which. Histories lose halves when clients cut them short, and some clients make ids anew on each turn.
* @module
*/
/** What a client's capabilities mean here. */
function pairingOf({ bypass_tool_call_reactor: bypass, codex_passthrough: passthrough }) {
	if (!bypass) return "repair";
	return passthrough ? "leave" : "refuse";
}
/** Type of a call to the type of its result. */
const RESULT_TYPES = {
	function_call: "function_call_output",
	custom_tool_call: "custom_tool_call_output"
};
const RESULTS = new Set(Object.values(RESULT_TYPES));
/** What the model reads in place of a result that is not there. The same words as Codex has for a call that was cut off. */
const NO_RESULT = "aborted";
/**
* Sees to it that each function call and freeform call has a result of its own type, and each result its call.
* @param pathOf Where in the client's request the id of an item stands.
* @returns The items; the very list when nothing was amiss.
* @throws {RequestError} `request_invalid` naming the id, in mode `refuse`.
*/
function pairCalls(items, mode, changes, pathOf = (index) => `input[${index}].call_id`) {
	if (mode === "leave") return items;
	const calls = /* @__PURE__ */ new Map();
	const answered = /* @__PURE__ */ new Set();
	const others = /* @__PURE__ */ new Set();
	for (const item of items) if (isCall(item)) calls.set(idOf(item), item);
	else if (RESULTS.has(item.type ?? "")) answered.add(idOf(item));
	else if (idOf(item) !== "") others.add(idOf(item));
	if (calls.size === 0 && answered.size === 0) return items;
	const isSound = (item) => {
		if (isCall(item)) return answered.has(idOf(item));
		if (!RESULTS.has(item.type ?? "")) return true;
		const call = calls.get(idOf(item));
		if (call === void 0) return others.has(idOf(item));
		return RESULT_TYPES[call.type ?? ""] === item.type;
	};
	if (items.every(isSound)) return items;
	const open = [...calls.keys()].filter((id) => !answered.has(id));
	return mend({
		items,
		calls,
		others,
		open: new Set(open),
		refuses: mode === "refuse",
		changes,
		pathOf
	});
}
function isCall(item) {
	return Object.hasOwn(RESULT_TYPES, item.type ?? "");
}
function idOf(item) {
	return asString(item["call_id"]) ?? "";
}
function mend(pairing) {
	const { items, calls, open } = pairing;
	const out = [];
	/** Calls so far that nothing has answered, with their places in `out`. */
	const waiting = /* @__PURE__ */ new Map();
	items.forEach((item, index) => {
		const path = pairing.pathOf(index);
		if (isCall(item) && open.has(idOf(item))) waiting.set(idOf(item), out.length);
		out.push(RESULTS.has(item.type ?? "") ? mendResult(item, path, pairing, waiting) : item);
	});
	for (const [id, place] of [...waiting].toReversed()) {
		const path = pairing.pathOf(items.indexOf(out[place]));
		if (pairing.refuses) throw refusal$1(path, `the call ${shown(id)} has no result`);
		out.splice(place + 1, 0, {
			type: resultTypeOf(calls.get(id)),
			call_id: id,
			output: NO_RESULT
		});
		tell(pairing, path, "emulated", `The call ${shown(id)} got a result, "${NO_RESULT}".`);
	}
	return out;
}
function mendResult(item, path, pairing, waiting) {
	const id = idOf(item);
	const call = pairing.calls.get(id);
	if (call !== void 0) {
		const type = resultTypeOf(call);
		if (type === item.type) return item;
		tell(pairing, path, "mapped", "The result went out under the type of its call.");
		return {
			...item,
			type
		};
	}
	if (pairing.others.has(id)) return item;
	if (pairing.refuses) throw refusal$1(path, `the result of ${shown(id)} has no call`);
	const [wanted] = waiting.keys();
	if (wanted !== void 0 && waiting.size === 1) {
		waiting.delete(wanted);
		tell(pairing, path, "mapped", `The result was given the id of its call, ${shown(wanted)}.`);
		return {
			...item,
			type: resultTypeOf(pairing.calls.get(wanted)),
			call_id: wanted
		};
	}
	tell(pairing, path, "mapped", `The result of ${shown(id)} has no call here, and went as a message.`);
	return asMessage(item);
}
function resultTypeOf(call) {
	return RESULT_TYPES[call?.type ?? ""] ?? "function_call_output";
}
function tell({ changes }, path, action, note) {
	changes.push({
		path,
		action,
		note
	});
}
/** Nothing of the result is lost: its parts are parts of a message too. */
function asMessage(item) {
	const { output } = item;
	const parts = Array.isArray(output) ? output : [{
		type: "input_text",
		text: asString(output) ?? ""
	}];
	return {
		type: "message",
		role: "user",
		content: [...[{
			type: "input_text",
			text: "Result of an earlier tool call:"
		}, {
			type: "input_text",
			text: idOf(item)
		}], ...parts]
	};
}
function refusal$1(param, problem) {
	return new RequestError("request_invalid", `${param}: ${problem} in this request. Send both halves, or neither.`, { cause: { param } });
}
/** An id as it may be quoted: the client's own, cut to a length that fits a line. */
function shown(id) {
	return `"${id.slice(0, 80).replaceAll(/[^\w.:|/-]/g, "?")}"`;
}

// packages/planport/src/translate/parameters.ts
/**
* What becomes of each parameter of a request: one table for each endpoint. The translations act on it and
* docs/parameters.md is written from it. A block list on purpose: a parameter that is not named here goes through, so a
* new one works on the day the backend learns it.
* @module
*/
/** Empty text, an empty list, an object without fields. */
const EMPTY = {
	text: "when empty",
	test: (value) => value === "" || Array.isArray(value) && value.length === 0 || isJsonObject(value) && Object.keys(value).length === 0
};
/** One value alone. */
function only(standard) {
	return {
		text: `when \`${JSON.stringify(standard)}\``,
		test: (value) => value === standard
	};
}
/** Of {@link Parameters}. */
function passed(note = "") {
	return {
		fate: "passed",
		note
	};
}
/** Of {@link Parameters}. */
function mapped(note) {
	return {
		fate: "mapped",
		note
	};
}
/** Of {@link Parameters}. */
function emulated(note) {
	return {
		fate: "emulated",
		note
	};
}
/** Of {@link Parameters}. */
function dropped(usual, note = "") {
	return {
		fate: "dropped",
		note,
		...usual !== void 0 && { usual }
	};
}
/** Of {@link Parameters}. `refusal` ends the sentence that begins with the parameter's name. */
function refused(refusal, note, usual) {
	return {
		fate: "refused",
		note,
		refusal,
		...usual !== void 0 && { usual }
	};
}
/** Parameters that the backend answers with `Unsupported parameter: …`, or that every client that works leaves out. */
const DROPPED_ON_BOTH = {
	max_output_tokens: dropped(),
	max_completion_tokens: dropped(),
	max_tokens: dropped(),
	temperature: dropped(only(1)),
	top_p: dropped(only(1)),
	top_logprobs: dropped(only(0)),
	metadata: dropped(EMPTY),
	user: dropped(EMPTY),
	safety_identifier: dropped(EMPTY),
	truncation: dropped(only("disabled")),
	background: dropped(only(false)),
	context_management: dropped(EMPTY),
	prompt_cache_retention: dropped(),
	prompt_cache_options: dropped(EMPTY),
	moderation: dropped()
};
/** Of `POST /v1/responses`. */
const RESPONSES_PARAMETERS = {
	model: passed("For a model that the account does not have, the backend's refusal becomes `model_not_found`."),
	input: mapped("Text becomes a message; messages get their type and a list of parts; the role `system` becomes `developer`. Items of type `item_reference` are replaced by the items of kept responses that they name, and told of as `emulated`; those that name none are refused, by their index."),
	instructions: mapped("Models whose catalogue entry has `use_responses_lite` get them as a message. When there are none, and no message of the developer either, the model's own from the live list are sent, else a neutral line (`prompt_mode` in docs/profiles.md), since the backend wants some."),
	stream: mapped("The backend is always asked for a stream. Without `stream`, planport gathers it into one answer."),
	store: emulated("The gateway keeps the response for 30 days, as OpenAI does, unless this is `false`; told of when it was `true`. The backend is always sent `false`."),
	include: mapped("`reasoning.encrypted_content` is added."),
	tools: mapped("`web_search_preview` goes out as `web_search`. Models with `use_responses_lite` get them inside `input`. Names of more than 64 characters are shortened on the way there and back."),
	tool_choice: mapped("`web_search_preview` goes out as `web_search`; all else as it is."),
	parallel_tool_calls: mapped("Sent as `false` to models with `use_responses_lite`; to others as it is."),
	reasoning: mapped("An effort that the model does not list goes out as the next lower one that it does, and is told of; `ultra` as what the model has for it. `summary` is dropped, and told of, for models that take none. Models with `use_responses_lite` also get `context`."),
	text: mapped("`verbosity` is dropped, and told of, for models that take none; all else goes as it is."),
	service_tier: mapped("`fast` goes out as `priority`; `auto` and `default` are left out, as the usual case. The answer names the tier that served."),
	prompt_cache_key: passed("When there is none, the conversation that the header `thread-id`, `session-id` or `session_id` names takes its place; else one is derived from `x-session-id` or `conversation_id`, else from what stays the same in a conversation: model, instructions, tools and the first message."),
	client_metadata: passed(),
	previous_response_id: emulated("Input and output of the kept response go in front of `input`; its `instructions` do not, as with OpenAI. One that is not kept is refused (`previous_response_not_found`). So are all where the gateway keeps none (`request_invalid`)."),
	codex_capabilities: emulated("For the gateway: how this request is shaped (docs/profiles.md). Not told of."),
	codex_environment_context: emulated("For the gateway, and told of: goes to the model as a message with `include_environment_context`, else it is left out."),
	extra_body: emulated("For the gateway: its fields count as the body's own. Not told of."),
	stream_options: dropped({
		text: "when it holds `include_usage` at most: usage always comes",
		test: (value) => isJsonObject(value) && Object.keys(value).every((key) => key === "include_usage")
	}),
	conversation: refused("the Codex backend keeps no conversations; send the whole conversation in input, or name a kept response in previous_response_id", "The backend keeps no conversations. `previous_response_id` is there for that."),
	prompt: refused("the Codex backend has no prompts of the OpenAI platform; send the prompt's text as instructions or input", "It names a text that is kept on OpenAI's platform, which a plan does not reach."),
	...DROPPED_ON_BOTH
};
/** Of `POST /v1/chat/completions`: where it differs. What it makes is a Responses request, to which the other table applies. */
const CHAT_PARAMETERS = {
	messages: mapped("Become `input`. Fields of a message that have no place there are dropped and told of."),
	input: dropped(EMPTY, "The conversation of this endpoint is `messages`."),
	tools: mapped("Take the form of the Responses API. Names of more than 64 characters are shortened on the way there and back."),
	tool_choice: mapped("Takes the form of the Responses API."),
	functions: mapped("Become `tools`, called one at a time; the answer has a `function_call`."),
	function_call: mapped("Becomes `tool_choice`, unless there is one; then it is dropped and told of."),
	web_search_options: mapped("Becomes a `web_search` tool."),
	response_format: mapped("Becomes `text.format`."),
	verbosity: mapped("Becomes `text.verbosity`."),
	text: mapped("A field of the Responses API that some clients send here: goes out with the two above put in."),
	reasoning_effort: mapped("Becomes `reasoning.effort`."),
	reasoning: mapped("A field of the Responses API: goes out with the one above put in; a summary is asked for unless it says otherwise."),
	stream_options: mapped("`include_usage` is honoured in the answer (told as `emulated`), all else in it is dropped and told of."),
	prompt_cache_key: passed("When there is none, one is derived from the header `session-id`, `session_id`, `x-session-id` or `conversation_id`, if the client sends one; else the header `thread-id` takes its place; else one is derived from what stays the same in a conversation: model, system messages, tools and the first message."),
	n: refused("the backend gives one answer; ask with n set to 1", "Above 1: the backend gives one answer.", only(1)),
	store: dropped(only(false), "The backend stores nothing."),
	...DROPPED_ON_BOTH,
	stop: dropped(EMPTY),
	seed: dropped(),
	logprobs: dropped(only(false)),
	presence_penalty: dropped(only(0)),
	frequency_penalty: dropped(only(0)),
	logit_bias: dropped(EMPTY),
	prediction: dropped(),
	audio: dropped(),
	modalities: dropped({
		text: "when `[\"text\"]`",
		test: (value) => Array.isArray(value) && value.every((modality) => modality === "text")
	}),
	repetition_penalty: dropped(only(1)),
	top_k: dropped(),
	top_a: dropped(),
	min_p: dropped()
};
/**
* Of `POST /v1/chat/completions` for a model that OpenAI's plain API serves, whose Responses endpoint takes more than the
* Codex backend: where it differs from {@link CHAT_PARAMETERS}.
*/
const PLATFORM_CHAT_PARAMETERS = {
	...CHAT_PARAMETERS,
	max_output_tokens: passed(),
	max_completion_tokens: mapped("Becomes `max_output_tokens`."),
	max_tokens: mapped("Becomes `max_output_tokens`."),
	temperature: passed(),
	top_p: passed(),
	metadata: passed(),
	user: passed(),
	safety_identifier: passed(),
	prompt_cache_retention: passed(),
	prompt_cache_options: passed(),
	store: mapped("Sent as `false` unless it is `true`: a chat completion is not stored by itself, a response is.")
};
/**
* A copy of a request without what is dropped, and without what is mapped unless `keepMapped`.
* @param changes Gets all that is left out; `null`, which asks for nothing, needs no word.
* @param backend Who does not take it, for the notes.
* @throws {RequestError} `request_invalid` for parameters that are refused.
*/
function keepParameters(request, parameters, keepMapped, changes, backend = "The Codex backend") {
	const kept = Object.entries(request).filter(([name, value]) => {
		const parameter = Object.hasOwn(parameters, name) ? parameters[name] : void 0;
		if (parameter === void 0 || parameter.fate === "passed") return true;
		if (parameter.fate === "mapped") return keepMapped;
		if (value == null || parameter.fate === "emulated") return false;
		const isUsual = parameter.usual?.test(value) === true;
		if (parameter.fate === "refused" && !isUsual) throw refusal(name, parameter);
		const why = parameter.note === "" ? `${backend} does not take ${name}.` : parameter.note;
		changes.push(isUsual ? usual(name) : {
			path: name,
			action: "dropped",
			note: why
		});
		return false;
	});
	return Object.fromEntries(kept);
}
function refusal(param, { refusal: text, note }) {
	return new RequestError("request_invalid", `${param}: ${text ?? note}.`, { cause: { param } });
}
/** The change for a value that was left out because it is what happens anyway. */
function usual(path) {
	return {
		path,
		action: "default",
		note: "That is what happens anyway."
	};
}

// packages/planport/src/translate/shaping/prompt.ts
/** Sent where there are no instructions at all, since the backend wants some. */
const DEFAULT_INSTRUCTIONS = "You are a helpful assistant.";
/**
* Settles `request.instructions`, in place. In none of the modes is a text of the client's altered.
* @param model The model's catalogue entry; only a live list has instructions in it.
*/
function shapePrompt(request, model, mode, changes) {
	if (request.instructions == null) delete request.instructions;
	const own = request.instructions;
	const brings = own !== void 0 || request.input.some(isInstruction);
	const base = mode === "codex_default" || mode === "merge_custom" ? baseInstructions(model) : null;
	if (mode === "passthrough" || brings && (mode !== "merge_custom" || base === null)) return;
	if (!brings) {
		request.instructions = base ?? "You are a helpful assistant.";
		const what = base === null ? "a neutral line was sent" : "the model's own were sent";
		changes.push({
			path: "instructions",
			action: "mapped",
			note: `The Codex backend wants some; ${what}.`
		});
		return;
	}
	if (base === null || own?.startsWith(base) === true || request.input.some((item) => says(item, base))) return;
	request.instructions = own === void 0 || own === "" ? base : `${base}\n\n${own}`;
	changes.push({
		path: "instructions",
		action: "mapped",
		note: "The model's own went in front of the request's."
	});
}
function isInstruction(item) {
	return item.type === "message" && (item["role"] === "developer" || item["role"] === "system");
}
function says(item, base) {
	if (!isInstruction(item)) return false;
	const content = item["content"];
	if (typeof content === "string") return content.startsWith(base);
	const [part] = Array.isArray(content) ? content : [];
	return isJsonObject(part) && asString(part["text"])?.startsWith(base) === true;
}
/**
* The model's own instructions, by its catalogue entry: a template with variables, or a text (openai/codex
* `codex-rs/protocol/src/openai_models.rs`). Null when the list does not have them.
*/
function baseInstructions(model) {
	const messages = model?.["model_messages"];
	const template = isJsonObject(messages) ? asString(messages["instructions_template"]) : void 0;
	const text = template === void 0 || !isJsonObject(messages) ? asString(model?.base_instructions) : fill(template, messages["instructions_variables"]);
	return text === void 0 || text.trim() === "" ? null : text;
}
/** `{{ personality }}` becomes the variable `personality_default`, else `personality`, else nothing; what no variable is named after stays. */
function fill(template, variables) {
	const known = {
		personality: "",
		...isJsonObject(variables) && variables
	};
	return template.replaceAll(/\{\{ *(\w+) *\}\}/g, (whole, name) => {
		const key = [`${name}_default`, name].find((candidate) => Object.hasOwn(known, candidate));
		return key === void 0 ? whole : asString(known[key]) ?? "";
	});
}

// packages/planport/src/translate/freeform.ts
/**
* Calls of freeform tools for dialects that have none. A client of `/v1/messages` cannot ask for one, but Codex's own tools
* (`tool_schema_mode`) may hold one: its calls come as calls with one argument, `input`, and go back as what they were.
* @module
*/
/**
* The other way round: calls of functions by the names of freeform tools, with `input` as their one argument, and their results.
* @param tools Those that are sent.
* @returns The items; the very list when there is nothing of the kind.
*/
function toFreeform(items, tools) {
	const names = new Set(tools.filter(({ type }) => type === "custom").map(({ name }) => name));
	const ids = /* @__PURE__ */ new Set();
	const restored = items.map((item) => {
		const input = names.has(item["name"]) ? soleInput(item) : void 0;
		if (input !== void 0) {
			ids.add(item["call_id"]);
			const { arguments: _written, ...rest } = item;
			return {
				...rest,
				type: "custom_tool_call",
				input
			};
		}
		return item.type === "function_call_output" && ids.has(item["call_id"]) ? {
			...item,
			type: "custom_tool_call_output"
		} : item;
	});
	return ids.size === 0 ? items : restored;
}
/** The argument `input` of a call that has no other. */
function soleInput(item) {
	if (item.type !== "function_call") return void 0;
	const args = tryParseJson(asString(item["arguments"]) ?? "");
	return isJsonObject(args) && Object.keys(args).length === 1 ? asString(args["input"]) : void 0;
}

// packages/planport/src/translate/shaping/codex-tools.ts
/**
* Tools of the names and shapes that Codex's models were made for, described in planport's own words. They are only offered:
* whoever asked for them runs what the model calls.
* @module
*/
const SHELL = {
	type: "function",
	name: "shell_command",
	description: "Runs one command line in the user's shell and gives back what it printed and its exit code.",
	strict: false,
	parameters: {
		type: "object",
		properties: {
			command: {
				type: "string",
				description: "The command line, as it would be typed."
			},
			workdir: {
				type: "string",
				description: "The folder to run it in; the session's own when left out."
			},
			timeout_ms: {
				type: "number",
				description: "After how many milliseconds it is stopped."
			}
		},
		required: ["command"],
		additionalProperties: false
	}
};
const PLAN = {
	type: "function",
	name: "update_plan",
	description: "Shows the user the plan for a longer task. At most one step is in progress at a time.",
	strict: false,
	parameters: {
		type: "object",
		properties: {
			explanation: {
				type: "string",
				description: "What changed, in a sentence."
			},
			plan: {
				type: "array",
				description: "All steps, in order.",
				items: {
					type: "object",
					properties: {
						step: { type: "string" },
						status: {
							type: "string",
							enum: [
								"pending",
								"in_progress",
								"completed"
							]
						}
					},
					required: ["step", "status"],
					additionalProperties: false
				}
			}
		},
		required: ["plan"],
		additionalProperties: false
	}
};
const VIEW_IMAGE = {
	type: "function",
	name: "view_image",
	description: "Puts an image file of the user's machine before the model.",
	strict: false,
	parameters: {
		type: "object",
		properties: { path: {
			type: "string",
			description: "The file."
		} },
		required: ["path"],
		additionalProperties: false
	}
};
/** The format of patches that `apply_patch` takes, as a Lark grammar. */
const PATCH_GRAMMAR = `start: "*** Begin Patch" LF section+ "*** End Patch" LF?
section: added | deleted | updated
added: "*** Add File: " PATH LF plus+
deleted: "*** Delete File: " PATH LF
updated: "*** Update File: " PATH LF moved? hunk*
moved: "*** Move to: " PATH LF
hunk: place+ line* last? | line+ last?
place: "@@" LF | "@@ " REST LF
line: SIGN REST? LF
plus: "+" REST? LF
last: "*** End of File" LF
SIGN: "+" | "-" | " "
PATH: /[^\\n]+/
REST: /[^\\n]+/
%import common.LF
`;
const PATCH_TEXT = "Edits files by a patch between the lines `*** Begin Patch` and `*** End Patch`.";
const FREEFORM_PATCH = {
	type: "custom",
	name: "apply_patch",
	description: `${PATCH_TEXT} Write the patch itself, not JSON.`,
	format: {
		type: "grammar",
		syntax: "lark",
		definition: PATCH_GRAMMAR
	}
};
const FUNCTION_PATCH = {
	type: "function",
	name: "apply_patch",
	description: PATCH_TEXT,
	strict: false,
	parameters: {
		type: "object",
		properties: { input: {
			type: "string",
			description: "The whole patch."
		} },
		required: ["input"],
		additionalProperties: false
	}
};
/** The tools for a model: what its catalogue entry speaks for, and nothing that the backend would run by itself. */
function codexTools(model) {
	const patch = asString(model?.["apply_patch_tool_type"]);
	return [
		...model?.["shell_type"] === "disabled" ? [] : [SHELL],
		PLAN,
		...patch === "freeform" ? [FREEFORM_PATCH] : patch === "function" ? [FUNCTION_PATCH] : [],
		...model?.input_modalities?.includes("image") === true ? [VIEW_IMAGE] : []
	];
}

// packages/planport/src/translate/shaping/tools.ts
/**
* Whose tools a request goes out with (`tool_schema_mode`).
* @module
*/
/**
* Settles `request.tools`, in place. A request with an item of type `additional_tools` is one that Codex made: it brings
* Codex's tools, and stays as it is.
* @throws {RequestError} `request_invalid` when `tool_choice` names a tool that is not sent.
*/
function shapeTools(request, model, mode, changes) {
	const { input } = request;
	if (mode === "custom_only" || typeof input !== "string" && input.some(({ type }) => type === "additional_tools")) return;
	const own = request.tools ?? [];
	const offered = codexTools(model);
	if (mode === "merge_custom") {
		const taken = new Set(own.map(nameOf));
		const added = offered.filter((tool) => !taken.has(nameOf(tool)));
		if (added.length === 0) return;
		request.tools = [...own, ...added];
		request.input = restored(request, added);
		changes.push({
			path: "tools",
			action: "mapped",
			note: `Codex's ${listed(added)} went out beside them.`
		});
		return;
	}
	const names = new Set(offered.map(nameOf));
	if (own.length === offered.length && own.every((tool, index) => isSame$1(tool, offered[index]))) return;
	own.forEach((_, index) => {
		changes.push({
			path: `tools[${index}]`,
			action: "dropped",
			note: "Codex's tools went out in its place (tool_schema_mode)."
		});
	});
	checkChoice(request.tool_choice, names);
	request.tools = [...offered];
	request.input = restored(request, offered);
	changes.push({
		path: "tools",
		action: "emulated",
		note: `Codex's ${listed(offered)} went out.`
	});
}
/** The conversation, with the calls of Codex's freeform tools as such, whichever dialect it came by. */
function restored({ input }, added) {
	return typeof input === "string" ? input : toFreeform(input, added);
}
function isSame$1(one, other) {
	return JSON.stringify(one) === JSON.stringify(other);
}
/** Built-in tools have no name; two of one type would be one too many. */
function nameOf(tool) {
	return asString(tool["name"]) ?? `(${tool.type})`;
}
function listed(tools) {
	return tools.map(nameOf).join(", ");
}
function checkChoice(choice, names) {
	if (!isJsonObject(choice)) return;
	const wanted = Array.isArray(choice["tools"]) ? choice["tools"] : [choice];
	for (const one of wanted) {
		const name = isJsonObject(one) ? asString(one["name"]) : void 0;
		if (name === void 0 || names.has(name)) continue;
		throw new RequestError("request_invalid", `tool_choice: names a tool that is not sent, since tool_schema_mode is codex_default; there are ${[...names].join(", ")}.`, { cause: { param: "tool_choice" } });
	}
}

// packages/planport/src/translate/codex-request.ts
/**
* A client's Responses request to the request that the Codex backend takes. Nothing that is not named here is touched.
* @module
*/
const ENCRYPTED_REASONING = "reasoning.encrypted_content";
/** Service tiers that mean "whatever is usual": Codex leaves the field out instead. */
const USUAL_TIERS = /* @__PURE__ */ new Set(["auto", "default"]);
/**
* Brings a request into the shape the backend demands (openai/codex `codex-rs/core/src/client.rs`). Idempotent; the
* argument is not altered. A request that the real Codex made comes out unchanged.
* @param model The model's entry in the catalogue; null when it is not known, which changes nothing for most models.
* @param pairing What is done about tool calls without results, and results without calls; by default what `capabilities` say.
* @param capabilities How the client wants its requests shaped.
* @throws {RequestError} `request_invalid` for calls and results that lack each other, and for what rests on responses that the backend never kept
* (`previous_response_id`, `item_reference`): dropping those would answer another question than the one asked.
*/
function toCodexRequest(request, model, pairing, capabilities = DEFAULT_CAPABILITIES) {
	const changes = [];
	refuseStoredState(request);
	const draft = keepParameters(request, RESPONSES_PARAMETERS, true, changes);
	setTransportFields(draft, request, changes);
	setServiceTier(draft, changes);
	if (!capabilities.codex_passthrough) setModelOptions(draft, model, changes);
	setTools(draft, changes);
	const input = pairCalls(toInputItems(request.input), pairing ?? pairingOf(capabilities), changes);
	const codex = {
		...draft,
		input
	};
	const lite = model?.use_responses_lite === true || input.some((item) => item.type === "additional_tools");
	if (lite && codex.instructions === "") changes.push(usual("instructions"));
	if (lite && codex.instructions === "") delete codex.instructions;
	shapePrompt(codex, model, capabilities.prompt_mode, changes);
	shapeTools(codex, model, capabilities.tool_schema_mode, changes);
	if (lite) toLiteShape(codex, changes);
	return {
		request: codex,
		lite,
		changes
	};
}
function refuseStoredState(request) {
	if (request.previous_response_id != null) throw new RequestError("request_invalid", "previous_response_id: the Codex backend keeps no responses; send the whole conversation in input.", { cause: { param: "previous_response_id" } });
	if (!Array.isArray(request.input)) return;
	const index = request.input.findIndex((item) => item.type === "item_reference");
	if (index === -1) return;
	const param = `input[${index}]`;
	throw new RequestError("request_invalid", `${param}: the Codex backend keeps no items to refer to; send the item itself (in most clients: set store to false).`, { cause: { param } });
}
function setTransportFields(draft, request, changes) {
	if (request.store === true) changes.push({
		path: "store",
		action: "mapped",
		note: "The Codex backend stores nothing; store was sent as false."
	});
	draft["store"] = false;
	if (request.stream === false) changes.push({
		path: "stream",
		action: "emulated",
		note: "The backend streams; planport gathers the answer."
	});
	draft["stream"] = true;
	const include = request.include ?? [];
	draft["include"] = include.includes(ENCRYPTED_REASONING) ? include : [...include, ENCRYPTED_REASONING];
}
function setServiceTier(draft, changes) {
	const tier = draft["service_tier"];
	if (tier === null || USUAL_TIERS.has(tier)) delete draft["service_tier"];
	if (USUAL_TIERS.has(tier)) changes.push(usual("service_tier"));
	if (tier !== "fast") return;
	draft["service_tier"] = "priority";
	changes.push({
		path: "service_tier",
		action: "mapped",
		note: "fast goes out as priority, its name on the wire."
	});
}
/** What the catalogue says a model does not take. */
function setModelOptions(draft, model, changes) {
	const reasoning = draft["reasoning"];
	if (isJsonObject(reasoning)) {
		let next = fitEffort(reasoning, model, changes);
		if (model?.supports_reasoning_summaries === false || model?.["supports_reasoning_summary_parameter"] === false) next = without(next, "summary", "reasoning.summary", model.slug, changes);
		draft["reasoning"] = next;
	}
	const text = draft["text"];
	if (isJsonObject(text) && model?.support_verbosity === false) draft["text"] = without(text, "verbosity", "text.verbosity", model.slug, changes);
}
function without(options, key, path, slug, changes) {
	if (options[key] === void 0) return options;
	const { [key]: dropped, ...rest } = options;
	if (dropped !== null) changes.push({
		path,
		action: "dropped",
		note: `The model ${slug} does not take ${path}.`
	});
	return rest;
}
const OLD_WEB_SEARCH = /^web_search_preview(_\d{4}_\d{2}_\d{2})?$/;
function setTools(draft, changes) {
	const note = "web_search_preview is called web_search by the Codex backend.";
	const tools = draft["tools"];
	if (Array.isArray(tools) && tools.some(isOldWebSearch)) draft["tools"] = tools.map((tool, index) => {
		if (!isOldWebSearch(tool)) return tool;
		changes.push({
			path: `tools[${index}].type`,
			action: "mapped",
			note
		});
		return {
			...tool,
			type: "web_search"
		};
	});
	const choice = draft["tool_choice"];
	if (!isOldWebSearch(choice)) return;
	draft["tool_choice"] = {
		...choice,
		type: "web_search"
	};
	changes.push({
		path: "tool_choice.type",
		action: "mapped",
		note
	});
}
function isOldWebSearch(value) {
	return isJsonObject(value) && typeof value["type"] === "string" && OLD_WEB_SEARCH.test(value["type"]);
}
function toInputItems(input) {
	if (typeof input === "string") return [{
		type: "message",
		role: "user",
		content: [{
			type: "input_text",
			text: input
		}]
	}];
	return input.map(toInputItem);
}
/** Messages get their type, a list of parts, and `developer` for `system`; every other item goes as it is. */
function toInputItem(item) {
	const role = item["role"];
	if (!(item.type === "message" || item.type === void 0 && typeof role === "string")) return item;
	const content = item["content"];
	if (item.type === "message" && role !== "system" && typeof content !== "string") return item;
	const partType = role === "assistant" ? "output_text" : "input_text";
	return {
		...item,
		type: "message",
		role: role === "system" ? "developer" : role,
		content: typeof content === "string" ? [{
			type: partType,
			text: content
		}] : content
	};
}

// packages/planport/src/translate/platform-request.ts
/**
* A client's Responses request to the request that OpenAI's plain API takes: the same one.
* @module
*/
/**
* Asks for a stream, which is how planport reads every answer; all else is the client's and OpenAI's business, unless the
* client wants Codex's tools. The argument is not altered.
* @param changes Gets what was altered.
*/
function toPlatformRequest(request, capabilities = DEFAULT_CAPABILITIES, changes = []) {
	const result = {
		...request,
		stream: true
	};
	shapeTools(result, null, capabilities.tool_schema_mode, changes);
	return result;
}

// packages/planport/src/upstream/prepare.ts
/**
* Translates and serializes once per model: retries send the same text.
* @param capabilities How the request is shaped. Default: as planport does it for everybody.
*/
function preparer(request, route, capabilities) {
	let last = null;
	return (resolved) => {
		if (last === null || !isSame(last.resolved, resolved)) {
			const translation = translate(request, resolved, route, capabilities);
			last = {
				resolved,
				prepared: {
					translation,
					body: toBody(translation.request)
				}
			};
		}
		return last.prepared;
	};
}
/**
* JSON without halves of surrogate pairs. Programs make them when they cut a text in the midst of an emoji; they are no text in
* UTF-8, and a strict reader refuses the whole body. They are all that `JSON.stringify` writes as `\ud…`.
*/
function toBody(request) {
	const json = JSON.stringify(request);
	if (!json.includes("\\ud")) return json;
	return json.replaceAll(/(\\\\)|\\ud[89a-f][\da-f]{2}/g, (_match, backslash) => backslash ?? "�");
}
function isSame(one, other) {
	return one.model === other.model && one.slug === other.slug;
}
function translate(asked, resolved, route, capabilities) {
	const { request, changes } = applyModel(asked, resolved);
	if (route === "platform") return {
		request: toPlatformRequest(request, capabilities, changes),
		lite: false,
		changes
	};
	const codex = toCodexRequest(request, resolved.model, void 0, capabilities);
	return {
		...codex,
		changes: [...changes, ...codex.changes]
	};
}
/** A conversation is a prompt cache's key too: its earlier turns need not be read again. */
function withCacheKey(request, threadId) {
	return threadId === void 0 || request.prompt_cache_key != null ? request : {
		...request,
		prompt_cache_key: threadId
	};
}

// packages/planport/src/upstream/relay/accounts.ts
/**
* The list of accounts, for a client with another sign-in than planport's.
* @module
*/
const MAX_BYTES = 4194304;
/** True for the call by which Codex finds out where its account's model calls go. */
function asksForAccounts({ method, area, rest }) {
	return method === "GET" && area === "wham" && /^\/accounts\/check(?:\?|$)/.test(rest);
}
/**
* Codex makes no call for an account that is not in the list (openai/codex `codex-rs/backend-client/src/client.rs`). Where
* its sign-in is another one than planport's, planport's account goes by the name of Codex's in the list; every other
* answer is passed on untouched.
* @param callerId The account that the client takes itself for.
* @param ownId The account that serves it.
*/
async function renameAccount(answer, callerId, ownId) {
	const bytes = await bytesOf(answer.body, MAX_BYTES);
	const untouched = {
		...answer,
		body: streamOf(bytes)
	};
	const list = answer.status === 200 ? tryParseJson(Buffer$1.from(bytes).toString("utf8")) : void 0;
	if (!isJsonObject(list) || !Array.isArray(list["accounts"])) return untouched;
	const accounts = list["accounts"];
	const idOf = (account) => isJsonObject(account) ? account["id"] : void 0;
	if (accounts.some((account) => idOf(account) === callerId)) return untouched;
	if (!accounts.some((account) => idOf(account) === ownId)) return untouched;
	const rename = (id) => id === ownId ? callerId : id;
	const renamed = {
		...list,
		accounts: accounts.map((account) => isJsonObject(account) ? {
			...account,
			id: rename(account["id"])
		} : account)
	};
	if ("default_account_id" in list) renamed["default_account_id"] = rename(list["default_account_id"]);
	if (Array.isArray(list["account_ordering"])) renamed["account_ordering"] = list["account_ordering"].map(rename);
	const body = Buffer$1.from(JSON.stringify(renamed), "utf8");
	const { etag: _etag, ...headers } = answer.headers;
	return {
		status: answer.status,
		headers: {
			...headers,
			"content-length": String(body.length)
		},
		body: streamOf(body)
	};
}

// packages/planport/src/upstream/relay/relay.ts
/** Makes one for the Codex backend. */
function createRelay(setup) {
	return new BackendRelay(setup);
}
var BackendRelay = class {
	#setup;
	constructor(setup) {
		this.#setup = setup;
	}
	async send(call, { signal } = {}) {
		const { http, idleTimeoutMs } = this.#setup;
		const { method, body } = call;
		return await this.#run(call, signal, (target) => openRelay({
			dispatcher: http.dispatcher,
			...target,
			method,
			body,
			repeatable: isRepeatable(call),
			idleTimeoutMs,
			signal
		}));
	}
	async connect(call, { signal } = {}) {
		return await this.#run(call, signal, async ({ origin, path, headers }) => {
			const asked = {
				...headers,
				upgrade: "websocket"
			};
			const answer = await this.#setup.http.upgrade({
				origin,
				path,
				headers: asked,
				signal
			});
			const shown = answerHeaders(answer.headers);
			if (answer.socket !== null) return {
				status: 101,
				headers: shown,
				socket: answer.socket
			};
			const length = String(answer.body.length);
			return {
				status: answer.status,
				headers: {
					...shown,
					"content-length": length
				},
				body: streamOf(answer.body)
			};
		});
	}
	async #run(call, signal, attempt) {
		const headers = requestHeaders(call.headers);
		if (call.credential === "caller") return await attempt(await this.#targetOfCaller(call, headers, signal));
		return await this.#runAsOwn(call, headers, signal, attempt);
	}
	/** With planport's credential, and once more with a renewed one. Nothing of the refusal has been passed on by then. */
	async #runAsOwn(call, headers, signal, attempt) {
		const { tokens } = this.#setup;
		const grant = await abortable(tokens.get({ signal }), signal);
		const first = await rejectionAside(() => this.#attemptAs(grant, call, headers, signal, attempt));
		if (!(first instanceof CredentialError) && first.status !== 401) return first;
		let next;
		try {
			next = await abortable(tokens.recover(grant, { signal }), signal);
		} catch (error) {
			discard(first);
			throw error;
		}
		if (next !== null) {
			discard(first);
			return await this.#attemptAs(next, call, headers, signal, attempt);
		}
		if (first instanceof CredentialError) throw first;
		return first;
	}
	async #attemptAs(grant, call, headers, signal, attempt) {
		const { endpoints, route } = await this.#locate(grant, call, signal);
		const own = withGrant(headers, grant, route);
		const callerId = headerOf$1(headers, "chatgpt-account-id");
		if (!(asksForAccounts(call) && callerId !== void 0 && grant.accountId !== null && callerId !== grant.accountId)) return await attempt({
			...placeOf(call, endpoints),
			headers: own
		});
		for (const name of Object.keys(own)) if (name.toLowerCase() === "accept-encoding") delete own[name];
		const answer = await attempt({
			...placeOf(call, endpoints),
			headers: {
				...own,
				"accept-encoding": "identity"
			}
		});
		if (!("body" in answer)) return answer;
		return await renameAccount(answer, callerId, grant.accountId);
	}
	/** What the account's half serves stays at the configured base: routing is for model calls. */
	async #locate(grant, { area }, signal) {
		if (area === "codex") return await this.#setup.locate(grant, signal);
		const { endpoints } = this.#setup;
		assertGrant(grant.kind, endpoints);
		assertRoute(grant.kind, endpoints.accountBase ?? endpoints.codexBase);
		return {
			endpoints,
			route: DIRECT_ROUTE
		};
	}
	async #targetOfCaller(call, headers, signal) {
		const grant = grantOfCaller(headers);
		const { endpoints } = this.#setup;
		try {
			return {
				...placeOf(call, (await this.#locate(grant, call, signal)).endpoints),
				headers
			};
		} catch (error) {
			if (!isPlanportError(error) || error.code !== "credential_rejected" && error.code !== "access_denied") throw error;
			return {
				...placeOf(call, endpoints),
				headers
			};
		}
	}
};
/** Model calls are sent again by every client that got no answer; other posts may do something twice. */
function isRepeatable({ method, area, rest }) {
	if (method === "GET" || method === "HEAD" || method === "OPTIONS") return true;
	return method === "POST" && area === "codex" && /^\/responses(?:\?|$)/.test(rest);
}
function placeOf({ area, rest }, endpoints) {
	const base = new URL(area === "codex" ? endpoints.codexBase : endpoints.accountBase ?? endpoints.codexBase);
	return {
		origin: base.origin,
		path: base.pathname.replace(/\/$/, "") + rest
	};
}
/**
* The caller's credential, by what it looks like.
* @throws {CredentialError} `credential_missing`
*/
function grantOfCaller(headers) {
	const bearer = /^Bearer +(\S+)$/i.exec(headerOf$1(headers, "authorization")?.trim() ?? "")?.[1];
	if (bearer === void 0) throw new CredentialError("credential_missing", "This gateway passes on the caller's own credential (--credentials passthrough), and the request has none: send a ChatGPT access token as its bearer, as a signed-in Codex does. The gateway's key goes into x-planport-key.");
	return {
		kind: bearer.startsWith("sk-") ? "apiKey" : "external",
		bearer: new Secret(bearer),
		accountId: headerOf$1(headers, "chatgpt-account-id") ?? null,
		fedramp: headerOf$1(headers, "x-openai-fedramp") === "true",
		email: null,
		planType: null,
		userId: null,
		expiresAtMs: null
	};
}
/** A 401 of the step before the call itself comes as an error. */
async function rejectionAside(call) {
	try {
		return await call();
	} catch (error) {
		if (isPlanportError(error) && error.code === "credential_rejected") return error;
		throw error;
	}
}
function discard(outcome) {
	if ("body" in outcome) outcome.body.cancel();
}

// packages/planport/src/upstream/client.ts
/**
* The Codex backend, or OpenAI's plain API, for one token source: routes, lists of models, model calls with retries.
* @module
*/
/** Makes a client. Nothing is sent before the first call. */
function createCodexClient(options) {
	return new Client(options);
}
var Client = class {
	route;
	relay;
	images;
	#tokens;
	#endpoints;
	#context;
	#retry;
	#idleTimeoutMs;
	#timeoutMs;
	#rules;
	#random;
	#sleep;
	/** Null where there is nothing to find: on the platform route. */
	#routes;
	#catalogue;
	#closing = new AbortController();
	constructor(options) {
		const now = options.now ?? Date.now;
		this.#tokens = options.tokens;
		this.#endpoints = options.endpoints ?? resolveEndpoints({});
		this.route = this.#endpoints.route;
		this.#context = {
			http: options.http,
			now,
			identity: options.identity ?? createIdentity({ env: process.env }),
			clientVersion: options.clientVersion ?? "0.169.0",
			closing: this.#closing.signal
		};
		this.#retry = {
			...DEFAULT_RETRY_POLICY,
			...options.retry
		};
		this.#idleTimeoutMs = options.idleTimeoutMs ?? 3e5;
		this.#timeoutMs = options.timeoutMs ?? null;
		const { models } = options;
		this.#rules = typeof models === "function" ? models : () => models ?? {};
		this.#random = options.random ?? Math.random;
		this.#sleep = options.sleep ?? sleep;
		this.relay = this.route === "platform" ? void 0 : createRelay(this.#passage());
		this.images = createImagesApi({
			...this.#passage(),
			caller: this.#context,
			retry: this.#retry,
			now,
			random: this.#random,
			sleep: this.#sleep
		});
		const { accountsCheck } = this.#endpoints;
		this.#routes = accountsCheck === null ? null : createRouteFinder((grant) => fetchAccounts(this.#context, accountsCheck, grant));
		this.#catalogue = new Catalogue({
			now,
			keyOf: ({ grant, endpoints }) => `${grant.accountId ?? ""}|${endpoints.models}`,
			fetch: ({ grant, endpoints }) => fetchCatalogue(this.#context, endpoints, grant)
		});
	}
	/** What calls need that are not made from a Responses request. */
	#passage() {
		return {
			http: this.#context.http,
			tokens: this.#tokens,
			endpoints: this.#endpoints,
			locate: (grant, signal) => this.#locate(grant, signal),
			idleTimeoutMs: this.#idleTimeoutMs
		};
	}
	async send(request, options = {}) {
		const { signal } = options;
		throwIfAborted(signal);
		const call = {
			request,
			threadId: options.threadId ?? randomUUID(),
			turnState: options.turnState ?? null,
			headers: options.headers ?? {},
			signal,
			idleTimeoutMs: options.idleTimeoutMs ?? this.#idleTimeoutMs,
			rules: mergeRules(options.names, this.#rules()),
			limit: timeLimit(options.timeoutMs ?? this.#timeoutMs, this.#context.now),
			onAccount: options.onAccount,
			prepare: preparer(withCacheKey(request, options.threadId), this.route, options.capabilities)
		};
		const budget = { spent: false };
		for (let attempt = 0;; attempt++) try {
			return await authorized(this.#tokens, budget, signal, (grant) => this.#call(call, grant));
		} catch (thrown) {
			const error = toPlanportError(thrown);
			const delayMs = decideRetry(error, attempt, this.#retry, this.#random);
			if (delayMs === null || delayMs >= (call.limit()?.leftMs ?? Number.POSITIVE_INFINITY)) throw error;
			options.onRetry?.(error, delayMs);
			await this.#sleep(delayMs, signal);
			throwIfAborted(signal);
		}
	}
	async account({ signal } = {}) {
		return accountKey(await abortable(this.#tokens.get({ signal }), signal));
	}
	async models(options = {}) {
		const { signal } = options;
		return await authorized(this.#tokens, { spent: false }, signal, async (grant) => {
			const caller = {
				grant,
				endpoints: await this.#locateForModels(grant, signal)
			};
			const { catalogue, live, error } = await abortable(this.#catalogue.get(caller), signal);
			if (!live && isRejection(error)) throw error;
			const { pin, aliases } = this.#rules();
			const { models } = pinModels(catalogue, pin);
			return {
				models,
				live,
				error: error === null ? null : toPlanportError(error),
				aliases
			};
		});
	}
	async usage(options = {}) {
		const { signal } = options;
		const { usage } = this.#endpoints;
		if (usage === null) throw noPlan();
		return await authorized(this.#tokens, { spent: false }, signal, (grant) => fetchUsage(this.#context, usage, grant, signal));
	}
	close() {
		this.#closing.abort();
		return this.#context.http.close();
	}
	async #call(call, grant) {
		call.onAccount?.(grant.accountId ?? grant.kind);
		const { endpoints, route } = await this.#locate(grant, call.signal);
		const caller = {
			grant,
			endpoints
		};
		const isPlatform = this.route === "platform";
		const asked = call.request.model;
		const resolved = isPlatform ? resolveModel(asked, NO_LIST, call.rules) : await abortable(chooseModel(this.#catalogue, caller, asked, call.rules), call.signal);
		const { translation, body } = call.prepare(resolved);
		const { host, pathname } = new URL(endpoints.responses);
		const failureContext = () => ({
			nowMs: this.#context.now(),
			kind: grant.kind,
			model: call.request.model,
			knownModels: isPlatform ? [] : visibleSlugs(pinModels(this.#catalogue.peek(caller).catalogue, call.rules.pin)),
			place: host + pathname
		});
		const opened = await openStream({
			dispatcher: this.#context.http.dispatcher,
			url: endpoints.responses,
			headers: {
				...call.headers,
				...responsesHeaders(grant, {
					...this.#context,
					routingOverride: route.override,
					threadId: call.threadId,
					model: translation.request.model,
					serviceTier: translation.request.service_tier ?? null,
					lite: translation.lite,
					turnState: call.turnState
				})
			},
			body,
			idleTimeoutMs: call.idleTimeoutMs,
			total: call.limit(),
			signal: call.signal,
			failureContext
		});
		this.#catalogue.notice(caller, opened.headers["x-models-etag"]);
		return toCodexResponse(opened, translation, grant, failureContext);
	}
	/** Without a route the list is asked for at the configured base: it is the better guess than no list. */
	async #locateForModels(grant, signal) {
		try {
			return (await this.#locate(grant, signal)).endpoints;
		} catch (error) {
			if (isPlanportError(error) && errorTable[error.code].family === "upstream") return this.#endpoints;
			throw error;
		}
	}
	/** Where this grant's model calls go. Refuses wrong pairs of credential and server before anything is sent. */
	async #locate(grant, signal) {
		assertGrant(grant.kind, this.#endpoints);
		if (this.#endpoints.explicit || this.#routes === null) return {
			endpoints: this.#endpoints,
			route: DIRECT_ROUTE
		};
		const route = await abortable(this.#routes.find(grant), signal);
		if (route.origin === null) return {
			endpoints: this.#endpoints,
			route
		};
		const endpoints = moveToOrigin(this.#endpoints, route.origin);
		assertRoute(grant.kind, endpoints.responses);
		return {
			endpoints: isLoopback(new URL(this.#endpoints.responses).hostname) ? this.#endpoints : endpoints,
			route
		};
	}
};
function isRejection(error) {
	return isPlanportError(error) && error.code === "credential_rejected";
}
function throwIfAborted(signal) {
	if (signal?.aborted === true) throw cancelled();
}
function timeLimit(limitMs, now) {
	if (limitMs === null) return () => null;
	const endMs = now() + limitMs;
	return () => ({
		limitMs,
		leftMs: endMs - now()
	});
}
/** A key belongs to an account that it does not name, and stays the same; a sign-in's bearer would not. */
function accountKey({ kind, accountId, bearer }) {
	if (accountId !== null) return accountId;
	if (kind === "chatgpt" || kind === "external") return kind;
	return `${kind}:${createHash("sha256").update(bearer.reveal(), "utf8").digest("hex").slice(0, 32)}`;
}
function noPlan() {
	return new RequestError("not_supported", "An OpenAI API key has no plan whose usage could be told: OpenAI bills what it uses, and shows it at https://platform.openai.com/usage.");
}
function toCodexResponse(opened, translation, grant, failureContext) {
	const { headers, body } = opened;
	const failureOf = (event) => failureFromEvent(event, headers, failureContext);
	return {
		status: opened.status,
		headers,
		requestId: headers["x-request-id"] ?? headers["x-oai-request-id"] ?? null,
		servedModel: headers["openai-model"] ?? translation.request.model,
		usage: usageFromHeaders(headers),
		accountId: grant.accountId,
		lite: translation.lite,
		changes: translation.changes,
		events: eventsOf(body, failureOf),
		body,
		failureOf
	};
}

// packages/planport/src/hosts/pi/agent-dir.ts
/**
* Where pi keeps its files.
* @module
*/
/** pi's folder: `PI_CODING_AGENT_DIR`, else `~/.pi/agent`. */
function piAgentDir(options = {}) {
	const found = {
		env: options.env ?? process.env,
		platform: options.platform ?? process.platform,
		homeDir: options.homeDir ?? homedir()
	};
	return readFolder(found, "PI_CODING_AGENT_DIR") ?? joinPath(found.platform, found.homeDir, ".pi", "agent");
}

// packages/planport/src/hosts/pi/extension/account-file.ts
/**
* Which workspace an access token belongs to, remembered where pi-codex-token remembers it, in its form.
* @module
*/
/** `codex-token-accountid.json` in `PI_AGENT_HOME`, else in pi's folder. */
function accountFile(env, homeDir = homedir()) {
	const { platform } = process;
	const folder = readFolder({
		env,
		platform,
		homeDir
	}, "PI_AGENT_HOME") ?? piAgentDir({
		env,
		platform,
		homeDir
	});
	return joinPath(platform, folder, "codex-token-accountid.json");
}
/**
* A cache in that file, which its owner alone may read: by the first 16 digits of the token's SHA-256, the workspace. The token
* itself is never written, and other entries are kept. No method rejects.
*/
function createAccountFile(file) {
	return {
		async get(token) {
			const accountId = asString((await readEntries(file))[digestOf(token)]);
			if (accountId === void 0 || !isTokenText(accountId)) return null;
			return {
				accountId,
				fedramp: false,
				email: null,
				planType: null,
				userId: null
			};
		},
		async set(token, { accountId }) {
			const entries = await readEntries(file);
			if (accountId === null || !isTokenText(accountId) || entries[digestOf(token)] === accountId) return;
			await writeEntries(file, {
				...entries,
				[digestOf(token)]: accountId
			});
		},
		async forget(token) {
			const { [digestOf(token)]: gone, ...others } = await readEntries(file);
			if (gone !== void 0) await writeEntries(file, others);
		}
	};
}
function digestOf(token) {
	return createHash("sha256").update(token.reveal(), "utf8").digest("hex").slice(0, 16);
}
async function readEntries(file) {
	const value = tryParseJson(await readFile(file, "utf8").catch(() => ""));
	return isJsonObject(value) ? value : {};
}
async function writeEntries(file, entries) {
	await writeFileAtomic(file, `${JSON.stringify(entries, null, 2)}\n`).catch(() => {});
}

// packages/planport/src/hosts/pi/extension/backend.ts
/**
* The backend, for the tokens that pi passes with its calls. Loaded with the first call.
* @module
*/
/** The header in which a login's workspace goes along with its token. */
const ACCOUNT_HEADER = "chatgpt-account-id";
const clients = /* @__PURE__ */ new Map();
const warned = /* @__PURE__ */ new Set();
let pool = null;
/**
* A client for a token and a base. One is kept for each pair of them, so that connections, workspaces and lists of models are, too.
* @throws {CredentialError} `credential_wrong_route` for an API key; `credential_malformed`.
* @throws {ConfigError} `config_invalid`, naming the variable.
*/
function openBackend({ key, model, options, env }) {
	const accountId = headerOf(options, ACCOUNT_HEADER);
	const name = JSON.stringify([
		key,
		model.baseUrl,
		accountId,
		options.env ?? null,
		options.maxRetries ?? 0
	]);
	const known = clients.get(name);
	if (known !== void 0) return known;
	const tokens = tokensOf(key, accountId, env);
	const base = model.baseUrl.replace(/\/+$/, "");
	const isUsual = base === "https://chatgpt.com/backend-api/codex" || `${base}/codex` === "https://chatgpt.com/backend-api/codex";
	const clientVersion = readVariable(env, "CODEX_CLIENT_VERSION");
	const client = createCodexClient({
		tokens,
		http: poolFor(env),
		identity: piIdentity(env),
		endpoints: resolveEndpoints(isUsual ? {} : { baseUrl: base }),
		...clientVersion !== void 0 && { clientVersion },
		models: {
			pin: setting(env, "CODEX_MODELS", asSlugs),
			aliases: setting(env, "PLANPORT_MODEL_ALIASES", asAliases)
		},
		retry: {
			maxRetries: options.maxRetries ?? 0,
			baseDelayMs: 1e3
		}
	});
	clients.set(name, client);
	return client;
}
function poolFor(env) {
	const names = [
		"HTTPS_PROXY",
		"HTTP_PROXY",
		"ALL_PROXY",
		"NO_PROXY"
	].flatMap((name) => [name, name.toLowerCase()]);
	const key = JSON.stringify([
		...names,
		"CODEX_CA_CERTIFICATE",
		"SSL_CERT_FILE"
	].map((name) => env[name] ?? null));
	if (pool?.key !== key) pool = {
		key,
		http: createHttpClient({ env })
	};
	return pool.http;
}
function setting(env, name, read) {
	const text = readVariable(env, name);
	if (text === void 0 || text.replaceAll(/[\s,]/g, "") === "") return void 0;
	const checked = read(text);
	if ("value" in checked) return checked.value;
	throw new ConfigError("config_invalid", `${name} ${checked.problem}.`);
}
/** A header that pi passes along; its names may be in any case. */
function headerOf({ headers }, name) {
	return Object.entries(headers ?? {}).find(([key, value]) => key.toLowerCase() === name && Boolean(value))?.[1] ?? null;
}
function tokensOf(key, accountId, env) {
	if (key.startsWith("sk-")) throw new CredentialError("credential_wrong_route", "This is an OpenAI API key (sk-…), which a ChatGPT plan's backend does not take: use pi's own provider `openai` with it, or give a Codex access token (at-…) in its place.");
	if (!/^[\x21-\x7e]+$/.test(key)) throw new CredentialError("credential_malformed", "The token has blanks or other foreign characters in it.");
	if (readJwtClaims(key) !== null) return loginTokens(key, accountId);
	if (!key.startsWith("at-")) warnOnce("The token is no Codex access token (at-…); it is tried all the same.");
	const { platform } = process;
	const homeDir = homedir();
	const timeoutMs = Number(readVariable(env, "CODEX_HTTP_TIMEOUT_MS"));
	return createPersonalAccessTokenSource({
		credential: {
			kind: "personalAccessToken",
			token: new Secret(key),
			accountId: givenAccountId(env),
			fedramp: false,
			email: null,
			planType: null,
			userId: null
		},
		place: "pi",
		http: poolFor(env),
		whoamiUrl: resolveAuthEndpoints(env).whoamiUrl,
		client: piIdentity(env),
		cache: createAccountFile(accountFile(env, homeDir)),
		fallbackAccountId: () => signedInAccountId({
			env,
			platform,
			homeDir
		}),
		...timeoutMs > 0 && { timeoutMs }
	});
}
/** A sign-in's token: pi keeps it and renews it, so that here it is what it is. */
function loginTokens(key, accountId) {
	const claims = readJwtClaims(key);
	const grant = {
		kind: "chatgpt",
		bearer: new Secret(key),
		expiresAtMs: claims?.expiresAtMs ?? null,
		accountId: accountId ?? claims?.accountId ?? null,
		fedramp: claims?.fedramp ?? false,
		email: claims?.email ?? null,
		planType: claims?.planType ?? null,
		userId: claims?.userId ?? null
	};
	return {
		get: async () => grant,
		recover: async () => null
	};
}
function warnOnce(text) {
	if (warned.has(text)) return;
	warned.add(text);
	process.emitWarning(text, "planport");
}

// packages/planport/src/hosts/pi/extension/request.ts
/**
* A conversation of pi's as a request to the backend.
* @module
*/
/** Goes out where pi was given no prompt: the backend insists on one. */
const DEFAULT_PROMPT = "You are a helpful assistant.";
/**
* The request. How long an answer may be is not in it: the backend takes no such limit.
* @param options The level of thinking, and whether tools may be called.
*/
function toRequest(model, context, options) {
	const { prompt, tools } = promptAndTools(context);
	return {
		model: model.id,
		instructions: prompt || DEFAULT_PROMPT,
		input: context.messages.flatMap((message) => itemsOf(message, model)),
		stream: true,
		store: false,
		...tools.length > 0 && {
			tools: tools.map(toFunctionTool),
			tool_choice: options.toolChoice === "none" ? "none" : "auto",
			parallel_tool_calls: true
		},
		...model.reasoning && { reasoning: reasoningOf(model, options.reasoning ?? "off") }
	};
}
/** What a level of thinking is called on the wire; what the model lacks is fitted where its list is known. */
function reasoningOf(model, level) {
	return {
		effort: model.thinkingLevelMap?.[level] ?? (level === "off" ? "none" : level),
		summary: "auto"
	};
}
/** Prompt and tools that hold now: beside the messages (before pi 0.86), else as the system messages have built them up. */
function promptAndTools(context) {
	const parts = [context.systemPrompt ?? ""];
	const sections = /* @__PURE__ */ new Map();
	const tools = new Map((context.tools ?? []).map((tool) => [tool.name, tool]));
	for (const message of context.messages) {
		if (message.role !== "system") continue;
		parts.push(textOf(message.content));
		for (const [name, text] of Object.entries(message.sections ?? {})) if (text === null) sections.delete(name);
		else sections.set(name, text);
		for (const { name } of message.toolsRemoved ?? []) tools.delete(name);
		for (const tool of message.toolsAdded ?? []) tools.set(tool.name, tool);
	}
	return {
		prompt: [...parts, ...sections.values()].filter((text) => text.trim() !== "").join("\n\n"),
		tools: [...tools.values()]
	};
}
function textOf(content) {
	return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}
function toFunctionTool({ name, description, parameters }) {
	return {
		type: "function",
		name,
		description: description ?? "",
		parameters: isJsonObject(parameters) ? parameters : {
			type: "object",
			properties: {}
		},
		strict: false
	};
}
function itemsOf(message, model) {
	if (message.role === "system") return [];
	if (message.role === "assistant") return answerItems(message, model);
	if (message.role === "toolResult") return [{
		type: "function_call_output",
		call_id: callId(message.toolCallId),
		output: outputOf(message.content, model)
	}];
	const content = partsOf(message.content, model);
	return content.length === 0 ? [] : [{
		type: "message",
		role: "user",
		content
	}];
}
/** An answer that came to no end is left out: its calls have no results, and its thinking is not sealed. */
function answerItems(message, model) {
	if (message.stopReason === "error" || message.stopReason === "aborted") return [];
	const isOurs = message.provider === model.provider && (message.model === model.id || message.responseModel === model.id);
	return message.content.flatMap((block) => {
		if (block.type === "thinking") {
			const item = isOurs ? tryParseJson(block.thinkingSignature ?? "") : void 0;
			return isJsonObject(item) && item["type"] === "reasoning" ? [item] : [];
		}
		if (block.type === "toolCall") return [{
			type: "function_call",
			call_id: callId(block.id),
			name: block.name,
			arguments: JSON.stringify(block.arguments),
			status: "completed"
		}];
		if (block.text.trim() === "") return [];
		const phase = isOurs ? phaseOf(block) : void 0;
		return [{
			type: "message",
			role: "assistant",
			content: [{
				type: "output_text",
				text: block.text
			}],
			...phase !== void 0 && { phase }
		}];
	});
}
function phaseOf({ textSignature }) {
	const signature = textSignature === void 0 ? void 0 : tryParseJson(textSignature);
	return isJsonObject(signature) ? signature["phase"] ?? void 0 : void 0;
}
/** The backend's own part of an id; of another provider's, what the backend takes. */
function callId(id) {
	return (id.split("|")[0] ?? id).replaceAll(/[^\w-]/g, "_").slice(0, 64);
}
function outputOf(content, model) {
	if (content.some((block) => block.type === "image") && model.input.includes("image")) return partsOf(content, model);
	return partsOf(content, model).flatMap((part) => [String(part["text"])]).join("\n") || "(no output)";
}
function partsOf(content, model) {
	if (typeof content === "string") return content === "" ? [] : [{
		type: "input_text",
		text: content
	}];
	return content.flatMap((block) => {
		if (block.type === "text") return block.text === "" ? [] : [{
			type: "input_text",
			text: block.text
		}];
		if (!model.input.includes("image")) return [{
			type: "input_text",
			text: "(An image was left out: this model takes none.)"
		}];
		return [{
			type: "input_image",
			image_url: `data:${block.mimeType};base64,${block.data}`
		}];
	});
}

// packages/planport/src/hosts/pi/extension/stream.ts
/** Makes the call and fills the stream. Never rejects: a failure is the stream's last event. */
async function answerInto(stream, model, context, options, { env, key, costOf }) {
	const message = emptyMessage(model, Date.now());
	const { signal } = options;
	try {
		if (key === null) throw noToken();
		const client = openBackend({
			key,
			model,
			options,
			env
		});
		const request = await asPiWants(toRequest(model, context, options), model, options);
		const answer = await client.send(request, {
			signal,
			threadId: options.sessionId,
			headers: extraHeaders(options),
			capabilities: {
				...DEFAULT_CAPABILITIES,
				bypass_tool_call_reactor: false
			},
			...options.timeoutMs !== void 0 && options.timeoutMs > 0 && { idleTimeoutMs: options.timeoutMs }
		});
		await options.onResponse?.({
			status: answer.status,
			headers: { ...answer.headers }
		}, model);
		if (answer.servedModel !== null && answer.servedModel !== model.id) message.responseModel = answer.servedModel;
		const builder = new AnswerBuilder(message, costOf(model), (event) => stream.push(event));
		stream.push({
			type: "start",
			partial: message
		});
		for await (const event of answer.events) builder.take(event);
		if (message.stopReason === "error") return stream.push({
			type: "error",
			reason: "error",
			error: message
		});
		const reason = message.stopReason === "length" ? "length" : builder.hasCalls ? "toolUse" : "stop";
		stream.push({
			type: "done",
			reason,
			message
		});
	} catch (error) {
		const reason = signal?.aborted === true ? "aborted" : "error";
		message.stopReason = reason;
		message.errorMessage = reason === "aborted" ? "Request was aborted" : failureText(error, model.provider);
		stream.push({
			type: "error",
			reason,
			error: message
		});
	}
}
/** Other extensions may look at what is sent, and send something else. */
async function asPiWants(request, model, { onPayload }) {
	const other = await onPayload?.(request, model);
	return isJsonObject(other) ? other : request;
}
function extraHeaders({ headers }) {
	const extra = { "openai-beta": "responses=experimental" };
	for (const [name, value] of Object.entries(headers ?? {})) {
		const lower = name.toLowerCase();
		if (lower === "chatgpt-account-id") continue;
		if (value === null) delete extra[lower];
		else extra[lower] = value;
	}
	return extra;
}
function noToken() {
	return new CredentialError("credential_missing", "No Codex PAT found. Set CODEX_ACCESS_TOKEN, configure the provider's apiKey, or run `codex login --with-access-token`.");
}

export { answerInto };