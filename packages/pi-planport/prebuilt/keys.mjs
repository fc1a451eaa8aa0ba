// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { d as readVariable, i as tryParseJson, n as asString, o as codexHome, r as isJsonObject, s as joinPath } from "./json.mjs";
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
	return key !== void 0 && (key.startsWith("at-") || isJwt(key)) ? {
		key,
		source: "OPENAI_API_KEY"
	} : null;
}
/** True for three parts of base64url: a sign-in's token. */
function isJwt(text) {
	return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
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

export { findPlanToken as n, isJwt as r, findAccessToken as t };