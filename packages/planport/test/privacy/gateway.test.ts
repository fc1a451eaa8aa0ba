/** The gateway as a real process: what it answers and logs when clients and the backend send secrets at it. */
import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, type Target } from "../../src/simulator/index.ts";
import { type Running, start } from "../cli/support/cli.ts";
import { scan } from "./support/scanner.ts";
import { type NamedSecret, noise, syntheticJwt } from "./support/secrets.ts";
import { echoes, scanOutput, signedInWorld, type World } from "./support/world.ts";

const SERVE = ["serve", "--port", "0", "--log-level", "debug"];

let simulator: Simulator;
let world: World;
let gateway: Running;
let port: number;
let key: string;
/** Everything that came back to clients. */
let answers: string;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true });
  world = signedInWorld(simulator);
  key = world.add("gateway key", `gw-${noise(12)}/"${noise(12)}`);
  answers = "";
  gateway = start(world.home, SERVE, { env: { ...world.env, PLANPORT_KEY: key } });
  const [, found] = await gateway.until(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
  port = Number(found);
});

afterEach(async () => {
  gateway.child.kill("SIGKILL");
  await gateway.finished;
  await simulator.close();
});

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request as it is; gives its status and notes all of its answer. */
function call(path: string, { method = "GET", headers = {}, body }: Call = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      answers += `\n${String(response.statusMessage)} ${JSON.stringify(response.rawHeaders)}\n`;
      response.setEncoding("utf8").on("data", (text: string) => (answers += text));
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve(0)); // Cut off on purpose.
    });
    request.on("error", reject);
    request.end(body);
  });
}

