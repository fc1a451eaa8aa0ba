// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { a as AUTH_VARIABLES, c as parseHttpUrl, d as readVariable, f as trimmed, i as tryParseJson, n as asString, r as isJsonObject } from "./json.mjs";
import { n as readJwtClaims } from "./jwt-claims.mjs";
import { _ as oneLine, c as ConfigError, f as UpstreamError, l as CredentialError, m as isPlanportError, o as isPlatformHost, s as Secret, u as RequestError } from "./identity.mjs";
import path from "node:path";
import * as nodeFs from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import * as fs from "node:fs/promises";

// packages/planport/src/auth/http.ts
/**
* The one file of `auth/` that talks to a server. What to send and what an answer means is decided elsewhere, by pure
* functions.
* @module
*/
/** No answer of the sign-in server comes near. */
const MAX_ANSWER_CHARS = 1048576;
/**
* Sends one request and reads the whole answer.
* @throws {CredentialError} `credential_wrong_route` when it would go to OpenAI's plain API: nothing of a plan belongs there.
* @throws {UpstreamError} `upstream_unreachable`, `upstream_malformed` for an answer longer than 1 MiB; and the reason of
* `signal` when it was aborted.
*/
async function sendAuthRequest(http, request, options) {
	const { hostname, host } = new URL(request.url);
	if (isPlatformHost(hostname)) throw new CredentialError("credential_wrong_route", `A ChatGPT plan's token is never sent to ${host}: it is no sign-in server. Unset what points there: CODEX_APP_SERVER_LOGIN_ISSUER, CODEX_AUTHAPI_BASE_URL, CODEX_WHOAMI_URL, CODEX_REFRESH_TOKEN_URL_OVERRIDE or CODEX_REVOKE_TOKEN_URL_OVERRIDE.`);
	const response = await http.fetch(request.url, {
		method: request.method,
		headers: {
			accept: "application/json",
			...request.headers,
			...request.bearer === null ? {} : { authorization: `Bearer ${request.bearer.reveal()}` }
		},
		...request.body === null ? {} : { body: request.body.reveal() },
		signal: options.signal,
		timeoutMs: options.timeoutMs,
		watch: options.watch
	});
	const text = await response.text();
	if (text.length > MAX_ANSWER_CHARS) throw new UpstreamError("upstream_malformed", `${host} sent an answer that is too long.`);
	const seconds = response.headers.get("retry-after") ?? "";
	return {
		status: response.status,
		text: new Secret(text),
		retryAfterMs: /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1e3 : null
	};
}
/** The headers by which a {@link ClientIdentity} goes on the wire. */
function identityHeaders(client) {
	return {
		originator: client.originator,
		"user-agent": client.userAgent
	};
}
/** Why a server gave no answer, as a sentence. The connection's own words name proxies and certificates. */
function connectionFault(url, error) {
	return error instanceof UpstreamError ? error.message : `${new URL(url).host} gave no answer.`;
}

