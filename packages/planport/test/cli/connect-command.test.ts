import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { recipes } from "../../src/cli/connect/recipes.ts";
import { newHome, put, run } from "./support/cli.ts";

describe("planport connect", () => {
  it("without a client lists them all, with what they are tested with", async () => {
    const { code, stdout } = await run(newHome(), ["connect"]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(recipes.length);
    expect(stdout).toMatch(/^codex +Codex CLI +tested with 0\.\d+\.\d+$/m);
    expect(stdout).toMatch(/^cline +Cline +untested$/m);
  });

  it("--write without a client is refused, and not taken for the list", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["connect", "--write"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--write needs the client");
  });

  it("prints and writes nothing by default, and needs no sign-in", async () => {
    const home = newHome();
    const { code, stdout } = await run(home, ["connect", "codex", "--model", "gpt-5.4"]);
    expect(code).toBe(0);
    expect(readdirSync(home)).toEqual([]);
    expect(stdout).toContain(join(home, ".codex", "config.toml"));
    const toml = stdout.slice(stdout.indexOf("model ="));
    expect(parse(toml)).toMatchObject({
      model: "gpt-5.4",
      model_provider: "planport",
      model_providers: { planport: { base_url: "http://127.0.0.1:9107/backend-api/codex", wire_api: "responses" } },
    });
  });

  it("--write puts it into the client's file, says what it did, and keeps what was there", async () => {
    const home = newHome();
    const file = put(home, ".codex/config.toml", '# mine\nmodel = "gpt-5.4"\n[tui]\ntheme = "x"\n');
    const { code, stdout } = await run(home, ["connect", "codex", "--write", "--url", "http://127.0.0.1:8080/v1/"]);
    expect(code).toBe(0);
    const backup = readdirSync(join(home, ".codex")).find((name) => name.endsWith(".bak")) ?? "";
    expect(stdout).toContain(`Changed ${file}`);
    expect(stdout).toContain(backup);
    expect(readFileSync(join(home, ".codex", backup), "utf8")).toContain('model = "gpt-5.4"');
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^# mine\n/);
    expect(parse(text)).toMatchObject({
      model: "gpt-5.4",
      tui: { theme: "x" },
      model_providers: { planport: { base_url: "http://127.0.0.1:8080/backend-api/codex" } },
    });
  });

  it("takes the port and the model from where the gateway has them", async () => {
    const { stdout } = await run(newHome(), ["connect", "qwen"], {
      env: { PLANPORT_PORT: "9300", PLANPORT_KEY: "sk-gate" },
    });
    expect(stdout).toMatch(/OPENAI_BASE_URL\W+http:\/\/127\.0\.0\.1:9300\/v1/);
    expect(stdout).toMatch(/OPENAI_API_KEY\W+PLANPORT_KEY/);
    expect(stdout).not.toContain("sk-gate");
  });

  it("--json has the settings as data and as the text of a file", async () => {
    const { stdout } = await run(newHome(), ["connect", "droid", "--json"]);
    const { id, testedWith, settings } = JSON.parse(stdout) as {
      id: string;
      testedWith: string | null;
      settings: { kind: string; file: string; content: unknown; text: string }[];
    };
    expect([id, testedWith]).toEqual(["droid", null]);
    expect(settings[0]).toMatchObject({ kind: "file", format: "json" });
    expect(JSON.parse(settings[0]?.text ?? "")).toEqual(settings[0]?.content);
  });

  it.each([
    [["connect", "nope"], /knows no client "nope": the clients are codex, /],
    [["connect", "aider", "--write"], /aider has no file that planport could write/],
    [["connect", "codex", "--url", "http://x/$(touch y)"], /--url must be/],
    [["connect", "codex", "--url", "ftp://x"], /--url must be/],
    [["connect", "codex", "--model", 'a"; rm'], /--model must be/],
    [["connect", "qwen", "--auth-command"], /--auth-command is for codex/],
    [["connect", "codex", "--auth-command", "--url", "http://box.lan:9107"], /--auth-command needs https/],
  ])("%j is refused in one line", async (args, message) => {
    const home = newHome();
    const { code, stdout, stderr } = await run(home, args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trim()).toMatch(message);
    expect(stderr.trim()).not.toContain("\n");
    expect(existsSync(join(home, ".codex"))).toBe(false);
  });
});

it("PI-21: connect pi --write turns a map of models into the list that pi wants, and says so", async () => {
  const home = newHome();
  const mapped = {
    providers: {
      "openai-codex": {
        models: {
          "my-custom-model": {
            api: "openai-codex-responses",
            provider: "openai-codex",
            id: "my-custom-model",
            name: "My Custom Model",
            input: 0.1,
            output: 0.4,
          },
        },
      },
      mine: { models: [{ id: "a" }] },
    },
  };
  const file = put(home, ".pi/agent/models.json", JSON.stringify(mapped));
  const { code, stdout } = await run(home, ["connect", "pi", "--write"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/providers\.openai-codex\.models was a map, .* a list of 1 now \(my-custom-model\)\./);
  const { providers } = JSON.parse(readFileSync(file, "utf8")) as { providers: Record<string, { models: unknown }> };
  expect(providers["openai-codex"]?.models).toEqual([
    {
      id: "my-custom-model",
      api: "openai-codex-responses",
      name: "My Custom Model",
      cost: { input: 0.1, output: 0.4, cacheRead: 0, cacheWrite: 0 },
    },
  ]);
  expect(providers["mine"]?.models).toEqual([{ id: "a" }]);
  expect(providers).toHaveProperty("planport-gateway");
  const again = await run(home, ["connect", "pi", "--write"]);
  expect(again.stdout).toContain("says all this already");
  expect(again.stdout).not.toContain("was a map");
});
