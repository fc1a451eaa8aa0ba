/** Starting and stopping what a bench is made of. Everything listens on 127.0.0.1 and ends with the bench. */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const READY_WITHIN_MS = 15_000;
const OUTPUT_KEPT_CHARS = 2_000;

/** Absolute path of a file of this folder. */
export function benchFile(name) {
  return path.join(HERE, name);
}

/** What would change how a gateway starts or whom it calls: proxies, certificate stores, other people's sign-ins. */
const DISTURBING = /^(https?_proxy|all_proxy|no_proxy|ssl_cert_.*|node_.*|codex_.*|openai_.*|planport_.*)$/i;

/** The environment of all that a bench starts. */
export const plainEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !DISTURBING.test(name)),
);

const children = new Set();

function keep(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Stops all that runs, and waits for it. */
export async function stopAll() {
  const running = [...children];
  const ended = running.map((child) => once(child, "exit"));
  for (const child of running) child.kill("SIGTERM");
  const killLate = setTimeout(() => running.forEach((child) => child.kill("SIGKILL")), 3_000);
  await Promise.all(ended);
  clearTimeout(killLate);
}

/** A port that nobody listens on now. */
export async function findFreePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a server and waits until it takes connections. */
export async function startServer(command, args, { port, env }) {
  const child = keep(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...plainEnvironment, ...env } }));
  let output = "";
  const collect = (chunk) => {
    output = (output + chunk).slice(-OUTPUT_KEPT_CHARS);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const failures = [];
  child.once("error", (error) => failures.push(error.message));
  child.once("exit", (code, signal) => failures.push(`ended with ${signal ?? code}`));
  for (const deadline = Date.now() + READY_WITHIN_MS; ; await sleep(25)) {
    if (failures.length > 0) throw new Error(`${command} ${args.join(" ")}: ${failures[0]}\n${output}`);
    if (await takesConnections(port)) return child;
    if (Date.now() > deadline) throw new Error(`${command} ${args.join(" ")}: not ready in time\n${output}`);
  }
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** The stand-in for the backend. */
export async function startUpstream() {
  const child = keep(fork(benchFile("upstream.mjs"), { env: plainEnvironment }));
  const [{ port }] = await once(child, "message");
  return {
    port,
    /** Sets what the next calls are answered with. */
    async shape(shape) {
      child.send({ shape });
      await once(child, "message");
    },
  };
}

/** Runs the clients of one job to their end. */
export async function runLoad(job) {
  const child = keep(fork(benchFile("load.mjs"), [JSON.stringify(job)], { env: plainEnvironment }));
  const exited = once(child, "exit");
  const [message] = await Promise.race([once(child, "message"), exited]);
  await exited;
  if (typeof message !== "object") throw new Error(`the load generator ended with ${message}`);
  return message;
}
