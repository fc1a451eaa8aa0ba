import { posix, win32 } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Setting,
  type Settings,
  type SettingsFlags,
  describeOrigin,
  resolveSettings,
} from "../../src/config/index.ts";
import { credentialPlaces, planportAuthFile } from "../../src/auth/index.ts";
import { type ConfigError, isPlanportError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";

interface Given {
  flags?: SettingsFlags;
  env?: Record<string, string>;
  config?: string | null;
  platform?: string;
  homeDir?: string;
}

function resolve(given: Given = {}): Settings {
  return resolveSettings({
    flags: given.flags ?? {},
    env: given.env ?? {},
    platform: given.platform ?? "linux",
    homeDir: given.homeDir ?? "/home/ada",
    readFile: () => given.config ?? null,
  });
}

function failure(given: Given): ConfigError {
  try {
    resolve(given);
  } catch (error) {
    if (isPlanportError(error) && error.code === "config_invalid") return error;
    throw error;
  }
  throw new Error("resolveSettings accepted what it should refuse");
}

const show = (setting: Setting<unknown>): [unknown, string] => [setting.value, describeOrigin(setting.origin)];

describe("precedence of the backend base", () => {
  const flag = { baseUrl: "https://flag.example/x" };
  const env1 = { CODEX_BASE_URL: "https://codex.example/x/" };
  const env2 = { OPENAI_API_BASE_URL: "https://openai.example/x" };
  const config = 'openai_base_url = "https://file.example/x/"\n';
  const inFile = "openai_base_url in /home/ada/.codex/config.toml";

  it.each<[string, Given, [string | null, string]]>([
    ["all four", { flags: flag, env: { ...env1, ...env2 }, config }, ["https://flag.example/x", "--base-url"]],
    ["no flag", { env: { ...env1, ...env2 }, config }, ["https://codex.example/x", "CODEX_BASE_URL"]],
    ["the second variable and the file", { env: env2, config }, ["https://openai.example/x", "OPENAI_API_BASE_URL"]],
    ["the file alone", { config }, ["https://file.example/x", inFile]],
    ["nothing", {}, [null, "default"]],
    ["a blank variable", { env: { CODEX_BASE_URL: " " }, config }, ["https://file.example/x", inFile]],
  ])("with %s, the highest place wins and is named", (_, given, expected) => {
    expect(show(resolve(given).backendBaseUrl)).toEqual(expected);
  });

  it("holds for every subset of places", () => {
    const places = ["--base-url", "CODEX_BASE_URL", "OPENAI_API_BASE_URL", inFile];
    fc.assert(
      fc.property(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()), ([a, b, c, d]) => {
        const settings = resolve({
          flags: a ? flag : {},
          env: { ...(b && env1), ...(c && env2) },
          config: d ? config : null,
        });
        const first = [a, b, c, d].indexOf(true);
        expect(describeOrigin(settings.backendBaseUrl.origin)).toBe(first < 0 ? "default" : places[first]);
      }),
    );
  });
});

describe("each variable reaches its setting", () => {
  it.each<[string, string, keyof Settings, unknown]>([
    ["CODEX_HOME", "/c", "codexHome", "/c"],
    ["PLANPORT_HOME", "/p", "planportHome", "/p"],
    ["CODEX_AUTHAPI_BASE_URL", "https://a.example/api/", "authApiBaseUrl", "https://a.example/api"],
    ["CODEX_WHOAMI_URL", "http://127.0.0.1:1/who", "whoamiUrl", "http://127.0.0.1:1/who"],
    ["CODEX_REFRESH_TOKEN_URL_OVERRIDE", "https://r.example/t?x=1", "refreshUrl", "https://r.example/t?x=1"],
    ["CODEX_REVOKE_TOKEN_URL_OVERRIDE", "https://r.example/r", "revokeUrl", "https://r.example/r"],
    ["CODEX_APP_SERVER_LOGIN_ISSUER", "https://i.example", "loginIssuer", "https://i.example"],
    ["CODEX_APP_SERVER_LOGIN_CLIENT_ID", "app_1", "loginClientId", "app_1"],
    ["CODEX_CLIENT_VERSION", "1.2.3", "clientVersion", "1.2.3"],
    ["CODEX_CA_CERTIFICATE", "/ca.pem", "caCertificate", "/ca.pem"],
    ["NO_PROXY", "localhost", "noProxy", "localhost"],
    ["no_proxy", "localhost", "noProxy", "localhost"],
    ["PLANPORT_HOME", " /p ", "planportHome", "/p"],
    ["PLANPORT_PORT", "0", "port", 0],
    ["PLANPORT_LOG", "DEBUG", "logLevel", "debug"],
    ["PLANPORT_CREDENTIALS", "Passthrough", "credentials", "passthrough"],
  ])("%s", (name, value, key, expected) => {
    const setting = resolve({ env: { [name]: value } })[key];
    expect(show(setting)).toEqual([expected, name]);
  });

  it.each([
    ["PLANPORT_KEY", "gatewayKey"],
    ["HTTPS_PROXY", "httpsProxy"],
    ["https_proxy", "httpsProxy"],
  ] as const)("%s, as a secret that does not print", (name, key) => {
    const setting = resolve({ env: { [name]: "hunter2-hunter2" } })[key];
    expect(setting.value).toBeInstanceOf(Secret);
    expect(setting.value?.reveal()).toBe("hunter2-hunter2");
    expect(JSON.stringify(resolve({ env: { [name]: "hunter2-hunter2" } }))).not.toContain("hunter2");
  });
});

