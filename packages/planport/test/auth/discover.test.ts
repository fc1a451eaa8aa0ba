import { describe, expect, it } from "vitest";
import {
  credentialPlaces,
  describeCredential,
  discoverCredential,
  type Discovery,
  type Environment,
  placeLabel,
  resolveAuthEndpoints,
} from "../../src/auth/index.ts";
import { createMemoryStore, parseDocument } from "../../src/store/index.ts";
import { authJson } from "./support/fakes.ts";

const places = (platform: NodeJS.Platform, env: Environment, homeDir: string): string[] =>
  credentialPlaces({ platform, env, homeDir }).map(placeLabel);

async function discover(env: Environment, files: Record<string, unknown> = {}, authFile?: string): Promise<Discovery> {
  return discoverCredential({
    platform: "linux",
    env,
    homeDir: "/home/ada",
    authFile,
    openStore: (file) => {
      const content = files[file];
      if (typeof content !== "string")
        return createMemoryStore((content as Record<string, unknown> | undefined) ?? null, file);
      return { ...createMemoryStore(null, file), read: async () => parseDocument(content, file) };
    },
  });
}

describe("the places a credential may be in", () => {
  it("by default: the two variables, the token command, planport's own store, Codex's, and last an API key", () => {
    expect(places("linux", {}, "/home/ada")).toEqual([
      "$CODEX_ACCESS_TOKEN",
      "$CODEX_PAT",
      "$PLANPORT_TOKEN_COMMAND",
      "/home/ada/.planport/auth.json",
      "/home/ada/.codex/auth.json",
      "$OPENAI_API_KEY",
    ]);
  });

  it("with CODEX_HOME, both files move under it", () => {
    expect(places("linux", { CODEX_HOME: " /srv/codex " }, "/home/ada").slice(3, -1)).toEqual([
      "/srv/codex/planport/auth.json (from $CODEX_HOME)",
      "/srv/codex/auth.json (from $CODEX_HOME)",
    ]);
  });

  it("PLANPORT_HOME goes before CODEX_HOME for planport's own", () => {
    const env = { CODEX_HOME: "/srv/codex", PLANPORT_HOME: "/srv/planport" };
    expect(places("linux", env, "/home/ada")[3]).toBe("/srv/planport/auth.json (from $PLANPORT_HOME)");
  });

  it.each([
    ["/opt/c", "/opt/c/auth.json"],
    ["/opt/c/other.json", "/opt/c/other.json"],
    ["~/c", "/home/ada/c/auth.json"],
  ])("OPENAI_CODEX_PATH=%s means %s, before CODEX_HOME", (value, file) => {
    const found = places("linux", { OPENAI_CODEX_PATH: value, CODEX_HOME: "/srv" }, "/home/ada").slice(4, -1);
    expect(found).toEqual([`${file} (from $OPENAI_CODEX_PATH)`, "/srv/auth.json (from $CODEX_HOME)"]);
  });

  it("on Windows the profile folder of the environment goes before the home folder", () => {
    expect(places("win32", { USERPROFILE: "D:\\Ada" }, "C:\\Users\\Ada").slice(3, -1)).toEqual([
      "C:\\Users\\Ada\\.planport\\auth.json",
      "D:\\Ada\\.codex\\auth.json (from $USERPROFILE)",
      "C:\\Users\\Ada\\.codex\\auth.json",
    ]);
    expect(places("win32", { USERPROFILE: "C:\\Users\\Ada" }, "C:\\Users\\Ada")).toHaveLength(6);
  });

  it.each([
    ["C:\\Tools\\codex", "C:\\Tools\\codex\\auth.json"],
    ["C:\\Tools\\Login.JSON", "C:\\Tools\\Login.JSON"],
    ["~\\codex", "C:\\Users\\Ada\\codex\\auth.json"],
  ])("on Windows OPENAI_CODEX_PATH=%s means %s, before the profile folder", (value, file) => {
    const env = { OPENAI_CODEX_PATH: value, USERPROFILE: "C:\\Users\\Ada" };
    expect(places("win32", env, "C:\\Users\\Ada").slice(4)).toEqual([
      `${file} (from $OPENAI_CODEX_PATH)`,
      "C:\\Users\\Ada\\.codex\\auth.json (from $USERPROFILE)",
      "$OPENAI_API_KEY",
    ]);
  });

  it("on Windows CODEX_HOME moves both files, and the profile folder is left out", () => {
    const env = { CODEX_HOME: "D:\\codex", USERPROFILE: "C:\\Users\\Ada" };
    expect(places("win32", env, "C:\\Users\\Ada").slice(3)).toEqual([
      "D:\\codex\\planport\\auth.json (from $CODEX_HOME)",
      "D:\\codex\\auth.json (from $CODEX_HOME)",
      "$OPENAI_API_KEY",
    ]);
  });

  it("a given file is the only place", () => {
    const found = credentialPlaces({ platform: "linux", env: { CODEX_PAT: "x" }, homeDir: "/h", authFile: "~/a.json" });
    expect(found.map(placeLabel)).toEqual(["/h/a.json"]);
  });
});

