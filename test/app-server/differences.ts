/**
 * Where planport's app-server differs from Codex's on purpose, by scenario. Each has its reason; at most six.
 */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "account: a parent's tokens lie over Codex's own login, and go":
    "logging out a parent's tokens deletes Codex's own login in Codex; in planport it is in force again",
  "account: a parent's tokens in the form of the protocol's first description":
    "planport takes `{idToken, accessToken}` as well, and reads the account out of the ID token",
  "account: tokens that are none": "planport lists the kinds of login that it offers, and Codex lists Amazon's, too",
  "turn: an event that is none":
    "Codex passes over an event that is no JSON; planport asks again, since a part of the answer is missing",
  "tool: a model whose tools are code":
    "planport runs no code of the model's: such models are offered the plain tools, and a call of `exec` is answered so",
  "tool: a patch is asked for and allowed":
    "planport tells the turn's difference after every patch; Codex not after one that a person allowed in a folder that may only be read",
};
