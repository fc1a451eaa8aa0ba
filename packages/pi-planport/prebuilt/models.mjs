// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { d as readVariable } from "./json.mjs";

// packages/planport/src/hosts/pi/extension/host.ts
/** How hard pi may ask a model to think, from the least to the most. */
const PI_LEVELS = [
	"off",
	"minimal",
	"low",
	"medium",
	"high",
	"xhigh",
	"max"
];
/**
* True when this pi takes providers as objects. Only these know models of one's own (`models.json`); an older pi that is given
* one does not start. Nothing but its code tells the two apart: both hands are the same, and there is no version on them.
*/
function takesNativeProviders(pi) {
	const { registerProvider } = pi;
	return Function.prototype.toString.call(registerProvider).includes("registerNativeProvider");
}

// packages/planport/src/upstream/snapshot.ts
const EFFORT_NOTES = {
	low: "Fast answers with little reasoning",
	medium: "A balance of speed and reasoning",
	high: "More reasoning for hard problems",
	xhigh: "Extra reasoning for very hard problems",
	max: "The most reasoning",
	ultra: "The most reasoning, with several agents"
};
const UP_TO_XHIGH = [
	"low",
	"medium",
	"high",
	"xhigh"
];
const UP_TO_MAX = [...UP_TO_XHIGH, "max"];
const UP_TO_ULTRA = [...UP_TO_MAX, "ultra"];
const USUAL = [272e3, 872e3];
const ROWS = [
	{
		slug: "gpt-6.1-sol",
		priority: 1,
		context: USUAL,
		defaultEffort: "low",
		efforts: UP_TO_ULTRA,
		minClient: "0.153.0",
		ultraAs: "xhigh"
	},
	{
		slug: "gpt-6-astra",
		priority: 2,
		context: USUAL,
		defaultEffort: "low",
		efforts: UP_TO_ULTRA,
		minClient: "0.153.0",
		ultraAs: "xhigh"
	},
	{
		slug: "gpt-6-sol",
		priority: 3,
		context: USUAL,
		defaultEffort: "medium",
		efforts: UP_TO_ULTRA,
		minClient: "0.155.0"
	},
	{
		slug: "gpt-6-luna",
		priority: 4,
		context: USUAL,
		defaultEffort: "medium",
		efforts: UP_TO_MAX,
		minClient: "0.155.0"
	},
	{
		slug: "gpt-5.6-sol",
		priority: 5,
		context: USUAL,
		defaultEffort: "low",
		efforts: UP_TO_ULTRA,
		minClient: "0.144.0"
	},
	{
		slug: "gpt-6.1-terra",
		priority: 7,
		context: [5e5, 872e3],
		defaultEffort: "low",
		efforts: UP_TO_ULTRA,
		minClient: "0.153.0",
		ultraAs: "xhigh"
	},
	{
		slug: "gpt-5.6-terra",
		priority: 8,
		context: USUAL,
		defaultEffort: "medium",
		efforts: UP_TO_ULTRA,
		minClient: "0.144.0"
	},
	{
		slug: "gpt-5.6-luna",
		priority: 9,
		context: USUAL,
		defaultEffort: "medium",
		efforts: UP_TO_MAX,
		minClient: "0.144.0"
	},
	{
		slug: "gpt-daybreak-blue-latest",
		priority: 11,
		context: USUAL,
		defaultEffort: "low",
		efforts: UP_TO_ULTRA,
		minClient: "0.142.2",
		hidden: true
	},
	{
		slug: "gpt-daybreak-red-latest",
		priority: 12,
		context: [372e3, 372e3],
		defaultEffort: "medium",
		efforts: UP_TO_ULTRA,
		minClient: "0.142.2",
		verbosity: "high",
		hidden: true
	},
	{
		slug: "gpt-5.5",
		priority: 13,
		context: [272e3, 272e3],
		defaultEffort: "medium",
		efforts: UP_TO_XHIGH,
		minClient: "0.124.0",
		lite: false
	},
	{
		slug: "codex-auto-review",
		priority: 43,
		context: USUAL,
		defaultEffort: "medium",
		efforts: UP_TO_MAX,
		minClient: "0.98.0",
		hidden: true
	}
];
function toModelInfo(row) {
	return {
		slug: row.slug,
		display_name: row.slug,
		visibility: row.hidden === true ? "hide" : "list",
		supported_in_api: true,
		priority: row.priority,
		supported_reasoning_levels: row.efforts.map((effort) => ({
			effort,
			description: EFFORT_NOTES[effort] ?? effort
		})),
		default_reasoning_level: row.defaultEffort,
		use_responses_lite: row.lite ?? true,
		support_verbosity: true,
		default_verbosity: row.verbosity ?? "low",
		supports_parallel_tool_calls: true,
		supports_reasoning_summaries: true,
		default_reasoning_summary: "none",
		context_window: row.context[0],
		max_context_window: row.context[1],
		input_modalities: ["text", "image"],
		shell_type: "shell_command",
		truncation_policy: {
			mode: "tokens",
			limit: 1e4
		},
		experimental_supported_tools: [],
		minimal_client_version: row.minClient,
		...row.ultraAs !== void 0 && { multi_agent_reasoning_effort: row.ultraAs }
	};
}
/** A fresh copy of the built-in catalogue, by priority. */
function snapshotCatalogue() {
	return { models: ROWS.map(toModelInfo) };
}

