// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { i as tryParseJson, n as asString, r as isJsonObject, t as asNumber } from "./json.mjs";
import { u as snapshotCatalogue } from "./models.mjs";
import { _ as oneLine, a as isChatGptHost, c as ConfigError, f as UpstreamError, l as CredentialError, m as isPlanportError, o as isPlatformHost, r as headerSafe, v as redactText } from "./identity.mjs";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";

// packages/planport/src/upstream/catalogue.ts
/**
* The account's models: fetched when needed, kept for a while, and never a reason for a call to fail.
* @module
*/
/** Cached lists, one per account. */
var Catalogue = class {
	#options;
	#entries = /* @__PURE__ */ new Map();
	constructor(options) {
		this.#options = options;
	}
	/** The built-in list. */
	get snapshot() {
		return snapshotCatalogue();
	}
	/** The list, fetched first when it is too old; the last one, else the snapshot, when that fails. */
	async get(caller) {
		const entry = this.#entry(caller);
		if (this.#options.now() >= entry.expiresAtMs) await this.#refresh(entry, caller);
		return entry.view;
	}
	/** The list to send by. Waits for a fetch only when there was none yet: an old list is good enough. */
	async known(caller) {
		const entry = this.#entry(caller);
		if (this.#options.now() >= entry.expiresAtMs) {
			const refreshed = this.#refresh(entry, caller);
			if (!entry.view.live) await refreshed;
		}
		return entry.view;
	}
	/** What is known now, without asking anybody. */
	peek(caller) {
		return this.#entry(caller).view;
	}
	/** An answer named the list's etag: when it is another one, the next call fetches. */
	notice(caller, etag) {
		const entry = this.#entries.get(this.#options.keyOf(caller));
		if (etag === void 0 || entry === void 0 || !entry.view.live || entry.etag === etag) return;
		entry.expiresAtMs = 0;
	}
	#entry(caller) {
		const key = this.#options.keyOf(caller);
		let entry = this.#entries.get(key);
		if (entry === void 0) {
			entry = {
				view: {
					catalogue: snapshotCatalogue(),
					live: false,
					error: null
				},
				etag: null,
				expiresAtMs: 0,
				running: null
			};
			this.#entries.set(key, entry);
		}
		return entry;
	}
	/** Never rejects. Callers at the same time share one fetch. */
	#refresh(entry, caller) {
		entry.running ??= this.#fetch(entry, caller).finally(() => {
			entry.running = null;
		});
		return entry.running;
	}
	async #fetch(entry, caller) {
		const { fetch, now, ttlMs = 3e5, failureTtlMs = 6e4 } = this.#options;
		try {
			const { catalogue, etag } = await fetch(caller);
			entry.view = {
				catalogue,
				live: true,
				error: null
			};
			entry.etag = etag;
			entry.expiresAtMs = now() + ttlMs;
		} catch (error) {
			entry.view = {
				...entry.view,
				error
			};
			entry.expiresAtMs = isPlanportError(error) && error.code === "credential_rejected" ? 0 : now() + failureTtlMs;
		}
	}
};
/** Slugs to show to people: visible ones, by priority. */
function visibleSlugs(catalogue) {
	return catalogue.models.filter((model) => model.visibility === "list").toSorted((a, b) => a.priority - b.priority).map((model) => model.slug);
}
/**
* Reads the body of `GET /models`. Entries without a slug are left out; missing fields get harmless values, since an
* older planport must cope with a newer list. Null when there is no list of models in it.
*/
function parseCatalogue(text) {
	const body = tryParseJson(text);
	const list = isJsonObject(body) ? body["models"] ?? body["data"] : void 0;
	if (!Array.isArray(list)) return null;
	const models = list.flatMap((value, index) => {
		if (!isJsonObject(value)) return [];
		const slug = value["slug"] ?? value["id"];
		if (typeof slug !== "string" || slug === "") return [];
		return [{
			...value,
			slug,
			display_name: typeof value["display_name"] === "string" ? value["display_name"] : slug,
			visibility: typeof value["visibility"] === "string" ? value["visibility"] : "list",
			supported_in_api: value["supported_in_api"] !== false,
			priority: typeof value["priority"] === "number" ? value["priority"] : 1e3 + index,
			supported_reasoning_levels: readLevels(value["supported_reasoning_levels"])
		}];
	});
	return models.length === 0 ? null : { models };
}
function readLevels(value) {
	if (!Array.isArray(value)) return [];
	return value.flatMap((level) => isJsonObject(level) && typeof level["effort"] === "string" ? [{
		effort: level["effort"],
		description: typeof level["description"] === "string" ? level["description"] : ""
	}] : []);
}