describe("finding a credential", () => {
  const own = "/home/ada/.planport/auth.json";
  const codex = "/home/ada/.codex/auth.json";

  it("takes the first place that has one, and tells of the others", async () => {
    const found = await discover({ CODEX_PAT: "  " }, { [own]: { OPENAI_API_KEY: null }, [codex]: authJson() });
    expect(found.credential).toMatchObject({ kind: "chatgpt", accountId: "acct-1" });
    expect(found.store?.place).toBe(codex);
    expect(found.tried.map(({ place, outcome }) => [placeLabel(place), outcome])).toEqual([
      ["$CODEX_ACCESS_TOKEN", "not set"],
      ["$CODEX_PAT", "not set"],
      ["$PLANPORT_TOKEN_COMMAND", "not set"],
      [own, "holds no sign-in"],
      [codex, "used"],
      ["$OPENAI_API_KEY", "not needed"],
    ]);
  });

  it("prefers CODEX_ACCESS_TOKEN to CODEX_PAT to files, and takes the account from CODEX_ACCOUNT_ID", async () => {
    const env = { CODEX_ACCESS_TOKEN: " at-one ", CODEX_PAT: "at-two", CODEX_ACCOUNT_ID: "acct-9" };
    const found = await discover(env, { [own]: authJson() });
    expect(found).toMatchObject({ store: null, credential: { kind: "personalAccessToken", accountId: "acct-9" } });
    expect(found.credential.kind === "personalAccessToken" && found.credential.token.reveal()).toBe("at-one");
    expect(found.tried.map(({ outcome }) => outcome)).toEqual([
      "used",
      "not needed",
      "not needed",
      "not needed",
      "not needed",
      "not needed",
    ]);
    const second = await discover({ CODEX_PAT: "at-two" }, { [own]: authJson() });
    expect(second.place).toEqual({ kind: "variable", name: "CODEX_PAT" });
  });

  it("lists every place and the command to run when there is none", async () => {
    const error: unknown = await discover({}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "credential_missing" });
    for (const words of ["$CODEX_ACCESS_TOKEN: not set", "$CODEX_PAT: not set", own, codex, "`planport login`"])
      expect(String(error)).toContain(words);
    expect(String(error)).toContain("$OPENAI_API_KEY: not set");
  });

  it("names every path it tried on Windows when there is none", async () => {
    const env = { OPENAI_CODEX_PATH: "D:\\codex", USERPROFILE: "C:\\Users\\Ada" };
    const error: unknown = await discoverCredential({
      platform: "win32",
      env,
      homeDir: "C:\\Users\\Ada",
      openStore: (file) => createMemoryStore(null, file),
    }).catch((thrown: unknown) => thrown);
    for (const path of ["C:\\Users\\Ada\\.planport", "D:\\codex", "C:\\Users\\Ada\\.codex"])
      expect(String(error)).toContain(`${path}\\auth.json`);
  });

  it("takes the API key of OPENAI_API_KEY only when there is no plan's sign-in", async () => {
    const env = { OPENAI_API_KEY: " sk-synthetic " };
    const found = await discover(env);
    expect(found).toMatchObject({ store: null, place: { name: "OPENAI_API_KEY" }, credential: { kind: "apiKey" } });
    expect(found.credential.kind === "apiKey" && found.credential.key.reveal()).toBe("sk-synthetic");
    expect((await discover(env, { [codex]: authJson() })).credential.kind).toBe("chatgpt");
    expect((await discover({ ...env, CODEX_PAT: "at-one" })).credential.kind).toBe("personalAccessToken");
  });

  it("leaves what stands in OPENAI_API_KEY for another program's sake alone", async () => {
    await expect(discover({ OPENAI_API_KEY: "planport" })).rejects.toMatchObject({
      code: "credential_missing",
      message: expect.stringContaining("$OPENAI_API_KEY: holds no OpenAI key.") as unknown,
    });
  });

  it("takes an API key out of a Codex login or planport's own store in its turn", async () => {
    const key = { auth_mode: "apikey", OPENAI_API_KEY: "sk-stored" };
    const env = { OPENAI_API_KEY: "sk-variable" };
    for (const file of [own, codex]) expect((await discover(env, { [file]: key })).store?.place).toBe(file);
    expect((await discover({}, { [own]: key, [codex]: authJson() })).credential.kind).toBe("apiKey");
  });

  it.each(["CODEX_ACCESS_TOKEN", "CODEX_PAT"])("says that an API key in %s does not work with a plan", async (name) => {
    await expect(discover({ [name]: "sk-synthetic-secret" }, { [own]: authJson() })).rejects.toMatchObject({
      code: "credential_unsupported",
      message: expect.stringMatching(new RegExp(`^\\$${name} .*API keys do not work.*planport login`)) as unknown,
    });
  });

  it.each([
    ["eyJhbGciOiJub25lIn0.e30.c2ln", "credential_unsupported"],
    ["at-with a blank", "credential_malformed"],
  ])("refuses %s", async (value, code) => {
    await expect(discover({ CODEX_PAT: value })).rejects.toMatchObject({ code });
  });

  it("stops at a broken file rather than using another account", async () => {
    const broken = discover({}, { [own]: '{"tokens":', [codex]: authJson() });
    await expect(broken).rejects.toMatchObject({
      code: "credential_malformed",
      message: expect.stringContaining(own) as unknown,
    });
    await expect(discover({}, { [own]: "" })).rejects.toMatchObject({ code: "credential_malformed" });
  });

  it("looks nowhere else when a file is given", async () => {
    const missing = discover({ CODEX_PAT: "at-x" }, { [codex]: authJson() }, "/given.json");
    await expect(missing).rejects.toMatchObject({ code: "credential_missing" });
    const found = await discover({}, { "/given.json": authJson() }, "/given.json");
    expect(found.place).toMatchObject({ owner: "given" });
  });

  it("is described without a secret", async () => {
    const found = await discover({}, { [codex]: authJson({ refresh_token: "rt-synthetic-secret" }) });
    const description = describeCredential(found);
    expect(description).toMatchObject({ source: codex, email: "ada@example.com", planType: "pro", renewable: true });
    expect(JSON.stringify(description)).not.toMatch(/synthetic|redacted/);
  });
});

