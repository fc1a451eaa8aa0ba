/**
 * Settings: one precedence, one place.
 * @module
 */
export {
  type CodexAgentConfig,
  type CodexModelProvider,
  parseCodexAgentConfig,
  withOpenaiBaseUrl,
} from "./codex-agent-config.ts";
export { type CodexConfig, parseCodexConfig } from "./codex-config.ts";
export type { Environment } from "../environment.ts";
export { type Paths, resolvePaths } from "./paths.ts";
export { type Setting, type SettingOrigin, describeOrigin } from "./setting.ts";
export {
  CREDENTIALS_STORES,
  type CredentialsStore,
  DEFAULT_PORT,
  LOG_LEVELS,
  type LogLevel,
  type Settings,
  type SettingsFlags,
  type SettingsInput,
  codexBaseUrlOf,
  resolveSettings,
} from "./settings.ts";
