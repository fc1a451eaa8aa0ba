/** A refresh, stopped at each of its steps: which files hold tokens at that moment, and who may read them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RefreshStep } from "../../src/auth/refresh-step.ts";
import { createTokenSource, resolveAuthEndpoints } from "../../src/auth/index.ts";
import { createFileStore } from "../../src/store/index.ts";
import { fakeHttp } from "../auth/support/fakes.ts";
import { everyPrint } from "./support/prints.ts";
import { filesBelow, type Finding, scan, scanFolder } from "./support/scanner.ts";
import { accessClaims, type NamedSecret, noise, syntheticJwt } from "./support/secrets.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "planport-refresh-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function tokens(expiresAtMs: number): Record<"access_token" | "refresh_token" | "id_token", string> {
  const claims = accessClaims("acct-1", expiresAtMs);
  return { access_token: syntheticJwt(claims), refresh_token: `rt_${noise(50)}`, id_token: syntheticJwt(claims) };
}

function named(prefix: string, given: Record<string, string>): NamedSecret[] {
  return Object.entries(given).map(([name, value]) => ({ name: `${prefix} ${name}`, value }));
}

interface Snapshot {
  readonly step: RefreshStep;
  readonly findings: readonly Finding[];
  readonly files: readonly string[];
}

/** Refreshes an expired sign-in; looks at its folder at each step. */
async function watched(answer: (body: Record<string, string>) => [status: number, body: unknown]): Promise<{
  readonly snapshots: readonly Snapshot[];
  readonly secrets: readonly NamedSecret[];
  readonly shown: readonly unknown[];
}> {
  const before = tokens(Date.now() - 1000);
  const after = tokens(Date.now() + 3_600_000);
  const secrets = [...named("old", before), ...named("new", after)];
  const file = join(folder, "auth.json");
  writeFileSync(
    file,
    JSON.stringify({ auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens: { ...before, account_id: "acct-1" } }),
    { mode: 0o600 },
  );
  const http = fakeHttp();
  http.reply(...answer({ ...after, old: before.refresh_token }));
  const snapshots: Snapshot[] = [];
  const shown: unknown[] = [];
  // Until the answer is there the sign-in alone holds tokens; then the journal, and the file that will take its place.
  const mayHold = (step: RefreshStep): RegExp =>
    step === "answered" || step === "syncing" || step === "renaming"
      ? /^(?:auth\.json(?:\.planport-refresh|\.planport-[^/]*\.tmp)?|\.auth-[^/]+\.tmp)$/
      : /^auth\.json$/;
  const source = await createTokenSource({
    store: createFileStore(file),
    http,
    endpoints: resolveAuthEndpoints({}),
    client: { originator: "planport", userAgent: "planport/0.0.0" },
    onWarning: (error) => shown.push(error),
    onStep: (step) => {
      const findings = scanFolder(folder, secrets, mayHold(step));
      snapshots.push({ step, findings, files: filesBelow(folder) });
    },
  });
  shown.push(source, await source.get().catch((error: unknown) => error));
  await source.settled?.();
  return { snapshots, secrets, shown };
}

describe("a refresh", () => {
  it("has tokens in the sign-in alone until the answer is there, and in files of its owner alone at any time", async () => {
    const { snapshots, secrets, shown } = await watched((answer) => [200, answer]);
    expect(snapshots.map(({ step }) => step)).toEqual(["waiting", "locked", "sent", "answered", "syncing", "renaming"]);
    expect(snapshots.flatMap(({ findings }) => findings)).toEqual([]);
    // The note is there while the token is being spent, and it is the digest that names it.
    expect(snapshots.find(({ step }) => step === "sent")?.files).toContain("auth.json.planport-refresh");
    for (const value of shown)
      for (const [way, text] of everyPrint(value)) expect(scan(way, text, secrets)).toEqual([]);
    expect(scanFolder(folder, secrets, /^auth\.json$/)).toEqual([]);
  });

  it("that is refused leaves no token anywhere but in the sign-in", async () => {
    const { snapshots, secrets, shown } = await watched(({ old }) => [
      400,
      { error: { code: "refresh_token_reused", message: `${String(old)} was used` } },
    ]);
    expect(snapshots.flatMap(({ findings }) => findings)).toEqual([]);
    for (const value of shown)
      for (const [way, text] of everyPrint(value)) expect(scan(way, text, secrets)).toEqual([]);
    expect(scanFolder(folder, secrets, /^auth\.json$/)).toEqual([]);
  });

  it("the instrument: where the sign-in is not expected to hold tokens, it is found to", async () => {
    const { secrets } = await watched((answer) => [200, answer]);
    expect(scanFolder(folder, secrets, /^nothing$/).length).toBeGreaterThan(2);
  });
});
