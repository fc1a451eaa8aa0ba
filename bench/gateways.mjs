/** The servers that a bench measures: how each is started, and what it is asked. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { repoRoot, runNpm } from "../tools/lib.mjs";
import { childrenOf } from "./process-cost.mjs";
import { benchFile, findFreePort, startServer } from "./processes.mjs";

const CODEX_PATH = "/backend-api/codex/responses";
const NGINX_PLACES = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"];

/** planport's command. */
export const planportBin = path.join(repoRoot, "packages", "planport", "bin", "planport.js");

/** Path of nginx; null when the machine has none. */
export const nginxBin = NGINX_PLACES.find((file) => existsSync(file)) ?? null;

/** Writes an auth.json whose tokens nobody signed, good for a day. */
export function writeAuthFile(folder) {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "https://auth.openai.com",
    sub: "auth0|bench",
    email: "ada@example.com",
    iat: nowSeconds,
    exp: nowSeconds + 86_400,
    "https://api.openai.com/auth": { chatgpt_plan_type: "pro", chatgpt_account_id: "acct-bench" },
  };
  const token = `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.${encode("unsigned")}`;
  const tokens = { id_token: token, access_token: token, refresh_token: "rt_bench", account_id: "acct-bench" };
  const file = path.join(folder, "auth.json");
  const auth = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  writeFileSync(file, JSON.stringify(auth, null, 2), { mode: 0o600 });
  return file;
}

/** Installs what planport is measured against, unless it is there. Returns the URL of openai-oauth's entry. */
export function installRivals() {
  const source = benchFile("rivals");
  const folder = path.join(benchFile(".cache"), "rivals");
  const stamp = path.join(folder, ".installed-from");
  const fingerprint = createHash("sha256")
    .update(readFileSync(path.join(source, "package-lock.json")))
    .digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint) {
    mkdirSync(folder, { recursive: true });
    cpSync(source, folder, { recursive: true });
    const result = runNpm(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
    if (!result.ok) throw new Error(`npm ci failed: ${result.text.slice(-500)}`);
    writeFileSync(stamp, fingerprint);
  }
  return pathToFileURL(path.join(folder, "node_modules", "openai-oauth", "dist", "index.js")).href;
}

async function startNginx({ folder, upstreamPort }) {
  const port = await findFreePort();
  const temp = (name) => `${name}_temp_path ${folder}/${name};`;
  const file = path.join(folder, "nginx.conf");
  writeFileSync(
    file,
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(temp).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`,
  );
  const master = await startServer(nginxBin, ["-e", "stderr", "-p", folder, "-c", file], { port });
  // The master only watches over the worker, which does all the work.
  const [worker = master.pid] = childrenOf(master.pid);
  return { port, pid: worker };
}

async function startNodeProxy({ upstreamPort }) {
  const port = await findFreePort();
  const args = [benchFile("node-proxy.mjs"), String(port), String(upstreamPort)];
  return { port, pid: (await startServer(process.execPath, args, { port })).pid };
}

async function startPlanport({ folder, upstreamPort }) {
  const port = await findFreePort();
  const args = [...planportFlags(), planportBin, "serve", "--port", String(port)];
  const env = { CODEX_HOME: folder, CODEX_BASE_URL: backendUrl(upstreamPort) };
  const { pid } = await startServer(process.execPath, args, { port, env });
  await haveOneKept(port);
  return { port, pid };
}

/** The gateway opens its database with the first answer that it keeps: from then on that is a part of what it weighs. */
async function haveOneKept(port) {
  const body = JSON.stringify({ model: "gpt-5.5", input: "Say something.", stream: true, store: true });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/responses`, { method: "POST", headers, body });
  const text = await answer.text();
  if (!text.includes('"store":true'))
    throw new Error(`planport kept no answer: HTTP ${answer.status}: ${text.slice(-200)}`);
}

/** Flags for the Node that runs planport, such as `--cpu-prof`: for who looks for the hot spots, not for a fair table. */
function planportFlags() {
  return (process.env.BENCH_PLANPORT_FLAGS ?? "").split(" ").filter((flag) => flag !== "");
}

function startOpenAIOAuth(entry) {
  return async ({ folder, upstreamPort }) => {
    const port = await findFreePort();
    const base = backendUrl(upstreamPort);
    const args = [benchFile("openai-oauth.mjs"), entry, String(port), base, path.join(folder, "auth.json")];
    const env = { NODE_ENV: "production", CODEX_HOME: folder };
    return { port, pid: (await startServer(process.execPath, args, { port, env })).pid };
  };
}

function backendUrl(port) {
  return `http://127.0.0.1:${port}/backend-api/codex`;
}

const RESPONSES = { path: "/v1/responses", dialect: "responses" };
const CHAT = { path: "/v1/chat/completions", dialect: "chat" };
const RAW = { path: CODEX_PATH, dialect: "responses" };

/** The rows of the table, in its order. Each is a process of its own, so that its peak memory is its own too. */
export function listGateways(openAIOAuthEntry) {
  const rows = [
    { id: "node", name: "node:http, piped", start: startNodeProxy, ...RAW },
    { id: "planport-responses", name: "planport /v1/responses", start: startPlanport, ...RESPONSES },
    { id: "planport-chat", name: "planport /v1/chat/completions", start: startPlanport, ...CHAT },
  ];
  if (nginxBin !== null) rows.unshift({ id: "nginx", name: "nginx, proxy_buffering off", start: startNginx, ...RAW });
  if (openAIOAuthEntry !== null) {
    const start = startOpenAIOAuth(openAIOAuthEntry);
    rows.push({ id: "rival-responses", name: "openai-oauth 2.0.0 /v1/responses", start, ...RESPONSES });
    rows.push({ id: "rival-chat", name: "openai-oauth 2.0.0 /v1/chat/completions", start, ...CHAT });
  }
  return rows;
}
