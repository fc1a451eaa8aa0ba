/**
 * Endpoints of OpenAI's API for which a plan's backend has nothing.
 * @module
 */

const WITH_AN_API_KEY = "For this, call OpenAI's API itself, with an API key of its own.";

/** By the part of the path behind `/v1/`: what there is instead. */
const REASONS: Readonly<Record<string, string>> = {
  assistants:
    "Assistants are not kept here; use /v1/responses, with previous_response_id to go on with a conversation.",
  audio: `The backend takes and makes no speech. ${WITH_AN_API_KEY}`,
  batches: "There are no batches; send the requests one by one, as many at a time as you like.",
  containers: "There are no containers; the backend runs no code.",
  conversations: "Conversations are not kept as such; use previous_response_id on /v1/responses.",
  embeddings: `The backend makes no embeddings. Use a local embedding model, or call OpenAI's API itself, with an API key of its own.`,
  evals: `There are no evals. ${WITH_AN_API_KEY}`,
  files:
    "Files are not kept here; send them in the request: input_file with file_data on /v1/responses, file.file_data in a chat message.",
  "fine-tunes": `A plan's models cannot be fine-tuned. ${WITH_AN_API_KEY}`,
  fine_tuning: `A plan's models cannot be fine-tuned. ${WITH_AN_API_KEY}`,
  moderations: `The backend has no moderation. ${WITH_AN_API_KEY}`,
  realtime: "There are no realtime sessions; use /v1/responses with stream: true.",
  threads: "Threads are not kept here; use /v1/responses, with previous_response_id to go on with a conversation.",
  uploads: "Files are not kept here; send them in the request: input_file with file_data on /v1/responses.",
  vector_stores: "There are no vector stores; put the texts that matter into the request.",
  videos: `The backend makes no videos. ${WITH_AN_API_KEY}`,
};

/** Endpoints below those that are served. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:\/v1)?\/responses\/input_tokens\/?$/,
    "The backend counts no tokens beforehand. POST /v1/messages/count_tokens gives an estimate for messages in Anthropic's form.",
  ],
  [
    /^(?:\/v1)?\/responses\/[^/]+\/cancel\/?$/,
    "No response runs in the background here; to cancel one, close the connection that it comes by.",
  ],
];

/** Why a path of OpenAI's API cannot be served, and what can be used instead; null for any other path. */
export function unsupportedReason(path: string): string | null {
  const name = /^(?:\/v1)?\/([\w-]+)(?:\/|$)/.exec(path)?.[1] ?? "";
  if (Object.hasOwn(REASONS, name)) return REASONS[name] ?? null;
  return PARTS.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}
