import { describe, expect, it } from "vitest";
import { type Settings, type SettingsFlags, describeOrigin, resolveSettings } from "../../src/config/index.ts";
import { asWait } from "../../src/config/call-settings.ts";

const resolve = (env: Record<string, string>, flags: SettingsFlags = {}): Settings =>
  resolveSettings({ flags, env, platform: "linux", homeDir: "/tmp/nobody", readFile: () => null });

describe("settings of model calls", () => {
  it("pin models by a list with commas, each once, blanks aside", () => {
    const { modelPin } = resolve({ CODEX_MODELS: " gpt-5.5, gpt-5.4,,gpt-5.5 " });
    expect([modelPin.value, describeOrigin(modelPin.origin)]).toEqual([["gpt-5.5", "gpt-5.4"], "CODEX_MODELS"]);
    expect(resolve({ CODEX_MODELS: " " }).modelPin.value).toEqual([]);
  });

  it("name models by pairs with commas between them", () => {
    const { modelAliases } = resolve({ PLANPORT_MODEL_ALIASES: "a=b, c = d-high ,__proto__=e" });
    expect(Object.entries(modelAliases.value)).toEqual([
      ["a", "b"],
      ["c", "d-high"],
      ["__proto__", "e"],
    ]);
    expect(resolve({}).modelAliases.value).toEqual({});
  });

  it.each([
    ["CODEX_MODELS", "a b"],
    ["CODEX_MODELS", ","],
    ["PLANPORT_MODEL_ALIASES", "a"],
    ["PLANPORT_MODEL_ALIASES", "a="],
    ["PLANPORT_MODEL_ALIASES", "a=b=c"],
    ["PLANPORT_MODEL_ALIASES", "a=b,a=c"],
    ["PLANPORT_IDLE_TIMEOUT", "0"],
    ["PLANPORT_IDLE_TIMEOUT", "soon"],
    ["PLANPORT_TIMEOUT", "25h"],
    ["PLANPORT_TIMEOUT", "-1"],
  ])("refuse %s=%s by the variable's name", (name, value) => {
    expect(() => resolve({ [name]: value })).toThrow(new RegExp(`^${name} is not usable: it `));
  });

  it("take times in the usual units, and the flag before the variable", () => {
    const read = (text: string): unknown => asWait(text);
    expect(["90", "90s", "10m", "1h", "250ms"].map(read)).toEqual(
      [90_000, 90_000, 600_000, 3_600_000, 250].map((value) => ({ value })),
    );
    const env = { PLANPORT_IDLE_TIMEOUT: "1m", PLANPORT_TIMEOUT: "2m" };
    const both = resolve(env, { idleTimeout: "30s" });
    expect([both.idleTimeoutMs.value, both.timeoutMs.value]).toEqual([30_000, 120_000]);
    const none = resolve({});
    expect([none.idleTimeoutMs.value, none.timeoutMs.value]).toEqual([300_000, null]);
    expect(() => resolve({}, { timeout: "x" })).toThrow(/^--timeout is not usable/);
  });
});
