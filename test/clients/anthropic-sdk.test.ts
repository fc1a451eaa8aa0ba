/**
 * The official Anthropic client against a running gateway: failures are its own error classes, and a stream can be left.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { entryOf, folderOf, installed } from "./support/roster.ts";
import { variablesFor } from "./support/matrix.ts";
import { signedInHome, startGateway } from "./support/stack.ts";

type ErrorClass = new (...args: never[]) => Error;
interface MessageStream extends AsyncIterable<{ readonly type: string }> {
  abort(): void;
  finalMessage(): Promise<{ readonly content: readonly { readonly type: string; readonly text?: string }[] }>;
}
interface Client {
  readonly messages: {
    create(body: object): Promise<object>;
    stream(body: object): MessageStream;
  };
}
interface AnthropicModule {
  readonly Anthropic: new (options: object) => Client;
  readonly AuthenticationError: ErrorClass;
  readonly BadRequestError: ErrorClass;
  readonly NotFoundError: ErrorClass;
  readonly RateLimitError: ErrorClass;
}

const entry = entryOf("anthropic");
const ASKED = {
  model: "gpt-5.5",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Reply with exactly: hello" }],
};

let simulator: Simulator;
let client: Client;

function suite({ Anthropic, ...errors }: AnthropicModule): void {
  beforeAll(async () => {
    simulator = await startSimulator();
    const gateway = await startGateway(simulator, signedInHome(simulator));
    const variables = variablesFor(entry, { url: new URL(gateway.baseURL).origin, model: ASKED.model });
    client = new Anthropic({ baseURL: variables["ANTHROPIC_BASE_URL"], apiKey: variables["ANTHROPIC_API_KEY"] });
  });
  afterEach(() => simulator.reset());
  afterAll(() => simulator.close());

  const failureOf = (body: object): Promise<unknown> => client.messages.create(body).catch((thrown: unknown) => thrown);
  const modelCalls = (): number => simulator.requests.filter(({ target }) => target === "responses").length;

  it("a 401 that no refresh mends is an AuthenticationError", async () => {
    simulator.script.always("responses", { kind: "http", status: 401, body: { detail: "Unauthorized" } });
    const error = await failureOf(ASKED);
    expect(error).toBeInstanceOf(errors.AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: "authentication_error" });
  });

  it("a used-up plan is a RateLimitError and is not tried again", async () => {
    simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
    const error = await failureOf(ASKED);
    simulator.accounts.setUsage({ primary: { usedPercent: 1, windowMinutes: 300, resetsAtMs: null } });
    expect(error).toBeInstanceOf(errors.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: "rate_limit_error" });
    expect(modelCalls()).toBe(1);
  });

  it("an unknown model is told with the valid ones, and a request without its parts is a BadRequestError", async () => {
    const unknown = await failureOf({ ...ASKED, model: "no-such" });
    expect([errors.BadRequestError, errors.NotFoundError].some((one) => unknown instanceof one)).toBe(true);
    expect(String(unknown)).toContain("gpt-5.5");
    const { max_tokens: _max, ...incomplete } = ASKED;
    const refused = await failureOf(incomplete);
    expect(refused).toBeInstanceOf(errors.BadRequestError);
    expect(String(refused)).toContain("max_tokens");
  });

  it("a failure in the midst of a stream is thrown from the stream", async () => {
    simulator.script.push("responses", { kind: "drop", afterEvents: 8 });
    const stream = client.messages.stream({ ...ASKED, messages: [{ role: "user", content: "Write 200 words" }] });
    await expect(stream.finalMessage()).rejects.toThrow(/cut its stream off|ended its answer|broke off/);
  });

  it("an aborted stream ends the call to the backend", async () => {
    simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const stream = client.messages.stream(ASKED);
    stream.finalMessage().catch(() => undefined); // The abort.
    for await (const event of stream) if (event.type === "message_start") break;
    stream.abort();
    await expect.poll(() => simulator.openResponses).toBe(0);
  });
}

describe("@anthropic-ai/sdk", () => {
  if (installed(entry) === null)
    reportNotRun("Anthropic's client", "test/clients is not installed; npm test installs it");
  else suite(createRequire(join(folderOf(entry), "package.json"))("@anthropic-ai/sdk") as AnthropicModule);
});
