/**
 * planport: your ChatGPT plan, on a port of your own.
 * @module
 */
export type { Environment, LogLevel, Setting, SettingOrigin, Settings, SettingsFlags } from "./config/index.ts";
export * from "./errors.ts";
export type { LogFields, Logger } from "./observe/index.ts";
export { createPlanport, type Planport, type PlanportDescription, type PlanportOptions } from "./planport.ts";
export { Secret } from "./secret.ts";
export { VERSION } from "./version.ts";
