// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { i as tryParseJson, n as asString, r as isJsonObject, t as asNumber } from "./json.mjs";

// packages/planport/src/auth/jwt-claims.ts
/**
* Reads what a token says about its owner. Nothing is verified: planport is not the audience of these tokens, it only
* carries them, and whoever checks them has the key (codex-rs/login/src/token_data.rs does the same).
* @module
*/
const AUTH_CLAIM = "https://api.openai.com/auth";
const PROFILE_CLAIM = "https://api.openai.com/profile";
/** Names the plan went by before, as codex-rs/login/src/token_data.rs reads them. */
const PLAN_ALIASES = {
	hc: "enterprise",
	education: "edu"
};
/** No token of OpenAI's comes near; longer text is not worth decoding. */
const MAX_TOKEN_CHARS = 262144;
/** The last moment of the year 9999: what comes after it cannot be written as RFC 3339. */
const MAX_TIME_MS = 0xe677d21fdbff;
/**
* The claims of a JWT (RFC 7519 §3), or null when `token` is not three base64url parts around a JSON object. An opaque
* token is therefore null, not an error: the backend may change what its tokens look like.
*/
function readJwtClaims(token) {
	const payload = decodeJwtPayload(token);
	if (payload === null) return null;
	const auth = objectAt(payload, AUTH_CLAIM);
	const planType = text(auth["chatgpt_plan_type"]);
	const exp = asNumber(payload["exp"]);
	return {
		email: text(payload["email"]) ?? text(objectAt(payload, PROFILE_CLAIM)["email"]),
		accountId: text(auth["chatgpt_account_id"]),
		planType: planType === null ? null : PLAN_ALIASES[planType] ?? planType,
		userId: text(auth["chatgpt_user_id"]) ?? text(auth["user_id"]),
		fedramp: auth["chatgpt_account_is_fedramp"] === true,
		expiresAtMs: exp === void 0 || exp < 0 || exp * 1e3 > MAX_TIME_MS ? null : exp * 1e3
	};
}
/** The payload of a JWT as it stands, or null as {@link readJwtClaims}. */
function decodeJwtPayload(token) {
	if (token.length > MAX_TOKEN_CHARS) return null;
	const parts = token.split(".");
	const [header, payload, signature] = parts;
	if (parts.length !== 3 || !header || !payload || !signature) return null;
	if (!/^[A-Za-z0-9_-]+={0,2}$/.test(payload)) return null;
	const value = tryParseJson(Buffer.from(payload, "base64url").toString("utf8"));
	return isJsonObject(value) ? value : null;
}
function objectAt(value, key) {
	const inner = value[key];
	return isJsonObject(inner) ? inner : {};
}
function text(value) {
	const string = asString(value);
	return string === void 0 || string === "" ? null : string;
}

export { readJwtClaims as n, decodeJwtPayload as t };