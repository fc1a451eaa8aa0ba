/**
 * Configuration files. Apart from the other settings, so that only who reads one loads a parser of YAML.
 * @module
 */
export { findConfigFile, type FoundFile } from "./find.ts";
export { readConfigText } from "./read.ts";
export type { ConfigFile, FileRequests } from "./types.ts";
export { watchConfigFile } from "./watch.ts";
