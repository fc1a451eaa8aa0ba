import { describe, expect, test } from "vitest";
import {
  type Effect,
  failed,
  htmlChallenge,
  overloaded,
  overloadedInStream,
  rateLimit,
  serverError,
  type Target,
  unauthorized,
  usageLimit,
} from "../../src/simulator/index.ts";
import { ask, eventsOf, type Json, lastResponse, post, request, say, start, textOf } from "./helpers.ts";

/** What a client has read when the answer ends, and whether it ended well. */
async function readAll(response: Response): Promise<{ text: string; broken: boolean }> {
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (chunk?.done !== false) return { text, broken: false };
      text += chunk.value;
    }
  } catch {
    return { text, broken: true };
  }
}

async function scripted(
  ...effects: Effect[]
): Promise<{ status: number; headers: Headers; text: string; broken: boolean }> {
  const simulator = await start();
  simulator.script.push("responses", ...effects);
  const response = await post(simulator, request("Reply with exactly: a b c d e f"));
  const read = await readAll(response);
  expect(await say(simulator, "Reply with exactly: after")).toBe("after");
  return { status: response.status, headers: response.headers, ...read };
}

describe("in place of an answer", () => {
  test.each<[string, Effect, number, unknown]>([
    ["401", unauthorized(), 401, { detail: "Unauthorized" }],
    [
      "usage limit",
      usageLimit({ resetsInSeconds: 5, planType: "team" }),
      429,
      { error: { type: "usage_limit_reached", plan_type: "team" } },
    ],
    ["rate limit", rateLimit({ retryAfterSeconds: 3 }), 429, { error: { code: "rate_limit_exceeded" } }],
    ["500", serverError(), 500, { error: { type: "server_error" } }],
    ["502", serverError(502), 502, { error: { type: "server_error" } }],
    ["overload", overloaded(), 503, { error: { code: "server_is_overloaded" } }],
  ])("%s", async (_name, effect, status, body) => {
    const answer = await scripted(effect);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject(body as Json);
    expect(answer.headers.get("x-codex-primary-used-percent")).toBe("8");
  });

  test("a wait that the server asks for is a header", async () => {
    expect((await scripted(rateLimit({ retryAfterSeconds: 3 }))).headers.get("retry-after")).toBe("3");
  });

  test("a Cloudflare page", async () => {
    const answer = await scripted(htmlChallenge());
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.headers.get("cf-ray")).toBeTypeOf("string");
    expect(answer.text).toContain("<html>");
  });

  test("nothing: the socket is destroyed before the head", async () => {
    const simulator = await start();
    simulator.script.push("responses", { kind: "drop" });
    await expect(post(simulator, request("Hi"))).rejects.toThrow();
  });
});

describe("within a stream", () => {
  test("it breaks off after so many events", async () => {
    const answer = await scripted({ kind: "drop", afterEvents: 6 });
    expect(answer.broken).toBe(true);
    expect(eventsOf(answer.text).length).toBe(6);
  });

  test("it ends well but without response.completed", async () => {
    const answer = await scripted({ kind: "end", afterEvents: 3 });
    expect([answer.broken, eventsOf(answer.text).length]).toEqual([false, 3]);
  });

  test("it fails with a code, numbered on, and without one when null", async () => {
    const events = eventsOf((await scripted(failed("rate_limit_exceeded", "try again in 1.5s", 5))).text);
    expect(events.length).toBe(6);
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: 5,
      response: { status: "failed", error: { code: "rate_limit_exceeded", message: "try again in 1.5s" } },
    });
    const bare = lastResponse(eventsOf((await scripted({ kind: "fail", error: null })).text));
    expect(bare).not.toHaveProperty("error");
    const overload = lastResponse(eventsOf((await scripted(overloadedInStream())).text));
    expect(overload["error"]).toMatchObject({ code: "server_is_overloaded" });
  });

  test("it ends incomplete for a reason", async () => {
    const events = eventsOf((await scripted({ kind: "fail", reason: "max_output_tokens", afterEvents: 5 })).text);
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    });
  });

  test("events nobody knows and bytes that are none come in between, and the rest is untouched", async () => {
    const answer = await scripted(
      { kind: "inject", afterEvents: 0, event: { type: "response.from_the_future", x: [1] } },
      { kind: "malformed", afterEvents: 5, text: "data: {oops\n\n" },
      { kind: "inject", afterEvents: 5, event: { type: "second" } },
    );
    expect(
      answer.text.startsWith('event: response.from_the_future\ndata: {"type":"response.from_the_future","x":[1]}\n\n'),
    ).toBe(true);
    expect(answer.text).toContain("data: {oops\n\nevent: second\n");
    expect(textOf(eventsOf(answer.text.replace("data: {oops\n\n", "")))).toBe("a b c d e f");
  });

  test("it stands still until the reader leaves", async () => {
    const simulator = await start();
    simulator.script.push("responses", { kind: "stall", afterEvents: 4 });
    const response = await post(simulator, request("Hi"));
    const reader = response.body?.getReader();
    let text = "";
    while (eventsOf(text.slice(0, text.lastIndexOf("\n\n") + 2)).length < 4)
      text += new TextDecoder().decode((await reader?.read())?.value);
    expect(simulator.openResponses).toBe(1);
    await reader?.cancel();
    while (simulator.openResponses > 0) await new Promise(setImmediate);
  });

  test("it says what the script says", async () => {
    expect(
      textOf(eventsOf((await scripted({ kind: "text", text: "by hand" }, { kind: "slow", delayMs: 1 })).text)),
    ).toBe("by hand");
  });
});