// packages/planport/src/upstream/endpoints.ts
/** Where ChatGPT's backend is unless told otherwise. */
const DEFAULT_CHATGPT_BASE_URL = "https://chatgpt.com/backend-api";
/** Where OpenAI's plain API is unless told otherwise. */
const DEFAULT_PLATFORM_BASE_URL = "https://api.openai.com/v1";
/** The route of a kind of credential. */
function routeOf(kind) {
	return kind === "apiKey" ? "platform" : "codex";
}
/** @throws {ConfigError} `config_invalid` when a base is not an http or https URL. */
function resolveEndpoints(options) {
	const given = options.baseUrl ?? "";
	if (options.route === "platform") return platformEndpoints(parseBase(given === "" ? DEFAULT_PLATFORM_BASE_URL : given), given !== "");
	if (given !== "") {
		const codexBase = explicitCodexBase(parseBase(given));
		return build(codexBase, accountBaseFor(codexBase, options.chatgptBaseUrl), true);
	}
	const chatgptBase = chatgptBaseOf(parseBase(options.chatgptBaseUrl ?? "https://chatgpt.com/backend-api"));
	return build(chatgptBase + (hasBackendApi(chatgptBase) ? "/codex" : "/api/codex"), chatgptBase, false);
}
/** The same endpoints with model calls on another origin: what workspace routing asks for. */
function moveToOrigin(endpoints, origin) {
	const codexBase = origin + new URL(endpoints.codexBase).pathname;
	return {
		...endpoints,
		codexBase,
		responses: `${codexBase}/responses`,
		models: `${codexBase}/models`
	};
}
/**
* Refuses to send a bearer where it does not belong: it would only be answered by a 401, and would tell a secret to a
* server that has no business with it.
* @throws {CredentialError} `credential_wrong_route`
*/
function assertRoute(kind, url) {
	const { hostname, host, pathname } = new URL(url);
	if (kind !== "apiKey") {
		if (!isPlatformHost(hostname)) return;
		throw new CredentialError("credential_wrong_route", `A ChatGPT plan's token is never sent to ${host}: it is good for the Codex backend alone. Unset CODEX_BASE_URL and OPENAI_API_BASE_URL, or use an API key there.`);
	}
	if (isPlatformHost(hostname) || !(isChatGptHost(hostname) || /\/(backend-api|codex)(\/|$)/.test(pathname))) return;
	throw new CredentialError("credential_wrong_route", `An OpenAI API key (sk-…) is never sent to the Codex backend at ${host}: sign in with \`planport login\`, or leave the base URL out, so that the key goes to api.openai.com.`);
}
/**
* Refuses a grant that does not fit the endpoints, by what they are and by where they are.
* @throws {CredentialError} `credential_wrong_route`
*/
function assertGrant(kind, { route, responses }) {
	assertRoute(kind, responses);
	if (route !== "platform" || routeOf(kind) === "platform") return;
	throw new CredentialError("credential_wrong_route", "A ChatGPT plan's token is good for the Codex backend alone, and this client speaks to OpenAI's plain API.");
}
function build(codexBase, chatgptBase, explicit) {
	const account = hasBackendApi(chatgptBase) ? `${chatgptBase}/wham` : `${chatgptBase}/api/codex`;
	return {
		route: "codex",
		explicit,
		codexBase,
		responses: `${codexBase}/responses`,
		models: `${codexBase}/models`,
		accountBase: account,
		usage: `${account}/usage`,
		accountsCheck: `${account}/accounts/check`
	};
}
function platformEndpoints(url, explicit) {
	const base = withoutSlash(url).replace(/\/responses$/, "");
	const codexBase = base === url.origin ? `${base}/v1` : base;
	return {
		route: "platform",
		explicit,
		codexBase,
		responses: `${codexBase}/responses`,
		models: `${codexBase}/models`,
		accountBase: null,
		usage: null,
		accountsCheck: null
	};
}
function parseBase(text) {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") throw new ConfigError("config_invalid", "The backend's base URL must be an http or https URL without a password.");
	return url;
}
function withoutSlash(url) {
	return url.origin + url.pathname.replace(/\/+$/, "");
}
function explicitCodexBase(url) {
	const base = withoutSlash(url).replace(/\/responses$/, "");
	const path = base.slice(url.origin.length);
	if (path === "" && !isPlatformHost(url.hostname)) return `${base}/backend-api/codex`;
	return path.endsWith("/backend-api") ? `${base}/codex` : base;
}
/** Any base but one of ChatGPT's knows model calls alone: the account is asked about at the ChatGPT base, if one is set. */
function accountBaseFor(codexBase, chatgptBaseUrl) {
	const own = codexBase.replace(/\/(api\/)?codex$/, "");
	if (own !== codexBase || hasBackendApi(codexBase) || chatgptBaseUrl === void 0 || chatgptBaseUrl === "https://chatgpt.com/backend-api") return own;
	return chatgptBaseOf(parseBase(chatgptBaseUrl));
}
function chatgptBaseOf(url) {
	const base = withoutSlash(url).replace(/\/codex$/, "");
	return isChatGptHost(url.hostname) && !hasBackendApi(base) ? `${base}/backend-api` : base;
}
function hasBackendApi(base) {
	return new URL(base).pathname.includes("/backend-api");
}

