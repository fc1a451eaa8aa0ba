// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { t as __exportAll } from "./rolldown-runtime.mjs";
import { arch, release, type } from "node:os";

// packages/planport/src/redact.ts
/**
* What a token looks like, and how it is taken out of a text before anybody reads it.
*
* Every pattern takes linear time on any input: nothing that may repeat without end stands before something that may fail,
* and what may fail is bounded in length. Redacting twice gives what redacting once gives.
* @module
*/
/** What stands in the place of a secret. */
const REDACTED$1 = "[redacted]";
/** A text is cut to this many times its bound before it is searched, so that a huge one costs little. */
const SEARCHED_BOUNDS = 16;
/**
* Where a token may start: not in the middle of a word (`part-time-worker`), unless that "word" is a percent-encoded
* character, an escape of JSON, or a colour of a terminal.
*/
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|\[[\d;]{0,8}m))`;
/** Ends a word that is spared: a longer run that merely begins like one is not. */
const WORD_END = String.raw`(?![\w~+/=%-]|\.\w)`;
const BEARER = new RegExp(String.raw`(bearer(?:\s+|%20|\+))(?!(?:${"auth|authentication|authorization|tokens?|credentials?|headers?|scheme|basic|bearer|or|and|is|was|are|in|of|for|not|must|has|required|missing|expired|invalid"})${WORD_END}|(?:realm|scope|error|error_description)=["']|<[a-z_-]{1,20}>)[^\s"',;…]+`, "gi");
/** "basic" is an ordinary word, so only what is no word after it is taken. A real one nearly always has a digit or capital. */
const BASIC = new RegExp(String.raw`(?<![A-Za-z])((?:[Bb]asic|BASIC)(?:\s+|%20|\+))(?![A-Za-z]?[a-z]{0,14}${WORD_END})[^\s"',;…]+`, "g");
/** Parameters of a query or a form, bare or percent-encoded. */
const PARAMETER = /((?:token|secret|password|passwd|code_verifier|api[_-]?key|(?:(?<![\w-])|(?<=%[0-9a-f]{2}))key)(?:=|%3D))[^\s&"'<>;,…]+/gi;
/** The same as a field of JSON, also of JSON in a string. Not `key`, which is a word there. */
const FIELD = /((?:token|secret|password|passwd|code_verifier|api[_-]?key)\\?["']\s{0,8}:\s{0,8}\\?["'])[^\s&"'<>;,…]+/gi;
/** An authorization code. A short value is a status, and `refresh_token_reused` or `ECONNREFUSED` is the name of an error. */
const CODE = new RegExp(String.raw`(${START}[Cc]ode(?:=|%3D))(?=[^\s&"'<>;,…[]{12})(?!(?:[a-z]{2,}(?:_[a-z]*)+|[A-Z][A-Z_]*)${WORD_END})[^\s&"'<>;,…]+`, "g");
/** A few plain words: `at-least-once`, `sess_expired`. */
const WORDS = String.raw`[a-z]{1,15}(?:[-_][a-z]{1,15}){0,6}(?![\w~+=-])`;
/**
* JWTs (base64url of `{"`; anywhere when the usual names of a header follow), Codex access and refresh tokens,
* authorization codes, keys and session keys of OpenAI, tokens of GitHub.
*/
const TOKEN = new RegExp([String.raw`eyJ(?:hbGci|0eXAi|raWQi|lbmMi)[\w-]*(?:\.[\w-]*)*`, String.raw`${START}(?:${[
	String.raw`eyJ[\w-]{4,}(?:\.[\w-]*)*`,
	String.raw`(?:rt|sk|gh[a-z]|github_pat)[-_][\w.~+/=-]{8,}`,
	String.raw`(?:o?at|ort|ac|sess)[-_](?!${WORDS})[\w.~+/=-]{8,}`,
	String.raw`rt\.(?:\d{1,3}\.[\w-]{6,}|[\w-]{20,})[\w.~+/=-]*`
].join("|")})`].join("|"), "g");
/** Name and password in a URL (RFC 3986 §3.2.1). */
const USER_INFO = /(:\/\/)[^\s/?#@:"'<>]*:[^\s/?#@"'<>]*@/g;
const RUN = /[A-Za-z0-9+/_=.-]{17,}/g;
/** UUIDs and the ids of requests, which a report needs. */
const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|req_[0-9a-z-]{8,64}/gi;
/** What names, paths, hosts and versions are made of. */
const WORD = /^(?:[A-Za-z0-9]{0,7}|[A-Za-z]?[a-z]{0,20}|[A-Z]{0,20}|\d{0,13})$/;
/**
* The text with everything token-like replaced by `[redacted]`: JWTs, tokens known by their prefix, what stands after
* `Bearer` and `Basic`, parameters and JSON fields that hold secrets, the password of a URL.
*/
function redactText(text, options = {}) {
	const { maxChars = Number.POSITIVE_INFINITY, opaque = false } = options;
	const searched = head(text, maxChars * SEARCHED_BOUNDS);
	return bounded(replaceTokens(searched, opaque), maxChars, searched !== text);
}
/**
* One printable, redacted line of at most `maxChars` UTF-16 code units, to which one `…` comes when something was cut: runs
* of blanks, control and format characters become one space each.
*/
function oneLine(text, maxChars, options = {}) {
	const searched = head(text, maxChars * SEARCHED_BOUNDS);
	return bounded(replaceTokens(searched.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, " "), options.opaque ?? false).trim(), maxChars, searched !== text);
}
function replaceTokens(text, opaque) {
	const clean = text.replaceAll(BEARER, `$1${REDACTED$1}`).replaceAll(BASIC, `$1${REDACTED$1}`).replaceAll(PARAMETER, `$1${REDACTED$1}`).replaceAll(FIELD, `$1${REDACTED$1}`).replaceAll(CODE, `$1${REDACTED$1}`).replaceAll(TOKEN, REDACTED$1);
	return (opaque ? clean.replaceAll(RUN, (run) => isOpaque(run) ? REDACTED$1 : run) : clean).replaceAll(USER_INFO, `$1${REDACTED$1}@`);
}
/** True for a run of 28 characters, or of two long parts with a dot between, that is not made of words, numbers and ids. */
function isOpaque(run) {
	if (run.length < 28 && !/[\w-]{8}\.[\w-]{8}/.test(run)) return false;
	return !run.replaceAll(ID, "").split(/[+/_=.-]/).every((part) => WORD.test(part));
}
function bounded(text, maxChars, wasCut) {
	const kept = head(text, maxChars);
	return wasCut || kept !== text ? `${kept}…` : text;
}
/** What a token can be made of; all that ends a value in the patterns above is missing. */
const TOKEN_CHARACTER = /[!#-%(-+\--:=?-~]/;
/**
* The start of a text. A run of characters that the cut goes through is left out as a whole, because half a token may have
* no token's shape.
*/
function head(text, maxChars) {
	if (text.length <= maxChars) return text;
	let end = maxChars;
	if (TOKEN_CHARACTER.test(text.charAt(end))) while (end > 0 && TOKEN_CHARACTER.test(text.charAt(end - 1))) end -= 1;
	if (/^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(end - 1, end + 1))) end -= 1;
	return text.slice(0, end);
}
/** What of a foreign error is kept beside its name, message and stack when it has to be copied. */
const PLAIN_FIELDS = [
	"code",
	"errno",
	"syscall",
	"address",
	"port",
	"path"
];
const SECRET_FIELD = /(?:token|secret|password|authorization|verifier|cookie|api[-_]?key)$/i;
const MAX_DEPTH = 4;
const MAX_FIELDS = 64;
/**
* The value itself when nothing in it looks like a token; else a copy without: a text redacted, an error with its name,
* message, stack, codes and causes redacted and nothing else of what it carried. Libraries put what they were given into
* their errors (`JSON.parse` quotes its input, `new URL` keeps it). Never throws.
*/
function withoutTokens(value) {
	try {
		return holdsToken(value, 0, /* @__PURE__ */ new Set()) ? cleanCopy(value, 0) : value;
	} catch {
		return "[unreadable]";
	}
}
function holdsToken(value, depth, seen) {
	if (typeof value === "string") return redactText(value) !== value;
	if (typeof value !== "object" || value === null || seen.has(value)) return false;
	seen.add(value);
	const names = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value);
	if (depth > MAX_DEPTH || names.length > MAX_FIELDS) return true;
	return names.some((name) => {
		const field = Reflect.get(value, name);
		return redactText(name) !== name || isNamedSecret(name, field) || holdsToken(field, depth + 1, seen);
	});
}
function cleanCopy(value, depth) {
	if (typeof value === "string") return redactText(value);
	if (typeof value !== "object" || value === null) return typeof value === "function" ? "[function]" : value;
	if (depth > MAX_DEPTH) return "[deep]";
	if (value instanceof Error) return cleanError(value, depth);
	if (Array.isArray(value)) return value.slice(0, MAX_FIELDS).map((entry) => cleanCopy(entry, depth + 1));
	if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return "[object]";
	const fields = Object.entries(value).slice(0, MAX_FIELDS);
	return Object.fromEntries(fields.map(([name, entry]) => [redactText(name), isNamedSecret(name, entry) ? REDACTED$1 : cleanCopy(entry, depth + 1)]));
}
/** A text of whatever shape, under a name that says what it is. */
function isNamedSecret(name, value) {
	return typeof value === "string" && SECRET_FIELD.test(name);
}
function cleanError(error, depth) {
	const copy = new Error(redactText(error.message));
	const set = (name, value) => void Object.defineProperty(copy, name, {
		value,
		configurable: true,
		writable: true
	});
	set("name", redactText(error.name));
	set("stack", redactText(error.stack ?? ""));
	for (const name of PLAIN_FIELDS) {
		const field = Reflect.get(error, name);
		if (typeof field === "number" || typeof field === "string") set(name, cleanCopy(field, depth));
	}
	if (error.cause !== void 0 && depth < MAX_DEPTH) set("cause", cleanCopy(error.cause, depth + 1));
	return copy;
}

// packages/planport/src/errors.ts
/**
* Every way planport can fail, in one table: a stable `code`, the HTTP status a gateway answers with, whether
* trying again can help, and the `error.type` of the OpenAI error body. Codes and statuses are public API.
* @module
*/
/** The table. A frozen copy of it stands in the tests; changing a row is a breaking change. */
const errorTable = {
	credential_missing: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	credential_malformed: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	credential_unreadable: {
		family: "credential",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	credential_unsupported: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	credential_rejected: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	credential_wrong_route: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	refresh_rejected: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	refresh_interrupted: {
		family: "credential",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	refresh_unavailable: {
		family: "credential",
		status: 503,
		retryable: true,
		type: "server_error"
	},
	workspace_forbidden: {
		family: "credential",
		status: 403,
		retryable: false,
		type: "permission_error"
	},
	access_denied: {
		family: "credential",
		status: 403,
		retryable: false,
		type: "permission_error"
	},
	keyring_unavailable: {
		family: "credential",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	store_write_failed: {
		family: "credential",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	sign_in_failed: {
		family: "signIn",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	sign_in_cancelled: {
		family: "signIn",
		status: 499,
		retryable: false,
		type: "authentication_error"
	},
	sign_in_timeout: {
		family: "signIn",
		status: 408,
		retryable: false,
		type: "authentication_error"
	},
	sign_in_port_in_use: {
		family: "signIn",
		status: 500,
		retryable: false,
		type: "authentication_error"
	},
	sign_in_state_mismatch: {
		family: "signIn",
		status: 400,
		retryable: false,
		type: "authentication_error"
	},
	sign_in_unavailable: {
		family: "signIn",
		status: 503,
		retryable: true,
		type: "authentication_error"
	},
	oauth_provider_unknown: {
		family: "signIn",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	usage_limit_reached: {
		family: "upstream",
		status: 429,
		retryable: false,
		type: "usage_limit_reached"
	},
	usage_not_included: {
		family: "upstream",
		status: 429,
		retryable: false,
		type: "usage_not_included"
	},
	quota_exceeded: {
		family: "upstream",
		status: 429,
		retryable: false,
		type: "insufficient_quota"
	},
	rate_limited: {
		family: "upstream",
		status: 429,
		retryable: true,
		type: "rate_limit_error"
	},
	upstream_invalid_request: {
		family: "upstream",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	context_length_exceeded: {
		family: "upstream",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	content_refused: {
		family: "upstream",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	model_not_found: {
		family: "upstream",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	upstream_overloaded: {
		family: "upstream",
		status: 503,
		retryable: true,
		type: "server_error"
	},
	upstream_failed: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	upstream_refused: {
		family: "upstream",
		status: 502,
		retryable: false,
		type: "server_error"
	},
	upstream_unreachable: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	upstream_challenged: {
		family: "upstream",
		status: 502,
		retryable: false,
		type: "server_error"
	},
	upstream_malformed: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	stream_interrupted: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	stream_idle: {
		family: "upstream",
		status: 504,
		retryable: true,
		type: "server_error"
	},
	upstream_timeout: {
		family: "upstream",
		status: 504,
		retryable: false,
		type: "server_error"
	},
	routing_failed: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	app_server_refused: {
		family: "upstream",
		status: 502,
		retryable: false,
		type: "server_error"
	},
	app_server_gone: {
		family: "upstream",
		status: 502,
		retryable: true,
		type: "server_error"
	},
	request_malformed: {
		family: "request",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	request_invalid: {
		family: "request",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	body_too_large: {
		family: "request",
		status: 413,
		retryable: false,
		type: "invalid_request_error"
	},
	content_type_unsupported: {
		family: "request",
		status: 415,
		retryable: false,
		type: "invalid_request_error"
	},
	host_forbidden: {
		family: "request",
		status: 403,
		retryable: false,
		type: "permission_error"
	},
	origin_forbidden: {
		family: "request",
		status: 403,
		retryable: false,
		type: "permission_error"
	},
	gateway_key_invalid: {
		family: "request",
		status: 401,
		retryable: false,
		type: "authentication_error"
	},
	previous_response_not_found: {
		family: "request",
		status: 400,
		retryable: false,
		type: "invalid_request_error"
	},
	not_found: {
		family: "request",
		status: 404,
		retryable: false,
		type: "invalid_request_error"
	},
	method_not_allowed: {
		family: "request",
		status: 405,
		retryable: false,
		type: "invalid_request_error"
	},
	not_supported: {
		family: "request",
		status: 501,
		retryable: false,
		type: "invalid_request_error"
	},
	cancelled: {
		family: "request",
		status: 499,
		retryable: false,
		type: "invalid_request_error"
	},
	config_invalid: {
		family: "config",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	port_in_use: {
		family: "config",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	listen_refused: {
		family: "config",
		status: 500,
		retryable: false,
		type: "server_error"
	},
	internal: {
		family: "config",
		status: 500,
		retryable: false,
		type: "server_error"
	}
};
/**
* Base of all errors that planport throws on purpose. Its message is fit for an end user and holds no secret: what looks
* like a token is struck out of it, and out of its cause.
*/
var PlanportError = class extends Error {
	name = "PlanportError";
	code;
	/** HTTP status a gateway answers with. */
	status;
	/** True when the same call may succeed later without any change. */
	retryable;
	/** `error.type` of the OpenAI error body. */
	type;
	/** How long to wait before another try, in milliseconds; null when nobody said. */
	retryAfterMs;
	constructor(code, message, options = {}) {
		super(redactText(message), options.cause === void 0 ? void 0 : { cause: withoutTokens(options.cause) });
		const spec = errorTable[code];
		this.code = code;
		this.status = options.status ?? spec.status;
		this.retryable = options.retryable ?? spec.retryable;
		this.type = spec.type;
		this.retryAfterMs = options.retryAfterMs ?? null;
	}
};
/** A credential is missing, unusable, or was refused. */
var CredentialError = class extends PlanportError {
	name = "CredentialError";
};
/** A sign-in did not come to its end. */
var SignInError = class extends PlanportError {
	name = "SignInError";
};
/** The backend refused, failed, or could not be reached. */
var UpstreamError = class extends PlanportError {
	name = "UpstreamError";
};
/** The request that came in cannot be served as it stands. */
var RequestError = class extends PlanportError {
	name = "RequestError";
};
/** planport is set up in a way that cannot work, or met a fault of its own (`internal`). */
var ConfigError = class extends PlanportError {
	name = "ConfigError";
};
/** True for errors of planport, also for those of another copy of this package in the same process. */
function isPlanportError(value) {
	return value instanceof Error && "code" in value && typeof value.code === "string" && Object.hasOwn(errorTable, value.code) && "retryAfterMs" in value;
}
/** What an error says of trying again, for another one about the same trouble; nothing for what is none of planport's. */
function retryOf(error) {
	if (!isPlanportError(error)) return {};
	const { retryAfterMs, retryable } = error;
	return {
		...retryAfterMs !== null && { retryAfterMs },
		...!retryable && { retryable }
	};
}
/** Wraps anything thrown: planport's own errors unchanged, an abort as `cancelled`, the rest as `internal`. */
function toPlanportError(value) {
	if (isPlanportError(value)) return value;
	if (value instanceof Error && value.name === "AbortError") return new RequestError("cancelled", "The request was cancelled.");
	return new ConfigError("internal", "planport met an unexpected fault; the log has the details.", { cause: value });
}

// packages/planport/src/secret.ts
/**
* A string that no log line, error, JSON document, template or debugger print-out can show by accident.
* @module
*/
const REDACTED = "[redacted]";
/** Wraps a secret. The only way to the value is {@link Secret.reveal}, so every use can be found by that name. */
var Secret = class Secret {
	#value;
	constructor(value) {
		this.#value = value;
	}
	/** The secret itself. Call it where the value goes onto the wire or to disk, and nowhere else. */
	reveal() {
		return this.#value;
	}
	/** True when both hold the same value. */
	equals(other) {
		return other != null && other.#value === this.#value;
	}
	/** Always `[redacted]`. */
	toString() {
		return REDACTED;
	}
	/** Always `[redacted]`: JSON.stringify calls this. */
	toJSON() {
		return REDACTED;
	}
	/** Always `[redacted]`: template literals, `+` and `String()` call this. */
	[Symbol.toPrimitive]() {
		return REDACTED;
	}
	static {
		Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: () => REDACTED });
	}
};

// packages/planport/src/net/openai-hosts.ts
/**
* Which of OpenAI's two doors a host is: the plain API, for API keys, or ChatGPT, for plans.
* @module
*/
/** True for api.openai.com and what lies under it. `hostname` is that of a URL, so in lower case. */
function isPlatformHost(hostname) {
	return isHostOrUnder(hostname, "api.openai.com");
}
/** True for the hosts of ChatGPT and what lies under them. */
function isChatGptHost(hostname) {
	return isHostOrUnder(hostname, "chatgpt.com") || isHostOrUnder(hostname, "chat.openai.com");
}
/** A root dot names the same host. */
function isHostOrUnder(hostname, parent) {
	const host = hostname.replace(/\.$/, "");
	return host === parent || host.endsWith(`.${parent}`);
}

// packages/planport/src/version.ts
/**
* The version of this package.
* @module
*/
/** Kept equal to `version` in package.json by a test: reading the file at run time would break bundles. */
const VERSION = "0.1.0";

// packages/planport/src/upstream/identity.ts
/**
* What planport says of itself to the backend: its own name, never another client's unless somebody sets it so.
* @module
*/
var identity_exports = /* @__PURE__ */ __exportAll({ createIdentity: () => createIdentity });
/** Makes the identity. What a header cannot hold becomes `_`, as in openai/codex `codex-rs/login/src/auth/default_client.rs`. */
function createIdentity(options = {}) {
	const env = options.env ?? {};
	const originator = firstText(options.originator, env["PLANPORT_ORIGINATOR"], env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"]);
	const userAgent = firstText(options.userAgent, env["PLANPORT_USER_AGENT"]);
	return {
		originator: headerSafe(originator ?? "planport"),
		userAgent: headerSafe(userAgent ?? ownUserAgent())
	};
}
/** Text that any header can hold: characters outside of printable ASCII become `_`. */
function headerSafe(text) {
	return text.replaceAll(/[^\x20-\x7e]/g, "_").trim();
}
function ownUserAgent() {
	return `planport/${VERSION} (${type()} ${release()}; ${arch()}) node/${process.versions.node}`;
}
function firstText(...values) {
	return values.find((value) => value !== void 0 && value.trim() !== "");
}

// packages/planport/src/hosts/pi/extension/identity.ts
/** pi, by way of planport; the environment can set other names, as everywhere. */
function piIdentity(env) {
	const isSet = [env["PLANPORT_ORIGINATOR"], env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"]].some(Boolean);
	const hasAgent = Boolean(env["PLANPORT_USER_AGENT"]);
	return createIdentity({
		env,
		...!isSet && { originator: "pi" },
		...!hasAgent && { userAgent: `pi-planport/${"0.1.0"} (${process.platform}; ${process.arch}) node/${process.versions.node}` }
	});
}

export { oneLine as _, isChatGptHost as a, ConfigError as c, SignInError as d, UpstreamError as f, toPlanportError as g, retryOf as h, identity_exports as i, CredentialError as l, isPlanportError as m, createIdentity as n, isPlatformHost as o, errorTable as p, headerSafe as r, Secret as s, piIdentity as t, RequestError as u, redactText as v };