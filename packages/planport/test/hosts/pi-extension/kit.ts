/** A stand-in for pi's side of the extension, the simulator behind it, and folders of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach } from "vitest";
import type {
  PiAssistantMessage,
  PiContext,
  PiEvent,
  PiHost,
  PiInteraction,
  PiLegacyProvider,
  PiListedModel,
  PiNativeProvider,
  PiStreamOptions,
} from "../../../src/hosts/pi/extension/host.ts";
import { planportExtension, type PiExtensionOptions } from "../../../src/hosts/pi/extension/index.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../src/simulator/index.ts";

const folders: string[] = [];
const open: Simulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "planport-pi-extension-"));
  folders.push(folder);
  return folder;
}

export interface World {
  readonly simulator: Simulator;
  /** Codex's folder, which is empty. */
  readonly codexHome: string;
  /** pi's folder. */
  readonly agentDir: string;
  /** What points the extension at the simulator, and at no folder of this machine's. */
  readonly env: Record<string, string>;
}

export async function startWorld(options: SimulatorOptions = {}): Promise<World> {
  const simulator = await startSimulator({
    autoApprove: true,
    anyRedirectPort: true,
    deviceIntervalSeconds: 0,
    ...options,
  });
  open.push(simulator);
  const codexHome = newFolder();
  const agentDir = newFolder();
  return {
    simulator,
    codexHome,
    agentDir,
    env: {
      CODEX_HOME: codexHome,
      PLANPORT_HOME: path.join(codexHome, "planport"),
      PI_AGENT_HOME: agentDir,
      CODEX_BASE_URL: simulator.codexBaseUrl,
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
      CODEX_APP_SERVER_LOGIN_ISSUER: simulator.issuer,
    },
  };
}

/** Puts a file into a folder, which is made first. */
export function put(folder: string, name: string, value: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
}

export interface Registered {
  readonly native: ReadonlyMap<string, PiNativeProvider>;
  readonly legacy: ReadonlyMap<string, PiLegacyProvider>;
  /** Tells the extension that a session begins. */
  readonly startSession: (context: Parameters<Parameters<NonNullable<PiHost["on"]>>[1]>[1]) => void;
}

/** Loads the extension as a pi of today does, or one from before 0.81. */
export async function load(
  env: Readonly<Record<string, string>>,
  options: PiExtensionOptions & { readonly form?: "native" | "legacy" } = {},
): Promise<Registered> {
  const native = new Map<string, PiNativeProvider>();
  const legacy = new Map<string, PiLegacyProvider>();
  let onStart: Parameters<NonNullable<PiHost["on"]>>[1] = () => {};
  const registerNativeProvider = (provider: PiNativeProvider): unknown => native.set(provider.id, provider);
  const registerProvider =
    options.form === "legacy"
      ? (name: string, provider: PiLegacyProvider) => legacy.set(name, provider)
      : (provider: PiNativeProvider) => registerNativeProvider(provider);
  const pi = {
    registerProvider,
    on: (_event: string, handler: typeof onStart) => {
      onStart = handler;
    },
  };
  await planportExtension(pi as unknown as PiHost, { ...options, env });
  return { native, legacy, startSession: (context) => onStart({}, context) };
}

/** The provider of a name, in the form of today. */
export async function provider(env: Readonly<Record<string, string>>, id: string): Promise<PiNativeProvider> {
  const found = (await load(env)).native.get(id);
  if (found === undefined) throw new Error(`there is no provider ${id}`);
  return found;
}

export function modelOf(from: Pick<PiNativeProvider, "getModels">, id: string): PiListedModel {
  const found = from.getModels().find((model) => model.id === id);
  if (found === undefined) throw new Error(`there is no model ${id}`);
  return found;
}

/** A conversation with one message. */
export function saying(text: string): PiContext {
  return { messages: [{ role: "user", content: text }] };
}

export interface Told {
  readonly events: readonly PiEvent[];
  readonly message: PiAssistantMessage;
  readonly text: string;
}

/** Makes a call and hears it to its end. */
export async function ask(
  from: Pick<PiNativeProvider, "streamSimple">,
  model: PiListedModel,
  context: PiContext | string,
  options: PiStreamOptions = {},
): Promise<Told> {
  const stream = from.streamSimple(model, typeof context === "string" ? saying(context) : context, options);
  const events: PiEvent[] = [];
  for await (const event of stream) events.push(event);
  const message = await stream.result();
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
  return { events, message, text };
}

/** The bodies of the model calls that arrived. */
export function bodies(simulator: Simulator): Record<string, unknown>[] {
  return calls(simulator, "responses").map(({ body }) => body as Record<string, unknown>);
}

/** The calls for something, oldest first. */
export function calls(simulator: Simulator, target: string): readonly Simulator["requests"][number][] {
  return simulator.requests.filter((request) => request.target === target);
}

export interface Person {
  readonly interaction: PiInteraction;
  readonly asked: Parameters<PiInteraction["prompt"]>[0][];
  readonly shown: Parameters<PiInteraction["notify"]>[0][];
}

/** A person who chooses a way to sign in, goes to the page that is shown, and answers by `onPaste` when asked to paste. */
export function person(
  way: "browser" | "device",
  onPaste: (url: string) => Promise<string>,
  signal: AbortSignal = new AbortController().signal,
): Person {
  const asked: Person["asked"] = [];
  const shown: Person["shown"] = [];
  const interaction: PiInteraction = {
    signal,
    prompt: async (prompt) => {
      asked.push(prompt);
      if (prompt.type === "select") return way;
      const page = shown.findLast((event) => event.type === "auth_url");
      return onPaste(page?.type === "auth_url" ? page.url : "");
    },
    notify: (event) => void shown.push(event),
  };
  return { interaction, asked, shown };
}

/** Where the sign-in page sends the browser. */
export async function landing(url: string): Promise<string> {
  const page = await fetch(url, { redirect: "manual" });
  return page.headers.get("location") ?? "";
}
