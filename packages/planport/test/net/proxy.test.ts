import { describe, expect, it } from "vitest";
import { isPlanportError } from "../../src/errors.ts";
import { createProxyRule, type Env, isLoopback } from "../../src/net/proxy.ts";

function proxyFor(env: Env, url: string): string | null {
  return createProxyRule(env)(new URL(url))?.host ?? null;
}

describe("which proxy a URL goes through", () => {
  it.each<[Env, string, string | null]>([
    [{}, "https://chatgpt.com/", null],
    [{ HTTPS_PROXY: "http://p:1" }, "https://chatgpt.com/", "p:1"],
    [{ HTTPS_PROXY: "http://p:1" }, "http://chatgpt.com/", null],
    [{ HTTP_PROXY: "http://p:1" }, "https://chatgpt.com/", null],
    [{ HTTP_PROXY: "http://p:1" }, "http://chatgpt.com/", "p:1"],
    [{ https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, "https://chatgpt.com/", "low:1"],
    [{ HTTPS_PROXY: "p.corp:3128" }, "https://chatgpt.com/", "p.corp:3128"],
    [{ ALL_PROXY: "http://all:1" }, "https://chatgpt.com/", "all:1"],
    [{ ALL_PROXY: "http://all:1", HTTPS_PROXY: "http://p:1" }, "https://chatgpt.com/", "p:1"],
    [{ HTTPS_PROXY: "  " }, "https://chatgpt.com/", null],
  ])("%j sends %s through %s", (env, url, expected) => {
    expect(proxyFor(env, url)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ["chatgpt.com", "https://chatgpt.com/", true],
    ["chatgpt.com", "https://gov.chatgpt.com/", true],
    ["chatgpt.com", "https://notchatgpt.com/", false],
    [".chatgpt.com", "https://gov.chatgpt.com/", true],
    ["*.chatgpt.com", "https://gov.chatgpt.com/", true],
    ["CHATGPT.com", "https://ChatGPT.com/", true],
    ["a.test, chatgpt.com", "https://chatgpt.com/", true],
    ["a.test chatgpt.com", "https://chatgpt.com/", true],
    ["chatgpt.com:443", "https://chatgpt.com/", true],
    ["chatgpt.com:8443", "https://chatgpt.com/", false],
    ["*", "https://chatgpt.com/", true],
    ["10.0.0.0/8", "https://10.1.2.3/", true],
    ["10.0.0.0/8", "https://11.1.2.3/", false],
    ["192.168.1.7", "https://192.168.1.7/", true],
    ["fd00::/8", "https://[fd12::1]/", true],
    ["other.test", "https://chatgpt.com/", false],
  ])("NO_PROXY=%s bypasses the proxy for %s: %s", (noProxy, url, bypassed) => {
    expect(proxyFor({ HTTPS_PROXY: "http://p:1", NO_PROXY: noProxy }, url)).toBe(bypassed ? null : "p:1");
    expect(proxyFor({ HTTPS_PROXY: "http://p:1", no_proxy: noProxy }, url)).toBe(bypassed ? null : "p:1");
  });

  it.each(["127.0.0.1", "127.8.9.1", "[::1]", "localhost", "LOCALHOST.", "app.localhost"])(
    "never proxies the loopback host %s",
    (host) => {
      expect(proxyFor({ HTTP_PROXY: "http://p:1", ALL_PROXY: "http://p:1" }, `http://${host}:8080/`)).toBeNull();
    },
  );

  it.each(["127.evil.test", "localhost.evil.test", "128.0.0.1"])("does not take %s for loopback", (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it("names the variable, and not its value, when it holds no proxy URL", () => {
    try {
      createProxyRule({ HTTPS_PROXY: "ftp://user:hunter2@proxy" });
      expect.unreachable();
    } catch (error) {
      expect(isPlanportError(error) && error.code).toBe("config_invalid");
      expect(String(error)).toContain("HTTPS_PROXY");
      expect(String(error)).not.toContain("hunter2");
    }
  });
});
