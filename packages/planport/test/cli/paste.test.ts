import { existsSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { resolveAuthEndpoints } from "../../src/auth/index.ts";
import { judgePasted } from "../../src/cli/pasted.ts";
import type { Desk } from "../../src/cli/sign-in/desk.ts";
import { withPerson } from "../../src/cli/sign-in/person.ts";
import { createHttpClient } from "../../src/net/index.ts";
import { createIdentity } from "../../src/upstream/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, type Running, start } from "./support/cli.ts";
import { takeSignInPorts } from "../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

let simulator: Simulator;
let home: string;
let login: Running;
let state: string;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true });
  home = newHome();
});

afterEach(async () => {
  await simulator.close();
});

async function beginLogin(): Promise<string> {
  login = start(home, ["login", "--no-browser"], { env: pointAt(simulator) });
  const [url = ""] = await login.until(/http\S+\/oauth\/authorize\S+/);
  state = new URL(url).searchParams.get("state") ?? "";
  await login.until(/Paste that page's whole address here|Should the browser end/);
  return url;
}

describe("what is pasted while signing in", () => {
  it("and refused by the server ends the sign-in with what to do", async () => {
    await beginLogin();
    login.type(`http://127.0.0.1:1455/auth/callback?code=ac_of-another-time-0123456789&state=${state}\n`);
    const { code, stderr } = await login.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^planport: .*refused the code.*Run `planport login` again\.\n$/);
    expect(existsSync(join(home, ".planport/auth.json"))).toBe(false);
  });

  it("and says that the page refused ends the sign-in with that", async () => {
    await beginLogin();
    login.type(`http://127.0.0.1:1455/auth/callback?error=access_denied&error_description=Not+today&state=${state}\n`);
    const { code, stderr } = await login.finished;
    expect(code).toBe(1);
    expect(stderr).toContain("Sign-in failed: Not today");
  });

  it("and is no code at all never reaches the server", async () => {
    const url = await beginLogin();
    login.type("hello world this is nothing\n");
    login.type("hello\n");
    const page = await fetch(url, { redirect: "manual" });
    login.type(`${page.headers.get("location") ?? ""}\n`);
    const { code, stderr } = await login.finished;
    expect(code).toBe(0);
    expect(stderr.match(/There is no code in that\./g)).toHaveLength(2);
    expect(simulator.requests.filter((request) => request.target === "token")).toHaveLength(1);
  });
});

it("a refused code lets go of the port, whatever else was pasted with it", async () => {
  const env = pointAt(simulator);
  const http = createHttpClient({ env });
  onTestFinished(() => http.close());
  let shown: (url: string) => void;
  const url = new Promise<string>((resolve) => {
    shown = resolve;
  });
  async function* lines(): AsyncGenerator<string, undefined> {
    const { searchParams } = new URL(await url);
    for (const time of ["another", "a-third"])
      yield `http://127.0.0.1:1455/auth/callback?code=ac_of-${time}-time-0123456789&state=${searchParams.get("state")}`;
    return undefined;
  }
  let port: number | null = null;
  const desk = {
    context: { env },
    settings: { forcedWorkspaceIds: { value: [] } },
    http,
    endpoints: resolveAuthEndpoints(env),
    client: createIdentity({ env }),
    save: async () => {},
  } as unknown as Desk;
  const signIn = withPerson(
    desk,
    { browser: false, deviceAuth: false, timeoutMs: 60_000 },
    {
      lines,
      show(step) {
        if (step.type !== "open-url") return;
        port = step.port;
        shown(step.url);
      },
      warn: () => {},
      signal: new AbortController().signal,
    },
  );
  await expect(signIn).rejects.toMatchObject({ code: "sign_in_failed" });
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ port, host: "127.0.0.1", exclusive: true }, resolve);
  });
});

describe("judgePasted", () => {
  it.each<[string, string]>([
    ["", "take"],
    ["ac_0123456789abcdefghij", "take"],
    ["ac_0123456789abcdefghij#st", "take"],
    ["http://127.0.0.1:1455/auth/callback?code=x&state=st", "take"],
    ["code=x&state=other", "take"],
    ["hello", "reject"],
    ["hello world this is nothing", "reject"],
    ["http://127.0.0.1:1455/auth/callback?error=access_denied&state=st", "end"],
    ["?error=access_denied", "end"],
    ["http://127.0.0.1:1455/auth/callback?error=access_denied&state=other", "take"],
  ])("%j: %s", (line, kind) => {
    expect(judgePasted(line, "st").kind).toBe(kind);
  });
});