// packages/planport/src/auth/wait.ts
/**
* Waiting for something shared without owning it.
* @module
*/
/**
* Waits for `shared`, or until `signal` is aborted. The work behind the promise goes on either way: others wait for it.
* @throws {RequestError} `cancelled` when the signal was aborted first.
*/
async function raceAbort(shared, signal) {
	if (signal === void 0) return shared;
	let onAbort = () => {};
	const aborted = new Promise((_resolve, reject) => {
		onAbort = () => reject(new RequestError("cancelled", "The request was cancelled."));
		if (signal.aborted) onAbort();
		else signal.addEventListener("abort", onAbort, { once: true });
	});
	shared.catch(() => {});
	try {
		return await Promise.race([shared, aborted]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}
/**
* Shares one running call among all who ask meanwhile; its signal is aborted when the last of them has left. A failure is
* told to them all and then forgotten.
*/
function shareCall(work) {
	let running = null;
	const forget = (call) => {
		if (running === call) running = null;
	};
	const start = () => {
		const controller = new AbortController();
		const call = {
			done: work(controller.signal),
			controller,
			waiting: 0
		};
		const onEnd = () => forget(call);
		call.done.then(onEnd, onEnd);
		return call;
	};
	return async (signal) => {
		const call = running ??= start();
		call.waiting++;
		try {
			return await raceAbort(call.done, signal);
		} finally {
			call.waiting--;
			if (call.waiting === 0) {
				forget(call);
				call.controller.abort();
			}
		}
	};
}
/** True when an error says that somebody gave up, not that something failed. */
function isCancelled(error) {
	if (isPlanportError(error)) return error.code === "cancelled" || error.code === "sign_in_cancelled";
	return error instanceof Error && error.name === "AbortError";
}

// packages/planport/src/auth/server-text.ts
/**
* Makes a line fit to print out of what a server said.
* @module
*/
const MAX_CHARS = 300;
/**
* One printable line of at most 300 characters, with everything that looks like a token struck out, and long opaque runs
* too: a sign-in server may repeat what it was sent, of whatever shape.
*/
function cleanServerText(text) {
	return oneLine(text, MAX_CHARS, { opaque: true });
}
/** Reads code and message out of an error body; both null when it is of another shape. */
function readServerError(body) {
	const value = tryParseJson(body);
	if (!isJsonObject(value)) return {
		code: null,
		message: null
	};
	const error = value["error"];
	const inner = isJsonObject(error) ? error : {};
	const code = asString(inner["code"]) ?? asString(error) ?? asString(value["code"]);
	const message = asString(value["error_description"]) ?? asString(inner["message"]) ?? asString(value["message"]);
	return {
		code: errorCodeOf(code),
		message: message === void 0 ? null : cleanServerText(message) || null
	};
}
/** A code is a short word; anything else in its place is not one, and may be a token. */
function errorCodeOf(code) {
	if (code === void 0 || !/^[a-z][a-z0-9_.-]{0,63}$/i.test(code)) return null;
	return cleanServerText(code) === code ? code.toLowerCase() : null;
}

// packages/planport/src/store/document.ts
/**
* A sign-in as it rests in a store: a JSON object in the shape of Codex's `auth.json`. What the fields mean is the
* business of `auth/`; this file only keeps them whole.
* @module
*/
const REDACTED = "[redacted]";
/** A stored JSON document and the place it came from. Like a Secret it cannot be printed by accident. */
var CredentialDocument = class CredentialDocument {
	#value;
	/** Where it rests: the path of a file, or a name such as `memory`. Fit for messages. */
	place;
	constructor(value, place) {
		this.#value = value;
		this.place = place;
	}
	/** The document itself, secrets and all. It must not be changed in place. */
	reveal() {
		return this.#value;
	}
	/** Always `[redacted]`. */
	toString() {
		return REDACTED;
	}
	/** Always `[redacted]`. */
	toJSON() {
		return REDACTED;
	}
	static {
		Object.defineProperty(CredentialDocument.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: () => REDACTED });
	}
};
/**
* Parses the text of a stored sign-in.
* @param place The path or name used in messages.
* @throws {CredentialError} `credential_malformed`, naming the place and, for broken JSON, line and column.
*/
function parseDocument(text, place) {
	const body = text.startsWith("﻿") ? text.slice(1) : text;
	if (body.trim() === "") throw malformed$1(`${place} is empty. Run \`planport login\` to sign in again.`);
	let value;
	try {
		value = JSON.parse(body);
		const exact = keepNumberTexts(body);
		if (exact !== body) value = JSON.parse(exact);
	} catch {
		const { line, column } = firstJsonFault(body);
		throw malformed$1(`${place} is not valid JSON (line ${line}, column ${column}). Correct it, or run \`planport login\`.`);
	}
	if (!isJsonObject(value)) throw malformed$1(`${place} must hold a JSON object. Correct it, or run \`planport login\`.`);
	return new CredentialDocument(value, place);
}
/**
* The text to store: indented by two for a file and in one line for a keyring, as Codex writes it. Numbers are written as
* they were read, digit by digit.
*/
function serializeDocument(document, form = "indented") {
	const exact = JSON.stringify(document.reveal(), null, form === "indented" ? 2 : void 0).replaceAll(MARKED_NUMBER, "$1");
	return form === "indented" ? `${exact}\n` : exact;
}
/**
* Stands before a number that a JavaScript number cannot hold as it is written (a 64-bit id, say) and that therefore
* travels as a string. Nobody reads such a field here; it only has to come out of a rewrite unharmed. The mark differs
* from run to run, so that no document can hold it by chance or on purpose, and its blank makes it no token.
*/
const NUMBER_MARK = `number ${randomBytes(16).toString("hex")}:`;
const MARKED_NUMBER = new RegExp(`"${NUMBER_MARK}([^"]*)"`, "g");
function keepNumberTexts(json) {
	return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => token.startsWith("\"") || String(Number(token)) === token ? token : `"${NUMBER_MARK}${token}"`);
}
function malformed$1(message) {
	return new CredentialError("credential_malformed", message);
}
const JSON_TOKEN = /[ \t\r\n]+|[{}[\]:,]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/uy;
/**
* Where JSON text stops being JSON. V8 tells a position for some faults only, and in words that change between
* versions, so this walks the text: a small automaton over the tokens of RFC 8259.
*/
function firstJsonFault(text) {
	const stack = [];
	let expect = "value";
	let at = 0;
	const afterValue = () => stack.length === 0 ? "end" : "commaOrClose";
	while (at < text.length) {
		JSON_TOKEN.lastIndex = at;
		const token = JSON_TOKEN.exec(text)?.[0];
		if (token === void 0) break;
		const first = token.charAt(0);
		if (!" 	\r\n".includes(first)) {
			const top = stack.at(-1);
			const isValueStart = expect === "value" || expect === "valueOrClose";
			if ((first === "{" || first === "[") && isValueStart) {
				stack.push(first);
				expect = first === "{" ? "keyOrClose" : "valueOrClose";
			} else if (first === "}" && top === "{" && (expect === "keyOrClose" || expect === "commaOrClose")) {
				stack.pop();
				expect = afterValue();
			} else if (first === "]" && top === "[" && (expect === "valueOrClose" || expect === "commaOrClose")) {
				stack.pop();
				expect = afterValue();
			} else if (first === "," && expect === "commaOrClose") expect = top === "{" ? "key" : "value";
			else if (first === ":" && expect === "colon") expect = "value";
			else if (first === "\"" && (expect === "key" || expect === "keyOrClose")) expect = "colon";
			else if (!"{}[]:,".includes(first) && isValueStart) expect = afterValue();
			else break;
		}
		at += token.length;
	}
	const before = text.slice(0, at).split("\n");
	return {
		line: before.length,
		column: (before.at(-1) ?? "").length + 1
	};
}

