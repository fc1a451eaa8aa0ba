import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { surfaces } from "../../src/auth/surfaces.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, signedInHome } from "./support/cli.ts";

let simulator: Simulator;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator();
  env = pointAt(simulator);
});

afterEach(async () => {
  await simulator.close();
});

interface Source {
  readonly order: number;
  readonly place: string;
  readonly outcome: string;
  readonly why: string;
  readonly store: string;
  readonly kind: string | null;
  readonly problem: { readonly code: string } | null;
}

async function explain(
  home: string,
  more: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<{ code: number | null; sources: readonly Source[]; forced: unknown; text: string }> {
  const { code, stdout } = await run(home, ["status", "--explain", "--json", ...args], { env: { ...env, ...more } });
  const body = JSON.parse(stdout) as { explain?: unknown; sources: readonly Source[]; forced: unknown };
  return { code, sources: body.sources, forced: body.forced, text: stdout };
}

describe("status --explain", () => {
  it("tells every place in order, which one won and why, and what else is there", async () => {
    const home = signedInHome(simulator);
    const token = simulator.issuePersonalAccessToken();
    put(home, ".planport/auth.json", JSON.stringify({ OPENAI_API_KEY: null, personal_access_token: token }));
    const { code, sources, text } = await explain(home);
    expect(code).toBe(0);
    const [first, second, ...rest] = sources;
    expect([first, second, ...rest.filter(({ store }) => store === "file")]).toMatchObject([
      { order: 1, place: "$CODEX_ACCESS_TOKEN", store: "environment", outcome: "not set", kind: null },
      { order: 2, place: "$CODEX_PAT", store: "environment", outcome: "not set", kind: null },
      {
        place: join(home, ".planport/auth.json"),
        store: "file",
        outcome: "used",
        why: "used: the first place that holds a sign-in",
        kind: "personalAccessToken",
      },
      {
        place: join(home, ".codex/auth.json"),
        store: "file",
        outcome: "not needed",
        why: `not needed: ${join(home, ".planport/auth.json")} comes first`,
        kind: "chatgpt",
        email: "person@example.com",
        planType: "pro",
        accountId: simulator.accounts.default.id,
        renewable: true,
        expiresAt: expect.stringMatching(/Z$/) as unknown,
      },
    ]);
    expect(sources.map(({ order }) => order)).toEqual(sources.map((_, index) => index + 1));
    expect(text).not.toContain(token);
  });

  it("says that the search ends at a place that is there but broken", async () => {
    const home = signedInHome(simulator);
    const own = put(home, ".planport/auth.json", "{");
    const { code, sources } = await explain(home);
    expect(code).toBe(3);
    const [broken, after] = sources.filter(({ store }) => store === "file");
    expect(broken).toMatchObject({ outcome: "cannot be used", problem: { code: "credential_malformed" } });
    expect(after).toMatchObject({
      outcome: "not looked in",
      why: `not looked in: the search ends at ${own}, which is there but cannot be used`,
      kind: "chatgpt",
    });
  });

  it("says that a named account is the only place that counts", async () => {
    const home = signedInHome(simulator);
    put(home, ".planport/accounts/team/auth.json", JSON.stringify({ personal_access_token: "at-0123456789abcdef" }));
    const flag = await explain(home, { CODEX_ACCOUNT_ID: "a" }, ["--account", "team"]);
    expect(flag.sources).toMatchObject([
      { outcome: "used", why: "used: --account names this account, and no other place counts" },
    ]);
    const variable = await explain(home, { PLANPORT_ACCOUNT: "team" });
    expect(variable.sources[0]?.why).toBe("used: PLANPORT_ACCOUNT names this account, and no other place counts");
  });

  it("tells what Codex's configuration forces, and where", async () => {
    const home = newHome();
    const config = put(
      home,
      ".codex/config.toml",
      'forced_login_method = "chatgpt"\nforced_chatgpt_workspace_id = ["a", "b"]',
    );
    expect((await explain(home)).forced).toEqual({ loginMethod: "chatgpt", workspaceIds: ["a", "b"] });
    const { stdout } = await run(home, ["status", "--explain"], { env });
    expect(stdout).toContain(`ChatGPT sign-ins alone (forced_login_method in ${config})`);
    expect(stdout).toContain(`workspace a or b alone (forced_chatgpt_workspace_id in ${config})`);
  });

  it("does not call a sign-in good that no request may use, and ends with 3 as those do", async () => {
    const home = signedInHome(simulator);
    const config = put(home, ".codex/config.toml", 'forced_chatgpt_workspace_id = "another"');
    const words = `forced_chatgpt_workspace_id in ${config} allows only another.`;
    for (const args of [["status"], ["status", "--explain"], ["token"]]) {
      const { code, stdout, stderr } = await run(home, args, { env });
      expect([args, code]).toEqual([args, 3]);
      if (args[0] === "status") expect(stdout).toContain(words);
      else expect(stderr).toMatch(/^planport: The sign-in belongs to workspace \S+; only another is allowed/);
    }
    const { stdout } = await run(home, ["status", "--json"], { env });
    expect(JSON.parse(stdout)).toMatchObject({ problem: { code: "workspace_forbidden" } });
  });

  it("reads well for people", async () => {
    const home = signedInHome(simulator);
    const { code, stdout, stderr } = await run(home, ["status", "--explain"], { env });
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain("  1. $CODEX_ACCESS_TOKEN\n     not set\n");
    expect(stdout).toContain(`. ${join(home, ".codex/auth.json")}\n     used: the first place that holds a sign-in\n`);
    expect(stdout).toMatch(
      /ChatGPT sign-in, person@example\.com, plan pro, workspace \S+, expires .* and renewed by itself, kept in: file/,
    );
    expect(stdout).toContain("Forced by Codex's configuration: nothing.");
    expect(stdout).not.toContain("looked in  ");
  });

  it("tells when each way of using planport renews, and shows the places in the order of that table", async () => {
    const home = newHome();
    const { stdout } = await run(home, ["status", "--explain", "--json"], { env });
    const body = JSON.parse(stdout) as { surfaces: { surface: string }[]; sources: Source[] };
    expect(body.surfaces.map(({ surface, ...rule }) => [surface, rule])).toEqual(Object.entries(surfaces));
    const names: Readonly<Record<string, string>> = {
      [join(home, ".planport/auth.json")]: "planport",
      [join(home, ".codex/auth.json")]: "codex",
    };
    const order = body.sources.map(({ place }) => names[place.replace(/ \(from .*/, "")] ?? place.slice(1));
    expect([...new Set(order)]).toEqual(surfaces.cli.sources.filter((source) => source !== "option"));
    const text = (await run(home, ["status", "--explain"], { env })).stdout;
    expect(text).toContain("planport serve: 5 minutes before its end, in the background 10 minutes; at once on a 401");
    expect(text).toContain("a transport that is given its tokens: 30 seconds before its end");
  });

  it("does not run a token command that is not needed, and tells neither it nor what is in its place", async () => {
    const command = `${process.execPath} -e "process.exit(9)" --password=hunter2hunter2`;
    const more = { CODEX_PAT: simulator.issuePersonalAccessToken(), PLANPORT_TOKEN_COMMAND: command };
    const { code, sources, text } = await explain(newHome(), more);
    expect(code).toBe(0);
    expect(sources.find(({ place }) => place === "$PLANPORT_TOKEN_COMMAND")).toMatchObject({
      store: "command",
      outcome: "not needed",
      problem: null,
    });
    expect(text).not.toContain("hunter2");
  });

  it("asks no server about any of it", async () => {
    await explain(signedInHome(simulator));
    expect(simulator.requests).toEqual([]);
  });
});
