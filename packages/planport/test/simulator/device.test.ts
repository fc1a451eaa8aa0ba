import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Simulator } from "../../src/simulator/index.ts";
import { type Json, start } from "./helpers.ts";

const CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";

function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function begin(simulator: Simulator): Promise<Record<string, string>> {
  const response = await postJson(`${simulator.authApiBaseUrl}/deviceauth/usercode`, { client_id: CLIENT });
  return (await response.json()) as Record<string, string>;
}

const poll = (simulator: Simulator, started: Record<string, string>) =>
  postJson(`${simulator.authApiBaseUrl}/deviceauth/token`, {
    device_auth_id: started["device_auth_id"],
    user_code: started["user_code"],
  });

async function finish(simulator: Simulator, response: Response): Promise<Response> {
  const grant = (await response.json()) as Record<string, string>;
  expect(
    createHash("sha256")
      .update(grant["code_verifier"] ?? "")
      .digest("base64url"),
  ).toBe(grant["code_challenge"]);
  return fetch(`${simulator.issuer}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: CLIENT,
      code: grant["authorization_code"] ?? "",
      redirect_uri: `${simulator.issuer}/deviceauth/callback`,
      code_verifier: grant["code_verifier"] ?? "",
    }),
  });
}

test("a device code is pending until somebody approves it, then gives tokens once", async () => {
  const simulator = await start();
  const started = await begin(simulator);
  expect(started["interval"]).toBe("5");
  expect((await poll(simulator, started)).status).toBe(403);
  simulator.approveDevice(started["user_code"] ?? "");
  const response = await finish(simulator, await poll(simulator, started));
  expect(await response.json()).toMatchObject({ token_type: "Bearer" });
  expect((await poll(simulator, started)).status).toBe(404);
});

test("the page approves for the account that was picked, whatever the case of the code, and refuses unknown codes", async () => {
  const simulator = await start();
  const other = simulator.accounts.addAccount({ email: "<b>@example.com" });
  const started = await begin(simulator);
  const html = await (await fetch(`${simulator.issuer}/codex/device?user_code=${started["user_code"]}"><i>`)).text();
  expect(html).not.toMatch(/<i>|<b>@/);
  const send = (userCode: string) =>
    fetch(`${simulator.issuer}/codex/device`, {
      method: "POST",
      body: new URLSearchParams({ user_code: userCode, account_id: other.id, decision: "approve" }),
    });
  expect((await send("WRONG-CODE")).status).toBe(400);
  expect((await send(` ${(started["user_code"] ?? "").toLowerCase()} `)).status).toBe(200);
  const body = (await (await finish(simulator, await poll(simulator, started))).json()) as Record<string, string>;
  const check = await fetch(`${simulator.chatgptBaseUrl}/wham/accounts/check`, {
    headers: { authorization: `Bearer ${body["access_token"]}`, "chatgpt-account-id": other.id },
  });
  expect(((await check.json()) as Json)["default_account_id"]).toBe(other.id);
});

test("codes approve themselves at the poll that was set", async () => {
  const simulator = await start({ autoApproveDeviceAfterPolls: 3, deviceIntervalSeconds: 1 });
  const started = await begin(simulator);
  expect(started["interval"]).toBe("1");
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await poll(simulator, started)).status);
  expect(statuses).toEqual([403, 403, 200]);
});

test("a denied or expired code fails at once, which is not pending", async () => {
  let nowMs = 1_800_000_000_000;
  const simulator = await start({ clock: () => nowMs });
  const denied = await begin(simulator);
  simulator.denyDevice(denied["user_code"] ?? "");
  expect((await poll(simulator, denied)).status).toBe(400);
  const old = await begin(simulator);
  nowMs += 16 * 60_000;
  expect((await poll(simulator, old)).status).toBe(400);
  expect(() => simulator.approveDevice(old["user_code"] ?? "")).toThrow(/too old/);
});

test("asking for a code without a client is refused", async () => {
  const simulator = await start();
  expect((await postJson(`${simulator.authApiBaseUrl}/deviceauth/usercode`, {})).status).toBe(400);
});

test("a client that nobody knows gets no code, and one that the options name does", async () => {
  const ask = async (simulator: Simulator): Promise<[number, unknown]> => {
    const response = await postJson(`${simulator.authApiBaseUrl}/deviceauth/usercode`, { client_id: "app_x" });
    return [response.status, await response.json()];
  };
  expect(await ask(await start())).toMatchObject([401, { error: { code: "invalid_client" } }]);
  expect(await ask(await start({ clientIds: ["app_x"] }))).toMatchObject([200, { interval: "5" }]);
});