// packages/planport/src/auth/auth-file.ts
/**
* Codex's `auth.json`: what its fields mean (codex-rs/login/src/auth/storage.rs), and how a sign-in or a refresh is
* written into it without disturbing the rest.
* @module
*/
/** True for text that can be a token, and a header with it: printable ASCII without blanks. */
function isTokenText(text) {
	return /^[\x21-\x7e]+$/.test(text);
}
/** True for text that can be an API key of the Platform. */
function isApiKeyText(text) {
	return isTokenText(text) && text.startsWith("sk-") && text.length > 3;
}
const UNSUPPORTED = {
	agentIdentity: "an agent identity, which signs each request with a key of its own",
	bedrockApiKey: "an Amazon Bedrock key",
	bedrockAccessKeys: "Amazon Bedrock access keys",
	headers: "headers given by a host program"
};
/**
* The credential in a stored document; null when it holds none, as after a sign-out. Without `auth_mode` the order is
* Codex's: personal access token, Bedrock, API key, ChatGPT.
* @throws {CredentialError} `credential_malformed` naming file and field; `credential_unsupported` for kinds of sign-in
* that do not work with a bearer token.
*/
function readCredential(document) {
	const raw = document.reveal();
	const mode = optionalText(document, raw, "auth_mode") ?? inferMode(raw);
	switch (mode) {
		case null: return null;
		case "personalAccessToken": return readPersonalAccessToken(document);
		case "apikey": {
			const key = optionalText(document, raw, "OPENAI_API_KEY");
			if (key === null) throw malformed(document, "OPENAI_API_KEY", "is missing, though auth_mode is `apikey`");
			if (!isApiKeyText(key)) throw malformed(document, "OPENAI_API_KEY", "must be an API key, which starts with `sk-`");
			return {
				kind: "apiKey",
				key: new Secret(key)
			};
		}
		case "chatgpt":
		case "chatgptAuthTokens": return readChatGpt(document);
		default: {
			const what = UNSUPPORTED[mode] ?? "a kind of sign-in this version does not know";
			throw new CredentialError("credential_unsupported", `${document.place} holds ${what} (auth_mode); planport needs a ChatGPT sign-in. Run \`planport login\`.`);
		}
	}
}
function inferMode(raw) {
	if (present(raw["personal_access_token"])) return "personalAccessToken";
	if (present(raw["bedrock_api_key"])) return "bedrockApiKey";
	if (present(raw["OPENAI_API_KEY"])) return "apikey";
	if (present(raw["tokens"])) return "chatgpt";
	if (present(raw["agent_identity"])) return "agentIdentity";
	return null;
}
function readPersonalAccessToken(document) {
	const token = optionalText(document, document.reveal(), "personal_access_token");
	if (token === null) throw malformed(document, "personal_access_token", "is missing");
	if (token.startsWith("sk-")) throw malformed(document, "personal_access_token", "holds an OpenAI API key (sk-…), which does not work with a ChatGPT plan's backend; it must start with `at-`");
	if (!token.startsWith("at-")) throw malformed(document, "personal_access_token", "must start with `at-`");
	return {
		kind: "personalAccessToken",
		token: new Secret(token),
		accountId: null,
		fedramp: false,
		email: null,
		planType: null,
		userId: null
	};
}
function readChatGpt(document) {
	const raw = document.reveal();
	const tokens = raw["tokens"];
	if (!present(tokens)) throw malformed(document, "tokens", "is missing, though the file is of a ChatGPT sign-in");
	if (!isJsonObject(tokens)) throw malformed(document, "tokens", "must be an object");
	const field = (name) => optionalText(document, tokens, name, "tokens.");
	const accessToken = field("access_token");
	if (accessToken === null) throw malformed(document, "tokens.access_token", "is missing");
	const refreshToken = field("refresh_token");
	const idToken = field("id_token");
	const access = readJwtClaims(accessToken);
	const id = idToken === null ? null : readJwtClaims(idToken);
	return {
		kind: "chatgpt",
		accessToken: new Secret(accessToken),
		refreshToken: refreshToken === null ? null : new Secret(refreshToken),
		idToken: idToken === null ? null : new Secret(idToken),
		accountId: field("account_id") ?? access?.accountId ?? id?.accountId ?? null,
		fedramp: id?.fedramp === true || access?.fedramp === true,
		email: id?.email ?? access?.email ?? null,
		planType: id?.planType ?? access?.planType ?? null,
		userId: id?.userId ?? access?.userId ?? null,
		expiresAtMs: access?.expiresAtMs ?? null,
		lastRefreshAtMs: parseTime(raw["last_refresh"])
	};
}
/** Who issued the tokens of a document, as far as it says. */
function readProvenance(document) {
	const tokens = document.reveal()["tokens"];
	const provenance = isJsonObject(tokens) ? tokens["oauth_provenance"] : void 0;
	if (!isJsonObject(provenance)) return {
		issuer: null,
		clientId: null
	};
	return {
		issuer: asString(provenance["issuer"]) || null,
		clientId: asString(provenance["client_id"]) || null
	};
}
/** The document of a new ChatGPT sign-in, with the fields and their order as Codex writes them. */
function newChatGptDocument(signIn) {
	const id = readJwtClaims(signIn.idToken.reveal());
	const access = readJwtClaims(signIn.accessToken.reveal());
	return new CredentialDocument({
		auth_mode: "chatgpt",
		OPENAI_API_KEY: null,
		tokens: {
			id_token: signIn.idToken.reveal(),
			access_token: signIn.accessToken.reveal(),
			refresh_token: signIn.refreshToken.reveal(),
			oauth_provenance: {
				issuer: signIn.issuer,
				client_id: signIn.clientId
			},
			login_owner_id: signIn.loginOwnerId,
			account_id: id?.accountId ?? access?.accountId ?? null
		},
		last_refresh: new Date(signIn.nowMs).toISOString()
	}, "new sign-in");
}
function present(value) {
	return value !== void 0 && value !== null && value !== "";
}
function optionalText(document, from, key, prefix = "") {
	const value = from[key];
	if (!present(value)) return null;
	if (typeof value !== "string") throw malformed(document, prefix + key, "must be a string");
	const text = value.trim();
	if (text === "") return null;
	if (!isTokenText(text)) throw malformed(document, prefix + key, "must hold printable ASCII alone, without blanks");
	return text;
}
/** RFC 3339 with up to nine digits of a second, as Codex writes it; Date reads the first three. */
function parseTime(value) {
	const timeMs = typeof value === "string" ? Date.parse(value) : NaN;
	return Number.isNaN(timeMs) ? null : timeMs;
}
function malformed(document, field, fault) {
	return new CredentialError("credential_malformed", `${document.place}: field \`${field}\` ${fault}. Correct it, or run \`planport login\`.`);
}

