/**
 * planport's plug-in inside the real opencode, which runs in Bun: one `opencode serve` for most, and runs of their own for what has to
 * be set before it starts.
 */
import { writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSelfSigned } from "../../packages/planport/test/net/self-signed.ts";
import { listen, startProxy } from "../../packages/planport/test/net/support.ts";
import {
  type Simulator,
  startSimulator,
  unauthorized,
  usageLimit,
} from "../../packages/planport/src/simulator/index.ts";
import { ageAccessToken, readTokens } from "../faults/support/world.ts";
import { prepare, type Server, serveOpencode, startOpencode, type Turn, canRunOpencode } from "./support/opencode.ts";
import { temporaryFolder } from "./support/process.ts";
import { signedInHome, startGateway } from "./support/stack.ts";

/** It takes seconds to start, and minutes where many tests run at once. */
const LIMIT_MS = 300_000;

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ maxRecordedRequests: 10_000 });
});
afterAll(() => simulator.close());

/** Model calls so far. */
const modelCalls = (): number => simulator.requests.filter(({ target }) => target === "responses").length;

/** `opencode run`, to its end. */
async function run(prompt: string, home: string, extra: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await startOpencode(["run", prompt], prepare(simulator, home, extra)).finished;
  expect(code, stderr).toBe(0);
  return stdout + stderr;
}

