// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { posix, win32 } from "node:path";

// packages/planport/src/environment.ts
/**
* What environment variables mean, wherever they are read: blanks, folders, addresses.
* @module
*/
/** The variables, Codex's own, that move the sign-in server: what `planport status` shows is what the sign-in reads. */
const AUTH_VARIABLES = {
	loginIssuer: "CODEX_APP_SERVER_LOGIN_ISSUER",
	loginClientId: "CODEX_APP_SERVER_LOGIN_CLIENT_ID",
	authApiBaseUrl: "CODEX_AUTHAPI_BASE_URL",
	whoamiUrl: "CODEX_WHOAMI_URL",
	refreshUrl: "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
	revokeUrl: "CODEX_REVOKE_TOKEN_URL_OVERRIDE"
};
/** The value of a variable; an empty or blank one counts as not set, as every shell user expects. */
function readVariable(env, name) {
	return trimmed(env[name]);
}
/** The value without blanks around it; undefined when nothing is left. */
function trimmed(value) {
	const text = value?.trim();
	return text === void 0 || text === "" ? void 0 : text;
}
/** Joins parts of a path by the rules of the platform that was asked for. */
function joinPath(platform, ...parts) {
	return (platform === "win32" ? win32 : posix).join(...parts);
}
/** Replaces a leading `~`, which no shell has seen when the value comes from a file or a service definition. */
function withHome(value, { platform, homeDir }) {
	if (value === "~") return homeDir;
	return /^~[\\/]/.test(value) ? joinPath(platform, homeDir, value.slice(2)) : value;
}
/** The folder that a variable names. */
function readFolder(options, name) {
	const value = readVariable(options.env, name);
	return value === void 0 ? void 0 : withHome(value, options);
}
/** Codex's own folder: `CODEX_HOME`, else `~/.codex`. */
function codexHome(options) {
	const set = readFolder(options, "CODEX_HOME");
	if (set !== void 0) return {
		folder: set,
		via: "CODEX_HOME"
	};
	return {
		folder: joinPath(options.platform, options.homeDir, ".codex"),
		via: null
	};
}
/** planport's own folder: `PLANPORT_HOME`, else `$CODEX_HOME/planport`, else `~/.planport`. */
function planportHome(options) {
	const own = readFolder(options, "PLANPORT_HOME");
	if (own !== void 0) return {
		folder: own,
		via: "PLANPORT_HOME"
	};
	const codex = codexHome(options);
	if (codex.via !== null) return {
		folder: joinPath(options.platform, codex.folder, "planport"),
		via: codex.via
	};
	return {
		folder: joinPath(options.platform, options.homeDir, ".planport"),
		via: null
	};
}
/**
* Checks a base URL and takes its trailing slashes off. The problem never repeats the value: people put passwords there.
* @returns The URL, or what is wrong with it.
*/
function parseHttpUrl(value) {
	const url = URL.canParse(value) ? new URL(value) : null;
	if (url === null || url.protocol !== "http:" && url.protocol !== "https:") return { problem: "must be a URL that begins with https:// or http://" };
	if (url.username !== "" || url.password !== "") return { problem: "must not hold a user name or password" };
	if (url.hash !== "") return { problem: "must not hold a fragment (#…)" };
	return value.replace(/\/+$/, "");
}

// packages/planport/src/protocol/json.ts
/** True for objects that are neither null nor arrays. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** The value when it is a string, else undefined. */
function asString(value) {
	return typeof value === "string" ? value : void 0;
}
/** The value when it is a finite number, else undefined. */
function asNumber(value) {
	return typeof value === "number" && Number.isFinite(value) ? value : void 0;
}
/** Parses JSON text; undefined (which no JSON text means) when it is malformed. */
function tryParseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}

export { AUTH_VARIABLES as a, parseHttpUrl as c, readVariable as d, trimmed as f, tryParseJson as i, planportHome as l, asString as n, codexHome as o, withHome as p, isJsonObject as r, joinPath as s, asNumber as t, readFolder as u };