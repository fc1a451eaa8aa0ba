/**
 * Runs the calls that the model makes, one after the other in the order in which they come, while its stream goes on.
 * @module
 */
import { tryParseJson } from "../../protocol/json.ts";
import { type ContentPart, type Item, isItem } from "../../protocol/responses/item.ts";
import type { AgentHost, DynamicToolAnswer } from "../host.ts";
import { uuidv7 } from "../ids.ts";
import type { DynamicToolCallItem } from "../items.ts";
import type { ApprovalPolicy, SandboxPolicy } from "../policy.ts";
import type { ApprovalOutcome, ApprovalRequest, ToolCall, ToolContext, ToolOutcome, Toolbox } from "../tools/types.ts";
import type { TurnScope } from "./scope.ts";

/** Names of the tools that the embedding program runs. */
export interface DynamicToolName {
  readonly namespace: string | null;
  readonly name: string;
}

/** What {@link ToolRunner} works with. */
export interface ToolRunnerOptions {
  readonly scope: TurnScope;
  readonly host: AgentHost;
  readonly toolbox: Toolbox;
  readonly dynamicTools: readonly DynamicToolName[];
  readonly cwd: string;
  readonly sandbox: SandboxPolicy;
  readonly approvalPolicy: ApprovalPolicy;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires when the turn ends. */
  readonly signal: AbortSignal;
  /** Tells the thread whether a person is waited for. */
  readonly onWaiting: (waits: boolean) => void;
  /** All that the turn has changed so far. */
  readonly onDiff: (unifiedDiff: string) => void;
  /** A person ended the turn by an answer. */
  readonly onCancel: () => void;
}

/** The calls of a turn. */
export class ToolRunner {
  readonly #options: ToolRunnerOptions;
  #chain: Promise<void> = Promise.resolve();
  #outputs: Item[] = [];
  #count = 0;

  constructor(options: ToolRunnerOptions) {
    this.#options = options;
  }

  /** Takes an item of an answer: a call is begun as soon as those before it are done. False for anything but a call. */
  take(item: Item): boolean {
    const isFunction = isItem(item, "function_call");
    if (!isFunction && !isItem(item, "custom_tool_call")) return false;
    const call: ToolCall = {
      callId: item.call_id,
      name: item.name,
      input: isFunction ? item.arguments : item.input,
    };
    const namespace = typeof item["namespace"] === "string" ? item["namespace"] : null;
    const [type, prefix] = isFunction ? ["function_call_output", "fco_"] : ["custom_tool_call_output", "ctco_"];
    this.#count++;
    this.#chain = this.#chain.then(async () => {
      if (this.#options.signal.aborted) return;
      const { output } = await this.#run(call, namespace);
      this.#outputs.push({ type, id: `${prefix}${uuidv7()}`, call_id: call.callId, output });
    });
    return true;
  }

  /** Waits for all calls so far; gives the items that answer them, each once. */
  async settle(): Promise<{ readonly outputs: Item[]; readonly count: number }> {
    await this.#chain;
    const outputs = this.#outputs;
    const count = this.#count;
    this.#outputs = [];
    this.#count = 0;
    return { outputs, count };
  }

  async #run(call: ToolCall, namespace: string | null): Promise<ToolOutcome> {
    const { toolbox, dynamicTools, signal } = this.#options;
    const dynamic = dynamicTools.find((tool) => tool.name === call.name && tool.namespace === namespace);
    try {
      if (dynamic !== undefined) return await this.#runDynamic(call, namespace);
      const tool = toolbox.tools.find(({ wire }) => wire.name === call.name);
      if (tool === undefined) return { output: `unsupported call: ${call.name}` };
      return await tool.run(call, this.#context());
    } catch (error) {
      if (signal.aborted) return { output: "aborted by user" };
      return { output: `${call.name} failed: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  async #runDynamic(call: ToolCall, namespace: string | null): Promise<ToolOutcome> {
    const { scope, host, signal } = this.#options;
    const startedAtMs = scope.now();
    const parsed = tryParseJson(call.input === "" ? "{}" : call.input);
    const item: DynamicToolCallItem = {
      type: "dynamicToolCall",
      id: call.callId,
      namespace,
      tool: call.name,
      arguments: parsed === undefined ? call.input : parsed,
      status: "inProgress",
      contentItems: null,
      success: null,
      durationMs: null,
      startedAtMs,
      completedAtMs: null,
    };
    scope.started(item);
    const { threadId, turnId } = scope;
    const asked = { threadId, turnId, callId: call.callId, namespace, tool: call.name, arguments: item.arguments };
    const answer = (await host.callTool(asked, signal)) ?? NO_ANSWER;
    scope.completed({
      ...item,
      status: answer.success ? "completed" : "failed",
      contentItems: answer.contentItems,
      success: answer.success,
      durationMs: scope.now() - startedAtMs,
    });
    return { output: outputOf(answer) };
  }

  /** What one call is given. A person who was waited for is waited for no more once the call's item is told of again. */
  #context(): ToolContext {
    const { scope, sandbox, approvalPolicy, cwd, env, signal, onWaiting, onDiff } = this.#options;
    const announced = new Set<string>();
    let waiting = false;
    const rest = (): void => {
      if (waiting) onWaiting(false);
      waiting = false;
    };
    return {
      threadId: scope.threadId,
      turnId: scope.turnId,
      cwd,
      signal,
      sandbox,
      approvalPolicy,
      env,
      now: scope.now,
      started: (item) => {
        announced.add(item.id);
        scope.started(item);
      },
      output: (item, delta) => scope.emit("item/commandExecution/outputDelta", { itemId: item.id, delta }),
      completed: (item) => {
        scope.completed(item);
        rest();
      },
      approve: async (request) => {
        const isNew = !announced.has(request.item.id);
        announced.add(request.item.id);
        // A patch is shown before it is asked about, a command while it is.
        if (isNew && request.kind === "fileChange") scope.started(request.item);
        onWaiting(true);
        waiting = true;
        if (isNew && request.kind === "command") scope.started(request.item);
        const outcome = await this.#ask(request);
        // A command that was not allowed is told of first, a patch after.
        if (isAccepting(outcome) || (request.kind === "fileChange" && !signal.aborted)) rest();
        return outcome;
      },
      diffChanged: onDiff,
      call: (nested) => this.#run(nested, null),
    };
  }

  async #ask(request: ApprovalRequest): Promise<ApprovalOutcome> {
    const { host, scope, signal, onCancel } = this.#options;
    if (signal.aborted) return "cancel";
    const outcome = await host.approve(request, scope, signal);
    if (signal.aborted) return "cancel";
    if (outcome === "cancel") onCancel();
    return outcome;
  }
}

const NO_ANSWER: DynamicToolAnswer = {
  contentItems: [{ type: "inputText", text: "dynamic tool request failed" }],
  success: false,
};

function isAccepting(outcome: ApprovalOutcome): boolean {
  return outcome === "accept" || outcome === "acceptForSession" || typeof outcome === "object";
}

/** One text goes back as it is; anything else as parts. */
function outputOf({ contentItems }: DynamicToolAnswer): string | ContentPart[] {
  const [only] = contentItems;
  if (contentItems.length === 1 && only?.type === "inputText") return only.text;
  return contentItems.map((item) =>
    item.type === "inputText"
      ? { type: "input_text", text: item.text }
      : { type: "input_image", image_url: item.imageUrl },
  );
}
