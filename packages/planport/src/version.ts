/**
 * The version of this package.
 * @module
 */

/** Kept equal to `version` in package.json by a test: reading the file at run time would break bundles. */
export const VERSION = "0.1.0";