// packages/planport/src/auth/endpoints.ts
/**
* The addresses of the sign-in server, and the environment variables by which Codex lets them be moved.
* @module
*/
/** OpenAI's sign-in server. */
const DEFAULT_ISSUER = "https://auth.openai.com";
/** The public client of the Codex CLI (codex-rs/login/src/auth/manager.rs). Public clients have no secret. */
const DEFAULT_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
/**
* Works out the addresses: an override wins over the variable, the variable over the default.
*
* `CODEX_APP_SERVER_LOGIN_ISSUER` moves the sign-in; tokens made there say so (`oauth_provenance`) and are refreshed
* there. Tokens that do not say where they come from stay with the default issuer, as in Codex, so that a token of
* OpenAI's is not sent elsewhere by a variable that speaks of signing in.
* @throws {ConfigError} `config_invalid`, naming the variable or option whose value is no http(s) URL.
*/
function resolveAuthEndpoints(env, overrides = {}) {
	const setUrl = (value, option, variable) => {
		const given = trimmed(value);
		if (given !== void 0) return checkedUrl(given, option);
		const fromEnv = readVariable(env, variable);
		return fromEnv === void 0 ? void 0 : checkedUrl(fromEnv, variable);
	};
	const givenIssuer = trimmed(overrides.issuer);
	const issuer = setUrl(overrides.issuer, "issuer", AUTH_VARIABLES.loginIssuer) ?? DEFAULT_ISSUER;
	const clientId = trimmed(overrides.clientId) ?? readVariable(env, AUTH_VARIABLES.loginClientId) ?? DEFAULT_CLIENT_ID;
	const home = givenIssuer === void 0 ? DEFAULT_ISSUER : issuer;
	const refreshUrl = setUrl(overrides.refreshUrl, "refreshUrl", AUTH_VARIABLES.refreshUrl);
	const revokeUrl = setUrl(overrides.revokeUrl, "revokeUrl", AUTH_VARIABLES.revokeUrl) ?? (refreshUrl === void 0 ? void 0 : `${new URL(refreshUrl).origin}/oauth/revoke`);
	const authApiBaseUrl = setUrl(overrides.authApiBaseUrl, "authApiBaseUrl", AUTH_VARIABLES.authApiBaseUrl) ?? `${home}/api/accounts`;
	return {
		issuer,
		clientId,
		authorizeUrl: `${issuer}/oauth/authorize`,
		tokenUrl: `${issuer}/oauth/token`,
		refreshUrl: refreshUrl ?? `${home}/oauth/token`,
		revokeUrl: revokeUrl ?? `${home}/oauth/revoke`,
		authApiBaseUrl,
		whoamiUrl: setUrl(overrides.whoamiUrl, "whoamiUrl", AUTH_VARIABLES.whoamiUrl) ?? `${authApiBaseUrl}/v1/user-auth-credential/whoami`,
		deviceUserCodeUrl: `${issuer}/api/accounts/deviceauth/usercode`,
		deviceTokenUrl: `${issuer}/api/accounts/deviceauth/token`,
		devicePageUrl: `${issuer}/codex/device`,
		deviceRedirectUri: `${issuer}/deviceauth/callback`,
		refreshUrlIsExplicit: refreshUrl !== void 0,
		revokeUrlIsExplicit: revokeUrl !== void 0
	};
}
/**
* Where to refresh: an explicit address, else the issuer that the tokens name, else the default.
* @param place Where the tokens rest, for messages.
* @throws {CredentialError} `credential_malformed` when the issuer that the tokens name is no address.
*/
function refreshTarget(endpoints, provenance, place) {
	const { refreshUrl: url, refreshUrlIsExplicit: explicit } = endpoints;
	return target(endpoints, provenance, place, {
		url,
		explicit,
		path: "/oauth/token"
	});
}
/** Where to revoke, by the rule of {@link refreshTarget}: another server would learn the token and not revoke it. */
function revokeTarget(endpoints, provenance, place) {
	const { revokeUrl: url, revokeUrlIsExplicit: explicit } = endpoints;
	return target(endpoints, provenance, place, {
		url,
		explicit,
		path: "/oauth/revoke"
	});
}
function target(endpoints, provenance, place, at) {
	const clientId = provenance.clientId ?? endpoints.clientId;
	if (at.explicit || provenance.issuer === null) return {
		url: at.url,
		clientId
	};
	const issuer = parseHttpUrl(provenance.issuer);
	if (typeof issuer === "string") return {
		url: issuer + at.path,
		clientId
	};
	throw new CredentialError("credential_malformed", `${place}: field \`tokens.oauth_provenance.issuer\` ${issuer.problem}.`);
}
function checkedUrl(value, name) {
	const url = parseHttpUrl(value);
	if (typeof url === "string") return url;
	throw new ConfigError("config_invalid", `${name} is not usable: it ${url.problem}.`);
}

