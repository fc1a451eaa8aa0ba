/** Every command as a real process, with servers that answer, fail and repeat what they were sent. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, type Target } from "../../src/simulator/index.ts";
import { newHome, put, run } from "../cli/support/cli.ts";
import { scan } from "./support/scanner.ts";
import { noise, syntheticJwt } from "./support/secrets.ts";
import { echoes, openWorld, scanOutput, signedInWorld, type World } from "./support/world.ts";

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
});
afterEach(async () => {
  await simulator.close();
});

const READERS: readonly (readonly string[])[] = [
  ["status"],
  ["status", "--json"],
  ["models"],
  ["models", "--json", "--all"],
  ["usage"],
  ["usage", "--json"],
];

describe("the instrument", () => {
  it("sees a token that a command prints", async () => {
    const world = signedInWorld(simulator);
    const secret = world.secrets().find(({ name }) => name === "access_token");
    const finished = await run(world.home, [`--${secret?.value ?? ""}`], { env: world.env });
    const told = { ...finished, stdout: `${finished.stdout}${secret?.value.slice(0, 13) ?? ""}` };
    expect(scanOutput(["x"], told, world.secrets()).map((finding) => finding.secret)).toContain("access_token");
  });

  it("sees a token in a file where none belongs", () => {
    const world = signedInWorld(simulator);
    expect(world.scanFiles()).toEqual([]);
    const secret = world.secrets().find(({ name }) => name === "refresh_token");
    put(world.home, ".planport/cache.json", JSON.stringify({ key: encodeURIComponent(secret?.value ?? "") }));
    expect(world.scanFiles()).toMatchObject([{ secret: "refresh_token" }]);
  });
});

describe("when all is well, no secret leaves its file", () => {
  it.each(READERS.map((args) => [args.join(" "), args] as const))("%s", async (_name, args) => {
    const { code, findings } = await signedInWorld(simulator).runAndScan(args);
    expect(code).toBe(0);
    expect(findings).toEqual([]);
  });

  it.each([["ask"], ["ask", "--json"], ["ask", "--no-stream"]])("%s %s", async (...words) => {
    const world = signedInWorld(simulator);
    const { code, findings } = await world.runAndScan([...words, "--system", world.prompt, "hello"]);
    expect(code).toBe(0);
    expect(findings).toEqual([]);
  });

  it.each(["silent", "error", "warn", "info", "debug"])("ask with the log level %s", async (level) => {
    const world = signedInWorld(simulator);
    const args = ["ask", "--log-level", level, world.prompt];
    const { code, stderr, findings } = await world.runAndScan(args);
    expect(code).toBe(0);
    expect(findings).toEqual([]);
    expect(stderr).not.toContain(world.prompt);
  });

  it("a refresh", async () => {
    const world = signedInWorld(simulator);
    simulator.expireAccessTokens();
    const { code, findings } = await world.runAndScan(["ask", "hello"]);
    expect([code, simulator.refreshes]).toEqual([0, 1]);
    expect(findings).toEqual([]);
  });

  it("the bearer that `token` is there to print is all that it prints", async () => {
    const world = signedInWorld(simulator);
    const { code, stdout, findings } = await world.runAndScan(["token"], { mayPrint: ["access_token"] });
    expect(code).toBe(0);
    const access = world.secrets().find(({ name }) => name === "access_token");
    expect(stdout).toBe(`${access?.value ?? ""}\n`);
    // The other tokens share the words of their headers with it, so they are looked for in what is left.
    expect(findings.filter(({ where }) => !where.startsWith("standard output"))).toEqual([]);
  });
});

describe("a backend that repeats what it was sent", () => {
  const kinds = [...echoes([])].map(([name]) => name);

  it.each(kinds)("%s: ask, models and usage show nothing of it", async (kind) => {
    const world = signedInWorld(simulator);
    const secrets = world.secrets().filter(({ name }) => name !== "prompt");
    for (const target of ["responses", "models", "usage", "accountsCheck"] satisfies Target[])
      simulator.script.always(target, ...(echoes(secrets).get(kind) ?? []));
    const results = await Promise.all([
      world.runAndScan(["ask", "--json", world.prompt]),
      world.runAndScan(["ask", world.prompt]),
      world.runAndScan(["usage", "--json"]),
      world.runAndScan(["models"]),
    ]);
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
    expect(results[1]?.code).not.toBe(0);
    expect(results[1]?.stderr).toContain("planport:");
  });

  it.each([
    ["cut off", { kind: "drop" }],
    ["cut off in the middle", { kind: "drop", afterEvents: 2 }],
    ["that sends no events", { kind: "malformed" }],
  ] as const)("or one that is %s: ask shows nothing", async (_name, effect) => {
    const world = signedInWorld(simulator);
    simulator.script.always("responses", effect);
    const { findings } = await world.runAndScan(["ask", world.prompt]);
    expect(findings).toEqual([]);
  });

  it("inside of a stream: ask shows nothing of it", async () => {
    const world = signedInWorld(simulator);
    const text = world.secrets().map(({ value }) => value);
    const error = { code: text[1] ?? "", message: `no: ${text.join(" ")}` };
    simulator.script.always("responses", { kind: "fail", error });
    const { code, findings } = await world.runAndScan(["ask", "hello"]);
    expect(code).not.toBe(0);
    expect(findings.filter(({ secret }) => secret !== "prompt")).toEqual([]);
  });
});

describe("a sign-in server that repeats what it was sent", () => {
  const kinds = [...echoes([])].map(([name]) => name);

  it.each(kinds)(
    "%s: neither a refresh, a sign-in nor the question whose a token is shows anything of it",
    async (kind) => {
      const world = signedInWorld(simulator);
      const fresh = openWorld(simulator, newHome());
      const pat = fresh.add("personal access token", simulator.issuePersonalAccessToken());
      const effects =
        echoes([...world.secrets(), ...fresh.secrets()].filter(({ name }) => name !== "prompt")).get(kind) ?? [];
      for (const target of ["token", "whoami", "revoke"] satisfies Target[])
        simulator.script.always(target, ...effects);
      simulator.expireAccessTokens();
      const results = await Promise.all([
        world.runAndScan(["ask", world.prompt]),
        world.runAndScan(["status", "--json"], { env: { CODEX_ACCESS_TOKEN: pat } }),
        fresh.runAndScan(["login", "--device-auth"]),
        fresh.runAndScan(["login", "--with-access-token"], { input: `${pat}\n` }),
      ]);
      expect(results.flatMap(({ findings }) => findings)).toEqual([]);
      expect(
        scan("everything", results.map(({ stdout, stderr }) => stdout + stderr).join("\n"), [
          { name: "pat", value: pat },
        ]),
      ).toEqual([]);
      expect(results[0]?.code).not.toBe(0);
      expect(results[2]?.code).not.toBe(0);
    },
  );

  it("a refresh token that was used already: told without it", async () => {
    const world = signedInWorld(simulator);
    await run(world.home, ["ask", "x"], { env: world.env });
    simulator.expireAccessTokens();
    simulator.expireRefreshTokens();
    const { code, findings } = await world.runAndScan(["ask", world.prompt]);
    expect(code).toBe(3);
    expect(findings).toEqual([]);
  });
});

describe("what is found where a sign-in or a setting should be", () => {
  const jwt = syntheticJwt({ exp: 4_000_000_000 });
  const refresh = `rt_${noise(40)}`;
  const key = `sk-proj-${noise(40)}`;
  const files: [string, string][] = [
    ["cut off", `{"tokens": {"access_token": "${jwt}", "refresh_token": "${refresh}`],
    ["with a comma too many", `{"tokens": {"access_token": "${jwt}", "refresh_token": "${refresh}",}}`],
    ["a bare token", refresh],
    ["a list", JSON.stringify([jwt, refresh, key])],
    [
      "with tokens of the wrong type",
      JSON.stringify({ tokens: { access_token: [jwt], refresh_token: { a: refresh } } }),
    ],
    [
      "with a token over two lines",
      JSON.stringify({ tokens: { access_token: `${jwt}\n${refresh}`, refresh_token: key } }),
    ],
    ["with a token for a mode", JSON.stringify({ auth_mode: jwt, OPENAI_API_KEY: key })],
    ["with a token that is none", JSON.stringify({ personal_access_token: refresh, OPENAI_API_KEY: null })],
    ["with binary around it", `\u0000\u0001${jwt}\u0007`],
  ];

  function worldWith(name: string, text: string): World {
    const world = openWorld(simulator, newHome());
    put(world.home, name, text);
    for (const [secret, value] of Object.entries({ jwt, refresh, key })) world.add(secret, value);
    return world;
  }

  it.each(files)("an auth.json %s is told of without its content", async (_name, text) => {
    for (const place of [".codex/auth.json", ".planport/auth.json"]) {
      const world = worldWith(place, text);
      const results = await Promise.all([
        world.runAndScan(["ask", "hi"]),
        world.runAndScan(["status", "--json"]),
        world.runAndScan(["status", "--explain"]),
        world.runAndScan(["logout"]),
      ]);
      expect(results.flatMap(({ findings }) => findings)).toEqual([]);
      expect(results[0]?.code).toBe(3);
    }
  });

  it("an auth.json that cannot be read is told of", async () => {
    const world = openWorld(simulator, newHome());
    mkdirSync(join(world.home, ".codex/auth.json"), { recursive: true });
    const { code, findings } = await world.runAndScan(["ask", "hi"]);
    expect([code, findings]).toEqual([3, []]);
  });

  it.each([
    ["cut off", `model = "x"\n[model_providers.a]\nexperimental_bearer_token = "${refresh}`],
    ["no TOML", `bearer = ${jwt}\n`],
    ["with a token for a setting", `cli_auth_credentials_store = "${key}"\nforced_login_method = "${refresh}"\n`],
    ["with a token in a URL", `openai_base_url = "https://u:${refresh}@example.com/v1?token=${jwt}"\n`],
  ])("a config.toml %s is told of without its content", async (_name, text) => {
    const world = worldWith(".codex/config.toml", text);
    const results = await Promise.all([world.runAndScan(["ask", "hi"]), world.runAndScan(["status", "--json"])]);
    // The file is the user's own; what planport makes of it is not.
    const findings = results.flatMap((result) => result.findings).filter(({ where }) => !where.endsWith("config.toml"));
    expect(findings).toEqual([]);
  });

  it.each([
    ["an API key for an access token", { CODEX_ACCESS_TOKEN: key }],
    ["an access token with a blank", { CODEX_PAT: `at-${refresh} x` }],
    ["a sign-in's token for an access token", { CODEX_ACCESS_TOKEN: jwt }],
    ["a token in a base URL", { CODEX_BASE_URL: `http://u:${refresh}@127.0.0.1:1/x?token=${jwt}` }],
    ["a token for a base URL", { CODEX_BASE_URL: jwt }],
    ["a token for a port", { PLANPORT_PORT: key }],
    ["a token for a log level", { PLANPORT_LOG: refresh }],
    [
      "a password in a proxy",
      { HTTPS_PROXY: `http://u:${refresh}@127.0.0.1:1`, HTTP_PROXY: `http://u:${refresh}@127.0.0.1:1` },
    ],
    ["a token in the sign-in server's address", { CODEX_APP_SERVER_LOGIN_ISSUER: `http://u:${refresh}@127.0.0.1:1/` }],
    ["a token for an account", { CODEX_PAT: `at-${refresh}`, CODEX_ACCOUNT_ID: jwt }],
    ["a token for a named account", { PLANPORT_ACCOUNT: key }],
  ])("%s in a variable is told of without it", async (_name, env) => {
    const world = worldWith(".keep", "");
    const results = await Promise.all([
      world.runAndScan(["ask", "hi"], { env }),
      world.runAndScan(["status"], { env }),
      world.runAndScan(["status", "--json"], { env }),
      world.runAndScan(["usage"], { env }),
    ]);
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it.each([
    ["a command", [`at-${noise(30)}`]],
    ["an option", [`--token=at-${noise(30)}`]],
    ["an argument too many", ["status", `rt_${noise(30)}`]],
    ["a value of an option", ["serve", "--port", `sk-proj-${noise(30)}`]],
    ["an address", ["ask", "--base-url", `http://u:${noise(30)}@127.0.0.1:1/`, "hi"]],
    ["an account", ["status", "--account", `sk-proj-${noise(30)}`]],
    ["an argument of login", ["login", "--with-access-token", `at-${noise(30)}`]],
  ])("a token for %s on the command line is told of without it", async (_name, args) => {
    const world = openWorld(simulator, newHome());
    const value = /(?:at-|rt_|sk-proj-|u:)(\w+)/.exec(args.join(" "))?.[1] ?? "";
    world.add("argument", value);
    for (const json of [[], ["--json"]]) {
      const { code, findings } = await world.runAndScan([...args, ...json]);
      expect(code).not.toBe(0);
      expect(findings).toEqual([]);
    }
  });

  it.each([
    ["an API key", key],
    ["a sign-in's token", jwt],
    ["nonsense with a token in it", `{"a": "at-${refresh}"}`],
    ["an access token that nobody knows", `at-${noise(40)}`],
  ])("%s on standard input of login is told of without it", async (_name, input) => {
    const world = worldWith(".keep", "");
    world.add("input", input);
    const { code, findings } = await world.runAndScan(["login", "--with-access-token"], { input });
    expect(code).not.toBe(0);
    expect(findings).toEqual([]);
  });
});
