/** Signing in: what the browser is shown, what the program that opens it is given, and what is left on disk. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { login } from "../../src/auth/index.ts";
import { browserEnvironment } from "../../src/auth/oauth/open-browser.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { fakeHttp } from "../auth/support/fakes.ts";
import { common, follow } from "../auth/support/flow.ts";
import { newHome, put, start } from "../cli/support/cli.ts";
import { filesBelow, scan } from "./support/scanner.ts";
import { listed, type NamedSecret, noise, syntheticSecrets } from "./support/secrets.ts";
import { openWorld, scanOutput } from "./support/world.ts";
import { takeSignInPorts } from "../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
});
afterEach(async () => {
  await simulator.close();
});

/** The browser's answer, headers and all. */
function visit(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", path }, (response) => {
      let text = `${JSON.stringify(response.rawHeaders)}\n`;
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end();
  });
}

describe("the pages that a sign-in ends on", () => {
  const secrets = syntheticSecrets();
  const { accessToken: access_token, refreshToken: refresh_token, idToken: id_token } = secrets;
  const repeat = listed(secrets)
    .filter(({ name }) => name !== "prompt" && name !== "gatewayKey" && name !== "state")
    .map(({ value }) => value)
    .join(" ");

  /** Signs in with this answer of the token endpoint; gives all that the browser, the program and its caller saw. */
  async function seen(
    status: number,
    body: unknown,
  ): Promise<{ readonly text: string; readonly known: NamedSecret[] }> {
    const http = fakeHttp();
    const flow = follow(login({ ...common(http), ports: [0], save: async () => {} }));
    const step = await flow.next();
    if (step?.type !== "open-url") throw new Error("expected open-url");
    const state = new URL(step.url).searchParams.get("state") ?? "";
    let verifier = "";
    http.replyWith((request) => {
      verifier = new URLSearchParams(String(request.options.body)).get("code_verifier") ?? "";
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return new Response(text.replaceAll("VERIFIER", verifier), { status }) as never;
    });
    const port = step.port ?? 0;
    let text = await visit(port, `/auth/callback?code=${secrets.authorizationCode}&state=other`);
    text += await visit(port, `/${secrets.authorizationCode}?x=${state}`);
    const page = visit(port, `/auth/callback?code=${secrets.authorizationCode}&state=${state}`);
    const end = await flow.result().then(
      () => "signed in",
      (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
    );
    text += `${await page}\n${end}`;
    expect(verifier).toHaveLength(86);
    return {
      text,
      known: [...listed(secrets), { name: "own state", value: state }, { name: "own verifier", value: verifier }],
    };
  }

  it.each<[string, number, unknown]>([
    ["works", 200, { access_token, refresh_token, id_token }],
    ["lacks a token", 200, { access_token, refresh_token }],
    [
      "is refused with OAuth's fields",
      400,
      { error: "invalid_grant", error_description: `no ${repeat} code_verifier=VERIFIER` },
    ],
    ["is refused with an object", 403, { error: { code: refresh_token, message: `no ${repeat}` } }],
    ["is refused with a text", 401, `no ${repeat} VERIFIER`],
    ["fails with a page", 502, `<html>${repeat} VERIFIER</html>`],
    ["is answered with something else", 200, `"${repeat}"`],
  ])("show nothing when the exchange %s", async (_name, status, body) => {
    const { text, known } = await seen(status, body);
    expect(scan("pages", text, known)).toEqual([]);
  });

  it("show nothing of what the sign-in page said about a refusal", async () => {
    const flow = follow(login({ ...common(fakeHttp()), ports: [0] }));
    const step = await flow.next();
    if (step?.type !== "open-url") throw new Error("expected open-url");
    const state = new URL(step.url).searchParams.get("state") ?? "";
    const query = new URLSearchParams({ state, error: refresh_token, error_description: repeat });
    const page = visit(step.port ?? 0, `/auth/callback?${query.toString()}`);
    const failure = flow.result().then(
      () => "signed in",
      (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
    );
    expect(
      scan("pages", `${await page}${await failure}`, [...listed(secrets), { name: "own state", value: state }]),
    ).toEqual([]);
  });
});

describe("the program that opens the browser", () => {
  it("gets no variable that holds a credential, on Windows in any case", () => {
    const given = {
      PATH: "/bin",
      CODEX_PAT: "a",
      Planport_Key: "b",
      OPENAI_API_KEY: "c",
      CODEX_API_KEY: "d",
      DISPLAY: ":0",
    };
    expect(browserEnvironment({ ...given, CODEX_ACCESS_TOKEN: "e", PLANPORT_TOKEN_COMMAND: "f" })).toEqual({
      PATH: "/bin",
      DISPLAY: ":0",
    });
  });

  it.runIf(process.platform === "linux")("is started without them, and with the address alone", async () => {
    const world = openWorld(simulator, newHome());
    const opener = put(
      world.home,
      "bin/xdg-open",
      `#!/bin/sh\nprintf '%s\\n' "$@" > "$HOME/argv"\nenv > "$HOME/environ.part"\nmv "$HOME/environ.part" "$HOME/environ"\n`,
    );
    chmodSync(opener, 0o755);
    const env = {
      ...world.env,
      DISPLAY: ":99",
      PATH: `${join(world.home, "bin")}:${process.env["PATH"] ?? ""}`,
      CODEX_PAT: world.add("pat", `at-${noise(40)}`),
      PLANPORT_KEY: world.add("gateway key", `gw-${noise(30)}`),
      OPENAI_API_KEY: world.add("api key", `sk-${noise(40)}`),
    };
    const login = start(world.home, ["login"], { env });
    const [url = ""] = await login.until(/http\S+\/oauth\/authorize\S+/);
    const [how] = await login.until(/Paste that page's whole address here|Should the browser end/);
    const callback = (await fetch(url, { redirect: "manual" })).headers.get("location") ?? "";
    const code = new URL(callback).searchParams.get("code") ?? "";
    world.add("code", code);
    if (how.startsWith("Paste")) login.type(`${callback}\n`);
    else {
      expect(scan("page", await (await fetch(callback)).text(), world.secrets())).toEqual([]);
      await expect.poll(() => existsSync(join(world.home, "environ")), { timeout: 20_000 }).toBe(true);
      expect(readFileSync(join(world.home, "argv"), "utf8")).toBe(`${url}\n`);
      expect(readFileSync(join(world.home, "environ"), "utf8")).toContain("DISPLAY=:99");
    }
    const finished = await login.finished;
    expect(finished.code).toBe(0);
    // The state is part of the address that is there to be opened.
    expect(scanOutput(["login"], finished, world.secrets(), { mayPrint: ["state"] })).toEqual([]);
    expect(world.scanFiles().filter(({ secret }) => secret !== "state")).toEqual([]);
  });
});

describe("what is left on disk", () => {
  it("after a sign-in, a refresh, an account of its own and signing out: tokens in auth.json alone, for its owner alone", async () => {
    const world = openWorld(simulator, newHome());
    expect((await world.runAndScan(["login", "--device-auth"])).findings).toEqual([]);
    const own = JSON.parse(readFileSync(join(world.home, ".planport/auth.json"), "utf8")) as {
      tokens: Record<string, string>;
    };
    for (const [name, value] of Object.entries(own.tokens)) if (name.endsWith("_token")) world.add(name, value);
    expect((await world.runAndScan(["login", "--device-auth", "--account", "work"])).findings).toEqual([]);
    simulator.expireAccessTokens();
    const results = await Promise.all([1, 2, 3].map(() => world.runAndScan(["ask", world.prompt])));
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await world.runAndScan(["ask", "--account", "work", "hello"])).findings).toEqual([]);
    expect((await world.runAndScan(["logout"])).findings).toEqual([]);
    expect(filesBelow(world.home).filter((path) => /(?:^|[\\/])\.planport[\\/]auth\.json$/.test(path))).toEqual([]);
    // Nor anything that is left of writing it.
    expect(world.scanFiles()).toEqual([]);
  });

  it("after asking whose an access token is: its digest, and nothing of the token", async () => {
    const world = openWorld(simulator, newHome());
    const token = world.add("pat", simulator.issuePersonalAccessToken());
    const { code, findings } = await world.runAndScan(["ask", "hello"], { env: { CODEX_ACCESS_TOKEN: token } });
    expect([code, findings]).toEqual([0, []]);
    const cache = filesBelow(world.home).find((path) => path.endsWith("account-ids.json"));
    expect(readFileSync(join(world.home, cache ?? "no cache"), "utf8")).toContain(
      createHash("sha256").update(token).digest("hex"),
    );
  });

  it("after `login --with-access-token` and `login --with-api-key`: the credential in auth.json alone", async () => {
    const world = openWorld(simulator, newHome());
    const token = world.add("pat", simulator.issuePersonalAccessToken());
    const login = await world.runAndScan(["login", "--with-access-token"], { input: `${token}\n` });
    expect([login.code, login.findings]).toEqual([0, []]);
    const key = world.add("api key", `sk-proj-${noise(48)}`);
    const keyed = await world.runAndScan(["login", "--with-api-key", "--account", "platform"], { input: `${key}\n` });
    expect(keyed.findings).toEqual([]);
  });
});