// packages/planport/src/store/atomic-write.ts
/**
* Writing a file whole or not at all.
* @module
*/
/** Codes with which Windows refuses a rename while a virus scanner, an indexer or a reader holds the target open. */
const HELD_OPEN = /* @__PURE__ */ new Set([
	"EPERM",
	"EBUSY",
	"EACCES"
]);
const RENAME_RETRY_DELAYS_MS = [
	5,
	10,
	20,
	50,
	100,
	200,
	400
];
/**
* Writes `text` to a temporary file in the same folder, makes it durable, and renames it onto `file`. A reader sees the
* old text or the new one, never a part. A symbolic link is followed, so that the file it names is the one replaced.
* A missing folder is made, for its owner alone.
* @returns The real path written to.
* @throws The system's error, after the temporary file was removed.
*/
async function writeFileAtomic(file, text, options = {}) {
	const target = await realTarget(options.fs ?? fs, path.resolve(file));
	await replaceFile(target, text, options);
	return target;
}
/**
* {@link writeFileAtomic} for a real path, with a last question before the rename.
* @returns False when the answer was no.
* @throws The system's error, after the temporary file was removed. `ENOENT` also when somebody else removed that file.
*/
async function replaceFile(target, text, options) {
	const io = options.fs ?? fs;
	const folder = path.dirname(target);
	await io.mkdir(folder, {
		recursive: true,
		mode: 448
	});
	const temporary = options.temporary?.(target) ?? path.join(folder, `.auth-${randomBytes(6).toString("hex")}.tmp`);
	const handle = await io.open(temporary, "wx", options.mode ?? 384);
	try {
		try {
			await handle.writeFile(text, "utf8");
			options.onStep?.("syncing");
			await handle.sync();
		} finally {
			await handle.close();
		}
		options.onStep?.("renaming");
		if (options.isStillWanted !== void 0 && !await options.isStillWanted()) {
			await io.unlink(temporary).catch(() => {});
			return false;
		}
		await renameHeldOpen(io, temporary, target, options.retryDelaysMs ?? RENAME_RETRY_DELAYS_MS);
	} catch (error) {
		await io.unlink(temporary).catch(() => {});
		throw error;
	}
	await syncFolder(io, folder);
	return true;
}
/** The file a path leads to, also when the link at its end points to a file that is not there yet. */
async function realTarget(io, file) {
	let current = file;
	for (let hops = 0; hops < 40; hops++) {
		try {
			return await io.realpath(current);
		} catch (error) {
			if (codeOf(error) !== "ENOENT") throw error;
		}
		try {
			current = path.resolve(path.dirname(current), await io.readlink(current));
		} catch {
			return current;
		}
	}
	return current;
}
async function renameHeldOpen(io, from, to, delaysMs) {
	for (const delayMs of delaysMs) try {
		await io.rename(from, to);
		return;
	} catch (error) {
		if (!HELD_OPEN.has(codeOf(error) ?? "")) throw error;
		await setTimeout$1(delayMs);
	}
	await io.rename(from, to);
}
/** Makes the rename itself durable. Windows cannot open a folder, and some file systems cannot sync one. */
async function syncFolder(io, folder) {
	try {
		const handle = await io.open(folder, "r");
		try {
			await handle.sync();
		} finally {
			await handle.close();
		}
	} catch {}
}
/** The system's code of an error, such as `ENOENT`. */
function codeOf(error) {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : void 0;
}

