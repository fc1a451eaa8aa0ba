/**
 * An engine on the simulator: what it tells is kept, and its tools are the test's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  Agent,
  type AgentEvent,
  type AgentEventType,
  type AgentHost,
  type AgentThread,
  type ApprovalOutcome,
  type DynamicToolAnswer,
  type DynamicToolCall,
  type LocalTool,
  type ModelAuth,
  sandboxOf,
  type ThreadSettings,
  type Toolbox,
  type TurnView,
} from "../../src/agent/index.ts";
import type { Grant } from "../../src/auth/token-source.ts";
import { Secret } from "../../src/secret.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.ts";
import { createModelProvider, type ProviderSettings } from "../../src/upstream/provider/index.ts";
import { httpClient } from "../net/support.ts";
import { grant } from "../upstream/support.ts";

/** What a stage is made of beside the usual. */
export interface StageOptions {
  readonly simulator?: SimulatorOptions;
  readonly provider?: Partial<ProviderSettings>;
  readonly tools?: readonly LocalTool[];
  readonly home?: string;
}

/** An engine and what it did. */
export interface Stage {
  readonly agent: Agent;
  readonly simulator: Simulator;
  readonly home: string;
  readonly settings: ThreadSettings;
  readonly events: AgentEvent[];
  /** How long each wait for another try was to be, in milliseconds. */
  readonly delays: number[];
  /** Bearers that were refused and asked to be replaced. */
  readonly rejected: Grant[];
  /** Answers of the person, of the parent program, and of whoever keeps the sign-in. */
  approve: (signal: AbortSignal) => Promise<ApprovalOutcome>;
  callTool: (call: DynamicToolCall) => Promise<DynamicToolAnswer | null>;
  recover: (rejected: Grant) => Promise<Grant | null>;
}

/** A folder that goes away with the test. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), "planport-agent-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return home;
}

/** Sets one up. Waits for another try take no time. */
export async function setUp(options: StageOptions = {}): Promise<Stage> {
  const simulator = await startSimulator(options.simulator);
  onTestFinished(() => simulator.close());
  const home = options.home ?? temporaryHome();
  const issue = (): Grant => {
    const { accessToken, accountId } = simulator.issueTokens();
    return grant({ bearer: new Secret(accessToken), accountId });
  };
  let current = issue();
  const stage = {
    simulator,
    home,
    events: [] as AgentEvent[],
    delays: [] as number[],
    rejected: [] as Grant[],
    approve: (): Promise<ApprovalOutcome> => Promise.resolve("accept"),
    callTool: (): Promise<DynamicToolAnswer | null> => Promise.resolve(null),
    recover: (): Promise<Grant | null> => Promise.resolve((current = issue())),
  } as unknown as { -readonly [K in keyof Stage]: Stage[K] };
  const auth: ModelAuth = {
    get: () => Promise.resolve(current),
    recover: (rejected, attempt) => {
      stage.rejected.push(rejected);
      return attempt === 1 ? stage.recover(rejected) : Promise.resolve(null);
    },
  };
  const provider = createModelProvider({
    settings: { ...SETTINGS, baseUrl: simulator.codexBaseUrl, ...options.provider },
    http: httpClient(),
    identity: { originator: "test", userAgent: "test/1" },
    chatgptBaseUrl: simulator.chatgptBaseUrl,
  });
  const host: AgentHost = {
    emit: (type, fields) => void stage.events.push({ type, fields } as unknown as AgentEvent),
    approve: (_request, _place, signal) => stage.approve(signal),
    callTool: (call) => stage.callTool(call),
  };
  const toolbox: Toolbox = { tools: options.tools ?? [], turnEnded: () => {}, close: () => Promise.resolve() };
  stage.agent = new Agent({
    home,
    source: "exec",
    cliVersion: "0.0.0",
    host,
    callerOf: () => ({
      provider,
      auth,
      now: Date.now,
      random: () => 0.5,
      sleep: (delayMs) => {
        stage.delays.push(delayMs);
        return Promise.resolve();
      },
    }),
    createToolbox: () => toolbox,
    env: {},
    now: Date.now,
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  onTestFinished(() => stage.agent.close());
  stage.settings = { ...THREAD, cwd: home };
  return stage;
}

const SETTINGS: ProviderSettings = {
  id: "openai",
  baseUrl: null,
  usesSignIn: true,
  bearer: null,
  headers: {},
  query: {},
  requestRetries: 4,
  streamRetries: 5,
  idleTimeoutMs: 30_000,
};

const THREAD: ThreadSettings = {
  model: "gpt-5.5",
  modelProvider: "openai",
  effort: null,
  summary: null,
  serviceTier: null,
  cwd: "",
  approvalPolicy: "never",
  sandbox: sandboxOf("read-only"),
  baseInstructions: null,
  developerInstructions: null,
  dynamicTools: [],
};

/** A new thread. */
export function newThread({ agent, settings }: Stage, changes: Partial<ThreadSettings> = {}): AgentThread {
  return agent.create({
    settings: { ...settings, ...changes },
    ephemeral: false,
    threadSource: null,
    originator: "test",
  });
}

/** Runs a turn to its end. */
export async function runTurn(stage: Stage, thread: AgentThread, text: string): Promise<TurnView> {
  const turn = thread.startTurn([{ type: "text", text }], {}, { outputSchema: null });
  await turn.done;
  const ended = eventsOf(stage, "turn/completed").find((fields) => fields.turn.id === turn.id);
  if (ended === undefined) throw new Error("the turn told no end");
  return ended.turn;
}

type FieldsOf<T extends AgentEventType> = Extract<AgentEvent, { type: T }>["fields"];

/** The events of one kind. */
export function eventsOf<T extends AgentEventType>({ events }: Stage, type: T): FieldsOf<T>[] {
  return events.filter((event) => event.type === type).map((event) => event.fields as FieldsOf<T>);
}

/** Waits until an event of a kind was told. */
export async function untilTold(stage: Stage, type: AgentEventType): Promise<void> {
  while (!stage.events.some((event) => event.type === type)) await new Promise((resolve) => setImmediate(resolve));
}

/** The kinds of events in order; deltas in a row count once. */
export function storyOf({ events }: Stage): string[] {
  const story: string[] = [];
  for (const event of events) {
    const item = "item" in event.fields ? ` ${event.fields.item.type}` : "";
    const line = event.type + item;
    if (!(line.endsWith("elta") && story.at(-1) === line)) story.push(line);
  }
  return story;
}

/** What the model said. */
export function answersOf(stage: Stage): string[] {
  return eventsOf(stage, "item/completed").flatMap(({ item }) => (item.type === "agentMessage" ? [item.text] : []));
}
