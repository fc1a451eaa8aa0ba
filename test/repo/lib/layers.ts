/**
 * The layers of the published package.
 * @module
 */
import { computed } from "./modules.ts";

/** What a folder (or a file that lies at the root of src) may import: whole modules, or types alone. */
export interface Layer {
  readonly values: readonly string[];
  readonly types?: readonly string[];
  /** Third-party packages. */
  readonly packages?: readonly string[];
  /** True when `node:` modules are allowed. */
  readonly node: boolean;
}

const everything = [
  "errors",
  "secret",
  "redact",
  "protocol",
  "sse",
  "net",
  "store",
  "auth",
  "translate",
  "upstream",
  "config",
  "observe",
] as const;

/**
 * The layers of packages/planport/src, lowest first: a layer may only name layers above it in this list.
 * docs/architecture.md shows the same table, and a test compares them.
 */
export const layers: Readonly<Record<string, Layer>> = {
  version: { values: [], node: false },
  redact: { values: [], node: false },
  errors: { values: ["redact"], node: false },
  secret: { values: [], node: false },
  environment: { values: [], node: true },
  sse: { values: ["errors"], packages: ["eventsource-parser"], node: false },
  protocol: { values: ["errors"], packages: [], node: false },
  translate: { values: ["errors", "protocol", "sse"], node: false },
  net: { values: ["errors", "version"], packages: ["undici"], node: true },
  observe: { values: ["errors", "secret", "redact"], node: true },
  config: { values: ["errors", "secret", "environment", "protocol"], packages: ["smol-toml", "yaml"], node: true },
  store: {
    values: ["errors", "secret", "protocol"],
    types: ["auth"],
    packages: ["@napi-rs/keyring"],
    node: true,
  },
  auth: { values: ["errors", "secret", "redact", "environment", "protocol", "net", "store"], node: true },
  upstream: {
    values: ["errors", "secret", "redact", "protocol", "sse", "translate", "net", "auth", "version"],
    packages: ["undici"],
    node: true,
  },
  memory: { values: ["errors", "protocol"], packages: ["libsql"], node: true },
  simulator: { values: ["errors", "protocol", "sse"], packages: ["ws", "fzstd"], node: true },
  server: {
    values: ["errors", "secret", "protocol", "sse", "translate", "observe", "upstream", "memory", "version"],
    types: ["auth"],
    packages: ["@fastify/busboy", "hono", "ws", "fzstd"],
    node: true,
  },
  planport: { values: [...everything, "version"], node: true },
  agent: {
    values: [...everything, "environment", "version"],
    packages: ["diff"],
    node: true,
  },
  "json-rpc": { values: ["protocol"], node: true },
  "app-server": {
    values: [...everything, "environment", "version", "agent", "json-rpc"],
    packages: ["ws", "zod"],
    node: true,
  },
  hosts: {
    values: [...everything, "environment", "version", "memory", "server", "planport", "json-rpc"],
    types: ["app-server"],
    packages: ["openai", "ws"],
    node: true,
  },
  index: { values: [...everything, "planport", "hosts", "version"], node: true },
  // The demo uses OpenAI's own library where it is installed; that one import is computed.
  cli: {
    values: [
      ...everything,
      "environment",
      "memory",
      "server",
      "simulator",
      "planport",
      "agent",
      "json-rpc",
      "app-server",
      "hosts",
      "version",
    ],
    packages: ["commander", "smol-toml", "yaml", computed],
    node: true,
  },
};
