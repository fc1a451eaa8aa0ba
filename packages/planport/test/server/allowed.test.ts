import { describe, expect, it } from "vitest";
import { createGateway } from "../../src/server/app.ts";
import type { GatewayOptions } from "../../src/server/types.ts";
import { fakeClient } from "./kit.ts";

describe("settings that could never match are refused, and named", () => {
  const make = (options: Partial<GatewayOptions>) => () =>
    createGateway({ client: fakeClient(), version: "1.2.3", ...options });

  it.each([
    "http://foo/",
    "foo/bar",
    "",
    "foo:bar",
    "foo:65536",
    "*.foo.example",
    "b\u00fccher.example",
    "a b",
    "me@foo",
  ])("--allow-host %j", (value) => {
    expect(make({ allowedHosts: ["good.example", value] })).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: expect.stringContaining(`--allow-host "${value.replaceAll(/[\u00fc ]/g, "?")}" `),
      }),
    );
  });

  it.each([
    ["foo", "write it as https://host[:port]."],
    ["", "write it as"],
    ["https://foo.example/", "did you mean https://foo.example?"],
    ["https://Foo.example", "did you mean https://foo.example?"],
    ["https://foo.example:443", "did you mean https://foo.example?"],
    ["https://foo.example/app?x", "did you mean https://foo.example?"],
    ["//foo.example", "write it as"],
    ["app://", "write it as"],
  ])("--allow-origin %j", (value, hint) => {
    expect(make({ allowedOrigins: [value] })).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(hint) }),
    );
    expect(make({ allowedOrigins: [value] })).toThrow(`--allow-origin "${value}" `);
  });

  it("and all others are taken", () => {
    const allowedHosts = ["box.lan", "Box.lan:8080", "xn--bcher-kva.example", "my_box", "10.0.0.1", "[fd00::1]:80"];
    const allowedOrigins = [
      "https://a.example",
      "http://a.example:8080",
      "https://[fd00::1]",
      "chrome-extension://abc",
    ];
    expect(make({ allowedHosts, allowedOrigins })).not.toThrow();
  });
});
