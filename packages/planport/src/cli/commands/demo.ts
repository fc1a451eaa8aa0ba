/**
 * `planport demo`: everything at work, against the simulator.
 * @module
 */
import { planportAuthFile, resolveAuthEndpoints } from "../../auth/index.ts";
import type { ChatGptCredential } from "../../auth/credential.ts";
import { login } from "../../auth/oauth/login.ts";
import { RequestError, UpstreamError } from "../../errors.ts";
import { createHttpClient } from "../../net/index.ts";
import { type Planport, createPlanport } from "../../planport.ts";
import { createGateway } from "../../server/index.ts";
import { createFileStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import { planUsage } from "../../upstream/plan-limits.ts";
import { VERSION } from "../../version.ts";
import { curlLines, nodeLines, pythonLines } from "../client-lines.ts";
import { codexLines } from "../connect/agents.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { openAuthorizePage, openCallback } from "../demo/browser.ts";
import { type DemoClient, openDemoClient } from "../demo/client.ts";
import { type Steps, createIndented, createSteps } from "../demo/steps.ts";
import { type DemoWorld, openDemoWorld } from "../demo/world.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printUsage } from "./usage.ts";

const QUESTION = "What is planport, in two sentences?";
const TOOL_QUESTION = "Use the get_weather tool to find out what the weather in Paris is like.";
const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city right now.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};
const TOOL_RESULT = "18 °C and sunny";
/** So that a person at a terminal sees the answer stream. */
const VISIBLE_DELAY_MS = 25;

/** Runs the command. On a terminal it stays up until Ctrl-C; elsewhere it ends when all was shown. */
export async function demo(context: CommandContext, words: readonly string[]): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { out } = terminal;
  const steps = createSteps(out, terminal.err);
  const question = words.join(" ").trim() === "" ? QUESTION : words.join(" ");
  await out.line(out.style.dim("No account, no internet: the backend is a simulator on this machine.\n"));
  const world = await steps.run(
    "simulator",
    () => openDemoWorld(out.isTty ? VISIBLE_DELAY_MS : 0),
    ({ simulator }) => simulator.origin,
  );
  try {
    await steps.run("signed in", () => signIn(world, signal), describeSignIn);
    await withPlanport(world, async (planport) => {
      const gateway = createGateway({ client: planport.client, version: VERSION });
      const listening = await steps.run(
        "gateway",
        () => gateway.listen({ port: 0 }),
        ({ url }) => url,
      );
      try {
        const model = await tour(context, { steps, planport, url: listening.url, question });
        if (!out.isTty)
          await out.line(
            "\nThe lines below work while the demo runs, and it ends here because this is no terminal. In one it stays up.",
          );
        await showClients(steps, listening.url, model);
        if (!out.isTty) return;
        await out.line(`\n${out.style.dim("The gateway stays up: try the lines above. Ctrl-C ends it.")}`);
        await untilAborted(signal);
      } finally {
        await listening.close({ graceMs: 1000 });
      }
    });
  } finally {
    await world.close();
  }
  return EXIT.ok;
}

async function withPlanport(world: DemoWorld, work: (planport: Planport) => Promise<void>): Promise<void> {
  const planport = await createPlanport({ env: world.env, homeDir: world.homeDir });
  try {
    await work(planport);
  } finally {
    await planport.close();
  }
}

interface SignedIn {
  readonly credential: ChatGptCredential;
  readonly way: string;
}

