/**
 * A simulator, and a provider of the AI SDK on it.
 */
import { createPlanport } from "planport/ai-sdk";
import { startSimulator } from "planport/simulator";

export const simulator = await startSimulator();
export const planport = createPlanport({
  accessToken: simulator.issuePersonalAccessToken(),
  env: { CODEX_BASE_URL: simulator.codexBaseUrl, CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl },
  retry: { maxRetries: 0 },
});
export const model = planport("gpt-5.5");

/** The model calls since the last check, as they reached the backend. */
export const calls = () => simulator.requests.filter(({ target }) => target === "responses").map(({ body }) => body);

/** The items of a type in the last call. */
export const sent = (type) =>
  calls()
    .at(-1)
    .input.filter((item) => item.type === type);

/** Waits until the backend has no answer under way. */
export async function idle() {
  for (let tries = 0; simulator.openResponses > 0; tries += 1) {
    if (tries > 500) throw new Error("the call to the backend goes on");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a call throws. */
export const thrownBy = (call) =>
  Promise.resolve(call).then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error) => error,
  );

/** All parts of a stream. */
export async function partsOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
