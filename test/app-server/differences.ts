/**
 * Where planport's app-server differs from Codex's on purpose, by scenario. Each has its reason; at most six.
 */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "account: tokens that are none": "planport lists the kinds of login that it offers, and Codex lists Amazon's, too",
  "turn: an event that is none":
    "Codex passes over an event that is no JSON; planport asks again, since a part of the answer is missing",
};
