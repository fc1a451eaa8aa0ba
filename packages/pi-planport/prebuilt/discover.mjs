// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { d as readVariable } from "./json.mjs";
import { t as createHttpClient } from "./http-client.mjs";
import { s as Secret, t as piIdentity } from "./identity.mjs";
import { g as resolveEndpoints, r as fetchCatalogue, t as CODEX_CLIENT_VERSION } from "./client-version.mjs";
import { i as baseUrlOf, s as listedModels } from "./models.mjs";

// packages/planport/src/hosts/pi/extension/discover.ts
/**
* Asking the backend which models an account has. Loaded when it is to be asked.
* @module
*/
/**
* The account's models; null when they cannot be had, or there are none. Never rejects. The token goes out alone: to look up
* its workspace first would take one more call.
* @param accountId Of a sign-in that names its workspace.
*/
async function discoverModels(key, env, signal, accountId = null) {
	try {
		const http = createHttpClient({ env });
		try {
			const { catalogue } = await fetchCatalogue({
				http,
				identity: piIdentity(env),
				clientVersion: readVariable(env, "CODEX_CLIENT_VERSION") ?? "0.169.0",
				now: Date.now,
				closing: signal
			}, resolveEndpoints({ baseUrl: baseUrlOf(env) }), {
				kind: "personalAccessToken",
				bearer: new Secret(key),
				expiresAtMs: null,
				accountId,
				fedramp: false,
				email: null,
				planType: null,
				userId: null
			});
			const models = listedModels(catalogue.models);
			return models.length === 0 ? null : models;
		} finally {
			await http.close();
		}
	} catch {
		return null;
	}
}

export { discoverModels };