/**
 * What the scenarios share. Each is a program of its own, so that a client can run under the Node.js that it needs, and
 * is pointed at the gateway by nothing but the environment that `planport connect` tells to set.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [modules = ".", model = "gpt-5.5", variant = ""] = process.argv.slice(2);

/** The model to ask, and which way to take where a client has several. */
export { model, variant };

const require = createRequire(path.join(modules, "package.json"));

/** A package out of the folder that this scenario was given. */
export const load = (name) => require(name);

/** One red pixel. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
export const PIXEL_URL = `data:image/png;base64,${PIXEL}`;

const [tools, image, schema] = JSON.parse(readFileSync(new URL("questions.json", import.meta.url), "utf8"));
/** The three turns of every conversation. */
export const QUESTIONS = { tools, image, schema };

export const weather = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

export const weatherIn = ({ city }) => `Sunny in ${city}.`;

/** The schema of the third turn. */
export const personSchema = (z) => z.object({ name: z.string(), age: z.number().int() });

/** Hands the result to the test. */
export function report(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