// packages/planport/src/upstream/failure-body.ts
/**
* What the backend wrote into a failed answer, whichever of its shapes it chose.
* @module
*/
/** Longest excerpt in UTF-16 code units. */
const MAX_EXCERPT_CHARS = 600;
/**
* Reads `{"error":{…}}`, `{"error":"…"}`, `{"detail":"…"}`, `{"detail":{…}}`, `{"detail":[{"msg":…}]}`, `{"message":…}`
* and plain text.
*/
function readFailureBody(text, nowMs) {
	const body = tryParseJson(text);
	if (isJsonObject(body)) return readFailureObject(body["error"] ?? body["detail"] ?? body, nowMs);
	return readFailureObject(looksLikeHtml(text) ? null : text, nowMs);
}
/** Reads an error object, or whatever stands in its place. */
function readFailureObject(value, nowMs) {
	const error = isJsonObject(value) ? value : {};
	const message = excerpt(messageOf(value));
	return {
		code: nameOf(error["code"]),
		type: nameOf(error["type"]),
		message,
		planType: nameOf(error["plan_type"]),
		resetsAtMs: resetOf$1(error, nowMs),
		retryAfterMs: parseTryAgain(message)
	};
}
/** A short, one-line, secret-free form of what a server said. */
function excerpt(text) {
	return oneLine(text, MAX_EXCERPT_CHARS);
}
/** Longest copy of a body in UTF-16 code units. */
const MAX_BODY_CHARS = 2e3;
/** JSON in which nothing is said. */
const NOTHING_SAID = /^(?:\{\s*\}|\[\s*\]|null|"")?$/;
/** What the backend wrote, for who has to find out what it means: redacted, also of what might be a token of any shape, and cut. */
function keptBody(text) {
	const kept = redactText(text.trim(), {
		maxChars: MAX_BODY_CHARS,
		opaque: true
	});
	return NOTHING_SAID.test(kept) ? null : kept;
}
/** True for pages: what a proxy, a portal or a Cloudflare edge sends in the backend's place. */
function looksLikeHtml(text) {
	return /^\s*(<!doctype html|<html|<head|<body|<!--)/i.test(text.slice(0, 500));
}
const TRY_AGAIN = /try again in\s+(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)\b/i;
/** The wait in "Please try again in 20s", "… in 350ms", "… in 2 seconds", in milliseconds; null when there is none. */
function parseTryAgain(message) {
	const match = TRY_AGAIN.exec(message);
	if (match === null) return null;
	const unit = (match[2] ?? "").toLowerCase();
	let unitMs = 1e3;
	if (unit.startsWith("ms") || unit.startsWith("milli")) unitMs = 1;
	else if (unit.startsWith("m")) unitMs = 6e4;
	return Math.ceil(Number(match[1]) * unitMs);
}
/**
* How long the headers of an answer ask to wait, in milliseconds: `retry-after-ms`, else `retry-after`. Null when they do not.
* @param headers Names in lower case.
*/
function waitFromHeaders(headers, nowMs) {
	const ms = headers["retry-after-ms"]?.trim() ?? "";
	return /^\d+(\.\d+)?$/.test(ms) ? Math.ceil(Number(ms)) : parseRetryAfter(headers["retry-after"], nowMs);
}
/** `Retry-After` in milliseconds: seconds, also with a fraction, or an HTTP date (RFC 9110 §10.2.3); null for anything else. */
function parseRetryAfter(value, nowMs) {
	const text = value?.trim() ?? "";
	if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1e3);
	if (!/^[A-Za-z]{3}/.test(text)) return null;
	const atMs = Date.parse(text);
	return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
function messageOf(value) {
	if (typeof value === "string") return value;
	if (Array.isArray(value)) return value.map(messageOf).filter(Boolean).join("; ");
	if (!isJsonObject(value)) return "";
	return asString(value["message"]) ?? asString(value["msg"]) ?? asString(value["detail"]) ?? "";
}
/** Codes end up in logs and metrics, so they are bounded and clean too. */
function nameOf(value) {
	const text = asString(value);
	return text === void 0 || text === "" ? null : excerpt(text).slice(0, 100);
}
/** The end of time as `Date` knows it. */
const MAX_TIME_MS = 864e13;
function resetOf$1(error, nowMs) {
	const at = asNumber(error["resets_at"]);
	const inSeconds = asNumber(error["resets_in_seconds"]);
	let atMs = null;
	if (at !== void 0) atMs = at * 1e3;
	else if (inSeconds !== void 0) atMs = nowMs + inSeconds * 1e3;
	return atMs === null || Math.abs(atMs) > MAX_TIME_MS ? null : atMs;
}

// packages/planport/src/upstream/cloudflare.ts
/**
* Cloudflare stands in front of the backend, and answers in its place at times.
* @module
*/
/** Marks of its challenge and block pages. */
const CHALLENGE = /challenge-platform|cdn-cgi\/(?:challenge|l\/chk)|cf[-_]chl|<title>\s*(?:just a moment|attention required)/i;
/** What programs get that want no page (1006 to 1020: an address, a country or a client that is not let in). */
const REFUSAL_TEXT = /^\s*error code: 10(?:0[6-9]|1[0-4]|16|20)\b/i;
/** True when it did not let a call through: a challenge for browsers, a blocked address, country or network. */
function isBlockedByCloudflare(answer) {
	const { status, headers, body } = answer;
	if (headers["cf-mitigated"] !== void 0) return true;
	if (looksLikeHtml(body)) return status === 403 || CHALLENGE.test(body);
	return REFUSAL_TEXT.test(body);
}
/** True for the statuses by which it says that the server behind it did not answer (520 to 527, 530). */
function isCloudflareOriginError(status) {
	return status !== null && (status >= 520 && status <= 527 || status === 530);
}

