/**
 * One conversation of a client, looked at from both ends: what the client got, and what reached the backend.
 */
import { expect, it } from "vitest";
import { findRecipe } from "../../../packages/planport/src/cli/connect/recipes.ts";
import type { ConnectTarget, FileSetting, VariableValue } from "../../../packages/planport/src/cli/connect/types.ts";
import type { JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./not-run.ts";
import { cleanEnvironment, start, temporaryFolder } from "./process.ts";
import { COLUMNS, type Column, type Entry, entryOf, folderOf, installed, nodeFor } from "./roster.ts";
import { BIN } from "./stack.ts";

/** The settings of `planport connect` for a client, as the command makes them. */
export function settingsFor(entry: Entry, over: Partial<ConnectTarget> & Pick<ConnectTarget, "url" | "model">) {
  const recipe = findRecipe(entry.connect);
  if (recipe === undefined) throw new Error(`planport connect has no ${entry.connect}`);
  return recipe.settings({
    env: {},
    platform: process.platform,
    homeDir: "/",
    contextWindow: 272_000,
    keyed: false,
    authCommand: null,
    ...over,
  });
}

/** The variables among the settings, as a shell would set them. */
export function variablesFor(entry: Entry, target: { url: string; model: string }): Record<string, string> {
  const valueOf = (value: VariableValue): string => (typeof value === "string" ? value : "");
  return Object.fromEntries(
    settingsFor(entry, target).flatMap((setting) =>
      setting.kind === "environment"
        ? Object.entries(setting.variables).map(([name, value]) => [name, valueOf(value)] as const)
        : [],
    ),
  );
}

/** The file among the settings. */
export function fileFor(entry: Entry, over: Parameters<typeof settingsFor>[1]): FileSetting {
  const setting = settingsFor(entry, over).find(({ kind }) => kind === "file");
  if (setting?.kind !== "file") throw new Error(`${entry.connect} has no file`);
  return setting;
}

/** How planport is started here where settings would say `planport`. */
export const PLANPORT: readonly string[] = [process.execPath, BIN];

/** What the client made of the conversation. */
export interface Outcome {
  /** The arguments with which the client ran its tool. */
  readonly calls: readonly unknown[];
  readonly toolAnswer: string;
  readonly imageAnswer: string;
  readonly person: unknown;
  /** Reasoning that the client showed; null when it shows none. */
  readonly shownReasoning: string | null;
  readonly countedTokens?: number;
}

/** Runs a scenario with the Node.js that the client needs and nothing set but what `planport connect` says. */
export async function runScenario(
  entry: Entry,
  script: string,
  options: { url: string; model: string; variant?: string },
): Promise<Outcome> {
  const file = new URL(`../scenarios/${script}`, import.meta.url);
  const args = [decodeURIComponent(file.pathname.replace(/^\/(?=[A-Za-z]:)/, "")), folderOf(entry), options.model];
  const env = cleanEnvironment({ HOME: temporaryFolder("client"), ...variablesFor(entry, options) });
  const node = nodeFor(entry) ?? process.execPath;
  const done = await start(node, [...args, options.variant ?? ""], { env }).finished;
  const line = done.stdout.trim().split("\n").at(-1) ?? "";
  if (done.code !== 0 || !line.startsWith("{"))
    throw new Error(`${script} failed (exit ${String(done.code)}):\n${done.stdout}\n${done.stderr}`);
  return JSON.parse(line) as Outcome;
}

/** An item of the Responses API, as the backend got it. */
interface SentItem extends JsonObject {
  readonly type: string;
}

/** What reached the backend. */
export interface Sent {
  /** The bodies of all model calls of the conversation, in order. */
  readonly bodies: readonly JsonObject[];
  /** The input of the last one, which holds the whole conversation. */
  readonly items: readonly SentItem[];
}

/** The model calls since `from`, without those that only warm up. */
export function sentSince(simulator: Simulator, from: number): Sent {
  const bodies = simulator.requests
    .slice(from)
    .flatMap(({ target, body }) => (target === "responses" ? [body as JsonObject] : []));
  return { bodies, items: (bodies.at(-1)?.["input"] ?? []) as SentItem[] };
}

/** A conversation as both ends saw it. */
export interface Conversation {
  readonly outcome: Outcome;
  readonly sent: Sent;
}

/** What is held against a conversation; a client's own way may ask for more. */
export type Proofs = Readonly<Record<Column, (conversation: Conversation) => void>>;

/** Texts of the items of a role, in order. */
function textsOf(items: readonly SentItem[], role: string): string[] {
  return items.filter((item) => item["role"] === role).map((item) => JSON.stringify(item["content"]));
}

/** The usual proofs. */
export function proofs(questions: readonly string[]): Proofs {
  return {
    "multi-turn": ({ sent: { items } }) => {
      const said = textsOf(items, "user");
      const places = questions.map((question) =>
        said.findIndex((text) => text.includes(JSON.stringify(question).slice(1, -1))),
      );
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(new Set(places).size).toBe(questions.length);
      expect(textsOf(items, "assistant")).toHaveLength(questions.length - 1);
    },
    tool: ({ outcome, sent: { items } }) => {
      const calls = items.filter(({ type }) => type === "function_call");
      const outputs = items.filter(({ type }) => type === "function_call_output");
      expect(calls).toHaveLength(2);
      expect(outputs.map((item) => item["call_id"])).toEqual(calls.map((item) => item["call_id"]));
      expect(calls.map((item) => JSON.parse(String(item["arguments"])) as unknown)).toEqual(outcome.calls);
      for (const word of ["Paris", "Oslo"]) expect(outcome.toolAnswer).toContain(`Sunny in ${word}.`);
    },
    image: ({ outcome, sent: { items } }) => {
      expect(JSON.stringify(items)).toMatch(
        /"type":"input_image"[^}]*"image_url":"data:image\/|"image_url":"data:image\/[^}]*"type":"input_image"/,
      );
      expect(outcome.imageAnswer).toMatch(/\b1 image\b/);
    },
    schema: ({ outcome, sent: { bodies } }) => {
      expect(bodies.at(-1)?.["text"]).toMatchObject({
        format: {
          type: "json_schema",
          schema: { properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name", "age"] },
        },
      });
      expect(outcome.person).toEqual({ name: "Ada", age: 36 });
    },
    reasoning: ({ outcome, sent: { bodies, items } }) => {
      const seals = items.filter(({ type }) => type === "reasoning").map((item) => item["encrypted_content"]);
      // One for each answer before the last one, each its own.
      expect(seals).toHaveLength(bodies.length - 1);
      expect(new Set(seals).size).toBe(seals.length);
      if (outcome.shownReasoning !== null) expect(outcome.shownReasoning).toContain("Reading the request");
    },
  };
}

/**
 * Registers a test for each cell of a client's row. The conversation is held once, before the first of them.
 * @param hold Holds it.
 */
export function proveRow(
  id: string,
  questions: readonly string[],
  hold: () => Promise<Conversation>,
  own: Partial<Proofs> = {},
): void {
  const entry = entryOf(id);
  const why =
    installed(entry) === null
      ? `${entry.package} is not installed`
      : nodeFor(entry) === null
        ? "there is no Node.js 22 from npm for this machine"
        : null;
  if (why !== null) {
    reportNotRun(entry.client.replaceAll("`", ""), why, { id, notRun: why });
    return;
  }
  const all = { ...proofs(questions), ...own };
  let held: Promise<Conversation> | undefined;
  for (const column of COLUMNS) {
    const cell = entry.cells[column];
    if (typeof cell !== "string") continue;
    it(`${id}: ${column}: ${cell.replaceAll("`", "")}`, async ({ task }) => {
      task.meta.client = { id, column };
      held ??= hold();
      all[column](await held);
    });
  }
}
