/**
 * Configuration files. Apart from the other settings, so that only who reads one loads a parser of YAML.
 * @module
 */
export { findConfigFile, type FindOptions, type FoundFile } from "./find.ts";
export { readConfigText, type ReadFileOptions, unreadable } from "./read.ts";
export type { ConfigFile, FileMatch, FileOrigin, FileProfile, FileRequests, FileSettings } from "./types.ts";
export { watchConfigFile } from "./watch.ts";