// packages/planport/src/store/refresh-journal.ts
/**
* Notes on a refresh that is under way, in a file beside the sign-in: which refresh token is being spent, and as soon as
* it is there, the answer. A process that is killed in between leaves them to the next one.
* @module
*/
/** Of our own name, beside the sign-in. */
const JOURNAL_SUFFIX = ".planport-refresh";
/** The answers of OpenAI's server have some 6 KiB. */
const ROOM_BYTES = 32768;
/** Names a token without telling it: SHA-256 in hexadecimal digits. */
function tokenDigest(token) {
	return createHash("sha256").update(token.reveal()).digest("hex");
}
/** The journal in the file beside `target()`, the real path of a sign-in. */
function createRefreshJournal(target, io = nodeFs) {
	const place = async () => await target() + JOURNAL_SUFFIX;
	return {
		async read() {
			let text;
			try {
				text = io.readFileSync(await place(), "utf8");
			} catch {
				return null;
			}
			return readNote(text);
		},
		async begin(spent, attempt) {
			const file = await place();
			remove(io, file);
			const fd = io.openSync(file, "wx", 384);
			try {
				const head = `${JSON.stringify({
					spent,
					...attempt
				})}\n`;
				writeAll(io, fd, Buffer.from(head + " ".repeat(ROOM_BYTES)), 0);
				await sync(io, fd);
				return new Note(io, fd, Buffer.byteLength(head));
			} catch (error) {
				io.closeSync(fd);
				remove(io, file);
				throw error;
			}
		},
		async remove() {
			remove(io, await place());
		}
	};
}
var Note = class {
	#io;
	#fd;
	#at;
	#closed = false;
	constructor(io, fd, at) {
		this.#io = io;
		this.#fd = fd;
		this.#at = at;
	}
	answer({ accessToken, refreshToken, idToken }, atMs) {
		const answer = JSON.stringify({
			access_token: accessToken?.reveal() ?? null,
			refresh_token: refreshToken?.reveal() ?? null,
			id_token: idToken?.reveal() ?? null,
			at_ms: atMs
		});
		writeAll(this.#io, this.#fd, Buffer.from(`${JSON.stringify({
			answer,
			sum: sumOf(answer)
		})}\n`), this.#at);
	}
	async sync() {
		if (!this.#closed) await sync(this.#io, this.#fd);
	}
	close() {
		if (this.#closed) return;
		this.#closed = true;
		this.#io.closeSync(this.#fd);
	}
};
function readNote(text) {
	const [first = "", second = ""] = text.split("\n");
	const head = tryParseJson(first);
	if (!isJsonObject(head) || typeof head["spent"] !== "string") return null;
	const { pid, host, atMs } = head;
	const attempt = {
		pid: typeof pid === "number" ? pid : 0,
		host: typeof host === "string" ? host : "",
		atMs: typeof atMs === "number" ? atMs : 0
	};
	return {
		spent: head["spent"],
		attempt,
		answer: readAnswer(tryParseJson(second))
	};
}
/** Null for one that was written in part alone, as when the power went. */
function readAnswer(line) {
	if (!isJsonObject(line) || typeof line["answer"] !== "string" || sumOf(line["answer"]) !== line["sum"]) return null;
	const value = tryParseJson(line["answer"]);
	if (!isJsonObject(value)) return null;
	const atMs = value["at_ms"];
	return {
		tokens: {
			accessToken: secretAt(value, "access_token"),
			refreshToken: secretAt(value, "refresh_token"),
			idToken: secretAt(value, "id_token")
		},
		atMs: typeof atMs === "number" ? atMs : 0
	};
}
function secretAt(value, key) {
	const text = value[key];
	return typeof text === "string" && text !== "" ? new Secret(text) : null;
}
function sumOf(text) {
	return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
/** A disk that is nearly full takes a part, and says so only when the rest is to be written. */
function writeAll(io, fd, bytes, at) {
	for (let done = 0; done < bytes.length;) done += io.writeSync(fd, bytes, done, bytes.length - done, at + done);
}
function sync(io, fd) {
	return new Promise((resolve, reject) => {
		io.fsync(fd, (error) => {
			if (error === null || codeOf(error) === "EINVAL" || codeOf(error) === "ENOTSUP") resolve();
			else reject(error);
		});
	});
}
function remove(io, file) {
	try {
		io.unlinkSync(file);
	} catch {}
}

export { sendAuthRequest as C, identityHeaders as S, cleanServerText as _, replaceFile as a, shareCall as b, resolveAuthEndpoints as c, newChatGptDocument as d, readCredential as f, serializeDocument as g, parseDocument as h, realTarget as i, revokeTarget as l, CredentialDocument as m, tokenDigest as n, writeFileAtomic as o, readProvenance as p, codeOf as r, refreshTarget as s, createRefreshJournal as t, isTokenText as u, readServerError as v, connectionFault as x, isCancelled as y };