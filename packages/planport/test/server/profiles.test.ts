import { describe, expect, it } from "vitest";
import { DEFAULT_CAPABILITIES } from "../../src/protocol/capabilities.ts";
import { type GatewayProfiles, NO_PROFILES } from "../../src/server/profiles.ts";
import { completed, created, fakeClient, send, serve } from "./kit.ts";

describe("what is set for the gateway", () => {
  it("is asked for anew by each request: profile, own names, and the longest silence", async () => {
    const client = fakeClient((call) => {
      call.events(created, completed);
      call.end();
      return {};
    });
    let set: GatewayProfiles = { ...NO_PROFILES, idleTimeoutMs: 1500, aliases: { mine: "gpt-x?verbosity=low" } };
    const listening = await serve({ client, profiles: () => set });
    const body = JSON.stringify({ model: "mine", input: "hi" });
    expect((await send(listening, "/v1/responses", { body })).status).toBe(200);
    expect(client.calls[0]?.request).toMatchObject({ model: "gpt-x", text: { verbosity: "low" } });
    expect(client.calls[0]?.options).toMatchObject({ idleTimeoutMs: 1500, capabilities: DEFAULT_CAPABILITIES });
    const profile = { name: "a", match: { path: "/base" }, capabilities: { prompt_mode: "custom_only" } } as const;
    set = { ...set, idleTimeoutMs: null, capabilities: { protocol: "openai-responses" }, profiles: [profile] };
    expect((await send(listening, "/base/v1/responses", { body })).status).toBe(200);
    expect(client.calls[1]?.options.idleTimeoutMs).toBeUndefined();
    expect(client.calls[1]?.options.capabilities).toEqual({
      ...DEFAULT_CAPABILITIES,
      protocol: "openai-responses",
      prompt_mode: "custom_only",
    });
    expect((await send(listening, "/other/v1/responses", { body })).status).toBe(404);
  });
});
