/**
 * Drives an app-server over its standard streams, by lines that nobody checks before they are sent, and keeps all that is said.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** A message, or something that is none. */
export type Message = Readonly<Record<string, unknown>>;

/** What an answer to a request came as; `silence` when there was none. */
export type Answer = { readonly result?: unknown; readonly error?: unknown; readonly silence?: true };

/** Answers a request of the server: a result, an error, or nothing at all. */
export type Responder = (params: Message) => unknown;

/** How to say no to the server. */
export class Refusal {
  readonly code: number;
  readonly message: string;
  constructor(code: number, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Said by a responder that never answers. */
export const SILENCE: unique symbol = Symbol("silence");

/** Longer than anything takes on a busy machine: it is only ever reached when something is missing. */
const PATIENCE_MS = 45_000;

/** One server that runs. */
export class Driver {
  /** What the server said by itself: notifications and requests, in order. */
  readonly told: Message[] = [];
  /** What was answered, by the id of the request. */
  readonly answered: { readonly id: string; readonly method: string; readonly answer: Answer }[] = [];
  /** Each line that the server wrote, for judging by a schema. */
  readonly lines: string[] = [];
  readonly log: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #responders = new Map<string, Responder>();
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  #wake: (() => void)[] = [];
  #isOver = false;
  #nextId = 1;

  constructor(command: readonly string[], options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string }) {
    const [file = "", ...args] = command;
    this.#child = spawn(file, args, { ...options, stdio: "pipe" });
    this.#child.stdin.on("error", () => {}); // Its end tells.
    this.exited = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
    void this.exited.then(() => {
      this.#isOver = true;
      this.#stir();
    });
    linesOf(this.#child.stdout, (line) => this.#take(line));
    linesOf(this.#child.stderr, (line) => this.log.push(line));
  }

  /** Sends a line as it is. */
  raw(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  notify(method: string, params?: unknown): void {
    this.raw(JSON.stringify({ method, params }));
  }

  /** Asks, and gives what comes back; `silence` when nothing does within `patienceMs`. */
  async ask(
    method: string,
    params?: unknown,
    id: string | number = this.#nextId++,
    patienceMs = PATIENCE_MS,
  ): Promise<Answer> {
    const key = JSON.stringify(id);
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(key, resolve));
    this.raw(JSON.stringify({ method, id, params }));
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<Answer>((resolve) => {
      timer = setTimeout(() => resolve({ silence: true }), patienceMs);
      void this.exited.then(() => resolve({ silence: true }));
    });
    const given = await Promise.race([answer, silence]);
    clearTimeout(timer);
    this.answered.push({ id: key, method, answer: given });
    return given;
  }

  /** Answers requests of the server by this method from now on. */
  respond(method: string, responder: Responder): void {
    this.#responders.set(method, responder);
  }

  /** The first message that fits, from `from` on; rejects when the server ends or stays silent. */
  async heard(fits: string | ((message: Message) => boolean), from = 0): Promise<Message> {
    const isIt = typeof fits === "string" ? (message: Message): boolean => message["method"] === fits : fits;
    const endMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.told.slice(from).find(isIt);
      if (found !== undefined) return found;
      if (this.#isOver || Date.now() > endMs)
        throw new Error(`never heard ${typeof fits === "string" ? fits : "it"}; ${this.log.slice(-3).join(" | ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Ends its input and waits for its end. */
  async close(): Promise<number | null> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }

  #take(line: string): void {
    this.lines.push(line);
    const message = JSON.parse(line) as Message;
    const { method, id } = message;
    if (typeof method === "string") {
      this.told.push(message);
      if (id !== undefined) void this.#answer(method, id, message["params"] as Message);
    } else {
      const key = JSON.stringify(id);
      this.#waiting.get(key)?.(message);
      this.#waiting.delete(key);
    }
    this.#stir();
  }

  async #answer(method: string, id: unknown, params: Message): Promise<void> {
    const responder = this.#responders.get(method);
    const said = responder === undefined ? new Refusal(-32601, "nobody answers that") : await responder(params);
    if (said === SILENCE) return;
    this.raw(
      JSON.stringify(
        said instanceof Refusal ? { id, error: { code: said.code, message: said.message } } : { id, result: said },
      ),
    );
  }

  #stir(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }
}

function linesOf(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}