/** The simulator under another name, over TLS, with a certificate that nobody knows. */
async function serveTls(): Promise<{ readonly port: number; readonly caPath: string; readonly calls: () => number }> {
  const { keyPem, certificatePem } = createSelfSigned("plan.example");
  const caPath = join(temporaryFolder("ca"), "ca.pem");
  writeFileSync(caPath, certificatePem);
  const server = createTlsServer({ key: keyPem, cert: certificatePem }, (request, response) => {
    const { method, headers } = request;
    const through = httpRequest(simulator.origin + String(request.url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(through);
  });
  let calls = 0;
  server.on("tlsClientError", () => {}).on("secureConnection", () => calls++);
  return { port: await listen(server), caPath, calls: () => calls };
}

if (canRunOpencode()) {
  describe("the plug-in in a running opencode", { timeout: LIMIT_MS }, () => {
    let home: string;
    let server: Server;

    beforeAll(async () => {
      home = signedInHome(simulator);
      server = await serveOpencode(prepare(simulator, home));
    }, LIMIT_MS);

    const say = (words: string): Promise<Turn> => server.ask(`Reply with exactly: ${words}`);

    it("has the models of the live catalogue, with their limits and efforts", async () => {
      const { providers } = (await server.call("/config/providers")) as {
        readonly providers: readonly { readonly id: string; readonly models: Record<string, object> }[];
      };
      const models = providers.find(({ id }) => id === "planport")?.models ?? {};
      expect(simulator.requests.some(({ target }) => target === "models")).toBe(true);
      expect(models["gpt-5.5"]).toMatchObject({
        limit: { context: 272_000, output: 128_000 },
        capabilities: { reasoning: true, toolcall: true, input: { image: true } },
        variants: { xhigh: { reasoningEffort: "xhigh" } },
      });
      expect(Object.keys(models)).not.toContain("codex-auto-review");
    });

    it("uses a tool, and keeps nothing with the backend", async () => {
      const turn = await server.ask(
        `call bash with ${JSON.stringify({ command: "echo the heron is $((6 * 7))", description: "counts" })}`,
      );
      expect(turn.error).toBeNull();
      expect(turn.tools).toMatchObject([{ tool: "bash", state: { status: "completed" } }]);
      expect(turn.text).toContain("the heron is 42");
      const { body } = simulator.requests.findLast(({ target }) => target === "responses") ?? {};
      expect(body).toMatchObject({ store: false, stream: true });
      expect(JSON.stringify(body)).toContain("encrypted_content");
    });

    it("gets over a bearer that the backend does not take any more, by one refresh", async () => {
      const { refreshes } = simulator;
      simulator.expireAccessTokens();
      expect(await say("after the refresh")).toMatchObject({ text: "after the refresh", error: null });
      expect(simulator.refreshes - refreshes).toBe(1);
    });

    it("gets over a 401", async () => {
      simulator.script.push("responses", unauthorized());
      expect(await say("after the refusal")).toMatchObject({ text: "after the refusal", error: null });
    });

    it("tells a usage limit once, and does not try again", async () => {
      const end = simulator.script.always("responses", usageLimit({ resetsInSeconds: 3_600 }));
      const before = modelCalls();
      const { error } = await say("nothing");
      end();
      expect(error).toMatch(/usage limit/i);
      expect(modelCalls() - before).toBe(1);
    });

    it(
      "renews a login together with a gateway by one refresh, though both want to at once",
      async () => {
        const shared = signedInHome(simulator);
        const file = join(shared, "auth.json");
        const [second, gateway] = await Promise.all([
          serveOpencode(prepare(simulator, shared)),
          startGateway(simulator, shared),
        ]);
        expect((await second.ask("Reply with exactly: before")).text).toBe("before");
        ageAccessToken(file, -60_000);
        simulator.expireAccessTokens();
        const spent = readTokens(file)["refresh_token"];
        const { refreshes, reusedRefreshTokens } = simulator;
        const body = JSON.stringify({ model: "gpt-5.5", input: "Reply with exactly: from the gateway" });
        const headers = { "content-type": "application/json" };
        const [turn, answer] = await Promise.all([
          second.ask("Reply with exactly: from the plug-in"),
          fetch(`${gateway.baseURL}/responses`, { method: "POST", headers, body }),
        ]);
        expect(turn.text).toBe("from the plug-in");
        expect(await answer.text()).toContain("from the gateway");
        expect(simulator.refreshes - refreshes).toBe(1);
        expect(simulator.reusedRefreshTokens).toBe(reusedRefreshTokens);
        expect(readTokens(file)["refresh_token"]).not.toBe(spent);
      },
      LIMIT_MS,
    );
  });

  describe("the plug-in in runs of opencode", { timeout: LIMIT_MS }, () => {
    it("answers `opencode run`", async () => {
      expect(await run("Reply with exactly: from a run", signedInHome(simulator))).toContain("from a run");
    });

    it("speaks to the backend through the proxy of HTTPS_PROXY, with the authority of CODEX_CA_CERTIFICATE", async () => {
      const { port, caPath } = await serveTls();
      const proxy = await startProxy(port);
      const text = await run("Reply with exactly: through the proxy", signedInHome(simulator), {
        CODEX_BASE_URL: "https://plan.example/backend-api/codex",
        HTTPS_PROXY: `http://ada:secret@127.0.0.1:${proxy.port}`,
        CODEX_CA_CERTIFICATE: caPath,
      });
      expect(text).toContain("through the proxy");
      expect(new Set(proxy.lines)).toEqual(new Set(["CONNECT plan.example:443"]));
      expect(proxy.authorizations[0]).toBe(`Basic ${Buffer.from("ada:secret").toString("base64")}`);
    });

    it("asks no proxy for a host of NO_PROXY", async () => {
      const proxy = await startProxy(0, 502);
      // An address that leads to this machine, and yet is none of the loopback ones, for which no proxy is asked in any case.
      const text = await run("Reply with exactly: around the proxy", signedInHome(simulator), {
        CODEX_BASE_URL: simulator.codexBaseUrl.replace("127.0.0.1", "0.0.0.0"),
        HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
        NO_PROXY: "0.0.0.0",
      });
      expect(text).toContain("around the proxy");
      expect(proxy.lines).toEqual([]);
    });

    it("says what to do about a server whose certificate no authority stands for", async () => {
      const { port, calls } = await serveTls();
      const { stdout, stderr } = await startOpencode(
        ["run", "hi"],
        prepare(simulator, signedInHome(simulator), { CODEX_BASE_URL: `https://127.0.0.1:${port}/backend-api/codex` }),
      ).finished;
      expect(stdout + stderr).toContain("set CODEX_CA_CERTIFICATE");
      expect(calls(), "the list of models, the title and the answer, each once").toBeLessThanOrEqual(3);
    });

    it("says what to do where nobody has signed in", async () => {
      const { stdout, stderr } = await startOpencode(["run", "hi"], prepare(simulator, temporaryFolder("nobody")))
        .finished;
      expect(stdout + stderr).toContain("planport login");
    });
  });
}
