/**
 * A real browser without a window, driven over a pipe with the DevTools protocol. It reaches nothing but this machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import { cleanEnvironment, temporaryFolder } from "./process.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const WINDOWS = ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--no-proxy-server",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  "--remote-debugging-pipe",
];

const DEADLINE_MS = 30_000;
const POLL_MS = 20;

/** Where a Chromium is on this machine; null when there is none. */
export function findBrowser(): string | null {
  const onPath = (process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => NAMES.map((n) => join(folder, n)));
  const roots = ["PROGRAMFILES", "PROGRAMFILES(X86)"].map((name) => process.env[name] ?? "C:\\Program Files");
  const windows = roots.flatMap((root) => WINDOWS.map((path) => join(root, path)));
  const candidates = process.platform === "win32" ? windows : [...onPath, ...MAC];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** A page in a profile of its own. */
export interface Page {
  /** Opens an address; resolves once the navigation has begun. */
  open(url: string): Promise<void>;
  /** Lets pages run scripts that their content security policy forbids, so that only escaping is left to stop them. */
  ignoreContentSecurityPolicy(): Promise<void>;
  /** The value of a JavaScript expression in the page, as JSON. */
  read(expression: string): Promise<unknown>;
  /** Waits until an element matches, then clicks into its middle with the mouse. */
  click(selector: string): Promise<void>;
  /** Waits until the page's text matches, and returns all of it. */
  waitForText(pattern: RegExp): Promise<string>;
}

/** A running browser. */
export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: Error) => void;
}

/** Messages of the DevTools protocol, each ended by a zero byte. */
class Pipe {
  readonly #out: Writable;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #rest = "";

  constructor(child: ChildProcess) {
    const [, , , out, incoming] = child.stdio;
    this.#out = out as Writable;
    this.#out.on("error", () => undefined); // The end of the process tells the same.
    (incoming as Readable).setEncoding("utf8").on("data", (text: string) => this.#receive(text));
    child.once("error", (error) => this.#end(error));
    child.once("exit", (code) => this.#end(new Error(`The browser ended (exit ${String(code)}).`)));
  }

  send(method: string, params: JsonObject = {}, sessionId?: string): Promise<JsonObject> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #receive(text: string): void {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop() ?? "";
    for (const message of messages) this.#settle(JSON.parse(message) as JsonObject);
  }

  #settle({ id, result, error }: JsonObject): void {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined) return; // An event.
    this.#pending.delete(Number(id));
    if (isJsonObject(error)) pending.reject(new Error(String(error["message"])));
    else pending.resolve(isJsonObject(result) ? result : {});
  }

  #end(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** Starts a browser with an empty profile. */
export function launchBrowser(executable: string): Browser {
  const profile = temporaryFolder("browser");
  const env = cleanEnvironment({ HOME: profile, USERPROFILE: profile });
  const child = spawn(executable, [...FLAGS, `--user-data-dir=${join(profile, "data")}`], {
    env,
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const pipe = new Pipe(child);
  return {
    async newPage() {
      const { browserContextId } = await pipe.send("Target.createBrowserContext");
      const { targetId } = await pipe.send("Target.createTarget", { url: "about:blank", browserContextId });
      const { sessionId } = await pipe.send("Target.attachToTarget", { targetId, flatten: true });
      return createPage((method, params) => pipe.send(method, params, String(sessionId)));
    },
    async close() {
      const asked = pipe.send("Browser.close").catch(() => undefined); // It may end before it answers.
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await Promise.all([asked, ended]);
      clearTimeout(timer);
    },
  };
}

function createPage(send: (method: string, params?: JsonObject) => Promise<JsonObject>): Page {
  async function read(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return isJsonObject(result) ? result["value"] : undefined;
  }
  /** Asks until the answer is not null. Between two pages nobody may be there to answer. */
  async function poll<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
    const deadlineMs = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = await ask().catch(() => null);
      if (found !== null) return found;
      if (Date.now() > deadlineMs)
        throw new Error(`${what} never came. The page says:\n${String(await read("document.body.innerText"))}`);
      await delay(POLL_MS);
    }
  }
  return {
    read,
    open: async (url) => void (await send("Page.navigate", { url })),
    ignoreContentSecurityPolicy: async () => void (await send("Page.setBypassCSP", { enabled: true })),
    async click(selector) {
      const middle = await poll(`an element ${selector}`, async () => {
        const found = await read(`(() => {
          const box = document.querySelector(${JSON.stringify(selector)})?.getBoundingClientRect();
          return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
        })()`);
        return isJsonObject(found) ? found : null;
      });
      const mouse = { ...middle, button: "left", clickCount: 1 };
      await send("Input.dispatchMouseEvent", { ...mouse, type: "mousePressed" });
      await send("Input.dispatchMouseEvent", { ...mouse, type: "mouseReleased" });
    },
    waitForText: (pattern) =>
      poll(`text like ${String(pattern)}`, async () => {
        const text = await read("document.body.innerText");
        return typeof text === "string" && pattern.test(text) ? text : null;
      }),
  };
}
