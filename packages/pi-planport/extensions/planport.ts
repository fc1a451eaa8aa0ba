/**
 * What pi loads: TypeScript, since pi runs it as it stands, and no more than the way to what was compiled before.
 * @module
 */
export { planportExtension as default } from "../prebuilt/planport.mjs";
