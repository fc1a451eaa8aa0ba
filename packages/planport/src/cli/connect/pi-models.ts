/**
 * Models of one's own in pi's `models.json`, in the form that pi reads today.
 * @module
 */
import { asNumber, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Mended } from "./types.ts";

/**
 * Turns maps of models into lists. pi-infinity's document has `models` as a map by id, with prices in the places of `input` and
 * `output`; pi refuses the whole file for it (`models: must be array`).
 */
export function listModels(before: JsonObject): Mended {
  const { providers } = before;
  if (!isJsonObject(providers)) return { content: before, said: [] };
  const said: string[] = [];
  const next = Object.entries(providers).map(([name, provider]): [string, unknown] => {
    if (!isJsonObject(provider) || !isJsonObject(provider["models"])) return [name, provider];
    const models = Object.entries(provider["models"]).map(([id, fields]) => modelOf(id, fields));
    said.push(
      `providers.${name}.models was a map, which pi refuses: it is a list of ${models.length} now ` +
        `(${models.map(({ id }) => String(id)).join(", ")}).`,
    );
    return [name, { ...provider, models }];
  });
  return { content: { ...before, providers: Object.fromEntries(next) }, said };
}

function modelOf(id: string, fields: unknown): JsonObject {
  const { provider: _said, input, output, ...rest }: JsonObject = isJsonObject(fields) ? fields : {};
  const prices = { input: asNumber(input), output: asNumber(output) };
  const isPriced = prices.input !== undefined || prices.output !== undefined;
  return {
    id,
    ...rest,
    ...(Array.isArray(input) && { input }),
    ...(isPriced && {
      cost: { input: prices.input ?? 0, output: prices.output ?? 0, cacheRead: 0, cacheWrite: 0 },
    }),
  };
}
