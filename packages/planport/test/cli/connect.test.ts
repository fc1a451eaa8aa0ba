import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parse as parseToml, stringify as stringifyToml } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { editText, textOf } from "../../src/cli/connect/edit-text.ts";
import { findRecipe, recipes } from "../../src/cli/connect/recipes.ts";
import type { ConnectTarget, FileSetting } from "../../src/cli/connect/types.ts";
import { writeSetting } from "../../src/cli/connect/write.ts";

const target: ConnectTarget = {
  env: {},
  platform: "linux",
  homeDir: "/home/me",
  url: "http://127.0.0.1:9107",
  model: "gpt-5.5",
  contextWindow: 272_000,
  keyed: false,
  authCommand: null,
};

function fileOf(id: string, over: Partial<ConnectTarget> = {}): FileSetting {
  const setting = findRecipe(id)
    ?.settings({ ...target, ...over })
    .find(({ kind }) => kind === "file");
  if (setting?.kind !== "file") throw new Error(`${id} has no file`);
  return setting;
}

function edited(text: string, id: string, over: Partial<ConnectTarget> = {}): string {
  const edit = editText(text, fileOf(id, over));
  if ("refusal" in edit) throw new Error(edit.refusal);
  return edit.text;
}

describe("recipes", () => {
  it("there is one for each client, by its name", () => {
    expect(recipes.map(({ id }) => id).toSorted()).toEqual(
      "ai-sdk aider anthropic claude-code cline codex continue droid openai opencode pi qwen zed".split(" "),
    );
  });

  it.each(recipes.map((recipe) => [recipe.id, recipe] as const))(
    "%s is led to the gateway and to the model",
    (_id, recipe) => {
      const text = JSON.stringify(recipe.settings({ ...target, url: "http://gate.lan:81", model: "gpt-6.1-sol" }));
      expect(text).toContain("http://gate.lan:81");
      expect(text).not.toContain("gpt-5.5");
      if (!/"kind":"environment"/.test(text)) expect(text).toContain("gpt-6.1-sol");
    },
  );

  it.each(recipes.map((recipe) => [recipe.id, recipe] as const))(
    "%s is told the name of the variable with the key, and never a key, when the gateway has one",
    (id, recipe) => {
      const env = { PLANPORT_KEY: "the-key-itself" };
      const text = JSON.stringify(recipe.settings({ ...target, keyed: true, env }));
      expect(text).toContain(id === "cline" ? "the gateway's key" : "PLANPORT_KEY");
      expect(text).not.toContain("the-key-itself");
    },
  );

  it("Codex gets its bearer from planport token when it is asked for, and the key goes in a header of its own", () => {
    const { content } = fileOf("codex", { authCommand: ["planport"], keyed: true });
    expect(content["model_providers"]).toEqual({
      planport: {
        name: "planport",
        base_url: "http://127.0.0.1:9107/backend-api/codex",
        wire_api: "responses",
        supports_websockets: true,
        env_http_headers: { "x-planport-key": "PLANPORT_KEY" },
        auth: { command: "planport", args: ["token"] },
      },
    });
  });

  it("files are where the clients look for them", () => {
    const windows = {
      platform: "win32",
      homeDir: "C:\\Users\\me",
      env: { APPDATA: "C:\\Users\\me\\AppData\\Roaming" },
    };
    expect(fileOf("zed", windows).file).toBe("C:\\Users\\me\\AppData\\Roaming\\Zed\\settings.json");
    expect(fileOf("zed").file).toBe("/home/me/.config/zed/settings.json");
    expect(fileOf("opencode", { env: { XDG_CONFIG_HOME: "/cfg" } }).file).toBe("/cfg/opencode/opencode.json");
    expect(fileOf("codex", { env: { CODEX_HOME: "/codex" } }).file).toBe("/codex/config.toml");
    expect(fileOf("pi", { env: { PI_CODING_AGENT_DIR: "/pi" } }).file).toBe("/pi/models.json");
    expect(fileOf("droid").file).toBe("/home/me/.factory/settings.json");
    expect(fileOf("continue").file).toBe("/home/me/.continue/config.yaml");
  });
});

