/**
 * What becomes of each parameter of the images API. The translation acts on these tables, and docs/parameters.md is written
 * from them.
 * @module
 */
import { EMPTY, type Parameters } from "../parameters.ts";

const TOOL = "Asks by the tool, since the backend's image path does not take it.";

/** Of `POST /v1/images/generations`. */
export const IMAGE_PARAMETERS: Parameters = {
  prompt: {
    fate: "mapped",
    note: "The backend's image path gets it as it is. With the tool a model of the plan reads it and writes the prompt, which comes back as `revised_prompt`; told of as `mapped`.",
  },
  model: {
    fate: "mapped",
    note: "`dall-e-2` and `dall-e-3` go out as `gpt-image-2`. A model of the plan, such as `gpt-5.5`, asks by the tool with that model. Any other name goes as it is; the backend may draw with what it likes.",
  },
  n: {
    fate: "mapped",
    note: "The backend's image path gets it. What is missing of its answer, and all with the tool, is asked for by further calls, up to four at a time; told of as `emulated`. When one fails, all do.",
  },
  size: { fate: "passed", note: "The answer's `size` is what the backend made, which may be another." },
  quality: { fate: "mapped", note: "`standard` goes out as `medium` and `hd` as `high`; all else as it is." },
  background: { fate: "passed", note: "" },
  output_format: { fate: "passed", note: `Other than \`png\`: ${TOOL}` },
  output_compression: { fate: "passed", note: TOOL },
  moderation: { fate: "passed", note: `\`low\`: ${TOOL}` },
  partial_images: {
    fate: "mapped",
    note: `Above 0 and with \`stream\`: ${TOOL} Several images are then made one after the other, so that each is known by its place. Without \`stream\` it is dropped and told of.`,
  },
  stream: { fate: "mapped", note: "The answer then comes as events, the finished image among them." },
  response_format: {
    fate: "mapped",
    note: "`url` gives a `data:` URL, since nothing is kept here; told of as `emulated`.",
  },
  style: { fate: "dropped", note: "Of DALL·E alone." },
  user: { fate: "dropped", note: "", usual: EMPTY },
};

/** Of `POST /v1/images/edits`: what it has beside the others. */
export const IMAGE_EDIT_PARAMETERS: Parameters = {
  images: {
    fate: "mapped",
    note: "Uploads become `data:` URLs. A `file_id` is refused, since a plan has no files.",
  },
  image: {
    fate: "mapped",
    note: "The name that a form has for `images`; `image[]` too. In JSON a URL or a list of URLs.",
  },
  mask: { fate: "mapped", note: TOOL },
  input_fidelity: { fate: "passed", note: TOOL },
  ...IMAGE_PARAMETERS,
};
