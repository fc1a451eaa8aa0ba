import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type FoundFile, findConfigFile } from "../../src/config/file/index.ts";
import { planportSchema } from "../../src/config/file/table.ts";
import { resolveSettings } from "../../src/config/index.ts";
import { isPlanportError } from "../../src/errors.ts";

interface Given {
  readonly files: Readonly<Record<string, string>>;
  readonly flag?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const CWD = "/home/ada/work";
const HOME = "/home/ada/.planport";

function find({ files, flag, env = {} }: Given): FoundFile {
  const options = { env, platform: "linux", homeDir: "/home/ada", cwd: CWD, flag };
  return findConfigFile({ ...options, readFile: (path) => files[path] ?? null });
}

function problem(given: Given): string {
  try {
    find(given);
  } catch (error) {
    if (isPlanportError(error) && error.code === "config_invalid") return error.message;
    throw error;
  }
  return "";
}

const own = (text: string, more: Partial<Given> = {}): Given => ({
  files: { [`${CWD}/planport.yaml`]: text },
  ...more,
});
/** A file that was asked for by name. */
const named = (text: string): Given => own(text, { flag: `${CWD}/planport.yaml` });
const proxy = (text: string): Given => ({ files: { [`${CWD}/config.yaml`]: text } });

describe.skipIf(process.platform === "win32")("which file is used", () => {
  const files = {
    "/etc/flag.yaml": "port: 1",
    "/etc/variable.yaml": "port: 2",
    [`${CWD}/planport.yaml`]: "port: 3",
    [`${CWD}/config.yaml`]: "backends: { openai_codex: {} }",
    [`${HOME}/planport.yaml`]: "port: 4",
  };
  const without = (...paths: string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));

  it("the first of flag, variable, current folder and planport's folder", () => {
    const env = { PLANPORT_CONFIG: "/etc/variable.yaml" };
    const path = (given: Given): string | undefined => find(given).file?.path;
    expect(path({ files, env, flag: "/etc/flag.yaml" })).toBe("/etc/flag.yaml");
    expect(path({ files, env })).toBe("/etc/variable.yaml");
    expect(path({ files })).toBe(`${CWD}/planport.yaml`);
    expect(path({ files: without(`${CWD}/planport.yaml`) })).toBe(`${CWD}/config.yaml`);
    expect(path({ files: without(`${CWD}/planport.yaml`, `${CWD}/config.yaml`) })).toBe(`${HOME}/planport.yaml`);
    expect(find({ files: {} })).toEqual({ file: null, notices: [] });
  });

  it("a named file that is not there is an error", () => {
    expect(problem({ files, flag: "nowhere.yaml" })).toBe(`${CWD}/nowhere.yaml is not there (--config).`);
  });

  it("only a file that somebody named says where credentials go", () => {
    expect(problem(own("baseUrl: https://x.example\n"))).toMatch(
      /planport\.yaml:1:1: baseUrl says where your credentials go/,
    );
    const named = find(own("baseUrl: https://x.example/\n", { flag: "planport.yaml" })).file;
    expect(named?.settings.baseUrl).toBe("https://x.example");
  });
});

