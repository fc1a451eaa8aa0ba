/**
 * Which model of the account a name means.
 * @module
 */
import {
  type KnownModels,
  type ModelRules,
  type ResolvedModel,
  findModelName,
  resolveModel,
} from "../translate/model-names.ts";
import type { Catalogue, CatalogueView } from "./catalogue.ts";

/** For OpenAI's plain API, whose list says nothing of how to send a request: any name may be good. */
export const NO_LIST: KnownModels = { models: [], live: false };

/**
 * Looks a name up in the account's list. A list that has got old is good enough for a name that is in it, and no reason to
 * refuse one that is not: then the new one is waited for.
 * @throws {UpstreamError} `model_not_found`
 */
export async function chooseModel<C>(
  catalogue: Catalogue<C>,
  caller: C,
  asked: string,
  rules: ModelRules,
): Promise<ResolvedModel> {
  const known = toKnown(await catalogue.known(caller));
  const found = findModelName(asked, known, rules);
  return found ?? resolveModel(asked, toKnown(await catalogue.get(caller)), rules);
}

function toKnown({ catalogue, live }: CatalogueView): KnownModels {
  return { models: catalogue.models, live };
}

/** The rules of one call on top of the client's own, which win: whoever runs planport has the last word. */
export function mergeRules(call: ModelRules | undefined, own: ModelRules): ModelRules {
  if (call === undefined) return own;
  return {
    ...own,
    aliases: { ...call.aliases, ...own.aliases },
    claudeNames: call.claudeNames ?? own.claudeNames,
    defaultModel: own.defaultModel ?? call.defaultModel,
  };
}