// packages/planport/src/upstream/limit-message.ts
/** The line for an end user who has reached a limit of the plan, or whose plan has no Codex. */
function describeLimit(code, facts, nowMs) {
	const plan = facts.planType === null ? "ChatGPT plan" : `ChatGPT ${facts.planType} plan`;
	if (code === "usage_not_included") return `This ${plan} does not include Codex; another plan is needed.`;
	const limit = facts.window == null ? "usage limit" : `${facts.window.name} usage limit`;
	if (facts.resetsAtMs === null) return `The ${limit} of this ${plan} is reached; try again later.`;
	const stamp = new Date(facts.resetsAtMs).toISOString().replace(/\.\d{3}Z$/, "Z");
	return `The ${limit} of this ${plan} is reached; it resets in ${duration(facts.resetsAtMs - nowMs)} (${stamp}).`;
}
/** `20 seconds`, `10 minutes`, `3 hours`: rounded up, so that whoever waits as long has waited long enough. */
function waitInWords(waitMs) {
	const [count, unit] = waitMs < 9e4 ? [Math.ceil(waitMs / 1e3), "second"] : waitMs < 54e5 ? [Math.ceil(waitMs / 6e4), "minute"] : [Math.ceil(waitMs / 36e5), "hour"];
	return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
/** `2 d 3 h`, `3 h 20 min`, `5 min`, `less than a minute`. */
function duration(ms) {
	const minutes = Math.ceil(ms / 6e4);
	if (minutes < 1) return "less than a minute";
	const days = Math.floor(minutes / 1440);
	const hours = Math.floor(minutes % 1440 / 60);
	return (days > 0 ? [`${days} d`, `${hours} h`] : [`${hours} h`, `${minutes % 60} min`]).filter((part) => !part.startsWith("0 ")).join(" ");
}

// packages/planport/src/upstream/rate-limits.ts
/** The family of limits whose headers are just `x-codex-…`. */
const DEFAULT_LIMIT = "codex";
const FAMILY_HEADER = /^x-(.+)-primary-used-percent$/;
/**
* The limit that counted for an answer: the one that `x-codex-active-limit` names, else the default one. Null when the
* answer has no rate-limit headers.
* @param headers Names in lower case.
*/
function usageFromHeaders(headers) {
	const active = headers["x-codex-active-limit"]?.trim().replaceAll("-", "_") ?? "";
	const all = allUsageFromHeaders(headers);
	const found = all.find((snapshot) => snapshot.limitId === active);
	if (found !== void 0) return found;
	const usual = all.find((snapshot) => snapshot.limitId === DEFAULT_LIMIT);
	if (usual === void 0) return null;
	return active === "" ? usual : {
		...usual,
		limitId: active
	};
}
/** Every limit that the headers tell of, the default one first. */
function allUsageFromHeaders(headers) {
	const ids = /* @__PURE__ */ new Set([DEFAULT_LIMIT]);
	for (const name of Object.keys(headers)) {
		const family = FAMILY_HEADER.exec(name)?.[1];
		if (family !== void 0) ids.add(family);
	}
	const credits = creditsFromHeaders(headers);
	const snapshots = [];
	for (const id of ids) {
		const primary = windowFromHeaders(headers, `x-${id}-primary`);
		const secondary = windowFromHeaders(headers, `x-${id}-secondary`);
		const own = id === DEFAULT_LIMIT ? credits : null;
		if (primary === null && secondary === null && own === null) continue;
		snapshots.push({
			limitId: id.replaceAll("-", "_"),
			planType: null,
			primary,
			secondary,
			credits: own
		});
	}
	return snapshots;
}
/** A window counts only when it says something: used, a length, or a reset. */
function windowFromHeaders(headers, prefix) {
	const usedPercent = numberFrom(headers[`${prefix}-used-percent`]);
	if (usedPercent === null) return null;
	const windowMinutes = numberFrom(headers[`${prefix}-window-minutes`]);
	const resetAt = numberFrom(headers[`${prefix}-reset-at`]);
	if (usedPercent === 0 && (windowMinutes ?? 0) === 0 && resetAt === null) return null;
	return {
		usedPercent,
		windowMinutes,
		resetsAtMs: resetAt === null ? null : resetAt * 1e3
	};
}
function creditsFromHeaders(headers) {
	const hasCredits = flagFrom(headers["x-codex-credits-has-credits"]);
	const unlimited = flagFrom(headers["x-codex-credits-unlimited"]);
	if (hasCredits === null || unlimited === null) return null;
	const balance = headers["x-codex-credits-balance"]?.trim() ?? "";
	return {
		hasCredits,
		unlimited,
		balance: balance === "" ? null : balance
	};
}
function numberFrom(text) {
	if (text === void 0 || text.trim() === "") return null;
	const value = Number(text);
	return Number.isFinite(value) ? value : null;
}
function flagFrom(text) {
	if (text === void 0) return null;
	if (/^(true|1)$/i.test(text.trim())) return true;
	return /^(false|0)$/i.test(text.trim()) ? false : null;
}

// packages/planport/src/upstream/plan-limits.ts
const FIVE_HOURS = 300;
const DAY = 1440;
const NAMED = [
	[FIVE_HOURS, "5-hour"],
	[DAY, "daily"],
	[10080, "weekly"],
	[43200, "monthly"]
];
/** The backend rounds lengths now and then: 299 minutes are five hours, too. */
const TOLERANCE_MINUTES = 3;
/** What a window is called, by its length in minutes; null when that is unknown. */
function windowName(minutes) {
	if (minutes === null || !(minutes > 0)) return null;
	const known = NAMED.find(([length]) => Math.abs(length - minutes) <= TOLERANCE_MINUTES);
	if (known !== void 0) return known[1];
	if (minutes % DAY === 0) return `${minutes / DAY}-day`;
	return minutes % 60 === 0 ? `${minutes / 60}-hour` : `${Math.round(minutes)}-minute`;
}
/**
* Reads one limit.
* @param nowMs Milliseconds since the epoch: a window whose reset is past does not block.
* @param reached True when the backend says that the limit is reached: then the window that is used most blocks, even below 100 %.
*/
function planLimit(snapshot, nowMs, reached = false) {
	const read = (window, place) => window === null ? [] : [{
		name: windowName(window.windowMinutes) ?? place,
		minutes: window.windowMinutes,
		usedPercent: window.usedPercent,
		resetsAtMs: window.resetsAtMs,
		blocks: window.usedPercent >= 100 && (window.resetsAtMs === null || window.resetsAtMs > nowMs)
	}];
	const windows = [...read(snapshot.primary, "primary"), ...read(snapshot.secondary, "secondary")];
	if (reached && !windows.some((window) => window.blocks)) markMostUsed(windows);
	const blockedBy = windows.filter((window) => window.blocks).toSorted((a, b) => resetOf(b) - resetOf(a))[0] ?? null;
	return {
		id: snapshot.limitId ?? "codex",
		windows,
		blockedBy
	};
}
function markMostUsed(windows) {
	const most = Math.max(...windows.map((window) => window.usedPercent));
	const index = windows.findIndex((window) => window.usedPercent === most);
	const found = windows[index];
	if (found !== void 0) windows[index] = {
		...found,
		blocks: true
	};
}
/** A window of which nobody knows when it is reset may hold longest. */
function resetOf(window) {
	return window.resetsAtMs ?? Number.POSITIVE_INFINITY;
}

// packages/planport/src/upstream/failure.ts
/**
* Typed errors from what the backend answered or streamed (openai/codex `codex-rs/codex-api/src/api_bridge.rs`,
* `codex-rs/codex-api/src/sse/responses.rs`).
* @module
*/
/** Codes that mean the same wherever they stand (HTTP body or stream). */
const CODE_MEANINGS = {
	context_length_exceeded: "context_length_exceeded",
	insufficient_quota: "quota_exceeded",
	organization_spend_limit_exceeded: "quota_exceeded",
	invalid_prompt: "upstream_invalid_request",
	invalid_image: "upstream_invalid_request",
	invalid_request_error: "upstream_invalid_request",
	previous_response_not_found: "upstream_invalid_request",
	cyber_policy: "content_refused",
	bio_policy: "content_refused",
	misalignment_policy_violation: "content_refused",
	content_policy_violation: "content_refused",
	moderation_blocked: "content_refused",
	model_not_found: "model_not_found",
	server_is_overloaded: "upstream_overloaded",
	policy_capacity_unavailable: "upstream_overloaded",
	rate_limit_exceeded: "rate_limited",
	slow_down: "rate_limited"
};
const LIMIT_CODES = /* @__PURE__ */ new Set(["usage_limit_reached", "usage_not_included"]);
const UNSUPPORTED_MODEL = /model is not supported|model .{0,120}(does not exist|is not available|not found)/i;
/** The error for an answer that is not a 2xx, or for a 2xx that holds a JSON document in place of a stream. */
function failureFromHttp(answer, context) {
	const facts = readFailureBody(answer.body, context.nowMs);
	const cause = causeOf(answer, facts);
	const retryAfterMs = waitFromHeaders(answer.headers, context.nowMs) ?? facts.retryAfterMs;
	if (isBlockedByCloudflare(answer)) return challenged(cause, context);
	if (answer.status === 401) return rejected(facts, cause, context);
	const code = codeForStatus(answer.status, facts);
	if (code === "access_denied") return new CredentialError("access_denied", sentence(`The backend refuses this account (HTTP 403 at ${context.place})`, facts.message), { cause });
	const body = looksLikeHtml(answer.body) ? null : keptBody(answer.body);
	return upstreamError(code, withWindow(facts, answer.headers, context), {
		...cause,
		body
	}, retryAfterMs, context);
}
/**
* The error that an event stands for; null when it is no failure. `response.incomplete` is none: the answer is only shorter.
* @param headers Of the answer that streams, names in lower case.
* @param getContext Called for failures alone, so that other events cost nothing.
*/
function failureFromEvent(event, headers, getContext) {
	let error;
	if (event.type === "response.failed") error = isJsonObject(event["response"]) ? event["response"]["error"] : null;
	else if (event.type === "error") error = event["error"] ?? event;
	else return null;
	const context = getContext();
	const read = readFailureObject(error, context.nowMs);
	const facts = event.type === "error" && read.type === "error" ? {
		...read,
		type: null
	} : read;
	const cause = causeOf({
		status: null,
		headers
	}, facts);
	const name = facts.code ?? facts.type;
	const code = limitOf(facts) ?? (name === null ? void 0 : CODE_MEANINGS[name]) ?? "upstream_failed";
	const body = error == null ? null : keptBody(JSON.stringify(error));
	return upstreamError(code, withWindow(facts, headers, context), {
		...cause,
		body
	}, facts.retryAfterMs, context);
}
function withWindow(facts, headers, { nowMs }) {
	const snapshot = limitOf(facts) === void 0 ? null : usageFromHeaders(headers);
	if (snapshot === null) return {
		...facts,
		window: null
	};
	const { windows, blockedBy } = planLimit(snapshot, nowMs, true);
	const window = windows.find(({ resetsAtMs }) => resetsAtMs !== null && isNear(resetsAtMs, facts.resetsAtMs)) ?? blockedBy;
	if (window === null) return {
		...facts,
		window: null
	};
	const { name, minutes } = window;
	return {
		...facts,
		resetsAtMs: facts.resetsAtMs ?? window.resetsAtMs,
		window: {
			name,
			minutes
		}
	};
}
const SAME_RESET_MS = 12e4;
function isNear(oneMs, otherMs) {
	return otherMs !== null && Math.abs(oneMs - otherMs) <= SAME_RESET_MS;
}
function codeForStatus(status, facts) {
	if (status < 300) return limitOf(facts) ?? meaning(facts) ?? "upstream_failed";
	if (status === 429) {
		if (facts.type === "usage_limit_reached" || facts.type === "usage_not_included") return facts.type;
		if (facts.code === "usage_limit_reached" && facts.resetsAtMs !== null) return facts.code;
		return meaning(facts) === "quota_exceeded" ? "quota_exceeded" : "rate_limited";
	}
	const meant = meaning(facts);
	if (meant !== void 0 && (status < 500 || meant === "upstream_overloaded" || meant === "rate_limited")) return meant;
	if (status === 400 || status === 404) {
		if (UNSUPPORTED_MODEL.test(facts.message)) return "model_not_found";
		return status === 400 ? "upstream_invalid_request" : "upstream_refused";
	}
	if (status === 403) return "access_denied";
	if (status === 402) return "quota_exceeded";
	if (status === 413 || status === 415 || status === 422) return "upstream_invalid_request";
	if (status === 503 || status === 529) return "upstream_overloaded";
	return status >= 500 || status === 408 || status === 409 ? "upstream_failed" : "upstream_refused";
}
function limitOf(facts) {
	return [facts.code, facts.type].find((one) => LIMIT_CODES.has(one));
}
function meaning(facts) {
	return facts.code === null ? void 0 : CODE_MEANINGS[facts.code];
}
/** What planport has no better word for: the backend's own are then all there is to go by. */
const UNKNOWN = /* @__PURE__ */ new Set(["upstream_failed", "upstream_refused"]);
function upstreamError(code, facts, { body, ...known }, retryAfterMs, context) {
	const cause = UNKNOWN.has(code) && body != null ? {
		...known,
		body
	} : known;
	const wait = retryAfterMs === null ? {} : { retryAfterMs };
	if (code === "usage_limit_reached" || code === "usage_not_included") {
		const untilResetMs = facts.resetsAtMs === null ? null : Math.max(0, facts.resetsAtMs - context.nowMs);
		return new UpstreamError(code, describeLimit(code, facts, context.nowMs), {
			cause: {
				...cause,
				planType: facts.planType,
				resetsAtMs: facts.resetsAtMs,
				window: facts.window
			},
			...untilResetMs === null ? wait : { retryAfterMs: untilResetMs }
		});
	}
	return new UpstreamError(code, messageFor(code, facts, cause, retryAfterMs, context), {
		cause,
		...wait
	});
}
function messageFor(code, facts, cause, retryAfterMs, context) {
	const where = cause.status === null ? "in its stream" : `with HTTP ${cause.status}`;
	switch (code) {
		case "model_not_found": {
			const known = context.knownModels.length === 0 ? "" : ` Models of this account: ${context.knownModels.join(", ")}.`;
			return sentence(`The model "${context.model ?? "?"}" is not available to this account`, facts.message) + known;
		}
		case "upstream_invalid_request":
		case "context_length_exceeded":
		case "content_refused": return facts.message === "" ? `The backend refused the request ${where} and gave no reason.` : facts.message;
		case "quota_exceeded": return sentence("The account's quota or credits are used up", facts.message);
		case "rate_limited": return sentence("The backend asks to slow down", facts.message) + adviceToWait(retryAfterMs, facts.message);
		case "upstream_overloaded": return sentence("The backend is overloaded", facts.message) + adviceToWait(retryAfterMs, facts.message);
		default:
			if (cause.status === 404) return `${sentence(`There is nothing at ${context.place} (HTTP 404)`, facts.message)} Is the base URL right?`;
			if (cause.status !== null && cause.status < 300) return sentence(`The backend answered with a JSON document in place of a stream (HTTP ${cause.status})`, facts.message);
			if (isCloudflareOriginError(cause.status)) return sentence(`Cloudflare got no answer from the backend (HTTP ${cause.status})`, facts.message);
			return sentence(`The backend failed ${where}`, facts.message === "" ? excerpt(cause.body ?? "") : facts.message);
	}
}
function challenged(cause, context) {
	const ray = cause.cfRay === null ? "" : ` (cf-ray ${cause.cfRay})`;
	return new UpstreamError("upstream_challenged", `Cloudflare, in front of ${context.place.split("/")[0] ?? ""}, answered with a web page instead of letting the call through${ray}. Try another network: VPNs, data centres and some countries are blocked.`, { cause });
}
const REMEDIES = {
	chatgpt: "Sign in again with `planport login`.",
	personalAccessToken: "Mint a new Codex access token and put it into CODEX_ACCESS_TOKEN; it may be revoked or expired.",
	external: "The program that supplies the token has to supply a new one.",
	apiKey: "The API key is mistyped or was revoked: make another at https://platform.openai.com/api-keys and use that."
};
function rejected(facts, cause, context) {
	const head = sentence("The backend did not accept the credential (HTTP 401)", facts.message);
	return new CredentialError("credential_rejected", `${head} ${REMEDIES[context.kind]}`, { cause });
}
/** `head: detail.` with just one mark at its end. */
function sentence(head, detail) {
	const text = detail.replace(/[.:;,\s]+$/, "");
	if (text === "") return `${head}.`;
	return `${head}: ${text}${/[!?…]$/.test(text) ? "" : "."}`;
}
/** How long to wait, unless the backend's own words say so. */
function adviceToWait(retryAfterMs, message) {
	if (retryAfterMs === null || retryAfterMs < 1e3 || /try again (in|after|at)\b/i.test(message)) return "";
	return ` Try again in ${waitInWords(retryAfterMs)}.`;
}
function causeOf(answer, facts) {
	const { headers } = answer;
	return {
		status: answer.status,
		upstreamCode: facts.code ?? facts.type ?? codeInHeader(headers["x-error-json"]),
		requestId: headers["x-request-id"] ?? headers["x-oai-request-id"] ?? null,
		cfRay: headers["cf-ray"] ?? null,
		systemCode: null
	};
}
/** Some refusals say their code in a header alone: base64 of `{"error":{"code":…}}`. */
function codeInHeader(value) {
	if (value === void 0 || value.length > 8192) return null;
	const json = tryParseJson(Buffer.from(value, "base64").toString("utf8"));
	return isJsonObject(json) ? readFailureObject(json["error"], 0).code : null;
}

// packages/planport/src/upstream/headers.ts
const MAX_ID_CHARS = 200;
/**
* Headers that say who calls. OpenAI's plain API is told nothing of what only the Codex backend knows.
* @param grant Null for a call without a credential.
*/
function accountHeaders(grant, facts) {
	if (grant?.kind === "apiKey") return {
		authorization: `Bearer ${grant.bearer.reveal()}`,
		"user-agent": facts.identity.userAgent,
		accept: "application/json"
	};
	const headers = {
		...grant !== null && { authorization: `Bearer ${grant.bearer.reveal()}` },
		originator: facts.identity.originator,
		"user-agent": facts.identity.userAgent,
		version: facts.clientVersion,
		accept: "application/json"
	};
	if (grant !== null && grant.accountId !== null) headers["chatgpt-account-id"] = headerSafe(grant.accountId);
	if (grant?.fedramp === true) headers["x-openai-fedramp"] = "true";
	return headers;
}
/** Headers of `POST /responses`. */
function responsesHeaders(grant, facts) {
	const headers = accountHeaders(grant, facts);
	const threadId = headerSafe(facts.threadId).slice(0, MAX_ID_CHARS);
	headers["accept"] = "text/event-stream";
	headers["accept-encoding"] = "identity";
	headers["content-type"] = "application/json";
	headers["x-client-request-id"] = threadId;
	if (grant?.kind === "apiKey") return headers;
	headers["session-id"] = threadId;
	headers["thread-id"] = threadId;
	headers["x-codex-routing-hint"] = routingHint(facts);
	if (facts.lite) headers["x-openai-internal-codex-responses-lite"] = "true";
	if (facts.routingOverride !== null) headers["x-openai-account-routing-override"] = facts.routingOverride;
	if (facts.turnState !== null) headers["x-codex-turn-state"] = headerSafe(facts.turnState);
	return headers;
}
function routingHint(facts) {
	const tier = facts.serviceTier === null ? "" : `;tier=${facts.serviceTier}`;
	return headerSafe(`model=${facts.model}${tier}`).slice(0, MAX_ID_CHARS);
}

// packages/planport/src/upstream/join-signals.ts
/**
* Joins two signals. Not `AbortSignal.any`: its result may be collected on Node 20 while somebody waits for it, and on
* a signal that lives long it leaves something behind with every call.
*/
function joinSignals(one, other) {
	const controller = new AbortController();
	const signals = one === void 0 ? [other] : [one, other];
	const onAbort = () => controller.abort();
	for (const signal of signals) if (signal.aborted) onAbort();
	else signal.addEventListener("abort", onAbort, { once: true });
	return {
		signal: controller.signal,
		release() {
			for (const signal of signals) signal.removeEventListener("abort", onAbort);
		}
	};
}

// packages/planport/src/upstream/platform-models.ts
/**
* The models of OpenAI's plain API (`GET /v1/models`) as a catalogue. That list tells names and dates and nothing else.
* @module
*/
/** Families that do not answer with text. They are listed, but not offered: a call of one is for OpenAI to refuse. */
const NOT_FOR_TEXT = /embedding|whisper|tts|transcribe|diarize|moderation|dall-e|image|sora|realtime|audio|davinci|babbage|-instruct/;
/** Comes after what the built-in catalogue knows. */
const UNKNOWN_PRIORITY = 1e3;
/**
* Reads the list. Models that the built-in catalogue knows come first and keep its order, the others after them, the
* newest first. Null when there is no list of models in it.
*/
function parsePlatformModels(text) {
	const body = tryParseJson(text);
	const list = isJsonObject(body) ? body["data"] : void 0;
	if (!Array.isArray(list)) return null;
	const found = list.filter(isJsonObject).flatMap((entry) => {
		const id = asString(entry["id"]);
		if (id === void 0 || id === "") return [];
		return [{
			id,
			created: asNumber(entry["created"]) ?? 0,
			ownedBy: asString(entry["owned_by"]) ?? "openai"
		}];
	});
	if (found.length === 0) return null;
	const known = new Map(snapshotCatalogue().models.map((model) => [model.slug, model]));
	return { models: found.toSorted((a, b) => b.created - a.created).map(({ id, created, ownedBy }, index) => {
		const model = known.get(id);
		return {
			slug: id,
			display_name: id,
			visibility: NOT_FOR_TEXT.test(id) ? "hide" : model?.visibility ?? "list",
			supported_in_api: true,
			priority: model?.priority ?? UNKNOWN_PRIORITY + index,
			supported_reasoning_levels: [],
			created,
			owned_by: ownedBy
		};
	}) };
}

// packages/planport/src/upstream/routing.ts
/**
* Workspace routing: which origin serves an account's model calls (openai/codex `codex-rs/backend-client/src/client.rs`).
* @module
*/
/** The route of calls whose base URL was given outright. */
const DIRECT_ROUTE = {
	origin: null,
	override: null
};
/** Callers whose own credentials are passed on choose what they are known by: the oldest gives way to the newest. */
const MAX_ROUTES = 1e3;
/** Makes a finder. Calls that come while the answer is on its way share it. */
function createRouteFinder(fetchAccounts) {
	const routes = /* @__PURE__ */ new Map();
	return { find(grant) {
		const key = keyOf(grant);
		const known = routes.get(key);
		if (known !== void 0) return known;
		const fresh = fetchAccounts(grant).then((text) => readRoute(text, grant.accountId));
		const [oldest] = routes.keys();
		if (routes.size >= MAX_ROUTES && oldest !== void 0) routes.delete(oldest);
		routes.set(key, fresh);
		fresh.catch(() => {
			if (routes.get(key) === fresh) routes.delete(key);
		});
		return fresh;
	} };
}
/** Where nothing says whose a bearer is, only the same one has the same route. */
function keyOf({ accountId, userId, bearer }) {
	if (accountId !== null || userId !== null) return `${accountId ?? ""}|${userId ?? ""}`;
	return createHash("sha256").update(bearer.reveal(), "utf8").digest("hex");
}
/**
* Reads the answer of `accounts/check`.
* @throws {UpstreamError} `routing_failed`
*/
function readRoute(text, accountId) {
	const body = tryParseJson(text);
	const accounts = isJsonObject(body) ? body["accounts"] : void 0;
	if (!isJsonObject(body) || !Array.isArray(accounts)) throw failed("the answer has no list of accounts");
	const wanted = accountId ?? body["default_account_id"];
	const matches = accounts.filter((account) => isJsonObject(account) && account["id"] === wanted);
	const [account] = matches;
	if (!isJsonObject(account)) throw failed("the account of this credential is not in the answer");
	if (matches.length > 1) throw failed("the account of this credential is in the answer more than once");
	return {
		origin: readOrigin(account["workspace_backend_origin"]),
		override: readOverride(account["account_routing_override"])
	};
}
function readOrigin(value) {
	if (value === "NO_CONSTRAINT") return null;
	const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
	if (url === null) throw failed("workspace_backend_origin is missing or no URL");
	if (!(url.protocol === "https:" && url.pathname === "/" && url.search === "" && url.hash === "") || url.username !== "" || url.password !== "") throw failed("workspace_backend_origin is not an https origin");
	return url.origin;
}
function readOverride(value) {
	if (value === "NO_CONSTRAINT") return null;
	if (value === "us" || value === "us_cr") return value;
	throw failed("account_routing_override is missing or has a value that this planport does not know");
}
function failed(reason) {
	return new UpstreamError("routing_failed", `Could not find out which server serves this workspace: ${reason}. An explicit base URL (CODEX_BASE_URL) skips this step.`);
}
/** The `routing_failed` that stands for a failed call of `accounts/check`. */
function routingFailure(error) {
	const facts = error.cause;
	return new UpstreamError("routing_failed", `Could not find out which server serves this workspace: ${error.message}`, {
		...facts !== void 0 && { cause: facts },
		...error.retryAfterMs !== null && { retryAfterMs: error.retryAfterMs }
	});
}

// packages/planport/src/upstream/account-calls.ts
const TIMEOUT_MS = 15e3;
/** Fetches the model list of a grant's account, or of an API key. */
async function fetchCatalogue(context, endpoints, grant) {
	const isPlatform = endpoints.route === "platform";
	const query = isPlatform ? "" : `?client_version=${encodeURIComponent(context.clientVersion)}`;
	const { text, etag } = await getText(context, endpoints.models + query, grant, void 0);
	const catalogue = isPlatform ? parsePlatformModels(text) : parseCatalogue(text);
	if (catalogue === null) throw malformed("The backend's model list holds no models.");
	return {
		catalogue,
		etag
	};
}
/** Fetches the plan's limits. */
async function fetchUsage(context, url, grant, signal) {
	const body = tryParseJson((await getText(context, url, grant, signal)).text);
	if (!isJsonObject(body)) throw malformed("The backend's answer about usage is not a JSON object.");
	return body;
}
/**
* Fetches the text of `accounts/check`.
* @throws {UpstreamError} `routing_failed`; `upstream_unreachable` as it is, since it names host and reason already.
* @throws {CredentialError} `credential_rejected` on a 401.
*/
async function fetchAccounts(context, url, grant) {
	try {
		return (await getText(context, url, grant, void 0)).text;
	} catch (error) {
		throw isPlanportError(error) && KEPT_BY_ROUTING.has(error.code) || !isPlanportError(error) ? error : routingFailure(error);
	}
}
const KEPT_BY_ROUTING = /* @__PURE__ */ new Set([
	"credential_rejected",
	"access_denied",
	"credential_wrong_route",
	"upstream_unreachable",
	"upstream_challenged"
]);
async function getText(context, url, grant, signal) {
	assertRoute(grant.kind, url);
	const joined = joinSignals(signal, context.closing);
	const response = await context.http.fetch(url, {
		headers: accountHeaders(grant, context),
		timeoutMs: TIMEOUT_MS,
		signal: joined.signal
	}).finally(joined.release);
	const text = await response.text();
	if (response.ok) return {
		text,
		etag: response.headers.get("etag")
	};
	const { host, pathname } = new URL(url);
	throw failureFromHttp({
		status: response.status,
		headers: Object.fromEntries(response.headers),
		body: text
	}, {
		nowMs: context.now(),
		kind: grant.kind,
		model: null,
		knownModels: [],
		place: host + pathname
	});
}
function malformed(message) {
	return new UpstreamError("upstream_malformed", message);
}

// packages/planport/src/upstream/client-version.ts
/**
* The Codex version that planport keeps step with.
* @module
*/
/** The Codex release whose wire contract planport follows. The backend decides by it which models it lists. */
const CODEX_CLIENT_VERSION = "0.169.0";

export { Catalogue as _, DIRECT_ROUTE as a, responsesHeaders as c, usageFromHeaders as d, looksLikeHtml as f, resolveEndpoints as g, moveToOrigin as h, fetchUsage as i, failureFromEvent as l, assertRoute as m, fetchAccounts as n, createRouteFinder as o, assertGrant as p, fetchCatalogue as r, accountHeaders as s, CODEX_CLIENT_VERSION as t, failureFromHttp as u, visibleSlugs as v };