/** A command that prints a bearer: what it prints, says, is given and is called is shown nowhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, put } from "../cli/support/cli.ts";
import { noise, syntheticJwt } from "./support/secrets.ts";
import { openWorld, type World } from "./support/world.ts";

let simulator: Simulator;
let world: World;
beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true });
  world = openWorld(simulator, newHome());
});
afterEach(async () => {
  await simulator.close();
});

/** A program that does this with a secret. */
function command(script: string, ...args: readonly string[]): Record<string, string> {
  const file = put(world.home, "helper.mjs", script);
  return { PLANPORT_TOKEN_COMMAND: JSON.stringify([process.execPath, file, ...args]) };
}

const COMMANDS: readonly (readonly string[])[] = [
  ["ask", "hello"],
  ["usage", "--json"],
  ["status"],
  ["status", "--json"],
  ["status", "--explain"],
];

async function expectClean(env: Readonly<Record<string, string>>): Promise<number[]> {
  const results = await Promise.all(COMMANDS.map((args) => world.runAndScan(args, { env })));
  // What the command itself holds in its file is its own affair.
  const findings = results.flatMap((result) => result.findings).filter(({ where }) => where !== "helper.mjs");
  expect(findings).toEqual([]);
  return results.map(({ code }) => code ?? -1);
}

describe("a token command", () => {
  it.each([
    ["a ChatGPT access token", () => simulator.issueTokens().accessToken],
    ["an enterprise's access token", () => simulator.issuePersonalAccessToken()],
  ])("that prints %s shows and leaves it nowhere", async (_name, make) => {
    const token = world.add("printed", make());
    const codes = await expectClean({
      ...command(`console.log(process.argv[2])`, token),
      CODEX_ACCOUNT_ID: simulator.accounts.default.id,
    });
    expect(codes[0]).toBe(0);
  });

  it.each<[string, string]>([
    ["fails and says it", "console.error('no use for ' + S); process.exit(3)"],
    ["prints an API key", "console.log('sk-proj-' + S)"],
    ["prints JSON that is cut off", `console.log('{"token": "' + S)`],
    ["prints JSON without a token", `console.log(JSON.stringify({ secret: S, nested: [S] }))`],
    ["prints words", "console.log('the token is ' + S + ' !')"],
    ["prints a token that nobody takes", "console.log(S)"],
    ["prints two", "console.log(S); console.log(S + 'x')"],
  ])("that %s is told of without it", async (_name, script) => {
    for (const secret of [`at-${noise(40)}`, syntheticJwt({ exp: 4_000_000_000 })]) {
      world.add("printed", secret);
      const codes = await expectClean(command(`const S = process.argv[2]; ${script}`, secret));
      expect(codes[0]).not.toBe(0);
    }
  });

  it.each([
    ["a program that is not there", (secret: string) => JSON.stringify(["no-such-program-here", `--token=${secret}`])],
    ["a line of a shell", (secret: string) => `no-such-program-here --token=${secret}`],
    ["an assignment before it", (secret: string) => `TOKEN=${secret} no-such-program-here`],
    ["JSON that is cut off", (secret: string) => `["x", "${secret}"`],
  ])("with a secret in its own words, %s, is told of without it", async (_name, make) => {
    const secret = world.add("argument", `at-${noise(40)}`);
    const codes = await expectClean({ PLANPORT_TOKEN_COMMAND: make(secret) });
    expect(codes[0]).not.toBe(0);
  });

  it("is not given the command itself, so that planport in it does not start itself again", async () => {
    const token = world.add("printed", simulator.issuePersonalAccessToken());
    const env = command(
      `import { writeFileSync } from "node:fs";
       writeFileSync(new URL("seen", import.meta.url), String(process.env.PLANPORT_TOKEN_COMMAND));
       console.log(process.argv[2]);`,
      token,
    );
    await world.runAndScan(["ask", "hello"], { env });
    expect(readFileSync(join(world.home, "seen"), "utf8")).toBe("undefined");
  });
});