/** The real sign-in; only the person in front of the browser is missing. */
async function signIn({ env, homeDir }: DemoWorld, signal: AbortSignal): Promise<SignedIn> {
  const http = createHttpClient({ env });
  const store = createFileStore(planportAuthFile({ env, homeDir, platform: process.platform }));
  const pasted = createPasteBox();
  let way = "";
  let browser: Promise<void> = Promise.resolve();
  try {
    const flow = login({
      http,
      endpoints: resolveAuthEndpoints(env),
      client: createIdentity({ env }),
      signal,
      pasted,
      save: async (document) => void (await store.replace(document)),
    });
    for (;;) {
      const step = await flow.next();
      if (step.done === true) {
        await browser;
        return { credential: step.value.credential, way };
      }
      if (step.value.type === "rejected") throw step.value.error;
      if (step.value.type !== "open-url") continue;
      const callback = await openAuthorizePage(http, step.value.url, signal);
      if (step.value.port === null) {
        way = "by pasting the address: ports 1455 and 1457 are taken";
        pasted.push(callback);
      } else {
        way = `by the browser, back on port ${step.value.port}`;
        browser = openCallback(http, callback, signal);
        browser.catch(() => {}); // Awaited once the sign-in has told its side of it.
      }
    }
  } finally {
    await http.close();
  }
}

function describeSignIn({ credential, way }: SignedIn): string {
  return `${credential.email ?? "somebody"}, ${credential.planType ?? "no"} plan, ${way}`;
}

/** Where the demo "pastes" at most one line. */
function createPasteBox(): AsyncIterable<string> & { push(line: string): void } {
  let push: (line: string) => void = () => {};
  const line = new Promise<string>((resolve) => {
    push = resolve;
  });
  return {
    push: (text) => push(text),
    async *[Symbol.asyncIterator]() {
      yield await line;
    },
  };
}

interface Tour {
  readonly steps: Steps;
  readonly planport: Planport;
  readonly url: string;
  readonly question: string;
}

/** Models, an answer, a tool call, the plan. Gives the model that was used. */
async function tour(context: CommandContext, { steps, planport, url, question }: Tour): Promise<string> {
  const { terminal, signal } = context;
  const client = await openDemoClient(url, "planport-demo", signal);
  const models = await steps.run(
    "models",
    () => client.listModels(),
    (ids) => `${ids.length}: ${ids.join(", ")}`,
  );
  const model = models[0];
  if (model === undefined) throw new UpstreamError("model_not_found", "The gateway lists no model.");

  await steps.heading(`POST /v1/responses with ${client.name}, model ${model}`);
  await steps.detail(terminal.out.style.dim(`> ${question}`));
  const answer = createIndented(terminal.out);
  let length = 0;
  await client.ask(model, question, async (text) => {
    length += text.length;
    await answer.write(text);
  });
  await answer.end();
  if (signal.aborted) throw new RequestError("cancelled", "Interrupted.");
  if (length === 0) throw new UpstreamError("upstream_malformed", "The answer is empty.");

  await steps.heading("POST /v1/chat/completions with a tool");
  await callTool(client, model, steps, terminal.out.style.dim);

  await steps.heading("The plan");
  const nowMs = Date.now();
  const usage = planUsage(await planport.client.usage({ signal }), nowMs);
  await printUsage(usage, { ...terminal.out, line: async (text = "") => steps.detail(text) }, nowMs);
  return model;
}

async function callTool(client: DemoClient, model: string, steps: Steps, dim: (text: string) => string): Promise<void> {
  const messages: Record<string, unknown>[] = [{ role: "user", content: TOOL_QUESTION }];
  await steps.detail(dim(`> ${TOOL_QUESTION}`));
  const first = await client.chat(model, messages, [TOOL]);
  const call = first.toolCalls[0];
  if (call === undefined) throw new UpstreamError("upstream_malformed", "The model did not call the tool.");
  await steps.detail(`${call.name}(${call.arguments}) → ${TOOL_RESULT}`);
  messages.push(first.message, { role: "tool", tool_call_id: call.id, content: TOOL_RESULT });
  const second = await client.chat(model, messages, [TOOL]);
  if (second.text === "") throw new UpstreamError("upstream_malformed", "There is no answer after the tool call.");
  await steps.detail(second.text);
}

async function showClients(steps: Steps, url: string, model: string): Promise<void> {
  const target = { url, model, keyed: false };
  for (const { title, lines } of [curlLines(target), nodeLines(target), pythonLines(target), codexLines(target)]) {
    await steps.heading(title);
    await steps.detail(lines.join("\n"));
  }
}
