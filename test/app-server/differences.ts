/**
 * Where planport's app-server differs from Codex's on purpose, by scenario. Each has its reason; at most six.
 */
export const DIFFERENCES: Readonly<Record<string, string>> = {};