// packages/planport/src/hosts/pi/extension/models.ts
/**
* The models that pi is shown: those that the environment names, else those that the account has, else a guess.
* @module
*/
/** pi's own name for the plan, under which the login provider can stand as well. */
const PI_PROVIDER = "openai-codex";
/** What pi calls the way in which these models are spoken to. */
const PI_API = "openai-codex-responses";
/** Where plans' model calls go, unless `CODEX_BASE_URL` says otherwise. */
const DEFAULT_BASE_URL = "https://chatgpt.com/backend-api/codex";
/** What is shown of `codex-token` where nothing is known. */
const FALLBACK_MODEL = "gpt-5.5";
/** As the document lists them; the plan has none of them any more. */
const DOCUMENTED = [
	"gpt-5.2-codex",
	"gpt-4.5-vision-preview",
	"gpt-5-64k",
	"gpt-5-preview",
	"o1-pro"
];
const CONTEXT_TOKENS = 272e3;
const OUTPUT_TOKENS = 128e3;
/** The base of all model calls. */
function baseUrlOf(env) {
	return readVariable(env, "CODEX_BASE_URL") ?? "https://chatgpt.com/backend-api/codex";
}
/** The models that `CODEX_MODELS` names; null when it names none. */
function pinnedModels(env) {
	const names = (env["CODEX_MODELS"] ?? "").split(",").map((name) => name.trim());
	const pinned = [...new Set(names)].filter((name) => name !== "").map(guessedModel);
	return pinned.length === 0 ? null : pinned;
}
/** What is shown of a token's models when they cannot be listed. */
function fallbackModels() {
	return [guessedModel(FALLBACK_MODEL)];
}
/** What is shown of a plan's models before anybody has signed in: those that Codex knew when this was built. */
function builtInEntries() {
	return listedModels(snapshotCatalogue().models);
}
/**
* What a provider shows of a list: under pi's own name for the plan, the names of pi-infinity's document as well. Those that are
* not in the list mean its first model (`resolveModel`).
*/
function withDocumented(models, providerId) {
	const [first] = models;
	if (first === void 0 || providerId !== "openai-codex") return models;
	const missing = DOCUMENTED.filter((id) => models.every((model) => model.id !== id));
	return [...models, ...missing.map((id) => ({
		...first,
		id,
		name: `${id} (${first.name})`
	}))];
}
/** What the account's list shows: what it hides and what is no API's is left out. */
function listedModels(models) {
	return models.filter((model) => model.visibility === "list" && model.supported_in_api).toSorted((a, b) => a.priority - b.priority).map((model) => entryOf(model));
}
/** A model of which nothing but its name is sure takes text alone. */
function guessedModel(id) {
	const known = snapshotCatalogue().models.find((model) => model.slug === id);
	if (known === void 0) return {
		...base(id),
		reasoning: true
	};
	return {
		...entryOf(known),
		input: ["text"],
		contextWindow: CONTEXT_TOKENS
	};
}
function base(id) {
	return {
		id,
		name: id,
		reasoning: false,
		input: ["text"],
		cost: {
			input: 0,
			output: 0,
			cacheRead: 0,
			cacheWrite: 0
		},
		contextWindow: CONTEXT_TOKENS,
		maxTokens: OUTPUT_TOKENS,
		compat: { supportsMaxOutputTokens: false }
	};
}
function entryOf(model) {
	const window = model.context_window;
	const input = (model.input_modalities ?? []).filter((kind) => kind === "text" || kind === "image");
	const efforts = model.supported_reasoning_levels.map(({ effort }) => effort);
	return {
		...base(model.slug),
		name: model.display_name,
		reasoning: efforts.length > 0,
		...input.length > 0 && { input },
		...typeof window === "number" && window > 0 && { contextWindow: window },
		...efforts.length > 0 && { thinkingLevelMap: levelsOf(efforts) }
	};
}
/** pi's levels by the model's efforts; the two have the same names, but for `off`. */
function levelsOf(efforts) {
	return Object.fromEntries(PI_LEVELS.map((level) => {
		const effort = level === "off" ? "none" : level;
		return [level, efforts.includes(effort) ? effort : null];
	}));
}

export { builtInEntries as a, pinnedModels as c, takesNativeProviders as d, baseUrlOf as i, withDocumented as l, PI_API as n, fallbackModels as o, PI_PROVIDER as r, listedModels as s, DEFAULT_BASE_URL as t, snapshotCatalogue as u };