import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { binFile, newHome, pointAt, put, run, signedInHome, start } from "./support/cli.ts";
import { takeSignInPorts } from "../../../../test/support/sign-in-ports.ts";

takeSignInPorts();

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true });
});

afterEach(async () => {
  await simulator.close();
});

const own = (home: string): string => join(home, ".planport/auth.json");
const readJson = (file: string): Record<string, Record<string, unknown>> =>
  JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;

/**
 * Holds both ports of the sign-in. Another test's sign-in may have one for a moment, so it is tried for a while; a program
 * that has it for good does as well as holding it.
 */
async function holdPorts(): Promise<() => void> {
  const servers: Server[] = [];
  for (const port of [1455, 1457]) {
    for (let attempt = 0; attempt < 100; attempt++) {
      const server = createServer((socket) => socket.destroy());
      const isHeld = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false));
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(true));
      });
      if (isHeld) servers.push(server);
      if (isHeld) break;
      await delay(50);
    }
  }
  return () => {
    for (const server of servers) server.close();
  };
}

/** planport and what it depends on, copied to where everybody can read it: the checkout may be root's alone. */
function copyForEverybody(): string {
  const place = newHome();
  const source = join(dirname(binFile), "..");
  for (const part of ["bin", "dist", "package.json"])
    cpSync(join(source, part), join(place, part), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as { dependencies: object };
  for (const name of Object.keys(dependencies))
    cpSync(join(source, "../../node_modules", name), join(place, "node_modules", name), { recursive: true });
  chmodSync(place, 0o755);
  return place;
}

/** `planport ask hi` as a user without rights. Needs root. */
async function askAsNobody(home: string): Promise<{ code: number; stderr: string }> {
  const bin = pathToFileURL(join(copyForEverybody(), "bin/planport.js")).href;
  const script = [
    "process.setgroups([]); process.setgid(65534); process.setuid(65534);",
    `process.argv = [process.argv[0], "planport", "ask", "hi"];`,
    `await import(${JSON.stringify(bin)});`,
  ].join("\n");
  const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
  return await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env, cwd: "/" })
    .then(({ stderr }) => ({ code: 0, stderr }))
    .catch((error: unknown) => error as { code: number; stderr: string });
}

describe("nobody is signed in", () => {
  it.each([["ask", "hi"], ["models"], ["usage"], ["serve", "--port", "0"]])(
    "%s ends with 3 and lists the places",
    async (...args) => {
      const home = newHome();
      const { code, stdout, stderr } = await run(home, args);
      expect(code).toBe(3);
      expect(stdout).toBe("");
      expect(stderr).toContain("planport: Not signed in. Run `planport login`.");
      for (const place of ["$CODEX_ACCESS_TOKEN", "$CODEX_PAT", own(home), join(home, ".codex/auth.json")])
        expect(stderr).toContain(place);
      expect(stderr.trimEnd()).not.toContain("\n");
    },
  );

  it("status says so as JSON, with what is set where", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["status", "--json"], { env: { PLANPORT_PORT: "1234" } });
    expect(code).toBe(3);
    expect(stderr).toBe("");
    const status = JSON.parse(stdout) as Record<string, unknown>;
    expect(status).toMatchObject({
      signedIn: false,
      problem: { code: "credential_missing" },
      settings: { port: { value: 1234, origin: "PLANPORT_PORT" }, logLevel: { value: "warn", origin: "default" } },
    });
    const tried = (status["tried"] as { place: string }[]).map(({ place }) => place);
    expect(tried).toEqual(expect.arrayContaining(["$CODEX_ACCESS_TOKEN", "$CODEX_PAT", "$OPENAI_API_KEY"]));
  });

  it("a Codex login in the system's keyring is looked for there, and the answer says where", async () => {
    const home = newHome();
    put(home, ".codex/config.toml", 'cli_auth_credentials_store = "keyring"');
    const { code, stderr } = await run(home, ["ask", "hi"]);
    expect(code).toBe(3);
    expect(stderr).toContain("the system's keyring");
    expect(stderr).toContain(join(home, ".codex"));
    expect(stderr).toContain("`planport login`");
  });

  it("a Codex login in a running Codex's memory is told to be out of reach, also when it is to be ended", async () => {
    const home = newHome();
    put(home, ".codex/config.toml", 'cli_auth_credentials_store = "ephemeral"');
    const { code, stderr } = await run(home, ["ask", "hi"]);
    expect(code).toBe(3);
    expect(stderr).toContain("the memory of a running Codex");
    const logout = await run(home, ["logout", "--codex"]);
    expect(logout.code).toBe(3);
    expect(logout.stderr).toContain("`codex logout`");
  });
});

