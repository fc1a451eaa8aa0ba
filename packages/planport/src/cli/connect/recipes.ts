/**
 * Every client that `planport connect` knows.
 * @module
 */
import { agents } from "./agents.ts";
import { editors } from "./editors.ts";
import { libraries } from "./libraries.ts";
import type { Recipe } from "./types.ts";

/** All of them, in the order in which they are listed. */
export const recipes: readonly Recipe[] = [...agents, ...editors, ...libraries];

/** The client of that name; undefined when there is none. */
export function findRecipe(id: string): Recipe | undefined {
  return recipes.find((recipe) => recipe.id === id);
}

/** `tested with …` or `untested`. */
export function testedLabel({ testedWith }: Recipe): string {
  return testedWith === null ? "untested" : `tested with ${testedWith}`;
}
