// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { d as readVariable, i as tryParseJson, n as asString, o as codexHome, r as isJsonObject, s as joinPath } from "./json.mjs";
import { a as builtInEntries, c as pinnedModels, d as takesNativeProviders, i as baseUrlOf, l as withDocumented, n as PI_API, o as fallbackModels, r as PI_PROVIDER, t as DEFAULT_BASE_URL } from "./models.mjs";
import { t as decodeJwtPayload } from "./jwt-claims.mjs";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";

// packages/planport/src/hosts/pi/extension/keys.ts
/**
* Where the extension finds a plan's token that was not given to it.
* @module
*/
/**
* The access token: `CODEX_ACCESS_TOKEN`, else `CODEX_PAT`, else `personal_access_token` of Codex's `auth.json`, where
* `codex login --with-access-token` puts it. Null when there is none.
*/
function findAccessToken(places) {
	for (const name of ["CODEX_ACCESS_TOKEN", "CODEX_PAT"]) {
		const key = readVariable(places.env, name);
		if (key !== void 0) return {
			key,
			source: name
		};
	}
	return tokenOfCodex(places);
}
/** As {@link findAccessToken}; else what stands in `OPENAI_API_KEY`, if it is a plan's token and no API key. */
function findPlanToken(places) {
	const found = findAccessToken(places);
	if (found !== null) return found;
	const key = readVariable(places.env, "OPENAI_API_KEY");
	return key !== void 0 && isPlanToken(key) ? {
		key,
		source: "OPENAI_API_KEY"
	} : null;
}
/** Where the process keeps the token that was taken out of its environment, for an extension that is loaded anew. */
const KEPT = Symbol.for("planport.pi.token");
/**
* The environment of the process, and its own from now on. A plan's token in `OPENAI_API_KEY` is taken out of the process: pi
* has a provider that would send it to OpenAI's plain API, and prefers that one.
*/
function takeEnvironment(processEnv = process.env) {
	const keeper = globalThis;
	const key = readVariable(processEnv, "OPENAI_API_KEY");
	if (key !== void 0 && isPlanToken(key)) {
		keeper[KEPT] = key;
		delete processEnv["OPENAI_API_KEY"];
	}
	const kept = keeper[KEPT];
	return {
		...kept !== void 0 && { OPENAI_API_KEY: kept },
		...processEnv
	};
}
function isPlanToken(text) {
	return text.startsWith("at-") || isPlanJwt(text);
}
/** True for a token of an OpenAI sign-in. A JWT of anybody else's is not to be sent to OpenAI. */
function isPlanJwt(text) {
	return isJsonObject(decodeJwtPayload(text)?.["https://api.openai.com/auth"]);
}
function tokenOfCodex({ env, platform = process.platform, homeDir = homedir() }) {
	const file = joinPath(platform, codexHome({
		env,
		platform,
		homeDir
	}).folder, "auth.json");
	const document = tryParseJson(textOf(file));
	const key = isJsonObject(document) ? asString(document["personal_access_token"])?.trim() : void 0;
	return key === void 0 || key === "" ? null : {
		key,
		source: file
	};
}
function textOf(file) {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}