describe("a sign-in that cannot be used ends with 3, names the place and shows no secret", () => {
  const secret = "sk-proj-0123456789abcdefghij";

  it("an auth.json that is not JSON", async () => {
    const home = newHome();
    const file = put(home, ".codex/auth.json", `{"OPENAI_API_KEY": "${secret}`);
    const { code, stderr } = await run(home, ["ask", "hi"]);
    expect(code).toBe(3);
    expect(stderr).toContain(file);
    expect(stderr).not.toContain(secret);
  });

  it("an auth.json with a field of the wrong type", async () => {
    const home = newHome();
    const file = put(home, ".codex/auth.json", JSON.stringify({ auth_mode: "chatgpt", tokens: { access_token: 7 } }));
    const { code, stderr } = await run(home, ["ask", "hi"]);
    expect(code).toBe(3);
    expect(stderr).toContain(file);
    expect(stderr).toContain("tokens.access_token");
  });

  it("an API key where the Codex backend is asked for", async () => {
    const home = newHome();
    put(home, ".codex/auth.json", JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: secret }));
    const { code, stderr } = await run(home, ["ask", "hi"], { env: pointAt(simulator) });
    expect(code).toBe(3);
    expect(stderr).toContain("API key");
    expect(stderr).not.toContain(secret);
    expect(simulator.requests).toEqual([]);
  });

  it("an API key in the variable of an access token", async () => {
    const { code, stderr } = await run(newHome(), ["ask", "hi"], { env: { CODEX_ACCESS_TOKEN: secret } });
    expect(code).toBe(3);
    expect(stderr).toContain("$CODEX_ACCESS_TOKEN holds an OpenAI API key");
    expect(stderr).not.toContain(secret);
  });

  // Windows has no file modes.
  it.runIf(process.platform !== "win32")("a file that the system will not let us read", async () => {
    const home = newHome();
    const file = put(home, ".codex/auth.json", "{}");
    const isRoot = process.getuid?.() === 0;
    chmodSync(file, 0);
    if (isRoot) {
      // Root reads anything, so the program runs as somebody else.
      for (const folder of [home, join(home, ".codex")]) chmodSync(folder, 0o755);
    }
    const failed = isRoot ? await askAsNobody(home) : await run(home, ["ask", "hi"]);
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain(`${file} cannot be read: permission denied (EACCES)`);
  });
});

