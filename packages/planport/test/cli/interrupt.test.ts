import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { limitedSignal } from "../../src/cli/limited-signal.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(async () => {
  vi.useRealTimers();
  await simulator.close();
});

/** A server that takes requests and leaves the answer to the test. */
async function silentServer(): Promise<{ readonly origin: string; readonly asked: Promise<ServerResponse> }> {
  let onAsked: (response: ServerResponse) => void = () => {};
  const asked = new Promise<ServerResponse>((resolve) => (onAsked = resolve));
  const server = createServer((request, response) => {
    request.resume();
    onAsked(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe.runIf(process.platform !== "win32")("Ctrl-C", () => {
  it.each([["models"], ["usage"]])("ends %s against a server that never answers", async (...args) => {
    const { origin, asked } = await silentServer();
    const home = signedInHome(simulator);
    const running = start(home, args, { env: { ...pointAt(simulator), CODEX_BASE_URL: origin }, input: "" });
    await asked;
    running.child.kill("SIGINT");
    expect(await running.finished).toEqual({ code: 130, stdout: "", stderr: "" });
  });

  it("ends status while the owner of an access token is asked for", async () => {
    const { origin, asked } = await silentServer();
    const env = { ...pointAt(simulator), CODEX_AUTHAPI_BASE_URL: origin, CODEX_ACCESS_TOKEN: "at-0123456789abcdef" };
    const running = start(newHome(), ["status"], { env, input: "" });
    await asked;
    running.child.kill("SIGINT");
    expect(await running.finished).toEqual({ code: 130, stdout: "", stderr: "" });
  });

  it("waits for a refresh that is under way, and its tokens are kept", async () => {
    const { origin, asked } = await silentServer();
    const claims = (fields: object): string =>
      ["{}", JSON.stringify(fields), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
    const nowSeconds = Math.floor(Date.now() / 1000);
    const home = newHome();
    put(
      home,
      ".codex/auth.json",
      JSON.stringify({
        auth_mode: "chatgpt",
        tokens: {
          id_token: claims({}),
          access_token: claims({ exp: nowSeconds - 60 }),
          refresh_token: "old-refresh-token",
          account_id: "a",
        },
      }),
    );
    const env = { ...pointAt(simulator), CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${origin}/oauth/token` };
    const running = start(home, ["usage"], { env, input: "" });
    const response = await asked;
    running.child.kill("SIGINT");
    // Until planport says that it waits, or the process is gone: then the answer comes too late.
    let stderr = "";
    await new Promise<void>((resolve) => {
      running.child.stderr.on("data", (text: string) => {
        stderr += text;
        resolve();
      });
      void running.finished.then(() => resolve());
    });
    const answer = { access_token: claims({ exp: nowSeconds + 3600 }), refresh_token: "new-refresh-token" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    expect((await running.finished).code).toBe(130);
    expect(stderr).toContain("a token is being renewed");
    expect(readFileSync(join(home, ".codex/auth.json"), "utf8")).toContain("new-refresh-token");
  });
});

describe("a time limit on a signal", () => {
  it("fires after its time, or with the other signal, and not once it is released", () => {
    vi.useFakeTimers();
    const other = new AbortController();
    const [timed, followed, released] = [1, 2, 3].map(() => limitedSignal(other.signal, 5000));
    released?.release();
    vi.advanceTimersByTime(4999);
    expect(timed?.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(timed?.signal.aborted).toBe(true);
    expect(released?.signal.aborted).toBe(false);
    const late = limitedSignal(other.signal, 5000);
    other.abort();
    expect([followed?.signal.aborted, late.signal.aborted, released?.signal.aborted]).toEqual([true, true, false]);
    expect(vi.getTimerCount()).toBe(1);
    late.release();
    expect(vi.getTimerCount()).toBe(0);
  });
});
