/**
 * What may stand in planport.yaml, and in the part of llm-interactive-proxy's config.yaml that is about this backend.
 * docs/planport.schema.json and docs/profiles.md are made of it.
 * @module
 */
import { ACCOUNT_NAME_RULE, isAccountName, parseHttpUrl } from "../../environment.ts";
import { CAPABILITY_NAMES, CAPABILITY_TABLE } from "../../protocol/capabilities.ts";
import { LOG_LEVELS, RELAYED_CREDENTIALS } from "../settings.ts";
import { type ObjectShape, type Rule, type Shape, toJsonSchema } from "./shape.ts";

const VARIABLE: Rule = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, words: "the name of an environment variable, not a key" };
const NAME: Rule = {
  pattern: /^[A-Za-z][A-Za-z0-9._-]{0,63}$/,
  words: "up to 64 letters, digits, dots, dashes and underscores that begin with a letter",
};
const MODEL_NAME: Rule = { pattern: /^\S{1,200}$/, words: "a name without blanks" };
const CLIENT_PATH: Rule = {
  pattern:
    /^(?:\/v1(?:\/[A-Za-z0-9_-]+)+|(?!\/(?:v1|backend-api|healthz)(?:\/|$))(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)$/,
  words: "the path of an endpoint, such as /v1/responses, or a base path of the client's own, such as /droid",
};

/** In seconds, to the longest that a timer can take. */
const SECONDS = { kind: "number", min: 1, max: 86_400, whole: false } as const;

const CAPABILITIES: ObjectShape = {
  kind: "object",
  text: "How requests are shaped that do not say so themselves.",
  fields: Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, capabilityShape(name)])),
};

function capabilityShape(name: (typeof CAPABILITY_NAMES)[number]): Shape {
  const { kind, standard, effects } = CAPABILITY_TABLE[name];
  const text = Object.entries(effects)
    .map(([value, effect]) => `${value}: ${effect}`)
    .join("\n");
  if (typeof standard === "boolean") return { kind: "flag", text, standard };
  return { kind: "choice", text, words: kind.words ?? [], effects, standard };
}

const PROFILE: ObjectShape = {
  kind: "object",
  text: "Capabilities for some clients.",
  fields: {
    when: {
      kind: "object",
      text: "Which clients it is for: all that is given must hold. Without it, it is for requests with the header `x-planport-profile`.",
      fields: {
        userAgent: {
          kind: "list",
          text: "A text that stands in the client's User-Agent, in letters of any case; of several, one.",
          of: { kind: "text", text: "" },
          orOne: true,
        },
        keyEnv: {
          kind: "text",
          text: "The variable that holds the key which the client shows. A gateway that has a key takes this one, too.",
          rule: VARIABLE,
        },
        path: {
          kind: "text",
          text: "The path of an endpoint (`/v1/responses`), or a base path: with `/droid` the client's base URL is `http://127.0.0.1:9107/droid/v1`.",
          rule: CLIENT_PATH,
        },
      },
    },
    capabilities: CAPABILITIES,
  },
};

/** planport.yaml. */
export const PLANPORT_SHAPE: ObjectShape = {
  kind: "object",
  text: "Settings of planport's gateway.",
  fields: {
    $schema: { kind: "text", text: "Where the schema of this file is, for editors. planport does not look at it." },
    host: { kind: "text", text: "The address to listen on (`--host`). Beyond loopback a key is needed." },
    port: {
      kind: "number",
      text: "The port to listen on (`--port`, `PLANPORT_PORT`); 0 takes any free one.",
      min: 0,
      max: 65_535,
      whole: true,
    },
    keyEnv: {
      kind: "text",
      text: "The variable that holds what clients must send as their API key (`--key`, `PLANPORT_KEY`). The key itself does not stand here.",
      rule: VARIABLE,
    },
    account: {
      kind: "text",
      text: "The named account to use (`--account`, `PLANPORT_ACCOUNT`).",
      problem: (value) => (isAccountName(value) ? undefined : `must be ${ACCOUNT_NAME_RULE}`),
    },
    baseUrl: {
      kind: "text",
      text: "The backend's base URL (`--base-url`, `CODEX_BASE_URL`). Not from a file that was only found in the current folder.",
      problem: (value) => {
        const url = parseHttpUrl(value);
        return typeof url === "string" ? undefined : url.problem;
      },
    },
    model: { kind: "text", text: "The model to show in examples (`--model`).", rule: MODEL_NAME },
    logLevel: { kind: "choice", text: "What to log (`--log-level`, `PLANPORT_LOG`).", words: LOG_LEVELS },
    memory: {
      kind: "text",
      text: "Where responses and reasoning are kept (`--memory`, `PLANPORT_MEMORY`): `off`, `memory`, or a file, from this file's folder.",
    },
    credentials: {
      kind: "choice",
      text: "Whose credential goes with calls to `/backend-api` (`--credentials`, `PLANPORT_CREDENTIALS`).",
      words: RELAYED_CREDENTIALS,
    },
    allowOrigins: {
      kind: "list",
      text: "Origins of web pages that may call (`--allow-origin`).",
      of: { kind: "text", text: "" },
      orOne: true,
    },
    allowHosts: {
      kind: "list",
      text: "Names in the Host header that are taken (`--allow-host`).",
      of: { kind: "text", text: "" },
      orOne: true,
    },
    idleTimeoutSeconds: {
      ...SECONDS,
      text: "The longest silence of the backend (`--idle-timeout`, `PLANPORT_IDLE_TIMEOUT`). Default 300.",
    },
    timeoutSeconds: {
      ...SECONDS,
      text: "How long a whole call may take (`--timeout`, `PLANPORT_TIMEOUT`). Default: as long as it takes.",
    },
    aliases: {
      kind: "map",
      text: "Own names of models, each for another name, with options if need be: `deep: gpt-6-sol?reasoning_effort=high`.",
      of: { kind: "text", text: "", rule: MODEL_NAME },
      names: MODEL_NAME,
    },
    capabilities: CAPABILITIES,
    profiles: {
      kind: "map",
      text: "Capabilities for some clients, by a name. The first profile whose `when` holds is used.",
      of: PROFILE,
      names: NAME,
    },
  },
};

/** `backends.openai_codex` of llm-interactive-proxy's config.yaml. */
export const PROXY_BACKEND_SHAPE: ObjectShape = {
  kind: "object",
  text: "",
  fields: {
    type: { kind: "choice", text: "", words: ["openai-codex"] },
    timeout: { ...SECONDS, text: "" },
    extra: {
      kind: "object",
      text: "",
      fields: { codex: { kind: "object", text: "", fields: { default_capabilities: CAPABILITIES } } },
    },
  },
};

/** What that program knows there and planport has no use for: it is left aside, and told of. */
export const PROXY_FOREIGN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": ["api_key", "api_url", "enabled", "identity", "model", "models"],
  extra: ["credentials_path", "openai_codex_path"],
  "extra.codex": [
    "agent_capabilities",
    "compatibility_layer",
    "early_session_verbosity_bump",
    "gpt55_unsupported_free_plan_downgrade",
    "managed_oauth",
    "model_catalog",
    "prompt",
    "renderer",
    "streaming",
    "tool_schema",
    "verbosity",
    "websocket",
  ],
};

/** The schema of planport.yaml. */
export function planportSchema(): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "planport.yaml",
    ...toJsonSchema(PLANPORT_SHAPE),
  };
}