describe.skipIf(process.platform === "win32")("mistakes have their place", () => {
  it.each([
    ["port: 1\nport: 2\n", ":2:1 is not valid YAML: the key is there twice."],
    ["port: 70000\n", ":1:7: port must be a whole number from 0 to 65535."],
    ["prot: 1\n", ":1:1: prot is not known here; known are "],
    [
      "capabilities:\n  include_environment_context: off\n",
      ":2:32: capabilities.include_environment_context must be true or false.",
    ],
    ["profiles:\n  a:\n    when: { userAgent: [x, 7] }\n", ":3:28: profiles.a.when.userAgent[1] must be text"],
    [
      "profiles:\n  a:\n    when: { path: /backend-api/x }\n",
      ":3:19: profiles.a.when.path must be the path of an endpoint",
    ],
    ["profiles:\n  -x: {}\n", ":2:3: profiles.-x must be named by"],
    ["keyEnv: sk-abc-123\n", ":1:9: keyEnv must be the name of an environment variable, not a key."],
    ["keyEnv: NOT_THERE\n", ":1:9: keyEnv names a variable that is not set."],
    ["aliases: { a: b, b: c }\n", ":1:15: aliases.a stands for a name that is itself one of these."],
    ["backends: { openai: {} }\n", ":1:1: backends has no openai_codex in it"],
    ["- a\n", ":1:1: the file must hold keys with values."],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]\n`,
      " is not valid YAML: its aliases refer to each other, or are too many",
    ],
  ])("%j", (text, expected) => {
    const message = problem(own(text));
    expect(message).toContain(`${CWD}/planport.yaml`);
    expect(message).toContain(expected);
    expect(message).not.toContain("sk-abc");
  });

  it("of what an anchor brought in, the place is where it is used", () => {
    const text = "capabilities: &c\n  prompt_mode: nope\n";
    expect(problem(own(text))).toContain(":2:16: capabilities.prompt_mode");
    const merged = "profiles:\n  a: &p { capabilities: {} }\n  b:\n    <<: *p\n    whne: {}\n";
    expect(problem(own(merged))).toContain(":5:5: profiles.b.whne is not known here");
  });

  it("in the part of config.yaml that is ours they are errors; without it, it is left aside", () => {
    const bad =
      "backends:\n  openai_codex:\n    extra:\n      codex:\n        default_capabilities:\n          protocl: x\n";
    expect(problem(proxy(bad))).toContain(
      "config.yaml:6:11: backends.openai_codex.extra.codex.default_capabilities.protocl",
    );
    expect(problem(proxy("backends:\n  openai_codex:\n    type: openai\n"))).toContain(
      ":3:11: backends.openai_codex.type",
    );
    for (const foreign of ["a: [", "", "[1]", "port: x", "backends: 7"]) {
      const { file, notices } = find(proxy(foreign));
      expect(file).toBeNull();
      expect(notices).toEqual([expect.stringMatching(/config\.yaml.*left aside/)]);
    }
  });
});

describe.skipIf(process.platform === "win32")("what it says", () => {
  it("llm-interactive-proxy's options without use here are left aside and named, its timeout is one of silence", () => {
    const text = `backends:
  openai_codex:
    timeout: 120
    models: [a]
    extra: { codex: { websocket: { enabled: true }, default_capabilities: { prompt_mode: merge_custom } } }
host: 0.0.0.0
`;
    const { file } = find(proxy(text));
    expect(file?.requests).toMatchObject({ idleTimeoutMs: 120_000, capabilities: { prompt_mode: "merge_custom" } });
    expect(file?.ignored).toEqual([
      "host",
      "backends.openai_codex.models",
      "backends.openai_codex.extra.codex.websocket",
    ]);
    expect(file?.settings).toEqual({});
  });

  it.each([
    ["host: 0.0.0.0", "host"],
    ["allowOrigins: https://x.example", "allowOrigins"],
    ["allowHosts: x.example", "allowHosts"],
    ["memory: ../somebody.db", "memory"],
    ["baseUrl: https://x.example/codex", "baseUrl"],
  ])("refuses %s where the file was only found, and takes it where it was named", (text, key) => {
    expect(problem(own(text))).toMatch(new RegExp(`planport\\.yaml:1:1: ${key} says .* name the file with --config`));
    expect(problem(named(text))).toBe("");
    expect(problem(own("host: 127.0.0.1\nmemory: off\n"))).toBe("");
  });

  it("settings come from the flag, else the variable, else the file, else the default", () => {
    const { file } = find(named("port: 1111\nidleTimeoutSeconds: 7\nmemory: db/x.db\n"));
    const base = { platform: "linux", homeDir: "/home/ada", readFile: () => null };
    const port = (flags: object, env: Record<string, string>): unknown =>
      resolveSettings({ ...base, env, flags: { file: file ?? undefined, ...flags } }).port.value;
    expect(port({ port: "3333" }, { PLANPORT_PORT: "2222" })).toBe(3333);
    expect(port({}, { PLANPORT_PORT: "2222" })).toBe(2222);
    expect(port({}, {})).toBe(1111);
    expect(port({ file: undefined }, {})).toBe(9107);
    const settings = resolveSettings({ ...base, env: {}, flags: { file: file ?? undefined } });
    expect(settings.idleTimeoutMs).toMatchObject({ value: 7000, origin: { kind: "file", key: "idleTimeoutSeconds" } });
    expect(settings.memory.value).toBe(`${CWD}/db/x.db`);
  });
});

describe("the schema of planport.yaml", () => {
  const schema = z.fromJSONSchema(planportSchema());

  it("takes what the program takes, and refuses what it refuses", () => {
    const value = fc.oneof(
      fc.constantFrom(null, true, 1, 70_000, "", "info", "custom_only", "/droid", "a b", "X"),
      fc.constant({}),
      fc.constant(["x"]),
    );
    const keys = [
      "port",
      "host",
      "logLevel",
      "aliases",
      "capabilities",
      "profiles",
      "allowHosts",
      "nonsense",
      "credentials",
    ];
    const inner = fc.dictionary(fc.constantFrom("prompt_mode", "codex_passthrough", "deep", "when", "path"), value);
    const document = fc.dictionary(fc.constantFrom(...keys), fc.oneof(value, inner), { maxKeys: 3 });
    fc.assert(
      fc.property(document, (file) => {
        const refused = problem(named(JSON.stringify(file))) !== "";
        expect(schema.safeParse(file).success).toBe(!refused);
      }),
      { numRuns: 600 },
    );
  });

  it("is the one in the package", () => {
    const file = join(fileURLToPath(new URL("../../", import.meta.url)), "planport.schema.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(planportSchema());
  });
});
