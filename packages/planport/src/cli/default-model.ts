/**
 * The model to use when nobody named one.
 * @module
 */
import type { ModelCatalogue } from "../protocol/index.ts";

/** The first of the list, which the backend sorts by `priority`; hidden ones only when there is no other. Null: it is empty. */
export function defaultModel({ models }: ModelCatalogue): string | null {
  const sorted = models.toSorted((a, b) => a.priority - b.priority);
  return (sorted.find((model) => model.visibility === "list") ?? sorted[0])?.slug ?? null;
}