// packages/planport/src/hosts/pi/extension/event-stream.ts
/** A stream that is filled from one side and read from the other. It ends with the first `done` or `error`. */
var AnswerStream = class {
	#waiting = [];
	#queue = [];
	#result;
	#settle;
	#isOver = false;
	constructor() {
		this.#result = new Promise((resolve) => {
			this.#settle = resolve;
		});
	}
	/** Adds an event; what comes after the end is dropped. */
	push(event) {
		if (this.#isOver) return;
		if (event.type === "done" || event.type === "error") {
			this.#isOver = true;
			this.#settle(event.type === "done" ? event.message : event.error);
		}
		const reader = this.#waiting.shift();
		if (reader === void 0) this.#queue.push(event);
		else reader({
			value: event,
			done: false
		});
		if (this.#isOver) for (const idle of this.#waiting.splice(0)) idle({
			value: void 0,
			done: true
		});
	}
	/** The message at the end, whole or failed. */
	result() {
		return this.#result;
	}
	async *[Symbol.asyncIterator]() {
		for (;;) {
			const queued = this.#queue.shift();
			if (queued !== void 0) {
				yield queued;
				continue;
			}
			if (this.#isOver) return;
			const next = await new Promise((resolve) => this.#waiting.push(resolve));
			if (next.done === true) return;
			yield next.value;
		}
	}
};

// packages/planport/src/hosts/pi/extension/provider.ts
/** A key that says: there is one, but it is yours to find. A variable's name it is not, which early versions of pi would look up. */
const KEY_TO_BE_FOUND = "planport-finds-the-token";
/** How long the backend may take to list models when pi asks for a newer list. */
const LIST_LIMIT_MS = 5e3;
/** The form that pi has since 0.81. */
function nativeProvider(setup) {
	const baseUrl = baseUrlOf(setup.env);
	const complete = (models) => models.map((model) => ({
		...model,
		provider: setup.id,
		api: PI_API,
		baseUrl
	}));
	let models = complete(setup.models);
	const stream = streamOf(setup);
	return {
		id: setup.id,
		name: setup.name,
		baseUrl,
		auth: {
			apiKey: keyAuth(setup),
			...setup.hasLogin && { oauth: oauth(setup) }
		},
		getModels: () => models,
		refreshModels: async (context) => {
			const newer = await newerModels(setup, context);
			if (newer === null) return;
			await context.publish({
				persist: {
					models: complete(newer),
					checkedAt: Date.now()
				},
				update: () => {
					models = complete(withDocumented(newer, setup.id));
				}
			});
		},
		stream,
		streamSimple: stream
	};
}
/** The form that pi had before. There each way to speak is set for all of pi, so that it has a name of its own. */
function legacyProvider(setup) {
	const { id, name, env, models } = setup;
	const key = setup.hasLogin && setup.findKey({ env }) === null ? null : KEY_TO_BE_FOUND;
	return {
		name,
		baseUrl: baseUrlOf(env),
		api: id === "openai-codex" ? PI_API : `${id}-responses`,
		...key !== null && { apiKey: key },
		...setup.hasLogin && { oauth: {
			name,
			login: async (callbacks) => signIn(setup, interactionOf(callbacks)),
			refreshToken: async (credential, signal) => renew(setup, credential, signal),
			getApiKey: (credential) => credential.access ?? ""
		} },
		models,
		streamSimple: streamOf(setup)
	};
}
function streamOf({ env, findKey, costOf }) {
	return (model, context, options = {}) => {
		const stream = new AnswerStream();
		const whole = options.env === void 0 ? env : {
			...env,
			...options.env
		};
		const given = options.apiKey?.trim();
		const key = given !== void 0 && given !== "" && given !== KEY_TO_BE_FOUND ? given : findKey({ env: whole })?.key ?? null;
		const withBase = model.baseUrl ? model : {
			...model,
			baseUrl: DEFAULT_BASE_URL
		};
		import("./stream.mjs").then(({ answerInto }) => answerInto(stream, withBase, context, options, {
			env: whole,
			key,
			costOf
		})).catch(() => stream.push({
			type: "error",
			reason: "error",
			error: notLoaded(model)
		}));
		return stream;
	};
}
function notLoaded({ api, provider, id }) {
	return {
		role: "assistant",
		content: [],
		api,
		provider,
		model: id,
		usage: {
			input: 0,
			output: 0,
			cacheRead: 0,
			cacheWrite: 0,
			reasoning: 0,
			totalTokens: 0,
			cost: {
				input: 0,
				output: 0,
				cacheRead: 0,
				cacheWrite: 0,
				total: 0
			}
		},
		stopReason: "error",
		errorMessage: "planport's own files could not be loaded; start pi anew, and install pi-planport again if it stays so.",
		timestamp: Date.now()
	};
}
function keyAuth({ keyName, env, findKey }) {
	return {
		name: keyName,
		login: async (interaction) => ({
			type: "api_key",
			key: (await interaction.prompt({
				type: "secret",
				message: `Paste the ${keyName}:`
			})).trim()
		}),
		resolve: async ({ credential }) => {
			const stored = credential?.key?.trim();
			const own = credential?.env;
			const found = stored !== void 0 && stored !== "" ? {
				key: stored,
				source: "stored token"
			} : findKey({ env: {
				...env,
				...own
			} });
			if (found === null) return void 0;
			return {
				auth: { apiKey: found.key },
				source: found.source,
				...own !== void 0 && { env: own }
			};
		}
	};
}
function oauth(setup) {
	return {
		name: setup.name,
		isSubscription: true,
		loginLabel: "Sign in with your ChatGPT account",
		login: async (interaction) => signIn(setup, interaction),
		refresh: async (credential, signal) => renew(setup, credential, signal),
		toAuth: async ({ access = "", accountId }) => ({
			apiKey: access,
			...accountId !== void 0 && { headers: { "chatgpt-account-id": accountId } }
		})
	};
}
async function signIn(setup, interaction) {
	return (await import("./sign-in.mjs")).signIn(interaction, setup);
}
async function renew(setup, credential, signal) {
	return (await import("./sign-in.mjs")).renewLogin(credential, setup, signal);
}
/** The older way to ask a person, as the newer one. Where nothing can be selected, the browser it is. */
function interactionOf(callbacks) {
	return {
		...callbacks.signal !== void 0 && { signal: callbacks.signal },
		prompt: async ({ type, message, options = [] }) => {
			if (type === "select" && callbacks.onSelect !== void 0) return await callbacks.onSelect({
				message,
				options
			}) ?? "";
			if (type === "select") return options[0]?.id ?? "";
			return callbacks.onPrompt({ message });
		},
		notify: (event) => {
			if (event.type === "auth_url") callbacks.onAuth(event);
			else if (event.type === "device_code") {
				if (callbacks.onDeviceCode !== void 0) callbacks.onDeviceCode(event);
				else callbacks.onAuth({
					url: event.verificationUri,
					instructions: `Type this code there: ${event.userCode}`
				});
			} else callbacks.onProgress?.(event.message);
		}
	};
}
/** A list that is newer than what is shown: the backend's, where it may be asked, else the one that pi kept. */
async function newerModels(setup, context) {
	if (setup.isPinned) return null;
	const { credential, allowNetwork, stored } = context;
	const env = {
		...setup.env,
		...credential?.env
	};
	const key = credential?.access ?? credential?.key ?? setup.findKey({ env })?.key;
	if (allowNetwork && key !== void 0 && !key.startsWith("sk-")) {
		const { discoverModels } = await import("./discover.mjs");
		const limit = AbortSignal.timeout(LIST_LIMIT_MS);
		const live = await discoverModels(key, env, context.signal === void 0 ? limit : AbortSignal.any([context.signal, limit]), credential?.accountId ?? null);
		if (live !== null) return live;
	}
	return credential !== void 0 && (stored?.models.length ?? 0) > 0 ? stored?.models ?? null : null;
}

// packages/planport/src/hosts/pi/extension/index.ts
/**
* planport for pi: providers on a ChatGPT plan.
* @module
*/
const DISCOVERY_LIMIT_MS = 2e3;
const TOKEN_PROVIDER = "codex-token";
const LOGIN_PROVIDER = "planport";
/** Where pi has the same models with a price. */
const PRICED = [
	"openai-codex",
	"openai",
	"azure-openai-responses"
];
/**
* The extension: registers `codex-token`, for access tokens, and `planport` (or what `PLANPORT_PI_PROVIDER_ID` says), for
* sign-ins and tokens alike. It works in pi 0.58 to 1.5, imports nothing of pi's, and never throws: a pi whose extension does
* so does not start.
*
* @example
* ```ts
* import { planportExtension } from "planport/pi";
*
* export default planportExtension; // a file in pi's folder `extensions`
* ```
*/
async function planportExtension(pi, options = {}) {
	try {
		await register(pi, options);
	} catch (error) {
		process.emitWarning(error instanceof Error ? error.message : "The extension could not start.", "planport");
	}
}
async function register(pi, options) {
	const env = options.env ?? takeEnvironment();
	const prices = watchPrices(pi);
	const pinned = pinnedModels(env);
	const live = pinned === null ? await listInTime(env, options) : null;
	const shared = {
		env,
		isPinned: pinned !== null,
		costOf: prices
	};
	const id = loginProviderId(env);
	const setups = [{
		...shared,
		id: TOKEN_PROVIDER,
		name: "Codex access token",
		keyName: "Codex access token (at-…)",
		models: pinned ?? live ?? fallbackModels(),
		hasLogin: false,
		findKey: findAccessToken
	}, {
		...shared,
		id,
		name: id === "openai-codex" ? "ChatGPT Plus/Pro (Codex Subscription)" : "ChatGPT plan (planport)",
		keyName: "Codex access token (at-…)",
		models: pinned ?? withDocumented(live ?? builtInEntries(), id),
		hasLogin: true,
		findKey: findPlanToken
	}];
	const isNative = takesNativeProviders(pi);
	for (const setup of setups) if (isNative) pi.registerProvider(nativeProvider(setup));
	else pi.registerProvider(setup.id, legacyProvider(setup));
}
/** The account's models, where the environment has a token to ask with and the answer comes in time. */
async function listInTime(env, { discoveryLimitMs = DISCOVERY_LIMIT_MS }) {
	const found = findPlanToken({ env });
	if (found === null || found.key.startsWith("sk-")) return null;
	const over = new AbortController();
	let timer;
	const late = new Promise((resolve) => {
		timer = setTimeout(() => {
			over.abort();
			resolve(null);
		}, discoveryLimitMs);
	});
	const listed = import("./discover.mjs").then(({ discoverModels }) => discoverModels(found.key, env, over.signal));
	try {
		return await Promise.race([listed, late]);
	} finally {
		clearTimeout(timer);
	}
}
function loginProviderId(env) {
	const id = readVariable(env, "PLANPORT_PI_PROVIDER_ID") ?? LOGIN_PROVIDER;
	if (/^[a-z0-9][a-z0-9-]*$/.test(id) && id !== TOKEN_PROVIDER) return id;
	process.emitWarning(`PLANPORT_PI_PROVIDER_ID must be small letters, digits and dashes, and not ${TOKEN_PROVIDER}; ${LOGIN_PROVIDER} it is.`, "planport");
	return LOGIN_PROVIDER;
}
/** What a model costs: what its settings say, else what pi says of the same model of its own, else nothing. */
function watchPrices(pi) {
	let lookup;
	pi.on?.("session_start", (_event, context) => {
		lookup = context.modelRegistry;
	});
	return (model) => {
		if (model.cost.input > 0 || model.cost.output > 0) return model.cost;
		try {
			return PRICED.filter((provider) => provider !== model.provider).flatMap((provider) => lookup?.find(provider, model.id)?.cost ?? [])[0] ?? model.cost;
		} catch {
			return model.cost;
		}
	};
}

export { planportExtension };