function post(path: string, body: unknown, bearer = key): Promise<number> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${bearer}` };
  return call(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
}

const asks: readonly (readonly [path: string, body: (prompt: string) => unknown])[] = [
  ["/v1/responses", (prompt) => ({ model: "gpt-5.5", input: prompt })],
  ["/v1/chat/completions", (prompt) => ({ model: "gpt-5.5", messages: [{ role: "user", content: prompt }] })],
  [
    "/v1/chat/completions",
    (prompt) => ({ model: "gpt-5.5", messages: [{ role: "user", content: prompt }], stream: true }),
  ],
];

/** Ends the gateway and looks through what it wrote; prompts may come back to who sent them, and nothing else may. */
async function expectClean(): Promise<void> {
  gateway.child.kill("SIGTERM");
  const finished = await gateway.finished;
  const secrets = world.secrets();
  expect(finished.stderr).toContain("http.request");
  expect(scanOutput(SERVE, finished, secrets)).toEqual([]);
  const forClients = secrets.filter(({ name }) => name !== "prompt");
  expect(scan("answers", answers, forClients)).toEqual([]);
  expect(world.scanFiles()).toEqual([]);
}

/** What the backend has been sent, and could repeat: neither the gateway's key nor, here, the prompt. */
function sentSecrets(): NamedSecret[] {
  return world.secrets().filter(({ name }) => name !== "prompt" && name !== "gateway key");
}

describe("the gateway shows no secret", () => {
  it("when all is well", async () => {
    for (const [path, body] of asks) expect(await post(path, body(world.prompt))).toBe(200);
    expect(await call("/v1/models", { headers: { authorization: `Bearer ${key}` } })).toBe(200);
    expect(await call("/healthz")).toBe(200);
    simulator.expireAccessTokens();
    expect(await post("/v1/responses", { model: "gpt-5.5", input: world.prompt })).toBe(200);
    expect(simulator.refreshes).toBe(1);
    await expectClean();
  });

  it("to clients that send secrets where none belong", async () => {
    const stray = world.add("stray", `at-${noise(40)}`);
    const jwt = world.add("stray token", syntheticJwt());
    const wrong = world.add("wrong key", `sk-${noise(40)}`);
    expect(await post("/v1/responses", { model: "m", input: "x" }, wrong)).toBe(401);
    expect(await post("/v1/responses", { model: "m", input: "x" }, key.slice(0, -1))).toBe(401);
    const headers = { authorization: `Bearer ${key}` };
    expect(await call(`/v1/${stray}`, { headers })).toBe(404);
    expect(await call(`/v1/models/${jwt}`, { headers })).toBe(404);
    expect(await call(`/v1/models?api_key=${stray}&code=${jwt}`, { headers })).toBe(200);
    expect(
      await call("/v1/models", { headers: { ...headers, origin: `https://${stray.toLowerCase()}.example` } }),
    ).toBe(403);
    expect(await call("/v1/models", { headers: { ...headers, host: `${stray}.example` } })).toBeGreaterThan(0);
    expect(await call("/v1/models", { headers: { ...headers, cookie: `session=${jwt}`, "x-api-key": stray } })).toBe(
      200,
    );
    expect(await call("/v1/responses", { method: "POST", headers, body: `token=${jwt}` })).toBe(415);
    expect(await call("/v1/models", { method: "DELETE", headers })).toBe(405);
    await expectClean();
  });

  it("of requests that cannot be read", async () => {
    const { prompt } = world;
    for (const path of ["/v1/responses", "/v1/chat/completions"]) {
      expect(await post(path, `{"model": "m", "input": "${prompt}`)).toBe(400);
      expect(await post(path, `{"model": "m", "input": ${prompt}}`)).toBe(400);
      expect(await post(path, `["${prompt}"]`)).toBe(400);
      expect(await post(path, { model: 7, input: [{ type: "message", role: prompt, content: { a: prompt } }] })).toBe(
        400,
      );
      expect(await post(path, { model: "m", messages: [{ role: "user", content: [{ type: prompt }] }] })).toBe(400);
    }
    await expectClean();
  });

  it.each([...echoes([])].map(([name]) => name))("of a backend that answers %s", async (kind) => {
    const secrets = sentSecrets();
    for (const target of ["responses", "models", "token"] satisfies Target[])
      simulator.script.always(target, ...(echoes(secrets).get(kind) ?? []));
    const statuses = await Promise.all([
      ...asks.map(([path, body]) => post(path, body(world.prompt))),
      call("/v1/models", { headers: { authorization: `Bearer ${key}` } }),
    ]);
    // The list of models has a built-in one to fall back on.
    for (const status of statuses.slice(0, 3)) expect(status).toBeGreaterThanOrEqual(400);
    await expectClean();
  });

  it.each([
    ["is cut off before it begins", { kind: "drop" }],
    ["is cut off in the middle", { kind: "drop", afterEvents: 3 }],
    ["ends too early", { kind: "end", afterEvents: 3 }],
    ["holds no events", { kind: "malformed", text: `data: {"token": "eyJhbGciOiJIUzI1NiJ9.e30.AAAA\n\n` }],
  ] as const)("of an answer that %s", async (_name, effect) => {
    simulator.script.always("responses", effect);
    await Promise.all(asks.map(([path, body]) => post(path, body(world.prompt)).catch(() => 0)));
    await expectClean();
  });

  it("of a failure inside of a stream, where planport words the error", async () => {
    const text = sentSecrets();
    const error = { code: text[0]?.value ?? "", message: `no: ${text.map(({ value }) => value).join(" ")}` };
    simulator.script.always("responses", { kind: "fail", error });
    for (const [path, body] of asks.slice(1)) await post(path, body(world.prompt));
    await expectClean();
  });
});

it("the instrument: the bearer does cross the wire, and the key does come in", async () => {
  expect(await post("/v1/responses", { model: "gpt-5.5", input: world.prompt })).toBe(200);
  const sent = JSON.stringify(simulator.requests);
  const found = scan("wire", sent, world.secrets()).map(({ secret }) => secret);
  expect(found).toEqual(expect.arrayContaining(["access_token", "prompt"]));
  expect(found).not.toContain("gateway key");
});
