// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { d as SignInError, h as retryOf, l as CredentialError, m as isPlanportError, s as Secret, t as piIdentity } from "./identity.mjs";
import { C as sendAuthRequest, S as identityHeaders, _ as cleanServerText, c as resolveAuthEndpoints, d as newChatGptDocument, f as readCredential, l as revokeTarget, n as tokenDigest, p as readProvenance, s as refreshTarget, u as isTokenText, v as readServerError, x as connectionFault, y as isCancelled } from "./refresh-journal.mjs";
import { i as tryParseJson, n as asString, r as isJsonObject, t as asNumber } from "./json.mjs";
import { n as readJwtClaims } from "./jwt-claims.mjs";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { createServer } from "node:http";

// packages/planport/src/auth/oauth/device-code.ts
/**
* Signing in with a code typed on another device, as the Codex CLI does it (codex-rs/login/src/device_code_auth.rs).
* Pure: requests are built and answers are read here.
* @module
*/
/** How long a device code is good for. The server names a time, which Codex ignores. */
const DEVICE_CODE_LIFE_MS = 9e5;
const DEFAULT_INTERVAL_MS = 5e3;
const SHORTEST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 6e4;
/** What RFC 8628 §3.5 adds to the interval at each `slow_down`. */
const SLOW_DOWN_MS = 5e3;
/**
* Device codes can be switched off, for a person and for a workspace. The page on which the code is typed says so; the
* program that polls hears nothing of it.
*/
const DEVICE_CODE_SETTING = "ChatGPT's Settings → Security has the switch for it; in a workspace its administrator must allow it first";
/** Asks for a device code. */
function buildUserCodeRequest(url, clientId) {
	return jsonPost(url, { client_id: clientId });
}
/**
* Reads the answer: `{device_auth_id, user_code, interval}`, of which `interval` is a text of seconds.
* @throws {SignInError} `sign_in_failed`; a 404 says that this way of signing in is switched off. `sign_in_unavailable`
* for 429 and 5xx.
*/
function parseUserCodeResponse(response) {
	const { status } = response;
	if (status === 404) throw switchedOff();
	if (status < 200 || status > 299) {
		if (isSwitchedOff(readServerError(response.text.reveal()))) throw switchedOff();
		throw failed("asking for a device code", response);
	}
	const body = bodyOf(response);
	const deviceAuthId = asString(body["device_auth_id"]) ?? "";
	const userCode = asString(body["user_code"]) ?? asString(body["usercode"]) ?? "";
	if (deviceAuthId === "" || userCode === "") throw new SignInError("sign_in_failed", "The sign-in server's answer lacks the device code.");
	return {
		deviceAuthId: new Secret(deviceAuthId),
		userCode,
		intervalMs: readInterval(body["interval"])
	};
}
function readInterval(value) {
	const text = asString(value)?.trim();
	const seconds = text === void 0 || text === "" ? asNumber(value) : Number(text);
	if (seconds === void 0 || !Number.isFinite(seconds) || seconds < 0) return DEFAULT_INTERVAL_MS;
	return Math.min(Math.max(seconds * 1e3, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}
/** Asks whether the code was typed. */
function buildDevicePollRequest(url, device) {
	return jsonPost(url, {
		device_auth_id: device.deviceAuthId.reveal(),
		user_code: device.userCode
	});
}
/**
* Reads the answer to a poll. A code that it names counts first (those of RFC 8628 §3.5, and OpenAI's own
* `deviceauth_authorization_pending`); without one, 403 and 404 mean that nobody has typed the code yet.
*/
function parseDevicePollResponse(response) {
	const { status } = response;
	if (status < 200 || status > 299) return readPollFailure(response);
	const body = bodyOf(response);
	const code = asString(body["authorization_code"]) ?? "";
	const verifier = asString(body["code_verifier"]) ?? "";
	if (code !== "" && verifier !== "") return {
		kind: "approved",
		code: new Secret(code),
		verifier: new Secret(verifier)
	};
	return {
		kind: "failed",
		error: new SignInError("sign_in_failed", "The sign-in server's answer lacks the authorization code.")
	};
}
const PENDING = /* @__PURE__ */ new Set(["authorization_pending", "deviceauth_authorization_pending"]);
function readPollFailure(response) {
	const { status, retryAfterMs } = response;
	const said = readServerError(response.text.reveal());
	if (said.code === "slow_down") return {
		kind: "slowDown",
		retryAfterMs
	};
	if (said.code !== null && PENDING.has(said.code)) return { kind: "pending" };
	if (said.code === "expired_token") return {
		kind: "failed",
		error: expiredDeviceCode()
	};
	if (isSwitchedOff(said)) return {
		kind: "failed",
		error: switchedOff()
	};
	if (said.code === "access_denied") return {
		kind: "failed",
		error: denied()
	};
	if (status === 429) return {
		kind: "slowDown",
		retryAfterMs
	};
	if (status === 403 || status === 404) return { kind: "pending" };
	const error = failed("signing in with the device code", response);
	return {
		kind: error.code === "sign_in_unavailable" ? "unavailable" : "failed",
		error
	};
}
/** How long to wait before the next poll, once the server has asked for fewer of them. */
function slowedDown(intervalMs, retryAfterMs) {
	return Math.min(Math.max(intervalMs + SLOW_DOWN_MS, retryAfterMs ?? 0), LONGEST_INTERVAL_MS);
}
/** The error of a code that nobody typed in time, or that could not be typed because device codes are switched off. */
function expiredDeviceCode() {
	return new SignInError("sign_in_timeout", `Nobody completed the sign-in while the device code was good. Run \`planport login --device-auth\` again. If the page asked to have device codes enabled: ${DEVICE_CODE_SETTING}. \`planport login\` needs none of that.`);
}
function denied() {
	return new SignInError("sign_in_failed", "The sign-in was denied on the page. Run `planport login` to try again.");
}
function switchedOff() {
	return new SignInError("sign_in_failed", `Signing in with a device code is switched off for this account or workspace. ${DEVICE_CODE_SETTING}. Or sign in with the browser: \`planport login\`.`, { cause: {
		status: 404,
		said: null
	} });
}
/** As words go, since no list of the server's codes is public: "contact your workspace admin to enable device code …". */
function isSwitchedOff({ code, message }) {
	if (code !== null && /device.*(?:disabled|not_enabled|not_allowed)/.test(code)) return true;
	return message !== null && /device code/i.test(message) && /\b(?:enable[d]?|disabled|admin\w*)\b/i.test(message);
}
function jsonPost(url, body) {
	return {
		method: "POST",
		url,
		headers: { "content-type": "application/json" },
		body: new Secret(JSON.stringify(body)),
		bearer: null
	};
}
function bodyOf(response) {
	const value = tryParseJson(response.text.reveal());
	return isJsonObject(value) ? value : {};
}
function failed(doing, response) {
	const { code, message } = readServerError(response.text.reveal());
	const said = message ?? code;
	const text = `The sign-in server answered ${response.status}${said === null ? "" : ` (${said})`} when ${doing}.`;
	const isPassing = response.status === 429 || response.status >= 500;
	const cause = {
		status: response.status,
		said
	};
	return isPassing ? new SignInError("sign_in_unavailable", `${text} Try again in a moment.`, { cause }) : new SignInError("sign_in_failed", `${text} Run \`planport login\` to sign in with the browser.`, { cause });
}

// packages/planport/src/auth/oauth/pkce.ts
/**
* Proof Key for Code Exchange (RFC 7636), and the state of an authorization request (RFC 6749 §10.12).
* @module
*/
/** The system's randomness. */
const systemRandom = (count) => randomBytes(count);
/** A new pair: 64 random bytes, of the 32 to 96 that RFC 7636 §4.1 allows. */
function createPkce(random = systemRandom) {
	const verifier = randomToken(64, random);
	return {
		verifier: new Secret(verifier),
		challenge: challengeOf(verifier)
	};
}
/** The S256 challenge of a verifier: BASE64URL(SHA256(ASCII(verifier))), RFC 7636 §4.2. */
function challengeOf(verifier) {
	return createHash("sha256").update(verifier, "ascii").digest("base64url");
}
/** So many random bytes as base64url without padding: 32 give the 43 characters of a `state`. */
function randomToken(bytes, random = systemRandom) {
	return Buffer.from(random(bytes)).toString("base64url");
}

// packages/planport/src/auth/oauth/revoke.ts
const REVOKE_TIMEOUT_MS = 1e4;
/** Withdraws the refresh token, or the access token where there is no other (codex-rs/login/src/auth/revoke.rs). */
function buildRevokeRequest(target, credential, client) {
	const body = credential.refreshToken === null ? {
		token: credential.accessToken.reveal(),
		token_type_hint: "access_token"
	} : {
		token: credential.refreshToken.reveal(),
		token_type_hint: "refresh_token",
		client_id: target.clientId
	};
	return {
		method: "POST",
		url: target.url,
		headers: {
			"content-type": "application/json",
			...identityHeaders(client)
		},
		body: new Secret(JSON.stringify(body)),
		bearer: null
	};
}
/** Tells the server that the tokens of a document are not to be used again. Never throws: it is a courtesy. */
async function revokeDocument(document, options) {
	try {
		const credential = readCredential(document);
		if (credential?.kind !== "chatgpt") return "not needed";
		const target = revokeTarget(options.endpoints, readProvenance(document), document.place);
		const response = await sendAuthRequest(options.http, buildRevokeRequest(target, credential, options.client), {
			signal: options.signal,
			timeoutMs: REVOKE_TIMEOUT_MS
		});
		return response.status >= 200 && response.status <= 299 ? "revoked" : "failed";
	} catch {
		return "failed";
	}
}

// packages/planport/src/auth/oauth/token-endpoint.ts
/**
* The token endpoint (RFC 6749 §3.2): exchanging a code, and refreshing. Pure: requests are built and answers are read
* here, and sent elsewhere.
* @module
*/
/** Exchanges an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5), form-encoded, in Codex's order of fields. */
function buildCodeExchangeRequest(exchange) {
	const form = new URLSearchParams({
		grant_type: "authorization_code",
		client_id: exchange.clientId,
		code: exchange.code.reveal(),
		redirect_uri: exchange.redirectUri,
		code_verifier: exchange.verifier.reveal()
	});
	return {
		method: "POST",
		url: exchange.tokenUrl,
		headers: { "content-type": "application/x-www-form-urlencoded" },
		body: new Secret(form.toString()),
		bearer: null
	};
}
/**
* Reads the answer to a code exchange.
* @throws {SignInError} `sign_in_failed`, with the status and what the server said about it; `sign_in_unavailable` for
* 429 and 5xx.
*/
function parseCodeExchangeResponse(response) {
	const text = response.text.reveal();
	if (response.status < 200 || response.status > 299) {
		const { code, message } = readServerError(text);
		const said = message ?? code ?? cleanServerText(text.startsWith("<") ? "" : text);
		const what = `The sign-in server refused the code (${response.status}${said === "" ? "" : `: ${said}`}).`;
		const cause = {
			status: response.status,
			said: said === "" ? null : said
		};
		if (response.status === 429 || response.status >= 500) throw new SignInError("sign_in_unavailable", `${what} Try again in a moment.`, { cause });
		throw new SignInError("sign_in_failed", `${what} Run \`planport login\` again.`, { cause });
	}
	const { accessToken, refreshToken, idToken } = issuedTokens(tryParseJson(text));
	if (accessToken === null || refreshToken === null || idToken === null) {
		const missing = [
			["access_token", accessToken],
			["refresh_token", refreshToken],
			["id_token", idToken]
		].flatMap(([name, value]) => value === null ? [`\`${String(name)}\``] : []);
		throw new SignInError("sign_in_failed", `The sign-in server's answer lacks ${missing.join(" and ")}.`);
	}
	return {
		accessToken,
		refreshToken,
		idToken
	};
}
/** Refreshes (RFC 6749 §6), as JSON: the form Codex uses, without `scope`. */
function buildRefreshRequest(target, refreshToken, reason, client) {
	return {
		method: "POST",
		url: target.url,
		headers: {
			"content-type": "application/json",
			...identityHeaders(client)
		},
		body: new Secret(JSON.stringify({
			client_id: target.clientId,
			grant_type: "refresh_token",
			refresh_reason: reason,
			refresh_token: refreshToken.reveal()
		})),
		bearer: null
	};
}
const REJECTED = {
	refresh_token_expired: "has expired",
	refresh_token_reused: "was already used by another program that shares it",
	refresh_token_invalidated: "was revoked",
	refresh_token_revoked: "was revoked",
	token_invalidated: "was revoked",
	invalid_grant: "is no longer valid"
};
/**
* Reads the answer to a refresh. Final are: the codes `refresh_token_expired`, `_reused`, `_invalidated`, `_revoked`,
* `token_invalidated` and `invalid_grant` with any status, and every 401. All else may pass. Tokens that the answer leaves out, or that nobody could
* use, stay as they were.
*/
function parseRefreshResponse(response) {
	const { status, retryAfterMs } = response;
	const text = response.text.reveal();
	if (status >= 200 && status <= 299) {
		const value = tryParseJson(text);
		if (isJsonObject(value)) return {
			kind: "refreshed",
			tokens: issuedTokens(value)
		};
		return {
			kind: "unavailable",
			why: `answered ${status} with something that is not JSON`,
			status,
			retryAfterMs
		};
	}
	const { code, message } = readServerError(text);
	const known = code !== null && Object.hasOwn(REJECTED, code) ? REJECTED[code] : void 0;
	if (known !== void 0) return {
		kind: "rejected",
		why: known,
		upstreamCode: code,
		status
	};
	if (status === 401) return {
		kind: "rejected",
		why: "was refused",
		upstreamCode: code,
		status
	};
	const said = code ?? message;
	return {
		kind: "unavailable",
		why: `answered ${status}${said === null ? "" : ` (${said})`}`,
		status,
		retryAfterMs
	};
}
function issuedTokens(value) {
	const body = isJsonObject(value) ? value : {};
	const token = (key) => {
		const text = asString(body[key])?.trim();
		return text === void 0 || !isTokenText(text) ? null : new Secret(text);
	};
	const lifeSeconds = asNumber(body["expires_in"]);
	return {
		accessToken: token("access_token"),
		refreshToken: token("refresh_token"),
		idToken: token("id_token"),
		...lifeSeconds !== void 0 && lifeSeconds > 0 && { expiresInMs: lifeSeconds * 1e3 }
	};
}

// packages/planport/src/auth/oauth/sign-in.ts
/**
* What both ways of signing in share: their options and steps, and the exchange they end with.
* @module
*/
/** Time limit of one exchange with the sign-in server. */
const EXCHANGE_TIMEOUT_MS = 3e4;
/**
* Exchanges a code and makes the document to store.
* @throws {SignInError} as {@link parseCodeExchangeResponse}; `sign_in_failed` for a workspace that is not allowed,
* `sign_in_cancelled` when it was given up meanwhile; and what `save` throws.
*/
async function finishSignIn(exchange, options) {
	const { endpoints, http } = options;
	const request = buildCodeExchangeRequest({
		tokenUrl: endpoints.tokenUrl,
		clientId: endpoints.clientId,
		...exchange
	});
	let response;
	try {
		response = await sendAuthRequest(http, request, {
			signal: options.signal,
			timeoutMs: EXCHANGE_TIMEOUT_MS
		});
	} catch (error) {
		if (isCancelled(error) || options.signal?.aborted === true) throw cancelledSignIn();
		throw error instanceof CredentialError ? error : unreachable(request.url, error);
	}
	const document = newChatGptDocument({
		...parseCodeExchangeResponse(response),
		issuer: endpoints.issuer,
		clientId: endpoints.clientId,
		loginOwnerId: randomToken(32, options.random ?? systemRandom),
		nowMs: (options.now ?? Date.now)()
	});
	const credential = asChatGpt(document);
	const refusal = options.signal?.aborted ? cancelledSignIn() : refuseWorkspace(credential.accountId, options.allowedWorkspaceIds ?? []);
	if (refusal !== null) {
		await revokeDocument(document, options);
		throw refusal;
	}
	await options.save?.(document);
	return {
		credential,
		document
	};
}
function asChatGpt(document) {
	try {
		const credential = readCredential(document);
		if (credential?.kind === "chatgpt") return credential;
	} catch (error) {
		if (!(error instanceof CredentialError)) throw error;
	}
	throw new SignInError("sign_in_failed", "The sign-in server sent tokens that cannot be used.");
}
function refuseWorkspace(accountId, allowed) {
	if (allowed.length === 0 || accountId !== null && allowed.includes(accountId)) return null;
	return new SignInError("sign_in_failed", `Sign-in is restricted to the workspace${allowed.length > 1 ? "s" : ""} ${allowed.join(", ")}; choose it on the sign-in page.`);
}
/** The clock to wait by. */
function sleepOf(options) {
	return options.sleep ?? ((ms, signal) => setTimeout$1(ms, void 0, { signal }));
}
/**
* Tells of the signal's abort and of the end of time, whichever is first, until told to stop.
* @returns Stops it.
*/
function timeLimit(options, limitMs, onEnd) {
	const over = new AbortController();
	const onAbort = () => onEnd(cancelledSignIn());
	if (options.signal?.aborted === true) onAbort();
	else options.signal?.addEventListener("abort", onAbort, { once: true });
	sleepOf(options)(limitMs, over.signal).then(() => over.signal.aborted || onEnd(timedOut(limitMs)), () => {});
	return () => {
		over.abort();
		options.signal?.removeEventListener("abort", onAbort);
	};
}
/** The error of a sign-in that was given up. */
function cancelledSignIn() {
	return new SignInError("sign_in_cancelled", "The sign-in was cancelled.");
}
/** The error of a sign-in that nobody completed. */
function timedOut(limitMs) {
	return new SignInError("sign_in_timeout", `Nobody completed the sign-in within ${Math.round(limitMs / 6e4)} minutes. Run \`planport login\` again.`);
}
/** The error of a sign-in server that gives no answer. */
function unreachable(url, cause) {
	return new SignInError("sign_in_unavailable", `The sign-in cannot go on: ${connectionFault(url, cause)}`, { cause });
}

// packages/planport/src/auth/oauth/device-login.ts
/**
* Signing in with a code typed on another device.
* @module
*/
/** Failed polls in a row that are put up with: a laptop's network comes and goes in 15 minutes. */
const MAX_FAILED_POLLS = 5;
/**
* Signs in with a device code: yields `device-code` and `waiting`, polls until the code was typed, and returns the
* sign-in.
* @throws {SignInError} `sign_in_failed` (also when this way is switched off), `sign_in_timeout` after 15 minutes or
* when the server says that the code is too old,
* `sign_in_cancelled`, `sign_in_unavailable`.
*/
async function* deviceLogin(options) {
	const { endpoints } = options;
	const now = options.now ?? Date.now;
	const sleep = sleepOf(options);
	const device = parseUserCodeResponse(await ask(options, buildUserCodeRequest(endpoints.deviceUserCodeUrl, endpoints.clientId)));
	const expiresAtMs = now() + DEVICE_CODE_LIFE_MS;
	yield {
		type: "device-code",
		verificationUrl: endpoints.devicePageUrl,
		userCode: device.userCode,
		expiresAtMs
	};
	yield { type: "waiting" };
	let failedPolls = 0;
	let { intervalMs } = device;
	for (;;) {
		await sleep(intervalMs, options.signal).catch(() => {});
		if (options.signal?.aborted === true) throw cancelledSignIn();
		if (now() >= expiresAtMs) throw expiredDeviceCode();
		const poll = await pollOnce(options, device);
		if (poll.kind === "pending" || poll.kind === "slowDown") {
			failedPolls = 0;
			if (poll.kind === "slowDown") intervalMs = slowedDown(intervalMs, poll.retryAfterMs);
			continue;
		}
		if (poll.kind === "unavailable" && ++failedPolls <= MAX_FAILED_POLLS) continue;
		if (poll.kind !== "approved") throw poll.error;
		yield { type: "exchanging" };
		const exchange = {
			code: poll.code,
			verifier: poll.verifier,
			redirectUri: endpoints.deviceRedirectUri
		};
		const result = await finishSignIn(exchange, options);
		yield {
			type: "done",
			credential: result.credential
		};
		return result;
	}
}
async function pollOnce(options, device) {
	try {
		return parseDevicePollResponse(await ask(options, buildDevicePollRequest(options.endpoints.deviceTokenUrl, device)));
	} catch (error) {
		if (error instanceof SignInError && error.code === "sign_in_unavailable") return {
			kind: "unavailable",
			error
		};
		throw error;
	}
}
async function ask(options, request) {
	try {
		return await sendAuthRequest(options.http, request, {
			signal: options.signal,
			timeoutMs: EXCHANGE_TIMEOUT_MS
		});
	} catch (error) {
		if (isCancelled(error) || options.signal?.aborted === true) throw cancelledSignIn();
		throw error instanceof CredentialError ? error : unreachable(request.url, error);
	}
}

// packages/planport/src/auth/refresh.ts
/**
* Sends a refresh and says what became of it in planport's own errors.
* @module
*/
/** Long enough for a slow answer: giving up early would lose the new refresh token that is on its way. */
const REFRESH_TIMEOUT_MS = 3e4;
const RETRY_DELAYS_MS = [250, 1e3];
/** With these no connection ever stood, so that nothing of the request can have reached the server. */
const NEVER_CONNECTED = /* @__PURE__ */ new Set([
	"ECONNREFUSED",
	"ENOTFOUND",
	"EAI_AGAIN",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"ENETDOWN",
	"EADDRNOTAVAIL"
]);
/**
* The way refreshes are sent. It takes no AbortSignal on purpose: a request that is cut off may have spent the token. For
* the same reason it is sent again only when it cannot have been heard.
* The function throws CredentialError `refresh_rejected` (final), `refresh_unavailable` (may pass), `credential_wrong_route`.
*/
function createSendRefresh(http, client, options = {}) {
	const retryDelaysMs = options.retryDelaysMs ?? RETRY_DELAYS_MS;
	return async (target, refreshToken, reason, place, watch = {}) => {
		const delaysMs = watch.isPatient === true ? retryDelaysMs : [];
		for (let retries = 0;; retries++) {
			const attempt = new Attempt(http, watch);
			try {
				return await attempt.send(buildRefreshRequest(target, refreshToken, reason, client), target.url, place);
			} catch (error) {
				const delayMs = delaysMs[retries];
				if (delayMs !== void 0 && attempt.neverConnected) {
					await setTimeout$1(delayMs);
					continue;
				}
				watch.onFailed?.(attempt.isInDoubt ? "in doubt" : "kept");
				throw error;
			}
		}
	};
}
/** One request. */
var Attempt = class {
	#http;
	#watch;
	#isSent = false;
	#issued = null;
	#calledOff = null;
	neverConnected = false;
	isInDoubt = false;
	constructor(http, watch) {
		this.#http = http;
		this.#watch = watch;
	}
	async send(request, url, place) {
		const response = await this.#exchange(request, url, place);
		if (this.#issued !== null) return this.#issued;
		if (response === null) throw new Error("unreachable");
		this.#noteSent();
		const outcome = parseRefreshResponse(response);
		if (outcome.kind === "refreshed") {
			this.#watch.onIssued?.(outcome.tokens);
			return outcome.tokens;
		}
		if (outcome.kind === "rejected") throw new CredentialError("refresh_rejected", `The sign-in in ${place} is over: its refresh token ${outcome.why}. Run \`planport login\`.`, { cause: {
			status: outcome.status,
			upstreamCode: outcome.upstreamCode
		} });
		this.isInDoubt = outcome.status >= 500 || outcome.status < 300;
		throw new CredentialError("refresh_unavailable", `The sign-in in ${place} could not be refreshed: ${new URL(url).host} ${outcome.why}.`, {
			cause: {
				status: outcome.status,
				upstreamCode: null
			},
			...outcome.retryAfterMs !== null && { retryAfterMs: outcome.retryAfterMs }
		});
	}
	/** Null when the answer broke off behind the end of the tokens. */
	async #exchange(request, url, place) {
		try {
			return await sendAuthRequest(this.#http, request, {
				timeoutMs: REFRESH_TIMEOUT_MS,
				watch: {
					onSending: () => this.#beforeSending(),
					onSent: () => this.#noteSent(),
					onBody: (status, soFar) => this.#hear(status, soFar)
				}
			});
		} catch (error) {
			if (this.#issued !== null) return null;
			if (this.#calledOff !== null) throw this.#calledOff.error;
			if (error instanceof CredentialError) throw error;
			const code = isPlanportError(error) && error.code === "upstream_unreachable" ? error.cause?.systemCode : null;
			this.neverConnected = !this.#isSent && code != null && NEVER_CONNECTED.has(code);
			this.isInDoubt = !this.neverConnected;
			throw new CredentialError("refresh_unavailable", `The sign-in in ${place} could not be refreshed: ${connectionFault(url, error)}`, {
				...retryOf(error),
				cause: error
			});
		}
	}
	#beforeSending() {
		try {
			this.#watch.onSending?.();
		} catch (error) {
			this.#calledOff = { error };
			throw error;
		}
	}
	#noteSent() {
		if (this.#isSent) return;
		this.#isSent = true;
		this.#watch.onSent?.();
	}
	/** Tokens are there as soon as the JSON is whole, whatever becomes of the connection then. */
	#hear(status, soFar) {
		if (this.#issued !== null || status < 200 || status > 299 || soFar.at(-1) !== 125) return;
		const text = new Secret(Buffer.from(soFar).toString("utf8"));
		const outcome = parseRefreshResponse({
			status,
			text,
			retryAfterMs: null
		});
		if (outcome.kind !== "refreshed") return;
		this.#issued = outcome.tokens;
		this.#watch.onIssued?.(outcome.tokens);
	}
};

// packages/planport/src/hosts/expiry.ts
/** An answer that does not say how long its token lives means an hour, as other clients take it. */
const DEFAULT_LIFE_MS = 36e5;
/** Milliseconds since the epoch: by `expires_in` of the answer, else by the token itself, else in an hour. */
function expiryOf(tokens, nowMs) {
	if (tokens.expiresInMs !== void 0) return nowMs + tokens.expiresInMs;
	return (tokens.accessToken === null ? null : readJwtClaims(tokens.accessToken.reveal()))?.expiresAtMs ?? nowMs + DEFAULT_LIFE_MS;
}

// packages/planport/src/hosts/server-options.ts
/**
* What every host needs to speak to the sign-in server.
* @module
*/
/**
* Fills in what was left out. Loads the parts that connect only now.
* @throws {ConfigError} `config_invalid`, naming the option or variable.
*/
async function openSignInServer(options) {
	const env = options.env ?? process.env;
	const { createHttpClient } = await import("./http-client.mjs").then((n) => n.n);
	const { createIdentity } = await import("./identity.mjs").then((n) => n.i);
	return {
		http: options.http ?? createHttpClient({ env }),
		endpoints: options.endpoints ?? resolveAuthEndpoints(env, { issuer: options.issuer }),
		client: options.client ?? createIdentity({ env })
	};
}

// packages/planport/src/auth/oauth/inbox.ts
/** An empty queue. */
function createInbox() {
	const items = [];
	let wake = null;
	return {
		push(item) {
			items.push(item);
			wake?.();
		},
		async next() {
			for (;;) {
				const item = items.shift();
				if (item !== void 0) return item;
				await new Promise((resolve) => {
					wake = resolve;
				});
			}
		}
	};
}

// packages/planport/src/auth/oauth/authorize-url.ts
/**
* The page on which a person signs in (RFC 6749 §4.1.1), asked for as Codex asks for it.
* @module
*/
/** The scopes of Codex 0.169. `offline_access` is what brings a refresh token. */
const SIGN_IN_SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke";
/** The URL to open, with the parameters in Codex's order (codex-rs/login/src/server.rs). */
function buildAuthorizeUrl(parameters) {
	const query = new URLSearchParams({
		response_type: "code",
		client_id: parameters.clientId,
		redirect_uri: parameters.redirectUri,
		code_challenge: parameters.challenge,
		code_challenge_method: "S256",
		state: parameters.state,
		scope: SIGN_IN_SCOPE,
		id_token_add_organizations: "true",
		codex_cli_simplified_flow: "true",
		originator: parameters.originator
	});
	if (parameters.allowedWorkspaceIds.length > 0) query.set("allowed_workspace_id", parameters.allowedWorkspaceIds.join(","));
	return `${parameters.authorizeUrl}${parameters.authorizeUrl.includes("?") ? "&" : "?"}${query.toString()}`;
}

// packages/planport/src/auth/oauth/callback.ts
/**
* What a request to the callback server means (RFC 6749 §4.1.2). Pure: the server that listens is next door.
* @module
*/
/** Reads a request to a sign-in server on `port` that waits for `state`. The state is looked at before all else. */
function readCallback(request, port, state) {
	if (request.host !== `127.0.0.1:${port}` && request.host !== `localhost:${port}`) return {
		kind: "stray",
		status: 403,
		text: "Forbidden"
	};
	if (request.method !== "GET") return {
		kind: "stray",
		status: 405,
		text: "Method Not Allowed"
	};
	const url = URL.canParse(request.target, "http://127.0.0.1") ? new URL(request.target, "http://127.0.0.1") : null;
	if (url?.pathname === "/cancel") return request.origin !== void 0 || (request.fetchSite ?? "none") !== "none" ? {
		kind: "stray",
		status: 403,
		text: "Forbidden"
	} : { kind: "cancel" };
	if (url?.pathname !== "/auth/callback") return {
		kind: "stray",
		status: 404,
		text: "Not Found"
	};
	if (!sameText(url.searchParams.get("state") ?? "", state)) return { kind: "otherSignIn" };
	const refusal = readRefusal(url.searchParams);
	if (refusal !== null) return {
		kind: "refused",
		...refusal
	};
	const code = url.searchParams.get("code")?.trim() ?? "";
	if (code !== "") return {
		kind: "code",
		code: new Secret(code)
	};
	return {
		kind: "refused",
		error: new SignInError("sign_in_failed", "The sign-in page sent no authorization code. Try again."),
		code: "missing_authorization_code"
	};
}
/** The error in the query of a redirect (RFC 6749 §4.1.2.1); null when it has none. */
function readRefusal(query) {
	const given = query.get("error");
	if (given === null) return null;
	const code = cleanServerText(given).slice(0, 64) || "error";
	const description = cleanServerText(query.get("error_description") ?? "");
	if (given === "access_denied" && description.includes("missing_codex_entitlement")) return {
		code,
		error: new SignInError("sign_in_failed", "Codex is not enabled for this workspace. Ask its administrator for access, or sign in to another workspace.")
	};
	return {
		code,
		error: new SignInError("sign_in_failed", `Sign-in failed: ${description === "" ? code : description}`)
	};
}
/** Compares without telling by its duration where the texts differ. */
function sameText(a, b) {
	const digest = (text) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(a), digest(b));
}

// packages/planport/src/auth/oauth/pages.ts
/**
* The pages that a browser shows at the end of a sign-in: self-contained, without scripts.
* @module
*/
/** Headers of every page: nothing is loaded, kept, framed, or told to another site. */
const PAGE_HEADERS = {
	"content-type": "text/html; charset=utf-8",
	"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	"x-frame-options": "DENY",
	"referrer-policy": "no-referrer",
	"cache-control": "no-store",
	"x-content-type-options": "nosniff"
};
const STYLE = "body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fafafa}main{max-width:32rem;padding:2rem}h1{font-size:1.4rem}code{word-break:break-word}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}";
/** Shown when the sign-in is complete. */
function successPage() {
	return page("Signed in", "<h1>You are signed in</h1><p>planport has what it needs. You can close this page.</p>");
}
/**
* Shown when the sign-in failed.
* @param message One sentence for the user; escaped here.
* @param code A short code; escaped here.
*/
function errorPage(message, code) {
	return page("Sign-in failed", `<h1>Sign-in failed</h1><p>${escapeHtml(message)}</p><p><code>${escapeHtml(code)}</code></p><p>Go back to the terminal to try again.</p>`);
}
function page(title, body) {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · planport</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}
/** Makes text safe in element content and in quoted attributes. */
function escapeHtml(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;").replaceAll("'", "&#39;");
}

// packages/planport/src/auth/oauth/callback-server.ts
/**
* Listens for the browser that comes back from the sign-in page.
* @module
*/
/** The ports that the sign-in server knows for this client; others are refused as a redirect. */
const CALLBACK_PORTS = [1455, 1457];
const OTHER_SIGN_IN = "This page belongs to another sign-in. Finish the one whose address planport showed last.";
const TEXT_HEADERS = {
	"content-type": "text/plain; charset=utf-8",
	"cache-control": "no-store",
	"x-content-type-options": "nosniff"
};
/**
* Listens on 127.0.0.1, on the first of `ports` that is free. A port that another program holds, or that Windows has
* set aside, is left alone. Null when none is free.
*/
async function startCallbackServer(ports, state, events) {
	for (const port of ports) {
		const server = createServer();
		const boundPort = await listen(server, port);
		if (boundPort !== null) return serve(server, boundPort, state, events);
	}
	return null;
}
function serve(server, port, state, events) {
	/** Browsers that brought the code, more than one when the page was reloaded meanwhile. */
	const waiting = /* @__PURE__ */ new Set();
	let outcome = null;
	let hasCode = false;
	const settle = (status, html, headers = PAGE_HEADERS) => {
		outcome ??= {
			status,
			html,
			headers
		};
		for (const response of waiting) send(response, outcome.status, outcome.headers, outcome.html);
		waiting.clear();
	};
	const act = (meaning, response) => {
		switch (meaning.kind) {
			case "stray":
				send(response, meaning.status, strayHeaders(meaning.status), meaning.text);
				break;
			case "otherSignIn":
				send(response, 400, PAGE_HEADERS, errorPage(OTHER_SIGN_IN, "state_mismatch"));
				break;
			case "cancel":
				send(response, 200, TEXT_HEADERS, "Login cancelled");
				events.onEnd(new SignInError("sign_in_cancelled", "The sign-in was cancelled by another sign-in."));
				break;
			case "refused":
				send(response, 400, PAGE_HEADERS, errorPage(meaning.error.message, meaning.code));
				events.onEnd(meaning.error);
				break;
			case "code":
				if (outcome !== null) {
					send(response, outcome.status, outcome.headers, outcome.html);
					break;
				}
				waiting.add(response);
				response.once("close", () => waiting.delete(response));
				if (!hasCode) events.onCode(meaning.code);
				hasCode = true;
		}
	};
	server.on("request", (request, response) => act(readCallback(facts(request), port, state), response));
	return {
		port,
		succeed: (location) => location === void 0 ? settle(200, successPage()) : settle(302, successPage(), {
			...PAGE_HEADERS,
			location
		}),
		fail: (message, code) => settle(400, errorPage(message, code)),
		close: () => closeServer(server, waiting)
	};
}
function strayHeaders(status) {
	return status === 405 ? {
		...TEXT_HEADERS,
		allow: "GET"
	} : TEXT_HEADERS;
}
function facts(request) {
	const fetchSite = request.headers["sec-fetch-site"];
	return {
		method: request.method ?? "",
		target: request.url ?? "",
		host: request.headers.host?.toLowerCase(),
		origin: request.headers.origin,
		fetchSite: typeof fetchSite === "string" ? fetchSite : void 0
	};
}
function send(response, status, headers, body) {
	response.writeHead(status, {
		...headers,
		"content-length": Buffer.byteLength(body),
		connection: "close"
	});
	response.end(body);
}
/** The port listened on; null when it cannot be had. */
function listen(server, port) {
	return new Promise((resolve) => {
		server.once("error", () => resolve(null));
		server.listen({
			port,
			host: "127.0.0.1",
			exclusive: true
		}, () => {
			server.removeAllListeners("error");
			server.on("error", () => {});
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : port);
		});
	});
}
function closeServer(server, waiting) {
	for (const response of waiting) send(response, 400, PAGE_HEADERS, errorPage("The sign-in has ended.", "ended"));
	return new Promise((resolve) => {
		server.close(() => resolve());
		setTimeout(() => server.closeAllConnections(), 500).unref();
	});
}