describe("the addresses of the sign-in server", () => {
  it("are OpenAI's by default", () => {
    expect(resolveAuthEndpoints({})).toMatchObject({
      issuer: "https://auth.openai.com",
      clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
      authorizeUrl: "https://auth.openai.com/oauth/authorize",
      tokenUrl: "https://auth.openai.com/oauth/token",
      refreshUrl: "https://auth.openai.com/oauth/token",
      revokeUrl: "https://auth.openai.com/oauth/revoke",
      whoamiUrl: "https://auth.openai.com/api/accounts/v1/user-auth-credential/whoami",
      deviceUserCodeUrl: "https://auth.openai.com/api/accounts/deviceauth/usercode",
      devicePageUrl: "https://auth.openai.com/codex/device",
    });
  });

  it("the issuer variable moves the sign-in alone, the option everything", () => {
    const issuer = "http://127.0.0.1:9/";
    expect(resolveAuthEndpoints({ CODEX_APP_SERVER_LOGIN_ISSUER: issuer })).toMatchObject({
      tokenUrl: "http://127.0.0.1:9/oauth/token",
      refreshUrl: "https://auth.openai.com/oauth/token",
    });
    expect(resolveAuthEndpoints({}, { issuer })).toMatchObject({
      refreshUrl: "http://127.0.0.1:9/oauth/token",
      revokeUrl: "http://127.0.0.1:9/oauth/revoke",
      whoamiUrl: "http://127.0.0.1:9/api/accounts/v1/user-auth-credential/whoami",
    });
  });

  it("the revocation follows a refresh that was moved, without its query", () => {
    const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://r.example.com:8443/x/token?a=1" };
    expect(resolveAuthEndpoints(env)).toMatchObject({
      refreshUrl: "https://r.example.com:8443/x/token?a=1",
      revokeUrl: "https://r.example.com:8443/oauth/revoke",
    });
    const both = { ...env, CODEX_REVOKE_TOKEN_URL_OVERRIDE: "https://other.example.com/revoke" };
    expect(resolveAuthEndpoints(both).revokeUrl).toBe("https://other.example.com/revoke");
  });

  it("CODEX_AUTHAPI_BASE_URL and CODEX_WHOAMI_URL move the look-up", () => {
    const env = { CODEX_AUTHAPI_BASE_URL: "http://a.example.com/api/" };
    expect(resolveAuthEndpoints(env).whoamiUrl).toBe("http://a.example.com/api/v1/user-auth-credential/whoami");
    expect(resolveAuthEndpoints({ ...env, CODEX_WHOAMI_URL: "http://w.example.com/me" }).whoamiUrl).toBe(
      "http://w.example.com/me",
    );
  });

  it.each([
    "CODEX_APP_SERVER_LOGIN_ISSUER",
    "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
    "CODEX_REVOKE_TOKEN_URL_OVERRIDE",
    "CODEX_AUTHAPI_BASE_URL",
    "CODEX_WHOAMI_URL",
  ])("a bad URL in %s is config_invalid and names it; an empty one counts as unset", (name) => {
    for (const bad of ["nonsense", "ftp://x/", "https://user:pw@host/", "https://host/#f"])
      expect(() => resolveAuthEndpoints({ [name]: bad })).toThrow(
        expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(name) as unknown }),
      );
    expect(resolveAuthEndpoints({ [name]: " " })).toEqual(resolveAuthEndpoints({}));
  });
});
