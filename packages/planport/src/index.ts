/**
 * planport: your ChatGPT plan, on a port of your own.
 * @module
 */
export type { Environment, LogLevel, Setting, SettingOrigin, Settings, SettingsFlags } from "./config/index.ts";
export * from "./errors.ts";
export {
  createTokenSource,
  deviceLogin,
  type LibraryDeviceLoginOptions,
  type LibraryLoginOptions,
  type LibraryTokenSourceOptions,
  login,
} from "./hosts/library.ts";
export type { AuthStorageOptions } from "./hosts/pi/auth-storage.ts";
export { AuthStorage } from "./hosts/pi/auth-storage.ts";
export type { PiLoginCallbacks, PiPrompt } from "./hosts/pi/callbacks.ts";
export type { PiApiKeyCredential, PiCredential, PiOAuthCredential } from "./hosts/pi/credentials.ts";
export type { PiModel, PiModelCost } from "./hosts/pi/model.ts";
export { ModelRegistry, type PiModelAuth } from "./hosts/pi/model-registry.ts";
export {
  type OAuthFlowOptions,
  refreshAccessToken,
  type RefreshAccessTokenOptions,
  runOAuthFlow,
} from "./hosts/transport/oauth.ts";
export { createTransportTokenSource, type TransportTokenSourceOptions } from "./hosts/transport/token-source.ts";
export type { OnAuthRefresh, RefreshedAuth, TransportTokens } from "./hosts/transport/tokens.ts";
export { ownStore, type OwnStore } from "./hosts/own-store.ts";
export type { SignInServerOptions } from "./hosts/server-options.ts";
export {
  createFetchClient,
  createHttpClient,
  type FetchFunction,
  type HttpClient,
  type HttpClientOptions,
} from "./net/index.ts";
export type { LogFields, Logger } from "./observe/index.ts";
export { createPlanport, type Planport, type PlanportDescription, type PlanportOptions } from "./planport.ts";
export { Secret } from "./secret.ts";
export { createFileStore, type FileStoreOptions } from "./store/file-store.ts";
export { createAutoStore, createKeyringStore, type KeyringStoreOptions } from "./store/keyring-store.ts";
export { createMemoryStore } from "./store/memory-store.ts";
export type { CredentialStore } from "./store/types.ts";
export { VERSION } from "./version.ts";