// packages/planport/src/auth/oauth/paste.ts
/**
* What a person pastes when the browser could not come back: over SSH, in a container, with the port taken.
* @module
*/
/**
* {@link parsePasted} that tells a refusal from a text without a code.
* @throws {SignInError} `sign_in_failed` when there is no code in it.
*/
function readPasted(text) {
	const pasted = text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, "").replaceAll(/^[<"'`(]+|[>"'`)]+$/g, "");
	const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(pasted) || /^(?:127\.0\.0\.1|localhost)[:/]/i.test(pasted);
	if (!(isAddress || /^\/|^\?|(?:^|&)(?:code|state|error)=/.test(pasted))) {
		const [code = "", state = ""] = pasted.split("#");
		if (!/^[A-Za-z0-9._~+/=%-]+$/.test(code)) throw noCode();
		return codeOf(code, state);
	}
	const start = pasted.indexOf("?");
	const [query = "", fragment = ""] = (start === -1 && !isAddress ? pasted : pasted.slice(start + 1)).split("#");
	const fields = new URLSearchParams(start === -1 && isAddress ? fragment : query);
	const state = fields.get("state") ?? "";
	const refusal = readRefusal(fields);
	if (refusal !== null) return {
		kind: "refusal",
		error: refusal.error,
		state: state === "" ? null : state
	};
	const code = fields.get("code") ?? "";
	if (code === "") throw noCode();
	return codeOf(code, state);
}
function codeOf(code, state) {
	return {
		kind: "code",
		pasted: {
			code: new Secret(code),
			state: state === "" ? null : state
		}
	};
}
/**
* Checks that a pasted code belongs to this sign-in. A bare code passes: PKCE binds it to this sign-in as well.
* @throws {SignInError} `sign_in_state_mismatch`.
*/
function checkPastedState(pasted, state) {
	if (pasted.state === null || sameText(pasted.state, state)) return;
	throw new SignInError("sign_in_state_mismatch", "That address belongs to another sign-in. Paste the one that the page opened last ended at.");
}
function noCode() {
	return new SignInError("sign_in_failed", "There is no code in that. Paste the whole address of the page the browser stopped at, or the value of `code` in it.");
}

// packages/planport/src/auth/oauth/login.ts
/**
* Signing in, without a user interface: two generators that tell what to show and end with a sign-in to store.
* @module
*/
/**
* Signs in with a browser: yields `open-url` and `waiting`, then waits for the browser to come back or for something to
* be pasted, exchanges the code and returns the sign-in. Leaving the generator early closes the port.
* @throws {SignInError} `sign_in_failed`, `sign_in_cancelled`, `sign_in_timeout`, `sign_in_unavailable`; and
* `sign_in_port_in_use` when no port is free and nothing can be pasted.
*/
async function* login(options) {
	const random = options.random ?? systemRandom;
	const pkce = createPkce(random);
	const state = randomToken(32, random);
	const inbox = createInbox();
	const ports = options.ports ?? CALLBACK_PORTS;
	const server = await startCallbackServer(ports, state, {
		onCode: (code) => inbox.push({
			kind: "code",
			code,
			from: "browser"
		}),
		onEnd: (error) => inbox.push({
			kind: "end",
			error
		})
	});
	const stopWatching = watch(options, inbox, state, () => {
		if (server === null) inbox.push({
			kind: "end",
			error: noPort(ports)
		});
	});
	try {
		if (server === null && options.pasted === void 0) throw noPort(ports);
		const redirectUri = `http://127.0.0.1:${server?.port ?? CALLBACK_PORTS[0]}/auth/callback`;
		yield {
			type: "open-url",
			url: buildAuthorizeUrl({
				authorizeUrl: options.endpoints.authorizeUrl,
				clientId: options.endpoints.clientId,
				redirectUri,
				challenge: pkce.challenge,
				state,
				originator: options.client.originator,
				allowedWorkspaceIds: options.offeredWorkspaceIds ?? options.allowedWorkspaceIds ?? []
			}),
			redirectUri,
			port: server?.port ?? null
		};
		yield { type: "waiting" };
		for (;;) {
			const arrival = await inbox.next();
			if (arrival.kind === "end") throw arrival.error;
			if (arrival.kind === "badPaste") {
				yield {
					type: "rejected",
					error: arrival.error
				};
				continue;
			}
			yield { type: "exchanging" };
			const exchange = {
				code: arrival.code,
				verifier: pkce.verifier,
				redirectUri
			};
			try {
				const result = await finishSignIn(exchange, options);
				server?.succeed(options.successUrl);
				yield {
					type: "done",
					credential: result.credential
				};
				return result;
			} catch (error) {
				if (!(error instanceof SignInError) || arrival.from === "browser" || error.code !== "sign_in_failed") {
					tell(server, error);
					throw error;
				}
				yield {
					type: "rejected",
					error
				};
			}
		}
	} finally {
		stopWatching();
		await server?.close();
	}
}
/** Listens to the signal, the clock and the pasted lines, until told to stop. */
function watch(options, inbox, state, onNoMoreLines) {
	const stop = timeLimit(options, options.timeoutMs ?? 9e5, (error) => inbox.push({
		kind: "end",
		error
	}));
	const lines = options.pasted?.[Symbol.asyncIterator]();
	let isOver = false;
	const readLine = async () => {
		const line = await lines?.next();
		if (isOver || line === void 0) return void 0;
		if (line.done === true) return onNoMoreLines();
		if (line.value.trim() !== "") inbox.push(arrivalOf(line.value, state));
		return readLine();
	};
	readLine().catch(() => isOver || onNoMoreLines());
	return () => {
		isOver = true;
		stop();
		lines?.return?.().catch(() => {});
	};
}
function arrivalOf(text, state) {
	try {
		const found = readPasted(text);
		if (found.kind === "refusal") return {
			kind: found.state === null || sameText(found.state, state) ? "end" : "badPaste",
			error: found.error
		};
		checkPastedState(found.pasted, state);
		return {
			kind: "code",
			code: found.pasted.code,
			from: "paste"
		};
	} catch (error) {
		if (error instanceof SignInError) return {
			kind: "badPaste",
			error
		};
		throw error;
	}
}
function tell(server, error) {
	const isOurs = error instanceof SignInError;
	server?.fail(isOurs ? error.message : "The sign-in could not be completed.", isOurs ? error.code : "internal");
}
function noPort(ports) {
	return new SignInError("sign_in_port_in_use", `Port ${ports.join(" and port ")} already in use: the browser cannot come back, and nothing can be pasted. Close the program that holds a port, or sign in with a code: \`planport login --device-auth\`.`);
}

// packages/planport/src/hosts/pi/login.ts
/**
* Signing in for pi: the steps of planport's sign-in, told by the callbacks that pi's hosts give.
* @module
*/
const PASTE = "Paste the authorization code (or the full address the browser stopped at):";
const INSTRUCTIONS = "A browser window should open. Complete the login there.";
/**
* Signs in and stores the login.
* @throws {SignInError} as `login()` throws; what `onPrompt` throws ends the sign-in and is thrown on.
*/
async function loginToCodex(callbacks, options) {
	const asking = new Asking(callbacks, options.promptAfterMs);
	const { http, endpoints, client, now, ports } = options;
	const steps = login({
		http,
		endpoints,
		client,
		now,
		signal: asking.signal,
		pasted: asking.answers(),
		...ports !== void 0 && { ports },
		save: async (document) => options.save(loginEntry(document, now()))
	});
	try {
		for await (const step of steps) show(step, callbacks, asking);
	} catch (error) {
		throw asking.failure ?? error;
	} finally {
		asking.close();
	}
}
function show(step, { onAuth, onProgress }, asking) {
	if (step.type === "open-url") {
		onAuth({
			url: step.url,
			instructions: INSTRUCTIONS
		});
		if (step.port !== null) return asking.later();
		const busy = "Port 1455 already in use: the browser cannot come back by itself.";
		onProgress?.(busy);
		return asking.now(`${busy} ${PASTE}`);
	}
	if (step.type === "rejected") {
		onProgress?.(step.error.message);
		return asking.now(`${step.error.message} ${PASTE}`);
	}
	if (step.type === "exchanging") onProgress?.("Exchanging the code for tokens…");
}
/** Asks the host for what a person pastes, and lets the sign-in have it. */
var Asking = class {
	#callbacks;
	#promptAfterMs;
	#inbox = createInbox();
	/** Ends the sign-in. */
	#end = new AbortController();
	/** Tells the host that nobody waits for its answer any more. */
	#over = new AbortController();
	#onAbort = () => this.#end.abort();
	#timer;
	#asksByHand;
	#isAsking = false;
	/** What the host threw in place of an answer. */
	failure;
	constructor(callbacks, promptAfterMs) {
		this.#callbacks = callbacks;
		this.#promptAfterMs = promptAfterMs;
		this.#asksByHand = callbacks.onManualCodeInput !== void 0;
		if (callbacks.signal?.aborted === true) this.#onAbort();
		else callbacks.signal?.addEventListener("abort", this.#onAbort, { once: true });
	}
	get signal() {
		return this.#end.signal;
	}
	async *answers() {
		for (;;) yield await this.#inbox.next();
	}
	/** The browser may well come back by itself: a person is asked when it has not for a while. */
	later() {
		if (this.#asksByHand) this.now(PASTE);
		else this.#timer = setTimeout(() => this.now(PASTE), this.#promptAfterMs);
	}
	now(message) {
		if (this.#isAsking) return;
		this.#isAsking = true;
		this.#ask(message).then((answer) => {
			this.#isAsking = false;
			if (answer.trim() === "") this.#stop(new SignInError("sign_in_cancelled", "The sign-in was cancelled: nothing was pasted."));
			else this.#inbox.push(answer);
		}, (error) => this.#stop(error));
	}
	async #ask(message) {
		const { onManualCodeInput, onPrompt } = this.#callbacks;
		const byHand = this.#asksByHand;
		this.#asksByHand = false;
		if (byHand && onManualCodeInput !== void 0) return onManualCodeInput();
		return onPrompt({
			message,
			signal: this.#over.signal
		});
	}
	#stop(error) {
		if (this.#over.signal.aborted) return;
		this.failure ??= error;
		this.#end.abort();
	}
	close() {
		clearTimeout(this.#timer);
		this.#callbacks.signal?.removeEventListener("abort", this.#onAbort);
		this.#over.abort();
	}
};
/** The entry for a new sign-in. Who issued it is told only where it is not OpenAI's own server, as pi takes it. */
function loginEntry(document, nowMs) {
	const credential = readCredential(document);
	if (credential?.kind !== "chatgpt" || credential.refreshToken === null) throw new SignInError("sign_in_failed", "The sign-in server sent tokens that cannot be used.");
	const usual = resolveAuthEndpoints({});
	const { issuer, clientId } = readProvenance(document);
	return {
		type: "oauth",
		access: credential.accessToken.reveal(),
		refresh: credential.refreshToken.reveal(),
		expires: expiryOf({ accessToken: credential.accessToken }, nowMs),
		...credential.accountId !== null && { accountId: credential.accountId },
		...issuer !== null && issuer !== usual.issuer && { issuer },
		...clientId !== null && clientId !== usual.clientId && { clientId }
	};
}

// packages/planport/src/hosts/pi/extension/renewals.ts
/** For an extension that is loaded anew, which has modules of its own. By digest, so that what pi brings is not kept. */
const KEPT = Symbol.for("planport.pi.renewals");
/** pi comes again with the newest, if at all. */
const MAX_KEPT = 16;
/**
* What a refresh token is spent for, or was: no token is spent twice in this process. Where the answer's own time is over by
* now, its refresh token is spent in turn.
* @throws What `spend` throws; the token may be tried again, then.
*/
async function renewOnce(token, spend) {
	const known = renewals().get(tokenDigest(token));
	if (known === void 0) return begin(token, spend);
	const renewal = await known;
	const { accessToken, refreshToken } = renewal.tokens;
	if (!(accessToken === null || renewal.expiresAtMs <= Date.now()) || refreshToken === null || tokenDigest(refreshToken) === tokenDigest(token)) return renewal;
	const later = await renewOnce(refreshToken, spend);
	return later.tokens.refreshToken === null ? {
		...later,
		tokens: {
			...later.tokens,
			refreshToken
		}
	} : later;
}
function begin(token, spend) {
	const all = renewals();
	const name = tokenDigest(token);
	const running = spend(token);
	all.set(name, running);
	for (const oldest of all.keys()) {
		if (all.size <= MAX_KEPT) break;
		all.delete(oldest);
	}
	running.then(({ tokens: { refreshToken } }) => all.delete(refreshToken === null ? name : tokenDigest(refreshToken)), () => all.delete(name));
	return running;
}
function renewals() {
	const keeper = globalThis;
	return keeper[KEPT] ??= /* @__PURE__ */ new Map();
}

// packages/planport/src/hosts/pi/extension/sign-in.ts
/**
* Signing in from within pi, and renewing what pi keeps. Loaded when either is asked for.
* @module
*/
/** The words that pi passes over in silence: the person knows what they did. */
const CANCELLED = "Login cancelled";
/**
* Signs in with a browser or a device code, as the person chooses.
* @returns What pi is to store.
* @throws {SignInError} `sign_in_cancelled` in pi's own word for it; what `login()` and `deviceLogin()` throw.
*/
async function signIn(interaction, { name, env }) {
	try {
		const way = await interaction.prompt({
			type: "select",
			message: `Select ${name} login method:`,
			options: [{
				id: "browser",
				label: "Browser login (default)"
			}, {
				id: "device",
				label: "Device code login (headless)"
			}]
		});
		if (way === "") throw new SignInError("sign_in_cancelled", CANCELLED);
		const server = await serverOf(env);
		return await (way === "device" ? byDevice(interaction, server) : byBrowser(interaction, server));
	} catch (error) {
		if (isPlanportError(error) && error.code === "sign_in_cancelled" || interaction.signal?.aborted === true) throw new SignInError("sign_in_cancelled", CANCELLED);
		throw error;
	}
}
async function byBrowser(interaction, server) {
	let stored = null;
	const { signal } = interaction;
	await loginToCodex({
		onAuth: ({ url, instructions }) => interaction.notify({
			type: "auth_url",
			url,
			instructions
		}),
		onPrompt: ({ message, signal: over }) => interaction.prompt({
			type: "manual_code",
			message,
			signal: over
		}),
		onProgress: (message) => interaction.notify({
			type: "progress",
			message
		}),
		...signal !== void 0 && { signal }
	}, {
		...server,
		now: Date.now,
		promptAfterMs: 0,
		save: async (entry) => {
			stored = entry;
		}
	});
	if (stored === null) throw new SignInError("sign_in_failed", "The sign-in brought no tokens.");
	return stored;
}
async function byDevice(interaction, server) {
	const steps = deviceLogin({
		...server,
		signal: interaction.signal
	});
	for (;;) {
		const { done, value } = await steps.next();
		if (done === true) return loginEntry(value.document, Date.now());
		if (value.type === "device-code") interaction.notify({
			type: "device_code",
			userCode: value.userCode,
			verificationUri: value.verificationUrl,
			expiresInSeconds: Math.max(0, Math.round((value.expiresAtMs - Date.now()) / 1e3))
		});
		if (value.type === "exchanging") interaction.notify({
			type: "progress",
			message: "Exchanging the code for tokens…"
		});
	}
}
/**
* Renews a login; pi holds its lock and looks again before it asks for this. Once a token is on its way, pi's signal ends
* nothing any more: the answer is kept for the next time that pi asks with the same token.
* @throws {CredentialError} `refresh_rejected` (sign in again), `refresh_unavailable`, `credential_malformed`; pi keeps what it has.
*/
async function renewLogin(credential, { name, env }, signal) {
	const place = `pi's login to ${name}`;
	const refresh = asString(credential.refresh);
	if (refresh === void 0 || refresh === "") throw new CredentialError("credential_malformed", `There is no refresh token in ${place}. Log in again: /login`);
	signal?.throwIfAborted();
	const spend = async (token) => {
		const { http, endpoints, client } = await serverOf(env);
		const provenance = {
			issuer: asString(credential["issuer"]) ?? null,
			clientId: asString(credential["clientId"]) ?? null
		};
		const target = refreshTarget(endpoints, provenance, place);
		const tokens = await createSendRefresh(http, client)(target, token, "proactive_expiry", place);
		return {
			tokens,
			expiresAtMs: expiryOf(tokens, Date.now())
		};
	};
	try {
		return renewed(credential, await renewOnce(new Secret(refresh), spend));
	} catch (error) {
		if (!(error instanceof CredentialError)) throw error;
		const text = error.message.replace(/Run `planport login`\.$/, "Log in again: /login");
		throw new CredentialError(error.code, text, {
			...retryOf(error),
			cause: error.cause
		});
	}
}
function renewed(credential, { tokens, expiresAtMs }) {
	const access = tokens.accessToken?.reveal();
	if (access === void 0) throw new CredentialError("refresh_unavailable", "The sign-in server's answer held no access token.");
	const accountId = credential.accountId ?? readJwtClaims(access)?.accountId ?? void 0;
	return {
		...credential,
		type: "oauth",
		access,
		...tokens.refreshToken !== null && { refresh: tokens.refreshToken.reveal() },
		expires: expiresAtMs,
		...accountId !== void 0 && { accountId }
	};
}
function serverOf(env) {
	return openSignInServer({
		env,
		client: piIdentity(env)
	});
}

export { renewLogin, signIn };