import type {
  ApprovalRequest,
  ApprovalOutcome,
  Toolbox,
  ToolContext,
  ToolItem,
  ToolOutcome,
} from "../../../src/agent/tools/types.ts";
import { sandboxOf } from "../../../src/agent/policy.ts";

/** What a tool told, in order. */
export type Told =
  | { readonly what: "started" | "completed" | "asked"; readonly item: ToolItem }
  | { readonly what: "output"; readonly delta: string }
  | { readonly what: "diff"; readonly diff: string };

/** A stand-in for the engine: keeps what tools tell, and answers their questions. */
export class TestContext implements ToolContext {
  readonly threadId = "thread";
  turnId = "turn-1";
  sandbox: ToolContext["sandbox"] = sandboxOf("danger-full-access");
  approvalPolicy: ToolContext["approvalPolicy"] = "never";
  env: ToolContext["env"] = process.env;
  readonly told: Told[] = [];
  readonly asked: ApprovalRequest[] = [];
  answer: (request: ApprovalRequest) => ApprovalOutcome = () => "accept";
  readonly abort = new AbortController();
  readonly now = Date.now;
  readonly cwd: string;
  readonly #toolbox: Toolbox;
  #calls = 0;

  constructor(cwd: string, toolbox: Toolbox) {
    this.cwd = cwd;
    this.#toolbox = toolbox;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }
  started(item: ToolItem): void {
    this.told.push({ what: "started", item: structuredClone(item) });
  }
  output(_item: ToolItem, delta: string): void {
    this.told.push({ what: "output", delta });
  }
  completed(item: ToolItem): void {
    this.told.push({ what: "completed", item: structuredClone(item) });
  }
  diffChanged(diff: string): void {
    this.told.push({ what: "diff", diff });
  }
  async approve(request: ApprovalRequest): Promise<ApprovalOutcome> {
    this.asked.push(request);
    this.told.push({ what: "asked", item: structuredClone(request.item) });
    return this.answer(request);
  }
  async call({ callId, name, input }: { callId: string; name: string; input: string }): Promise<ToolOutcome> {
    const tool = this.#toolbox.tools.find(({ wire }) => wire.name === name);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return tool.run({ callId, name, input }, this);
  }

  /** Runs a tool as the model would, and gives its output. */
  async run(name: string, input: string | object): Promise<string> {
    const text = typeof input === "string" ? input : JSON.stringify(input);
    const { output } = await this.call({ callId: `call_${++this.#calls}`, name, input: text });
    return output as string;
  }

  /** The kinds of what was told, with an item's status. */
  order(): string[] {
    return this.told.map((told) => ("item" in told ? `${told.what} ${told.item.status}` : told.what));
  }

  /** The item that was completed last. */
  lastItem(): ToolItem {
    const found = this.told.findLast(({ what }) => what === "completed");
    if (found === undefined || !("item" in found)) throw new Error("nothing was completed");
    return found.item;
  }

  /** Resolves when so many items are completed. */
  async untilCompleted(count: number): Promise<void> {
    while (this.told.filter(({ what }) => what === "completed").length < count)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
