import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judgePasted } from "../../src/cli/pasted.ts";
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