test("every other endpoint can be made to fail too", async () => {
  const simulator = await start();
  const bearer = { authorization: `Bearer ${simulator.issueTokens().accessToken}` };
  const json = { "content-type": "application/json" };
  const calls: [Target, string, RequestInit][] = [
    ["models", "/backend-api/codex/models?client_version=0.169.0", { headers: bearer }],
    ["usage", "/backend-api/wham/usage", { headers: bearer }],
    ["usage", "/api/codex/usage", { headers: bearer }],
    ["accountsCheck", "/backend-api/wham/accounts/check", { headers: bearer }],
    ["accountsCheck", "/api/codex/accounts/check", { headers: bearer }],
    ["configBundle", "/backend-api/wham/config/bundle", { headers: bearer }],
    ["whoami", "/api/accounts/v1/user-auth-credential/whoami", { headers: bearer }],
    ["token", "/oauth/token", { method: "POST", headers: json, body: "{}" }],
    ["revoke", "/oauth/revoke", { method: "POST", headers: json, body: "{}" }],
    ["deviceUserCode", "/api/accounts/deviceauth/usercode", { method: "POST", headers: json, body: "{}" }],
    ["deviceToken", "/api/accounts/deviceauth/token", { method: "POST", headers: json, body: "{}" }],
    ["authorize", "/oauth/authorize", {}],
    ["jwks", "/.well-known/jwks.json", {}],
  ];
  for (const [target, path, init] of calls) {
    simulator.script.push(target, { kind: "http", status: 418, body: `no ${target}` });
    const response = await fetch(simulator.origin + path, init);
    expect([target, response.status, await response.text()]).toEqual([target, 418, `no ${target}`]);
    simulator.script.push(target, { kind: "malformed" });
    const malformed = await fetch(simulator.origin + path, init);
    await expect(malformed.json()).rejects.toThrow();
  }
});

describe("the script", () => {
  test("is a queue before rules, and both match by model and grant type", async () => {
    const simulator = await start({ models: [{ slug: "a" }, { slug: "b" }] });
    const status = async (model: string) => (await post(simulator, request("Hi", { model }))).status;
    const stop = simulator.script.always({ target: "responses", model: "b" }, serverError(503));
    simulator.script.push("responses", serverError(500));
    simulator.script.push({ target: "responses", model: "a" }, serverError(502));
    expect([await status("b"), await status("b"), await status("a"), await status("a")]).toEqual([500, 503, 502, 200]);
    stop();
    expect(await status("b")).toBe(200);
    simulator.script.push({ target: "token", grantType: "refresh_token" }, serverError());
    const grant = (type: string) =>
      fetch(`${simulator.issuer}/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: type }) });
    expect((await grant("authorization_code")).status).toBe(400);
    expect((await grant("refresh_token")).status).toBe(500);
    expect(simulator.script.pending).toBe(0);
  });

  test("lets a scripted token answer be late", async () => {
    const simulator = await start();
    simulator.script.push("token", { kind: "delay", ms: 30 });
    const { refreshToken } = simulator.issueTokens();
    const body = {
      grant_type: "refresh_token",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      refresh_token: refreshToken,
    };
    const before = performance.now();
    const response = await fetch(`${simulator.issuer}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams(body),
    });
    expect(response.status).toBe(200);
    // Timers may fire a millisecond early.
    expect(performance.now() - before).toBeGreaterThan(28);
  });
});

test("closing ends whatever is stalled, slow or open, and can be done twice", async () => {
  const simulator = await start({ deltaDelayMs: 60_000 });
  simulator.script.push("token", { kind: "stall" });
  simulator.script.push("models", { kind: "delay", ms: 600_000 });
  const bearer = { authorization: `Bearer ${simulator.issueTokens().accessToken}` };
  const open = [
    fetch(`${simulator.issuer}/oauth/token`, { method: "POST" }),
    fetch(`${simulator.codexBaseUrl}/models`, { headers: bearer }),
    post(simulator, request("Hi")).then((response) => response.text()),
  ];
  const settled = Promise.allSettled(open);
  while (simulator.requests.length < 3) await new Promise(setImmediate);
  await Promise.all([simulator.close(), simulator.close()]);
  expect((await settled).map((one) => one.status)).toEqual(["rejected", "rejected", "rejected"]);
});

test("answers end when the reader never reads and the simulator closes", async () => {
  const simulator = await start();
  const response = await post(simulator, request("count to 200000"));
  expect(response.status).toBe(200);
  await simulator.close();
  expect((await readAll(response)).broken).toBe(true);
});

test("every helper's effect is plain JSON", () => {
  for (const effect of [
    unauthorized(),
    usageLimit(),
    rateLimit(),
    serverError(),
    overloaded(),
    failed("x"),
    htmlChallenge(),
  ])
    expect(JSON.parse(JSON.stringify(effect))).toEqual(effect);
});

test("scripts end where they should: an effect meets one call only", async () => {
  const simulator = await start();
  simulator.script.push("responses", { kind: "text", text: "once" });
  expect(textOf(await ask(simulator, request("Reply with exactly: usual")))).toBe("once");
  expect(await say(simulator, "Reply with exactly: usual")).toBe("usual");
});