it("of proxies in both cases shows the one in use, in lower case", () => {
  const env = { HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:1", NO_PROXY: "upper", no_proxy: "lower" };
  expect(resolve({ env }).httpsProxy.value?.reveal()).toBe("http://lower:1");
  expect(show(resolve({ env }).noProxy)).toEqual(["lower", "no_proxy"]);
});

describe("flags win over variables", () => {
  it("for port, key and log level", () => {
    const settings = resolve({
      flags: { port: "8080", key: "flag-key", logLevel: "info", host: "::1", model: "m1" },
      env: { PLANPORT_PORT: "9", PLANPORT_KEY: "env-key", PLANPORT_LOG: "debug" },
      config: 'model = "m2"',
    });
    expect(show(settings.port)).toEqual([8080, "--port"]);
    expect(settings.gatewayKey.value?.reveal()).toBe("flag-key");
    expect(show(settings.logLevel)).toEqual(["info", "--log-level"]);
    expect(show(settings.host)).toEqual(["::1", "--host"]);
    expect(show(settings.model)).toEqual(["m1", "--model"]);
  });
});

describe("folders", () => {
  it("planport's own folder lies inside an explicit CODEX_HOME, else in the home folder", () => {
    expect(resolve().planportHome.value).toBe("/home/ada/.planport");
    expect(show(resolve({ env: { CODEX_HOME: "/c" } }).planportHome)).toEqual(["/c/planport", "CODEX_HOME"]);
    expect(show(resolve({ env: { CODEX_HOME: "/c", PLANPORT_HOME: "/p" } }).planportHome)).toEqual([
      "/p",
      "PLANPORT_HOME",
    ]);
  });

  it("are the ones in which the sign-in is kept and looked for", () => {
    const folder = fc.constantFrom(undefined, "", "/x", "~/y", "~");
    fc.assert(
      fc.property(folder, folder, fc.constantFrom("linux", "win32"), (own, codex, platform) => {
        const env = {
          ...(own !== undefined && { PLANPORT_HOME: own }),
          ...(codex !== undefined && { CODEX_HOME: codex }),
        };
        const homeDir = "/home/ada";
        const settings = resolve({ env, platform, homeDir });
        const rules = platform === "win32" ? win32 : posix;
        const join = (...parts: string[]): string => rules.join(...parts);
        const file = planportAuthFile({ env, platform, homeDir });
        expect(join(settings.planportHome.value, "auth.json")).toBe(join(file));
        const places = credentialPlaces({ env, platform, homeDir });
        expect(places.map((place) => (place.kind === "file" ? join(place.path) : ""))).toContain(
          join(settings.codexHome.value, "auth.json"),
        );
      }),
    );
  });

  it("are written the Windows way on Windows", () => {
    const settings = resolve({ platform: "win32", homeDir: "C:\\Users\\ada" });
    expect(settings.codexHome.value).toBe("C:\\Users\\ada\\.codex");
    expect(settings.planportHome.value).toBe("C:\\Users\\ada\\.planport");
  });

  it("CODEX_HOME decides which config.toml is read", () => {
    const asked: string[] = [];
    resolveSettings({
      env: { CODEX_HOME: "/c" },
      platform: "linux",
      homeDir: "/home/ada",
      readFile: (path) => (asked.push(path), null),
    });
    expect(asked).toEqual(["/c/config.toml"]);
  });
});

describe("Codex's config.toml", () => {
  it("gives the keys planport honours and leaves all others alone", () => {
    const settings = resolve({
      config: [
        "\uFEFF# mine",
        'model = "gpt-5.5"',
        'chatgpt_base_url = "http://127.0.0.1:9/backend-api/"',
        'forced_login_method = "chatgpt"',
        'forced_chatgpt_workspace_id = ["a", "b"]',
        'cli_auth_credentials_store = "keyring"',
        "future_key = { x = 1 }",
        "[model_providers.other]",
        'openai_base_url = "not a url, and not ours"',
      ].join("\r\n"),
    });
    expect(settings.model.value).toBe("gpt-5.5");
    expect(settings.chatgptBaseUrl.value).toBe("http://127.0.0.1:9/backend-api");
    expect(settings.forcedLoginMethod.value).toBe("chatgpt");
    expect(settings.forcedWorkspaceIds.value).toEqual(["a", "b"]);
    expect(settings.codexCredentialsStore.value).toBe("keyring");
    expect(settings.backendBaseUrl.value).toBeNull();
  });

  it.each([
    ['"vault"', "vault"],
    ["7", "file"],
    ['{ kind = "vault" }', "file"],
  ])("stops no command over cli_auth_credentials_store = %s", (written, value) => {
    expect(resolve({ config: `cli_auth_credentials_store = ${written}` }).codexCredentialsStore.value).toBe(value);
  });

  it("reads where planport's own sign-in rests, and keeps a token command to itself", () => {
    const settings = resolve({ env: { PLANPORT_CREDENTIALS_STORE: "Auto", PLANPORT_TOKEN_COMMAND: "get hunter2" } });
    expect(settings.credentialsStore.value).toBe("auto");
    expect(settings.tokenCommand.value?.reveal()).toBe("get hunter2");
    expect(JSON.stringify(settings)).not.toContain("hunter2");
    expect(resolve({}).credentialsStore.value).toBe("file");
    expect(() => resolve({ env: { PLANPORT_CREDENTIALS_STORE: "vault" } })).toThrow(
      "PLANPORT_CREDENTIALS_STORE is not usable: it must be one of file, keyring, auto",
    );
  });

  it("takes a single workspace as a string", () => {
    expect(resolve({ config: 'forced_chatgpt_workspace_id = "a"' }).forcedWorkspaceIds.value).toEqual(["a"]);
  });
});

describe("bad values name the variable or the place in the file", () => {
  it.each<[string, Given, string]>([
    ["a base URL", { env: { CODEX_BASE_URL: "chatgpt.com" } }, "CODEX_BASE_URL is not usable: it must be a URL"],
    ["another scheme", { flags: { baseUrl: "ftp://x" } }, "--base-url is not usable: it must be a URL"],
    ["an empty flag", { flags: { port: "" } }, "--port is not usable: it must not be empty."],
    ["an empty key", { flags: { key: "" } }, "--key is not usable: it must not be empty."],
    ["a blank key", { flags: { key: " " }, env: { PLANPORT_KEY: "k" } }, "--key is not usable: it must not be empty."],
    ["an empty host", { flags: { host: "" } }, "--host is not usable: it must not be empty."],
    ["an empty model", { flags: { model: "" } }, "--model is not usable: it must not be empty."],
    ["an originator", { env: { PLANPORT_ORIGINATOR: "a\r\nx: y" } }, "PLANPORT_ORIGINATOR is not usable: it must not"],
    ["a user agent", { env: { PLANPORT_USER_AGENT: "a\u0000" } }, "PLANPORT_USER_AGENT is not usable: it must not"],
    ["a port", { env: { PLANPORT_PORT: "65536" } }, "PLANPORT_PORT is not usable: it must be a port number"],
    ["a negative port", { flags: { port: "-1" } }, "--port is not usable"],
    ["a log level", { env: { PLANPORT_LOG: "loud" } }, "PLANPORT_LOG is not usable: it must be one of silent"],
    ["a version", { env: { CODEX_CLIENT_VERSION: "latest" } }, "CODEX_CLIENT_VERSION is not usable"],
    ["broken TOML", { config: 'a = 1\nmodel = "x\n' }, "/home/ada/.codex/config.toml:2:11 is not valid TOML"],
    [
      "a wrong type",
      { config: "a = 1\n  model = 7\n" },
      "/home/ada/.codex/config.toml:2:3 is not usable: model must be",
    ],
    [
      "a wrong word",
      { config: 'forced_login_method = "sso"' },
      'config.toml:1:1 is not usable: forced_login_method must be one of "chatgpt", "api"',
    ],
    [
      "an empty list",
      { config: "forced_chatgpt_workspace_id = []" },
      "forced_chatgpt_workspace_id must be a string or a list",
    ],
    [
      "a URL in the file",
      { config: '\nopenai_base_url = "x"' },
      "config.toml:2:1 is not usable: openai_base_url must be a URL",
    ],
  ])("%s", (_, given, message) => {
    expect(failure(given).message).toContain(message);
  });

  it("and never repeat the value, which may be a secret in the wrong place", () => {
    const secret = "sk-very-secret-0123456789";
    for (const given of [
      { env: { CODEX_BASE_URL: secret } },
      { env: { CODEX_BASE_URL: `https://user:${secret}@proxy.example` } },
      { env: { PLANPORT_PORT: secret } },
      { flags: { logLevel: secret } },
      { config: `model = "${secret}` },
      { config: `openai_base_url = "${secret}"` },
    ])
      expect(failure(given).message).not.toContain(secret);
  });

  it("a config.toml that is there but cannot be read is an error, not an absence", () => {
    const denied = Object.assign(new Error("no"), { code: "EACCES" });
    expect(() =>
      resolveSettings({
        env: {},
        platform: "linux",
        homeDir: "/home/ada",
        readFile: () => {
          throw denied;
        },
      }),
    ).toThrow("/home/ada/.codex/config.toml cannot be read (EACCES).");
  });

  it("say whose credentials there can be", () => {
    expect(failure({ flags: { credentials: "mine" } }).message).toBe(
      "--credentials is not usable: it must be one of own, passthrough.",
    );
    expect(show(resolve().credentials)).toEqual(["own", "default"]);
  });
});