describe("login", () => {
  it("with a browser, keeps a sign-in that then works, in a file for its owner alone", async () => {
    const home = newHome();
    const env = pointAt(simulator);
    const login = start(home, ["login", "--no-browser"], { env });
    const [url = ""] = await login.until(/http\S+\/oauth\/authorize\S+/);
    const page = await fetch(url, { redirect: "manual" });
    const callback = page.headers.get("location") ?? "";
    // Where other programs have the ports, the address is pasted, as a person would have to.
    const [how] = await login.until(/Paste that page's whole address here|Should the browser end/);
    if (how.startsWith("Paste")) login.type(`${callback}\n`);
    else expect((await fetch(callback)).status).toBe(200);
    const { code, stdout } = await login.finished;
    expect(code).toBe(0);
    expect(stdout).toContain("Signed in as person@example.com (pro)");
    if (process.platform !== "win32") expect(statSync(own(home)).mode & 0o777).toBe(0o600);

    const status = JSON.parse((await run(home, ["status", "--json"], { env })).stdout) as Record<string, unknown>;
    expect(status).toMatchObject({
      signedIn: true,
      kind: "chatgpt",
      email: "person@example.com",
      planType: "pro",
      accountId: simulator.accounts.default.id,
      renewable: true,
      source: own(home),
      backend: simulator.codexBaseUrl,
    });
    expect((await run(home, ["ask", "hi"], { env })).code).toBe(0);
  });

  it("takes the pasted address when the ports are taken, after a paste that was of no use", async () => {
    const release = await holdPorts();
    try {
      const home = newHome();
      const login = start(home, ["login"], { env: pointAt(simulator) });
      const [url = ""] = await login.until(/http\S+\/oauth\/authorize\S+/);
      await login.until(/Port 1455 and port 1457 already in use: [^\n]*Paste that page's whole address here/);
      const page = await fetch(url, { redirect: "manual" });
      login.type("no code in here!\n");
      login.type(`${page.headers.get("location") ?? ""}\n`);
      const { code, stdout, stderr } = await login.finished;
      expect(stderr).toContain("There is no code in that.");
      expect(stdout).toContain("Signed in as person@example.com");
      expect(code).toBe(0);
      expect(existsSync(own(home))).toBe(true);
    } finally {
      release();
    }
  });

  // Elsewhere there is a keyring on every machine, and it is the one of whoever runs the tests.
  it.runIf(process.platform === "linux")("asks nobody to sign in when the keyring cannot keep it", async () => {
    const home = newHome();
    const env = { ...pointAt(simulator), PLANPORT_CREDENTIALS_STORE: "keyring", DBUS_SESSION_BUS_ADDRESS: "" };
    const { code, stdout, stderr } = await run(home, ["login", "--device-auth"], { env });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(
      /keyring.*PLANPORT_CREDENTIALS_STORE is set .*`file` or `auto`, and run `planport login` again/,
    );
    expect(simulator.requests).toEqual([]);
  });

  it("with a device code", async () => {
    await simulator.close();
    simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
    const home = newHome();
    const { code, stdout } = await run(home, ["login", "--device-auth"], { env: pointAt(simulator) });
    expect(stdout).toContain(`${simulator.issuer}/codex/device`);
    expect(stdout).toContain("Signed in as person@example.com");
    expect(code).toBe(0);
  });

  it("says who can help when a workspace's administrator has switched device codes off", async () => {
    simulator.script.always("deviceUserCode", { kind: "http", status: 404 });
    const home = newHome();
    const { code, stderr } = await run(home, ["login", "--device-auth"], { env: pointAt(simulator) });
    expect(code).toBe(1);
    expect(stderr).toContain("switched off for this account or workspace");
    expect(stderr).toMatch(/administrator/);
    expect(stderr).toContain("`planport login`");
    expect(existsSync(own(home))).toBe(false);
  });

  it.each([["--device-auth"], ["--no-browser"]])("%s ends when nobody has signed in by --timeout", async (flag) => {
    await simulator.close();
    simulator = await startSimulator({ deviceIntervalSeconds: 1 });
    const home = newHome();
    const login = start(home, ["login", flag, "--timeout", "1s"], { env: pointAt(simulator) });
    const { code, stderr } = await login.finished;
    expect(code).toBe(1);
    expect(stderr).toContain("Nobody completed the sign-in within 1 second.");
    expect(stderr).toContain("--timeout");
    expect(existsSync(own(home))).toBe(false);
  });

  it("ends the sign-in that a new one replaces, and no other", async () => {
    await simulator.close();
    simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
    const home = newHome();
    const env = pointAt(simulator);
    expect((await run(home, ["login", "--device-auth"], { env })).code).toBe(0);
    const old = readJson(own(home))["tokens"]?.["refresh_token"];
    expect((await run(home, ["login", "--device-auth", "--account", "work"], { env })).code).toBe(0);
    expect(simulator.revoked).toBe(0);
    expect((await run(home, ["login", "--device-auth"], { env })).code).toBe(0);
    expect(simulator.requests.filter((request) => request.target === "revoke").map((request) => request.body)).toEqual([
      expect.objectContaining({ token: old }),
    ]);
    expect((await run(home, ["ask", "hi"], { env })).code).toBe(0);
  });

  it("with a device code, is refused where Codex's configuration allows another workspace alone", async () => {
    await simulator.close();
    simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
    const home = newHome();
    put(home, ".codex/config.toml", 'forced_chatgpt_workspace_id = "another"');
    const { code, stderr } = await run(home, ["login", "--device-auth"], { env: pointAt(simulator) });
    expect(code).toBe(1);
    expect(stderr).toContain("restricted to the workspace another");
    expect(existsSync(own(home))).toBe(false);
    expect(simulator.revoked).toBe(1);
  });

  it("keeps nothing when the access token is refused", async () => {
    const home = newHome();
    const input = "at-0123456789abcdefghij";
    const result = await run(home, ["login", "--with-access-token"], { env: pointAt(simulator), input });
    expect(result.code).toBe(3);
    expect(result.stderr).not.toContain(input);
    expect(existsSync(own(home))).toBe(false);
  });

  it("is refused where Codex's configuration allows another workspace alone", async () => {
    const home = newHome();
    put(home, ".codex/config.toml", 'forced_chatgpt_workspace_id = "another"');
    const input = simulator.issuePersonalAccessToken();
    const result = await run(home, ["login", "--with-access-token"], { env: pointAt(simulator), input });
    expect(result.code).toBe(3);
    expect(result.stderr).toContain("allows only another");
    expect(existsSync(own(home))).toBe(false);
  });

  it("ends with 130 on Ctrl-C and keeps nothing", async ({ skip }) => {
    skip(process.platform === "win32", "signals between processes are POSIX");
    const home = newHome();
    const login = start(home, ["login", "--no-browser"], { env: pointAt(simulator) });
    await login.until(/oauth\/authorize/);
    login.child.kill("SIGINT");
    expect((await login.finished).code).toBe(130);
    expect(existsSync(own(home))).toBe(false);
  });
});

describe("a workspace that Codex's configuration forbids", () => {
  it("is refused before anything is asked of the backend", async () => {
    const home = signedInHome(simulator);
    put(home, ".codex/config.toml", 'forced_chatgpt_workspace_id = ["a", "b"]');
    const { code, stderr } = await run(home, ["ask", "hi"], { env: pointAt(simulator) });
    expect(code).toBe(3);
    expect(stderr).toMatch(/only a, b\b/);
    expect(simulator.requests.filter((request) => request.target === "responses")).toEqual([]);
  });
});