describe("editing TOML", () => {
  const before = [
    "# My settings",
    'model = "gpt-5.4" # the old one',
    'approval_policy = "never"',
    "notify = [",
    '  "say",',
    '  "done",',
    "]",
    "",
    "# A server",
    "[mcp_servers.docs]",
    'command = "docs"',
    "",
    "[model_providers.planport]",
    'base_url = "http://127.0.0.1:1/v1"',
    "env_key = 'OLD'",
    "",
    "[model_providers.planport.query_params]",
    'a = "b"',
    "",
    "[model_providers.other]",
    'base_url = "http://other"',
  ].join("\n");

  it("sets the keys of the top in place, replaces the provider of its name, and keeps all else, comments too", () => {
    const after = edited(before, "codex");
    const parsed = parseToml(after) as Record<string, unknown>;
    expect(parsed).toMatchObject({
      model: "gpt-5.5",
      model_provider: "planport",
      approval_policy: "never",
      notify: ["say", "done"],
      mcp_servers: { docs: { command: "docs" } },
      model_providers: { other: { base_url: "http://other" } },
    });
    expect((parsed["model_providers"] as Record<string, unknown>)["planport"]).toEqual({
      name: "planport",
      base_url: "http://127.0.0.1:9107/backend-api/codex",
      wire_api: "responses",
      supports_websockets: true,
    });
    expect(after).toContain("# My settings\n");
    expect(after).toContain("# A server\n[mcp_servers.docs]");
  });

  it("done twice it is the same as done once", () => {
    const once = edited(before, "codex");
    expect(edited(once, "codex")).toBe(once);
  });

  it("keeps Windows' line ends", () => {
    const after = edited(before.replaceAll("\n", "\r\n"), "codex");
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it.each([
    ["an inline table", 'model_providers = { planport = { base_url = "x" } }'],
    ["dotted keys", 'model_providers.planport.base_url = "x"'],
    ["a text of several lines that looks like tables", 'about = """\n[model_providers.planport]\nx\n"""'],
    ["what is no TOML", "model = "],
  ])("refuses %s", (_what, text) => {
    expect(editText(text, fileOf("codex"))).toHaveProperty("refusal");
  });

  it("loses nothing of any file that it takes", () => {
    const key = fc.stringMatching(/^[a-z_]{1,8}$/).filter((name) => name !== "__proto__");
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
    const table = fc.dictionary(key, fc.oneof(scalar, fc.dictionary(key, scalar, { maxKeys: 3 })), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(scalar, table), { maxKeys: 6 }), (content) => {
        const text = stringifyToml(content);
        const edit = editText(text, fileOf("codex"));
        if ("refusal" in edit) return;
        const { model_provider, model_providers, model, ...rest } = parseToml(edit.text);
        expect([model_provider, model]).toEqual(["planport", "gpt-5.5"]);
        expect(model_providers).toHaveProperty("planport.base_url", "http://127.0.0.1:9107/backend-api/codex");
        const { model: _m, model_provider: _p, model_providers: _ps, ...kept } = parseToml(text);
        expect(rest).toEqual(kept);
      }),
    );
  });
});

describe("editing JSON", () => {
  it("merges objects and keeps what else is there, with its indent and its line ends", () => {
    const before = '{\r\n\t"theme": "x",\r\n\t"provider": {"mine": {"npm": "y"}}\r\n}\r\n';
    const after = edited(before, "opencode");
    expect(JSON.parse(after)).toMatchObject({
      theme: "x",
      model: "planport/gpt-5.5",
      provider: { mine: { npm: "y" }, planport: { options: { baseURL: "http://127.0.0.1:9107/v1" } } },
    });
    expect(after).toContain('\r\n\t"theme"');
  });

  it("replaces its own entry of a list, and keeps the others", () => {
    const mine = { displayName: "Mine", model: "x" };
    const once = edited(JSON.stringify({ customModels: [mine] }), "droid");
    const twice = edited(once, "droid", { url: "http://127.0.0.1:2" });
    const models = (JSON.parse(twice) as { customModels: object[] }).customModels;
    expect(models).toHaveLength(2);
    expect(models[0]).toEqual(mine);
    expect(models[1]).toMatchObject({ displayName: "planport: gpt-5.5", baseUrl: "http://127.0.0.1:2/v1" });
  });

  it("refuses a file with comments", () => {
    expect(editText('{\n  // mine\n  "a": 1\n}', fileOf("zed"))).toHaveProperty("refusal");
  });
});

describe("editing YAML", () => {
  const before =
    "# Mine\nname: My Config\nversion: 0.0.1\nschema: v1\nmodels:\n  - name: Other # keep\n    provider: ollama\n";

  it("adds its model, once, and keeps names, other models and comments", () => {
    const after = edited(edited(before, "continue"), "continue", { url: "http://127.0.0.1:2" });
    expect(after).toContain("# Mine\n");
    expect(after).toContain("# keep\n");
    const parsed = parseYaml(after) as { name: string; models: { name: string; apiBase?: string }[] };
    expect(parsed.name).toBe("My Config");
    expect(parsed.models.map(({ name, apiBase }) => [name, apiBase])).toEqual([
      ["Other", undefined],
      ["planport: gpt-5.5", "http://127.0.0.1:2/v1"],
    ]);
  });

  it("refuses what is no YAML", () => {
    expect(editText("a: [", fileOf("continue"))).toHaveProperty("refusal");
  });
});

describe("writing", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "planport-connect-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes a new file with what is printed", async () => {
    const setting = fileOf("codex", { homeDir: folder, platform: process.platform });
    expect(await writeSetting(setting, 0)).toEqual({ file: setting.file, result: "created", backup: null, said: [] });
    expect(readFileSync(setting.file, "utf8")).toBe(textOf(setting));
  });

  it("keeps the text of before beside the file, with its mode, and writes nothing the second time", async () => {
    const setting = fileOf("codex", { homeDir: folder, platform: process.platform });
    mkdirSync(dirname(setting.file));
    writeFileSync(setting.file, 'model = "old"\n', { mode: 0o640 });
    const first = await writeSetting(setting, Date.UTC(2026, 10, 21, 12));
    expect(first).toMatchObject({ result: "changed", backup: `${setting.file}.20261121T120000Z.bak` });
    expect(readFileSync(first.backup ?? "", "utf8")).toBe('model = "old"\n');
    if (process.platform !== "win32") expect(statSync(setting.file).mode & 0o777).toBe(0o640);
    expect(await writeSetting(setting, 1)).toMatchObject({ result: "unchanged", backup: null });
    expect(readdirSync(dirname(setting.file))).toHaveLength(2);
  });

  it("leaves a file that it cannot edit as it is, and says so", async () => {
    const setting = fileOf("codex", { homeDir: folder, platform: process.platform });
    mkdirSync(dirname(setting.file));
    writeFileSync(setting.file, "model = ");
    await expect(writeSetting(setting, 0)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("nothing was written") as string,
    });
    expect(readdirSync(dirname(setting.file))).toEqual(["config.toml"]);
  });
});
